//! What a server is told when it starts.

use std::sync::Arc;
use std::time::Duration;

use covet_http::{Limits, TrustedProxies};

use crate::compress::Compression;
use crate::decompress::Decompression;
use crate::files::FolderRoute;
use crate::handler::Destination;

/// The server's options.
#[derive(Clone, Debug)]
pub struct ServerOptions {
    /// Sizes, counts and times: see [`Limits`].
    pub limits: Limits,
    /// How long a peer may take nothing of what is written to it before it is dropped. Default 30 s.
    pub write_timeout: Duration,
    /// Connections open at once, over all I/O threads; further ones wait to be accepted. `None` (default): as many as the
    /// process may have descriptors.
    pub max_connections: Option<usize>,
    /// The proxies whose word about clients is taken; `None` (default): nobody's.
    pub proxies: Option<TrustedProxies>,
    /// Hands requests without a route to the handler instead of answering 404, 405 and `OPTIONS` here. Set when
    /// somebody has asked to see them: global middleware, or a not-found handler.
    pub misses_reach_handler: bool,
    /// Answers every refusal as RFC 9457 `application/problem+json`, not only those whose `Accept` asks for it.
    pub problem_details: bool,
    /// Codes answers for clients that take it; `None` (default) sends every answer as it is.
    pub compression: Option<Compression>,
    /// What differs for a route, by its id. A route beyond the list has nothing of its own.
    pub routes: Arc<[RouteOptions]>,
}

/// What one route has of its own.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct RouteOptions {
    /// Bytes of a body; in the place of the limit for all.
    pub max_body: Option<u64>,
    /// Coded bodies that are taken; `None` (default): none.
    pub decompression: Option<Decompression>,
    /// Answers go as they are, whatever the client takes.
    pub sends_plain: bool,
    /// The folder whose files answer; its last parameter, if any, is the path of a file in it.
    pub folder: Option<FolderRoute>,
}

impl ServerOptions {
    /// What a route has of its own, if anything.
    pub(crate) fn route(&self, destination: Destination) -> Option<&RouteOptions> {
        let Destination::Route(route) = destination else { return None };
        self.routes.get(route.0 as usize)
    }

    /// Bytes that a body may have.
    pub(crate) fn max_body(&self, destination: Destination) -> u64 {
        self.route(destination).and_then(|route| route.max_body).unwrap_or(self.limits.max_body)
    }
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            write_timeout: Duration::from_secs(30),
            max_connections: None,
            proxies: None,
            misses_reach_handler: false,
            problem_details: false,
            compression: None,
            routes: Arc::default(),
        }
    }
}
