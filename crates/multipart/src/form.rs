//! A body as handlers want it: fields whole, files in pieces, each file known by its first bytes before it is handed on.

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};

use crate::boundary::Boundary;
use crate::charset::text;
use crate::error::MultipartError;
use crate::file_type::{FileType, judge};
use crate::filename::safe_filename;
use crate::head::PartHead;
use crate::limits::Limits;
use crate::parser::{Event, Parser};
use crate::sniff::SNIFF_BYTES;

/// What is known of a file when its data begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileHead {
    /// The field's name.
    pub name: String,
    /// The file's name, made safe by [`safe_filename`]. Empty where the client sent an empty one: no file was chosen.
    pub filename: String,
    /// The type that the client claims, as it was sent.
    pub declared: Option<String>,
    /// What it is taken for, by its first bytes: see [`judge`].
    pub file_type: FileType,
}

/// What a form is made of, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FormItem {
    /// A field, whole.
    Field {
        /// Its name.
        name: String,
        /// Its value.
        value: String,
    },
    /// A file begins.
    File(FileHead),
    /// Some of the file's data, never empty.
    Data(Bytes),
    /// The file has ended.
    FileEnd,
    /// The form has ended.
    End,
}

/// The part being read.
#[derive(Debug)]
enum Part {
    None,
    Field(BytesMut),
    /// A file whose first bytes are still being gathered.
    Unknown {
        head: PartHead,
        start: Vec<Bytes>,
    },
    File,
}

/// Parses one form. As [`Parser`], whose rules, limits and errors are its own.
///
/// ```
/// use covet_multipart::{Boundary, FormItem, FormParser, Limits, MultipartError};
///
/// let mut form = FormParser::new(&Boundary::new(b"b")?, Limits::default());
/// form.push("--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--b--\r\n".into())?;
/// assert_eq!(form.next_item()?, Some(FormItem::Field { name: "a".into(), value: "1".into() }));
/// assert_eq!(form.next_item()?, Some(FormItem::End));
/// # Ok::<(), MultipartError>(())
/// ```
#[derive(Debug)]
pub struct FormParser {
    parser: Parser,
    part: Part,
    /// The name of the part that began last.
    name: String,
    /// Found, not handed out yet.
    ready: VecDeque<FormItem>,
    /// The limit that the next file's head is to get, by its name.
    file_limits: Vec<(String, u64)>,
}

impl FormParser {
    /// A parser of one form with this boundary.
    #[must_use]
    pub fn new(boundary: &Boundary, limits: Limits) -> Self {
        let parser = Parser::new(boundary, limits);
        Self { parser, part: Part::None, name: String::new(), ready: VecDeque::new(), file_limits: Vec::new() }
    }

    /// Sets the size limit of the files of that field, in place of [`Limits::max_file`].
    pub fn limit_files(&mut self, name: &str, bytes: u64) {
        self.file_limits.push((name.to_owned(), bytes));
    }

    /// As [`Parser::push`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn push(&mut self, chunk: Bytes) -> Result<(), MultipartError> {
        self.parser.push(chunk)
    }

    /// As [`Parser::can_pass`].
    #[must_use]
    pub fn can_pass(&self) -> bool {
        matches!(self.part, Part::File) && self.ready.is_empty() && self.parser.can_pass()
    }

    /// As [`Parser::pass`], of a chunk that is all [`FormItem::Data`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn pass(&mut self, chunk: &[u8]) -> Result<bool, MultipartError> {
        if self.can_pass() { self.parser.pass(chunk) } else { Ok(false) }
    }

    /// As [`Parser::finish`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn finish(&mut self) -> Result<(), MultipartError> {
        self.parser.finish()
    }

    /// Passes over what is left of the file that is being read: its end is told, its data is not.
    pub fn skip_file(&mut self) {
        self.parser.skip_part();
        self.ready.retain(|item| !matches!(item, FormItem::Data(_)));
    }

    /// The name of the part being read, for a report of what is wrong with it.
    #[must_use]
    pub fn part_name(&self) -> Option<&str> {
        (!matches!(self.part, Part::None)).then_some(self.name.as_str())
    }

    /// The next item; `None` when the next chunk is needed for it.
    ///
    /// # Errors
    ///
    /// What is wrong with the body, [`MultipartError::FieldNotUtf8`] included.
    pub fn next_item(&mut self) -> Result<Option<FormItem>, MultipartError> {
        loop {
            if let Some(item) = self.ready.pop_front() {
                return Ok(Some(item));
            }
            let Some(event) = self.parser.next_event()? else { return Ok(None) };
            if let Some(item) = self.take(event)? {
                return Ok(Some(item));
            }
        }
    }

    fn take(&mut self, event: Event) -> Result<Option<FormItem>, MultipartError> {
        match (event, &mut self.part) {
            (Event::Part(head), _) => {
                self.begin(head);
                Ok(None)
            }
            (Event::Data(data), Part::Field(value)) => {
                value.extend_from_slice(&data);
                Ok(None)
            }
            (Event::Data(data), Part::Unknown { start, .. }) => {
                start.push(data);
                let known: usize = start.iter().map(Bytes::len).sum();
                Ok((known >= SNIFF_BYTES).then(|| self.reveal()).flatten())
            }
            (Event::Data(data), _) => Ok(Some(FormItem::Data(data))),
            (Event::PartEnd, Part::Field(_)) => self.end_field().map(Some),
            (Event::PartEnd, Part::Unknown { .. }) => {
                let head = self.reveal();
                self.part = Part::None;
                self.ready.push_back(FormItem::FileEnd);
                Ok(head)
            }
            (Event::PartEnd, _) => {
                self.part = Part::None;
                Ok(Some(FormItem::FileEnd))
            }
            (Event::End, _) => Ok(Some(FormItem::End)),
        }
    }

    fn begin(&mut self, head: PartHead) {
        self.name.clone_from(&head.name);
        if !head.is_file() {
            self.part = Part::Field(BytesMut::new());
            return;
        }
        if let Some((_, bytes)) = self.file_limits.iter().find(|(name, _)| *name == head.name) {
            self.parser.limit_part(*bytes);
        }
        self.part = Part::Unknown { head, start: Vec::new() };
    }

    fn end_field(&mut self) -> Result<FormItem, MultipartError> {
        // The part stays until its value has been looked at, for a report to name it.
        let Part::Field(value) = &self.part else { unreachable!("only a field's end is the end of a field") };
        let value = text(value)?.to_owned();
        self.part = Part::None;
        Ok(FormItem::Field { name: std::mem::take(&mut self.name), value })
    }

    /// Looks at the first bytes of the file, and has them follow its head.
    fn reveal(&mut self) -> Option<FormItem> {
        let Part::Unknown { head, start } = std::mem::replace(&mut self.part, Part::File) else { return None };
        let declared = head.content_type;
        let file_type = match start.as_slice() {
            [whole] => judge(declared.as_deref(), whole),
            pieces => judge(declared.as_deref(), &pieces.concat()),
        };
        let sent = head.filename.unwrap_or_default();
        let filename = if sent.is_empty() { sent } else { safe_filename(&sent) };
        self.ready.extend(start.into_iter().map(FormItem::Data));
        Some(FormItem::File(FileHead { name: head.name, filename, declared, file_type }))
    }
}
