//! Reads a reply out of a slot.
//!
//! In: a slot JavaScript has written its reply into. Out: the response hyper sends. JavaScript has checked names and
//! values already; they are checked again here, because a header that slips through would be an injection.

use bytes::Bytes;
use covet_http::Refusal;
use covet_server::ReplyBody;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Response, StatusCode};

use super::layout::{INT_REPLY_BODY, INT_REPLY_HEADERS, INT_STATUS, INT_TYPE, OUTPUT_OFFSET};
use super::port::Slot;

/// Content types JavaScript names by number. Kept in step with `src/native/slots.ts` by a test of the addon.
const TYPES: [&str; 6] = [
    "",
    "application/json",
    "text/plain; charset=utf-8",
    "text/html; charset=utf-8",
    "application/octet-stream",
    "application/problem+json",
];

/// The reply in `slot`, whose memory is free afterwards.
pub(crate) fn read_reply(slot: &Slot) -> Result<Response<ReplyBody>, Refusal> {
    let shard = slot.shard();
    let int = |index: u32| shard.slab.int(slot.number(), index);
    let size = |index: u32| usize::try_from(int(index)).ok();
    let large = shard.elsewhere(slot.number()).reply.take();
    let (headers, body) = match large {
        Some(large) => (large.headers, large.body),
        None => {
            let (Some(headers), Some(body)) = (size(INT_REPLY_HEADERS), size(INT_REPLY_BODY)) else {
                return Err(Refusal::Internal);
            };
            let read = |offset, length| shard.slab.bytes(slot.number(), OUTPUT_OFFSET as usize + offset, length);
            let (Some(headers), Some(body)) = (read(0, headers), read(headers, body)) else {
                return Err(Refusal::Internal);
            };
            (headers, Bytes::from(body))
        }
    };
    let status = u16::try_from(int(INT_STATUS)).ok().and_then(|status| StatusCode::from_u16(status).ok());
    let status = status.ok_or(Refusal::Internal)?;
    let mut response = Response::new(ReplyBody::new(body));
    *response.status_mut() = status;
    if let Some(content_type) = size(INT_TYPE).and_then(|index| TYPES.get(index)).filter(|name| !name.is_empty()) {
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    for line in headers.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let colon = line.iter().position(|byte| *byte == b':').ok_or(Refusal::Internal)?;
        let name = HeaderName::from_bytes(&line[..colon]).map_err(|_| Refusal::Internal)?;
        let value = HeaderValue::from_bytes(&line[colon + 1..]).map_err(|_| Refusal::Internal)?;
        response.headers_mut().append(name, value);
    }
    Ok(response)
}
