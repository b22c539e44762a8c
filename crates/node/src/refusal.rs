//! A request the server refused before JavaScript saw it, as JavaScript logs it.

use covet_server::RefusedRequest;
use napi_derive::napi;

/// One refused request.
#[napi(object, object_from_js = false)]
pub struct NativeRefusal {
    /// The status that was sent.
    pub status: u16,
    /// The error code that was sent.
    pub code: String,
    /// The text that was sent.
    pub message: String,
    /// The id sent as `X-Error-ID`.
    pub error_id: String,
    /// The request's method; empty when the head was refused before it was known.
    pub method: String,
    /// The request's path; empty when the head was refused before it was known.
    pub path: String,
    /// The client's address; `unix` for one of a Unix socket.
    pub ip: String,
    /// What the system said, where it is to blame.
    pub cause: Option<String>,
}

impl From<RefusedRequest> for NativeRefusal {
    fn from(refused: RefusedRequest) -> Self {
        Self {
            status: refused.status,
            code: refused.code.to_owned(),
            message: refused.message.to_owned(),
            error_id: refused.error_id,
            method: refused.method,
            path: refused.path,
            ip: refused.remote.map_or_else(|| "unix".to_owned(), |address| address.to_string()),
            cause: refused.cause,
        }
    }
}

/// The refusals since they were last asked for.
#[napi(object, object_from_js = false)]
pub struct NativeRefusals {
    /// The oldest of them, at most 1,024.
    pub kept: Vec<NativeRefusal>,
    /// How many more there were.
    pub dropped: u32,
}
