//! Bytes on their way to JavaScript: a request's body, or whatever else comes in pieces.
//!
//! The I/O thread puts pieces in until [`WINDOW`] bytes wait, then waits itself, and so does the peer behind it.
//! JavaScript takes piece by piece, and is told only where it found nothing. A large body of a known length crosses no
//! threads: it is drawn from its socket as it is taken.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::mem::MaybeUninit;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use atomic_waker::AtomicWaker;
use bytes::{Bytes, BytesMut};
use covet_http::Refusal;
use covet_multipart::Boundary;
use covet_server::{Come, Tap};
use covet_uploads::{Form, GatherOptions, Spool, UploadError};

use super::ready::Bell;

/// Bytes that may wait for JavaScript, or are drawn at once. Enough to keep a fast peer busy during one turn of the event loop;
/// drawn by 64 KiB a body of 1 MiB takes 1.3 times the CPU (counted, 64 connections).
const WINDOW: usize = 256 * 1024;

/// Pieces up to this size together cross as one.
const JOIN: usize = 64 * 1024;

/// Pieces below this size are joined with the one before, up to that size.
const SMALL: usize = 2048;
const JOINED: usize = 16 * 1024;

/// A body that is to be gathered as a form on the I/O thread, so that its bytes need not cross.
#[derive(Debug)]
pub(crate) struct Gathering {
    pub(crate) boundary: Boundary,
    pub(crate) options: GatherOptions,
    pub(crate) spool: Arc<Spool>,
}

/// Why a form could not be gathered.
pub(crate) type FormFault = UploadError<Refusal>;

/// How a flow of bytes ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// All of it has come.
    Complete,
    /// It broke this rule, or broke off.
    Refused(Refusal),
}

/// What JavaScript finds when it looks.
#[derive(Debug)]
pub(crate) enum Taken {
    /// The oldest of what has come; all of it where that is little.
    Piece(Bytes),
    /// So many bytes can be drawn: [`ToJs::draw`].
    Come(usize),
    /// Nothing yet: the bell rings when there is.
    Nothing,
    /// Nothing, and nothing will come.
    End(End),
}

/// A bounded flow of bytes from an I/O thread to JavaScript.
#[derive(Debug)]
pub(crate) struct ToJs {
    state: Mutex<State>,
    /// The I/O thread's task that fills it.
    filler: AtomicWaker,
    bell: Bell,
}

#[derive(Debug, Default)]
struct State {
    pieces: VecDeque<Bytes>,
    bytes: usize,
    /// The I/O thread waits until half of the window is free: being woken costs more than a piece.
    is_full: bool,
    end: Option<End>,
    /// JavaScript found nothing, and waits for the bell.
    is_awaited: bool,
    /// JavaScript has asked for it.
    is_open: bool,
    /// Nobody will take anything any more.
    is_cancelled: bool,
    /// Asked for as a form, in place of its bytes.
    gathering: Option<Box<Gathering>>,
    /// Where the bytes come from that are not among the pieces, once the I/O thread reads them no more.
    tap: Option<Tap>,
    form: Option<Result<Form, FormFault>>,
}

impl State {
    /// Joins small pieces: each costs more than its bytes, and keeps the read buffer alive that it is a part of. A window
    /// full of bytes that a client has sent as chunks of one would take some 10 MiB.
    fn add(&mut self, piece: Bytes) {
        self.bytes += piece.len();
        let joins = piece.len() < SMALL && self.pieces.back().is_some_and(|last| last.len() < JOINED);
        let last = if joins { self.pieces.pop_back() } else { None };
        let joined = last.map(|last| {
            let mut joined = last.try_into_mut().unwrap_or_else(|shared| BytesMut::from(&shared[..]));
            joined.extend_from_slice(&piece);
            joined.freeze()
        });
        self.pieces.push_back(joined.unwrap_or(piece));
    }

    fn pop(&mut self) -> Option<Bytes> {
        let piece = self.pieces.pop_front()?;
        self.bytes -= piece.len();
        Some(piece)
    }

    fn next_piece(&mut self) -> Option<Bytes> {
        let first = self.pop()?;
        let fits = |state: &Self, length: usize| state.pieces.front().is_some_and(|next| length + next.len() <= JOIN);
        if !fits(self, first.len()) {
            return Some(first);
        }
        let mut joined = BytesMut::from(first);
        while fits(self, joined.len()) {
            joined.extend_from_slice(&self.pop().unwrap_or_default());
        }
        Some(joined.freeze())
    }
}

impl ToJs {
    pub(crate) fn new(bell: Bell) -> Arc<Self> {
        Arc::new(Self { state: Mutex::default(), filler: AtomicWaker::new(), bell })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number under which the bell rings.
    pub(crate) fn id(&self) -> u32 {
        self.bell.id()
    }

    /// JavaScript wants it: from here on the bell rings.
    pub(crate) fn open(&self) {
        self.state().is_open = true;
        self.filler.wake();
    }

    /// JavaScript wants it as a form.
    pub(crate) fn gather(&self, gathering: Box<Gathering>) {
        self.state().gathering = Some(gathering);
        self.open();
    }

    /// What is to be made of it, where that is a form. On the I/O thread.
    pub(crate) fn take_gathering(&self) -> Option<Box<Gathering>> {
        self.state().gathering.take()
    }

    /// The form is there. On the I/O thread.
    pub(crate) fn put_form(&self, outcome: Result<Form, FormFault>) {
        let mut state = self.state();
        if !state.is_cancelled {
            state.form = Some(outcome);
        }
        drop(state);
        self.bell.ring();
    }

    /// Takes the form, once it is there.
    pub(crate) fn take_form(&self) -> Option<Result<Form, FormFault>> {
        self.bell.rearm();
        self.state().form.take()
    }

    /// Whether JavaScript has asked for it.
    pub(crate) fn is_open(&self) -> bool {
        self.state().is_open
    }

    /// Takes what waits, in order.
    pub(crate) fn take(&self) -> Taken {
        let mut state = self.state();
        let Some(piece) = state.next_piece() else {
            self.bell.rearm();
            state.is_awaited = true;
            return match state.end {
                Some(end) => Taken::End(end),
                None => self.look(&mut state),
            };
        };
        let has_room = state.is_full && state.bytes <= WINDOW / 2;
        if has_room {
            state.is_full = false;
        }
        drop(state);
        if has_room {
            self.filler.wake();
        }
        Taken::Piece(piece)
    }

    /// What can be drawn, where JavaScript draws.
    fn look(&self, state: &mut State) -> Taken {
        let Some(tap) = &mut state.tap else { return Taken::Nothing };
        let come = tap.come();
        if tap.is_due() {
            self.bell.wake(tap.connection());
        }
        match come {
            Come::Bytes(amount) => {
                state.is_awaited = false;
                Taken::Come(amount.min(WINDOW))
            }
            Come::Nothing => Taken::Nothing,
            Come::All => Taken::End(End::Complete),
            Come::Over => {
                state.tap = None;
                Taken::Nothing
            }
        }
    }

    /// Draws the bytes that have come, as many as `room` takes. Where it cannot, the bell rings with the reason.
    pub(crate) fn draw(&self, room: &mut [MaybeUninit<u8>]) -> bool {
        let mut state = self.state();
        let Some(tap) = &mut state.tap else { return false };
        let is_drawn = tap.draw(room);
        if tap.is_due() {
            self.bell.wake(tap.connection());
        }
        if !is_drawn {
            state.tap = None;
            state.is_awaited = true;
        }
        is_drawn
    }

    /// As [`ToJs::draw`], into memory of our own.
    pub(crate) fn draw_piece(&self, amount: usize) -> Option<Bytes> {
        DRAWN.with_borrow_mut(|buffer| {
            buffer.reserve(amount);
            if !self.draw(&mut buffer.spare_capacity_mut()[..amount]) {
                return None;
            }
            // SAFETY: so much of the spare capacity was written.
            unsafe { buffer.set_len(buffer.len() + amount) };
            Some(buffer.split().freeze())
        })
    }

    /// From here on JavaScript draws what it takes. On the I/O thread.
    pub(crate) fn open_tap(&self, tap: Tap) {
        let mut state = self.state();
        if !state.is_cancelled {
            state.tap = Some(tap);
        }
        drop(state);
        self.tell_of_tap();
    }

    /// JavaScript may draw, where it waits for that.
    pub(crate) fn tell_of_tap(&self) {
        if std::mem::take(&mut self.state().is_awaited) {
            self.bell.ring();
        }
    }

    /// Nobody wants what is left.
    pub(crate) fn cancel(&self) {
        let mut state = self.state();
        state.is_cancelled = true;
        state.pieces = VecDeque::new();
        state.bytes = 0;
        let form = state.form.take();
        let tap = state.tap.take();
        drop(state);
        // Outside the lock: there may be files to close.
        drop((form, tap));
        self.filler.wake();
    }

    /// Waits until JavaScript asks for it; `false` where it never will.
    pub(crate) async fn opened(&self) -> bool {
        poll_fn(|cx| {
            self.filler.register(cx.waker());
            let state = self.state();
            match (state.is_cancelled, state.is_open) {
                (true, _) => Poll::Ready(false),
                (false, true) => Poll::Ready(true),
                (false, false) => Poll::Pending,
            }
        })
        .await
    }

    /// Whether nobody will take anything any more; else the task is woken when that changes.
    pub(crate) fn poll_cancelled(&self, cx: &Context<'_>) -> bool {
        self.filler.register(cx.waker());
        self.state().is_cancelled
    }

    /// Waits until there is room; `false` where nobody wants more.
    pub(crate) fn poll_room(&self, cx: &Context<'_>) -> Poll<bool> {
        self.filler.register(cx.waker());
        let mut state = self.state();
        if state.is_cancelled {
            return Poll::Ready(false);
        }
        state.is_full |= state.bytes >= WINDOW;
        if state.is_full { Poll::Pending } else { Poll::Ready(true) }
    }

    /// Adds a piece; whoever puts it in says so with [`ToJs::tell`].
    pub(crate) fn put(&self, piece: Bytes) {
        let mut state = self.state();
        if !state.is_cancelled && !piece.is_empty() {
            state.add(piece);
        }
    }

    /// JavaScript may look for what was put in, where it waits for that.
    pub(crate) fn tell(&self) {
        let mut state = self.state();
        let is_awaited = state.is_awaited && !state.pieces.is_empty();
        if is_awaited {
            state.is_awaited = false;
        }
        drop(state);
        if is_awaited {
            self.bell.ring();
        }
    }

    /// Nothing more will come. The first word counts.
    pub(crate) fn end(&self, end: End) {
        let mut state = self.state();
        state.end.get_or_insert(end);
        // Not held any longer than the connection is.
        let tap = state.tap.take();
        drop(state);
        drop(tap);
        self.bell.ring();
    }
}

thread_local! {
    /// Drawn into, on this JS thread. What is drawn has been copied from it when the next is, as a rule, and so it serves again.
    static DRAWN: RefCell<BytesMut> = RefCell::default();
}
