//! Every bound a request meets, with its default, in one table.

use std::fmt;
use std::time::Duration;

/// The least speed at which a request body must come in.
///
/// A client that sends one byte a second would otherwise hold its connection, and the memory behind it, for as long as
/// it likes (Slowloris on the body).
///
/// ```
/// use std::time::Duration;
/// use covet_http::BodyRate;
///
/// let rate = BodyRate::default();
/// assert!(rate.allows(0, Duration::from_secs(5)));
/// assert!(!rate.allows(0, Duration::from_millis(5_001)));
/// assert!(rate.allows(2_400, Duration::from_secs(10)));
/// assert!(!rate.allows(2_399, Duration::from_secs(10)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BodyRate {
    /// Bytes a second, as an average since the body began. Default 240. 0 switches the rule off.
    pub bytes_per_second: u32,
    /// How long a body may take before it is measured. Default 5 s: a slow start is no attack. Twelve times as long nothing
    /// may come at all, see [`BodyRate::longest_pause`].
    pub grace: Duration,
}

/// The longest pause, in graces: by default the minute that other servers wait between two reads.
const PAUSE: u32 = 12;

impl Default for BodyRate {
    fn default() -> Self {
        Self { bytes_per_second: 240, grace: Duration::from_secs(5) }
    }
}

impl BodyRate {
    /// Whether a body of which `received` bytes came in the `elapsed` time since its head is fast enough.
    ///
    /// Count only the time spent waiting for the client: while the server itself does not read, the client cannot send.
    #[must_use]
    pub fn allows(&self, received: u64, elapsed: Duration) -> bool {
        if elapsed <= self.grace {
            return true;
        }
        let due = elapsed.as_millis().saturating_mul(u128::from(self.bytes_per_second));
        u128::from(received).saturating_mul(1_000) >= due
    }

    /// When a body that has sent `received` bytes and sends no more becomes too slow, counted from its head; `None`
    /// when the rule is off. The server sets its timer to this instead of asking again and again.
    ///
    /// ```
    /// use std::time::Duration;
    /// use covet_http::BodyRate;
    ///
    /// assert_eq!(BodyRate::default().deadline(0), Some(Duration::from_secs(5)));
    /// assert_eq!(BodyRate::default().deadline(2_400), Some(Duration::from_secs(10)));
    /// ```
    #[must_use]
    pub fn deadline(&self, received: u64) -> Option<Duration> {
        if self.bytes_per_second == 0 {
            return None;
        }
        let millis = u128::from(received) * 1_000 / u128::from(self.bytes_per_second);
        Some(Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX)).max(self.grace))
    }

    /// How long a body may pause, however fast it came before: twelve times the grace, 60 s by default. On average alone,
    /// 100 MB sent at once would pay for five days of silence.
    ///
    /// ```
    /// use std::time::Duration;
    /// use covet_http::BodyRate;
    ///
    /// assert_eq!(BodyRate::default().longest_pause(), Duration::from_secs(60));
    /// ```
    #[must_use]
    pub fn longest_pause(&self) -> Duration {
        // Without a grace, the time of a packet that is sent again.
        self.grace.saturating_mul(PAUSE).max(Duration::from_secs(1))
    }
}

/// Every bound of the server's edge.
///
/// | limit | default | past it |
/// | --- | --- | --- |
/// | [`max_head`](Self::max_head) | 16 KiB | 431 `HEADERS_TOO_LARGE` |
/// | [`max_headers`](Self::max_headers) | 100 | 431 `HEADERS_TOO_LARGE` |
/// | [`max_target`](Self::max_target) | 8 KiB | 414 `URI_TOO_LONG` |
/// | [`head_timeout`](Self::head_timeout) | 30 s | 408 `REQUEST_TIMEOUT` |
/// | [`keep_alive_timeout`](Self::keep_alive_timeout) | 72 s | the connection is closed |
/// | [`max_body`](Self::max_body) | 1 MiB | 413 `PAYLOAD_TOO_LARGE` |
/// | [`body_rate`](Self::body_rate) | 240 B/s after 5 s | 408 `REQUEST_TIMEOUT` |
/// | [`body_timeout`](Self::body_timeout) | none | 408 `REQUEST_TIMEOUT` |
/// | [`max_chunk_extensions`](Self::max_chunk_extensions) | 4 KiB a body | 400 `BAD_REQUEST` |
/// | [`max_trailers`](Self::max_trailers) | 32 a body | 431 `HEADERS_TOO_LARGE` |
/// | [`max_trailer_bytes`](Self::max_trailer_bytes) | 4 KiB a body | 431 `HEADERS_TOO_LARGE` |
///
/// ```
/// use covet_http::Limits;
///
/// let limits = Limits { max_body: 10 * 1024 * 1024, ..Limits::default() };
/// assert_eq!(limits.check(), Ok(()));
/// assert_eq!(limits.gate().max_head, 16 * 1024);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a request head, from its first byte to the empty line that ends it. Default 16 KiB, as Node's.
    pub max_head: usize,
    /// Header lines of a request. Default 100.
    pub max_headers: usize,
    /// Bytes of the request target. Default 8 KiB (RFC 9110 4.1 asks for at least 8,000).
    pub max_target: usize,
    /// How long a head may take from its first byte to its last. Default 30 s.
    pub head_timeout: Duration,
    /// How long a connection may rest between two requests. Default 72 s: longer than the 60 s after which common load
    /// balancers drop an idle connection, so that they close it and never send into one we just closed.
    pub keep_alive_timeout: Duration,
    /// Bytes of a request body, unless a route says otherwise. Default 1 MiB.
    pub max_body: u64,
    /// The least speed of a body. Default 240 B/s, measured after 5 s.
    pub body_rate: BodyRate,
    /// How long a body may take in all. Default none: the rate already bounds it, and a large upload on a slow line is
    /// legitimate.
    pub body_timeout: Option<Duration>,
    /// Bytes of chunk extensions in one body. Nobody uses them but attackers who look for parsers that disagree.
    /// Default 4 KiB.
    pub max_chunk_extensions: usize,
    /// Trailer lines of one body. Default 32.
    pub max_trailers: usize,
    /// Bytes of all trailer lines of one body. Default 4 KiB.
    pub max_trailer_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_head: 16 * 1024,
            max_headers: 100,
            max_target: 8 * 1024,
            head_timeout: Duration::from_secs(30),
            keep_alive_timeout: Duration::from_secs(72),
            max_body: 1024 * 1024,
            body_rate: BodyRate::default(),
            body_timeout: None,
            max_chunk_extensions: 4 * 1024,
            max_trailers: 32,
            max_trailer_bytes: 4 * 1024,
        }
    }
}

impl Limits {
    /// The part of the limits that the [`Gate`](crate::Gate) keeps.
    #[must_use]
    pub fn gate(&self) -> GateLimits {
        GateLimits {
            max_head: self.max_head,
            max_headers: self.max_headers,
            max_target: self.max_target,
            max_chunk_extensions: self.max_chunk_extensions,
            max_trailers: self.max_trailers,
            max_trailer_bytes: self.max_trailer_bytes,
        }
    }

    /// Checks that a server can live with these limits.
    ///
    /// # Errors
    ///
    /// Names the first limit with which no request, or no timer, could work.
    pub fn check(&self) -> Result<(), InvalidLimit> {
        let rules = [
            ("max_head", (256..=1 << 20).contains(&self.max_head), "must be 256 bytes to 1 MiB"),
            ("max_headers", (1..=10_000).contains(&self.max_headers), "must be 1 to 10,000"),
            ("max_target", (1..=65_534).contains(&self.max_target), "must be 1 to 65,534 bytes"),
            ("head_timeout", !self.head_timeout.is_zero(), "must be longer than zero"),
            ("keep_alive_timeout", !self.keep_alive_timeout.is_zero(), "must be longer than zero"),
            ("body_timeout", self.body_timeout.is_none_or(|timeout| !timeout.is_zero()), "must be longer than zero"),
            ("max_chunk_extensions", self.max_chunk_extensions < 16 * 1024, "must be below 16 KiB"),
            ("max_trailers", self.max_trailers <= self.max_headers, "must not be above max_headers"),
            ("max_trailer_bytes", self.max_trailer_bytes <= 16 * 1024, "must not be above 16 KiB"),
        ];
        match rules.into_iter().find(|&(_, holds, _)| !holds) {
            Some((limit, _, rule)) => Err(InvalidLimit { limit, rule }),
            None => Ok(()),
        }
    }
}

/// The limits of a [`Gate`](crate::Gate): what can be judged by the bytes alone, without a clock or a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GateLimits {
    /// See [`Limits::max_head`].
    pub max_head: usize,
    /// See [`Limits::max_headers`].
    pub max_headers: usize,
    /// See [`Limits::max_target`].
    pub max_target: usize,
    /// See [`Limits::max_chunk_extensions`].
    pub max_chunk_extensions: usize,
    /// See [`Limits::max_trailers`].
    pub max_trailers: usize,
    /// See [`Limits::max_trailer_bytes`].
    pub max_trailer_bytes: usize,
}

impl Default for GateLimits {
    fn default() -> Self {
        Limits::default().gate()
    }
}

/// A limit no server can live with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidLimit {
    /// The field of [`Limits`].
    pub limit: &'static str,
    /// What it must be.
    pub rule: &'static str,
}

impl fmt::Display for InvalidLimit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.limit, self.rule)
    }
}

impl std::error::Error for InvalidLimit {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_impossible_limit_is_named() {
        let mut cases: Vec<(&str, Limits)> = Vec::new();
        let base = Limits::default;
        cases.push(("max_head", Limits { max_head: 255, ..base() }));
        cases.push(("max_headers", Limits { max_headers: 0, ..base() }));
        cases.push(("max_target", Limits { max_target: 65_535, ..base() }));
        cases.push(("head_timeout", Limits { head_timeout: Duration::ZERO, ..base() }));
        cases.push(("keep_alive_timeout", Limits { keep_alive_timeout: Duration::ZERO, ..base() }));
        cases.push(("body_timeout", Limits { body_timeout: Some(Duration::ZERO), ..base() }));
        cases.push(("max_chunk_extensions", Limits { max_chunk_extensions: 16 * 1024, ..base() }));
        cases.push(("max_trailers", Limits { max_trailers: 101, ..base() }));
        cases.push(("max_trailer_bytes", Limits { max_trailer_bytes: 16 * 1024 + 1, ..base() }));
        for (limit, limits) in cases {
            assert_eq!(limits.check().map_err(|fault| fault.limit), Err(limit));
        }
        assert_eq!(base().check(), Ok(()));
    }

    #[test]
    fn the_deadline_is_where_the_rate_stops_allowing() {
        let rate = BodyRate::default();
        let tick = Duration::from_millis(1);
        for received in [0, 1, 239, 240, 1_200, 1_201, 5_000, 1 << 20, u64::from(u32::MAX) * 9] {
            let deadline = rate.deadline(received).expect("the rule is on");
            assert!(rate.allows(received, deadline), "{received} at its deadline");
            assert!(!rate.allows(received, deadline + tick), "{received} past its deadline");
        }
    }

    #[test]
    fn a_rate_of_zero_switches_the_rule_off() {
        let off = BodyRate { bytes_per_second: 0, ..BodyRate::default() };
        assert!(off.allows(0, Duration::from_secs(86_400)));
        assert_eq!(off.deadline(0), None);
    }
}
