//! Codes answers for clients that take it: `Content-Encoding`.
//!
//! In: an answer of whoever made it, and what the request accepts. Out: the same answer, or its coded form with the
//! headers that belong to it. Small whole bodies are coded at once, everything else piece by piece as the peer takes it,
//! no more of it in one go than a small body.

use std::cell::RefCell;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf, Bytes};
use covet_coding::{Encoder, Level, Op};
use covet_http::{Coding, choose_coding, forbids_transform, is_compressible, is_listed_type};
use http::header::{
    ACCEPT_ENCODING, ACCEPT_RANGES, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG,
    HeaderMap, HeaderName, HeaderValue, IF_NONE_MATCH,
};
use http::request::Parts;
use http::{Method, Response, StatusCode};
use http_body::{Body, Frame};

use crate::reply_body::{BodyError, ReplyBody, ReplyStream};
use crate::vary::add_vary;

/// What coded answers vary by.
const VARY_NAME: &str = "Accept-Encoding";

/// Bytes coded in one go; then the other connections of the I/O thread have their turn. A body that is no larger is
/// coded before it is sent, and so has a `Content-Length`.
const STEP: usize = 64 * 1024;

/// Bytes of coded output made at once.
const SCRATCH: usize = 32 * 1024;

/// What a body without a known size is taken to be worth: everything.
const UNKNOWN: u64 = u64::MAX;

thread_local! {
    static SCRATCH_BUFFER: RefCell<Box<[u8]>> = RefCell::new(vec![0; SCRATCH].into_boxed_slice());
}

/// Checksums of the content as it is sent, which coding would belie.
pub(crate) const DIGESTS: [HeaderName; 4] = [
    HeaderName::from_static("content-digest"),
    HeaderName::from_static("repr-digest"),
    HeaderName::from_static("digest"),
    HeaderName::from_static("content-md5"),
];

/// How answers are coded.
#[derive(Clone, Debug)]
pub struct Compression {
    /// Bytes below which a body goes as it is: it would gain nothing that the network notices.
    pub threshold: u64,
    /// The codings offered, the favourite first, each with its level.
    pub codings: Vec<(Coding, Level)>,
    /// Media types that are coded beside those of [`is_compressible`]: `type/subtype` or `type/*`.
    pub types: Vec<String>,
}

impl Default for Compression {
    /// From 1 KiB on; zstd, brotli and gzip at the levels that suit a client that waits.
    fn default() -> Self {
        Self {
            threshold: 1024,
            codings: Coding::ALL.into_iter().map(|coding| (coding, Level::default_of(coding))).collect(),
            types: Vec::new(),
        }
    }
}

impl Compression {
    /// Codes the answer to `request` if it may be, if it is worth it, and if the client takes it.
    pub(crate) fn apply(&self, request: &Parts, response: &mut Response<ReplyBody>) {
        if matches!(response.status(), StatusCode::NOT_MODIFIED | StatusCode::PARTIAL_CONTENT) {
            if response.status() == StatusCode::NOT_MODIFIED {
                follow_coded_tag(request, response.headers_mut());
            }
            // It varies as the answer with the whole body does (RFC 9110 15.3.7, 15.4.5).
            if self.stands_for_coded(response) {
                add_vary(response.headers_mut(), VARY_NAME);
            }
            return;
        }
        if !self.is_due(response) {
            return;
        }
        // Also where the client takes no coding: another one may.
        add_vary(response.headers_mut(), VARY_NAME);
        let offered: Vec<Coding> = self.codings.iter().map(|(coding, _)| *coding).collect();
        let accepted = request.headers.get_all(ACCEPT_ENCODING).iter().map(HeaderValue::as_bytes);
        let Some(coding) = choose_coding(accepted, &offered) else { return };
        let level = self.codings.iter().find_map(|(of, level)| (*of == coding).then_some(*level));
        let level = level.unwrap_or(Level::default_of(coding));
        let body = std::mem::take(response.body_mut());
        let coded = match (&request.method, &body) {
            // A body that is there is coded as it is for GET: only then is it known whether it is sent coded.
            (&Method::HEAD, ReplyBody::Full(full)) if !full.is_end_stream() => code(body, coding, level),
            // Never sent, so not coded either, and of no length that is known.
            (&Method::HEAD, _) => Ok(ReplyBody::stream(CodedBody::default())),
            _ => code(body, coding, level),
        };
        match coded {
            Ok(body) => {
                *response.body_mut() = body;
                say_coded(response.headers_mut(), coding);
            }
            Err(plain) => *response.body_mut() = plain,
        }
    }

    /// Whether some clients are sent a coded form of the whole body for which an answer without it, or with a part, stands.
    fn stands_for_coded(&self, response: &mut Response<ReplyBody>) -> bool {
        let unsent: Option<Unsent> = response.extensions_mut().remove();
        let headers = response.headers();
        match unsent {
            Some(Unsent { content_type, size }) => self.is_worth(headers, content_type.as_ref(), size),
            // A handler's own 304 says nothing of its body, which may be any: to vary for nothing costs a cache an entry,
            // not to vary costs a client the right form.
            None if response.status() == StatusCode::NOT_MODIFIED => {
                headers.get(CONTENT_TYPE).is_none_or(|value| self.is_type(value.as_bytes())) && is_plain(headers)
            }
            None => false,
        }
    }

    /// Whether the answer is one to be coded, whoever asks.
    fn is_due(&self, response: &Response<ReplyBody>) -> bool {
        let headers = response.headers();
        let has_content = !response.status().is_informational()
            && !matches!(
                response.status(),
                StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT | StatusCode::PARTIAL_CONTENT
            );
        has_content
            && !headers.contains_key(CONTENT_RANGE)
            && self.is_worth(headers, headers.get(CONTENT_TYPE), size_of(response))
    }

    /// Whether a body of that type and size is, beside such headers.
    fn is_worth(&self, headers: &HeaderMap, content_type: Option<&HeaderValue>, size: u64) -> bool {
        size >= self.threshold && content_type.is_some_and(|value| self.is_type(value.as_bytes())) && is_plain(headers)
    }

    /// Whether some clients are sent a coded form of a file of that type and size.
    pub(crate) fn may_code(&self, content_type: &HeaderValue, size: u64) -> bool {
        size >= self.threshold && self.is_type(content_type.as_bytes())
    }

    fn is_type(&self, content_type: &[u8]) -> bool {
        is_compressible(content_type) || is_listed_type(content_type, self.types.iter().map(String::as_str))
    }
}

/// Whether nothing in an answer's headers keeps its body from being coded.
fn is_plain(headers: &HeaderMap) -> bool {
    !headers.contains_key(CONTENT_ENCODING)
        && !DIGESTS.iter().any(|digest| headers.contains_key(digest))
        && !forbids_transform(headers.get_all(CACHE_CONTROL).iter().map(HeaderValue::as_bytes))
}

/// The whole body, for which a 304 or a 206 stands.
#[derive(Clone, Debug)]
pub(crate) struct Unsent {
    content_type: Option<HeaderValue>,
    size: u64,
}

impl Unsent {
    pub(crate) fn new(content_type: Option<HeaderValue>, size: u64) -> Self {
        Self { content_type, size }
    }

    /// The one that an answer has, or that its headers describe.
    pub(crate) fn of(response: &Response<ReplyBody>) -> Self {
        Self { content_type: response.headers().get(CONTENT_TYPE).cloned(), size: size_of(response) }
    }
}

/// Bytes of the body: those it has, or those an answer to HEAD says it would have.
fn size_of(response: &Response<ReplyBody>) -> u64 {
    length_in(response.headers()).or_else(|| response.body().size_hint().exact()).unwrap_or(UNKNOWN)
}

fn length_in(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// The headers of a coded body in the place of those of the plain one.
fn say_coded(headers: &mut HeaderMap, coding: Coding) {
    headers.insert(CONTENT_ENCODING, HeaderValue::from_static(coding.as_str()));
    // hyper says the coded length where it is known.
    headers.remove(CONTENT_LENGTH);
    // Ranges are of the plain body.
    headers.remove(ACCEPT_RANGES);
    let weak = headers.get(ETAG).and_then(weakened);
    if let Some(weak) = weak {
        headers.insert(ETAG, weak);
    }
}

/// The tag for a body of the same meaning in other bytes (RFC 9110 8.8.1); `None` where it is weak already.
fn weakened(tag: &HeaderValue) -> Option<HeaderValue> {
    if !tag.as_bytes().starts_with(b"\"") {
        return None;
    }
    HeaderValue::from_bytes(&[b"W/", tag.as_bytes()].concat()).ok()
}

/// A 304 confirms the tag that the client holds: the weak one, if it was given a coded body.
fn follow_coded_tag(request: &Parts, headers: &mut HeaderMap) {
    let Some(weak) = headers.get(ETAG).and_then(weakened) else { return };
    let held = request.headers.get_all(IF_NONE_MATCH);
    let holds_weak =
        held.iter().any(|line| line.as_bytes().windows(weak.len()).any(|window| window == weak.as_bytes()));
    if holds_weak {
        headers.insert(ETAG, weak);
        add_vary(headers, VARY_NAME);
    }
}

/// The coded body; the plain one where that is no larger.
fn code(body: ReplyBody, coding: Coding, level: Level) -> Result<ReplyBody, ReplyBody> {
    match body {
        ReplyBody::Full(full) if full.size_hint().lower() <= STEP as u64 => {
            let plain = whole(full);
            let mut encoder = Encoder::new(coding, level, Some(plain.len() as u64));
            let mut coded = Vec::with_capacity(plain.len() / 4);
            drive(&mut encoder, &plain, Op::Finish, &mut coded);
            if coded.len() < plain.len() { Ok(ReplyBody::full(coded)) } else { Err(ReplyBody::full(plain)) }
        }
        body => Ok(coded_stream(body, coding, level)),
    }
}

fn coded_stream(body: ReplyBody, coding: Coding, level: Level) -> ReplyBody {
    let size = body.size_hint().exact();
    let (plain, source) = match body {
        ReplyBody::Full(full) => (whole(full), None),
        ReplyBody::Stream(stream) => (Bytes::new(), Some(stream)),
        ReplyBody::Lent(lent) => (Bytes::new(), Some(Box::pin(lent) as ReplyStream)),
    };
    let encoder = Some(Encoder::new(coding, level, size));
    ReplyBody::stream(CodedBody { encoder, plain, source, ..CodedBody::default() })
}

/// The bytes of a body that is whole.
fn whole(full: http_body_util::Full<Bytes>) -> Bytes {
    full.into_inner().unwrap_or_default()
}

/// Codes all of `input`, behind what `coded` has.
fn drive(encoder: &mut Encoder, mut input: &[u8], op: Op, coded: &mut Vec<u8>) {
    SCRATCH_BUFFER.with_borrow_mut(|scratch| {
        loop {
            let step = encoder.step(input, scratch, op);
            coded.extend_from_slice(&scratch[..step.written]);
            input = &input[step.read..];
            if step.done {
                return;
            }
        }
    });
}

/// A body that is coded as it is sent.
#[derive(Default)]
struct CodedBody {
    /// Until the end has been coded.
    encoder: Option<Encoder>,
    /// Came from the source, and is not coded yet.
    plain: Bytes,
    /// Where more comes from; `None` after its end.
    source: Option<ReplyStream>,
    trailers: Option<HeaderMap>,
    /// Bytes coded since the other connections had their turn.
    since_turn: usize,
    /// The coder holds what the client could use.
    unflushed: bool,
}

impl CodedBody {
    fn code(&mut self, amount: usize, op: Op) -> Option<Bytes> {
        let encoder = self.encoder.as_mut()?;
        let mut coded = Vec::new();
        drive(encoder, &self.plain[..amount], op, &mut coded);
        self.plain.advance(amount);
        self.since_turn += amount;
        self.unflushed = op == Op::Write;
        if op == Op::Finish {
            self.encoder = None;
        }
        (!coded.is_empty()).then(|| coded.into())
    }
}

impl Body for CodedBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = self.get_mut();
        loop {
            if this.since_turn >= STEP {
                this.since_turn = 0;
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            if !this.plain.is_empty() {
                let amount = this.plain.len().min(STEP - this.since_turn);
                match this.code(amount, Op::Write) {
                    Some(coded) => return Poll::Ready(Some(Ok(Frame::data(coded)))),
                    None => continue,
                }
            }
            let Some(source) = &mut this.source else {
                let last = this.code(0, Op::Finish).map(Frame::data);
                let frame = last.or_else(|| this.trailers.take().map(Frame::trailers));
                return Poll::Ready(frame.map(Ok));
            };
            match source.as_mut().poll_frame(cx) {
                // Nothing more for now: what there is must not wait in the coder.
                Poll::Pending if this.unflushed => match this.code(0, Op::Flush) {
                    Some(coded) => return Poll::Ready(Some(Ok(Frame::data(coded)))),
                    None => return Poll::Pending,
                },
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Some(Err(error))) => {
                    this.source = None;
                    this.encoder = None;
                    return Poll::Ready(Some(Err(error)));
                }
                Poll::Ready(None) => this.source = None,
                Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                    Ok(data) => this.plain = data,
                    Err(frame) => {
                        this.trailers = frame.into_trailers().ok();
                        this.source = None;
                    }
                },
            }
        }
    }
}

#[cfg(test)]
mod tests;
