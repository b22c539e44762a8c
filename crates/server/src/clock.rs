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

/// How often a socket that nobody reads from is looked at: hyper would learn only by reading that its peer has gone.
const LOOK: Duration = Duration::from_secs(1);

/// What the bytes being read belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// Nothing is half read.
    Nothing,
    /// A head has begun to arrive.
    Head { since: Instant },
    /// A body is arriving; its last bytes came at `latest`.
    Body { number: u64, since: Instant, latest: Instant, bytes: u64 },
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
    /// Nobody has read from the peer for a while: it may have gone.
    Unread,
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
    /// Since when nobody has asked for more of the body: the server keeps the peer waiting, not the other way round.
    body_unwanted: Cell<Option<Instant>>,
    /// As that, but also of a body that has left the socket: since when, or since the last look at it.
    unread: Cell<Option<Instant>>,
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
            body_unwanted: Cell::new(None),
            unread: Cell::new(None),
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
        self.unread.set(None);
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
                let now = self.now();
                self.reading.set(Reading::Body { number, since: now, latest: now, bytes });
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
        let now = self.now();
        let (since, latest) = match self.reading.get() {
            // Chunk lines are no progress, however many come.
            Reading::Body { number: same, since, latest, bytes: before } if same == number => {
                (since, if bytes > before { now } else { latest })
            }
            _ => {
                self.body_unwanted.set(None);
                (now, now)
            }
        };
        self.reading.set(Reading::Body { number, since, latest, bytes });
    }

    /// Whether the reader of a body waits for the peer now. The time in which it does not is none of the peer's.
    pub(crate) fn on_body_wanted(&self, wanted: bool) {
        if wanted {
            self.unread.set(None);
        } else if self.unread.get().is_none() {
            self.unread.set(Some(self.now()));
        }
        if !wanted {
            if self.body_unwanted.get().is_none() && matches!(self.reading.get(), Reading::Body { .. }) {
                self.body_unwanted.set(Some(self.now()));
            }
        } else if let Some(unwanted) = self.body_unwanted.take()
            && let Reading::Body { number, since, latest, bytes } = self.reading.get()
        {
            let now = self.now();
            let later = |instant: Instant| instant + (now - instant.max(unwanted));
            self.reading.set(Reading::Body { number, since: later(since), latest: later(latest), bytes });
        }
    }

    /// Nothing is half read any more.
    pub(crate) fn on_complete(&self) {
        self.body_unwanted.set(None);
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
            Reading::Body { since, latest, bytes, .. } => {
                let whole = self.body_timeout.map(|timeout| since + timeout);
                [whole, self.rate_deadline(since, latest, bytes)].into_iter().flatten().min()
            }
            Reading::Nothing => self.is_idle().then(|| self.idle_deadline()),
        };
        let write = self.write_stalled.get().map(|since| since + self.write_timeout);
        let look = self.unread.get().map(|since| since + LOOK);
        [reading, write, look, self.end_deadline()].into_iter().flatten().min()
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
            Reading::Body { since, latest, bytes, .. }
                if self.rate_deadline(since, latest, bytes).is_some_and(|deadline| now >= deadline) =>
            {
                Expiry::BodyRate
            }
            Reading::Nothing if self.is_idle() && now >= self.idle_deadline() => Expiry::Idle,
            _ => Expiry::NotYet,
        };
        if expiry != Expiry::NotYet {
            // Told once: a deadline that stays behind would be told for ever.
            self.on_complete();
            return expiry;
        }
        if self.unread.get().is_some_and(|since| now >= since + LOOK) {
            self.unread.set(Some(now));
            return Expiry::Unread;
        }
        Expiry::NotYet
    }

    /// What is half read and has its turn. A head is read once all answers are out, a body once it is its request's turn;
    /// until then it is the server that keeps the peer waiting.
    fn awaited(&self) -> Reading {
        match (self.reading.get(), self.unanswered.get()) {
            (reading @ Reading::Head { .. }, 0) => reading,
            (reading @ Reading::Body { .. }, 0 | 1) if self.body_unwanted.get().is_none() => reading,
            _ => Reading::Nothing,
        }
    }

    /// Whether neither side owes the other anything.
    fn is_idle(&self) -> bool {
        self.unanswered.get() == 0
            && self.write_stalled.get().is_none()
            && !matches!(self.reading.get(), Reading::Body { .. })
    }

    /// When a peer that has closed its half is given up, as long as that lies ahead: then a read says so, and it is done.
    fn end_deadline(&self) -> Option<Instant> {
        let deadline = self.half_closed.get()? + HALF_CLOSE;
        (deadline > self.now()).then_some(deadline)
    }

    /// When a body becomes too slow: on the whole, or because it has stopped.
    fn rate_deadline(&self, since: Instant, latest: Instant, bytes: u64) -> Option<Instant> {
        let average = self.body_rate.deadline(bytes)?;
        Some((since + average).min(latest + self.body_rate.longest_pause()))
    }

    /// A connection on which nothing ever came gets the head's time; one that has served gets the keep-alive time.
    fn idle_deadline(&self) -> Instant {
        self.idle_since.get() + if self.is_fresh() { self.head_timeout } else { self.keep_alive }
    }
}
