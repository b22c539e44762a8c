//! Reads a request's body into one piece of bytes, within its limit.

use bytes::{Bytes, BytesMut};
use covet_http::Refusal;
use http_body::Body as _;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;

/// Reads all of `body`, at most `limit` bytes. A body that came with its head in one piece is handed on uncopied.
///
/// A declared length above the limit is refused before a byte is read, so no `100 Continue` invites it.
pub(crate) async fn read_whole(mut body: Incoming, limit: u64) -> Result<Bytes, ReadError> {
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    if body.size_hint().lower() > limit {
        return Err(ReadError::Refused(Refusal::PayloadTooLarge));
    }
    let mut first: Option<Bytes> = None;
    let mut rest: Option<BytesMut> = None;
    let mut total = 0;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| ReadError::Broken)?.into_data() else {
            continue; // trailers: checked by the gate, of no further use
        };
        total += data.len() as u64;
        if total > limit {
            return Err(ReadError::Refused(Refusal::PayloadTooLarge));
        }
        match (&mut rest, first.take()) {
            (Some(rest), _) => rest.extend_from_slice(&data),
            (None, None) => first = Some(data),
            (None, Some(head)) => {
                let mut joined = BytesMut::with_capacity(head.len() + data.len().max(head.len()));
                joined.extend_from_slice(&head);
                joined.extend_from_slice(&data);
                rest = Some(joined);
            }
        }
    }
    Ok(rest.map(BytesMut::freeze).or(first).unwrap_or_default())
}

/// Why a body could not be read.
pub(crate) enum ReadError {
    /// It broke a rule of this server.
    Refused(Refusal),
    /// The stream broke off: the gate refused what came, the clock ended it, or the client has gone.
    Broken,
}
