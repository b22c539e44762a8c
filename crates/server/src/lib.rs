//! Covet's HTTP server: hyper behind a strict gate and a clock.
//!
//! The crate knows no JavaScript. It takes sockets, reads requests, settles everything that needs no user code (the
//! request gate, limits and timeouts, the route, 404, 405, `OPTIONS`, redirects) and hands what is left to one trait,
//! [`Handler`].
//!
//! | file | what enters, what leaves |
//! | --- | --- |
//! | [`io_threads`] | an address in; sockets accepted and shared out over I/O threads |
//! | `connection` | one socket in; requests served in order until it closes |
//! | `gated_io` | raw bytes in; only bytes the gate approved out |
//! | `clock` | what the connection is doing; when it has taken too long |
//! | `service` | one request head in; one response out |
//! | `request_body` | frames in; one bounded piece of bytes out |
//! | [`handler`] | the seam: what a request looks like to whoever answers it |
//!
//! Only [`io_threads`] names a runtime. A connection takes its socket, timer and peers through hyper's `rt` traits, so
//! that another driver can run the same connection on another kind of loop.

mod clock;
mod connection;
mod drain;
mod gated_io;
pub mod handler;
pub mod io_threads;
mod linger;
mod options;
mod panic;
mod refuse;
mod request_body;
mod service;

pub use self::connection::{ConnectionSeat, serve_connection};
pub use self::drain::Drain;
pub use self::handler::{Call, ConnectionHandler, Destination, Handler, RefusedRequest, ReplyBody};
pub use self::io_threads::{IoThreads, StartError};
pub use self::options::ServerOptions;
