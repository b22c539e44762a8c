//! Bodies that another thread draws from the socket itself.
//!
//! In: a body of a declared length, for whose bytes another thread asks. Out, to that thread: a [`Tap`], which reads from the
//! socket to where the bytes are wanted. Out, to hyper: as many bytes that only stand in for them, by `gated_io`. So the
//! bytes are copied once, by the system, and hyper, the gate and the clock still count every one of them.

use std::mem::MaybeUninit;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Waker};

use atomic_waker::AtomicWaker;

use crate::socket::Socket;

/// Less than this is not worth a hold on the socket.
const LEAST: u64 = 64 * 1024;

/// Bytes that may be drawn before the connection hears of them, so that it does not hear of all of a large body at once.
const UNHEARD: u64 = 1024 * 1024;

/// What the two threads tell each other.
#[derive(Debug, Default)]
struct Shared {
    /// Bytes drawn of which the connection has not heard.
    drawn: AtomicU64,
    /// The drawer has found nothing, and waits.
    is_awaited: AtomicBool,
    /// Nothing more will be drawn.
    is_closed: AtomicBool,
    /// The connection's task.
    connection: AtomicWaker,
}

/// A hold on the socket that a body comes from. Dropped before all of it was drawn, it leaves the rest to the server.
#[derive(Debug)]
pub struct Tap {
    shared: Arc<Shared>,
    socket: Socket,
    left: u64,
    unheard: u64,
}

/// What there is to be drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Come {
    /// So many bytes of the body, at least one.
    Bytes(usize),
    /// Nothing yet. The body says when there is: [`crate::BodyStream::poll_tap`].
    Nothing,
    /// All of it was drawn.
    All,
    /// Nothing, and nothing will: the body itself says why.
    Over,
}

impl Tap {
    /// What has come. Afterwards the connection is to be woken where [`Tap::is_due`] says so.
    pub fn come(&self) -> Come {
        if self.left == 0 {
            return Come::All;
        }
        loop {
            let come = usize::try_from(self.left).unwrap_or(usize::MAX).min(self.socket.come());
            if come > 0 {
                return Come::Bytes(come);
            }
            if self.socket.is_waited_for() {
                self.shared.is_awaited.store(true, Ordering::Release);
                return Come::Nothing;
            }
            // Something has come in between, or it is the end, or a failure: that has no bytes.
            if self.socket.come() == 0 {
                self.shared.is_closed.store(true, Ordering::Release);
                return Come::Over;
            }
        }
    }

    /// Fills `buffer`, for which enough has come; whether it could. Afterwards as behind [`Tap::come`].
    pub fn draw(&mut self, buffer: &mut [MaybeUninit<u8>]) -> bool {
        let amount = buffer.len() as u64;
        if amount > self.left || self.socket.receive(buffer).is_err() {
            self.shared.is_closed.store(true, Ordering::Release);
            return false;
        }
        self.left -= amount;
        self.unheard += amount;
        self.shared.drawn.fetch_add(amount, Ordering::AcqRel);
        true
    }

    /// Whether the connection is to hear now of what was drawn, or that nothing was. Said once.
    pub fn is_due(&mut self) -> bool {
        let is_due = self.left == 0
            || self.unheard >= UNHEARD
            || self.shared.is_awaited.load(Ordering::Acquire)
            || self.shared.is_closed.load(Ordering::Acquire);
        if is_due {
            self.unheard = 0;
        }
        is_due
    }

    /// The connection's task.
    pub fn connection(&self) -> &AtomicWaker {
        &self.shared.connection
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        self.shared.is_closed.store(true, Ordering::Release);
        if self.left > 0 {
            self.shared.connection.wake();
        }
    }
}

/// What the server knows of the tap of the body that is being read, if that has one.
#[derive(Default)]
pub(crate) struct Tapping {
    stage: Stage,
    /// The task that moves the body to its reader.
    reader: Option<Waker>,
    /// Something has come that can be drawn.
    has_come: bool,
    /// Bytes given to hyper that stand in for drawn ones, and have not come out there.
    passing: u64,
}

#[derive(Default)]
enum Stage {
    /// Nobody has asked for one, or there can be none.
    #[default]
    Without,
    /// The body's reader would rather draw.
    Asked,
    /// It can.
    Open(Open),
}

/// A tap that is open.
pub(crate) struct Open {
    shared: Arc<Shared>,
    /// Until the reader fetches it.
    tap: Option<Tap>,
    /// Bytes that were drawn, and are still to be given to hyper by others.
    stand_ins: u64,
}

/// What the drawer has done since the connection last asked.
pub(crate) struct Heard {
    /// Bytes drawn.
    pub(crate) drawn: u64,
    /// It waits for more.
    pub(crate) is_awaited: bool,
    /// It draws no more.
    pub(crate) is_closed: bool,
}

impl Tapping {
    /// The body's reader would rather draw what is left.
    pub(crate) fn ask(&mut self) {
        self.stage = Stage::Asked;
    }

    /// Whether a tap is to be opened for a body of which so many bytes are left.
    pub(crate) fn is_wanted(&self, left: u64) -> bool {
        matches!(self.stage, Stage::Asked) && left >= LEAST
    }

    /// Opens a tap for the `left` bytes of a body, where there is a socket to draw them from.
    pub(crate) fn open(&mut self, socket: Option<Socket>, left: u64) {
        self.stage = match socket {
            None => Stage::Without,
            Some(socket) => {
                let shared = Arc::<Shared>::default();
                let tap = Tap { shared: Arc::clone(&shared), socket, left, unheard: 0 };
                Stage::Open(Open { shared, tap: Some(tap), stand_ins: 0 })
            }
        };
        self.wake();
    }

    /// The tap that is open.
    pub(crate) fn opened(&mut self) -> Option<&mut Open> {
        match &mut self.stage {
            Stage::Open(open) => Some(open),
            Stage::Without | Stage::Asked => None,
        }
    }

    /// It is of no more use.
    pub(crate) fn close(&mut self) {
        self.stage = Stage::Without;
    }

    /// Something has come for the drawer, which need not wait any more.
    pub(crate) fn on_come(&mut self) {
        let Some(open) = self.opened() else { return };
        open.shared.is_awaited.store(false, Ordering::Release);
        self.has_come = true;
        self.wake();
    }

    /// How many bytes hyper gets now that stand in for drawn ones, up to `room`.
    pub(crate) fn give(&mut self, room: usize) -> usize {
        let Some(open) = self.opened() else { return 0 };
        let amount = usize::try_from(open.stand_ins).unwrap_or(room).min(room);
        open.stand_ins -= amount as u64;
        self.passing += amount as u64;
        amount
    }

    /// Whether hyper was given as many bytes as were drawn.
    pub(crate) fn is_even(&mut self) -> bool {
        self.opened().is_none_or(|open| open.stand_ins == 0)
    }

    /// How many of the next `amount` bytes that come from hyper only stand in for others.
    pub(crate) fn take_stand_ins(&mut self, amount: usize) -> usize {
        let taken = usize::try_from(self.passing).unwrap_or(amount).min(amount);
        self.passing -= taken as u64;
        taken
    }

    /// Bytes of the body that were drawn, and are not out at hyper's other end.
    pub(crate) fn on_their_way(&mut self) -> u64 {
        let behind = self.opened().map_or(0, |open| open.stand_ins + open.shared.drawn.load(Ordering::Acquire));
        self.passing + behind
    }

    /// For the task that moves the body: the tap, once that is open and `left` bytes are all that is left of the body, or
    /// word that something has come for it.
    pub(crate) fn poll(&mut self, cx: &Context<'_>, left: Option<u64>) -> Option<Tapped> {
        if !self.reader.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
            self.reader = Some(cx.waker().clone());
        }
        if let Some(open) = self.opened()
            && let Some(tap) = open.tap.take_if(|tap| Some(tap.left) == left)
        {
            return Some(Tapped::Open(tap));
        }
        std::mem::take(&mut self.has_come).then_some(Tapped::HasCome)
    }

    fn wake(&self) {
        if let Some(reader) = &self.reader {
            reader.wake_by_ref();
        }
    }
}

/// What a body says of its tap.
#[derive(Debug)]
pub enum Tapped {
    /// From here on the body is to be drawn with this one.
    Open(Tap),
    /// There is something to be drawn again.
    HasCome,
}

impl Open {
    /// Takes note of the drawer's doings; the connection's task is woken at the next ones.
    pub(crate) fn hear(&mut self, cx: &Context<'_>) -> Heard {
        let Shared { drawn, is_awaited, is_closed, connection } = &*self.shared;
        connection.register(cx.waker());
        // In this order: what it drew before it closed is not missed.
        let is_closed = is_closed.load(Ordering::Acquire);
        let is_awaited = is_awaited.load(Ordering::Acquire);
        let drawn = drawn.swap(0, Ordering::AcqRel);
        self.stand_ins += drawn;
        Heard { drawn, is_awaited, is_closed }
    }
}
