//! Takes the content coding off request bodies, where their route allows it: `Content-Encoding`.
//!
//! In: what a body's head says of its coding, then its bytes as they come. Out: plain bytes, as they are asked for, or a
//! refusal. No more is decoded in one go than a small body has, so that other connections have their turn, and nothing
//! beyond what the reader has asked for.

use std::cell::RefCell;
use std::fmt;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use covet_coding::{Bounds, DecodeError, Layers};
use covet_http::{Coding, Refusal};
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, HeaderValue};

/// Bytes that go through a decoder in one go; then the other connections of the I/O thread have their turn.
const STEP: usize = 64 * 1024;

/// Codings one body may have been put through: that of whoever made it, and one of a proxy's on its way. Each more would
/// multiply what a bomb expands to.
const MAX_CODINGS: usize = 2;

thread_local! {
    static SCRATCH_BUFFER: RefCell<Box<[u8]>> = RefCell::new(vec![0; STEP].into_boxed_slice());
}

/// The coded bodies that a route takes.
#[derive(Clone, Debug)]
pub struct Decompression {
    /// The codings, the favourite first.
    pub codings: Vec<Coding>,
    /// Bytes that may come of one byte that was sent, beyond the first 64 KiB.
    pub max_ratio: u32,
}

/// What a body's head says of its coding.
#[derive(Debug)]
pub(crate) enum BodyCoding {
    /// None.
    Plain,
    /// These, in the order they were put on.
    Coded(Vec<Coding>),
    /// Others, or more than there may be.
    Unsupported,
}

impl BodyCoding {
    /// Reads `Content-Encoding`, all lines of it as one list (RFC 9110 8.4), for a route that takes `allowed`.
    pub(crate) fn of(headers: &HeaderMap, allowed: Option<&Decompression>) -> Self {
        let mut codings = Vec::new();
        let lines = headers.get_all(CONTENT_ENCODING).iter();
        let names = lines.flat_map(|line| line.as_bytes().split(|&byte| byte == b',')).map(<[u8]>::trim_ascii);
        for name in names.filter(|name| !name.is_empty() && !name.eq_ignore_ascii_case(b"identity")) {
            match Coding::from_name(name) {
                Some(coding) if allowed.is_some_and(|allowed| allowed.codings.contains(&coding)) => {
                    codings.push(coding)
                }
                _ => return Self::Unsupported,
            }
        }
        match codings.len() {
            0 => Self::Plain,
            1..=MAX_CODINGS => Self::Coded(codings),
            _ => Self::Unsupported,
        }
    }
}

/// What `Accept-Encoding` says in an answer that refuses a coding (RFC 9110 12.5.3).
pub(crate) fn accepted_codings(allowed: Option<&Decompression>) -> HeaderValue {
    let names: Vec<&str> =
        allowed.map_or_else(Vec::new, |allowed| allowed.codings.iter().map(|c| c.as_str()).collect());
    if names.is_empty() {
        return HeaderValue::from_static("identity");
    }
    HeaderValue::from_str(&names.join(", ")).expect("names of codings are tokens")
}

/// A body on its way from its coded to its plain form.
pub(crate) struct Decoding {
    /// `None`: nobody takes its coding.
    layers: Option<Layers>,
    /// Came from the peer, and is not decoded yet.
    coded: Bytes,
    /// The decoder has more to give of what it was given.
    is_full: bool,
    /// Nothing more comes from the peer.
    is_ended: bool,
    /// Bytes that went through the decoder since the other connections had their turn.
    since_turn: usize,
}

impl fmt::Debug for Decoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoding").field("layers", &self.layers).finish_non_exhaustive()
    }
}

impl Decoding {
    /// A body of these codings with at most `max_plain` bytes.
    pub(crate) fn new(codings: &[Coding], max_plain: u64, max_ratio: u32) -> Box<Self> {
        Self::with(Some(Layers::new(codings, Bounds { max_plain, max_ratio })))
    }

    /// A body that nobody can read: it is refused when somebody tries.
    pub(crate) fn refused() -> Box<Self> {
        Self::with(None)
    }

    fn with(layers: Option<Layers>) -> Box<Self> {
        Box::new(Self { layers, coded: Bytes::new(), is_full: false, is_ended: false, since_turn: 0 })
    }

    /// Whether nobody can read it.
    pub(crate) fn is_refused(&self) -> bool {
        self.layers.is_none()
    }

    /// All that comes from the peer, which has ended.
    pub(crate) fn put_all(&mut self, coded: Bytes) {
        self.coded = coded;
        self.is_ended = true;
    }

    /// The next plain piece; `poll_peer` gives what comes from the peer. An error is the last item.
    pub(crate) fn poll_next(
        &mut self,
        cx: &mut Context<'_>,
        mut poll_peer: impl FnMut(&mut Context<'_>) -> Poll<Option<Result<Bytes, Refusal>>>,
    ) -> Poll<Option<Result<Bytes, Refusal>>> {
        let Some(layers) = &mut self.layers else { return Poll::Ready(Some(Err(Refusal::UnsupportedCoding))) };
        loop {
            if self.since_turn >= STEP {
                self.since_turn = 0;
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            if self.is_full || !self.coded.is_empty() {
                let input = &self.coded[..self.coded.len().min(STEP)];
                let stepped = SCRATCH_BUFFER.with_borrow_mut(|scratch| {
                    let progress = layers.step(input, scratch)?;
                    Ok((progress, Bytes::copy_from_slice(&scratch[..progress.written])))
                });
                let (progress, plain) = match stepped {
                    Ok(stepped) => stepped,
                    Err(error) => return Poll::Ready(Some(Err(to_refusal(error)))),
                };
                self.coded.advance(progress.read);
                self.is_full = !progress.done;
                self.since_turn += progress.worked.max(1);
                if !plain.is_empty() {
                    return Poll::Ready(Some(Ok(plain)));
                }
            } else if self.is_ended {
                return Poll::Ready(layers.end().err().map(|error| Err(to_refusal(error))));
            } else {
                match ready!(poll_peer(cx)) {
                    Some(Ok(coded)) => self.coded = coded,
                    Some(Err(refusal)) => return Poll::Ready(Some(Err(refusal))),
                    None => self.is_ended = true,
                }
            }
        }
    }
}

fn to_refusal(error: DecodeError) -> Refusal {
    match error {
        DecodeError::TooLarge => Refusal::PayloadTooLarge,
        DecodeError::RatioExceeded => Refusal::RatioExceeded,
        DecodeError::Truncated => Refusal::TruncatedCoding,
        _ => Refusal::MalformedCoding,
    }
}

#[cfg(test)]
mod tests {
    use covet_http::Coding::{self, Brotli, Gzip, Zstd};
    use http::header::{CONTENT_ENCODING, HeaderMap, HeaderValue};

    use super::{BodyCoding, Decompression, accepted_codings};

    /// The codings; `None` where they are not supported.
    fn read(lines: &[&'static str], codings: &[Coding]) -> Option<Vec<Coding>> {
        let headers: HeaderMap = lines.iter().map(|line| (CONTENT_ENCODING, HeaderValue::from_static(line))).collect();
        match BodyCoding::of(&headers, Some(&Decompression { codings: codings.to_vec(), max_ratio: 100 })) {
            BodyCoding::Plain => Some(Vec::new()),
            BodyCoding::Coded(codings) => Some(codings),
            BodyCoding::Unsupported => None,
        }
    }

    #[test]
    fn a_table_of_headers() {
        for (lines, expected) in [
            (&[][..], Some(vec![])),
            (&[""], Some(vec![])),
            (&["identity"], Some(vec![])),
            (&["Identity, ,"], Some(vec![])),
            (&["gzip"], Some(vec![Gzip])),
            (&["X-GZip"], Some(vec![Gzip])),
            (&[" zstd "], Some(vec![Zstd])),
            (&["gzip, br"], Some(vec![Gzip, Brotli])),
            (&["gzip", "br"], Some(vec![Gzip, Brotli])),
            (&["gzip,identity,gzip"], Some(vec![Gzip, Gzip])),
            (&["gzip, br, zstd"], None),
            (&["deflate"], None),
            (&["gzip, deflate"], None),
            (&["gzip;q=1"], None),
            (&["gzip br"], None),
            (&["*"], None),
        ] {
            assert_eq!(read(lines, &Coding::ALL), expected, "{lines:?}");
        }
        assert_eq!(read(&["br"], &[Gzip]), None);
        assert_eq!(read(&["identity"], &[]), Some(vec![]));
    }

    #[test]
    fn what_is_taken_is_listed() {
        let decompression = Decompression { codings: vec![Gzip, Brotli], max_ratio: 100 };
        assert_eq!(accepted_codings(Some(&decompression)), "gzip, br");
        assert_eq!(accepted_codings(None), "identity");
    }
}
