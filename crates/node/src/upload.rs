//! Multipart forms that are gathered whole, as JavaScript holds them.
//!
//! In: calls from JavaScript. Out: the same calls on `covet-uploads`, which decides everything.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use covet_http::Refusal;
use covet_multipart::{Boundary, FileHead, Limits, MultipartError};
use covet_uploads::{Content, FileRule, Form, GatherOptions, Spool, StoredFile, UploadError, gather};
use napi::bindgen_prelude::{AsyncTask, Buffer, BufferSlice};
use napi::{Env, Task};
use napi_derive::napi;

use crate::bridge::{FormFault, Gathering};
use crate::error::{Coded, coded};
use crate::flow::NativeReader;

/// What the files of one field may be.
#[napi(object, object_to_js = false)]
pub struct NativeFileRule {
    /// The field's name.
    pub name: String,
    /// Bytes of one file.
    pub max_size: f64,
    /// Files of this name.
    pub max_count: u32,
    /// The types allowed, `image/png` or `image/*`; empty for any.
    pub types: Vec<String>,
}

/// What a form may hold. Sizes are bytes.
#[napi(object, object_to_js = false)]
pub struct NativeFormOptions {
    /// Parts, fields and files together.
    pub max_parts: u32,
    /// Parts without a file name.
    pub max_fields: u32,
    /// Parts with a file name.
    pub max_files: u32,
    /// A part's name.
    pub max_name_size: u32,
    /// One field.
    pub max_field_size: f64,
    /// All fields.
    pub max_fields_size: f64,
    /// One file whose field has no rule.
    pub max_file_size: f64,
    /// A file up to this size is kept in memory.
    pub memory_file: u32,
    /// All files in memory.
    pub memory_total: u32,
    /// Rules of fields that take files.
    pub rules: Vec<NativeFileRule>,
    /// Whether files of other fields are kept.
    pub keeps_other_files: bool,
}

impl NativeFormOptions {
    pub(crate) fn limits(&self) -> Limits {
        Limits {
            max_parts: self.max_parts,
            max_fields: self.max_fields,
            max_files: self.max_files,
            max_name: self.max_name_size as usize,
            max_field: to_bytes(self.max_field_size),
            max_fields_total: to_bytes(self.max_fields_size),
            max_file: to_bytes(self.max_file_size),
            // The server counts the body already.
            max_total: u64::MAX,
            ..Limits::default()
        }
    }

    fn into_gather_options(self) -> GatherOptions {
        let limits = self.limits();
        let rule = |rule: NativeFileRule| FileRule {
            name: rule.name,
            max_size: Some(to_bytes(rule.max_size)),
            max_count: rule.max_count,
            types: rule.types,
        };
        GatherOptions {
            limits,
            rules: self.rules.into_iter().map(rule).collect(),
            keeps_other_files: self.keeps_other_files,
            memory_file: self.memory_file as usize,
            memory_total: self.memory_total as usize,
        }
    }
}

/// JavaScript's safe integers; whatever is below 0 is 0, and Infinity is no limit.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast of floats saturates")]
fn to_bytes(value: f64) -> u64 {
    value as u64
}

/// As a JavaScript number: exact, since no file has 2^53 bytes.
#[allow(clippy::cast_precision_loss)]
fn to_number(bytes: u64) -> f64 {
    bytes as f64
}

/// Why a form could not be read.
#[napi(object, object_from_js = false)]
pub struct NativeFormFault {
    /// The status for it.
    pub status: u16,
    /// The error code for it.
    pub code: String,
    /// The text for it.
    pub message: String,
    /// The field it befell, where it was one.
    pub field: Option<String>,
}

impl From<FormFault> for NativeFormFault {
    fn from(fault: FormFault) -> Self {
        match &fault {
            UploadError::Body(refusal) => Self::from(*refusal),
            error => Self {
                status: error.status().unwrap_or(500),
                code: error.code().unwrap_or("SYSTEM_ERROR").to_owned(),
                message: error.to_string(),
                field: error.field().map(ToOwned::to_owned),
            },
        }
    }
}

impl From<Refusal> for NativeFormFault {
    fn from(refusal: Refusal) -> Self {
        Self {
            status: refusal.status(),
            code: refusal.code().to_owned(),
            message: refusal.message().to_owned(),
            field: None,
        }
    }
}

impl NativeFormFault {
    pub(crate) fn of(error: MultipartError, field: Option<&str>) -> Self {
        Self {
            status: error.status(),
            code: error.code().to_owned(),
            message: error.message().to_owned(),
            field: field.map(ToOwned::to_owned),
        }
    }
}

/// A form that was gathered, or why it could not be.
#[napi]
pub struct NativeForm {
    outcome: Option<Result<Form, FormFault>>,
}

#[napi]
impl NativeForm {
    /// Why there is no form; null where there is one. Told once.
    #[napi]
    pub fn take_fault(&mut self) -> Option<NativeFormFault> {
        match self.outcome.take() {
            Some(Err(fault)) => Some(fault.into()),
            outcome => {
                self.outcome = outcome;
                None
            }
        }
    }

    /// Names and values in turn.
    #[napi]
    pub fn take_fields(&mut self) -> Vec<String> {
        let Some(Ok(form)) = &mut self.outcome else { return Vec::new() };
        std::mem::take(&mut form.fields).into_iter().flat_map(|(name, value)| [name, value]).collect()
    }

    /// The files.
    #[napi]
    pub fn take_files(&mut self) -> Vec<NativeFile> {
        let Some(Ok(form)) = &mut self.outcome else { return Vec::new() };
        std::mem::take(&mut form.files).into_iter().map(NativeFile::new).collect()
    }
}

/// A file of a form.
#[napi]
pub struct NativeFile {
    head: FileHead,
    size: u64,
    content: Option<Content>,
}

impl NativeFile {
    fn new(file: StoredFile) -> Self {
        Self { head: file.head, size: file.size, content: file.content }
    }
}

#[napi]
impl NativeFile {
    /// The field's name.
    #[napi(getter)]
    pub fn name(&self) -> &str {
        &self.head.name
    }

    /// The file's name, made safe.
    #[napi(getter)]
    pub fn filename(&self) -> &str {
        &self.head.filename
    }

    /// What it is taken for.
    #[napi(getter, js_name = "type")]
    pub fn media_type(&self) -> &str {
        &self.head.file_type.media_type
    }

    /// What the client says it were.
    #[napi(getter)]
    pub fn declared_type(&self) -> Option<&str> {
        self.head.declared.as_deref()
    }

    /// Whether a browser may run what is in it.
    #[napi(getter)]
    pub fn is_active(&self) -> bool {
        self.head.file_type.is_active
    }

    /// Bytes.
    #[napi(getter)]
    pub fn size(&self) -> f64 {
        to_number(self.size)
    }

    /// Whether its bytes are there: not those of a file whose type its field does not take, nor of one let go.
    #[napi(getter)]
    pub fn is_kept(&self) -> bool {
        self.content.is_some()
    }

    /// Fills `into`, which nobody else has, from `offset` on; tells of how many bytes. On one of Node's own threads.
    #[napi(ts_return_type = "Promise<number>")]
    pub fn read(&self, into: Buffer, offset: f64) -> Result<AsyncTask<ReadFile>, Coded> {
        let content = self.content.clone().ok_or_else(|| coded("FILE_RELEASED", "the file was let go"))?;
        Ok(AsyncTask::new(ReadFile { content, offset: to_bytes(offset), into }))
    }

    /// As `read`, at once, of a file that is in memory; null for one on disk.
    #[napi]
    pub fn read_memory(&self, mut into: BufferSlice<'_>, offset: f64) -> Option<u32> {
        match &self.content {
            Some(Content::Memory(file)) => Some(to_count(file.read_at(to_bytes(offset), &mut into))),
            Some(Content::Disk(_)) | None => None,
        }
    }

    /// Lets the bytes go; reads under way end well.
    #[napi]
    pub fn release(&mut self) {
        self.content = None;
    }
}

/// A read under way.
pub struct ReadFile {
    content: Content,
    offset: u64,
    into: Buffer,
}

impl Task for ReadFile {
    type Output = u32;
    type JsValue = u32;

    fn compute(&mut self) -> napi::Result<u32> {
        let into: &mut [u8] = &mut self.into;
        let read = match &self.content {
            Content::Memory(file) => Ok(file.read_at(self.offset, into)),
            Content::Disk(file) => file.read_at(self.offset, into),
        };
        read.map(to_count).map_err(|error| napi::Error::from_reason(error.to_string()))
    }

    fn resolve(&mut self, _env: Env, read: u32) -> napi::Result<u32> {
        Ok(read)
    }
}

/// Bytes of one read. Those that JavaScript asks for are far below 4 GiB.
fn to_count(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

/// A form that has come whole, or why it could not be read: small, and so all of it in memory.
#[napi]
pub fn gather_form(body: &[u8], content_type: String, options: NativeFormOptions) -> NativeForm {
    let boundary = match Boundary::from_content_type(content_type.as_bytes()) {
        Ok(boundary) => boundary,
        Err(error) => return NativeForm { outcome: Some(Err(UploadError::Form { error, field: None })) },
    };
    let options = GatherOptions { memory_file: usize::MAX, memory_total: usize::MAX, ..options.into_gather_options() };
    let spool = Spool::new(std::path::PathBuf::new(), 0).with_memory(u64::MAX);
    let mut body = Some(Bytes::copy_from_slice(body));
    let gathering = gather::<Infallible>(&boundary, &options, &spool, async || body.take().map(Ok));
    // Nothing is waited for: the body is there, and no disk is asked.
    let outcome = match std::pin::pin!(gathering).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(outcome) => outcome.map_err(|error| error.map_body(|never| match never {})),
        Poll::Pending => Err(std::io::Error::other("a form in memory waited for the disk").into()),
    };
    NativeForm { outcome: Some(outcome) }
}

#[napi]
impl NativeReader {
    /// Has the body gathered as a form on its I/O thread, so that its files need not cross; or says why it cannot be.
    #[napi]
    pub fn gather(&self, content_type: String, options: NativeFormOptions) -> Option<NativeFormFault> {
        match Boundary::from_content_type(content_type.as_bytes()) {
            Ok(boundary) => {
                let (options, spool) = (options.into_gather_options(), Arc::clone(self.spool()));
                self.flow().gather(Box::new(Gathering { boundary, options, spool }));
                None
            }
            Err(error) => Some(NativeFormFault::of(error, None)),
        }
    }

    /// The form that `gather` asked for; null until it is there.
    #[napi]
    pub fn take_form(&self) -> Option<NativeForm> {
        self.flow().take_form().map(|outcome| NativeForm { outcome: Some(outcome) })
    }
}
