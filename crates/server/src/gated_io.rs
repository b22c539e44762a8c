//! The socket as hyper sees it: only bytes the gate approved come through.
//!
//! In: raw bytes of the peer. Out: approved bytes, in order. A head is held back until it is complete and approved, so
//! hyper never parses one that the gate refuses. In the place of a refused head hyper reads [`STAND_IN`], a plain
//! request that only serves to have the refusal answered in its turn, behind the answers of earlier pipelined
//! requests; the service knows it by its number. Nothing is read after it.

use std::cell::{Cell, RefCell};
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use covet_http::{Gate, GateState, Refusal};
use hyper::rt::{Read, ReadBuf, ReadBufCursor, Write};

use crate::clock::Clock;
use crate::linger::Linger;

const STAND_IN: &[u8] = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";

/// The most taken from a socket in one read. As large as Node's own read buffer; one per thread, not per connection.
const SCRATCH: usize = 64 * 1024;

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
    /// Set from outside the read path: the next read refuses the head or body it is in.
    pub(crate) interrupt: Cell<Option<Refusal>>,
}

impl Verdicts {
    pub(crate) fn new(clock: Clock) -> Self {
        Self { clock, refused_head: Cell::new(None), refused_body: Cell::new(None), interrupt: Cell::new(None) }
    }
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
}

impl<T> GatedIo<T> {
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
        }
    }

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
        match self.gate.state() {
            GateState::Head => self.verdicts.clock.on_partial_head(),
            GateState::Body { received, .. } => self.verdicts.clock.on_partial_body(self.gate.heads(), received),
            _ => self.verdicts.clock.on_complete(),
        }
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

impl<T: Read + Unpin> Read for GatedIo<T> {
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
            let before = out.remaining();
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

impl<T: Read + Write + Unpin> Write for GatedIo<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.inner).poll_write(cx, bytes);
        self.noted(result)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.inner).poll_write_vectored(cx, slices);
        self.noted(result)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        this.linger.poll(&mut this.inner, this.verdicts.clock.timer(), cx)
    }
}
