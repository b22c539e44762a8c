//! `NativeServer`: what JavaScript holds of a server.
//!
//! In: calls from JavaScript. Out: the same calls, converted, to the server crate and the bridge. One server may be
//! held by several JS threads: the one that made it, and workers that joined it by its number.

use std::collections::HashMap;
use std::num::NonZero;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use covet_router::Router;
use covet_server::{IoThreads, ServerOptions};
use napi::Env;
use napi::bindgen_prelude::{Buffer, BufferSlice, Function};
use napi::threadsafe_function::ThreadsafeFunctionCallMode;
use napi_derive::napi;

use crate::bridge::{BridgeHandler, LargeReply, Shard, Shards};
use crate::error::{Coded, coded, from_napi, from_start};
use crate::options::NativeServerOptions;
use crate::refusal::{NativeRefusal, NativeRefusals};
use crate::router::NativeRouter;

/// The I/O threads that suit this machine: half its cores, since JavaScript wants the others.
#[napi]
pub fn default_io_threads() -> u32 {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    u32::try_from((cores / 2).max(1)).unwrap_or(1)
}

/// What all JS threads of one server share.
struct Group {
    number: u32,
    router: Arc<Router>,
    options: ServerOptions,
    io_threads: u32,
    max_in_flight: u32,
    shards: Arc<Shards>,
    running: Mutex<Option<IoThreads>>,
    /// For good; set before anything is stopped.
    closed: AtomicBool,
}

impl Group {
    /// Stops the I/O threads and lets go of every JS thread. Blocks for at most `grace`, and a moment.
    fn stop(&self, grace: Duration) {
        self.closed.store(true, Ordering::SeqCst);
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(running) = running {
            running.close(grace);
            running.join();
        }
        self.shards.clear();
    }

    /// A JS thread is going away without having closed the server.
    fn leave(&self, shard: &Arc<Shard>) {
        if !self.shards.remove(shard) {
            self.stop(Duration::ZERO);
        }
    }

    fn check_open(&self) -> Result<(), Coded> {
        if self.closed.load(Ordering::SeqCst) { Err(coded("SERVER_CLOSED", "the server is closed")) } else { Ok(()) }
    }
}

static GROUPS: Mutex<Option<HashMap<u32, Weak<Group>>>> = Mutex::new(None);
static NEXT_GROUP: AtomicU32 = AtomicU32::new(1);

fn find_group(number: u32) -> Option<Arc<Group>> {
    GROUPS.lock().unwrap_or_else(PoisonError::into_inner).as_ref()?.get(&number)?.upgrade()
}

/// A server, as one JS thread holds it.
#[napi]
pub struct NativeServer {
    group: Arc<Group>,
    shard: Arc<Shard>,
}

/// Where a server listens.
#[napi(object, object_from_js = false)]
pub struct NativeAddress {
    /// The address that was bound.
    pub host: String,
    /// The port that was bound.
    pub port: u16,
}

#[napi]
impl NativeServer {
    /// Makes a server for these routes. `onBatch` is called with the length of the batch list when events have come;
    /// it must not throw.
    #[napi(factory)]
    pub fn create(
        env: &Env,
        router: &NativeRouter,
        options: NativeServerOptions,
        on_batch: Function<'_, u32, ()>,
    ) -> Result<Self, Coded> {
        let (io_threads, max_in_flight) = (options.io_threads.max(1), options.max_in_flight);
        let group = Arc::new(Group {
            number: NEXT_GROUP.fetch_add(1, Ordering::Relaxed),
            router: router.freeze(),
            options: options.into_server_options()?,
            io_threads,
            max_in_flight,
            shards: Arc::default(),
            running: Mutex::default(),
            closed: AtomicBool::new(false),
        });
        let mut groups = GROUPS.lock().unwrap_or_else(PoisonError::into_inner);
        let groups = groups.get_or_insert_default();
        groups.retain(|_, group| group.strong_count() > 0);
        groups.insert(group.number, Arc::downgrade(&group));
        Self::attach(env, group, on_batch)
    }

    /// Joins the server of that number from another JS thread, whose routes must be the same.
    #[napi(factory)]
    pub fn join(env: &Env, number: u32, router: &NativeRouter, on_batch: Function<'_, u32, ()>) -> Result<Self, Coded> {
        let group = find_group(number).ok_or_else(|| coded("SERVER_CLOSED", "the server to join is closed"))?;
        let own = router.freeze();
        let names = |router: &Router| router.routes().iter().map(ToString::to_string).collect::<Vec<_>>();
        if names(&own) != names(&group.router) {
            return Err(coded(
                "ROUTES_DIFFER",
                "this thread registered other routes than the main thread: the routes of an application must not \
                 depend on the thread that it runs in",
            ));
        }
        Self::attach(env, group, on_batch)
    }

    fn attach(env: &Env, group: Arc<Group>, on_batch: Function<'_, u32, ()>) -> Result<Self, Coded> {
        let shard = Arc::new(Shard::new(group.max_in_flight, group.io_threads));
        let collected = Arc::clone(&shard);
        let wake = on_batch
            .build_threadsafe_function::<()>()
            .callee_handled::<false>()
            .build_callback(move |_| Ok(collected.collect()))
            .map_err(|error| from_napi(&error))?;
        shard.set_wake(wake);
        group.shards.add(Arc::clone(&shard));
        // Weakly: the hook stays until the environment ends, the shard's memory must not.
        let leaving = (Arc::downgrade(&group), Arc::downgrade(&shard));
        env.add_env_cleanup_hook(leaving, |(group, shard)| match (group.upgrade(), shard.upgrade()) {
            (Some(group), Some(shard)) => group.leave(&shard),
            (None, Some(shard)) => shard.detach(),
            (_, None) => {}
        })
        .map_err(|error| from_napi(&error))?;
        // Asked once the shard is among the others: a close at the same time then either sees it or is seen here.
        if let Err(closed) = group.check_open() {
            group.shards.remove(&shard);
            return Err(closed);
        }
        Ok(Self { group, shard })
    }

    /// The number under which other JS threads join this server.
    #[napi(getter)]
    pub fn number(&self) -> u32 {
        self.group.number
    }

    /// The memory shared with the I/O threads: done list, batch list, slots. Given once.
    #[napi]
    pub fn memory<'env>(&self, env: &'env Env) -> Result<BufferSlice<'env>, Coded> {
        self.shard.memory(env)
    }

    /// Slots in the memory, and so requests in flight on this JS thread.
    #[napi(getter)]
    pub fn slots(&self) -> u32 {
        self.shard.slab.slots()
    }

    /// Where slot 0 begins in the memory.
    #[napi(getter)]
    pub fn slots_offset(&self) -> u32 {
        u32::try_from(self.shard.slab.slots_offset()).unwrap_or(u32::MAX)
    }

    /// Binds the address and begins to serve. Throws `EADDRINUSE` and the like.
    #[napi]
    pub fn listen(&self, host: String, port: u16) -> Result<NativeAddress, Coded> {
        let mut running = self.group.running.lock().unwrap_or_else(PoisonError::into_inner);
        if running.is_some() {
            return Err(coded("ALREADY_LISTENING", "the server is listening already"));
        }
        self.group.check_open()?;
        let (shards, router) = (Arc::clone(&self.group.shards), Arc::clone(&self.group.router));
        let threads = IoThreads::start(
            (&host, port),
            self.group.io_threads as usize,
            &self.group.router,
            &self.group.options,
            move |number, spawn| BridgeHandler::new(number, Arc::clone(&shards), Arc::clone(&router), spawn),
        )
        .map_err(|error| from_start(&error))?;
        let address = threads.address();
        *running = Some(threads);
        Ok(NativeAddress { host: address.ip().to_string(), port: address.port() })
    }

    /// Sends the first `count` slots of the done list on their way.
    #[napi]
    pub fn flush(&self, count: u32) {
        self.shard.flush(count);
    }

    /// The head of a request that did not fit its slot: path, query, headers and `Allow`, as they lie in a slot.
    #[napi]
    pub fn take_head(&self, slot: u32) -> Option<Buffer> {
        if !self.shard.is_with_js(slot) {
            return None;
        }
        self.shard.elsewhere(slot).head.take().map(Buffer::from)
    }

    /// The body of a request that did not fit its slot.
    #[napi]
    pub fn take_body(&self, slot: u32) -> Option<Buffer> {
        if !self.shard.is_with_js(slot) {
            return None;
        }
        let body = self.shard.elsewhere(slot).body.take();
        body.map(|body| Buffer::from(body.to_vec()))
    }

    /// Keeps a reply that does not fit its slot: the slot then goes on the done list like any other.
    #[napi]
    pub fn put_reply(&self, slot: u32, headers: &[u8], body: &[u8]) -> bool {
        if !self.shard.is_with_js(slot) {
            return false;
        }
        let reply = LargeReply { headers: headers.to_vec(), body: bytes::Bytes::copy_from_slice(body) };
        self.shard.elsewhere(slot).reply = Some(reply);
        true
    }

    /// The requests refused before JavaScript saw them, since this was last asked.
    #[napi]
    pub fn take_refusals(&self) -> NativeRefusals {
        let (kept, dropped) = self.shard.take_refusals();
        let kept = kept.into_iter().map(NativeRefusal::from).collect();
        NativeRefusals { kept, dropped: u32::try_from(dropped).unwrap_or(u32::MAX) }
    }

    /// Stops accepting, lets requests in flight end within `grace` milliseconds, closes what is left, and calls `onClosed`.
    ///
    /// It waits on a thread of its own: one of libuv's would keep `process.exit()` waiting, too.
    #[napi]
    pub fn close(&self, grace: u32, on_closed: Function<'_, (), ()>) -> Result<(), Coded> {
        let closed = on_closed
            .build_threadsafe_function::<()>()
            .callee_handled::<false>()
            .build()
            .map_err(|error| from_napi(&error))?;
        let group = Arc::clone(&self.group);
        let close = move || {
            group.stop(Duration::from_millis(grace.into()));
            // Fails only where the environment has gone, and nobody waits.
            closed.call((), ThreadsafeFunctionCallMode::NonBlocking);
        };
        let thread = thread::Builder::new().name("covet-close".to_owned()).spawn(close);
        thread.map(drop).map_err(|error| coded("THREAD_FAILED", format!("cannot start a thread to close on: {error}")))
    }
}
