//! Closes a socket without losing what was last written to it.
//!
//! Closing with unread input makes the kernel send a reset, which can destroy the response on its way (RFC 9112 9.6).
//! So the sending half is closed first, and what the peer still sends is read for a moment.

use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::rt::{Read, ReadBuf, Sleep, Timer, Write};

/// How long a peer that goes on sending is listened to, and for how many bytes: enough for what was on its way. The kernels
/// of both ends together hold up to 10 MiB of an upload by Linux's defaults (`tcp_rmem`, `tcp_wmem`).
const TIME: Duration = Duration::from_secs(1);
const BYTES: usize = 16 * 1024 * 1024;

#[derive(Default)]
pub(crate) struct Linger {
    /// Set once the sending half is closed.
    listening: Option<Listening>,
}

struct Listening {
    sleep: Pin<Box<dyn Sleep>>,
    left: usize,
}

impl Linger {
    /// Closes the sending half, then waits for the peer to end, or for the time or the bytes to run out.
    pub(crate) fn poll<I: Read + Write + Unpin>(
        &mut self,
        io: &mut I,
        timer: &Rc<dyn Timer>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        if self.listening.is_none() {
            ready!(Pin::new(&mut *io).poll_shutdown(cx))?;
        }
        let listening = self.listening.get_or_insert_with(|| Listening { sleep: timer.sleep(TIME), left: BYTES });
        let mut sink = [0; 16 * 1024];
        loop {
            if listening.sleep.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Ok(()));
            }
            let mut buffer = ReadBuf::new(&mut sink);
            ready!(Pin::new(&mut *io).poll_read(cx, buffer.unfilled()))?;
            let amount = buffer.filled().len();
            listening.left = listening.left.saturating_sub(amount);
            if amount == 0 || listening.left == 0 {
                return Poll::Ready(Ok(()));
            }
        }
    }
}
