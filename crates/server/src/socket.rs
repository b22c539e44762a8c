//! A connection's socket, as other threads use it: to send a body that they have, or to read one that they want.
//!
//! In: a second hold on the socket. Out: its bytes both ways, without waiting. When to try again the connection says, which
//! alone watches the socket.

use std::io::{self, IoSlice, Write};
use std::mem::MaybeUninit;
use std::task::{Context, Poll};
use std::time::Duration;

use socket2::SockRef;

/// A connection's socket, to send and read from another thread.
#[derive(Debug)]
pub enum Socket {
    /// Of TCP.
    Tcp(std::net::TcpStream),
    /// Of this machine.
    #[cfg(unix)]
    Unix(std::os::unix::net::UnixStream),
}

impl Socket {
    /// Sends `ahead` and then `body`; how many bytes of both together it took, which may be none.
    pub fn send(&self, ahead: &[u8], body: &[u8]) -> io::Result<usize> {
        let slices = [IoSlice::new(ahead), IoSlice::new(body)];
        loop {
            let sent = match self {
                Self::Tcp(socket) => (&mut &*socket).write_vectored(&slices),
                #[cfg(unix)]
                Self::Unix(socket) => (&mut &*socket).write_vectored(&slices),
            };
            match sent {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(0),
                sent => return sent,
            }
        }
    }

    /// How many bytes have come; none also at the end, and after a failure.
    #[cfg(unix)]
    pub(crate) fn come(&self) -> usize {
        let come = match self {
            Self::Tcp(socket) => rustix::io::ioctl_fionread(socket),
            Self::Unix(socket) => rustix::io::ioctl_fionread(socket),
        };
        usize::try_from(come.unwrap_or(0)).unwrap_or(usize::MAX)
    }

    /// Nobody else reads from a socket there: see [`HasSocket::socket`].
    #[cfg(not(unix))]
    pub(crate) fn come(&self) -> usize {
        0
    }

    /// Whether nothing has come only because the peer takes its time. Else a read would find something, were it the end.
    pub(crate) fn is_waited_for(&self) -> bool {
        let mut byte = [MaybeUninit::uninit()];
        self.hold().peek(&mut byte).is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
    }

    /// Fills `buffer`, for which enough has come.
    pub(crate) fn receive(&self, mut buffer: &mut [MaybeUninit<u8>]) -> io::Result<()> {
        while !buffer.is_empty() {
            match self.hold().recv(buffer) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(amount) => buffer = &mut buffer[amount..],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn hold(&self) -> SockRef<'_> {
        match self {
            Self::Tcp(socket) => SockRef::from(socket),
            #[cfg(unix)]
            Self::Unix(socket) => SockRef::from(socket),
        }
    }

    /// Has the close of the socket tell the peer that it was no end in order: with a reset, where there is such a thing.
    pub(crate) fn reset_on_close(&self) {
        match self {
            // Where it cannot be set the socket is broken already, and so its peer is told.
            Self::Tcp(socket) => drop(SockRef::from(socket).set_linger(Some(Duration::ZERO))),
            #[cfg(unix)]
            Self::Unix(_) => {}
        }
    }
}

/// A stream that may have a socket to lend to.
pub trait HasSocket {
    /// A second hold on the socket; `None` where there is none, or none can be had.
    fn socket(&self) -> Option<Socket>;

    /// Waits until a read would find something, were it the end, without reading.
    fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<()>;

    /// Why the connection is over, where the system knows that already: a reset shows without reading.
    fn fault(&self) -> Option<io::Error>;
}
