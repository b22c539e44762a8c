//! The seam between the server and whoever answers requests.
//!
//! A [`Handler`] lives on one I/O thread and is asked once per connection for a [`ConnectionHandler`], which then gets
//! every request of that connection. Neither needs to be `Send`: nothing here crosses a thread on its own.

use std::future::Future;

use covet_http::Refusal;
use covet_router::{AllowedMethods, Params, RouteId};
use http::Response;
use http::request::Parts;

use crate::reply_body::ReplyBody;
use crate::request_body::RequestBody;
use crate::stream::Remote;

/// Where a request goes once the router has looked at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination {
    /// A registered route.
    Route(RouteId),
    /// No route has this path. Only handed on when [`ServerOptions::misses_reach_handler`](crate::ServerOptions) is set.
    NotFound,
    /// The path is known, the method is not; the methods that are. Only handed on as for `NotFound`.
    MethodNotAllowed(AllowedMethods),
    /// `OPTIONS` for a path without a route of its own for it. Only handed on as for `NotFound`.
    Options(AllowedMethods),
}

/// One request. A small body has been read, within its limit; another is read as the handler asks for it.
#[derive(Debug)]
pub struct Call<'a> {
    /// Method, target, version and headers as hyper parsed them.
    pub head: &'a Parts,
    /// Which route answers, or which miss this is.
    pub destination: Destination,
    /// The canonical path: decoded once, the same one the router saw.
    pub path: &'a str,
    /// The route's parameters, in the order of its pattern.
    pub params: &'a Params<'a>,
    /// The client: the peer, or whom trusted proxies name.
    pub remote: Remote,
    /// Whether the client spoke `https` to a trusted proxy.
    pub secure: bool,
    /// The body: whole, or a stream that may be read also after the answer.
    pub body: RequestBody,
}

/// A request the server answered itself because it broke a rule, told to the handler so that it can be logged.
#[derive(Debug)]
pub struct RefusedRequest {
    /// The status that was sent.
    pub status: u16,
    /// The error code that was sent, such as `NOT_FOUND`.
    pub code: &'static str,
    /// The text that was sent.
    pub message: &'static str,
    /// The id sent as `X-Error-ID`.
    pub error_id: String,
    /// The request's method; empty when the head was refused before it was known.
    pub method: String,
    /// The request's path; empty when the head was refused before it was known.
    pub path: String,
    /// The client: the peer, or whom trusted proxies name.
    pub remote: Remote,
    /// What the system said, where it is to blame. Never sent.
    pub cause: Option<String>,
}

/// Makes the [`ConnectionHandler`]s of one I/O thread.
pub trait Handler: 'static {
    /// What answers the requests of one connection.
    type Connection: ConnectionHandler;

    /// A new connection from `remote`; `None` when nobody is there to answer it, which closes it.
    fn connect(&self, remote: Remote) -> Option<Self::Connection>;
}

/// Answers the requests of one connection. Dropped when the connection is closed.
pub trait ConnectionHandler: 'static {
    /// Answers one request.
    ///
    /// `Err` has the server answer with that refusal.
    ///
    /// The future is dropped when the client goes away before it is done, which is how a handler learns of it.
    fn handle<'a>(&'a self, call: Call<'a>) -> impl Future<Output = Result<Response<ReplyBody>, Refusal>> + 'a;

    /// The server refused a request by itself and has sent this.
    fn refused(&self, refused: RefusedRequest);
}
