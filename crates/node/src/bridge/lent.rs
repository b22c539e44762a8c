//! Bodies that JavaScript keeps: large ones that are whole.
//!
//! In: from the I/O thread, that it is the body's turn on its connection. Out: on the JS thread, which alone may look at its
//! memory, a write to the socket from where the bytes are, and where the socket takes no more a copy of the next few. Nothing
//! of JavaScript's memory is known here between two such calls: in between it may be given away, or grow.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use atomic_waker::AtomicWaker;
use bytes::BytesMut;
use covet_server::{Ask, BodyError, Lender, Taken};

use super::pool;
use super::ready::Bell;

/// Bytes copied for the moment at which a full socket takes more, so that the JS thread need not be waited for then.
const AHEAD: usize = 64 * 1024;

/// A body on loan from JavaScript.
#[derive(Debug)]
pub(crate) struct Lent {
    state: Mutex<State>,
    /// The I/O thread's task that sends.
    taker: AtomicWaker,
    bell: Bell,
    length: usize,
}

#[derive(Debug)]
struct State {
    stage: Stage,
    /// Bytes of the body sent or copied.
    at: usize,
}

#[derive(Debug)]
enum Stage {
    /// It is not asked for.
    Idle,
    Asked(Ask),
    Taken(io::Result<Taken>),
    /// Nobody takes anything any more.
    Closed,
}

/// What came of a look at a lent body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Served {
    /// JavaScript keeps the bytes: more will be asked for.
    GoesOn,
    /// They are JavaScript's own again.
    Over,
    /// They are not those that were lent; the answer breaks off.
    Changed,
}

impl Lent {
    pub(crate) fn new(bell: Bell, length: usize) -> Arc<Self> {
        let state = State { stage: Stage::Idle, at: 0 };
        Arc::new(Self { state: Mutex::new(state), taker: AtomicWaker::new(), bell, length })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number under which the bell rings.
    pub(crate) fn id(&self) -> u32 {
        self.bell.id()
    }

    /// Sends from `bytes`, the whole body, what is asked for. On the JS thread.
    pub(crate) fn serve(&self, bytes: &[u8]) -> Served {
        self.bell.rearm();
        let mut state = self.state();
        let ask = match std::mem::replace(&mut state.stage, Stage::Idle) {
            Stage::Asked(ask) => ask,
            Stage::Closed => {
                state.stage = Stage::Closed;
                return Served::Over;
            }
            stage => {
                state.stage = stage;
                return Served::GoesOn;
            }
        };
        let at = state.at;
        drop(state);
        if bytes.len() != self.length {
            self.answer(Err(io::Error::other("the bytes that were lent have changed their length")), at);
            return Served::Changed;
        }
        let body = &bytes[at..bytes.len().min(at + ask.most)];
        let taken = take(&ask, body);
        let at = taken.as_ref().map_or(self.length, |taken| at + taken.sent + taken.copied.len() - ask.ahead.len());
        self.answer(taken, at);
        if at == self.length { Served::Over } else { Served::GoesOn }
    }

    /// It breaks off: the peer must notice. On the JS thread.
    pub(crate) fn break_off(&self) {
        let at = self.state().at;
        if at < self.length {
            self.answer(Err(io::Error::other("the reply broke off")), at);
        }
    }

    fn answer(&self, taken: io::Result<Taken>, at: usize) {
        let mut state = self.state();
        state.at = at;
        if !matches!(state.stage, Stage::Closed) {
            state.stage = Stage::Taken(taken);
        }
        drop(state);
        self.bell.wake(&self.taker);
    }

    /// Nobody takes anything any more. On the I/O thread.
    pub(crate) fn close(&self) {
        let mut state = self.state();
        state.stage = Stage::Closed;
        let is_left = state.at < self.length;
        drop(state);
        if is_left {
            self.bell.ring();
        }
    }
}

/// Sends as much of `body` as goes, and copies the beginning of what is left.
fn take(ask: &Ask, body: &[u8]) -> io::Result<Taken> {
    let sent = match &ask.socket {
        Some(socket) => socket.send(&ask.ahead, body)?,
        None => 0,
    };
    let most = if ask.socket.is_some() { AHEAD } else { ask.most };
    let copied = match sent.checked_sub(ask.ahead.len()) {
        Some(of_body) => pool::copy(&body[of_body..body.len().min(of_body + most)]),
        None => {
            let body = &body[..body.len().min(most)];
            let mut copied = BytesMut::with_capacity(ask.ahead.len() - sent + body.len());
            copied.extend_from_slice(&ask.ahead[sent..]);
            copied.extend_from_slice(body);
            copied.freeze()
        }
    };
    Ok(Taken { sent, copied })
}

/// A lent body as the I/O thread has it. Dropped, it tells JavaScript that nobody listens any more.
pub(crate) struct LentSource(Arc<Lent>);

impl LentSource {
    pub(crate) fn new(lent: Arc<Lent>) -> Self {
        Self(lent)
    }
}

impl Lender for LentSource {
    fn length(&self) -> u64 {
        self.0.length as u64
    }

    fn ask(&mut self, ask: Ask) {
        let mut state = self.0.state();
        if !matches!(state.stage, Stage::Taken(Err(_))) {
            state.stage = Stage::Asked(ask);
        }
        drop(state);
        self.0.bell.ring();
    }

    fn poll_taken(&mut self, cx: &mut Context<'_>) -> Poll<Result<Taken, BodyError>> {
        self.0.taker.register(cx.waker());
        let mut state = self.0.state();
        match std::mem::replace(&mut state.stage, Stage::Idle) {
            Stage::Taken(taken) => Poll::Ready(taken.map_err(Into::into)),
            stage => {
                state.stage = stage;
                Poll::Pending
            }
        }
    }
}

impl Drop for LentSource {
    fn drop(&mut self) {
        self.0.close();
    }
}
