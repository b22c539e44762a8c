//! Chunks of a body → a form.

use std::convert::Infallible;
use std::fs::File;
use std::sync::Arc;

use bytes::Bytes;
use covet_multipart::{Boundary, FileHead, FormItem, FormParser, MultipartError};

use crate::disk_pool::DiskTask;
use crate::error::UploadError;
use crate::memory_file::MemoryFile;
use crate::options::GatherOptions;
use crate::pieces::Pieces;
use crate::spool::{Claim, Spool, SpoolFile, append, create};

/// Bytes that are written to disk at once. So many more may be gathered meanwhile, and no more than that.
const WRITE: usize = 256 * 1024;

/// A file up to this size takes nothing of the memory that all forms share.
const SMALL_FILE: usize = 64 * 1024;

/// A form, gathered.
#[derive(Debug, Default)]
pub struct Form {
    /// Names and values, in the order they came.
    pub fields: Vec<(String, String)>,
    /// Files, in the order they came. Those without name and data, where none was chosen, are left out.
    pub files: Vec<StoredFile>,
}

/// A file of a form.
#[derive(Debug)]
pub struct StoredFile {
    /// What was known when it began.
    pub head: FileHead,
    /// Bytes that were kept.
    pub size: u64,
    /// Where they are; `None` where the file's type is not one its field takes, and nothing was kept.
    pub content: Option<Content>,
}

/// Where a file's bytes are.
#[derive(Debug, Clone)]
pub enum Content {
    /// In memory.
    Memory(Arc<MemoryFile>),
    /// On disk.
    Disk(Arc<SpoolFile>),
}

/// Gathers a form from the chunks that `next` gives until there is none.
///
/// Memory use is bounded by the options: fields, files in memory, and two writes' worth of data. `next` is not called while
/// the disk is behind, which is the back-pressure. Dropped, it leaves nothing behind.
///
/// # Errors
///
/// What is wrong with the form, with the body, or with the disk. Whatever was gathered is gone then.
pub async fn gather<E>(
    boundary: &Boundary,
    options: &GatherOptions,
    spool: &Spool,
    mut next: impl AsyncFnMut() -> Option<Result<Bytes, E>>,
) -> Result<Form, UploadError<E>> {
    let mut gatherer = Gatherer::new(boundary, options, spool);
    while let Some(chunk) = next().await {
        let chunk = chunk.map_err(UploadError::Body)?;
        gatherer.push(chunk).await.map_err(widen)?;
    }
    gatherer.finish().map_err(widen)
}

/// An error that is not the body's.
type Stop = UploadError<Infallible>;

/// It becomes one that might have been.
fn widen<E>(stop: Stop) -> UploadError<E> {
    stop.map_body(|never| match never {})
}

struct Gatherer<'a> {
    parser: FormParser,
    options: &'a GatherOptions,
    spool: &'a Spool,
    form: Form,
    open: Option<OpenFile>,
    /// Bytes of files kept in memory.
    in_memory: usize,
}

/// The file being read.
struct OpenFile {
    head: FileHead,
    size: u64,
    place: Place,
}

enum Place {
    /// Passed over: not kept, but for a mention where its type is why.
    Nowhere {
        is_mentioned: bool,
    },
    Memory {
        pieces: Pieces,
        /// Of the memory for files that are not small.
        claim: Option<Claim>,
    },
    Disk(Writer),
}

impl<'a> Gatherer<'a> {
    fn new(boundary: &Boundary, options: &'a GatherOptions, spool: &'a Spool) -> Self {
        let mut parser = FormParser::new(boundary, options.limits.clone());
        for rule in &options.rules {
            if let Some(bytes) = rule.max_size {
                parser.limit_files(&rule.name, bytes);
            }
        }
        Self { parser, options, spool, form: Form::default(), open: None, in_memory: 0 }
    }

    fn refuse(&self, error: MultipartError) -> Stop {
        Stop::Form { error, field: self.parser.part_name().map(ToOwned::to_owned) }
    }

    async fn push(&mut self, chunk: Bytes) -> Result<(), Stop> {
        self.parser.push(chunk).map_err(|error| self.refuse(error))?;
        while let Some(item) = self.parser.next_item().map_err(|error| self.refuse(error))? {
            match item {
                FormItem::Field { name, value } => self.form.fields.push((name, value)),
                FormItem::File(head) => self.begin(head)?,
                FormItem::Data(data) => self.data(data).await?,
                FormItem::FileEnd => self.end().await?,
                FormItem::End => {}
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Form, Stop> {
        self.parser.finish().map_err(|error| self.refuse(error))?;
        Ok(self.form)
    }

    fn begin(&mut self, head: FileHead) -> Result<(), Stop> {
        let rule = self.options.rule(&head.name);
        let is_wrong = rule.is_some_and(|rule| !rule.allows(&head.file_type));
        // A file of no name is one where it has data, and that is not known yet.
        let place = if rule.is_none() && !self.options.keeps_other_files {
            self.parser.skip_file();
            Place::Nowhere { is_mentioned: false }
        } else if is_wrong && !head.filename.is_empty() {
            self.parser.skip_file();
            Place::Nowhere { is_mentioned: true }
        } else {
            Place::Memory { pieces: Pieces::kept(), claim: None }
        };
        if !matches!(place, Place::Nowhere { is_mentioned: false }) && !head.filename.is_empty() {
            self.count(&head.name)?;
        }
        self.open = Some(OpenFile { head, size: 0, place });
        Ok(())
    }

    /// Holds the number of a field's files, with the one that begins, against its rule.
    fn count(&self, name: &str) -> Result<(), Stop> {
        let count = self.form.files.iter().filter(|file| file.head.name == name).count();
        match self.options.rule(name) {
            Some(rule) if count >= rule.max_count as usize => Err(Stop::TooManyFiles { field: name.to_owned() }),
            _ => Ok(()),
        }
    }

    async fn data(&mut self, data: Bytes) -> Result<(), Stop> {
        let Some(open) = &mut self.open else { return Ok(()) };
        open.size += data.len() as u64;
        match &mut open.place {
            Place::Nowhere { .. } => {}
            Place::Memory { pieces, claim } => {
                let length = pieces.bytes() + data.len();
                let is_small =
                    length <= self.options.memory_file && self.in_memory + length <= self.options.memory_total;
                if is_small && has_memory(claim, self.spool, length) {
                    pieces.push(data);
                    return Ok(());
                }
                let mut writer = Writer::new(self.spool);
                for piece in pieces.take() {
                    writer.put(self.spool, piece).await?;
                }
                writer.put(self.spool, data).await?;
                open.place = Place::Disk(writer);
            }
            Place::Disk(writer) => writer.put(self.spool, data).await?,
        }
        Ok(())
    }

    async fn end(&mut self) -> Result<(), Stop> {
        let Some(OpenFile { head, size, place }) = self.open.take() else { return Ok(()) };
        let is_chosen = !head.filename.is_empty() || size > 0;
        let content = match place {
            Place::Nowhere { is_mentioned: false } => return Ok(()),
            Place::Nowhere { is_mentioned: true } => None,
            Place::Memory { .. } if !is_chosen => return Ok(()),
            Place::Memory { pieces, claim } => {
                self.in_memory += pieces.bytes();
                Some(Content::Memory(Arc::new(MemoryFile::new(pieces, claim))))
            }
            Place::Disk(writer) => Some(Content::Disk(Arc::new(writer.finish(self.spool).await?))),
        };
        if head.filename.is_empty() {
            return self.end_nameless(head, size, content);
        }
        self.form.files.push(StoredFile { head, size, content });
        Ok(())
    }

    /// A file that had no name, but data after all, is held against its rule now.
    fn end_nameless(&mut self, mut head: FileHead, size: u64, content: Option<Content>) -> Result<(), Stop> {
        self.count(&head.name)?;
        let is_wrong = self.options.rule(&head.name).is_some_and(|rule| !rule.allows(&head.file_type));
        head.filename = covet_multipart::safe_filename("");
        self.form.files.push(StoredFile { head, size, content: content.filter(|_| !is_wrong) });
        Ok(())
    }
}

/// Whether a file of that length may stay in memory: a small one always, others while there is room for them.
fn has_memory(claim: &mut Option<Claim>, spool: &Spool, length: usize) -> bool {
    length <= SMALL_FILE || claim.get_or_insert_with(|| spool.claim_memory()).grow_to(length as u64)
}

/// Writes a file to disk, one write ahead.
struct Writer {
    claim: Claim,
    pending: Pieces,
    /// The file, with whoever writes it now.
    state: WriterState,
}

enum WriterState {
    New,
    Busy(DiskTask<File>),
    Broken,
}

impl Writer {
    fn new(spool: &Spool) -> Self {
        Self { claim: spool.claim(), pending: Pieces::default(), state: WriterState::New }
    }

    async fn put(&mut self, spool: &Spool, data: Bytes) -> Result<(), Stop> {
        if !self.claim.grow(data.len() as u64) {
            return Err(Stop::SpoolFull);
        }
        self.pending.push(data);
        if self.pending.bytes() >= WRITE {
            self.write(spool).await?;
        }
        Ok(())
    }

    /// Starts to write what waits, once what was written before is.
    async fn write(&mut self, spool: &Spool) -> Result<(), Stop> {
        let file = match std::mem::replace(&mut self.state, WriterState::Broken) {
            WriterState::New => None,
            WriterState::Busy(task) => Some(task.await?),
            WriterState::Broken => return Err(std::io::Error::other("an earlier write failed").into()),
        };
        let pieces = self.pending.take();
        let directory = file.is_none().then(|| spool.directory().to_owned());
        self.state = WriterState::Busy(spool.pool().run(move || {
            let file = match (file, directory) {
                (Some(file), _) => file,
                (None, directory) => create(&directory.unwrap_or_default())?,
            };
            append(&file, &pieces)?;
            Ok(file)
        }));
        Ok(())
    }

    async fn finish(mut self, spool: &Spool) -> Result<SpoolFile, Stop> {
        self.write(spool).await?;
        match self.state {
            WriterState::Busy(task) => Ok(SpoolFile::new(task.await?, self.claim, spool)),
            WriterState::New | WriterState::Broken => Err(std::io::Error::other("nothing was written").into()),
        }
    }
}
