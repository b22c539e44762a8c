//! Errors as JavaScript gets them: `code` and `message` on a plain `Error`, made a class in `src/native/`.

use covet_router::InsertError;
use covet_server::StartError;
use napi::{Error, Status};

/// An error whose `code` property is one of ours, not a Node-API status.
pub(crate) type Coded = Error<String>;

pub(crate) fn coded(code: &str, message: impl Into<String>) -> Error<String> {
    Error::new(code.to_owned(), message.into())
}

pub(crate) fn from_insert(error: &InsertError) -> Error<String> {
    coded(error.code(), error.to_string())
}

pub(crate) fn from_start(error: &StartError) -> Error<String> {
    coded(error.code(), error.to_string())
}

/// A Node-API failure of our own making: a bug or an environment that is shutting down.
pub(crate) fn from_napi(error: &Error) -> Error<String> {
    coded(Status::GenericFailure.as_ref(), error.reason.clone())
}
