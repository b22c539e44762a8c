//! A chunked body, byte by byte: sizes, extensions, data and trailers (RFC 9112 7.1).
//!
//! Stricter than the grammar in one point: no white space around `;` and `=` of an extension. Senders must not write
//! it, and parsers that skip it have been told apart by it.

use crate::field::Field;
use crate::limits::GateLimits;
use crate::line::{Line, find_line};
use crate::octet::{is_control, is_token};
use crate::refusal::Refusal;

/// Digits of a chunk size: as many as a u64 has.
const MAX_SIZE_DIGITS: u8 = 16;

/// Fields that may not come as trailers: RFC 9110 6.5.1 names framing, routing, authentication, request modifiers,
/// response control and content processing. A server that merged one into the headers would undo a check made long ago.
const FORBIDDEN_TRAILERS: [&str; 38] = [
    "accept-encoding",
    "authorization",
    "cache-control",
    "connection",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-length",
    "content-location",
    "content-range",
    "content-type",
    "cookie",
    "date",
    "expect",
    "forwarded",
    "host",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "keep-alive",
    "max-forwards",
    "origin",
    "pragma",
    "proxy-authorization",
    "proxy-connection",
    "range",
    "set-cookie",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-http-method-override",
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// In the digits of a chunk size.
    Size,
    /// Behind `;`.
    ExtensionStart,
    ExtensionName,
    /// Behind `=`.
    ExtensionValueStart,
    ExtensionToken,
    ExtensionQuoted,
    /// Behind a backslash in a quoted string.
    ExtensionEscape,
    ExtensionQuotedEnd,
    /// Behind the CR of a size line.
    SizeLf,
    Data,
    DataCr,
    DataLf,
    Trailers,
}

/// What came of the bytes given.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Advance {
    /// Approved bytes, from the front.
    pub(crate) pass: usize,
    /// `true` when the body is complete.
    pub(crate) done: Result<bool, Refusal>,
}

/// How far a chunked body has come.
#[derive(Debug)]
pub(crate) struct Chunked {
    state: State,
    /// The size being read, then the data bytes still to come.
    remaining: u64,
    digits: u8,
    extension_bytes: usize,
    trailers: usize,
    trailer_bytes: usize,
    /// How much of the held trailer line has been looked at.
    scanned: usize,
    received: u64,
}

impl Chunked {
    pub(crate) fn new() -> Self {
        Self {
            state: State::Size,
            remaining: 0,
            digits: 0,
            extension_bytes: 0,
            trailers: 0,
            trailer_bytes: 0,
            scanned: 0,
            received: 0,
        }
    }

    /// Data bytes so far: what counts for the body's speed. Chunk lines don't, or one byte of data in an endless
    /// extension would pass for a fast body.
    pub(crate) fn received(&self) -> u64 {
        self.received
    }

    /// Reads on from where the last call's passed bytes ended.
    pub(crate) fn advance(&mut self, input: &[u8], limits: &GateLimits) -> Advance {
        let mut pass = 0;
        while pass < input.len() {
            if self.state == State::Data {
                pass += self.data(input.len() - pass);
            } else if self.state == State::Trailers {
                let trailers = self.trailers(&input[pass..], limits);
                return Advance { pass: pass + trailers.pass, ..trailers };
            } else if let Err(refusal) = self.byte(input[pass], limits) {
                return Advance { pass, done: Err(refusal) };
            } else {
                pass += 1;
            }
        }
        Advance { pass, done: Ok(false) }
    }

    /// Takes up to `available` bytes of data and says how many.
    fn data(&mut self, available: usize) -> usize {
        let taken = usize::try_from(self.remaining).map_or(available, |remaining| remaining.min(available));
        self.remaining -= taken as u64;
        self.received = self.received.saturating_add(taken as u64);
        if self.remaining == 0 {
            self.state = State::DataCr;
        }
        taken
    }

    /// Takes one byte of a chunk's frame.
    fn byte(&mut self, byte: u8, limits: &GateLimits) -> Result<(), Refusal> {
        self.state = match (self.state, byte) {
            (State::SizeLf, b'\n') => self.size_complete(),
            (State::SizeLf, _) => return Err(Refusal::BareCarriageReturn),
            (State::DataCr, b'\r') => State::DataLf,
            (State::DataLf, b'\n') => State::Size,
            (State::DataCr | State::DataLf, _) => return Err(Refusal::InvalidChunkEnd),
            (_, b'\n') => return Err(Refusal::BareLineFeed),
            (State::Size, _) => self.size(byte)?,
            (state, _) => extension(state, byte)?,
        };
        let in_extension = !matches!(
            self.state,
            State::Size | State::SizeLf | State::Data | State::DataCr | State::DataLf | State::Trailers
        );
        if in_extension {
            self.extension_bytes += 1;
            if self.extension_bytes > limits.max_chunk_extensions {
                return Err(Refusal::ChunkExtensionsTooLarge);
            }
        }
        Ok(())
    }

    fn size(&mut self, byte: u8) -> Result<State, Refusal> {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            b'A'..=b'F' => byte - b'A' + 10,
            b';' if self.digits > 0 => return Ok(State::ExtensionStart),
            b'\r' if self.digits > 0 => return Ok(State::SizeLf),
            _ => return Err(Refusal::InvalidChunkSize),
        };
        self.digits += 1;
        if self.digits > MAX_SIZE_DIGITS {
            return Err(Refusal::InvalidChunkSize);
        }
        self.remaining = self.remaining << 4 | u64::from(digit);
        Ok(State::Size)
    }

    fn size_complete(&mut self) -> State {
        self.digits = 0;
        if self.remaining == 0 { State::Trailers } else { State::Data }
    }

    /// Takes whole trailer lines; a partial one is held back until its name is known to be harmless.
    fn trailers(&mut self, input: &[u8], limits: &GateLimits) -> Advance {
        let mut pass = 0;
        let done = loop {
            let left = limits.max_trailer_bytes - self.trailer_bytes;
            // The empty line that ends the body needs two bytes of its own.
            let end = match find_line(&input[pass..], self.scanned, left + 2) {
                Ok(Line::End(end)) => end,
                Ok(Line::Partial(scanned)) => {
                    self.scanned = scanned;
                    break Ok(false);
                }
                Ok(Line::TooLong) => break Err(Refusal::TrailersTooLarge),
                Err(refusal) => break Err(refusal),
            };
            self.scanned = 0;
            if end > 0
                && let Err(refusal) = self.trailer(&input[pass..pass + end], left, limits)
            {
                break Err(refusal);
            }
            pass += end + 2;
            if end == 0 {
                break Ok(true);
            }
        };
        Advance { pass, done }
    }

    fn trailer(&mut self, line: &[u8], left: usize, limits: &GateLimits) -> Result<(), Refusal> {
        self.trailers += 1;
        if line.len() + 2 > left || self.trailers > limits.max_trailers {
            return Err(Refusal::TrailersTooLarge);
        }
        self.trailer_bytes += line.len() + 2;
        let field = Field::parse(line)?;
        if FORBIDDEN_TRAILERS.iter().any(|name| field.is(name.as_bytes())) {
            return Err(Refusal::ForbiddenTrailer);
        }
        Ok(())
    }
}

/// `*( ";" token [ "=" ( token / quoted-string ) ] )`
fn extension(state: State, byte: u8) -> Result<State, Refusal> {
    let quotable = !is_control(byte) || byte == b'\t';
    match (state, byte) {
        (State::ExtensionName | State::ExtensionToken | State::ExtensionQuotedEnd, b'\r') => Ok(State::SizeLf),
        (State::ExtensionName | State::ExtensionToken | State::ExtensionQuotedEnd, b';') => Ok(State::ExtensionStart),
        (State::ExtensionName, b'=') => Ok(State::ExtensionValueStart),
        (State::ExtensionStart | State::ExtensionName, _) if is_token(byte) => Ok(State::ExtensionName),
        (State::ExtensionValueStart, b'"') => Ok(State::ExtensionQuoted),
        (State::ExtensionValueStart | State::ExtensionToken, _) if is_token(byte) => Ok(State::ExtensionToken),
        (State::ExtensionQuoted, b'"') => Ok(State::ExtensionQuotedEnd),
        (State::ExtensionQuoted, b'\\') => Ok(State::ExtensionEscape),
        (State::ExtensionQuoted | State::ExtensionEscape, _) if quotable => Ok(State::ExtensionQuoted),
        _ => Err(Refusal::InvalidChunkExtension),
    }
}
