//! One request that a file answers, from its head to its response.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use covet_http::{Refusal, wants_page};
use http::header::{
    ACCEPT, ACCEPT_ENCODING, ACCEPT_RANGES, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG,
    HeaderMap, HeaderValue, LAST_MODIFIED, VARY,
};
use http::request::Parts;
use http::{Method, Response, StatusCode};

use super::blocking::Blocking;
use super::file_body::FileBody;
use super::folder::{Match, StaticFolder};
use super::open::{Found, Links, open};
use super::prepare::{FilePolicy, Place, Prepared, Request, prepare};
use crate::compress::{Compression, Unsent};
use crate::conditional::{conditions_of, kept, not_modified};
use crate::reply_body::ReplyBody;
use crate::vary::add_vary;

/// A file that a handler answers with: put as an `Arc` into the extensions of its response, whose body is then the file's.
#[derive(Debug)]
pub struct FileSource {
    /// Where it lies.
    pub path: PathBuf,
    /// What it must lie below, links resolved; `None` for anywhere.
    pub root: Option<PathBuf>,
    /// What becomes of links, where there is a root.
    pub links: Links,
    /// How it is sent.
    pub policy: FilePolicy,
}

/// Put into the extensions of the response to a request for a folder's file: the answer is that file.
#[derive(Clone, Copy, Debug)]
pub struct FolderMark;

/// What a route of a folder has of its own.
#[derive(Clone, Debug)]
pub struct FolderRoute {
    /// The folder.
    pub folder: Arc<StaticFolder>,
    /// The handler is asked first, and says [`FolderMark`] where the file is to be sent.
    pub asks_handler: bool,
}

/// Why a file does not answer.
#[derive(Debug)]
pub(crate) enum FileVerdict {
    /// 404, 412, 416 or 503; headers to send with it.
    Refuse(Refusal, HeaderMap),
    /// 500, or 404 where the system would not let us: why, for the log; headers to send with it.
    Failed(Failure, HeaderMap),
}

/// What came in the way of a file.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) refusal: Refusal,
    pub(crate) cause: io::Error,
}

/// What a folder has for a request.
#[derive(Debug)]
pub(crate) enum FolderAnswer {
    File(Box<Prepared>),
    /// The path with a slash is to be asked for.
    Redirect,
    Nothing,
    /// Nothing for this client; for one that takes HTML there is a page.
    NoPage,
    Failed(Failure),
}

/// Looks up what `folder` has for `rest` of a request's path.
pub(crate) async fn answer_folder(
    blocking: &Blocking,
    folder: &Arc<StaticFolder>,
    rest: &str,
    head: &Parts,
    compression: Option<&Compression>,
) -> FolderAnswer {
    let request = to_request(head, StatusCode::OK, false, compression);
    let (folder, rest, takes_html) = (Arc::clone(folder), rest.to_owned(), takes_html(&head.headers));
    let found = blocking.start(move || -> io::Result<FolderAnswer> {
        Ok(match folder.find(&rest, takes_html)? {
            Match::Nothing => FolderAnswer::Nothing,
            Match::NoPage => FolderAnswer::NoPage,
            Match::Folder => FolderAnswer::Redirect,
            Match::File { file, path, is_fallback } => {
                let (root, links) = folder.bounds();
                let place = Place { path: &path, root: Some(root), links };
                if is_fallback {
                    // It answers under paths that may have a file of their own tomorrow.
                    let cache_control = Some(HeaderValue::from_static("no-cache"));
                    let mut policy = FilePolicy { cache_control, ..folder.policy().clone() };
                    add_vary(&mut policy.headers, "Accept");
                    FolderAnswer::File(Box::new(prepare(file, &place, &policy, &request)?))
                } else {
                    FolderAnswer::File(Box::new(prepare(file, &place, folder.policy(), &request)?))
                }
            }
        })
    });
    waited(found.await).unwrap_or_else(FolderAnswer::Failed)
}

/// Sends `source` as the body of `response`, whose headers come before those of the file.
pub(crate) async fn send_file(
    blocking: &Blocking,
    source: Arc<FileSource>,
    head: &Parts,
    compression: Option<&Compression>,
    response: Response<ReplyBody>,
) -> Result<Response<ReplyBody>, FileVerdict> {
    let is_encoded = response.headers().contains_key(CONTENT_ENCODING);
    let request = to_request(head, response.status(), is_encoded, compression);
    let prepared = blocking.start(move || -> io::Result<Option<Prepared>> {
        let root = match source.root.as_ref().map(|root| root.canonicalize()).transpose() {
            Ok(root) => root,
            // Nothing lies below what is not there.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        // The path begins with the root as it was written; from here on with the root as it is.
        let below = source.root.as_ref().and_then(|root| source.path.strip_prefix(root).ok());
        let path = match (&root, below) {
            (Some(root), Some(below)) => root.join(below),
            _ => source.path.clone(),
        };
        match open(&path, root.as_deref(), source.links)? {
            Found::Folder | Found::Nothing => Ok(None),
            Found::File(file) => {
                let place = Place { path: &path, root: root.as_deref(), links: source.links };
                prepare(file, &place, &source.policy, &request).map(Some)
            }
        }
    });
    match waited(prepared.await) {
        Ok(Some(prepared)) => finish(blocking, prepared, response),
        Ok(None) => Err(FileVerdict::Refuse(Refusal::NotFound, kept(response))),
        Err(failure) => Err(FileVerdict::Failed(failure, kept(response))),
    }
}

/// Puts what was prepared into `response`, whose headers come before those of the file.
pub(crate) fn finish(
    blocking: &Blocking,
    prepared: Prepared,
    mut response: Response<ReplyBody>,
) -> Result<Response<ReplyBody>, FileVerdict> {
    match prepared {
        Prepared::PreconditionFailed => Err(FileVerdict::Refuse(Refusal::PreconditionFailed, kept(response))),
        Prepared::RangeNotSatisfiable(size) => {
            let mut headers = kept(response);
            let range = HeaderValue::from_str(&format!("bytes */{size}"));
            headers.insert(CONTENT_RANGE, range.expect("digits are visible ASCII"));
            Err(FileVerdict::Refuse(Refusal::RangeNotSatisfiable, headers))
        }
        Prepared::NotModified(headers) => {
            // An answer's own type comes before the file's.
            merge(response.headers_mut(), headers);
            Ok(not_modified(response))
        }
        Prepared::Send { status, headers, first, rest, length, part_of } => {
            if let Some((content_type, size)) = part_of {
                let own = response.headers().get(CONTENT_TYPE).cloned();
                response.extensions_mut().insert(Unsent::new(own.or(Some(content_type)), size));
            }
            merge(response.headers_mut(), headers);
            if let Some(status) = status {
                *response.status_mut() = status;
            }
            *response.body_mut() = match rest {
                None => ReplyBody::full(first),
                Some(reader) => ReplyBody::stream(FileBody::new(blocking.clone(), first, reader, length)),
            };
            Ok(response)
        }
    }
}

/// Adds what `headers` has of the file to an answer's own, which come first but for what the server alone knows.
fn merge(own: &mut HeaderMap, headers: HeaderMap) {
    const OURS: [http::HeaderName; 6] =
        [ETAG, LAST_MODIFIED, ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_ENCODING];
    if own.is_empty() {
        *own = headers;
        return;
    }
    // A multipart has a type of its own, whatever the file's.
    let is_multipart =
        headers.get(CONTENT_TYPE).is_some_and(|value| value.as_bytes().starts_with(b"multipart/byteranges"));
    let mut last = None;
    let mut is_kept = false;
    for (name, value) in headers {
        // A name that is repeated comes only the first time.
        if let Some(name) = name {
            is_kept = own.contains_key(&name) && name != VARY && !OURS.contains(&name);
            is_kept &= !(is_multipart && name == CONTENT_TYPE);
            if !is_kept && name != VARY {
                own.remove(&name);
            }
            last = Some(name);
        }
        if let (Some(name), false) = (&last, is_kept) {
            own.append(name, value);
        }
    }
}

/// What the thread that may block gave, or why it gave nothing.
fn waited<T>(outcome: Result<io::Result<T>, tokio::sync::oneshot::error::RecvError>) -> Result<T, Failure> {
    match outcome {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(cause)) => {
            let refusal = match cause.kind() {
                // Gone, or not ours to read: to the client it is not there.
                io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied => Refusal::NotFound,
                _ => Refusal::Internal,
            };
            Err(Failure { refusal, cause })
        }
        Err(given_up) => Err(Failure { refusal: Refusal::Internal, cause: io::Error::other(given_up) }),
    }
}

fn to_request(head: &Parts, status: StatusCode, is_encoded: bool, compression: Option<&Compression>) -> Request {
    let conditions = conditions_of(head, status);
    let is_head = head.method == Method::HEAD;
    let accept_encoding = head.headers.get_all(ACCEPT_ENCODING).iter().cloned().collect();
    let is_compressing = compression.is_some();
    let compression = conditions.if_range.as_ref().and(compression).cloned();
    Request { conditions, accept_encoding, is_head, is_encoded, is_compressing, compression }
}

/// Whether the client may be shown a page. Browsers name `text/html` when they go to one, and not when they fetch a script.
fn takes_html(headers: &HeaderMap) -> bool {
    wants_page(headers.get_all(ACCEPT).iter().map(HeaderValue::as_bytes))
}
