//! Where a server listens: a TCP address or a Unix socket.
//!
//! In: what was asked for. Out: connections, or why there can be none. A Unix socket's file is removed when its listener
//! is dropped; one that a server left behind that is no more is replaced.

use std::error::Error;
use std::fmt;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};

use socket2::{Domain, Protocol, Socket, Type};

use crate::stream::{Accepted, Remote};

/// Connections the kernel queues before they are accepted. Twice Node's 511, for bursts while a thread is at work.
const BACKLOG: i32 = 1024;

/// Where to listen.
#[derive(Clone, Copy, Debug)]
pub enum ListenAt<'a> {
    /// A host name or address, and a port; 0 for any free one.
    Tcp(&'a str, u16),
    /// A Unix socket.
    Unix {
        /// Where its file is to be.
        path: &'a Path,
        /// The file's permission bits, set before the first connection can be made; `None` leaves it to the umask.
        mode: Option<u32>,
    },
}

/// The server could not be started.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// The host name gave no address.
    Resolve(String, io::Error),
    /// The address could not be bound; in use, or not permitted.
    Bind(SocketAddr, io::Error),
    /// The Unix socket could not be made; in use, not permitted, or no such directory.
    BindPath(PathBuf, io::Error),
    /// This platform has no Unix sockets.
    NoUnixSockets,
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
            Self::BindPath(path, error) if error.kind() == io::ErrorKind::AddrInUse => {
                write!(f, "socket '{}' is already in use, or is another kind of file", path.display())
            }
            Self::BindPath(path, error) => write!(f, "cannot listen on socket '{}': {error}", path.display()),
            Self::NoUnixSockets => f.write_str("Unix sockets are not available on this platform: listen on a port"),
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
            Self::Bind(_, error) | Self::BindPath(_, error) => match error.kind() {
                io::ErrorKind::AddrInUse => "EADDRINUSE",
                io::ErrorKind::PermissionDenied => "EACCES",
                io::ErrorKind::AddrNotAvailable => "EADDRNOTAVAIL",
                io::ErrorKind::NotFound => "ENOENT",
                io::ErrorKind::NotADirectory => "ENOTDIR",
                io::ErrorKind::InvalidInput => "ENAMETOOLONG",
                _ => "EBIND",
            },
            Self::NoUnixSockets => "ENOTSUP",
            Self::Thread(_) => "THREAD_FAILED",
        }
    }
}

/// A bound socket, not yet of any runtime.
pub(crate) enum Bound {
    Tcp(std::net::TcpListener, SocketAddr),
    #[cfg(unix)]
    Unix(std::os::unix::net::UnixListener, unix::SocketFile),
}

impl Bound {
    /// Binds `at` and begins to queue connections.
    pub(crate) fn bind(at: ListenAt<'_>) -> Result<Self, StartError> {
        match at {
            ListenAt::Tcp(host, port) => bind_host(host, port),
            #[cfg(unix)]
            ListenAt::Unix { path, mode } => match unix::listen(path, mode) {
                Ok((listener, file)) => Ok(Self::Unix(listener, file)),
                Err(error) => Err(StartError::BindPath(path.to_owned(), error)),
            },
            #[cfg(not(unix))]
            ListenAt::Unix { .. } => Err(StartError::NoUnixSockets),
        }
    }

    /// The address, unless it is a path.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(_, address) => Some(*address),
            #[cfg(unix)]
            Self::Unix(..) => None,
        }
    }

    /// Hands the socket to the runtime of this thread.
    pub(crate) fn into_listener(self) -> io::Result<Listener> {
        Ok(match self {
            Self::Tcp(listener, _) => Listener::Tcp(tokio::net::TcpListener::from_std(listener)?),
            #[cfg(unix)]
            Self::Unix(listener, file) => Listener::Unix(tokio::net::UnixListener::from_std(listener)?, file),
        })
    }
}

/// A socket that accepts connections.
pub(crate) enum Listener {
    Tcp(tokio::net::TcpListener),
    #[cfg(unix)]
    Unix(
        tokio::net::UnixListener,
        #[allow(dead_code, reason = "removes the file when it is dropped")] unix::SocketFile,
    ),
}

impl Listener {
    /// The next connection, ready to be handed to another thread.
    pub(crate) async fn accept(&self) -> io::Result<(Accepted, Remote)> {
        match self {
            Self::Tcp(listener) => {
                let (stream, remote) = listener.accept().await?;
                // Small responses must not wait for the peer's acknowledgement of the one before (Nagle's algorithm).
                // It fails where the peer has gone already.
                stream.set_nodelay(true).map_err(|_| io::ErrorKind::ConnectionAborted)?;
                // An IPv4 peer of a dual-stack socket is an IPv4 peer.
                Ok((Accepted::Tcp(stream.into_std()?), Some(remote.ip().to_canonical())))
            }
            #[cfg(unix)]
            Self::Unix(listener, _) => {
                let (stream, _) = listener.accept().await?;
                Ok((Accepted::Unix(stream.into_std()?), None))
            }
        }
    }
}

fn bind_host(host: &str, port: u16) -> Result<Bound, StartError> {
    let unresolved = |error| StartError::Resolve(host.to_owned(), error);
    let addresses = (host, port).to_socket_addrs().map_err(unresolved)?;
    let mut failed = unresolved(io::ErrorKind::NotFound.into());
    for address in addresses {
        match listen(address) {
            Ok((listener, bound)) => return Ok(Bound::Tcp(listener, bound)),
            Err(error) => failed = StartError::Bind(address, error),
        }
    }
    Err(failed)
}

fn listen(address: SocketAddr) -> io::Result<(std::net::TcpListener, SocketAddr)> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // On Windows the option means something else: it lets a second process take the port.
    #[cfg(not(windows))]
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    let listener = std::net::TcpListener::from(socket);
    let bound = listener.local_addr()?;
    Ok((listener, bound))
}

#[cfg(unix)]
mod unix {
    use std::fs;
    use std::io;
    use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
    use std::os::unix::net::UnixListener;
    use std::path::{Path, PathBuf};

    use socket2::{Domain, SockAddr, Socket, Type};

    use super::BACKLOG;

    /// The file of a listening socket, removed when it is dropped.
    pub(crate) struct SocketFile {
        path: PathBuf,
        /// Device and number: another server's file of the same name stays.
        identity: (u64, u64),
    }

    impl Drop for SocketFile {
        fn drop(&mut self) {
            if identity(&self.path).is_ok_and(|identity| identity == self.identity) {
                // Somebody else was faster, or has made the directory read-only: the next server replaces it.
                fs::remove_file(&self.path).ok();
            }
        }
    }

    fn identity(path: &Path) -> io::Result<(u64, u64)> {
        let metadata = fs::symlink_metadata(path)?;
        Ok((metadata.dev(), metadata.ino()))
    }

    pub(super) fn listen(path: &Path, mode: Option<u32>) -> io::Result<(UnixListener, SocketFile)> {
        let address = SockAddr::unix(path)?;
        let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
        socket.set_nonblocking(true)?;
        match socket.bind(&address) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && is_left_behind(path, &address) => {
                fs::remove_file(path)?;
                socket.bind(&address)?;
            }
            bound => bound?,
        }
        let file = SocketFile { path: path.to_owned(), identity: identity(path)? };
        // Until it listens nobody can connect: there is no moment with other permissions.
        if let Some(mode) = mode {
            fs::set_permissions(path, fs::Permissions::from_mode(mode))?;
        }
        socket.listen(BACKLOG)?;
        Ok((socket.into(), file))
    }

    /// Whether the file is a socket that nobody listens on.
    fn is_left_behind(path: &Path, address: &SockAddr) -> bool {
        let is_socket = fs::symlink_metadata(path).is_ok_and(|metadata| metadata.file_type().is_socket());
        // Not blocking: a server whose queue is full is one.
        let refused = Socket::new(Domain::UNIX, Type::STREAM, None)
            .and_then(|socket| socket.set_nonblocking(true).and_then(|()| socket.connect(address)))
            .is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused);
        is_socket && refused
    }
}
