//! A multipart form part by part, as JavaScript holds it.
//!
//! The data crosses anyway, so it is parsed where it arrives, on the JS thread: finding delimiters costs a fraction of the
//! copy into a JavaScript buffer. A piece of a file crosses alone, without an object around it. What JavaScript does not ask
//! for stays in the flow, whose window is the back-pressure, or in the socket.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use covet_multipart::{Boundary, FormItem, FormParser, MultipartError};
use napi::Env;
use napi::bindgen_prelude::BufferSlice;
use napi_derive::napi;

use crate::bridge::{End, Taken, ToJs, fill_buffer};
use crate::flow::NativeReader;
use crate::upload::{NativeFormFault, NativeFormOptions};

/// A field, whole: `name` and `value`.
#[napi]
pub const PART_FIELD: u32 = 0;
/// A file begins: `name`, `filename`, `type`, `declaredType`, `isActive`.
#[napi]
pub const PART_FILE: u32 = 1;
/// Some of the file: `takeData` has it.
#[napi]
pub const PART_DATA: u32 = 2;
/// The file has ended.
#[napi]
pub const PART_FILE_END: u32 = 3;
/// The form has ended.
#[napi]
pub const PART_END: u32 = 4;
/// The form cannot be read on: `fault`.
#[napi]
pub const PART_FAULT: u32 = 5;

/// What comes next in a form.
#[napi(object, object_from_js = false)]
#[derive(Default)]
pub struct NativePart {
    /// One of the `PART_*` values; says which of the others are there.
    pub kind: u32,
    /// The field's name.
    pub name: Option<String>,
    /// The field's value.
    pub value: Option<String>,
    /// The file's name, made safe.
    pub filename: Option<String>,
    /// What the file is taken for.
    #[napi(js_name = "type")]
    pub media_type: Option<String>,
    /// What the client says the file were.
    pub declared_type: Option<String>,
    /// Whether a browser may run what is in it.
    pub is_active: Option<bool>,
    /// Why the form cannot be read on.
    pub fault: Option<NativeFormFault>,
}

impl NativePart {
    fn of(kind: u32) -> Self {
        Self { kind, ..Self::default() }
    }

    fn fault(fault: NativeFormFault) -> Self {
        Self { fault: Some(fault), ..Self::of(PART_FAULT) }
    }
}

impl From<FormItem> for NativePart {
    fn from(item: FormItem) -> Self {
        match item {
            FormItem::Field { name, value } => Self { name: Some(name), value: Some(value), ..Self::of(PART_FIELD) },
            FormItem::File(head) => Self {
                name: Some(head.name),
                filename: Some(head.filename),
                media_type: Some(head.file_type.media_type),
                declared_type: head.declared,
                is_active: Some(head.file_type.is_active),
                ..Self::of(PART_FILE)
            },
            FormItem::Data(_) => Self::of(PART_DATA),
            FormItem::FileEnd => Self::of(PART_FILE_END),
            FormItem::End => Self::of(PART_END),
        }
    }
}

/// Data that is there at once is handed out together, up to this many bytes; a larger piece goes alone.
const JOIN: usize = 64 * 1024;

/// A form that is read part by part.
#[napi]
pub struct NativeParts {
    /// Where more comes from; `None` for a form that has come whole.
    flow: Option<Arc<ToJs>>,
    /// Taken from there, not parsed yet.
    pieces: VecDeque<Bytes>,
    /// Found already: the next to be handed out.
    found: Option<Step>,
    /// Not one where the content type is not that of a form.
    parser: Result<FormParser, MultipartError>,
}

#[napi]
impl NativeParts {
    /// The parts of a form that has come whole. Where the content type is not that of a form, `next` tells.
    #[napi(factory)]
    pub fn of_bytes(body: &[u8], content_type: String, options: NativeFormOptions) -> Self {
        Self::new(None, VecDeque::from([Bytes::copy_from_slice(body)]), &content_type, &options)
    }

    /// As `ofBytes`, of a form that is still on its way, and from here on is asked for.
    #[napi(factory)]
    pub fn of_reader(reader: &NativeReader, content_type: String, options: NativeFormOptions) -> Self {
        let parts = Self::new(Some(Arc::clone(reader.flow())), VecDeque::new(), &content_type, &options);
        if parts.parser.is_ok() {
            reader.flow().open();
        }
        parts
    }

    fn new(flow: Option<Arc<ToJs>>, pieces: VecDeque<Bytes>, content_type: &str, options: &NativeFormOptions) -> Self {
        let boundary = Boundary::from_content_type(content_type.as_bytes());
        Self {
            flow,
            pieces,
            found: None,
            parser: boundary.map(|boundary| FormParser::new(&boundary, options.limits())),
        }
    }

    /// What comes next; null where it has not come yet: its reader's flow tells when it has.
    #[napi]
    pub fn next(&mut self) -> Option<NativePart> {
        match self.take_step() {
            Step::Other(part) => Some(*part),
            Step::Nothing => None,
            data @ Step::Data(_) => {
                self.found = Some(data);
                Some(NativePart::of(PART_DATA))
            }
        }
    }

    /// Some of the file that has begun; null where something else comes next, or nothing has come yet.
    #[napi]
    pub fn take_data<'env>(&mut self, env: &'env Env) -> napi::Result<Option<BufferSlice<'env>>> {
        if let Some(drawn) = self.draw_data(env)? {
            return Ok(Some(drawn));
        }
        match self.take_step() {
            Step::Data(first) => BufferSlice::copy_from(env, self.join(first)).map(Some),
            Step::Nothing => Ok(None),
            other @ Step::Other(_) => {
                self.found = Some(other);
                Ok(None)
            }
        }
    }

    /// Passes over what is left of the file that has begun; its end is told.
    #[napi]
    pub fn skip_file(&mut self) {
        self.found = self.found.take().filter(|step| !matches!(step, Step::Data(_)));
        if let Ok(parser) = &mut self.parser {
            parser.skip_file();
        }
    }
}

impl NativeParts {
    fn take_step(&mut self) -> Step {
        self.found.take().unwrap_or_else(|| self.step())
    }

    /// Some of a file that is drawn from its socket, and is all that was drawn: most of a large file, which so is never copied.
    fn draw_data<'env>(&mut self, env: &'env Env) -> napi::Result<Option<BufferSlice<'env>>> {
        let (Ok(parser), Some(flow), None, true) = (&mut self.parser, &self.flow, &self.found, self.pieces.is_empty())
        else {
            return Ok(None);
        };
        if !parser.can_pass() {
            return Ok(None);
        }
        match flow.take() {
            Taken::Come(amount) => {
                let Some(drawn) = fill_buffer(env, amount, |room| flow.draw(room))? else { return Ok(None) };
                match parser.pass(&drawn) {
                    Ok(true) => return Ok(Some(drawn)),
                    Ok(false) => self.pieces.push_back(Bytes::copy_from_slice(&drawn)),
                    Err(error) => self.found = Some(Step::of(refuse(error, parser))),
                }
            }
            Taken::Piece(piece) => self.pieces.push_back(piece),
            Taken::Nothing | Taken::End(_) => {}
        }
        Ok(None)
    }

    /// The piece with those behind it that are there: a crossing and a buffer for each small one would cost more than the
    /// copy.
    fn join(&mut self, first: Bytes) -> Bytes {
        let mut joined = BytesMut::new();
        // A large one that is read ahead could not be drawn to where it is wanted.
        if first.len() > JOIN / 2 {
            return first;
        }
        loop {
            match self.step() {
                Step::Data(next) if joined.len().max(first.len()) + next.len() <= JOIN => {
                    if joined.is_empty() {
                        joined.extend_from_slice(&first);
                    }
                    joined.extend_from_slice(&next);
                }
                other => {
                    self.found = Some(other).filter(|step| !matches!(step, Step::Nothing));
                    return if joined.is_empty() { first } else { joined.freeze() };
                }
            }
        }
    }

    fn step(&mut self) -> Step {
        let parser = match &mut self.parser {
            Ok(parser) => parser,
            Err(error) => return Step::of(NativePart::fault(NativeFormFault::of(*error, None))),
        };
        loop {
            match parser.next_item() {
                Ok(Some(FormItem::Data(data))) => return Step::Data(data),
                Ok(Some(item)) => return Step::of(item.into()),
                Ok(None) => {}
                Err(error) => return Step::of(refuse(error, parser)),
            }
            let pushed = match self.pieces.pop_front() {
                Some(piece) => parser.push(piece),
                None => match self.flow.as_ref().map_or(Taken::End(End::Complete), |flow| flow.take()) {
                    Taken::Nothing => return Step::Nothing,
                    Taken::Piece(piece) => parser.push(piece),
                    Taken::Come(amount) => match self.flow.as_ref().and_then(|flow| flow.draw_piece(amount)) {
                        Some(piece) => parser.push(piece),
                        None => return Step::Nothing,
                    },
                    Taken::End(End::Complete) => {
                        let end = parser.finish().map(|()| NativePart::of(PART_END));
                        return Step::of(end.unwrap_or_else(|error| refuse(error, parser)));
                    }
                    Taken::End(End::Refused(refusal)) => return Step::of(NativePart::fault(refusal.into())),
                },
            };
            if let Err(error) = pushed {
                return Step::of(refuse(error, parser));
            }
        }
    }
}

/// What the next look at the form finds.
enum Step {
    Data(Bytes),
    Other(Box<NativePart>),
    Nothing,
}

impl Step {
    fn of(part: NativePart) -> Self {
        Self::Other(Box::new(part))
    }
}

fn refuse(error: MultipartError, parser: &FormParser) -> NativePart {
    NativePart::fault(NativeFormFault::of(error, parser.part_name()))
}
