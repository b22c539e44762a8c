//! One JS thread's half of the bridge, and the set of all of them.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::task::Waker;

use atomic_waker::AtomicWaker;
use bytes::Bytes;
use covet_server::RefusedRequest;
use covet_server::files::FileSource;
use napi::Env;
use napi::bindgen_prelude::BufferSlice;

use super::from_js::FromJs;
use super::layout::{BATCH, EVENT_READY, EVENT_REFUSALS, EVENT_SHIFT};
use super::lent::Lent;
use super::ring::Ring;
use super::slab::Slab;
use super::to_js::ToJs;
use crate::error::{Coded, coded, from_napi};

/// Calls JavaScript with the length of the batch list.
pub(crate) type Wake = Box<dyn Fn() + Send + Sync>;

/// Words one slot can have on the way to JavaScript at once: a request, its abort, and those of the use before, which
/// JavaScript has not looked at yet.
const EVENTS_A_SLOT: usize = 4;

/// One for refusals, one for flows: each tells of all that follow until JavaScript has looked.
const EVENTS_OF_NO_SLOT: usize = 2;

/// Refusals kept until JavaScript takes them. A flood of bad requests must cost no memory: what is above is counted.
const REFUSALS: usize = 1024;

/// What a slot has no room for. Locked for a moment, by the slot's owner of that moment.
#[derive(Debug, Default)]
pub(crate) struct Elsewhere {
    pub(crate) head: Option<Vec<u8>>,
    pub(crate) body: Option<Bytes>,
    /// The body, where it comes in pieces.
    pub(crate) body_flow: Option<Arc<ToJs>>,
    pub(crate) reply_headers: Option<Vec<u8>>,
    pub(crate) reply_body: Option<ReplySource>,
}

/// Where a reply's body comes from, if not from its slot.
#[derive(Debug)]
pub(crate) enum ReplySource {
    /// Handed over by call because it does not fit.
    Bytes(Bytes),
    /// Comes in pieces; of this length, if that is known.
    Flow(Arc<FromJs>, Option<u64>),
    /// Stays where it is in JavaScript until the socket takes it.
    Lent(Arc<Lent>),
    /// A file, read by the server.
    File(Arc<FileSource>),
    /// The file of a folder that the request was found to be for.
    FolderFile,
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
    /// Slots that requests may have whose bodies still come.
    pub(crate) body_places: u32,
    pub(crate) waker: AtomicWaker,
    /// Free slots, as the I/O thread last said.
    pub(crate) free: AtomicU32,
    /// A wake of the I/O thread is on its way.
    pub(crate) woken: AtomicBool,
    /// Tasks of the I/O thread for which JavaScript has done something; the pump wakes them.
    tasks: Mutex<Vec<Waker>>,
    /// There are such tasks.
    has_tasks: AtomicBool,
}

impl Port {
    /// Whether JavaScript has done something since the pump last looked.
    pub(crate) fn has_news(&self) -> bool {
        !self.replies.is_empty() || self.has_tasks()
    }

    /// Whether [`Port::wake_tasks`] has anything to do.
    pub(crate) fn has_tasks(&self) -> bool {
        self.has_tasks.load(Ordering::Acquire)
    }

    /// Wakes the tasks that JavaScript has done something for. On the I/O thread, where that costs next to nothing.
    pub(crate) fn wake_tasks(&self) {
        self.has_tasks.store(false, Ordering::Release);
        let tasks = std::mem::take(&mut *self.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        tasks.into_iter().for_each(Waker::wake);
    }

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
    next_flow: AtomicU32,
    /// Flows that somebody holds, on either side.
    pub(crate) flows: AtomicUsize,
    /// Flows whose bell has rung since JavaScript last asked.
    ready: Mutex<Vec<u32>>,
}

impl Shard {
    /// A shard with `slots` slots, shared out evenly over `ports` I/O threads; so many of them, `uploads`, may be requests
    /// whose bodies still come.
    pub(crate) fn new(slots: u32, uploads: u32, ports: u32) -> Self {
        let each = (slots / ports).max(1);
        let body_places = (uploads / ports).max(1);
        let ports = (0..ports)
            .map(|number| Port {
                events: Ring::new(each as usize * EVENTS_A_SLOT + EVENTS_OF_NO_SLOT),
                replies: Ring::new(each as usize),
                first_slot: number * each,
                slots: each,
                body_places,
                waker: AtomicWaker::new(),
                free: AtomicU32::new(each),
                woken: AtomicBool::new(false),
                tasks: Mutex::default(),
                has_tasks: AtomicBool::new(false),
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
            next_flow: AtomicU32::new(0),
            flows: AtomicUsize::new(0),
            ready: Mutex::default(),
        }
    }

    /// The slab as JavaScript sees it.
    pub(crate) fn memory<'env>(self: &Arc<Self>, env: &'env Env) -> Result<BufferSlice<'env>, Coded> {
        if self.given.swap(true, Ordering::Relaxed) {
            return Err(coded("MEMORY_GIVEN", "the memory was given already: no two buffers may share it"));
        }
        let (memory, length) = (self.slab.as_ptr(), self.slab.len());
        let shard = Arc::clone(self);
        // SAFETY: the memory lives as long as the shard, which the buffer holds until its finaliser has run; both
        // sides keep to the slots they own, see `mod.rs`.
        let buffer = unsafe { BufferSlice::from_external(env, memory, length, shard, |_, shard| drop(shard)) }
            .map_err(|error| from_napi(&error))?;
        // A runtime that forbids memory of others' in buffers, as Electron does, is given a copy in its place: nothing
        // written there would ever be seen here.
        if !std::ptr::eq(buffer.as_ptr(), memory) {
            return Err(coded(
                "MEMORY_COPIED",
                "this runtime allows no external buffers, which Covet needs: run Node.js",
            ));
        }
        Ok(buffer)
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

    /// The I/O thread whose slot it is.
    pub(crate) fn port_of(&self, slot: u32) -> Option<usize> {
        (slot < self.slab.slots()).then(|| (slot / self.ports[0].slots) as usize)
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
            wake();
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
            if let Some(port) = self.port_of(slot) {
                self.ports[port].replies.push(slot);
            }
        }
        for port in &self.ports {
            if !port.replies.is_empty() {
                port.wake();
            }
        }
    }

    /// Wakes a task of I/O thread `port`, together with all others of this moment. On the JS thread.
    ///
    /// A task woken from another thread costs a system call each time. With one for all, 64 event streams that tick together
    /// take 0.14 times as many of them.
    pub(crate) fn wake_task(&self, port: usize, task: Waker) {
        let port = &self.ports[port];
        port.tasks.lock().unwrap_or_else(PoisonError::into_inner).push(task);
        port.has_tasks.store(true, Ordering::Release);
        if self.is_alive() {
            port.wake();
        } else {
            // The pump has ended, or is about to.
            port.wake_tasks();
        }
    }

    /// Slots that are not free: with JavaScript, or on their way to it or from it.
    pub(crate) fn slots_in_use(&self) -> u32 {
        self.ports.iter().map(|port| port.slots.saturating_sub(port.free.load(Ordering::Relaxed))).sum()
    }

    /// A number no flow of this thread has, or had lately.
    pub(crate) fn next_flow(&self) -> u32 {
        self.next_flow.fetch_add(1, Ordering::Relaxed)
    }

    /// Tells JavaScript that a flow has something new. On the I/O thread `port`.
    pub(crate) fn tell_ready(&self, port: usize, flow: u32) {
        let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        ready.push(flow);
        let first = ready.len() == 1;
        drop(ready);
        if first {
            self.notify(port, EVENT_READY << EVENT_SHIFT);
        }
    }

    /// The flows that have something new.
    pub(crate) fn take_ready(&self) -> Vec<u32> {
        std::mem::take(&mut *self.ready.lock().unwrap_or_else(PoisonError::into_inner))
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
