//! Chunks of a body go in, the events of its parts come out.

use bytes::{Buf as _, Bytes};

use crate::boundary::Boundary;
use crate::charset::CharsetField;
use crate::delimiter::{Delimiter, Found};
use crate::error::MultipartError;
use crate::head::{PartHead, PartialHead};
use crate::limits::Limits;

/// White space that may stand between a boundary and its line end: RFC 2046 5.1.1 has it come from transports, and sets
/// no bound.
const MAX_PADDING: u32 = 64;

/// What a body is made of, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A part begins.
    Part(PartHead),
    /// Some of the part's data, never empty. A slice of what was pushed, but for a few bytes that looked like the
    /// beginning of a delimiter.
    Data(Bytes),
    /// The part has ended.
    PartEnd,
    /// The body has ended; what is pushed from here on is ignored.
    End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Preamble,
    /// Right behind a boundary.
    Delimited,
    /// Behind a boundary and a hyphen.
    DelimitedHyphen,
    /// In white space behind a boundary.
    Padding(u32),
    /// Behind a boundary and CR.
    DelimitedCr,
    Head,
    Data,
    Ended,
    Failed(MultipartError),
}

/// Parses one body.
///
/// Holds no more than the unread rest of the last pushed chunk, one head and, of data, a count: take all events before
/// pushing the next chunk, and stop pushing to stop the sender.
///
/// After an error the parser is of no further use, and every call returns that error again.
#[derive(Debug)]
pub struct Parser {
    state: State,
    delimiter: Delimiter,
    limits: Limits,
    input: Bytes,
    total: u64,
    preamble: usize,
    parts: u32,
    fields: u32,
    files: u32,
    fields_total: u64,
    head: PartialHead,
    headers: u32,
    header_bytes: usize,
    /// The front of a header line whose end has not come yet.
    line: Vec<u8>,
    /// Of the part being read.
    size: u64,
    max_size: u64,
    is_file: bool,
    is_skipped: bool,
    charset: Option<CharsetField>,
}

impl Parser {
    /// A parser of one body with this boundary.
    #[must_use]
    pub fn new(boundary: &Boundary, limits: Limits) -> Self {
        let mut delimiter = Delimiter::new(boundary.delimiter());
        delimiter.after_line_end();
        Self {
            state: State::Preamble,
            delimiter,
            limits,
            input: Bytes::new(),
            total: 0,
            preamble: 0,
            parts: 0,
            fields: 0,
            files: 0,
            fields_total: 0,
            head: PartialHead::default(),
            headers: 0,
            header_bytes: 0,
            line: Vec::new(),
            size: 0,
            max_size: 0,
            is_file: false,
            is_skipped: false,
            charset: None,
        }
    }

    /// Gives the parser the next chunk of the body.
    ///
    /// # Errors
    ///
    /// [`MultipartError::BodyTooLarge`], or the error the parser has already failed with.
    ///
    /// # Panics
    ///
    /// When events of the last chunk have not been taken yet: the parser keeps one chunk, not a queue of them.
    pub fn push(&mut self, chunk: Bytes) -> Result<(), MultipartError> {
        assert!(self.input.is_empty(), "the events of a chunk are taken before the next one is pushed");
        self.total = self.total.saturating_add(chunk.len() as u64);
        match self.state {
            State::Failed(error) => Err(error),
            _ if self.total > self.limits.max_total => Err(self.fail(MultipartError::BodyTooLarge)),
            State::Ended => Ok(()),
            _ => {
                self.input = chunk;
                Ok(())
            }
        }
    }

    /// Whether the next chunk may be one for [`Parser::pass`]: a file's data comes next, and nothing is held back.
    #[must_use]
    pub fn can_pass(&self) -> bool {
        self.state == State::Data
            && self.is_file
            && !self.is_skipped
            && self.input.is_empty()
            && self.delimiter.held() == 0
    }

    /// As [`Parser::push`] of a chunk whose one event is [`Event::Data`] of all of it, for whoever has the chunk elsewhere.
    /// `false` where it may be anything else: it is to be pushed then.
    ///
    /// # Errors
    ///
    /// As [`Parser::push`] and [`Parser::next_event`].
    pub fn pass(&mut self, chunk: &[u8]) -> Result<bool, MultipartError> {
        if !self.can_pass() || !self.delimiter.is_clear_of(chunk) {
            return Ok(false);
        }
        self.total = self.total.saturating_add(chunk.len() as u64);
        if self.total > self.limits.max_total {
            return Err(self.fail(MultipartError::BodyTooLarge));
        }
        match self.count(chunk) {
            Err(error) => Err(self.fail(error)),
            Ok(()) => Ok(true),
        }
    }

    /// The next event; `None` when the next chunk is needed for it.
    ///
    /// # Errors
    ///
    /// What is wrong with the body.
    #[inline]
    pub fn next_event(&mut self) -> Result<Option<Event>, MultipartError> {
        match self.step() {
            Err(error) => Err(self.fail(error)),
            event => event,
        }
    }

    /// Says that the body has ended.
    ///
    /// # Errors
    ///
    /// [`MultipartError::Incomplete`] when the closing delimiter has not come.
    pub fn finish(&mut self) -> Result<(), MultipartError> {
        match self.state {
            State::Ended => Ok(()),
            State::Failed(error) => Err(error),
            _ => Err(self.fail(MultipartError::Incomplete)),
        }
    }

    /// Sets the limit of the part that has just begun, in bytes, in place of [`Limits::max_file`] or
    /// [`Limits::max_field`].
    pub fn limit_part(&mut self, bytes: u64) {
        self.max_size = bytes;
    }

    /// Passes over what is left of the part that is being read: its data is checked and dropped, its end is told.
    pub fn skip_part(&mut self) {
        self.is_skipped = true;
    }

    /// Bytes of the last pushed chunk that no event has told of yet.
    #[must_use]
    pub fn unread(&self) -> usize {
        self.input.len()
    }

    /// Bytes of data held back because they may begin a delimiter: fewer than the boundary has, and four more.
    #[must_use]
    pub fn held(&self) -> usize {
        if self.state == State::Data { self.delimiter.held() } else { 0 }
    }

    fn fail(&mut self, error: MultipartError) -> MultipartError {
        self.state = State::Failed(error);
        self.input = Bytes::new();
        error
    }

    fn step(&mut self) -> Result<Option<Event>, MultipartError> {
        loop {
            match self.state {
                State::Data => match self.delimiter.next(&mut self.input) {
                    Found::Nothing => return Ok(None),
                    Found::Data(data) => {
                        self.count(&data)?;
                        if !self.is_skipped {
                            return Ok(Some(Event::Data(data)));
                        }
                    }
                    Found::Delimiter => return self.part_end().map(Some),
                },
                State::Head => {
                    if let Some(head) = self.head_line()? {
                        return Ok(Some(Event::Part(head)));
                    } else if self.input.is_empty() {
                        return Ok(None);
                    }
                }
                State::Preamble => match self.delimiter.next(&mut self.input) {
                    Found::Nothing => return Ok(None),
                    Found::Data(data) => self.count_preamble(data.len())?,
                    Found::Delimiter => self.state = State::Delimited,
                },
                State::Ended => return Ok(None),
                State::Failed(error) => return Err(error),
                _ => {
                    let Some(&byte) = self.input.first() else { return Ok(None) };
                    self.input.advance(1);
                    self.state = self.delimited(byte)?;
                    if self.state == State::Ended {
                        self.input = Bytes::new();
                        return Ok(Some(Event::End));
                    }
                }
            }
        }
    }

    /// Takes one byte behind a boundary.
    fn delimited(&mut self, byte: u8) -> Result<State, MultipartError> {
        match (self.state, byte) {
            (State::Delimited | State::Padding(_), b'\r') => Ok(State::DelimitedCr),
            (State::Delimited, b'-') => Ok(State::DelimitedHyphen),
            (State::DelimitedHyphen, b'-') => Ok(State::Ended),
            (State::Delimited, b' ' | b'\t') => Ok(State::Padding(1)),
            (State::Padding(count), b' ' | b'\t') if count < MAX_PADDING => Ok(State::Padding(count + 1)),
            (State::DelimitedCr, b'\n') => {
                self.parts += 1;
                if self.parts > self.limits.max_parts {
                    return Err(MultipartError::TooManyParts);
                }
                (self.headers, self.header_bytes) = (0, 0);
                self.head = PartialHead::default();
                Ok(State::Head)
            }
            (State::Delimited | State::Padding(_), b'\n') => Err(MultipartError::BareLineFeed),
            _ => Err(MultipartError::MalformedDelimiter),
        }
    }

    /// Takes one header line, or as much of it as there is; the head, when that was the last.
    fn head_line(&mut self) -> Result<Option<PartHead>, MultipartError> {
        let end = memchr::memchr(b'\n', &self.input).map(|at| at + 1);
        let piece = self.input.split_to(end.unwrap_or(self.input.len()));
        self.header_bytes += piece.len();
        if self.header_bytes > self.limits.max_header_bytes {
            return Err(MultipartError::HeadTooLarge);
        }
        if end.is_none() {
            self.line.extend_from_slice(&piece);
            return Ok(None);
        }
        if self.line.is_empty() {
            return self.header(&piece);
        }
        let mut line = std::mem::take(&mut self.line);
        line.extend_from_slice(&piece);
        let head = self.header(&line);
        line.clear();
        self.line = line;
        head
    }

    fn header(&mut self, line: &[u8]) -> Result<Option<PartHead>, MultipartError> {
        let line = line.strip_suffix(b"\r\n").ok_or(MultipartError::BareLineFeed)?;
        if line.is_empty() {
            return self.part().map(Some);
        }
        self.headers += 1;
        if self.headers > self.limits.max_headers {
            return Err(MultipartError::TooManyHeaders);
        }
        self.head.line(line)?;
        Ok(None)
    }

    fn part(&mut self) -> Result<PartHead, MultipartError> {
        let head = std::mem::take(&mut self.head).end()?;
        if head.name.len() > self.limits.max_name {
            return Err(MultipartError::NameTooLong);
        }
        self.is_file = head.is_file();
        self.charset = None;
        if self.is_file {
            self.files += 1;
            if self.files > self.limits.max_files {
                return Err(MultipartError::TooManyFiles);
            }
            self.max_size = self.limits.max_file;
        } else {
            self.fields += 1;
            if self.fields > self.limits.max_fields {
                return Err(MultipartError::TooManyFields);
            }
            self.max_size = self.limits.max_field;
            if head.name == CharsetField::NAME {
                self.charset = Some(CharsetField::default());
            }
        }
        self.size = 0;
        self.is_skipped = false;
        self.delimiter.after_line_end();
        self.state = State::Data;
        Ok(head)
    }

    fn part_end(&mut self) -> Result<Event, MultipartError> {
        if let Some(charset) = self.charset.take() {
            charset.end()?;
        }
        self.state = State::Delimited;
        Ok(Event::PartEnd)
    }

    /// Holds a piece of data against the limits.
    fn count(&mut self, data: &[u8]) -> Result<(), MultipartError> {
        self.size += data.len() as u64;
        if self.size > self.max_size {
            return Err(if self.is_file { MultipartError::FileTooLarge } else { MultipartError::FieldTooLarge });
        }
        if !self.is_file {
            self.fields_total += data.len() as u64;
            if self.fields_total > self.limits.max_fields_total {
                return Err(MultipartError::FieldsTooLarge);
            }
            if let Some(charset) = &mut self.charset {
                charset.push(data)?;
            }
        }
        Ok(())
    }

    fn count_preamble(&mut self, length: usize) -> Result<(), MultipartError> {
        self.preamble += length;
        if self.preamble > self.limits.max_preamble { Err(MultipartError::MissingDelimiter) } else { Ok(()) }
    }
}
