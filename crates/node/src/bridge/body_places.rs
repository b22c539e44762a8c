//! How many requests may be with JavaScript while their bodies still come.
//!
//! A slot is taken for as long as its request's handler is at work, and one that waits for an upload waits at the
//! client's pace, for hours if need be. So such requests have a share of the slots, and no number of slow clients can take
//! the others. What is beyond the share waits for a while, unread, before it takes a slot.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

/// The places of one port.
pub(crate) struct BodyPlaces(RefCell<State>);

struct State {
    free: u32,
    /// Who waits, in the order they came.
    waiting: VecDeque<(u64, Option<Waker>)>,
    next: u64,
}

impl State {
    /// The one whose turn it is, to look again.
    fn first(&mut self) -> Option<Waker> {
        if self.free == 0 {
            return None;
        }
        self.waiting.front_mut().and_then(|(_, waker)| waker.take())
    }
}

impl BodyPlaces {
    pub(crate) fn new(places: u32) -> Rc<Self> {
        Rc::new(Self(RefCell::new(State { free: places, waiting: VecDeque::new(), next: 0 })))
    }

    /// Changes the state, and has the one whose turn it then is look again.
    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.0.borrow_mut();
        let changed = change(&mut state);
        let first = state.first();
        drop(state);
        first.into_iter().for_each(Waker::wake);
        changed
    }

    /// Waits for a place.
    pub(crate) fn take(self: &Rc<Self>) -> TakePlace {
        let state = &mut *self.0.borrow_mut();
        let number = state.next;
        state.next += 1;
        state.waiting.push_back((number, None));
        TakePlace { places: Rc::clone(self), number }
    }
}

/// A request that waits for a place.
pub(crate) struct TakePlace {
    places: Rc<BodyPlaces>,
    number: u64,
}

impl Future for TakePlace {
    type Output = BodyPlace;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<BodyPlace> {
        let is_ours = self.places.change(|state| {
            let is_ours = state.free > 0 && state.waiting.front().is_some_and(|(number, _)| *number == self.number);
            if is_ours {
                state.waiting.pop_front();
                state.free -= 1;
            } else if let Some((_, waker)) = state.waiting.iter_mut().find(|(number, _)| *number == self.number) {
                *waker = Some(cx.waker().clone());
            }
            is_ours
        });
        if is_ours { Poll::Ready(BodyPlace(Rc::clone(&self.places))) } else { Poll::Pending }
    }
}

impl Drop for TakePlace {
    fn drop(&mut self) {
        self.places.change(|state| state.waiting.retain(|(number, _)| *number != self.number));
    }
}

/// A place that a request has; the next one's when dropped.
pub(crate) struct BodyPlace(Rc<BodyPlaces>);

impl Drop for BodyPlace {
    fn drop(&mut self) {
        self.0.change(|state| state.free += 1);
    }
}
