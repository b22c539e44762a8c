//! The way from an I/O thread to threads that may wait for a disk.

use std::fmt;
use std::rc::Rc;

use tokio::sync::oneshot;

/// Work that may block.
type Job = Box<dyn FnOnce() + Send>;

/// Runs work that may block on a thread where it may. Made by the driver, which alone knows a runtime.
#[derive(Clone)]
pub struct Blocking(Rc<dyn Fn(Job)>);

impl Blocking {
    /// `run` takes work and returns at once; work that it drops instead of doing it counts as given up.
    pub fn new(run: impl Fn(Job) + 'static) -> Self {
        Self(Rc::new(run))
    }

    /// Starts `work`; what it gives comes through the receiver, which fails where the work was given up or panicked.
    pub(crate) fn start<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> oneshot::Receiver<T> {
        let (done, outcome) = oneshot::channel();
        (self.0)(Box::new(move || {
            // Nobody waits any more where the client has gone: what was made is dropped here, where that may block.
            drop(done.send(work()));
        }));
        outcome
    }

    /// Drops `value` on a thread where that may block: closing a file can.
    pub(crate) fn drop<T: Send + 'static>(&self, value: T) {
        (self.0)(Box::new(move || drop(value)));
    }
}

impl fmt::Debug for Blocking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Blocking")
    }
}
