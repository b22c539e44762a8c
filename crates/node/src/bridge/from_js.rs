//! Bytes on their way from JavaScript: the body of a reply that comes in pieces.
//!
//! JavaScript puts pieces in and is told when more than [`WINDOW`] bytes wait; it then waits for the bell. hyper takes
//! what waits as fast as the peer does.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use atomic_waker::AtomicWaker;
use bytes::{Bytes, BytesMut};
use covet_server::BodyError;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};

use super::ready::Bell;

/// Bytes that may wait for the peer.
const WINDOW: usize = 256 * 1024;

/// Pieces up to this size together leave as one: a chunk's frame and a write cost more than the copy.
const JOIN: usize = 32 * 1024;

/// A bounded flow of bytes from JavaScript to an I/O thread.
#[derive(Debug)]
pub(crate) struct FromJs {
    state: Mutex<State>,
    /// The I/O thread's task that sends.
    taker: AtomicWaker,
    bell: Bell,
}

#[derive(Debug, Default)]
struct State {
    pieces: VecDeque<Bytes>,
    bytes: usize,
    end: Option<End>,
    /// JavaScript waits for room.
    is_awaited: bool,
    /// Nobody takes anything any more: it was sent, or the peer has gone.
    is_closed: bool,
}

impl State {
    /// What goes into the next write: all of it where that is little, else the oldest piece.
    fn next_piece(&mut self) -> Bytes {
        let piece = if self.bytes <= JOIN && self.pieces.len() > 1 {
            let mut joined = BytesMut::with_capacity(self.bytes);
            self.pieces.drain(..).for_each(|piece| joined.extend_from_slice(&piece));
            joined.freeze()
        } else {
            self.pieces.pop_front().unwrap_or_default()
        };
        self.bytes -= piece.len();
        piece
    }
}

#[derive(Debug)]
enum End {
    Complete(Option<HeaderMap>),
    /// What was sent must not look complete.
    Broken,
}

impl FromJs {
    pub(crate) fn new(bell: Bell) -> Arc<Self> {
        Arc::new(Self { state: Mutex::default(), taker: AtomicWaker::new(), bell })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number under which the bell rings.
    pub(crate) fn id(&self) -> u32 {
        self.bell.id()
    }

    /// Adds a piece; `false` where the writer should wait for the bell, or stop.
    pub(crate) fn put(&self, piece: Bytes) -> bool {
        let mut state = self.state();
        self.bell.rearm();
        if state.is_closed || state.end.is_some() {
            return false;
        }
        state.bytes += piece.len();
        state.pieces.push_back(piece);
        state.is_awaited = state.bytes >= WINDOW;
        let goes_on = !state.is_awaited;
        drop(state);
        self.bell.wake(&self.taker);
        goes_on
    }

    /// Whether a writer that was told to wait may go on.
    pub(crate) fn has_room(&self) -> bool {
        self.bell.rearm();
        !self.state().is_awaited
    }

    /// Whether the peer takes nothing any more.
    pub(crate) fn is_closed(&self) -> bool {
        self.bell.rearm();
        self.state().is_closed
    }

    /// Nothing more will come. The first word counts.
    pub(crate) fn finish(&self, trailers: Option<HeaderMap>) {
        self.state().end.get_or_insert(End::Complete(trailers));
        self.bell.wake(&self.taker);
    }

    /// It breaks off: the peer must notice.
    pub(crate) fn break_off(&self) {
        self.state().end.get_or_insert(End::Broken);
        self.bell.wake(&self.taker);
    }

    /// Nobody takes anything any more; with `is_sent` because all that the reply said it has was taken. On the I/O thread.
    pub(crate) fn close(&self, is_sent: bool) {
        let mut state = self.state();
        let was_open = !is_sent && (state.end.is_none() || !state.pieces.is_empty());
        state.is_closed = true;
        state.pieces = VecDeque::new();
        drop(state);
        if was_open {
            self.bell.ring();
        }
    }

    /// The next bytes, without a word of trailers; `None` at the end. Fails where it breaks off.
    pub(crate) fn poll_take(&self, cx: &Context<'_>) -> Poll<Result<Option<Bytes>, BodyError>> {
        self.poll(cx).map(|frame| Ok(frame.transpose()?.and_then(|frame| frame.into_data().ok())))
    }

    fn poll(&self, cx: &Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        self.taker.register(cx.waker());
        let mut state = self.state();
        if state.pieces.is_empty() {
            return match &mut state.end {
                None => Poll::Pending,
                Some(End::Broken) => Poll::Ready(Some(Err("the reply broke off".into()))),
                Some(End::Complete(trailers)) => {
                    Poll::Ready(trailers.take().map(|trailers| Ok(Frame::trailers(trailers))))
                }
            };
        }
        let piece = state.next_piece();
        let was_awaited = state.is_awaited && state.bytes < WINDOW / 2;
        if was_awaited {
            state.is_awaited = false;
        }
        drop(state);
        if was_awaited {
            self.bell.ring();
        }
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    /// Whether all of it has been taken.
    fn is_spent(&self) -> bool {
        let state = self.state();
        state.pieces.is_empty() && matches!(state.end, Some(End::Complete(None)))
    }
}

/// What hyper sends of a flow. Dropped, it tells JavaScript that nobody listens any more.
#[derive(Debug)]
pub(crate) struct FlowBody {
    flow: Arc<FromJs>,
    /// Bytes still to come, where the reply has named its length.
    left: Option<u64>,
}

impl FlowBody {
    pub(crate) fn new(flow: Arc<FromJs>, length: Option<u64>) -> Self {
        Self { flow, left: length }
    }
}

impl Body for FlowBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = self.get_mut();
        let frame = std::task::ready!(this.flow.poll(cx));
        Poll::Ready(match (frame, this.left) {
            // hyper would send what is too much as the beginning of the next answer.
            (Some(Ok(frame)), Some(left)) => {
                let less = left.checked_sub(frame.data_ref().map_or(0, Bytes::len) as u64);
                this.left = less.or(Some(0));
                Some(less.map(|_| frame).ok_or_else(|| "the reply is longer than it said".into()))
            }
            (None, Some(left)) if left > 0 => Some(Err("the reply is shorter than it said".into())),
            (frame, _) => frame,
        })
    }

    fn is_end_stream(&self) -> bool {
        self.left.is_none_or(|left| left == 0) && self.flow.is_spent()
    }

    fn size_hint(&self) -> SizeHint {
        self.left.map(SizeHint::with_exact).unwrap_or_default()
    }
}

impl Drop for FlowBody {
    fn drop(&mut self) {
        // hyper asks for nothing behind the last byte of a named length: that is no client that has gone.
        self.flow.close(self.left == Some(0));
    }
}
