//! A file that one holder has at a time, in this process or another; the system lets go of it when the process ends.

use std::fs::{File, TryLockError};

use napi_derive::napi;

/// A hold on a file; let go of by `release`, or with the object.
#[napi]
pub struct NativeFileLock {
    /// Its lock goes when it is closed.
    file: Option<File>,
}

#[napi]
impl NativeFileLock {
    /// Lets go of the file.
    #[napi]
    pub fn release(&mut self) {
        self.file = None;
    }
}

/// Takes the file, which is made where it is not there; null where somebody else has it. Fails where the file cannot be
/// opened, or lies where there are no locks.
#[napi]
pub fn lock_file(path: String) -> napi::Result<Option<NativeFileLock>> {
    let file = File::options().create(true).append(true).open(&path).map_err(|error| failed(&path, error))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(NativeFileLock { file: Some(file) })),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(failed(&path, error)),
    }
}

#[allow(clippy::needless_pass_by_value, reason = "as `map_err` gives it")]
fn failed(path: &str, error: std::io::Error) -> napi::Error {
    napi::Error::from_reason(format!("{path} cannot be locked: {error}"))
}
