//! Temporary files without a name.
//!
//! A spool file is taken out of its folder right after it was made, and lives on as an open file alone: when the last
//! holder lets go, or the process ends in whatever way, the system frees it. On Windows, where an open file keeps its
//! name, the system deletes it when it is closed.

use std::fs::{File, OpenOptions};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, IoSlice, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;

use crate::disk_pool::{Discarder, DiskPool};

/// How often a name that is taken is replaced by another.
const ATTEMPTS: u32 = 16;

/// Where temporary files lie, and how much of the disk they may take.
#[derive(Debug)]
pub struct Spool {
    directory: PathBuf,
    max_bytes: u64,
    used: Arc<AtomicU64>,
    max_memory: u64,
    memory: Arc<AtomicU64>,
    pool: DiskPool,
}

/// Bytes of memory for files that are neither small nor large, those of all forms together.
const MEMORY: u64 = 64 * 1024 * 1024;

impl Spool {
    /// A spool in that folder, whose files have at most `max_bytes` together.
    #[must_use]
    pub fn new(directory: PathBuf, max_bytes: u64) -> Self {
        Self {
            directory,
            max_bytes,
            used: Arc::default(),
            max_memory: MEMORY,
            memory: Arc::default(),
            pool: DiskPool::default(),
        }
    }

    /// The same, where files above 64 KiB may take so many bytes of memory together. Default 64 MiB.
    #[must_use]
    pub fn with_memory(self, max_memory: u64) -> Self {
        Self { max_memory, ..self }
    }

    /// The threads that read and write.
    #[must_use]
    pub fn pool(&self) -> &DiskPool {
        &self.pool
    }

    /// Where temporary files are made.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Bytes taken or promised.
    #[must_use]
    pub fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }

    /// Bytes of memory taken or promised.
    #[must_use]
    pub fn memory(&self) -> u64 {
        self.memory.load(Ordering::Relaxed)
    }

    /// As [`Spool::claim`], of the memory in place of the disk.
    pub(crate) fn claim_memory(&self) -> Claim {
        Claim { used: Arc::clone(&self.memory), max_bytes: self.max_memory, bytes: 0 }
    }

    /// Promises nothing yet: [`Claim::grow`] does.
    pub(crate) fn claim(&self) -> Claim {
        Claim { used: Arc::clone(&self.used), max_bytes: self.max_bytes, bytes: 0 }
    }
}

/// A file's share of the spool, given back when dropped.
#[derive(Debug)]
pub(crate) struct Claim {
    used: Arc<AtomicU64>,
    max_bytes: u64,
    bytes: u64,
}

impl Claim {
    /// Takes so many bytes more; `false` where the spool is full.
    pub(crate) fn grow(&mut self, bytes: u64) -> bool {
        let used = self.used.fetch_add(bytes, Ordering::Relaxed);
        self.bytes += bytes;
        used.saturating_add(bytes) <= self.max_bytes
    }
}

impl Claim {
    /// As [`Claim::grow`], to so many bytes in all.
    pub(crate) fn grow_to(&mut self, bytes: u64) -> bool {
        self.grow(bytes.saturating_sub(self.bytes))
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// A temporary file.
#[derive(Debug)]
pub struct SpoolFile {
    /// Taken when it is dropped, with its share of the spool.
    held: Option<(File, Claim)>,
    discarder: Discarder,
}

impl SpoolFile {
    pub(crate) fn new(file: File, claim: Claim, spool: &Spool) -> Self {
        Self { held: Some((file, claim)), discarder: spool.pool.discarder() }
    }

    /// Reads from `offset` on, as many bytes as `bytes` takes; fewer at the end. How many is told. Blocks.
    ///
    /// # Errors
    ///
    /// The system's.
    pub fn read_at(&self, offset: u64, bytes: &mut [u8]) -> io::Result<usize> {
        let Some((file, _)) = &self.held else { return Ok(0) };
        let mut filled = 0;
        while filled < bytes.len() {
            match read_at(file, &mut bytes[filled..], offset + filled as u64) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }
}

impl Drop for SpoolFile {
    fn drop(&mut self) {
        self.discarder.discard(self.held.take());
    }
}

#[cfg(unix)]
fn read_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, bytes, offset)
}

#[cfg(windows)]
fn read_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, bytes, offset)
}

/// Makes a file nobody else can open, and takes its name away. Blocks.
pub(crate) fn create(directory: &Path) -> io::Result<File> {
    let mut attempt = 0;
    loop {
        // Not secret: `create_new` refuses whatever stands there already, links included.
        let random = RandomState::new().hash_one(attempt);
        let path = directory.join(format!(".covet-upload-{}-{random:016x}", std::process::id()));
        match private().open(&path) {
            Ok(file) => {
                #[cfg(unix)]
                std::fs::remove_file(&path)?;
                return Ok(file);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && attempt < ATTEMPTS => attempt += 1,
            Err(error) => return Err(error),
        }
    }
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    #[cfg(windows)]
    {
        use std::os::windows::fs::OpenOptionsExt as _;
        const FILE_FLAG_DELETE_ON_CLOSE: u32 = 0x0400_0000;
        const FILE_ATTRIBUTE_TEMPORARY: u32 = 0x100;
        options.share_mode(0).attributes(FILE_ATTRIBUTE_TEMPORARY).custom_flags(FILE_FLAG_DELETE_ON_CLOSE);
    }
    options
}

/// Appends all pieces, with as few calls as the system takes. Blocks.
pub(crate) fn append(mut file: &File, pieces: &[Bytes]) -> io::Result<()> {
    let mut slices: Vec<IoSlice<'_>> = pieces.iter().map(|piece| IoSlice::new(piece)).collect();
    let mut left = slices.as_mut_slice();
    while !left.is_empty() {
        match file.write_vectored(left) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => IoSlice::advance_slices(&mut left, written),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::MetadataExt as _;

    use super::*;

    #[test]
    fn a_new_file_is_private_and_has_no_name() {
        let file = create(&std::env::temp_dir()).expect("the folder can be written");
        let metadata = file.metadata().expect("it is open");
        assert_eq!((metadata.mode() & 0o777, metadata.nlink()), (0o600, 0));
    }

    #[test]
    fn pieces_are_appended_in_order() {
        let file = create(&std::env::temp_dir()).expect("the folder can be written");
        let pieces: Vec<Bytes> = (0..3000_u32).map(|at| Bytes::from(at.to_be_bytes().to_vec())).collect();
        append(&file, &pieces).expect("written");
        append(&file, &[Bytes::from_static(b"end")]).expect("written");
        let spool = Spool::new(PathBuf::new(), 0);
        let mut bytes = vec![0; 20_000];
        let read = SpoolFile::new(file, spool.claim(), &spool).read_at(0, &mut bytes).expect("read");
        assert_eq!(bytes[..read], [pieces.concat(), b"end".to_vec()].concat());
    }
}
