//! The body of a response: whole, in memory, or a stream of whatever kind.
//!
//! Whole bodies are most answers and cost no allocation and no dynamic call. Large ones may stay with whoever has them,
//! see `lent.rs`. Everything else, files, streams from
//! JavaScript, compressed bodies, is a boxed [`Body`], polled only as fast as the peer takes it.

use std::convert::Infallible;
use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::Full;

use crate::lent::{Lender, Lent};

/// Why a body broke off. The peer sees a connection that ends within a message.
pub type BodyError = Box<dyn Error + Send + Sync>;

/// A body that comes in pieces. It stays on its I/O thread.
pub type ReplyStream = Pin<Box<dyn Body<Data = Bytes, Error = BodyError>>>;

/// The body of a response.
pub enum ReplyBody {
    /// Whole, in memory.
    Full(Full<Bytes>),
    /// In pieces.
    Stream(ReplyStream),
    /// Whole, and somebody else's until it is sent.
    Lent(Lent),
}

impl ReplyBody {
    /// A body that is there already.
    pub fn full(bytes: impl Into<Bytes>) -> Self {
        Self::Full(Full::new(bytes.into()))
    }

    /// A body that comes in pieces.
    pub fn stream(body: impl Body<Data = Bytes, Error = BodyError> + 'static) -> Self {
        Self::Stream(Box::pin(body))
    }

    /// A body that stays with `lender` until the socket takes it.
    pub fn lent(lender: impl Lender + 'static) -> Self {
        Self::Lent(Lent::new(lender))
    }

    /// The same body; `told` is called once it has been sent, or broken off.
    pub fn on_end(self, told: impl FnOnce() + 'static) -> Self {
        Self::stream(Ending { body: self, _told: Told(Some(told)) })
    }

    /// No body.
    pub fn empty() -> Self {
        Self::Full(Full::default())
    }
}

impl Default for ReplyBody {
    fn default() -> Self {
        Self::empty()
    }
}

impl fmt::Debug for ReplyBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full(full) => f.debug_tuple("Full").field(full).finish(),
            Self::Stream(_) => f.write_str("Stream"),
            Self::Lent(_) => f.write_str("Lent"),
        }
    }
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match self.get_mut() {
            Self::Full(full) => Pin::new(full).poll_frame(cx).map_err(|never: Infallible| match never {}),
            Self::Stream(stream) => stream.as_mut().poll_frame(cx),
            Self::Lent(lent) => Pin::new(lent).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Full(full) => full.is_end_stream(),
            Self::Stream(stream) => stream.is_end_stream(),
            Self::Lent(lent) => lent.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Full(full) => full.size_hint(),
            Self::Stream(stream) => stream.size_hint(),
            Self::Lent(lent) => lent.size_hint(),
        }
    }
}

/// A body whose end somebody waits for: hyper drops a body when it is done with it, one way or the other.
struct Ending<F: FnOnce()> {
    body: ReplyBody,
    _told: Told<F>,
}

struct Told<F: FnOnce()>(Option<F>);

impl<F: FnOnce()> Drop for Told<F> {
    fn drop(&mut self) {
        if let Some(told) = self.0.take() {
            told();
        }
    }
}

// Nothing in it is pinned: streams are pinned by their box.
impl<F: FnOnce()> Unpin for Ending<F> {}

impl<F: FnOnce()> Body for Ending<F> {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        Pin::new(&mut self.get_mut().body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
