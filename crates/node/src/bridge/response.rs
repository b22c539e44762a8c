//! Reads a reply out of a slot.
//!
//! In: a slot JavaScript has written its reply into. Out: the response hyper sends. JavaScript has checked names and
//! values already; they are checked again here, because a header that slips through would be an injection.

use covet_http::Refusal;
use covet_server::ReplyBody;
use covet_server::files::FolderMark;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Extensions, Response, StatusCode};

use super::from_js::FlowBody;
use super::layout::{INT_REPLY_BODY, INT_REPLY_HEADERS, INT_STATUS, INT_TYPE, OUTPUT_OFFSET};
use super::lent::LentSource;
use super::port::Slot;
use super::shard::ReplySource;

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
    let read = |offset, length| shard.slab.bytes(slot.number(), OUTPUT_OFFSET as usize + offset, length);
    let (large_headers, source) = {
        let mut elsewhere = shard.elsewhere(slot.number());
        (elsewhere.reply_headers.take(), elsewhere.reply_body.take())
    };
    let in_slot = if large_headers.is_some() { 0 } else { size(INT_REPLY_HEADERS).ok_or(Refusal::Internal)? };
    let headers = match large_headers {
        Some(headers) => headers,
        None => read(0, in_slot).ok_or(Refusal::Internal)?,
    };
    let mut extensions = Extensions::new();
    let body = match source {
        Some(ReplySource::Bytes(bytes)) => ReplyBody::full(bytes),
        Some(ReplySource::Flow(flow, length)) => ReplyBody::stream(FlowBody::new(flow, length)),
        Some(ReplySource::Lent(lent)) => ReplyBody::lent(LentSource::new(lent)),
        Some(ReplySource::File(file)) => {
            extensions.insert(file);
            ReplyBody::empty()
        }
        Some(ReplySource::FolderFile) => {
            extensions.insert(FolderMark);
            ReplyBody::empty()
        }
        None => {
            let length = size(INT_REPLY_BODY).ok_or(Refusal::Internal)?;
            ReplyBody::full(read(in_slot, length).ok_or(Refusal::Internal)?)
        }
    };
    let status = u16::try_from(int(INT_STATUS)).ok().and_then(|status| StatusCode::from_u16(status).ok());
    let status = status.ok_or(Refusal::Internal)?;
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.extensions_mut() = extensions;
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
