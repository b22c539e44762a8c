//! Threads that wait for the disk, so that no I/O thread does.

use std::collections::VecDeque;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, Waker};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use std::{fmt, io};

/// Threads at most. Writes go to the page cache mostly: more of them would wait for the same disk.
const THREADS: usize = 4;

/// How long an idle thread stays.
const IDLE: Duration = Duration::from_secs(5);

type Job = Box<dyn FnOnce() + Send>;

/// A few threads, started when there is something to do. Dropped, it ends them: it waits for jobs under way, no others.
pub struct DiskPool {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    work: Condvar,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    idle: usize,
    /// Threads that look for jobs; one that is about to end is none of them, though it can still be joined.
    alive: usize,
    threads: Vec<JoinHandle<()>>,
    is_closed: bool,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn submit(self: &Arc<Self>, job: Job) -> io::Result<()> {
        let mut state = self.state();
        if state.is_closed {
            drop(state);
            drop(job);
            return Err(io::Error::other("the pool is closed"));
        }
        state.threads.retain(|thread| !thread.is_finished());
        if state.idle <= state.jobs.len() && state.alive < THREADS {
            let shared = Arc::clone(self);
            let started = thread::Builder::new().name("covet-disk".to_owned()).spawn(move || shared.serve());
            match started {
                Ok(thread) => {
                    state.alive += 1;
                    state.threads.push(thread);
                }
                // Those that there are do it, later.
                Err(_) if state.alive > 0 => {}
                Err(error) => return Err(error),
            }
        }
        state.jobs.push_back(job);
        drop(state);
        self.work.notify_one();
        Ok(())
    }

    /// One thread's life.
    fn serve(&self) {
        let mut state = self.state();
        loop {
            if state.is_closed {
                state.alive -= 1;
                return;
            }
            if let Some(job) = state.jobs.pop_front() {
                drop(state);
                job();
                state = self.state();
                continue;
            }
            state.idle += 1;
            let (next, waited) = self.work.wait_timeout(state, IDLE).unwrap_or_else(PoisonError::into_inner);
            state = next;
            state.idle -= 1;
            if waited.timed_out() && state.jobs.is_empty() {
                state.alive -= 1;
                return;
            }
        }
    }
}

impl Default for DiskPool {
    fn default() -> Self {
        Self { shared: Arc::new(Shared { state: Mutex::default(), work: Condvar::new() }) }
    }
}

impl fmt::Debug for DiskPool {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("DiskPool").field("waiting", &self.shared.state().jobs.len()).finish_non_exhaustive()
    }
}

impl DiskPool {
    /// Runs `work` on one of the threads. It runs to its end even if the task is dropped.
    ///
    /// The task fails with the work's error, with the system's where no thread can be started, and where `work` panics.
    pub fn run<T, F>(&self, work: F) -> DiskTask<T>
    where
        T: Send + 'static,
        F: FnOnce() -> io::Result<T> + Send + 'static,
    {
        let slot = Arc::new(Mutex::new(Slot::Waits(None)));
        let done = Arc::clone(&slot);
        let job = Box::new(move || {
            let result =
                catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(io::Error::other("a disk job panicked")));
            fill(&done, result);
        });
        if let Err(error) = self.shared.submit(job) {
            fill(&slot, Err(error));
        }
        DiskTask { slot }
    }

    /// Lets go of values whose end waits for the disk, for as long as the pool is there.
    pub(crate) fn discarder(&self) -> Discarder {
        Discarder(Arc::downgrade(&self.shared))
    }
}

/// Has values end on the pool's threads: to close a file without a name is to free all it has.
#[derive(Clone)]
pub(crate) struct Discarder(Weak<Shared>);

impl fmt::Debug for Discarder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Discarder").finish_non_exhaustive()
    }
}

impl Discarder {
    pub(crate) fn discard<T: Send + 'static>(&self, value: T) {
        if let Some(shared) = self.0.upgrade() {
            // Where no thread can be started the job comes to its end here, and the value with it.
            drop(shared.submit(Box::new(move || drop(value))));
        }
    }
}

impl Drop for DiskPool {
    fn drop(&mut self) {
        let mut state = self.shared.state();
        state.is_closed = true;
        let (threads, jobs) = (std::mem::take(&mut state.threads), std::mem::take(&mut state.jobs));
        drop(state);
        self.shared.work.notify_all();
        // Outside the lock: what they hold may have a drop of its own.
        drop(jobs);
        for thread in threads {
            // A thread fails only by a panic, and jobs' are caught.
            drop(thread.join());
        }
    }
}

enum Slot<T> {
    Waits(Option<Waker>),
    Done(io::Result<T>),
    Taken,
}

fn fill<T>(slot: &Mutex<Slot<T>>, result: io::Result<T>) {
    let before = std::mem::replace(&mut *slot.lock().unwrap_or_else(PoisonError::into_inner), Slot::Done(result));
    if let Slot::Waits(Some(waker)) = before {
        waker.wake();
    }
}

/// The outcome of a job.
#[must_use = "a job's failure is found where its task is awaited"]
pub struct DiskTask<T> {
    slot: Arc<Mutex<Slot<T>>>,
}

impl<T> fmt::Debug for DiskTask<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("DiskTask").finish_non_exhaustive()
    }
}

impl<T> Future for DiskTask<T> {
    type Output = io::Result<T>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        let mut slot = self.slot.lock().unwrap_or_else(PoisonError::into_inner);
        match std::mem::replace(&mut *slot, Slot::Taken) {
            Slot::Done(result) => Poll::Ready(result),
            Slot::Waits(_) => {
                *slot = Slot::Waits(Some(cx.waker().clone()));
                Poll::Pending
            }
            Slot::Taken => Poll::Ready(Err(io::Error::other("the task was awaited already"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_executor::block_on;

    use super::*;

    #[test]
    fn jobs_run_elsewhere_and_tell_their_outcome() {
        let pool = DiskPool::default();
        let here = thread::current().id();
        let there = block_on(pool.run(move || Ok(thread::current().id()))).expect("it ran");
        assert_ne!(here, there);
        let failed = block_on(pool.run::<(), _>(|| Err(io::Error::from(io::ErrorKind::StorageFull))));
        assert_eq!(failed.expect_err("it failed").kind(), io::ErrorKind::StorageFull);
    }

    #[test]
    fn a_panic_is_an_error_and_the_pool_goes_on() {
        let pool = DiskPool::default();
        for _ in 0..10 {
            let error = block_on(pool.run::<(), _>(|| panic!("on purpose"))).expect_err("it panicked");
            assert_eq!(error.to_string(), "a disk job panicked");
        }
        assert_eq!(block_on(pool.run(|| Ok(1))).expect("it ran"), 1);
    }

    #[test]
    fn many_jobs_run_once_each_on_few_threads() {
        let pool = DiskPool::default();
        let count = Arc::new(AtomicUsize::new(0));
        let tasks: Vec<_> = (0..500)
            .map(|_| {
                let count = Arc::clone(&count);
                pool.run(move || Ok(count.fetch_add(1, Ordering::Relaxed)))
            })
            .collect();
        assert!(pool.shared.state().alive <= THREADS);
        for task in tasks {
            block_on(task).expect("it ran");
        }
        assert_eq!(count.load(Ordering::Relaxed), 500);
    }

    #[test]
    fn dropping_the_pool_ends_its_threads() {
        let pool = DiskPool::default();
        let shared = Arc::downgrade(&pool.shared);
        let task = pool.run(|| Ok(7));
        assert_eq!(block_on(task).expect("it ran"), 7);
        drop(pool);
        assert_eq!(shared.strong_count(), 0);
    }
}
