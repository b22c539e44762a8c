//! What a server is told when it starts.

use std::time::Duration;

use covet_http::Limits;

/// The server's options.
#[derive(Clone, Debug)]
pub struct ServerOptions {
    /// Sizes, counts and times: see [`Limits`].
    pub limits: Limits,
    /// How long a peer may take nothing of what is written to it before it is dropped. Default 30 s.
    pub write_timeout: Duration,
    /// Hands requests without a route to the handler instead of answering 404, 405 and `OPTIONS` here. Set when
    /// somebody has asked to see them: global middleware, or a not-found handler.
    pub misses_reach_handler: bool,
    /// Answers every refusal as RFC 9457 `application/problem+json`, not only those whose `Accept` asks for it.
    pub problem_details: bool,
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            write_timeout: Duration::from_secs(30),
            misses_reach_handler: false,
            problem_details: false,
        }
    }
}
