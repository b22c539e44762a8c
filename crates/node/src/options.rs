//! Options in, `ServerOptions` out. JavaScript has filled in the defaults and documents them.

use std::time::Duration;

use covet_http::{BodyRate, Limits};
use covet_server::ServerOptions;
use napi_derive::napi;

use crate::error::{Coded, coded};

/// Everything a server is told when it is made. Times are in milliseconds, sizes in bytes.
#[napi(object, object_to_js = false)]
pub struct NativeServerOptions {
    /// I/O threads.
    pub io_threads: u32,
    /// Requests that may be in JavaScript at once, for each JS thread.
    pub max_in_flight: u32,
    /// Bytes of a request head.
    pub max_head: u32,
    /// Header lines of a request.
    pub max_headers: u32,
    /// Bytes of a request target.
    pub max_target: u32,
    /// Bytes of a request body.
    pub max_body: u32,
    /// Milliseconds for a head.
    pub head_timeout: u32,
    /// Milliseconds between two requests of a connection.
    pub keep_alive_timeout: u32,
    /// Milliseconds for a whole body; 0 for none.
    pub body_timeout: u32,
    /// Milliseconds for the peer to take something of what is written.
    pub write_timeout: u32,
    /// Bytes a second that a body must come in at; 0 for no rule.
    pub min_body_rate: u32,
    /// Milliseconds before a body's rate is measured.
    pub body_rate_grace: u32,
    /// Requests without a route cross to JavaScript.
    pub misses_reach_handler: bool,
    /// Refusals are always RFC 9457 problem details.
    pub problem_details: bool,
}

impl NativeServerOptions {
    /// The server's own options, checked.
    pub(crate) fn into_server_options(self) -> Result<ServerOptions, Coded> {
        let milliseconds = |value: u32| Duration::from_millis(value.into());
        let limits = Limits {
            max_head: self.max_head as usize,
            max_headers: self.max_headers as usize,
            max_trailers: Limits::default().max_trailers.min(self.max_headers as usize),
            max_target: self.max_target as usize,
            max_body: self.max_body.into(),
            head_timeout: milliseconds(self.head_timeout),
            keep_alive_timeout: milliseconds(self.keep_alive_timeout),
            body_timeout: (self.body_timeout > 0).then(|| milliseconds(self.body_timeout)),
            body_rate: BodyRate { bytes_per_second: self.min_body_rate, grace: milliseconds(self.body_rate_grace) },
            ..Limits::default()
        };
        limits.check().map_err(|error| coded("INVALID_OPTION", error.to_string()))?;
        Ok(ServerOptions {
            limits,
            write_timeout: milliseconds(self.write_timeout),
            misses_reach_handler: self.misses_reach_handler,
            problem_details: self.problem_details,
        })
    }
}
