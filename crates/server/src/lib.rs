//! Covet's HTTP server: hyper behind a strict gate and a clock.
//!
//! The crate knows no JavaScript. It takes sockets, reads requests, settles everything that needs no user code (the
//! request gate, limits and timeouts, the route, 404, 405, `OPTIONS`, redirects) and hands what is left to one trait,
//! [`Handler`].
//!
//! | file | what enters, what leaves |
//! | --- | --- |
//! | [`io_threads`] | an address in; sockets accepted and shared out over I/O threads |
//! | `listener`, `stream` | where to listen in; sockets out, TCP or Unix |
//! | `pipe` | a peer that has no socket in; a stream of bytes both ways out |
//! | `connection` | one socket in; requests served in order until it closes |
//! | `gated_io` | raw bytes in; only bytes the gate approved out |
//! | `clock` | what the connection is doing; when it has taken too long |
//! | `service` | one request head in; one response out |
//! | `compress` | an answer in; its coded form out, where the client takes it |
//! | `vary` | a name in; one list of them out |
//! | `conditional` | an answer that says its version in; 304 or 412 in its place out, where the client has it |
//! | `client` | a peer and its headers in; whom trusted proxies name out |
//! | `request_body` | frames in; bounded bytes out: whole where they are few, else as they are asked for |
//! | `socket` | a second hold on a connection's socket in; bytes both ways out, on another thread |
//! | `tap` | a body that another thread wants in; a hold on its socket out, and bytes that stand in for what that draws |
//! | `decompress` | a coded body in; its plain bytes out, in bounded steps |
//! | `reply_body` | a whole body or a stream in; frames out, as fast as the peer takes them |
//! | `lent` | a large body that is somebody else's in; bytes that stand in for it out, and it itself to the socket |
//! | [`files`] | a path in; a file's answer out |
//! | [`handler`] | the seam: what a request looks like to whoever answers it |
//!
//! Only [`io_threads`] names a runtime. A connection takes its socket, timer and peers through hyper's `rt` traits, so
//! that another driver can run the same connection on another kind of loop.

mod client;
mod clock;
mod compress;
mod conditional;
mod connection;
mod decompress;
mod drain;
pub mod files;
mod gated_io;
pub mod handler;
pub mod io_threads;
mod lent;
mod linger;
mod listener;
mod options;
mod panic;
mod pipe;
mod refuse;
mod reply_body;
mod request_body;
mod service;
mod socket;
mod stream;
mod tap;
mod vary;

pub use self::client::Client;
pub use self::compress::Compression;
pub use self::connection::{ConnectionSeat, serve_connection};
pub use self::decompress::Decompression;
pub use self::drain::Drain;
pub use self::gated_io::CountedRead;
pub use self::handler::{Call, ConnectionHandler, Destination, Handler, RefusedRequest};
pub use self::io_threads::IoThreads;
pub use self::lent::{Ask, Lender, Lent, Taken};
pub use self::listener::{ListenAt, StartError};
pub use self::options::{RouteOptions, ServerOptions};
pub use self::pipe::Pipe;
pub use self::reply_body::{BodyError, ReplyBody, ReplyStream};
pub use self::request_body::{BodyStream, RequestBody};
pub use self::socket::{HasSocket, Socket};
pub use self::stream::Remote;
pub use self::tap::{Come, Tap, Tapped};
