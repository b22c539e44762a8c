//! The off-loop driver: I/O threads, each with its own single-threaded runtime.
//!
//! In: a bound listener. Out: connections, each served whole by one thread. The first thread also accepts and hands
//! every connection to the thread that has the fewest, which keeps the load even on every platform (`SO_REUSEPORT`
//! balances on Linux only) and costs one hop per connection, not per request.

use std::cell::Cell;
use std::error::Error;
use std::fmt;
use std::future::{Future, poll_fn};
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::task::Poll;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use covet_router::Router;
use hyper_util::rt::{TokioIo, TokioTimer};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::runtime::{Builder, LocalOptions};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::{spawn_local, yield_now};

use crate::connection::{ConnectionSeat, serve_connection};
use crate::drain::Drain;
use crate::handler::Handler;
use crate::options::ServerOptions;

/// Connections the kernel queues before they are accepted. Twice Node's 511, for bursts while a thread is at work.
const BACKLOG: i32 = 1024;

/// How long accepting pauses when the process is out of descriptors or memory: retrying at once would only spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Runs a future on the I/O thread that it was made on.
pub type Spawn = Rc<dyn Fn(Pin<Box<dyn Future<Output = ()>>>)>;

/// The server could not be started.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// The host name gave no address.
    Resolve(String, io::Error),
    /// The address could not be bound; in use, or not permitted.
    Bind(SocketAddr, io::Error),
    /// An I/O thread could not be started.
    Thread(io::Error),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Resolve(host, error) => write!(f, "host '{host}' has no address: {error}"),
            Self::Bind(address, error) if error.kind() == io::ErrorKind::AddrInUse => {
                write!(f, "address {address} is already in use")
            }
            Self::Bind(address, error) => write!(f, "cannot listen on {address}: {error}"),
            Self::Thread(error) => write!(f, "cannot start an I/O thread: {error}"),
        }
    }
}

impl Error for StartError {}

impl StartError {
    /// A stable name for programs: Node's own where it has one.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Resolve(..) => "ENOTFOUND",
            Self::Bind(_, error) => match error.kind() {
                io::ErrorKind::AddrInUse => "EADDRINUSE",
                io::ErrorKind::PermissionDenied => "EACCES",
                io::ErrorKind::AddrNotAvailable => "EADDRNOTAVAIL",
                _ => "EBIND",
            },
            Self::Thread(_) => "THREAD_FAILED",
        }
    }
}

enum Command {
    Serve(TcpStream, SocketAddr),
    Close { grace: Duration },
}

/// One I/O thread as the others see it.
struct Peer {
    commands: UnboundedSender<Command>,
    connections: Arc<AtomicUsize>,
}

/// A running server.
#[derive(Debug)]
pub struct IoThreads {
    address: SocketAddr,
    commands: Vec<UnboundedSender<Command>>,
    threads: Vec<JoinHandle<()>>,
}

impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Serve(_, remote) => write!(f, "Serve({remote})"),
            Self::Close { grace } => write!(f, "Close({grace:?})"),
        }
    }
}

impl IoThreads {
    /// Binds `host:port` (port 0: any free one) and serves on `count` threads, at least one.
    ///
    /// `make_handler` runs once on each thread, with the thread's number and a way to run futures there.
    pub fn start<H, F>(
        (host, port): (&str, u16),
        count: usize,
        router: &Arc<Router>,
        options: &ServerOptions,
        make_handler: F,
    ) -> Result<Self, StartError>
    where
        H: Handler,
        F: Fn(usize, Spawn) -> H + Send + Sync + 'static,
    {
        let listener = bind(host, port)?;
        let address = listener.local_addr().map_err(StartError::Thread)?;
        let make_handler = Arc::new(make_handler);
        let (peers, inboxes): (Vec<Peer>, Vec<_>) = (0..count.max(1))
            .map(|_| {
                let (commands, inbox) = unbounded_channel();
                (Peer { commands, connections: Arc::default() }, inbox)
            })
            .unzip();
        let mut server =
            Self { address, commands: peers.iter().map(|peer| peer.commands.clone()).collect(), threads: Vec::new() };
        let peers = Arc::new(peers);
        let mut listener = Some(listener);
        for (number, inbox) in inboxes.into_iter().enumerate() {
            let seat = ThreadSeat {
                number,
                peers: Arc::clone(&peers),
                router: Arc::clone(router),
                options: options.clone(),
                listener: listener.take(),
            };
            let make_handler = Arc::clone(&make_handler);
            let (started, has_started) = mpsc::channel();
            let body = move || {
                // A runtime of this thread alone: its tasks need not be `Send`, and waking one takes no lock.
                match Builder::new_current_thread().enable_all().build_local(LocalOptions::default()) {
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

    /// The address that was bound.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Begins to close: no connection is accepted any more, open ones finish what they have begun within `grace`.
    pub fn close(&self, grace: Duration) {
        for commands in &self.commands {
            // A thread that has ended has nothing left to close.
            commands.send(Command::Close { grace }).ok();
        }
    }

    /// Waits until every thread has ended. Call after [`IoThreads::close`].
    pub fn join(self) {
        drop(self.commands);
        for thread in self.threads {
            // A thread's own panic was printed by the panic hook when it happened.
            thread.join().ok();
        }
    }
}

fn bind(host: &str, port: u16) -> Result<TcpListener, StartError> {
    let unresolved = |error| StartError::Resolve(host.to_owned(), error);
    let addresses = (host, port).to_socket_addrs().map_err(unresolved)?;
    let mut failed = unresolved(io::ErrorKind::NotFound.into());
    for address in addresses {
        match listen(address) {
            Ok(listener) => return Ok(listener),
            Err(error) => failed = StartError::Bind(address, error),
        }
    }
    Err(failed)
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // On Windows the option means something else: it lets a second process take the port.
    #[cfg(not(windows))]
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// What one I/O thread starts with.
struct ThreadSeat {
    number: usize,
    peers: Arc<Vec<Peer>>,
    router: Arc<Router>,
    options: ServerOptions,
    /// The first thread's alone.
    listener: Option<TcpListener>,
}

impl ThreadSeat {
    async fn run<H, F>(self, mut inbox: UnboundedReceiver<Command>, make_handler: &F)
    where
        H: Handler,
        F: Fn(usize, Spawn) -> H,
    {
        let spawn: Spawn = Rc::new(|future| drop(spawn_local(future)));
        let handler = Rc::new(make_handler(self.number, spawn));
        let seat = ConnectionSeat {
            router: self.router,
            options: Rc::new(self.options),
            drain: Rc::new(Drain::default()),
            timer: Rc::new(TokioTimer::new()),
        };
        let acceptor = self.listener.map(|listener| spawn_local(accept(listener, Arc::clone(&self.peers))));
        let connections = &self.peers[self.number].connections;
        let grace = loop {
            match inbox.recv().await {
                Some(Command::Serve(stream, remote)) => serve(stream, remote, &*handler, &seat, connections),
                Some(Command::Close { grace }) => break grace,
                None => break Duration::ZERO,
            }
        };
        if let Some(acceptor) = acceptor {
            acceptor.abort();
        }
        // Handed over before the close, accepted by the kernel: they are owed an answer.
        while let Ok(Command::Serve(stream, remote)) = inbox.try_recv() {
            serve(stream, remote, &*handler, &seat, connections);
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
fn serve<H: Handler>(
    stream: TcpStream,
    remote: SocketAddr,
    handler: &H,
    seat: &ConnectionSeat,
    connections: &Arc<AtomicUsize>,
) {
    let counted = Counted(Arc::clone(connections));
    // A peer that has gone already fails here; nobody is left to be told.
    let Ok(stream) = tokio::net::TcpStream::from_std(stream) else { return };
    let Some(handler) = handler.connect(remote) else { return };
    let seat = seat.clone();
    spawn_local(async move {
        serve_connection(TokioIo::new(stream), remote, handler, seat).await;
        drop(counted);
    });
}

/// One connection in a thread's count, from accept to close.
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

async fn accept(listener: TcpListener, peers: Arc<Vec<Peer>>) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
    let turn = Cell::new(0);
    loop {
        let (stream, remote) = match listener.accept().await {
            Ok(accepted) => accepted,
            // The peer went away between its connecting and our accepting.
            Err(error) if is_of_one_peer(&error) => continue,
            Err(_) => {
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        // Small responses must not wait for the peer's acknowledgement of the one before (Nagle's algorithm).
        if stream.set_nodelay(true).is_err() {
            continue;
        }
        let Ok(stream) = stream.into_std() else { continue };
        // Counted here, not on the thread it goes to: a burst is accepted before that thread has run.
        turn.set((turn.get() + 1) % peers.len());
        let Some(peer) = (0..peers.len())
            .map(|step| &peers[(turn.get() + step) % peers.len()])
            .min_by_key(|peer| peer.connections.load(Ordering::Relaxed))
        else {
            continue;
        };
        peer.connections.fetch_add(1, Ordering::Relaxed);
        if peer.commands.send(Command::Serve(stream, remote)).is_err() {
            peer.connections.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

fn is_of_one_peer(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::Interrupted
    )
}
