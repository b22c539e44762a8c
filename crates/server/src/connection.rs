//! One connection, from its first byte to its close.
//!
//! In: a socket, a handler and a timer. Out: nothing; every request is answered in order. Pipelined heads wait in
//! hyper's buffer and, once that is full, in the kernel, which is the back-pressure.

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use covet_http::{Gate, Refusal};
use covet_router::Router;
use hyper::rt::{Sleep, Timer, Write};
use hyper::server::conn::http1;
use hyper::service::service_fn;

use crate::client::Client;
use crate::clock::{Clock, Expiry};
use crate::drain::Drain;
use crate::files::Blocking;
use crate::gated_io::{CountedRead, GatedIo, Verdicts};
use crate::handler::ConnectionHandler;
use crate::options::ServerOptions;
use crate::service::Service;
use crate::socket::HasSocket;

/// hyper keeps unparsed input and unsent output each within this: pipelined requests above it wait in the kernel.
/// hyper's least is 8 KiB; a head may be 16.
const BUFFER: usize = 64 * 1024;

/// What a connection shares with the others of its I/O thread.
#[derive(Clone)]
pub struct ConnectionSeat {
    /// The routes.
    pub router: Arc<Router>,
    /// Limits and policies.
    pub options: Rc<ServerOptions>,
    /// Tells it when the server closes.
    pub drain: Rc<Drain>,
    /// Tells it the time.
    pub timer: Rc<dyn Timer>,
    /// Does for it what may block.
    pub blocking: Blocking,
}

/// Serves one connection until it closes.
///
/// Names no runtime: `io` and the seat's timer bring it, and the future may run on any executor of one thread.
pub async fn serve_connection<I, H>(io: I, peer: Client, handler: H, seat: ConnectionSeat)
where
    I: CountedRead + Write + HasSocket + Unpin + 'static,
    H: ConnectionHandler,
{
    let ConnectionSeat { router, options, drain, timer, blocking } = seat;
    let place = Place::take(&drain);
    // Only then does hyper hand on the very bytes that it was given.
    let can_lend = io.is_write_vectored();
    let verdicts = Rc::new(Verdicts::new(Clock::new(&options.limits, options.write_timeout, Rc::clone(&timer))));
    let gate = Gate::new(options.limits.gate());
    let io = GatedIo::new(io, gate, Rc::clone(&verdicts));
    let service = Rc::new(Service {
        handler,
        router,
        options,
        verdicts: Rc::clone(&verdicts),
        blocking,
        peer,
        can_lend,
        served: Cell::new(0),
    });
    let connection = http1::Builder::new()
        // The gate has counted already; hyper's own default would refuse a head of more than 100 with a bare 431.
        .max_headers(service.options.limits.max_headers + 1)
        .max_buf_size(BUFFER)
        // Never hyper's `pipeline_flush`: an answer would wait for the next one, and be lost where it is the last.
        .serve_connection(io, service_fn(move |request| service.call(request)));
    let mut connection = pin!(connection);
    let mut watch = Watch { verdicts: &verdicts, sleep: None, told: false };
    let mut watched = false;
    poll_fn(|cx| {
        if !watched {
            watched = true;
            drain.watch(place.number, cx.waker());
        }
        loop {
            // An error here is the peer's doing, or was answered; either way the connection is over.
            if let Poll::Ready(outcome) = connection.as_mut().poll(cx) {
                // But for a body that broke off, which HTTP/1.1 shows by its framing.
                verdicts.resets.set(verdicts.ends_by_close.get() && outcome.is_err_and(|error| error.is_user()));
                return Poll::Ready(());
            }
            // Asked after the poll: a request that has come is owed its answer.
            if drain.is_closing() && !watch.told {
                watch.told = true;
                if verdicts.clock.is_fresh() {
                    return Poll::Ready(());
                }
                connection.as_mut().graceful_shutdown();
                continue;
            }
            match watch.poll(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Expiry::NotYet) => {}
                // Nothing is owed to this peer, or it takes nothing: dropping the socket closes it.
                Poll::Ready(Expiry::Idle | Expiry::Write) => return Poll::Ready(()),
                // Looked at in the next turn, when hyper flushes.
                Poll::Ready(Expiry::Unread) => verdicts.is_unread.set(true),
                Poll::Ready(Expiry::Head) => verdicts.interrupt.set(Some(Refusal::HeadTimeout)),
                Poll::Ready(Expiry::Body) => verdicts.interrupt.set(Some(Refusal::BodyTimeout)),
                Poll::Ready(Expiry::BodyRate) => verdicts.interrupt.set(Some(Refusal::BodyTooSlow)),
            }
        }
    })
    .await;
}

/// The connection's one timer.
struct Watch<'a> {
    verdicts: &'a Verdicts,
    /// Armed for its instant; left alone while deadlines only move away.
    sleep: Option<(Instant, Pin<Box<dyn Sleep>>)>,
    told: bool,
}

impl Watch<'_> {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Expiry> {
        let Some(deadline) = self.verdicts.clock.deadline() else {
            return Poll::Pending;
        };
        let timer = self.verdicts.clock.timer();
        let (armed, sleep) = self.sleep.get_or_insert_with(|| (deadline, timer.sleep_until(deadline)));
        if deadline < *armed {
            timer.reset(sleep, deadline);
            *armed = deadline;
        }
        if sleep.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        self.sleep = None;
        Poll::Ready(self.verdicts.clock.expired())
    }
}

/// A connection's place among those that are told when the server closes.
struct Place {
    drain: Rc<Drain>,
    number: usize,
}

impl Place {
    fn take(drain: &Rc<Drain>) -> Self {
        Self { drain: Rc::clone(drain), number: drain.enter() }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.drain.leave(self.number);
    }
}
