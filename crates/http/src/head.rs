//! One request head, from its first byte to the empty line, read as it arrives.
//!
//! In: the bytes held so far, oldest first, each time more of them. Out: the length of an approved head and how its
//! body is framed, or the first rule it breaks. Every byte is looked at once, however small the pieces.

use std::ops::Range;

use crate::field::Field;
use crate::framing::{Framing, FramingHeaders};
use crate::host::is_authority;
use crate::limits::GateLimits;
use crate::line::{Line, find_line};
use crate::octet::is_token;
use crate::refusal::Refusal;
use crate::request_line::{OVERHEAD, Version, check_request_line};

/// Empty lines forgiven before a request line. RFC 9112 2.2 asks for one, which old clients send behind a body.
const MAX_EMPTY_LINES: u8 = 2;

/// A complete head that may be passed on.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Approved {
    /// Bytes of the head, empty lines before and after it included.
    pub(crate) length: usize,
    pub(crate) framing: Framing,
    /// The connection ends with this request.
    pub(crate) last: bool,
    /// Bytes of the head to overwrite: an expectation HTTP/1.0 doesn't have.
    pub(crate) mask: Option<Range<usize>>,
}

/// How far a head has come, and what its lines so far said.
#[derive(Debug, Default)]
pub(crate) struct Head {
    /// Where the current line begins.
    line: usize,
    /// Everything before this offset has been looked at.
    scanned: usize,
    /// Set by the request line.
    version: Option<Version>,
    begun: bool,
    empty_lines: u8,
    headers: usize,
    has_host: bool,
    framing: FramingHeaders,
    expectation: Option<Range<usize>>,
    close: bool,
    keep_alive: bool,
}

impl Head {
    /// Whether a byte of the request line has been seen; the empty lines before one are nobody's request yet.
    pub(crate) fn has_begun(&self) -> bool {
        self.begun
    }

    /// Reads on. `input` is the whole head as far as it is known; `None` asks for more.
    #[inline]
    pub(crate) fn advance(&mut self, input: &[u8], limits: &GateLimits) -> Result<Option<Approved>, Refusal> {
        let version = match self.version {
            Some(version) => version,
            None => match self.request_line(input, limits)? {
                Some(version) => version,
                None => return Ok(None),
            },
        };
        loop {
            let end = match find_line(input, self.scanned, limits.max_head)? {
                Line::End(end) => end,
                Line::Partial(scanned) => {
                    self.scanned = scanned;
                    return Ok(None);
                }
                Line::TooLong => return Err(Refusal::HeadTooLarge),
            };
            if end == self.line {
                return self.finish(version, end + 2).map(Some);
            }
            self.headers += 1;
            if self.headers > limits.max_headers {
                return Err(Refusal::TooManyHeaders);
            }
            self.header(Field::parse(&input[self.line..end])?)?;
            self.next_line(end + 2);
        }
    }

    fn next_line(&mut self, start: usize) {
        self.line = start;
        self.scanned = start;
    }

    /// Reads up to the end of the request line.
    fn request_line(&mut self, input: &[u8], limits: &GateLimits) -> Result<Option<Version>, Refusal> {
        loop {
            match input.get(self.line) {
                None => return Ok(None),
                Some(b'\r' | b'\n') => {}
                Some(&first) if is_token(first) => self.begun = true,
                // A TLS handshake, most often: say so now instead of waiting for a line that never ends.
                Some(_) => return Err(Refusal::MalformedRequestLine),
            }
            let limit = limits.max_head.min(self.line + limits.max_target + OVERHEAD);
            let end = match find_line(input, self.scanned, limit)? {
                Line::End(end) => end,
                Line::Partial(scanned) => {
                    self.scanned = scanned;
                    return Ok(None);
                }
                Line::TooLong => return Err(Refusal::TargetTooLong),
            };
            let line = &input[self.line..end];
            self.next_line(end + 2);
            if !line.is_empty() {
                self.version = Some(check_request_line(line, limits.max_target)?);
                return Ok(self.version);
            }
            self.empty_lines += 1;
            if self.empty_lines > MAX_EMPTY_LINES {
                return Err(Refusal::EmptyLines);
            }
        }
    }

    /// Takes one header. Length first, name after: few headers have both right, and the others cost one comparison.
    #[inline]
    fn header(&mut self, field: Field<'_>) -> Result<(), Refusal> {
        match field.name.len() {
            4 if field.is(b"host") => self.host(field.value()),
            6 if field.is(b"expect") => self.expect(field),
            10 if field.is(b"connection") => {
                self.connection(field.value());
                Ok(())
            }
            14 if field.is(b"content-length") => self.framing.content_length(field.value()),
            17 if field.is(b"transfer-encoding") => self.framing.transfer_encoding(field.value()),
            _ => Ok(()),
        }
    }

    fn host(&mut self, value: &[u8]) -> Result<(), Refusal> {
        if self.has_host {
            return Err(Refusal::RepeatedHost);
        }
        self.has_host = true;
        if is_authority(value) { Ok(()) } else { Err(Refusal::InvalidHost) }
    }

    fn expect(&mut self, field: Field<'_>) -> Result<(), Refusal> {
        let value = field.value();
        if self.expectation.is_some() || !value.eq_ignore_ascii_case(b"100-continue") {
            return Err(Refusal::UnsupportedExpectation);
        }
        let start = self.line + field.value_at();
        self.expectation = Some(start..start + value.len());
        Ok(())
    }

    /// Read as hyper reads it, options of all lines together and a line with non-ASCII bytes ignored: were the gate to
    /// think a connection ends that hyper keeps, the next request would wait for ever.
    fn connection(&mut self, value: &[u8]) {
        if value.eq_ignore_ascii_case(b"keep-alive") {
            self.keep_alive = true;
        } else if value.is_ascii() {
            for option in value.split(|&byte| byte == b',').map(<[u8]>::trim_ascii) {
                self.close |= option.eq_ignore_ascii_case(b"close");
                self.keep_alive |= option.eq_ignore_ascii_case(b"keep-alive");
            }
        }
    }

    /// The empty line came: judges what only the whole head can tell.
    fn finish(&mut self, version: Version, length: usize) -> Result<Approved, Refusal> {
        let http10 = version == Version::Http10;
        if !self.has_host && !http10 {
            return Err(Refusal::MissingHost);
        }
        Ok(Approved {
            length,
            framing: self.framing.finish(version)?,
            last: self.close || (http10 && !self.keep_alive),
            // RFC 9110 10.1.1: a 100-continue expectation of an HTTP/1.0 request is to be ignored.
            mask: self.expectation.take().filter(|_| http10),
        })
    }
}
