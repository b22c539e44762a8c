//! `NativeServer`: what JavaScript holds of a server.
//!
//! In: calls from JavaScript. Out: the same calls, converted, to the server crate and the bridge. One server may be
//! held by several JS threads: the one that made it, and workers that joined it by its number.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::num::NonZero;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use covet_router::Router;
use covet_server::{Client, IoThreads, ListenAt, ServerOptions};
use covet_uploads::Spool;
use napi::Env;
use napi::bindgen_prelude::{Buffer, BufferSlice, Function};
use napi::threadsafe_function::ThreadsafeFunctionCallMode;
use napi_derive::napi;

use crate::bridge::{Bell, BridgeHandler, FromJs, JsPipe, Lent, ReplySource, Shard, Shards, Wake, copy_body};
use crate::error::{Coded, coded, from_napi, from_start};
use crate::file::NativeFileReply;
use crate::flow::{NativeLent, NativeReader, NativeWriter};
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
    max_uploads_in_flight: u32,
    shards: Arc<Shards>,
    spool: Arc<Spool>,
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

    fn start_threads(&self, at: Option<ListenAt<'_>>) -> Result<IoThreads, Coded> {
        let (shards, router) = (Arc::clone(&self.shards), Arc::clone(&self.router));
        IoThreads::start(at, self.io_threads as usize, &self.router, &self.options, move |number, spawn| {
            BridgeHandler::new(number, Arc::clone(&shards), Arc::clone(&router), spawn)
        })
        .map_err(|error| from_start(&error))
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

/// What a JS thread's part of a server holds. Each number is one of a moment.
#[napi(object, object_from_js = false)]
pub struct NativeUsage {
    /// Slots that are not free: requests in flight.
    pub slots: u32,
    /// Bodies that come or go in pieces and that somebody still holds.
    pub flows: u32,
    /// Open connections.
    pub connections: u32,
}

/// Where a server listens: an address and a port, unless it is a Unix socket.
#[napi(object, object_from_js = false)]
pub struct NativeAddress {
    /// The address that was bound.
    pub host: String,
    /// The port that was bound.
    pub port: u16,
}

/// A connection without a socket, as its client holds it.
#[napi(object, object_from_js = false)]
pub struct NativeConnection {
    /// What the server sends.
    pub reader: NativeReader,
    /// What the server gets. Its end is the client's.
    pub writer: NativeWriter,
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
        let io_threads = options.io_threads.max(1);
        let (max_in_flight, max_uploads_in_flight) = (options.max_in_flight, options.max_uploads_in_flight);
        let holds_process = options.holds_process;
        let group = Arc::new(Group {
            number: NEXT_GROUP.fetch_add(1, Ordering::Relaxed),
            spool: Arc::new(options.spool()),
            router: router.freeze(),
            options: options.into_server_options()?,
            io_threads,
            max_in_flight,
            max_uploads_in_flight,
            shards: Arc::default(),
            running: Mutex::default(),
            closed: AtomicBool::new(false),
        });
        let mut groups = GROUPS.lock().unwrap_or_else(PoisonError::into_inner);
        let groups = groups.get_or_insert_default();
        groups.retain(|_, group| group.strong_count() > 0);
        groups.insert(group.number, Arc::downgrade(&group));
        Self::attach(env, group, holds_process, on_batch)
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
        Self::attach(env, group, true, on_batch)
    }

    fn attach(
        env: &Env,
        group: Arc<Group>,
        holds_process: bool,
        on_batch: Function<'_, u32, ()>,
    ) -> Result<Self, Coded> {
        let shard = Arc::new(Shard::new(group.max_in_flight, group.max_uploads_in_flight, group.io_threads));
        let collected = Arc::clone(&shard);
        let function = on_batch.build_threadsafe_function::<()>().callee_handled::<false>();
        // A call fails only when the environment is closing, and then `detach` is near.
        let wake: Wake = if holds_process {
            let wake = function.build_callback(move |_| Ok(collected.collect())).map_err(|error| from_napi(&error))?;
            Box::new(move || {
                wake.call((), ThreadsafeFunctionCallMode::NonBlocking);
            })
        } else {
            let function = function.weak::<true>();
            let wake = function.build_callback(move |_| Ok(collected.collect())).map_err(|error| from_napi(&error))?;
            Box::new(move || {
                wake.call((), ThreadsafeFunctionCallMode::NonBlocking);
            })
        };
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
        let address = self.start(ListenAt::Tcp(&host, port))?;
        let address = address.ok_or_else(|| coded("EBIND", "the server has no address"))?;
        Ok(NativeAddress { host: address.ip().to_string(), port: address.port() })
    }

    /// Makes the Unix socket and begins to serve. Throws `EADDRINUSE` and the like.
    #[napi]
    pub fn listen_at_path(&self, path: String, mode: Option<u32>) -> Result<(), Coded> {
        self.start(ListenAt::Unix { path: Path::new(&path), mode }).map(drop)
    }

    fn start(&self, at: ListenAt<'_>) -> Result<Option<SocketAddr>, Coded> {
        let mut running = self.group.running.lock().unwrap_or_else(PoisonError::into_inner);
        if running.is_some() {
            return Err(coded("ALREADY_LISTENING", "the server is listening already"));
        }
        self.group.check_open()?;
        let threads = self.group.start_threads(Some(at))?;
        let address = threads.address();
        *running = Some(threads);
        Ok(address)
    }

    /// What is open just now, on this JS thread's side.
    #[napi]
    pub fn usage(&self) -> NativeUsage {
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        NativeUsage {
            slots: self.shard.slots_in_use(),
            flows: number(self.shard.flows.load(Ordering::Relaxed)),
            connections: number(self.shard.connections.load(Ordering::Relaxed)),
        }
    }

    /// Opens a connection that has no socket, as if it came from `remote`, an IP address, over `https` where it is
    /// `secure`. Serves without listening where the server does not listen.
    #[napi]
    pub fn connect(&self, remote: String, secure: bool) -> Result<NativeConnection, Coded> {
        let remote = remote.parse().map_err(|_| coded("INVALID_OPTION", format!("'{remote}' is no IP address")))?;
        let client = Client { remote: Some(remote), secure };
        let mut running = self.group.running.lock().unwrap_or_else(PoisonError::into_inner);
        self.group.check_open()?;
        let threads = match running.take() {
            Some(threads) => threads,
            None => self.group.start_threads(None)?,
        };
        let mut flows = None;
        running.insert(threads).connect(client, |port| {
            let pipe = JsPipe::new(&self.shard, port);
            flows = Some(pipe.flows());
            pipe
        });
        let (from_js, to_js) = flows.ok_or_else(|| coded("SERVER_CLOSED", "the server is closed"))?;
        Ok(NativeConnection {
            reader: NativeReader::new(to_js, Arc::clone(&self.group.spool)),
            writer: NativeWriter::new(from_js),
        })
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

    /// The body of a request, where it comes in pieces. Nothing of it is read before the reader is opened.
    #[napi]
    pub fn take_body_reader(&self, slot: u32) -> Option<NativeReader> {
        if !self.shard.is_with_js(slot) {
            return None;
        }
        self.shard.elsewhere(slot).body_flow.take().map(|flow| NativeReader::new(flow, Arc::clone(&self.group.spool)))
    }

    /// Keeps a reply's header block that does not fit its slot.
    #[napi]
    pub fn put_reply_headers(&self, slot: u32, headers: &[u8]) -> bool {
        if !self.shard.is_with_js(slot) {
            return false;
        }
        self.shard.elsewhere(slot).reply_headers = Some(headers.to_vec());
        true
    }

    /// Keeps a reply's body that does not fit its slot: the slot then goes on the done list like any other.
    #[napi]
    pub fn put_reply_body(&self, slot: u32, body: &[u8]) -> bool {
        self.put_reply(slot, ReplySource::Bytes(copy_body(body)))
    }

    /// Makes the reply's body one that JavaScript keeps, of `length` bytes: each time that its number is named,
    /// `NativeLent.serve` sends from it.
    #[napi]
    pub fn lend_reply(&self, slot: u32, length: i64) -> Option<NativeLent> {
        let port = self.shard.port_of(slot)?;
        let lent = Lent::new(Bell::new(&self.shard, port), usize::try_from(length).ok()?);
        self.put_reply(slot, ReplySource::Lent(Arc::clone(&lent))).then(|| NativeLent::new(lent))
    }

    /// Makes the reply's body one that comes in pieces, of this length if that is known.
    #[napi]
    pub fn open_reply(&self, slot: u32, length: Option<f64>) -> Option<NativeWriter> {
        let port = self.shard.port_of(slot)?;
        let flow = FromJs::new(Bell::new(&self.shard, port));
        // A length comes from JavaScript: what is no length is left out, and then the reply has none.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let length = length.filter(|length| *length >= 0.0).map(|length| length as u64);
        self.put_reply(slot, ReplySource::Flow(Arc::clone(&flow), length)).then(|| NativeWriter::new(flow))
    }

    /// Makes the reply's body a file, which the server reads.
    #[napi]
    pub fn put_reply_file(&self, slot: u32, file: NativeFileReply) -> Result<bool, Coded> {
        let file = file.into_source()?;
        Ok(self.put_reply(slot, ReplySource::File(Arc::new(file))))
    }

    /// Makes the reply's body the file that the request, to the route of a folder, was found to be for.
    #[napi]
    pub fn put_reply_folder_file(&self, slot: u32) -> bool {
        self.put_reply(slot, ReplySource::FolderFile)
    }

    fn put_reply(&self, slot: u32, source: ReplySource) -> bool {
        if !self.shard.is_with_js(slot) {
            return false;
        }
        self.shard.elsewhere(slot).reply_body = Some(source);
        true
    }

    /// The flows that have something new since this was last asked.
    #[napi]
    pub fn take_ready(&self) -> Vec<u32> {
        self.shard.take_ready()
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
