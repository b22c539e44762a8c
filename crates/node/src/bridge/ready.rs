//! Tells a JS thread which of its flows of bytes have something new.
//!
//! A flow has a number and a bell. A rung bell puts the number on the thread's list, once until JavaScript has looked; the
//! list travels behind one event word, however long it is. So any number of flows needs no room in the rings.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};

use atomic_waker::AtomicWaker;

use super::shard::Shard;

/// Rings for one flow.
pub(crate) struct Bell {
    /// Weakly: a flow may lie in the shard itself.
    shard: Weak<Shard>,
    /// The I/O thread that rings.
    port: usize,
    id: u32,
    is_rung: AtomicBool,
}

impl std::fmt::Debug for Bell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bell").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Bell {
    /// A bell for the I/O thread `port`, which alone may ring it.
    pub(crate) fn new(shard: &Arc<Shard>, port: usize) -> Self {
        shard.flows.fetch_add(1, Ordering::Relaxed);
        Self { shard: Arc::downgrade(shard), port, id: shard.next_flow(), is_rung: AtomicBool::new(false) }
    }

    pub(crate) fn id(&self) -> u32 {
        self.id
    }

    /// There is something new. On the I/O thread.
    pub(crate) fn ring(&self) {
        if !self.is_rung.swap(true, Ordering::AcqRel)
            && let Some(shard) = self.shard.upgrade()
        {
            shard.tell_ready(self.port, self.id);
        }
    }

    /// Wakes the I/O thread's task that waits for the flow. On the JS thread.
    pub(crate) fn wake(&self, task: &AtomicWaker) {
        let Some(task) = task.take() else { return };
        match self.shard.upgrade() {
            Some(shard) => shard.wake_task(self.port, task),
            None => task.wake(),
        }
    }

    /// JavaScript looks now: what comes from here on rings again.
    pub(crate) fn rearm(&self) {
        self.is_rung.store(false, Ordering::Release);
    }
}

impl Drop for Bell {
    fn drop(&mut self) {
        if let Some(shard) = self.shard.upgrade() {
            shard.flows.fetch_sub(1, Ordering::Relaxed);
        }
    }
}
