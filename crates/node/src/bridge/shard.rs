//! One JS thread's half of the bridge, and the set of all of them.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use atomic_waker::AtomicWaker;
use bytes::Bytes;
use covet_server::RefusedRequest;
use napi::bindgen_prelude::BufferSlice;
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi::{Env, Status};

use super::layout::{BATCH, EVENT_REFUSALS, EVENT_SHIFT};
use super::ring::Ring;
use super::slab::Slab;
use crate::error::{Coded, coded, from_napi};

/// Calls JavaScript with the length of the batch list.
pub(crate) type Wake = ThreadsafeFunction<(), (), u32, Status, false>;

/// Words one slot can have on the way to JavaScript at once: a request, its abort, and those of the use before, which
/// JavaScript has not looked at yet.
const EVENTS_A_SLOT: usize = 4;

/// Refusals kept until JavaScript takes them. A flood of bad requests must cost no memory: what is above is counted.
const REFUSALS: usize = 1024;

/// What a slot has no room for. Locked for a moment, by the slot's owner of that moment.
#[derive(Debug, Default)]
pub(crate) struct Elsewhere {
    pub(crate) head: Option<Vec<u8>>,
    pub(crate) body: Option<Bytes>,
    pub(crate) reply: Option<LargeReply>,
}

/// A reply that JavaScript handed over by call because it does not fit its slot.
#[derive(Debug)]
pub(crate) struct LargeReply {
    pub(crate) headers: Vec<u8>,
    pub(crate) body: Bytes,
}

/// The two rings between a JS thread and an I/O thread, and the way to wake the latter.
#[derive(Debug)]
pub(crate) struct Port {
    /// To JavaScript: event words.
    pub(crate) events: Ring,
    /// From JavaScript: slots whose reply is written.
    pub(crate) replies: Ring,
    pub(crate) first_slot: u32,
    pub(crate) slots: u32,
    pub(crate) waker: AtomicWaker,
    /// A wake of the I/O thread is on its way.
    pub(crate) woken: AtomicBool,
}

impl Port {
    fn wake(&self) {
        if !self.woken.swap(true, Ordering::AcqRel) {
            self.waker.wake();
        }
    }
}

/// Who may touch a slot.
const OWNER_IO: u8 = 0;
const OWNER_JS: u8 = 1;

pub(crate) struct Shard {
    pub(crate) slab: Slab,
    pub(crate) ports: Vec<Port>,
    /// The port whose events are collected first; the JS thread's.
    first_port: AtomicUsize,
    elsewhere: Box<[Mutex<Elsewhere>]>,
    owners: Box<[AtomicU8]>,
    wake: RwLock<Option<Wake>>,
    /// A wake of the JS thread is on its way.
    woken: AtomicBool,
    alive: AtomicBool,
    pub(crate) connections: AtomicUsize,
    /// The slab was given to JavaScript.
    given: AtomicBool,
    refusals: Mutex<Vec<RefusedRequest>>,
    refusals_dropped: AtomicU64,
}

impl Shard {
    /// A shard with `slots` slots, shared out evenly over `ports` I/O threads.
    pub(crate) fn new(slots: u32, ports: u32) -> Self {
        let each = (slots / ports).max(1);
        let ports = (0..ports)
            .map(|number| Port {
                events: Ring::new(each as usize * EVENTS_A_SLOT + 1),
                replies: Ring::new(each as usize),
                first_slot: number * each,
                slots: each,
                waker: AtomicWaker::new(),
                woken: AtomicBool::new(false),
            })
            .collect::<Vec<_>>();
        let slots = each * u32::try_from(ports.len()).unwrap_or(u32::MAX);
        Self {
            slab: Slab::new(slots),
            elsewhere: (0..slots).map(|_| Mutex::default()).collect(),
            owners: (0..slots).map(|_| AtomicU8::new(OWNER_IO)).collect(),
            ports,
            first_port: AtomicUsize::new(0),
            wake: RwLock::new(None),
            woken: AtomicBool::new(false),
            alive: AtomicBool::new(true),
            connections: AtomicUsize::new(0),
            given: AtomicBool::new(false),
            refusals: Mutex::default(),
            refusals_dropped: AtomicU64::new(0),
        }
    }

    /// The slab as JavaScript sees it.
    pub(crate) fn memory<'env>(self: &Arc<Self>, env: &'env Env) -> Result<BufferSlice<'env>, Coded> {
        if self.given.swap(true, Ordering::Relaxed) {
            return Err(coded("MEMORY_GIVEN", "the memory was given already: no two buffers may share it"));
        }
        let (memory, length) = (self.slab.as_ptr(), self.slab.len());
        // SAFETY: the memory lives as long as the shard, which the buffer holds until its finaliser has run; both
        // sides keep to the slots they own, see `mod.rs`.
        unsafe { BufferSlice::from_external(env, memory, length, Arc::clone(self), |_, shard| drop(shard)) }
            .map_err(|error| from_napi(&error))
    }

    /// Gives the shard its way to call JavaScript.
    pub(crate) fn set_wake(&self, wake: Wake) {
        *self.wake.write().unwrap_or_else(PoisonError::into_inner) = Some(wake);
    }

    pub(crate) fn is_alive(&self) -> bool {
        self.alive.load(Ordering::Acquire)
    }

    /// The JS thread is going, or done: nothing is sent to it any more, and what it owes is failed.
    pub(crate) fn detach(&self) {
        self.alive.store(false, Ordering::Release);
        let wake = self.wake.write().unwrap_or_else(PoisonError::into_inner).take();
        drop(wake);
        for port in &self.ports {
            port.waker.wake();
        }
    }

    pub(crate) fn elsewhere(&self, slot: u32) -> MutexGuard<'_, Elsewhere> {
        self.elsewhere[slot as usize].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether JavaScript may use this slot now.
    pub(crate) fn is_with_js(&self, slot: u32) -> bool {
        self.owners.get(slot as usize).is_some_and(|owner| owner.load(Ordering::Acquire) == OWNER_JS)
    }

    /// Hands a filled slot over to JavaScript, which hears of it when the port's pump runs next.
    pub(crate) fn send(&self, port: usize, slot: u32) {
        self.owners[slot as usize].store(OWNER_JS, Ordering::Release);
        self.notify(port, slot);
    }

    /// Sends one event word, which JavaScript hears of when the port's pump runs next.
    pub(crate) fn notify(&self, port: usize, word: u32) {
        let port = &self.ports[port];
        let sent = port.events.push(word);
        debug_assert!(sent, "the ring has room for every word a slot can have");
        port.wake();
    }

    /// Tells JavaScript of events, unless it has been told already.
    pub(crate) fn wake_js(&self) {
        if self.woken.swap(true, Ordering::AcqRel) {
            return;
        }
        let wake = self.wake.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(wake) = &*wake {
            // Fails only when the environment is closing, and then `detach` is near.
            wake.call((), ThreadsafeFunctionCallMode::NonBlocking);
        }
    }

    /// Moves events into the batch list; their number. On the JS thread.
    pub(crate) fn collect(&self) -> u32 {
        // Cleared first: whoever pushes from here on wakes again.
        self.woken.swap(false, Ordering::AcqRel);
        let mut length = 0;
        // Each time another one: a flood on one port must not keep those behind it waiting.
        let first = self.first_port.fetch_add(1, Ordering::Relaxed) % self.ports.len();
        for port in self.ports[first..].iter().chain(&self.ports[..first]) {
            while length < BATCH {
                let Some(word) = port.events.pop() else { break };
                self.slab.set_batch(length, word);
                length += 1;
            }
        }
        if length == BATCH {
            self.wake_js();
        }
        length
    }

    /// Hands the first `count` slots of the done list back to their I/O threads. On the JS thread.
    pub(crate) fn flush(&self, count: u32) {
        for index in 0..count.min(self.slab.slots()) {
            let slot = self.slab.done(index);
            // A slot that is not JavaScript's is passed over: replied to twice, or a number out of nowhere.
            let Some(owner) = self.owners.get(slot as usize) else { continue };
            if owner.swap(OWNER_IO, Ordering::AcqRel) != OWNER_JS {
                continue;
            }
            let port = &self.ports[(slot / self.ports[0].slots) as usize];
            port.replies.push(slot);
        }
        for port in &self.ports {
            if !port.replies.is_empty() {
                port.wake();
            }
        }
    }

    /// Keeps a refusal for JavaScript's log.
    pub(crate) fn refuse(&self, port: usize, refused: RefusedRequest) {
        let mut refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
        if refusals.len() == REFUSALS {
            self.refusals_dropped.fetch_add(1, Ordering::Relaxed);
            return;
        }
        refusals.push(refused);
        // The first of a row tells of all that follow until they are taken.
        let first = refusals.len() == 1;
        drop(refusals);
        if first {
            self.notify(port, EVENT_REFUSALS << EVENT_SHIFT);
        }
    }

    /// The refusals kept so far, and how many more there were.
    pub(crate) fn take_refusals(&self) -> (Vec<RefusedRequest>, u64) {
        let refusals = std::mem::take(&mut *self.refusals.lock().unwrap_or_else(PoisonError::into_inner));
        (refusals, self.refusals_dropped.swap(0, Ordering::Relaxed))
    }
}

/// The JS threads of a server.
#[derive(Default)]
pub(crate) struct Shards {
    all: RwLock<Vec<Arc<Shard>>>,
}

impl Shards {
    pub(crate) fn add(&self, shard: Arc<Shard>) {
        self.all.write().unwrap_or_else(PoisonError::into_inner).push(shard);
    }

    /// Detaches a shard and lets go of its memory; whether any is left.
    pub(crate) fn remove(&self, shard: &Arc<Shard>) -> bool {
        let mut all = self.all.write().unwrap_or_else(PoisonError::into_inner);
        all.retain(|other| !Arc::ptr_eq(other, shard));
        let is_left = !all.is_empty();
        drop(all);
        shard.detach();
        is_left
    }

    /// As [`Shards::remove`], all of them.
    pub(crate) fn clear(&self) {
        let all = std::mem::take(&mut *self.all.write().unwrap_or_else(PoisonError::into_inner));
        for shard in all {
            shard.detach();
        }
    }

    /// The shard with the fewest connections.
    pub(crate) fn least_busy(&self) -> Option<Arc<Shard>> {
        let all = self.all.read().unwrap_or_else(PoisonError::into_inner);
        all.iter().min_by_key(|shard| shard.connections.load(Ordering::Relaxed)).cloned()
    }
}
