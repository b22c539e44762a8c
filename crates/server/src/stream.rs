//! A connection's socket, whichever kind it is.

use std::io;
use std::mem::MaybeUninit;
use std::net::IpAddr;
#[cfg(unix)]
use std::os::fd::AsFd;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use hyper_util::rt::TokioIo;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};

use crate::gated_io::CountedRead;
use crate::pipe::PipeIo;
use crate::socket::{HasSocket, Socket};

/// Who is on the other end: an address, or nobody known, on a Unix socket.
pub type Remote = Option<IpAddr>;

/// A connection between threads.
#[derive(Debug)]
pub(crate) enum Accepted {
    Tcp(std::net::TcpStream),
    #[cfg(unix)]
    Unix(std::os::unix::net::UnixStream),
    Pipe(PipeIo),
}

impl Accepted {
    /// Hands the connection to the runtime of this thread.
    pub(crate) fn into_stream(self) -> io::Result<Stream> {
        Ok(match self {
            Self::Tcp(stream) => Stream::Tcp(tokio::net::TcpStream::from_std(stream)?),
            #[cfg(unix)]
            Self::Unix(stream) => Stream::Unix(tokio::net::UnixStream::from_std(stream)?),
            Self::Pipe(pipe) => Stream::Pipe(pipe),
        })
    }
}

/// A connection of this thread's. One type for both, so that everything around it exists once.
pub(crate) enum Stream {
    Tcp(tokio::net::TcpStream),
    #[cfg(unix)]
    Unix(tokio::net::UnixStream),
    Pipe(PipeIo),
}

impl HasSocket for TokioIo<CountedStream> {
    fn fault(&self) -> Option<io::Error> {
        match &self.inner().stream {
            Stream::Tcp(stream) => stream.take_error().unwrap_or_else(Some),
            #[cfg(unix)]
            Stream::Unix(stream) => stream.take_error().unwrap_or_else(Some),
            Stream::Pipe(_) => None,
        }
    }

    #[cfg(unix)]
    fn socket(&self) -> Option<Socket> {
        match &self.inner().stream {
            Stream::Tcp(stream) => Some(Socket::Tcp(stream.as_fd().try_clone_to_owned().ok()?.into())),
            Stream::Unix(stream) => Some(Socket::Unix(stream.as_fd().try_clone_to_owned().ok()?.into())),
            Stream::Pipe(_) => None,
        }
    }

    // Nothing but Unix promises that two handles of a socket act as one; there the bytes are copied piece by piece.
    #[cfg(not(unix))]
    fn socket(&self) -> Option<Socket> {
        None
    }

    fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<()> {
        // What the runtime knows is of its own reads: another hold on the socket may have emptied it. A byte is looked at, so
        // that it knows better.
        let mut byte = [MaybeUninit::uninit()];
        macro_rules! look {
            ($stream:expr) => {
                while ready!($stream.poll_read_ready(cx)).is_ok() {
                    match $stream.try_io(Interest::READABLE, || SockRef::from($stream).peek(&mut byte)) {
                        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                        _ => break,
                    }
                }
            };
        }
        match &self.inner().stream {
            Stream::Tcp(stream) => look!(stream),
            #[cfg(unix)]
            Stream::Unix(stream) => look!(stream),
            Stream::Pipe(_) => {}
        }
        Poll::Ready(())
    }
}

/// A connection that knows how much was read from it.
pub(crate) struct CountedStream {
    stream: Stream,
    read: u64,
}

impl CountedStream {
    pub(crate) fn new(stream: Stream) -> Self {
        Self { stream, read: 0 }
    }
}

impl CountedRead for TokioIo<CountedStream> {
    fn read_so_far(&self) -> u64 {
        self.inner().read
    }
}

/// Calls the same method of whichever it is.
macro_rules! each {
    ($stream:expr, $inner:ident => $call:expr) => {
        match $stream {
            Stream::Tcp($inner) => $call,
            #[cfg(unix)]
            Stream::Unix($inner) => $call,
            Stream::Pipe($inner) => $call,
        }
    };
}

impl AsyncRead for CountedStream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        let polled = each!(&mut this.stream, stream => Pin::new(stream).poll_read(cx, buffer));
        this.read += (buffer.filled().len() - before) as u64;
        polled
    }
}

impl AsyncWrite for CountedStream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        each!(&mut self.get_mut().stream, stream => Pin::new(stream).poll_write(cx, bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        each!(&mut self.get_mut().stream, stream => Pin::new(stream).poll_write_vectored(cx, slices))
    }

    fn is_write_vectored(&self) -> bool {
        each!(&self.stream, stream => stream.is_write_vectored())
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(&mut self.get_mut().stream, stream => Pin::new(stream).poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(&mut self.get_mut().stream, stream => Pin::new(stream).poll_shutdown(cx))
    }
}
