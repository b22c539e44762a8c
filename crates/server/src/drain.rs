//! Tells every connection of one I/O thread that the server is closing.

use std::cell::{Cell, RefCell};
use std::task::{Context, Waker};

/// Shared by an I/O thread and its connections. Closing wakes each of them once; each then answers what it has begun,
/// says `Connection: close`, and ends.
#[derive(Debug, Default)]
pub struct Drain {
    closing: Cell<bool>,
    open: Cell<usize>,
    waiting: RefCell<Vec<Option<Waker>>>,
    /// Places in `waiting` that no connection holds.
    vacant: RefCell<Vec<usize>>,
    /// Woken when the last connection has gone.
    idle: RefCell<Option<Waker>>,
}

impl Drain {
    /// Begins to close: every connection is woken.
    pub fn close(&self) {
        self.closing.set(true);
        let wakers: Vec<Waker> = self.waiting.borrow_mut().iter_mut().filter_map(Option::take).collect();
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Whether [`Drain::close`] was called.
    pub fn is_closing(&self) -> bool {
        self.closing.get()
    }

    /// Connections still open.
    pub fn open(&self) -> usize {
        self.open.get()
    }

    /// Ready when no connection is open.
    pub fn poll_idle(&self, cx: &mut Context<'_>) -> bool {
        if self.open.get() == 0 {
            return true;
        }
        *self.idle.borrow_mut() = Some(cx.waker().clone());
        false
    }

    /// A connection opens: gives it its place.
    pub(crate) fn enter(&self) -> usize {
        self.open.set(self.open.get() + 1);
        let vacant = self.vacant.borrow_mut().pop();
        vacant.unwrap_or_else(|| {
            let mut waiting = self.waiting.borrow_mut();
            waiting.push(None);
            waiting.len() - 1
        })
    }

    /// Wakes this task when the server closes. Called once a connection: a task's waker stays the same.
    pub(crate) fn watch(&self, place: usize, waker: &Waker) {
        self.waiting.borrow_mut()[place] = Some(waker.clone());
    }

    /// A connection has closed.
    pub(crate) fn leave(&self, place: usize) {
        self.waiting.borrow_mut()[place] = None;
        self.vacant.borrow_mut().push(place);
        self.open.set(self.open.get() - 1);
        if self.open.get() == 0 {
            let idle = self.idle.borrow_mut().take();
            idle.into_iter().for_each(Waker::wake);
        }
    }
}
