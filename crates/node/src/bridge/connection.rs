//! The server's handler: each connection is bound to one JS thread, whose slots carry its requests.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use covet_http::Refusal;
use covet_router::Router;
use covet_server::io_threads::Spawn;
use covet_server::{
    BodyStream, Call, ConnectionHandler, Handler, RefusedRequest, Remote, ReplyBody, RequestBody, Tapped,
};
use covet_uploads::{UploadError, gather};
use http::Response;

use super::body_places::BodyPlace;
use super::port::LocalPort;
use super::request::{Content, write_request};
use super::response::read_reply;
use super::shard::{Shard, Shards};
use super::to_js::{End, Gathering, ToJs};

/// One I/O thread's way to all JS threads.
pub(crate) struct BridgeHandler(Rc<Thread>);

struct Thread {
    number: usize,
    shards: Arc<Shards>,
    router: Arc<Router>,
    spawn: Spawn,
    /// This thread's ports of the shards, each made when it is first needed.
    ports: RefCell<Vec<Rc<LocalPort>>>,
}

impl BridgeHandler {
    /// The handler of I/O thread `number`.
    pub(crate) fn new(number: usize, shards: Arc<Shards>, router: Arc<Router>, spawn: Spawn) -> Self {
        Self(Rc::new(Thread { number, shards, router, spawn, ports: RefCell::default() }))
    }
}

impl Handler for BridgeHandler {
    type Connection = BridgeConnection;

    fn connect(&self, _remote: Remote) -> Option<BridgeConnection> {
        let seat = self.0.seat()?;
        Some(BridgeConnection { thread: Rc::clone(&self.0), seat: RefCell::new(seat) })
    }
}

impl Thread {
    /// A place on the JS thread with the fewest connections.
    ///
    /// By connection, not by request: a client's requests stay in order on one thread, whose caches know it.
    fn seat(self: &Rc<Self>) -> Option<Rc<Seat>> {
        let port = self.port(self.shards.least_busy()?);
        port.shard.connections.fetch_add(1, Ordering::Relaxed);
        Some(Rc::new(Seat(port)))
    }

    fn port(&self, shard: Arc<Shard>) -> Rc<LocalPort> {
        let mut ports = self.ports.borrow_mut();
        // Those of JS threads that have gone hold the memory of a whole shard.
        ports.retain(|port| port.shard.is_alive());
        if let Some(port) = ports.iter().find(|port| Arc::ptr_eq(&port.shard, &shard)) {
            return Rc::clone(port);
        }
        let port = LocalPort::new(shard, self.number);
        (self.spawn)(Box::pin(Rc::clone(&port).pump()));
        ports.push(Rc::clone(&port));
        port
    }
}

/// A connection's place on a JS thread, counted there while it is held.
struct Seat(Rc<LocalPort>);

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.shard.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

pub(crate) struct BridgeConnection {
    thread: Rc<Thread>,
    seat: RefCell<Rc<Seat>>,
}

impl BridgeConnection {
    /// The connection's seat; another one if its JS thread has gone since.
    fn seat(&self) -> Option<Rc<Seat>> {
        let seat = Rc::clone(&self.seat.borrow());
        if seat.0.shard.is_alive() {
            return Some(seat);
        }
        let seat = self.thread.seat()?;
        *self.seat.borrow_mut() = Rc::clone(&seat);
        Some(seat)
    }
}

impl ConnectionHandler for BridgeConnection {
    async fn handle(&self, mut call: Call<'_>) -> Result<Response<ReplyBody>, Refusal> {
        let seat = self.seat().ok_or(Refusal::ServiceUnavailable)?;
        // Before the slot: who waits for leave to upload holds none.
        let place = match &call.body {
            RequestBody::Whole(_) => None,
            RequestBody::Stream(body) => {
                let taken = body.within(PATIENCE, seat.0.body_places.take()).await;
                Some(Held::new(taken.ok_or(Refusal::TooManyUploads)?))
            }
        };
        let slot = seat.0.acquire().await.map_err(|_| Refusal::ServiceUnavailable)?;
        let mut unread = None;
        let content = match std::mem::take(&mut call.body) {
            RequestBody::Whole(bytes) => Content::Whole(bytes),
            RequestBody::Stream(body) => {
                let flow = slot.flow_to_js();
                (self.thread.spawn)(Box::pin(fill(body, Arc::clone(&flow), place.clone())));
                unread = Some(Unread(Arc::clone(&flow)));
                Content::Flow(flow)
            }
        };
        write_request(&slot, &call, content, &self.thread.router);
        let slot = slot.ask().await.map_err(|_| Refusal::ServiceUnavailable)?;
        // The slot is free again, however long the body goes on.
        place.iter().for_each(Held::leave);
        let response = read_reply(&slot)?;
        // A body may be read for as long as the answer is being sent.
        Ok(match (unread, response) {
            (Some(unread), response) if matches!(response.body(), ReplyBody::Stream(_)) => {
                response.map(|body| body.on_end(move || drop(unread)))
            }
            (_, response) => response,
        })
    }

    fn refused(&self, refused: RefusedRequest) {
        if let Some(seat) = self.seat() {
            seat.0.shard.refuse(seat.0.number(), refused);
        }
    }
}

/// How long a request waits for its turn to send its body, as long as others send theirs.
const PATIENCE: Duration = Duration::from_secs(5);

/// A request's place among those whose bodies still come: given up when its body has come, or when it is answered.
#[derive(Clone)]
struct Held(Rc<Cell<Option<BodyPlace>>>);

impl Held {
    fn new(place: BodyPlace) -> Self {
        Self(Rc::new(Cell::new(Some(place))))
    }

    fn leave(&self) {
        drop(self.0.take());
    }
}

/// Moves a body to JavaScript, as fast as it is taken there. What nobody wants is read away, within bounds.
async fn fill(mut body: BodyStream, flow: Arc<ToJs>, place: Option<Held>) {
    let goes_on = {
        let _end = EndOnPanic(&flow);
        pass_on(&mut body, &flow).await
    };
    place.iter().for_each(Held::leave);
    if goes_on {
        body.drain().await;
    }
}

/// Moves a body to JavaScript; whether there may be more of it, which nobody wants.
async fn pass_on(body: &mut BodyStream, flow: &ToJs) -> bool {
    if !flow.opened().await {
        return true;
    }
    if let Some(gathering) = flow.take_gathering() {
        gather_form(body, flow, &gathering).await;
        return true;
    }
    body.ask_for_tap();
    let mut filling = Filling { body, flow, has_looked: false };
    let Some(end) = poll_fn(|cx| filling.poll(cx)).await else { return true };
    flow.end(end);
    false
}

/// Ends a flow whose task panics, so that JavaScript does not wait for it for ever.
struct EndOnPanic<'a>(&'a ToJs);

impl Drop for EndOnPanic<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.put_form(Err(UploadError::Body(Refusal::Internal)));
            self.0.end(End::Refused(Refusal::Internal));
        }
    }
}

/// A body on its way to JavaScript.
struct Filling<'a> {
    body: &'a mut BodyStream,
    flow: &'a ToJs,
    /// Nothing more was there a turn ago.
    has_looked: bool,
}

impl Filling<'_> {
    /// Moves what there is, and tells of it once there is no more; ready with the end, or without where nobody wants it.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<End>> {
        loop {
            match self.flow.poll_room(cx) {
                Poll::Ready(true) => {}
                Poll::Ready(false) => return Poll::Ready(None),
                Poll::Pending => break,
            }
            match self.body.poll_next(cx) {
                Poll::Ready(Some(Ok(piece))) => {
                    self.has_looked = false;
                    self.flow.put(piece);
                }
                Poll::Ready(Some(Err(refusal))) => return Poll::Ready(Some(End::Refused(refusal))),
                Poll::Ready(None) => return Poll::Ready(Some(End::Complete)),
                // hyper hands one piece on at a time, and reads the next in its own turn.
                Poll::Pending if !self.has_looked => {
                    self.has_looked = true;
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Poll::Pending => break,
            }
        }
        self.flow.tell();
        match self.body.poll_tap(cx) {
            Some(Tapped::Open(tap)) => self.flow.open_tap(tap),
            Some(Tapped::HasCome) => self.flow.tell_of_tap(),
            None => {}
        }
        Poll::Pending
    }
}

/// Gathers a body as a form; its files never cross.
async fn gather_form(body: &mut BodyStream, flow: &ToJs, gathering: &Gathering) {
    let Gathering { boundary, options, spool } = gathering;
    // Where nobody wants it any more it ends in mid-form, and what there is of it is let go.
    let outcome = gather(boundary, options, spool, async || next_wanted(body, flow).await.flatten()).await;
    flow.put_form(outcome);
}

/// The body's next piece; `None` where nobody wants more, `Some(None)` at its end.
async fn next_wanted(body: &mut BodyStream, flow: &ToJs) -> Option<Option<Result<Bytes, Refusal>>> {
    poll_fn(|cx| if flow.poll_cancelled(cx) { Poll::Ready(None) } else { body.poll_next(cx).map(Some) }).await
}

/// A body that JavaScript may still ask for. Dropped, it is too late for that.
struct Unread(Arc<ToJs>);

impl Drop for Unread {
    fn drop(&mut self) {
        if !self.0.is_open() {
            self.0.cancel();
        }
    }
}
