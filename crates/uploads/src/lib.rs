//! Gathers a multipart form: its fields, its small files in memory, its large ones in temporary files.
//!
//! Neither socket nor runtime: the caller brings the body's chunks, and any executor may poll. Nothing here blocks the
//! thread that polls: the disk is written by [`DiskPool`]'s threads.
//!
//! * [`gather`]: chunks → [`Form`], within [`GatherOptions`].
//! * [`Spool`]: where temporary files lie, and how many bytes all of them may have.
//! * [`SpoolFile`]: one of them. It has no name from its first moment on, so no way out can leave it behind.
//! * [`UploadError`]: why a form could not be gathered.

mod disk_pool;
mod error;
mod gather;
mod memory_file;
mod options;
mod pieces;
mod spool;

pub use disk_pool::{DiskPool, DiskTask};
pub use error::UploadError;
pub use gather::{Content, Form, StoredFile, gather};
pub use memory_file::MemoryFile;
pub use options::{FileRule, GatherOptions};
pub use spool::{Spool, SpoolFile};
