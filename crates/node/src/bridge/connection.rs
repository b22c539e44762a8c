//! The server's handler: each connection is bound to one JS thread, whose slots carry its requests.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use covet_http::Refusal;
use covet_router::Router;
use covet_server::io_threads::Spawn;
use covet_server::{Call, ConnectionHandler, Handler, RefusedRequest, ReplyBody};
use http::Response;

use super::port::LocalPort;
use super::request::write_request;
use super::response::read_reply;
use super::shard::{Shard, Shards};

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

    fn connect(&self, remote: SocketAddr) -> Option<BridgeConnection> {
        let seat = self.0.seat()?;
        Some(BridgeConnection { thread: Rc::clone(&self.0), seat: RefCell::new(seat), remote })
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
    remote: SocketAddr,
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
    async fn handle(&self, call: Call<'_>) -> Result<Response<ReplyBody>, Refusal> {
        let seat = self.seat().ok_or(Refusal::ServiceUnavailable)?;
        let slot = seat.0.acquire().await.map_err(|_| Refusal::ServiceUnavailable)?;
        write_request(&slot, &call, self.remote, &self.thread.router);
        let slot = slot.ask().await.map_err(|_| Refusal::ServiceUnavailable)?;
        read_reply(&slot)
    }

    fn refused(&self, refused: RefusedRequest) {
        if let Some(seat) = self.seat() {
            seat.0.shard.refuse(seat.0.number(), refused);
        }
    }
}
