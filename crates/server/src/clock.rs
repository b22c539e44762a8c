//! What a connection is waiting for, and when it has waited too long.
//!
//! In: what the gate reads and the service answers. Out: the next deadline, and what to do when it passes. There is
//! one timer per connection, armed lazily: a request on a healthy connection only writes an instant into a cell.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use covet_http::{BodyRate, Limits};
use hyper::rt::Timer;

/// How long a peer that has closed its sending half is taken for one that waits for its answers; then for one that has
/// gone. The two look the same, so this bounds both what a half-closing client may ask for and how late a handler learns
/// that nobody waits.
const HALF_CLOSE: Duration = Duration::from_millis(250);

/// What the bytes being read belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// Nothing is half read.
    Nothing,
    /// A head has begun to arrive.
    Head { since: Instant },
    /// A body is arriving.
    Body { number: u64, since: Instant, bytes: u64 },
}

/// What a passed deadline asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expiry {
    /// The deadline moved on since the timer was armed.
    NotYet,
    /// Nothing came on this connection for too long.
    Idle,
    /// A head did not arrive in time.
    Head,
    /// A body did not arrive in time.
    Body,
    /// A body arrives below the least rate.
    BodyRate,
    /// The peer takes nothing of what is written to it.
    Write,
}

pub(crate) struct Clock {
    timer: Rc<dyn Timer>,
    head_timeout: Duration,
    keep_alive: Duration,
    write_timeout: Duration,
    body_rate: BodyRate,
    body_timeout: Option<Duration>,
    reading: Cell<Reading>,
    idle_since: Cell<Instant>,
    /// Requests that passed the gate and are not answered yet.
    unanswered: Cell<u64>,
    answered: Cell<u64>,
    write_stalled: Cell<Option<Instant>>,
    /// The peer has closed its sending half while answers were owed to it.
    half_closed: Cell<Option<Instant>>,
}

impl Clock {
    pub(crate) fn new(limits: &Limits, write_timeout: Duration, timer: Rc<dyn Timer>) -> Self {
        let now = timer.now();
        Self {
            timer,
            head_timeout: limits.head_timeout,
            keep_alive: limits.keep_alive_timeout,
            write_timeout,
            body_rate: limits.body_rate,
            body_timeout: limits.body_timeout,
            reading: Cell::new(Reading::Nothing),
            idle_since: Cell::new(now),
            unanswered: Cell::new(0),
            answered: Cell::new(0),
            write_stalled: Cell::new(None),
            half_closed: Cell::new(None),
        }
    }

    pub(crate) fn now(&self) -> Instant {
        self.timer.now()
    }

    pub(crate) fn timer(&self) -> &Rc<dyn Timer> {
        &self.timer
    }

    /// `heads` more requests have passed the gate.
    pub(crate) fn on_heads(&self, heads: u64) {
        self.unanswered.set(self.unanswered.get() + heads);
    }

    /// A request has been answered.
    pub(crate) fn on_answer(&self) {
        self.answered.set(self.answered.get() + 1);
        let left = self.unanswered.get().saturating_sub(1);
        self.unanswered.set(left);
        if left == 0 {
            self.idle_since.set(self.now());
        }
        // What was half read behind that answer has its time from now on: until now it was not its turn.
        match self.reading.get() {
            Reading::Nothing => {}
            Reading::Head { .. } => self.reading.set(Reading::Head { since: self.now() }),
            Reading::Body { number, bytes, .. } => {
                self.reading.set(Reading::Body { number, since: self.now(), bytes });
            }
        }
    }

    /// The gate holds part of a head.
    pub(crate) fn on_partial_head(&self) {
        if !matches!(self.reading.get(), Reading::Head { .. }) {
            self.reading.set(Reading::Head { since: self.now() });
        }
    }

    /// The body of request `number` is not complete; `bytes` of it have come.
    pub(crate) fn on_partial_body(&self, number: u64, bytes: u64) {
        let since = match self.reading.get() {
            Reading::Body { number: same, since, .. } if same == number => since,
            _ => self.now(),
        };
        self.reading.set(Reading::Body { number, since, bytes });
    }

    /// Nothing is half read any more.
    pub(crate) fn on_complete(&self) {
        self.reading.set(Reading::Nothing);
    }

    /// The socket takes no more bytes (`true`) or has taken some (`false`).
    pub(crate) fn on_write(&self, stalled: bool) {
        if !stalled {
            if self.write_stalled.take().is_some() {
                // A peer that takes its answer slowly is not idle.
                self.idle_since.set(self.now());
            }
        } else if self.write_stalled.get().is_none() {
            self.write_stalled.set(Some(self.now()));
        }
    }

    /// The peer has closed its sending half: whether it is to be taken for one that still waits for answers.
    pub(crate) fn waits_after_end(&self) -> bool {
        if self.unanswered.get() == 0 {
            return false;
        }
        let now = self.now();
        let since = self.half_closed.get().unwrap_or(now);
        self.half_closed.set(Some(since));
        now < since + HALF_CLOSE
    }

    /// Whether no request has come on this connection yet.
    pub(crate) fn is_fresh(&self) -> bool {
        self.answered.get() == 0 && self.unanswered.get() == 0
    }

    /// When to look again, if ever.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let reading = match self.awaited() {
            Reading::Head { since } => Some(since + self.head_timeout),
            Reading::Body { since, bytes, .. } => self.body_deadline(bytes).map(|after| since + after),
            Reading::Nothing => self.is_idle().then(|| self.idle_deadline()),
        };
        let write = self.write_stalled.get().map(|since| since + self.write_timeout);
        [reading, write, self.end_deadline()].into_iter().flatten().min()
    }

    /// What the passing of the timer means.
    pub(crate) fn expired(&self) -> Expiry {
        let now = self.now();
        if self.write_stalled.get().is_some_and(|since| now >= since + self.write_timeout) {
            return Expiry::Write;
        }
        let expiry = match self.awaited() {
            Reading::Head { since } if now >= since + self.head_timeout => Expiry::Head,
            Reading::Body { since, .. } if self.body_timeout.is_some_and(|timeout| now >= since + timeout) => {
                Expiry::Body
            }
            Reading::Body { since, bytes, .. }
                if self.body_rate.deadline(bytes).is_some_and(|rate| now >= since + rate) =>
            {
                Expiry::BodyRate
            }
            Reading::Nothing if self.is_idle() && now >= self.idle_deadline() => Expiry::Idle,
            _ => Expiry::NotYet,
        };
        if expiry != Expiry::NotYet {
            // Told once: a deadline that stays behind would be told for ever.
            self.on_complete();
        }
        expiry
    }

    /// What is half read and has its turn. A head is read once all answers are out, a body once it is its request's turn;
    /// until then it is the server that keeps the peer waiting.
    fn awaited(&self) -> Reading {
        match (self.reading.get(), self.unanswered.get()) {
            (reading @ Reading::Head { .. }, 0) | (reading @ Reading::Body { .. }, 0 | 1) => reading,
            _ => Reading::Nothing,
        }
    }

    /// Whether neither side owes the other anything.
    fn is_idle(&self) -> bool {
        self.unanswered.get() == 0 && self.write_stalled.get().is_none()
    }

    /// When a peer that has closed its half is given up, as long as that lies ahead: then a read says so, and it is done.
    fn end_deadline(&self) -> Option<Instant> {
        let deadline = self.half_closed.get()? + HALF_CLOSE;
        (deadline > self.now()).then_some(deadline)
    }

    /// The earlier of the body's whole time and the moment it becomes too slow.
    fn body_deadline(&self, bytes: u64) -> Option<Duration> {
        match (self.body_rate.deadline(bytes), self.body_timeout) {
            (Some(rate), Some(timeout)) => Some(rate.min(timeout)),
            (rate, timeout) => rate.or(timeout),
        }
    }

    /// A connection on which nothing ever came gets the head's time; one that has served gets the keep-alive time.
    fn idle_deadline(&self) -> Instant {
        self.idle_since.get() + if self.is_fresh() { self.head_timeout } else { self.keep_alive }
    }
}
