//! The I/O thread's half of a port: which slots are free, and who waits for which.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, Waker};

use super::body_places::BodyPlaces;
use super::layout::{EVENT_ABORT, EVENT_SHIFT};
use super::ready::Bell;
use super::shard::{Port, ReplySource, Shard};
use super::to_js::ToJs;
use super::watch::Watch;

/// What a slot of this port is doing.
#[derive(Debug)]
enum Use {
    Free,
    /// With JavaScript, and somebody waits for the reply.
    Awaited(Option<Waker>),
    /// With JavaScript, and nobody waits any more: the client has gone.
    Abandoned,
    /// The reply is there.
    Replied,
}

/// The JS thread went away with the request.
#[derive(Debug)]
pub(crate) struct JsThreadGone;

pub(crate) struct LocalPort {
    pub(crate) shard: Arc<Shard>,
    number: usize,
    uses: RefCell<Vec<Use>>,
    /// Free slots, the last freed first: its memory is the likeliest to be in a cache.
    free: RefCell<Vec<u32>>,
    /// Requests that wait for a slot, in the order they came. A freed slot goes to the first of them, and to no one else.
    waiting: RefCell<VecDeque<Rc<Ticket>>>,
    /// For requests whose bodies still come.
    pub(crate) body_places: Rc<BodyPlaces>,
    /// JavaScript has been asked something since the pump last ran, and may answer at once.
    has_asked: Cell<bool>,
    watch: Watch,
}

impl LocalPort {
    pub(crate) fn new(shard: Arc<Shard>, number: usize) -> Rc<Self> {
        let port = &shard.ports[number];
        let free = (port.first_slot..port.first_slot + port.slots).rev().collect();
        let body_places = BodyPlaces::new(port.body_places);
        let uses = (0..port.slots).map(|_| Use::Free).collect();
        Rc::new(Self {
            shard,
            number,
            uses: RefCell::new(uses),
            free: RefCell::new(free),
            waiting: RefCell::default(),
            body_places,
            has_asked: Cell::new(false),
            watch: Watch::new(),
        })
    }

    fn port(&self) -> &Port {
        &self.shard.ports[self.number]
    }

    pub(crate) fn number(&self) -> usize {
        self.number
    }

    /// A plain store: nobody else counts, and nobody acts upon it.
    fn count_free(&self) {
        let free = u32::try_from(self.free.borrow().len()).unwrap_or(u32::MAX);
        self.port().free.store(free, Ordering::Relaxed);
    }

    fn place(&self, slot: u32) -> usize {
        (slot - self.port().first_slot) as usize
    }

    /// Waits for a free slot. Requests beyond the slots wait here, unread by JavaScript: that is the back-pressure.
    pub(crate) async fn acquire(self: &Rc<Self>) -> Result<Slot, JsThreadGone> {
        if !self.shard.is_alive() {
            return Err(JsThreadGone);
        }
        let free = self.free.borrow_mut().pop();
        self.count_free();
        match free {
            Some(number) => Ok(self.slot(number)),
            None => Waiting { port: Rc::clone(self), ticket: self.queue() }.await,
        }
    }

    /// A place at the end of the queue.
    fn queue(&self) -> Rc<Ticket> {
        let ticket = Rc::new(Ticket { state: RefCell::new(TicketState::Waits(None)) });
        self.waiting.borrow_mut().push_back(Rc::clone(&ticket));
        ticket
    }

    fn slot(self: &Rc<Self>, number: u32) -> Slot {
        Slot { port: Rc::clone(self), number, owned: true }
    }

    /// Hands replies to those who wait for them, and tells JavaScript of new events; for as long as the JS thread lives.
    ///
    /// It runs behind the connections that became ready with it, so one wake tells of all their requests.
    pub(crate) async fn pump(self: Rc<Self>) {
        poll_fn(|cx| {
            let port = self.port();
            port.waker.register(cx.waker());
            if !port.events.is_empty() {
                self.shard.wake_js();
                // Not for a piece of a body: its reader takes it and has nothing to say. `woken` still stands: a reply that
                // comes now needs no wake.
                if self.has_asked.take() {
                    self.watch.wait(port);
                }
            }
            // Cleared before looking: a reply pushed from here on wakes again.
            port.woken.swap(false, Ordering::AcqRel);
            if port.has_tasks() {
                port.wake_tasks();
            }
            while let Some(slot) = port.replies.pop() {
                self.on_reply(slot);
            }
            if self.shard.is_alive() { Poll::Pending } else { Poll::Ready(()) }
        })
        .await;
        self.fail_all();
    }

    fn on_reply(&self, slot: u32) {
        let mut uses = self.uses.borrow_mut();
        let place = &mut uses[self.place(slot)];
        match std::mem::replace(place, Use::Replied) {
            Use::Awaited(waker) => waker.into_iter().for_each(Waker::wake),
            Use::Abandoned => {
                drop(uses);
                self.release(slot);
            }
            Use::Free | Use::Replied => debug_assert!(false, "a reply comes once, for a slot in use"),
        }
    }

    /// The JS thread has gone: whoever waits for it is told.
    fn fail_all(&self) {
        self.port().wake_tasks();
        for place in self.uses.borrow_mut().iter_mut() {
            if let Use::Awaited(waker) = place {
                waker.take().into_iter().for_each(Waker::wake);
            }
        }
        for ticket in self.waiting.take() {
            ticket.wake();
        }
    }

    fn release(&self, slot: u32) {
        self.uses.borrow_mut()[self.place(slot)] = Use::Free;
        let left = std::mem::take(&mut *self.shard.elsewhere(slot));
        match left.reply_body {
            Some(ReplySource::Flow(flow, _)) => flow.close(false),
            Some(ReplySource::Lent(lent)) => lent.close(),
            _ => {}
        }
        loop {
            let Some(ticket) = self.waiting.borrow_mut().pop_front() else { break };
            if ticket.grant(slot) {
                return;
            }
        }
        self.free.borrow_mut().push(slot);
        self.count_free();
    }
}

/// A request's place in the queue for a slot.
#[derive(Debug)]
struct Ticket {
    state: RefCell<TicketState>,
}

#[derive(Debug)]
enum TicketState {
    Waits(Option<Waker>),
    /// This slot is its own, until it takes it or goes.
    Granted(u32),
    /// It has its slot, or has gone.
    Gone,
}

impl Ticket {
    /// Gives the request a slot; `false` where it wants none any more.
    fn grant(&self, slot: u32) -> bool {
        let state = &mut *self.state.borrow_mut();
        let TicketState::Waits(waker) = state else { return false };
        let waker = waker.take();
        *state = TicketState::Granted(slot);
        waker.into_iter().for_each(Waker::wake);
        true
    }

    /// Has the request look again.
    fn wake(&self) {
        if let TicketState::Waits(waker) = &mut *self.state.borrow_mut() {
            waker.take().into_iter().for_each(Waker::wake);
        }
    }
}

/// A request that waits for a slot.
struct Waiting {
    port: Rc<LocalPort>,
    ticket: Rc<Ticket>,
}

impl Future for Waiting {
    type Output = Result<Slot, JsThreadGone>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if !self.port.shard.is_alive() {
            return Poll::Ready(Err(JsThreadGone));
        }
        let state = &mut *self.ticket.state.borrow_mut();
        match state {
            TicketState::Waits(waker) => {
                *waker = Some(cx.waker().clone());
                Poll::Pending
            }
            TicketState::Granted(number) => {
                let number = *number;
                *state = TicketState::Gone;
                Poll::Ready(Ok(self.port.slot(number)))
            }
            TicketState::Gone => Poll::Ready(Err(JsThreadGone)),
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        match self.ticket.state.replace(TicketState::Gone) {
            // Its client went before it could take the slot: the next one's.
            TicketState::Granted(slot) => self.port.release(slot),
            // Clients that come and go while no slot is free must not pile up.
            TicketState::Waits(_) => self.port.waiting.borrow_mut().retain(|other| !Rc::ptr_eq(other, &self.ticket)),
            TicketState::Gone => {}
        }
    }
}

/// A slot that an I/O thread owns. Freed when dropped.
pub(crate) struct Slot {
    port: Rc<LocalPort>,
    number: u32,
    /// Not so once it has been left to JavaScript for good.
    owned: bool,
}

impl Slot {
    pub(crate) fn number(&self) -> u32 {
        self.number
    }

    pub(crate) fn shard(&self) -> &Shard {
        &self.port.shard
    }

    /// A flow of bytes to the JS thread that the slot belongs to.
    pub(crate) fn flow_to_js(&self) -> Arc<ToJs> {
        ToJs::new(Bell::new(&self.port.shard, self.port.number))
    }

    /// Hands the slot to JavaScript and waits until it comes back with a reply.
    ///
    /// Dropped while waiting, it tells JavaScript that the client has gone; the slot is freed when JavaScript is done.
    pub(crate) fn ask(self) -> Asked {
        let place = self.port.place(self.number);
        self.port.uses.borrow_mut()[place] = Use::Awaited(None);
        self.port.has_asked.set(true);
        self.port.shard.send(self.port.number, self.number);
        Asked { slot: Some(self) }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if self.owned {
            self.port.release(self.number);
        }
    }
}

/// A slot that JavaScript is at work on.
pub(crate) struct Asked {
    slot: Option<Slot>,
}

impl Future for Asked {
    type Output = Result<Slot, JsThreadGone>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let slot = self.slot.as_ref().expect("not polled after it was ready");
        let mut uses = slot.port.uses.borrow_mut();
        let place = &mut uses[slot.port.place(slot.number)];
        match place {
            Use::Awaited(_) if !slot.port.shard.is_alive() => {}
            Use::Awaited(waker) => {
                if !waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
                    *waker = Some(cx.waker().clone());
                }
                return Poll::Pending;
            }
            Use::Replied => {
                drop(uses);
                return Poll::Ready(self.slot.take().ok_or(JsThreadGone));
            }
            Use::Free | Use::Abandoned => {}
        }
        drop(uses);
        // The memory stays with the dead shard: nobody will write to it again, and nobody will use the slot.
        if let Some(mut slot) = self.slot.take() {
            slot.owned = false;
        }
        Poll::Ready(Err(JsThreadGone))
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        let Some(mut slot) = self.slot.take() else { return };
        let mut uses = slot.port.uses.borrow_mut();
        let place = &mut uses[slot.port.place(slot.number)];
        if let Use::Awaited(_) = place {
            *place = Use::Abandoned;
            drop(uses);
            slot.port.shard.notify(slot.port.number, (EVENT_ABORT << EVENT_SHIFT) | slot.number);
            // JavaScript still owns it; `on_reply` frees it.
            slot.owned = false;
        }
    }
}
