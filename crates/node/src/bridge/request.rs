//! Writes a request into a slot.
//!
//! In: the request as the server hands it over. Out: the slot's ints and input area, or, where the head or the body
//! does not fit, the same bytes kept beside the slot.

use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use covet_router::{ParamKind, Params, Router};
use covet_server::{Call, Destination, Remote};
use http::{HeaderMap, Method};

use super::layout::{
    FLAG_BODY_ELSEWHERE, FLAG_HEAD_ELSEWHERE, FLAG_PATH_UTF8, FLAG_SECURE, INPUT_BYTES, INPUT_OFFSET, INT_ALLOW,
    INT_BODY, INT_FLAGS, INT_HEADERS, INT_METHOD, INT_PARAMS, INT_PATH, INT_QUERY, INT_REMOTE, INT_REMOTE_ADDRESS,
    INT_ROUTE, INT_STATUS, MISS_METHOD, MISS_NOT_FOUND, MISS_OPTIONS,
};
use super::port::Slot;
use super::slab::Slab;
use super::to_js::ToJs;

/// `INT_REMOTE`: which kind of address follows, if any.
const REMOTE_NONE: i32 = 0;
const REMOTE_V4: i32 = 4;
const REMOTE_V6: i32 = 6;

/// `INT_BODY` of a body that comes in pieces.
const STREAMED: i32 = -1;

/// A request's body as it crosses.
pub(crate) enum Content {
    Whole(Bytes),
    Flow(Arc<ToJs>),
}

impl Content {
    /// Bytes for the slot.
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Whole(bytes) => bytes,
            Self::Flow(_) => &[],
        }
    }
}

/// Writes a request into `slot`. The call's own body has become `content`.
pub(crate) fn write_request(slot: &Slot, call: &Call<'_>, content: Content, router: &Router) {
    let slab = &slot.shard().slab;
    let number = slot.number();
    let set = |index: u32, value: i32| slab.set_int(number, index, value);
    let query = call.head.uri.query().unwrap_or_default();
    let (route, allow) = destination(call.destination);
    let headers = header_bytes(&call.head.headers);
    let head = call.path.len() + query.len() + headers + allow.len();
    let mut flags = if call.path.is_ascii() { 0 } else { FLAG_PATH_UTF8 };
    if call.secure {
        flags |= FLAG_SECURE;
    }

    set(INT_ROUTE, route);
    set(INT_METHOD, method_index(&call.head.method));
    set(INT_STATUS, 0);
    for (index, bytes) in
        [(INT_PATH, call.path.len()), (INT_QUERY, query.len()), (INT_HEADERS, headers), (INT_ALLOW, allow.len())]
    {
        set(index, length(bytes));
    }
    set(INT_BODY, if matches!(content, Content::Flow(_)) { STREAMED } else { length(content.bytes().len()) });
    set_remote(slab, number, call.remote);
    set_params(slab, number, call.destination, call.params, router);

    let mut out = if head <= INPUT_BYTES {
        Out::Slot { slab, number, at: INPUT_OFFSET as usize }
    } else {
        flags |= FLAG_HEAD_ELSEWHERE;
        Out::Elsewhere(Vec::with_capacity(head))
    };
    out.put(call.path.as_bytes());
    out.put(query.as_bytes());
    out.put(b"\n");
    for (name, value) in &call.head.headers {
        out.put(name.as_str().as_bytes());
        out.put(b":");
        out.put(value.as_bytes());
        out.put(b"\n");
    }
    out.put(allow.as_bytes());
    let room = INPUT_BYTES.saturating_sub(head);
    if let Out::Slot { at, .. } = out
        && content.bytes().len() <= room
    {
        slab.set_bytes(number, at, content.bytes());
    } else {
        flags |= FLAG_BODY_ELSEWHERE;
    }
    let head = out.elsewhere();
    if flags & (FLAG_HEAD_ELSEWHERE | FLAG_BODY_ELSEWHERE) != 0 || matches!(content, Content::Flow(_)) {
        let mut elsewhere = slot.shard().elsewhere(number);
        elsewhere.head = head;
        match content {
            Content::Flow(flow) => elsewhere.body_flow = Some(flow),
            Content::Whole(bytes) if flags & FLAG_BODY_ELSEWHERE != 0 => elsewhere.body = Some(bytes),
            Content::Whole(_) => {}
        }
    }
    set(INT_FLAGS, flags);
}

fn set_remote(slab: &Slab, slot: u32, remote: Remote) {
    match remote {
        None => slab.set_int(slot, INT_REMOTE, REMOTE_NONE),
        Some(IpAddr::V4(address)) => {
            slab.set_int(slot, INT_REMOTE, REMOTE_V4);
            slab.set_int(slot, INT_REMOTE_ADDRESS, address.to_bits().cast_signed());
        }
        Some(IpAddr::V6(address)) => {
            slab.set_int(slot, INT_REMOTE, REMOTE_V6);
            for (index, part) in (0..4).zip([96, 64, 32, 0]) {
                slab.set_int(slot, INT_REMOTE_ADDRESS + index, ((address.to_bits() >> part) as u32).cast_signed());
            }
        }
    }
}

/// Numbers as numbers, everything else as its place in the path.
fn set_params(slab: &Slab, slot: u32, destination: Destination, params: &Params<'_>, router: &Router) {
    let Destination::Route(route) = destination else { return };
    let Some(route) = router.route(route) else { return };
    for ((index, param), place) in route.params().iter().enumerate().zip((INT_PARAMS..).step_by(2)) {
        if param.kind() == ParamKind::Int
            && let Some(value) = params.int(index)
        {
            // Within 2^53 by the router's rule, so exact.
            #[allow(clippy::cast_precision_loss)]
            slab.set_float(slot, place, value as f64);
        } else if let Some(range) = params.range(index) {
            slab.set_int(slot, place, length(range.start));
            slab.set_int(slot, place + 1, length(range.end));
        }
    }
}

fn destination(destination: Destination) -> (i32, &'static str) {
    match destination {
        Destination::Route(route) => (route.0.cast_signed(), ""),
        Destination::NotFound => (MISS_NOT_FOUND, ""),
        Destination::MethodNotAllowed(methods) => (MISS_METHOD, methods.as_str()),
        Destination::Options(methods) => (MISS_OPTIONS, methods.as_str()),
    }
}

/// Bytes of the header block.
fn header_bytes(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 2).sum::<usize>() + 1
}

fn method_index(method: &Method) -> i32 {
    match *method {
        Method::HEAD => 1,
        Method::POST => 2,
        Method::PUT => 3,
        Method::PATCH => 4,
        Method::DELETE => 5,
        Method::OPTIONS => 6,
        _ => 0,
    }
}

/// A head is at most 1 MiB, a body at most what `NativeServerOptions` can say and a JavaScript buffer can hold.
fn length(bytes: usize) -> i32 {
    i32::try_from(bytes).unwrap_or(i32::MAX)
}

/// Where a head's bytes go.
enum Out<'a> {
    Slot { slab: &'a Slab, number: u32, at: usize },
    Elsewhere(Vec<u8>),
}

impl Out<'_> {
    /// The bytes, where they are not in the slot.
    fn elsewhere(self) -> Option<Vec<u8>> {
        match self {
            Self::Slot { .. } => None,
            Self::Elsewhere(whole) => Some(whole),
        }
    }

    fn put(&mut self, bytes: &[u8]) {
        match self {
            Self::Slot { slab, number, at } => {
                slab.set_bytes(*number, *at, bytes);
                *at += bytes.len();
            }
            Self::Elsewhere(whole) => whole.extend_from_slice(bytes),
        }
    }
}
