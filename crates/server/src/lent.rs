//! Bodies that are lent: whole, of a known length, and left where they are until the socket takes them.
//!
//! In: a [`Lender`], which sends the next bytes to a socket or gives a copy of them. Out, to hyper: [`LentBody`], as many
//! bytes that only stand in for them. Out, to the socket: in the place of those the lender's own, by `gated_io`. So a
//! large answer in another thread's memory is never copied as a whole, and hyper still counts every byte.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use http_body::{Body, Frame, SizeHint};

use crate::gated_io::Verdicts;
use crate::reply_body::BodyError;
use crate::socket::Socket;

/// Bytes that a lender is asked for at once: its thread does nothing else while the kernel copies them.
const ASKED: usize = 1024 * 1024;

/// Bytes that are copied at once where there is no socket to send to.
const COPIED: usize = 256 * 1024;

/// Whoever has the bytes of a body.
pub trait Lender {
    /// Bytes in all.
    fn length(&self) -> u64;

    /// Asks for the next bytes; once [`Lender::poll_taken`] has been ready it may be asked again.
    fn ask(&mut self, ask: Ask);

    /// What was made of the ask.
    fn poll_taken(&mut self, cx: &mut Context<'_>) -> Poll<Result<Taken, BodyError>>;
}

/// What a lender is asked for.
#[derive(Debug)]
pub struct Ask {
    /// Where to send the bytes; `None` where they are to be copied.
    pub socket: Option<Arc<Socket>>,
    /// What goes out before them.
    pub ahead: Vec<u8>,
    /// Bytes of the body wanted, at most and at least one.
    pub most: usize,
}

/// What a lender has done.
#[derive(Debug)]
pub struct Taken {
    /// Bytes the socket took, those ahead included.
    pub sent: usize,
    /// A copy of some that follow; empty only where all that was asked for is sent.
    pub copied: Bytes,
}

/// Bytes without a meaning, as many as are asked for at once. Never written, so the system never backs them by memory.
pub(crate) fn stand_in() -> &'static Bytes {
    static STAND_IN: OnceLock<Bytes> = OnceLock::new();
    STAND_IN.get_or_init(|| vec![0; ASKED].into())
}

/// Whether hyper hands on bytes of a [`LentBody`].
pub(crate) fn stands_in(bytes: &[u8]) -> bool {
    stand_in().as_ptr_range().contains(&bytes.as_ptr())
}

/// A body that is lent, and still the lender's. Taken for an ordinary body it is copied piece by piece.
pub struct Lent {
    lender: Box<dyn Lender>,
    left: u64,
    is_asked: bool,
}

impl Lent {
    pub(crate) fn new(lender: impl Lender + 'static) -> Self {
        Self { left: lender.length(), lender: Box::new(lender), is_asked: false }
    }
}

impl Body for Lent {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = self.get_mut();
        if this.left == 0 {
            return Poll::Ready(None);
        }
        if !this.is_asked {
            this.is_asked = true;
            let most = usize::try_from(this.left).unwrap_or(COPIED).min(COPIED);
            this.lender.ask(Ask { socket: None, ahead: Vec::new(), most });
        }
        let taken = ready!(this.lender.poll_taken(cx));
        this.is_asked = false;
        Poll::Ready(Some(taken.map(|taken| {
            this.left = this.left.saturating_sub(taken.copied.len() as u64);
            Frame::data(taken.copied)
        })))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

/// What hyper sends of a lent body: bytes that stand in for it.
pub(crate) struct LentBody {
    /// Until hyper has taken the first bytes.
    lent: Option<Lent>,
    left: u64,
    verdicts: Rc<Verdicts>,
}

impl LentBody {
    pub(crate) fn new(lent: Lent, verdicts: Rc<Verdicts>) -> Self {
        Self { left: lent.left, lent: Some(lent), verdicts }
    }
}

impl Body for LentBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = self.get_mut();
        if this.left == 0 {
            return Poll::Ready(None);
        }
        if let Some(lent) = this.lent.take() {
            this.verdicts.lend(Lending { lent, copied: Bytes::new() });
        }
        let amount = usize::try_from(this.left).unwrap_or(ASKED).min(ASKED);
        this.left -= amount as u64;
        Poll::Ready(Some(Ok(Frame::data(stand_in().slice(..amount)))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

impl Drop for LentBody {
    fn drop(&mut self) {
        // Nothing of it was wanted. Otherwise it is answered once the socket has all of it.
        if self.lent.take().is_some() {
            self.verdicts.clock.on_answer();
        }
    }
}

/// A lent body on its way to the socket.
pub(crate) struct Lending {
    lent: Lent,
    /// What the lender has copied for the moment at which the socket takes more.
    copied: Bytes,
}

/// How a lent body goes on.
pub(crate) enum Next<'a> {
    /// The lender has sent so many bytes.
    Sent(usize),
    /// These are to be written; [`Lending::on_written`] is told.
    Write(&'a [u8]),
}

impl Lending {
    /// What goes out next of `ahead` and, behind it, of the `amount` bytes that hyper has standing in for the body.
    pub(crate) fn poll_next(
        &mut self,
        cx: &mut Context<'_>,
        ahead: &[IoSlice<'_>],
        amount: usize,
        socket: impl FnOnce() -> Option<Arc<Socket>>,
    ) -> Poll<io::Result<Next<'_>>> {
        if self.copied.is_empty() {
            if !self.lent.is_asked {
                self.lent.is_asked = true;
                let ahead = ahead.iter().flat_map(|slice| slice.iter().copied()).collect();
                self.lent.lender.ask(Ask { socket: socket(), ahead, most: amount });
            }
            let taken = ready!(self.lent.lender.poll_taken(cx));
            self.lent.is_asked = false;
            let taken = taken.map_err(io::Error::other)?;
            self.copied = taken.copied;
            if taken.sent > 0 {
                return Poll::Ready(Ok(Next::Sent(taken.sent)));
            }
        }
        Poll::Ready(Ok(Next::Write(&self.copied)))
    }

    /// The socket has taken `amount` of what [`Lending::poll_next`] gave.
    pub(crate) fn on_written(&mut self, amount: usize) {
        self.copied.advance(amount);
    }

    /// So many bytes of the body are out; whether that is all of it.
    pub(crate) fn on_out(&mut self, amount: usize) -> bool {
        self.lent.left = self.lent.left.saturating_sub(amount as u64);
        self.lent.left == 0
    }
}
