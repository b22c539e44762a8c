//! The socket as hyper sees it: only bytes the gate approved come through.
//!
//! In: raw bytes of the peer. Out: approved bytes, in order. A head is held back until it is complete and approved, so
//! hyper never parses one that the gate refuses. In the place of a refused head hyper reads [`STAND_IN`], a plain
//! request that only serves to have the refusal answered in its turn, behind the answers of earlier pipelined
//! requests; the service knows it by its number. Nothing is read after it.
//!
//! The other way bytes pass as they are, but for those that stand in for a lent body, see `lent.rs`. A body may be drawn from
//! the socket by another thread; hyper then reads bytes that stand in for it, see `tap.rs`.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use covet_http::{Gate, GateState, Refusal};
use hyper::rt::{Read, ReadBuf, ReadBufCursor, Write};

use crate::clock::Clock;
use crate::lent::{Lending, Next, stand_in, stands_in};
use crate::linger::Linger;
use crate::socket::{HasSocket, Socket};
use crate::tap::{Heard, Tapping};

const STAND_IN: &[u8] = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";

/// The most taken from a socket in one read. As large as Node's own read buffer; one per thread, not per connection.
const SCRATCH: usize = 64 * 1024;

/// The most that a lender is given to send ahead of its body: a head, and what was answered just before.
const AHEAD: usize = 16 * 1024;

thread_local! {
    static SCRATCH_BUFFER: RefCell<Box<[u8]>> = RefCell::new(vec![0; SCRATCH].into_boxed_slice());
}

/// What the gate and the clock found, for the service to answer.
pub(crate) struct Verdicts {
    pub(crate) clock: Clock,
    /// The request with this number, counted from 0, is a stand-in for a refused head.
    pub(crate) refused_head: Cell<Option<(u64, Refusal)>>,
    /// Why the body being read broke off.
    pub(crate) refused_body: Cell<Option<Refusal>>,
    /// The answer is to a client of HTTP/1.0, to which the end of the connection is the end of a body without a length.
    pub(crate) ends_by_close: Cell<bool>,
    /// The connection is not to be closed in order: its client must not take what it has for all of an answer.
    pub(crate) resets: Cell<bool>,
    /// Set from outside the read path: the next read refuses the head or body it is in.
    pub(crate) interrupt: Cell<Option<Refusal>>,
    /// Nobody reads: the next flush looks whether the peer is still there.
    pub(crate) is_unread: Cell<bool>,
    /// The peer was asked for the body that it holds back until then.
    pub(crate) is_invited: Cell<bool>,
    /// Lent bodies that hyper has begun to write, in their order.
    lendings: RefCell<VecDeque<Lending>>,
    /// Of the body that is being read: who else reads it.
    pub(crate) tapping: RefCell<Tapping>,
}

impl Verdicts {
    pub(crate) fn new(clock: Clock) -> Self {
        Self {
            clock,
            refused_head: Cell::new(None),
            refused_body: Cell::new(None),
            ends_by_close: Cell::new(false),
            resets: Cell::new(false),
            interrupt: Cell::new(None),
            is_unread: Cell::new(false),
            is_invited: Cell::new(false),
            lendings: RefCell::default(),
            tapping: RefCell::default(),
        }
    }

    /// The next bytes that stand in for a body are this one's.
    pub(crate) fn lend(&self, lending: Lending) {
        self.lendings.borrow_mut().push_back(lending);
    }
}

/// A source of bytes that knows how many it has given: hyper's own way to read does not say.
pub trait CountedRead: Read {
    /// Bytes read since the beginning.
    fn read_so_far(&self) -> u64;
}

pub(crate) struct GatedIo<T> {
    inner: T,
    gate: Gate,
    verdicts: Rc<Verdicts>,
    /// Bytes read and not handed on: first the approved ones, then those the gate has not decided on.
    held: Vec<u8>,
    approved: usize,
    /// A refusal was handed on; nothing more will be.
    finished: bool,
    /// The peer has closed its sending half.
    ended: bool,
    linger: Linger,
    /// To send lent bodies to, while there are any.
    socket: Option<Arc<Socket>>,
    /// A second hold on the socket.
    socket_of: fn(&T) -> Option<Socket>,
}

impl<T> Drop for GatedIo<T> {
    fn drop(&mut self) {
        if self.verdicts.resets.get()
            && let Some(socket) = (self.socket_of)(&self.inner)
        {
            socket.reset_on_close();
        }
    }
}

impl<T: HasSocket> GatedIo<T> {
    pub(crate) fn new(inner: T, gate: Gate, verdicts: Rc<Verdicts>) -> Self {
        Self {
            inner,
            gate,
            verdicts,
            held: Vec::new(),
            approved: 0,
            finished: false,
            ended: false,
            linger: Linger::default(),
            socket: None,
            socket_of: T::socket,
        }
    }
}

impl<T> GatedIo<T> {
    /// Hands on approved bytes that wait.
    fn hand_on(&mut self, out: &mut ReadBufCursor<'_>) {
        let amount = self.approved.min(out.remaining());
        out.put_slice(&self.held[..amount]);
        self.held.drain(..amount);
        self.approved -= amount;
        if self.held.is_empty() {
            // A partial head is rare: an idle connection keeps no buffer for it.
            self.held = Vec::new();
        }
    }

    /// Ends the stream with a refusal: as a stand-in request between requests, as an error within a body.
    fn refuse(&mut self, refusal: Refusal, in_body: bool, out: &mut ReadBufCursor<'_>) -> io::Result<()> {
        self.finished = true;
        self.held = Vec::new();
        self.verdicts.clock.on_complete();
        if in_body {
            self.verdicts.refused_body.set(Some(refusal));
            return Err(io::Error::new(io::ErrorKind::InvalidData, refusal.message()));
        }
        self.verdicts.refused_head.set(Some((self.gate.heads(), refusal)));
        self.verdicts.clock.on_heads(1);
        // hyper's smallest read buffer is 8 KiB and it never offers less than what is left of it before growing; a
        // stand-in that does not fit is carried over like any approved bytes.
        self.held = STAND_IN.to_vec();
        self.approved = STAND_IN.len();
        self.hand_on(out);
        Ok(())
    }

    /// Tells the clock what is half read now.
    fn note_state(&self) {
        match self.gate.state() {
            GateState::Head => self.verdicts.clock.on_partial_head(),
            GateState::Body { received, .. } => self.verdicts.clock.on_partial_body(self.gate.heads(), received),
            _ => self.verdicts.clock.on_complete(),
        }
    }

    /// Shows the gate what was read, hands on what it approves and holds the rest.
    fn admit(&mut self, input: &mut [u8], out: &mut ReadBufCursor<'_>) -> io::Result<()> {
        let heads = self.gate.heads();
        let held = !self.held.is_empty();
        if held {
            self.held.extend_from_slice(input);
        }
        let mut whole = std::mem::take(&mut self.held);
        let scanned: &mut [u8] = if held { &mut whole } else { input };
        let scan = self.gate.scan(scanned);
        for mask in scan.masks {
            scanned[mask].fill(b'x');
        }
        let passed_heads = self.gate.heads() - heads;
        if passed_heads > 0 {
            self.verdicts.clock.on_heads(passed_heads);
        }
        self.note_state();
        if held {
            self.held = whole;
            self.approved = scan.pass;
        } else {
            let amount = scan.pass.min(out.remaining());
            out.put_slice(&input[..amount]);
            self.held.extend_from_slice(&input[amount..]);
            self.approved = scan.pass - amount;
        }
        match scan.refusal {
            // Bytes approved before the refusal go first; the gate repeats the refusal when asked again.
            Some(refusal) if scan.pass == 0 => {
                let in_body = matches!(self.gate.state(), GateState::Refused { in_body: true });
                self.refuse(refusal, in_body, out)
            }
            Some(_) | None => {
                if held {
                    self.hand_on(out);
                }
                Ok(())
            }
        }
    }
}

impl<T: CountedRead + Unpin> GatedIo<T> {
    /// Whether all that `room` takes is a body's, whose bytes need not be looked at.
    fn is_plain(&self, room: usize) -> bool {
        self.held.is_empty() && self.gate.plain() >= room as u64
    }

    /// Reads a body's bytes to where hyper wants them. By way of the scratch they would be copied once more.
    fn poll_plain(&mut self, cx: &mut Context<'_>, out: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        let before = self.inner.read_so_far();
        ready!(Pin::new(&mut self.inner).poll_read(cx, out))?;
        let amount = self.inner.read_so_far() - before;
        self.ended = amount == 0;
        self.gate.pass_plain(amount);
        self.note_state();
        Poll::Ready(Ok(()))
    }
}

impl<T: HasSocket> GatedIo<T> {
    /// Gives hyper bytes in the place of those that another thread has drawn; `false` where it is to read for itself.
    fn poll_tapped(&mut self, cx: &mut Context<'_>, out: &mut ReadBufCursor<'_>) -> Poll<bool> {
        let verdicts = Rc::clone(&self.verdicts);
        let mut tapping = verdicts.tapping.borrow_mut();
        let left = self.gate.plain();
        if self.held.is_empty() && tapping.is_wanted(left) {
            tapping.open(self.inner.socket(), left);
        }
        let Some(open) = tapping.opened() else { return Poll::Ready(false) };
        let Heard { drawn, is_awaited, is_closed } = open.hear(cx);
        if drawn > 0 {
            self.gate.pass_plain(drawn);
            self.note_state();
        }
        let amount = tapping.give(out.remaining().min(SCRATCH));
        if amount > 0 {
            out.put_slice(&stand_in()[..amount]);
            if self.gate.plain() == 0 && tapping.is_even() {
                tapping.close();
            }
            return Poll::Ready(true);
        }
        if is_closed {
            tapping.close();
            return Poll::Ready(false);
        }
        verdicts.clock.on_body_wanted(is_awaited);
        if is_awaited && self.inner.poll_readable(cx).is_ready() {
            verdicts.clock.on_body_wanted(false);
            tapping.on_come();
        }
        Poll::Pending
    }
}

impl<T: CountedRead + HasSocket + Unpin> Read for GatedIo<T> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, mut out: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            if this.approved > 0 {
                this.hand_on(&mut out);
                return Poll::Ready(Ok(()));
            }
            if this.finished {
                // The refusal's `connection: close` ends the connection; hyper needs no more input for that.
                return Poll::Pending;
            }
            if let Some(refusal) = this.verdicts.interrupt.take() {
                let in_body = matches!(this.gate.state(), GateState::Body { .. });
                return Poll::Ready(this.refuse(refusal, in_body, &mut out));
            }
            if let GateState::Refused { .. } = this.gate.state() {
                // What passed before the refusal has been handed on; the gate now repeats the refusal alone.
                return Poll::Ready(this.admit(&mut [], &mut out));
            }
            if this.ended {
                // To hyper an end is the end of the connection, also where an answer is on its way.
                let waits =
                    !matches!(this.gate.state(), GateState::Body { .. }) && this.verdicts.clock.waits_after_end();
                return if waits { Poll::Pending } else { Poll::Ready(Ok(())) };
            }
            if ready!(this.poll_tapped(cx, &mut out)) {
                return Poll::Ready(Ok(()));
            }
            let before = out.remaining();
            if this.is_plain(before) {
                return this.poll_plain(cx, out);
            }
            let read = SCRATCH_BUFFER.with_borrow_mut(|scratch| {
                // No more than hyper has room for: what the gate approves then goes straight through.
                let room = before.min(scratch.len());
                let mut buffer = ReadBuf::new(&mut scratch[..room]);
                ready!(Pin::new(&mut this.inner).poll_read(cx, buffer.unfilled()))?;
                let filled = buffer.filled().len();
                // After its last request a client may send what it likes: nobody reads it.
                if filled > 0 && this.gate.state() != GateState::Ended {
                    this.admit(&mut scratch[..filled], &mut out)?;
                }
                Poll::Ready(io::Result::Ok(filled))
            });
            this.ended = ready!(read)? == 0;
            if out.remaining() < before {
                return Poll::Ready(Ok(()));
            }
            // All of it is held back for now: an empty read would mean the end of the stream, so read on.
        }
    }
}

impl<T: Write + Unpin> GatedIo<T> {
    fn noted<R>(&self, result: Poll<R>) -> Poll<R> {
        self.verdicts.clock.on_write(result.is_pending());
        result
    }
}

impl<T: Write + HasSocket + Unpin> GatedIo<T> {
    /// Writes a lent body, for which hyper has `amount` bytes standing in, behind `ahead`.
    fn poll_write_lent(
        &mut self,
        cx: &mut Context<'_>,
        ahead: &[IoSlice<'_>],
        amount: usize,
    ) -> Poll<io::Result<usize>> {
        let before: usize = ahead.iter().map(|slice| slice.len()).sum();
        if before > AHEAD {
            let result = Pin::new(&mut self.inner).poll_write_vectored(cx, ahead);
            return self.noted(result);
        }
        let verdicts = Rc::clone(&self.verdicts);
        let mut lendings = verdicts.lendings.borrow_mut();
        let lending = lendings.front_mut().expect("what stands in for a body is written after it was lent");
        let socket = || {
            self.socket = self.socket.take().or_else(|| self.inner.socket().map(Arc::new));
            self.socket.clone()
        };
        // Waiting for the lender is no fault of the peer's: the clock hears of writes alone.
        let written = match ready!(lending.poll_next(cx, ahead, amount, socket))? {
            Next::Sent(sent) => {
                verdicts.clock.on_write(false);
                sent
            }
            Next::Write(bytes) => {
                let result = Pin::new(&mut self.inner).poll_write(cx, bytes);
                let written = ready!(self.noted(result))?;
                lending.on_written(written);
                written
            }
        };
        if lending.on_out(written.saturating_sub(before)) {
            lendings.pop_front();
            self.socket = None;
            verdicts.clock.on_answer();
        }
        Poll::Ready(Ok(written))
    }
}

impl<T: Read + Write + HasSocket + Unpin> Write for GatedIo<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.inner).poll_write(cx, bytes);
        self.noted(result)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if !self.verdicts.lendings.borrow().is_empty()
            && let Some(at) = slices.iter().position(|slice| stands_in(slice))
        {
            return self.poll_write_lent(cx, &slices[..at], slices[at].len());
        }
        let result = Pin::new(&mut self.inner).poll_write_vectored(cx, slices);
        self.noted(result)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // hyper flushes in each of its turns, also in those in which it neither reads nor writes.
        if self.verdicts.is_unread.take()
            && let Some(error) = self.inner.fault()
        {
            return Poll::Ready(Err(error));
        }
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        this.linger.poll(&mut this.inner, this.verdicts.clock.timer(), cx)
    }
}
