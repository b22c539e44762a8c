//! The off-loop driver: I/O threads, each with its own single-threaded runtime.
//!
//! In: a place to listen at, and connections without a socket. Out: connections, each served whole by one thread. The first thread also accepts and hands
//! every connection to the thread that has the fewest, which keeps the load even on every platform (`SO_REUSEPORT`
//! balances on Linux only) and costs one hop per connection, not per request.

use std::cell::Cell;
use std::fmt;
use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::task::Poll;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use covet_router::Router;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::runtime::{Builder, LocalOptions};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::{spawn_blocking, spawn_local, yield_now};

use crate::client::Client;
use crate::connection::{ConnectionSeat, serve_connection};
use crate::drain::Drain;
use crate::files::Blocking;
use crate::handler::Handler;
use crate::listener::{Bound, ListenAt, StartError};
use crate::options::ServerOptions;
use crate::pipe::{Pipe, PipeIo};
use crate::stream::{Accepted, CountedStream};

/// How long accepting pauses when the process is out of descriptors or memory: retrying at once would only spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Threads for what may block, for each I/O thread: enough to keep a disk busy. They are started as they are needed and end
/// after ten seconds without work; tokio's own bound of 512 is for work that waits for more than a disk.
const BLOCKING_THREADS: usize = 16;

/// Runs a future on the I/O thread that it was made on.
pub type Spawn = Rc<dyn Fn(Pin<Box<dyn Future<Output = ()>>>)>;

enum Command {
    Serve(Accepted, Client, Counted),
    Close { grace: Duration },
}

/// One I/O thread as the others see it.
#[derive(Debug)]
struct Peer {
    commands: UnboundedSender<Command>,
    connections: Arc<AtomicUsize>,
}

/// A running server.
#[derive(Debug)]
pub struct IoThreads {
    address: Option<SocketAddr>,
    peers: Arc<Vec<Peer>>,
    threads: Vec<JoinHandle<()>>,
}

impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Serve(_, client, _) => write!(f, "Serve({client:?})"),
            Self::Close { grace } => write!(f, "Close({grace:?})"),
        }
    }
}

impl IoThreads {
    /// Binds `at` and serves on `count` threads, at least one. With `None` they serve what [`IoThreads::connect`] brings,
    /// and listen nowhere.
    ///
    /// `make_handler` runs once on each thread, with the thread's number and a way to run futures there.
    pub fn start<'a, H, F>(
        at: impl Into<Option<ListenAt<'a>>>,
        count: usize,
        router: &Arc<Router>,
        options: &ServerOptions,
        make_handler: F,
    ) -> Result<Self, StartError>
    where
        H: Handler,
        F: Fn(usize, Spawn) -> H + Send + Sync + 'static,
    {
        let mut bound = at.into().map(Bound::bind).transpose()?;
        let address = bound.as_ref().and_then(Bound::address);
        let make_handler = Arc::new(make_handler);
        let (peers, inboxes): (Vec<Peer>, Vec<_>) = (0..count.max(1))
            .map(|_| {
                let (commands, inbox) = unbounded_channel();
                (Peer { commands, connections: Arc::default() }, inbox)
            })
            .unzip();
        let peers = Arc::new(peers);
        let mut server = Self { address, peers: Arc::clone(&peers), threads: Vec::new() };
        for (number, inbox) in inboxes.into_iter().enumerate() {
            let seat = ThreadSeat {
                number,
                peers: Arc::clone(&peers),
                router: Arc::clone(router),
                options: options.clone(),
                bound: bound.take(),
            };
            let make_handler = Arc::clone(&make_handler);
            let (started, has_started) = mpsc::channel();
            let body = move || {
                // A runtime of this thread alone: its tasks need not be `Send`, and waking one takes no lock.
                let mut runtime = Builder::new_current_thread();
                runtime.enable_all().max_blocking_threads(BLOCKING_THREADS).thread_name("covet-disk");
                match runtime.build_local(LocalOptions::default()) {
                    Ok(runtime) => {
                        started.send(Ok(())).ok();
                        runtime.block_on(seat.run(inbox, &*make_handler));
                    }
                    Err(error) => drop(started.send(Err(error))),
                }
            };
            let thread = thread::Builder::new().name(format!("covet-io-{number}")).spawn(body);
            let started = thread.and_then(|thread| {
                server.threads.push(thread);
                has_started.recv().unwrap_or_else(|_| Err(io::ErrorKind::BrokenPipe.into()))
            });
            if let Err(error) = started {
                // Those before it would serve on, unknown to anybody.
                server.close(Duration::ZERO);
                server.join();
                return Err(StartError::Thread(error));
            }
        }
        Ok(server)
    }

    /// The address that was bound; `None` for a Unix socket, and where nothing was.
    pub fn address(&self) -> Option<SocketAddr> {
        self.address
    }

    /// Serves a connection that has no socket, as if `client` had opened it, on the thread with the fewest.
    ///
    /// `open` is given that thread's number. Where the threads have ended the pipe is dropped at once.
    pub fn connect<P: Pipe>(&self, client: Client, open: impl FnOnce(usize) -> P) {
        let Some((number, peer)) = least_busy(&self.peers, 0) else { return };
        let counted = Counted::new(&peer.connections, None);
        peer.commands.send(Command::Serve(Accepted::Pipe(PipeIo::new(open(number))), client, counted)).ok();
    }

    /// Begins to close: no connection is accepted any more, open ones finish what they have begun within `grace`.
    pub fn close(&self, grace: Duration) {
        for peer in self.peers.iter() {
            // A thread that has ended has nothing left to close.
            peer.commands.send(Command::Close { grace }).ok();
        }
    }

    /// Waits until every thread has ended. Call after [`IoThreads::close`].
    pub fn join(self) {
        drop(self.peers);
        for thread in self.threads {
            // A thread's own panic was printed by the panic hook when it happened.
            thread.join().ok();
        }
    }
}

/// What one I/O thread starts with.
struct ThreadSeat {
    number: usize,
    peers: Arc<Vec<Peer>>,
    router: Arc<Router>,
    options: ServerOptions,
    /// The first thread's alone.
    bound: Option<Bound>,
}

impl ThreadSeat {
    async fn run<H, F>(self, mut inbox: UnboundedReceiver<Command>, make_handler: &F)
    where
        H: Handler,
        F: Fn(usize, Spawn) -> H,
    {
        let spawn: Spawn = Rc::new(|future| drop(spawn_local(future)));
        let handler = Rc::new(make_handler(self.number, spawn));
        let max_connections = self.options.max_connections;
        let seat = ConnectionSeat {
            router: self.router,
            options: Rc::new(self.options),
            drain: Rc::new(Drain::default()),
            timer: Rc::new(TokioTimer::new()),
            blocking: Blocking::new(|work| drop(spawn_blocking(work))),
        };
        let acceptor = self.bound.map(|bound| spawn_local(accept(bound, Arc::clone(&self.peers), max_connections)));
        let grace = loop {
            match inbox.recv().await {
                Some(Command::Serve(stream, client, counted)) => serve(stream, client, &*handler, &seat, counted),
                Some(Command::Close { grace }) => break grace,
                None => break Duration::ZERO,
            }
        };
        if let Some(acceptor) = acceptor {
            acceptor.abort();
        }
        // Handed over before the close, accepted by the kernel: they are owed an answer.
        while let Ok(Command::Serve(stream, client, counted)) = inbox.try_recv() {
            serve(stream, client, &*handler, &seat, counted);
        }
        // One turn of the loop, in which what they have sent is seen.
        yield_now().await;
        seat.drain.close();
        let idle = poll_fn(|cx| if seat.drain.poll_idle(cx) { Poll::Ready(()) } else { Poll::Pending });
        // What is left at the deadline is dropped with the thread's tasks.
        tokio::time::timeout(grace, idle).await.ok();
    }
}

/// Starts to serve one connection on this thread.
fn serve<H: Handler>(accepted: Accepted, client: Client, handler: &H, seat: &ConnectionSeat, counted: Counted) {
    // A peer that has gone already fails here; nobody is left to be told.
    let Ok(stream) = accepted.into_stream() else { return };
    let Some(handler) = handler.connect(client.remote) else { return };
    let seat = seat.clone();
    spawn_local(async move {
        serve_connection(TokioIo::new(CountedStream::new(stream)), client, handler, seat).await;
        drop(counted);
    });
}

/// One connection in its thread's count and the server's, from accept to close.
struct Counted {
    of_thread: Arc<AtomicUsize>,
    /// One of the connections there may be.
    _permit: Option<OwnedSemaphorePermit>,
}

impl Counted {
    fn new(of_thread: &Arc<AtomicUsize>, permit: Option<OwnedSemaphorePermit>) -> Self {
        of_thread.fetch_add(1, Ordering::Relaxed);
        Self { of_thread: Arc::clone(of_thread), _permit: permit }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.of_thread.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Accepts connections and hands each to the thread with the fewest.
///
/// With `most` of them open it stops, until one has closed. Those that come meanwhile wait in the kernel's queue, where
/// they take neither a descriptor nor memory of ours: refusing them one by one would take both.
async fn accept(bound: Bound, peers: Arc<Vec<Peer>>, most: Option<usize>) {
    let Ok(listener) = bound.into_listener() else { return };
    let permits = most.map(|most| Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS))));
    let turn = Cell::new(0);
    loop {
        let permit = match &permits {
            // Never closed, so never an error.
            Some(permits) => Arc::clone(permits).acquire_owned().await.ok(),
            None => None,
        };
        let (stream, remote) = match listener.accept().await {
            Ok(accepted) => accepted,
            // The peer went away between its connecting and our accepting.
            Err(error) if is_of_one_peer(&error) => continue,
            Err(_) => {
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        turn.set((turn.get() + 1) % peers.len());
        let Some((_, peer)) = least_busy(&peers, turn.get()) else { continue };
        // Counted here, not on the thread it goes to: a burst is accepted before that thread has run.
        let counted = Counted::new(&peer.connections, permit);
        // A thread that has ended takes no more: then the server is closing.
        let client = Client { remote, secure: false };
        peer.commands.send(Command::Serve(stream, client, counted)).ok();
    }
}

/// The thread with the fewest connections, and its number; among equals the first from number `first` on.
fn least_busy(peers: &[Peer], first: usize) -> Option<(usize, &Peer)> {
    (0..peers.len())
        .map(|step| (first + step) % peers.len())
        .map(|number| (number, &peers[number]))
        .min_by_key(|(_, peer)| peer.connections.load(Ordering::Relaxed))
}

fn is_of_one_peer(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::Interrupted
    )
}
