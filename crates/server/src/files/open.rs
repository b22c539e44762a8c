//! Opens a file, if it is one and lies where it may.
//!
//! In: a path. Out: an open regular file and what is known of it, or why there is none. Everything here may block.

use std::fs::{self, File, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// What becomes of symbolic links below a root.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Links {
    /// Followed as long as they lead to something below the root.
    #[default]
    Inside,
    /// Followed wherever they lead.
    Follow,
    /// Never followed: a path with one in it names nothing.
    Refuse,
}

/// A regular file, open for reading.
#[derive(Debug)]
pub(crate) struct OpenFile {
    pub(crate) file: File,
    pub(crate) stamp: Stamp,
}

/// What a file is recognised by while it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) size: u64,
    pub(crate) modified: Option<SystemTime>,
}

impl Stamp {
    pub(crate) fn of(metadata: &Metadata) -> Self {
        Self { size: metadata.len(), modified: metadata.modified().ok() }
    }
}

/// What stands at a path.
#[derive(Debug)]
pub(crate) enum Found {
    File(OpenFile),
    Folder,
    /// Nothing, or nothing that is sent: a device, a pipe, what lies outside of the root.
    Nothing,
}

/// How often a path is opened that comes to mean another file each time: an atomic replacement takes its place in between,
/// and one more is a rare second.
const ATTEMPTS: u32 = 8;

/// Opens what stands at `path`. With a root, which must be free of links itself, only what `links` lets be reached.
///
/// # Errors
///
/// Whatever the system says but that there is no such file.
pub(crate) fn open(path: &Path, root: Option<&Path>, links: Links) -> io::Result<Found> {
    for _ in 0..ATTEMPTS {
        if let Some(found) = open_once(path, root, links)? {
            return Ok(found);
        }
    }
    Err(io::Error::other("the file is replaced as fast as it is opened"))
}

/// `None` where the file was replaced meanwhile, so that nothing is known of what stands there now.
fn open_once(path: &Path, root: Option<&Path>, links: Links) -> io::Result<Option<Found>> {
    // Looked at before it is opened: to open a device can do something to it.
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if is_absence(&error) => return Ok(Some(Found::Nothing)),
        Err(error) => return Err(error),
    };
    if metadata.is_dir() {
        return Ok(Some(Found::Folder));
    }
    if !metadata.is_file() {
        return Ok(Some(Found::Nothing));
    }
    let file = match open_at_once(path) {
        Ok(file) => file,
        Err(error) if is_absence(&error) => return Ok(Some(Found::Nothing)),
        Err(error) => return Err(error),
    };
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Ok(Some(Found::Nothing));
    }
    if let Some(root) = root
        && !is_reachable(&file, &metadata, path, root, links)?
    {
        // A link is what it was; a file that was replaced lies nowhere any more, or under another name.
        return Ok(stands_at(path, &metadata)?.then_some(Found::Nothing));
    }
    Ok(Some(Found::File(OpenFile { file, stamp: Stamp::of(&metadata) })))
}

/// Opens for reading, and waits for nobody: what was a file a moment ago may be a pipe by now, whose opening waits for
/// somebody to write to it, for ever. On regular files the flag has no effect, neither here nor when they are read.
#[cfg(unix)]
fn open_at_once(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;

    const O_NONBLOCK: i32 = if cfg!(any(target_os = "linux", target_os = "android")) { 0o4000 } else { 4 };
    File::options().read(true).custom_flags(O_NONBLOCK).open(path)
}

/// As on Unix, where there are pipes among the files.
#[cfg(not(unix))]
fn open_at_once(path: &Path) -> io::Result<File> {
    File::open(path)
}

/// Whether the error says that there is no such file, in one of the ways in which systems do.
fn is_absence(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidFilename, InvalidInput, NotADirectory, NotFound};
    matches!(error.kind(), NotFound | NotADirectory | InvalidFilename | InvalidInput) || is_link_loop(error)
}

/// `ELOOP`, whose kind has no stable name yet.
fn is_link_loop(error: &io::Error) -> bool {
    const ELOOP: i32 = if cfg!(target_os = "linux") { 40 } else { 62 };
    cfg!(unix) && error.raw_os_error() == Some(ELOOP)
}

/// Whether the file that was opened lies where `links` lets it. Asked of the open file, not of the path, which may have
/// come to mean another file in between.
fn is_reachable(file: &File, metadata: &Metadata, path: &Path, root: &Path, links: Links) -> io::Result<bool> {
    if links == Links::Follow {
        return Ok(true);
    }
    let Some(real) = real_path(file, metadata, path)? else { return Ok(false) };
    Ok(match links {
        Links::Follow => true,
        Links::Inside => real.starts_with(root),
        Links::Refuse => real == path,
    })
}

/// Where an open file lies, links resolved; `None` where the path has come to mean another file.
#[cfg(target_os = "linux")]
fn real_path(file: &File, metadata: &Metadata, path: &Path) -> io::Result<Option<PathBuf>> {
    use std::os::fd::AsRawFd;

    // One system call instead of one for each name of the path, and exact. Where /proc is not mounted it fails.
    match fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd())) {
        Ok(real) if real.is_absolute() => Ok(Some(real)),
        _ => resolved_path(metadata, path),
    }
}

/// As on Linux.
#[cfg(not(target_os = "linux"))]
fn real_path(_file: &File, metadata: &Metadata, path: &Path) -> io::Result<Option<PathBuf>> {
    resolved_path(metadata, path)
}

/// Resolves the path, and proves that it still is the file that was opened.
fn resolved_path(metadata: &Metadata, path: &Path) -> io::Result<Option<PathBuf>> {
    let real = match path.canonicalize() {
        Ok(real) => real,
        Err(error) if is_absence(&error) => return Ok(None),
        Err(error) => return Err(error),
    };
    let is_same = is_same_file(metadata, &fs::metadata(&real)?);
    Ok(is_same.then_some(real))
}

/// Whether the file that was opened is still what stands at `path`.
fn stands_at(path: &Path, metadata: &Metadata) -> io::Result<bool> {
    match fs::metadata(path) {
        Ok(now) => Ok(is_same_file(metadata, &now)),
        Err(error) if is_absence(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(unix)]
fn is_same_file(one: &Metadata, other: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;

    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

/// Windows has no number of a file that Rust may ask for; its links need a privilege to be made.
#[cfg(not(unix))]
fn is_same_file(one: &Metadata, other: &Metadata) -> bool {
    Stamp::of(one) == Stamp::of(other) && one.created().ok() == other.created().ok()
}

#[cfg(all(test, unix))]
mod tests {
    use std::process::Command;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::mpsc;
    use std::thread;
    use std::time::Duration;

    use super::*;

    /// Puts another name of what is at `from` in the place of `path`, in one step.
    fn swap_in(from: &Path, path: &Path) {
        let next = path.with_extension("next");
        fs::hard_link(from, &next).expect("a new name");
        fs::rename(&next, path).expect("its place");
    }

    #[test]
    fn a_pipe_that_takes_a_files_place_is_not_waited_for() {
        let folder = std::env::temp_dir().join(format!("covet-open-{}", std::process::id()));
        fs::create_dir(&folder).expect("a new folder");
        let (file, pipe, path) = (folder.join("file"), folder.join("pipe"), folder.join("path"));
        fs::write(&file, b"data").expect("written");
        assert!(Command::new("mkfifo").arg(&pipe).status().expect("it is there").success());
        swap_in(&file, &path);

        let is_done = Arc::new(AtomicBool::new(false));
        let swapper = {
            let (is_done, file, pipe, path) = (Arc::clone(&is_done), file, pipe, path.clone());
            thread::spawn(move || {
                while !is_done.load(Ordering::Relaxed) {
                    swap_in(&pipe, &path);
                    swap_in(&file, &path);
                }
            })
        };
        let (done, finished) = mpsc::channel();
        thread::spawn(move || {
            let mut found = (0, 0);
            while found.0 < 2_000 || found.1 < 2_000 {
                match open(&path, None, Links::Inside).expect("something is there") {
                    Found::File(file) => {
                        assert!(file.file.metadata().expect("it is open").is_file());
                        found.0 += 1;
                    }
                    Found::Nothing => found.1 += 1,
                    Found::Folder => panic!("nobody made one"),
                }
            }
            done.send(()).expect("somebody waits");
        });
        let outcome = finished.recv_timeout(Duration::from_secs(20));
        is_done.store(true, Ordering::Relaxed);
        swapper.join().expect("it swaps");
        fs::remove_dir_all(&folder).expect("it is ours");
        outcome.expect("no open waits for somebody to write");
    }

    #[test]
    fn a_file_that_is_replaced_is_there_all_the_time() {
        let folder = std::env::temp_dir().join(format!("covet-replaced-{}", std::process::id()));
        fs::create_dir(&folder).expect("a new folder");
        let folder = folder.canonicalize().expect("it is there");
        let (path, link) = (folder.join("path"), folder.join("link"));
        fs::write(&path, b"data").expect("written");
        std::os::unix::fs::symlink(&path, &link).expect("a link");

        let is_done = Arc::new(AtomicBool::new(false));
        let writer = {
            let (is_done, path, next) = (Arc::clone(&is_done), path.clone(), folder.join("next"));
            thread::spawn(move || {
                while !is_done.load(Ordering::Relaxed) {
                    fs::write(&next, b"data").expect("written");
                    fs::rename(&next, &path).expect("its place");
                    // As often as no program does, but not without a breath.
                    thread::sleep(Duration::from_micros(50));
                }
            })
        };
        let mut missed = 0;
        for _ in 0..20_000 {
            let found = open(&path, Some(&folder), Links::Refuse).expect("something is there");
            missed += u32::from(!matches!(found, Found::File(_)));
        }
        let of_link = open(&link, Some(&folder), Links::Refuse).expect("something is there");
        is_done.store(true, Ordering::Relaxed);
        writer.join().expect("it writes");
        fs::remove_dir_all(&folder).expect("it is ours");
        assert_eq!(missed, 0);
        assert!(matches!(of_link, Found::Nothing), "{of_link:?}");
    }
}
