//! A request's body: whole where it is small, else a stream that its reader paces.
//!
//! In: hyper's frames. Out: pieces of bytes within the route's limit. What is not asked for is not read from the socket,
//! so a slow reader slows the sender; the clock counts only the time in which the reader waits for the peer.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use covet_http::Refusal;
use http_body::Body as _;
use hyper::body::Incoming;

use crate::decompress::Decoding;
use crate::gated_io::Verdicts;
use crate::tap::Tapped;

/// The most that is read before the handler is asked: such a body costs its handler no stream, and its sender, however
/// slow, no place among the requests in flight.
const WHOLE: u64 = 64 * 1024;

/// What is read of a body nobody wants, so that the connection can go on: less work than a new connection.
const DRAIN: u64 = 256 * 1024;

/// How long a peer may take to send it.
const DRAIN_TIME: Duration = Duration::from_secs(2);

/// The body of a request, as a handler gets it.
#[derive(Debug)]
pub enum RequestBody {
    /// All of it; empty when there is none.
    Whole(Bytes),
    /// Not read yet, or not all of it.
    Stream(BodyStream),
}

impl RequestBody {
    /// All of it, in one piece.
    pub async fn whole(self) -> Result<Bytes, Refusal> {
        match self {
            Self::Whole(bytes) => Ok(bytes),
            Self::Stream(mut stream) => stream.whole().await,
        }
    }
}

impl Default for RequestBody {
    fn default() -> Self {
        Self::Whole(Bytes::new())
    }
}

/// A body that is read from the peer as it is asked for. It may outlive the answer to its request.
///
/// Dropped before its end, it makes the server close the connection behind the answer; [`BodyStream::drain`] may keep it.
pub struct BodyStream {
    incoming: Incoming,
    /// What takes the body's coding off, where it has one.
    decoding: Option<Box<Decoding>>,
    /// Read already, not handed on.
    ahead: Option<Bytes>,
    /// Bytes that may still come.
    left: u64,
    verdicts: Rc<Verdicts>,
    /// The clock looks only at what is asked for.
    is_paced: bool,
}

impl fmt::Debug for BodyStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BodyStream").field("left", &self.left).finish_non_exhaustive()
    }
}

impl BodyStream {
    /// The body's length, where the peer has told it, less what was handed on; `None` of a body that is decoded.
    pub fn declared_length(&self) -> Option<u64> {
        if self.decoding.is_some() {
            return None;
        }
        let ahead = self.ahead.as_ref().map_or(0, Bytes::len) as u64;
        self.incoming.size_hint().exact().map(|left| left + ahead)
    }

    /// Waits for `work`, for so long at most: whoever is to read the body may have to wait for its turn.
    pub async fn within<F: Future>(&self, time: Duration, work: F) -> Option<F::Output> {
        let mut work = pin!(work);
        let mut sleep = self.verdicts.clock.timer().sleep(time);
        poll_fn(|cx| match work.as_mut().poll(cx) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending => sleep.as_mut().poll(cx).map(|()| None),
        })
        .await
    }

    /// The next piece, `None` at the end. An error is the last item.
    pub async fn next(&mut self) -> Option<Result<Bytes, Refusal>> {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    /// As [`BodyStream::next`], for a caller that polls.
    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Refusal>>> {
        if let Some(ahead) = self.ahead.take() {
            return Poll::Ready(Some(Ok(ahead)));
        }
        let Some(mut decoding) = self.decoding.take() else { return self.poll_peer(cx) };
        let polled = decoding.poll_next(cx, |cx| self.poll_peer(cx));
        self.decoding = Some(decoding);
        polled
    }

    /// The next piece as it was sent.
    fn poll_peer(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Refusal>>> {
        loop {
            // Behind the last byte of a named length nothing is waited for: where the answer is out already, hyper is on to
            // the next request, and says of this one's end only when that comes.
            if self.incoming.is_end_stream() {
                return Poll::Ready(None);
            }
            self.verdicts.is_invited.set(true);
            let polled = Pin::new(&mut self.incoming).poll_frame(cx);
            let is_drawn = self.verdicts.tapping.borrow_mut().opened().is_some();
            if self.is_paced && !is_drawn {
                self.verdicts.clock.on_body_wanted(polled.is_pending());
            }
            return Poll::Ready(match std::task::ready!(polled) {
                None => None,
                Some(Err(_)) => Some(Err(self.verdicts.refused_body.get().unwrap_or(Refusal::IncompleteRequest))),
                Some(Ok(frame)) => {
                    // Trailers: checked by the gate, of no further use.
                    let Ok(mut data) = frame.into_data() else { continue };
                    let drawn = self.verdicts.tapping.borrow_mut().take_stand_ins(data.len());
                    if drawn > 0 {
                        self.left -= drawn as u64;
                        data.advance(drawn);
                        if data.is_empty() {
                            continue;
                        }
                    }
                    match self.left.checked_sub(data.len() as u64) {
                        Some(left) => {
                            self.left = left;
                            Some(Ok(data))
                        }
                        None => Some(Err(Refusal::PayloadTooLarge)),
                    }
                }
            });
        }
    }

    /// Its reader is on another thread, and would rather draw the body from the socket: where that can be, and while more is
    /// to come, [`BodyStream::poll_tap`] gives it a tap.
    pub fn ask_for_tap(&self) {
        if self.decoding.is_none() {
            self.verdicts.tapping.borrow_mut().ask();
        }
    }

    /// The tap that was asked for, once nothing of the body waits here, and later word that something has come for it. Else
    /// the task is woken when there is one. To be asked behind [`BodyStream::poll_next`], which has the end.
    pub fn poll_tap(&self, cx: &Context<'_>) -> Option<Tapped> {
        let left = self.ahead.is_none().then(|| self.incoming.size_hint().exact()).flatten();
        self.verdicts.tapping.borrow_mut().poll(cx, left)
    }

    /// Reads what is left and forgets it, as long as it is little and comes soon.
    pub async fn drain(mut self) {
        // What nobody wants need not be decoded.
        if self.decoding.take().is_some() {
            self.ahead = None;
        }
        let mut left = DRAIN.min(self.left);
        let drawn = self.verdicts.tapping.borrow_mut().on_their_way();
        if self.declared_length().is_some_and(|length| length - drawn > left) {
            return;
        }
        let mut sleep = self.verdicts.clock.timer().sleep(DRAIN_TIME);
        poll_fn(|cx| {
            if sleep.as_mut().poll(cx).is_ready() {
                return Poll::Ready(());
            }
            loop {
                match std::task::ready!(self.poll_next(cx)) {
                    Some(Ok(data)) => match left.checked_sub(data.len() as u64) {
                        Some(less) => left = less,
                        None => return Poll::Ready(()),
                    },
                    Some(Err(_)) | None => return Poll::Ready(()),
                }
            }
        })
        .await;
    }

    /// From here on its reader sets the pace.
    fn paced(mut self) -> Self {
        self.is_paced = true;
        self.verdicts.clock.on_body_wanted(false);
        self
    }

    /// All of it, in one piece. A body that came with its head in one piece is handed on uncopied.
    async fn whole(&mut self) -> Result<Bytes, Refusal> {
        let Some(first) = self.next().await.transpose()? else { return Ok(Bytes::new()) };
        let Some(second) = self.next().await.transpose()? else { return Ok(first) };
        let mut joined = BytesMut::with_capacity(first.len() + second.len().max(first.len()));
        joined.extend_from_slice(&first);
        joined.extend_from_slice(&second);
        while let Some(more) = self.next().await.transpose()? {
            joined.extend_from_slice(&more);
        }
        Ok(joined.freeze())
    }

    /// A coded body that was sent whole: all of it where that is little, else what a small body may have, and the rest as
    /// it is asked for.
    async fn decode_ahead(mut self, mut decoding: Box<Decoding>) -> Result<RequestBody, Refusal> {
        decoding.put_all(self.whole().await?);
        self.decoding = Some(decoding);
        let mut ahead = BytesMut::new();
        while let Some(piece) = self.next().await.transpose()? {
            if ahead.is_empty() {
                ahead = piece.into();
            } else {
                ahead.extend_from_slice(&piece);
            }
            if ahead.len() as u64 > WHOLE {
                self.ahead = Some(ahead.freeze());
                return Ok(RequestBody::Stream(self.paced()));
            }
        }
        Ok(RequestBody::Whole(ahead.freeze()))
    }

    /// What has come with the head already, without waiting for more: all of a short body of unknown length.
    async fn read_ahead(mut self) -> Result<RequestBody, Refusal> {
        let mut ahead = BytesMut::new();
        let mut turns = 0;
        let ended = poll_fn(|cx| {
            loop {
                match self.poll_next(cx) {
                    Poll::Ready(None) => return Poll::Ready(Ok(true)),
                    Poll::Ready(Some(Err(refusal))) => return Poll::Ready(Err(refusal)),
                    Poll::Ready(Some(Ok(data))) => {
                        ahead.extend_from_slice(&data);
                        if ahead.len() as u64 > WHOLE {
                            return Poll::Ready(Ok(false));
                        }
                    }
                    // hyper hands a body on once it has been asked for, and it has had a turn.
                    Poll::Pending if turns < 2 => {
                        turns += 1;
                        cx.waker().wake_by_ref();
                        return Poll::Pending;
                    }
                    Poll::Pending => return Poll::Ready(Ok(false)),
                }
            }
        })
        .await?;
        if ended {
            return Ok(RequestBody::Whole(ahead.freeze()));
        }
        self.ahead = (!ahead.is_empty()).then(|| ahead.freeze());
        Ok(RequestBody::Stream(self.paced()))
    }
}

/// Reads a body that no handler gets, within bounds; whether it has come to its end, so that the connection can go on.
pub(crate) async fn pass_over(incoming: Incoming, verdicts: &Rc<Verdicts>) -> bool {
    let length = incoming.size_hint();
    if length.lower() > DRAIN {
        return false;
    }
    let mut body = BodyStream {
        incoming,
        decoding: None,
        ahead: None,
        left: DRAIN,
        verdicts: Rc::clone(verdicts),
        is_paced: false,
    };
    let mut has_ended = false;
    let reading = poll_fn(|cx| {
        loop {
            match std::task::ready!(body.poll_next(cx)) {
                Some(Ok(_)) => {}
                end => {
                    has_ended = end.is_none();
                    return Poll::Ready(());
                }
            }
        }
    });
    let mut reading = pin!(reading);
    let mut sleep = verdicts.clock.timer().sleep(DRAIN_TIME);
    poll_fn(|cx| if reading.as_mut().poll(cx).is_ready() { Poll::Ready(()) } else { sleep.as_mut().poll(cx) }).await;
    has_ended
}

/// The body of a request as its handler gets it.
///
/// A declared length above `limit` is refused before a byte is read, so no `100 Continue` invites it. With `expects` the
/// peer waits for that invitation, which is sent when the body is first asked for: by the handler, if at all.
pub(crate) async fn open_body(
    incoming: Incoming,
    decoding: Option<Box<Decoding>>,
    limit: u64,
    expects: bool,
    verdicts: &Rc<Verdicts>,
) -> Result<RequestBody, Refusal> {
    verdicts.is_invited.set(false);
    verdicts.tapping.take();
    let length = incoming.size_hint();
    if length.lower() > limit {
        return Err(Refusal::PayloadTooLarge);
    }
    let mut stream =
        BodyStream { incoming, decoding, ahead: None, left: limit, verdicts: Rc::clone(verdicts), is_paced: false };
    let is_refused = stream.decoding.as_ref().is_some_and(|decoding| decoding.is_refused());
    match length.exact() {
        _ if expects || is_refused => Ok(RequestBody::Stream(stream.paced())),
        Some(length) if length <= WHOLE => match stream.decoding.take() {
            Some(decoding) => stream.decode_ahead(decoding).await,
            None => stream.whole().await.map(RequestBody::Whole),
        },
        Some(_) => Ok(RequestBody::Stream(stream.paced())),
        None => stream.read_ahead().await,
    }
}
