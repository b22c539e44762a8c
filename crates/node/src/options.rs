//! Options in, `ServerOptions` out. JavaScript has filled in the defaults and documents them.

use std::time::Duration;

use covet_http::{BodyRate, Limits};
use covet_server::{RouteOptions, ServerOptions};
use covet_uploads::Spool;
use napi_derive::napi;

use crate::error::{Coded, coded};
use crate::file::NativeFolder;
use crate::wire_options::{NativeCompression, NativeDecompression, NativeProxies};

/// Everything a server is told when it is made. Times are in milliseconds, sizes in bytes.
#[napi(object, object_to_js = false)]
pub struct NativeServerOptions {
    /// I/O threads.
    pub io_threads: u32,
    /// Requests that may be in JavaScript at once, for each JS thread.
    pub max_in_flight: u32,
    /// Of these, requests whose bodies still come.
    pub max_uploads_in_flight: u32,
    /// Keeps the process alive until it is closed.
    pub holds_process: bool,
    /// Bytes of a request head.
    pub max_head: u32,
    /// Header lines of a request.
    pub max_headers: u32,
    /// Bytes of a request target.
    pub max_target: u32,
    /// Bytes of a request body; a whole number.
    pub max_body: f64,
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
    /// Connections open at once; 0 for as many as there may be.
    pub max_connections: u32,
    /// Trusted proxies, if any.
    pub proxies: Option<NativeProxies>,
    /// How answers are coded, if they are.
    pub compression: Option<NativeCompression>,
    /// The folder for temporary files of uploads.
    pub spool_directory: String,
    /// Bytes of all temporary files together; a whole number.
    pub max_spool: f64,
    /// What routes have of their own, by the number the router gave them.
    pub routes: Vec<NativeRouteOptions>,
}

/// What one route has of its own.
#[napi(object, object_to_js = false)]
pub struct NativeRouteOptions {
    /// Bytes of a request body, in the place of the limit for all; a whole number.
    pub max_body: Option<f64>,
    /// Coded bodies that are taken, if any.
    pub decompression: Option<NativeDecompression>,
    /// Answers go as they are, whatever the client takes.
    pub sends_plain: Option<bool>,
    /// The folder whose files answer.
    pub folder: Option<NativeFolder>,
}

impl NativeRouteOptions {
    fn into_route_options(self) -> Result<RouteOptions, Coded> {
        let mut options = RouteOptions::default();
        options.max_body = self.max_body.map(to_u64);
        options.decompression = self.decompression.map(NativeDecompression::into_decompression).transpose()?;
        options.sends_plain = self.sends_plain.unwrap_or(false);
        options.folder = self.folder.map(NativeFolder::into_route).transpose()?;
        Ok(options)
    }
}

/// JavaScript has checked that it is a whole number of no more than 2^53.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn to_u64(number: f64) -> u64 {
    number as u64
}

impl NativeServerOptions {
    /// Where uploads are kept.
    pub(crate) fn spool(&self) -> Spool {
        Spool::new(self.spool_directory.clone().into(), to_u64(self.max_spool))
    }

    /// The server's own options, checked.
    pub(crate) fn into_server_options(self) -> Result<ServerOptions, Coded> {
        let milliseconds = |value: u32| Duration::from_millis(value.into());
        let limits = Limits {
            max_head: self.max_head as usize,
            max_headers: self.max_headers as usize,
            max_trailers: Limits::default().max_trailers.min(self.max_headers as usize),
            max_target: self.max_target as usize,
            max_body: to_u64(self.max_body),
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
            max_connections: (self.max_connections > 0).then_some(self.max_connections as usize),
            proxies: NativeProxies::into_option(self.proxies)?,
            compression: NativeCompression::into_option(self.compression)?,
            routes: self.routes.into_iter().map(NativeRouteOptions::into_route_options).collect::<Result<_, _>>()?,
        })
    }
}
