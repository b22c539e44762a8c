//! Files as answers: single ones, and folders of them.
//!
//! ```text
//!  folder.rs      a request's path in; which files of a folder would answer it
//!  open.rs        a path in; an open file that lies where it may, or why there is none        (may block)
//!  prepare.rs     an open file and a request's conditions in; status, headers, first bytes    (may block)
//!  file_body.rs   what is left of it, a piece at a time, as the peer takes it
//!  blocking.rs    the way to threads that may block
//!  respond.rs     all of it for one request
//! ```
//!
//! An I/O thread serves thousands of connections and must never wait for a disk, so everything that touches one runs on
//! the runtime's pool of threads for that. A small file costs one hop there: looked up, opened, judged, read and closed.

mod blocking;
mod file_body;
mod folder;
mod open;
mod prepare;
mod respond;

pub use self::blocking::Blocking;
pub use self::folder::{FolderOptions, StaticFolder};
pub use self::open::Links;
pub use self::prepare::FilePolicy;
pub use self::respond::{FileSource, FolderMark, FolderRoute};

pub(crate) use self::respond::{Failure, FileVerdict, FolderAnswer, answer_folder, finish, send_file};
