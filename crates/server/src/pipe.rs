//! A connection without a socket.
//!
//! In: a [`Pipe`], whatever carries bytes to and from a peer of the same process. Out: what a connection reads and
//! writes, with a socket's manners: an end is an end, a peer that has gone is an error, and a slow one is waited for.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Carries bytes between the server and a peer of the same process. Dropped, it tells the peer that nobody is there.
pub trait Pipe: Send + Unpin + 'static {
    /// The next bytes of the peer; `None` once it has ended. Fails where the peer has broken off.
    fn poll_take(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Option<Bytes>>>;

    /// Ready when the peer takes more. Fails where it never will.
    fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Hands bytes to the peer; only when [`Pipe::poll_room`] was ready.
    fn put(&mut self, bytes: Bytes);

    /// Nothing more will be put.
    fn finish(&mut self);
}

/// A pipe of any kind, as a stream of bytes both ways.
pub(crate) struct PipeIo {
    pipe: Box<dyn Pipe>,
    /// Taken from the peer, and not read yet.
    rest: Bytes,
}

impl fmt::Debug for PipeIo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PipeIo").field("rest", &self.rest.len()).finish_non_exhaustive()
    }
}

impl PipeIo {
    pub(crate) fn new(pipe: impl Pipe) -> Self {
        Self { pipe: Box::new(pipe), rest: Bytes::new() }
    }
}

impl AsyncRead for PipeIo {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        while this.rest.is_empty() {
            match ready!(this.pipe.poll_take(cx))? {
                Some(bytes) => this.rest = bytes,
                None => return Poll::Ready(Ok(())),
            }
        }
        let amount = this.rest.len().min(out.remaining());
        out.put_slice(&this.rest.split_to(amount));
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for PipeIo {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        ready!(this.pipe.poll_room(cx))?;
        this.pipe.put(Bytes::copy_from_slice(bytes));
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().pipe.finish();
        Poll::Ready(Ok(()))
    }
}
