//! The gate between the socket and the HTTP library: only bytes of well-formed requests get past it.
//!
//! In: the bytes of one connection, oldest first. Out: how many of them may be handed on, or why no more may.
//! hyper forgives what Node, and every proxy in front of us, reads differently: lengths that contradict each other,
//! sloppy chunks, missing hosts. Where two parsers differ, requests can be smuggled; so nothing doubtful gets that far.

use std::ops::Range;

use crate::chunked::{Advance, Chunked};
use crate::framing::Framing;
use crate::head::{Approved, Head};
use crate::limits::GateLimits;
use crate::refusal::Refusal;

/// What the gate decided about the bytes of one [`Gate::scan`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scan {
    /// So many bytes, from the front of the input, may be handed on. The rest is to be held and given again.
    pub pass: usize,
    /// Set when the bytes behind `pass` break a rule. Nothing passes any more: answer what was passed, then this, then
    /// close.
    pub refusal: Option<Refusal>,
    /// Ranges within the passed bytes to overwrite with `b'x'` before handing them on, in ascending order; nearly always
    /// empty, which allocates nothing. It hides `Expect: 100-continue` of an HTTP/1.0 request, which RFC 9110 10.1.1
    /// says to ignore and an HTTP library may not.
    pub masks: Vec<Range<usize>>,
}

/// Where in a request the connection stands, by what has been passed and what is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum GateState {
    /// Between requests: no byte of the next request line has come (an empty line before it doesn't count).
    Idle,
    /// A part of a head is held.
    Head,
    /// A head passed and its body hasn't ended.
    Body {
        /// Body bytes passed so far, without the framing of chunks.
        received: u64,
        /// The body's length, if the head gave one.
        declared: Option<u64>,
    },
    /// The last request said that the connection ends with it (`Connection: close`, or HTTP/1.0 without `keep-alive`)
    /// and passed whole. Nothing passes any more, and nothing that follows is looked at or refused: stop reading.
    Ended,
    /// A rule was broken; nothing passes any more.
    Refused {
        /// Whether that was behind a head that had passed: its reader must see the body break off.
        in_body: bool,
    },
}

/// Judges the request bytes of one connection, over keep-alive and pipelining.
///
/// It works in linear time whatever the pieces: an incomplete head is held by the caller, but never looked at twice.
///
/// ```
/// use covet_http::{Gate, GateLimits, GateState, Refusal};
///
/// let mut gate = Gate::new(GateLimits::default());
/// let request = b"GET / HTTP/1.1\r\nHost: example.com\r\n\r\n";
///
/// // A head passes whole or not at all.
/// assert_eq!(gate.scan(&request[..20]).pass, 0);
/// assert_eq!(gate.state(), GateState::Head);
/// assert_eq!(gate.scan(request).pass, request.len());
/// assert_eq!((gate.state(), gate.heads()), (GateState::Idle, 1));
///
/// let refused = gate.scan(b"GET / HTTP/1.1\r\n\r\n");
/// assert_eq!((refused.pass, refused.refusal), (0, Some(Refusal::MissingHost)));
/// ```
///
/// What it asks of a request, beyond the limits: exactly one space between the parts of the request line; GET, HEAD,
/// POST, PUT, PATCH, DELETE or OPTIONS; HTTP/1.0 or 1.1; a target in origin form, in absolute form with `http` or
/// `https`, or `*` for OPTIONS; lines that end in CR LF, without folding or control characters; one valid Host
/// (HTTP/1.0 may have none; an empty one is invalid); at most one Content-Length, or `Transfer-Encoding: chunked`, not
/// both; no expectation but `100-continue`; chunk sizes, extensions and trailers by the letter of RFC 9112 7.1.
/// In absolute form the Host header must be valid too, but need not agree: RFC 9112 3.2.2 says to ignore it, so the
/// server must take the host from the target.
#[derive(Debug)]
pub struct Gate {
    limits: GateLimits,
    stage: Stage,
    heads: u64,
    /// The request in hand is the connection's last.
    last: bool,
}

#[derive(Debug)]
enum Stage {
    Head(Head),
    Sized { remaining: u64, declared: u64 },
    Chunked(Chunked),
    Ended,
    Refused { refusal: Refusal, in_body: bool },
}

impl Gate {
    /// A gate for a fresh connection.
    #[must_use]
    pub fn new(limits: GateLimits) -> Self {
        Self { limits, stage: Stage::Head(Head::default()), heads: 0, last: false }
    }

    /// Judges `input`: all bytes read from the connection and not yet passed, oldest first.
    ///
    /// Give the bytes that didn't pass again, at the front and unchanged, together with what came after them. How the
    /// stream is cut into calls changes neither what passes nor what is refused.
    pub fn scan(&mut self, input: &[u8]) -> Scan {
        let mut scan = Scan { pass: 0, refusal: None, masks: Vec::new() };
        loop {
            let rest = &input[scan.pass..];
            let advance = match &mut self.stage {
                Stage::Head(head) => match head.advance(rest, &self.limits) {
                    Ok(Some(approved)) => {
                        self.approve(approved, &mut scan);
                        continue;
                    }
                    Ok(None) => break,
                    Err(refusal) => Advance { pass: 0, done: Err(refusal) },
                },
                Stage::Sized { remaining, .. } => {
                    let pass = usize::try_from(*remaining).map_or(rest.len(), |remaining| remaining.min(rest.len()));
                    *remaining -= pass as u64;
                    Advance { pass, done: Ok(*remaining == 0) }
                }
                Stage::Chunked(chunked) => chunked.advance(rest, &self.limits),
                Stage::Ended => break,
                Stage::Refused { refusal, .. } => Advance { pass: 0, done: Err(*refusal) },
            };
            scan.pass += advance.pass;
            match advance.done {
                Ok(true) => self.next_request(),
                Ok(false) => break,
                Err(refusal) => {
                    let in_body = match &self.stage {
                        Stage::Head(_) | Stage::Ended => false,
                        Stage::Sized { .. } | Stage::Chunked(_) => true,
                        Stage::Refused { in_body, .. } => *in_body,
                    };
                    self.stage = Stage::Refused { refusal, in_body };
                    scan.refusal = Some(refusal);
                    break;
                }
            }
        }
        scan
    }

    /// How many of the next bytes are a body's, whatever they are: all that is left of one whose length is declared.
    #[must_use]
    pub fn plain(&self) -> u64 {
        match self.stage {
            Stage::Sized { remaining, .. } => remaining,
            _ => 0,
        }
    }

    /// Passes `bytes` of the [`Gate::plain`] ones unseen.
    ///
    /// ```
    /// use covet_http::{Gate, GateLimits, GateState};
    ///
    /// let mut gate = Gate::new(GateLimits::default());
    /// gate.scan(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n");
    /// assert_eq!(gate.plain(), 5);
    /// gate.pass_plain(5);
    /// assert_eq!((gate.plain(), gate.state()), (0, GateState::Idle));
    /// ```
    ///
    /// # Panics
    ///
    /// Where there are not so many.
    pub fn pass_plain(&mut self, bytes: u64) {
        let Stage::Sized { remaining, .. } = &mut self.stage else {
            return assert_eq!(bytes, 0, "no body is being read");
        };
        *remaining = remaining.checked_sub(bytes).expect("the body has so many bytes left");
        if *remaining == 0 {
            self.next_request();
        }
    }

    fn approve(&mut self, approved: Approved, scan: &mut Scan) {
        if let Some(mask) = approved.mask {
            scan.masks.push(scan.pass + mask.start..scan.pass + mask.end);
        }
        scan.pass += approved.length;
        self.heads += 1;
        self.last = approved.last;
        match approved.framing {
            Framing::Length(0) => self.next_request(),
            Framing::Length(length) => self.stage = Stage::Sized { remaining: length, declared: length },
            Framing::Chunked => self.stage = Stage::Chunked(Chunked::new()),
        }
    }

    fn next_request(&mut self) {
        self.stage = if self.last { Stage::Ended } else { Stage::Head(Head::default()) };
    }

    /// How many request heads have passed.
    #[must_use]
    pub fn heads(&self) -> u64 {
        self.heads
    }

    /// Where in a request the connection stands.
    #[must_use]
    pub fn state(&self) -> GateState {
        match &self.stage {
            Stage::Head(head) if head.has_begun() => GateState::Head,
            Stage::Head(_) => GateState::Idle,
            Stage::Sized { remaining, declared } => {
                GateState::Body { received: declared - remaining, declared: Some(*declared) }
            }
            Stage::Chunked(chunked) => GateState::Body { received: chunked.received(), declared: None },
            Stage::Ended => GateState::Ended,
            Stage::Refused { in_body, .. } => GateState::Refused { in_body: *in_body },
        }
    }

    /// What the end of the stream means at this point: nothing between requests, a broken-off request elsewhere.
    ///
    /// ```
    /// use covet_http::{Gate, GateLimits, Refusal};
    ///
    /// let mut gate = Gate::new(GateLimits::default());
    /// assert_eq!(gate.end(), None);
    /// gate.scan(b"GET /");
    /// assert_eq!(gate.end(), Some(Refusal::IncompleteRequest));
    /// ```
    #[must_use]
    pub fn end(&self) -> Option<Refusal> {
        match self.state() {
            GateState::Head | GateState::Body { .. } => Some(Refusal::IncompleteRequest),
            GateState::Idle | GateState::Ended | GateState::Refused { .. } => None,
        }
    }
}
