//! Everything of a file's answer that is known once the file is open: status, headers, the first bytes.
//!
//! In: an open file, the policy and the request's conditions. Out: what to answer. Runs where it may block.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::io;
use std::path::Path;
use std::time::SystemTime;

use bytes::Bytes;
use covet_http::{
    Coding, Conditions, EntityTag, HttpDate, Multipart, Selection, Validators, choose_coding, media_type,
};
use http::StatusCode;
use http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderMap,
    HeaderValue, LAST_MODIFIED, VARY, X_CONTENT_TYPE_OPTIONS,
};

use super::file_body::{PIECE, Reader, Segment};
use super::open::{Found, Links, OpenFile, open};
use crate::compress::Compression;

/// How files are sent.
#[derive(Clone, Debug)]
pub struct FilePolicy {
    /// `Cache-Control`, where the answer has none yet.
    pub cache_control: Option<HeaderValue>,
    /// Sends `ETag`, and answers by it.
    pub etag: bool,
    /// Sends `Last-Modified`, and answers by it.
    pub last_modified: bool,
    /// Sends `name.br`, `name.zst` or `name.gz` in the place of `name` where it lies beside it, is not older, and the client
    /// takes it.
    pub precompressed: bool,
    /// Headers of every answer; they come before those worked out here.
    pub headers: HeaderMap,
}

impl Default for FilePolicy {
    fn default() -> Self {
        Self { cache_control: None, etag: true, last_modified: true, precompressed: false, headers: HeaderMap::new() }
    }
}

/// The forms a file may lie compressed in: the smallest first. That is another order than for what is compressed while it
/// is sent, where zstd is the cheaper one.
const PRECOMPRESSED: [(Coding, &str); 3] = [(Coding::Brotli, "br"), (Coding::Zstd, "zst"), (Coding::Gzip, "gz")];

/// What is asked of a file.
#[derive(Debug)]
pub(crate) struct Request {
    /// Left empty where conditions don't count: for methods but GET and HEAD, for a status but 200.
    pub(crate) conditions: Conditions,
    /// The values of `Accept-Encoding`.
    pub(crate) accept_encoding: Vec<HeaderValue>,
    pub(crate) is_head: bool,
    /// The answer has a coding of its own already.
    pub(crate) is_encoded: bool,
    /// Answers are coded as they are sent.
    pub(crate) is_compressing: bool,
    /// How; said where there is an `If-Range` alone, which alone asks.
    pub(crate) compression: Option<Compression>,
}

impl Request {
    /// The conditions as they count for a file of that type and size.
    fn conditions_for(&self, policy: &FilePolicy, content_type: &HeaderValue, size: u64) -> Cow<'_, Conditions> {
        let is_coded = self.compression.as_ref().is_some_and(|compression| compression.may_code(content_type, size));
        if policy.precompressed || is_coded {
            Cow::Owned(self.conditions.of_several_forms())
        } else {
            Cow::Borrowed(&self.conditions)
        }
    }
}

/// What to answer.
#[derive(Debug)]
pub(crate) enum Prepared {
    /// `status` is `None` for the whole file: then the answer keeps its own.
    Send {
        status: Option<StatusCode>,
        headers: HeaderMap,
        first: Bytes,
        rest: Option<Reader>,
        length: u64,
        /// Of a part: the type of the whole, and its size.
        part_of: Option<(HeaderValue, u64)>,
    },
    NotModified(HeaderMap),
    PreconditionFailed,
    /// The file's size.
    RangeNotSatisfiable(u64),
}

/// Where a file was found.
pub(crate) struct Place<'a> {
    pub(crate) path: &'a Path,
    /// What compressed forms must lie below.
    pub(crate) root: Option<&'a Path>,
    pub(crate) links: Links,
}

/// How often a file that changes under our hands is opened anew before we give up.
const ATTEMPTS: u32 = 3;

/// Prepares the answer with `file`, which was found at `place`.
///
/// # Errors
///
/// Whatever the system says, and a file that does not stop to change.
pub(crate) fn prepare(
    file: OpenFile,
    place: &Place<'_>,
    policy: &FilePolicy,
    request: &Request,
) -> io::Result<Prepared> {
    let mut file = file;
    let mut attempt = 1;
    loop {
        match prepare_once(file, place, policy, request) {
            Err(_) if attempt < ATTEMPTS => attempt += 1,
            outcome => return outcome,
        }
        // Nothing has been sent yet: the file may be taken as it is now.
        file = match open(place.path, place.root, place.links)? {
            Found::File(file) => file,
            Found::Folder | Found::Nothing => return Err(io::ErrorKind::NotFound.into()),
        };
    }
}

fn prepare_once(file: OpenFile, place: &Place<'_>, policy: &FilePolicy, request: &Request) -> io::Result<Prepared> {
    let now = SystemTime::now();
    let (file, coding) = if policy.precompressed && !request.is_encoded {
        precompressed(file, place, &request.accept_encoding)?
    } else {
        (file, None)
    };
    let Some(modified) = file.stamp.modified else { return Err(io::ErrorKind::Unsupported.into()) };
    let size = file.stamp.size;
    let variant = coding.map_or("", Coding::as_str);
    let validators = Validators {
        tag: policy.etag.then(|| EntityTag::of_file(size, modified, now, variant)),
        modified: policy.last_modified.then_some(modified),
    };
    let mut headers = policy.headers.clone();
    describe(&mut headers, &validators, policy, now);
    let content_type = headers.get(CONTENT_TYPE).cloned().unwrap_or_else(|| {
        HeaderValue::from_static(place.path.to_str().map_or("application/octet-stream", media_type))
    });
    let selection = request.conditions_for(policy, &content_type, size).select(size, &validators, now);
    let mut segments = VecDeque::new();
    let (status, length) = match selection {
        Selection::NotModified => return Ok(Prepared::NotModified(describe_unsent(headers, content_type, size))),
        Selection::PreconditionFailed => return Ok(Prepared::PreconditionFailed),
        Selection::RangeNotSatisfiable => return Ok(Prepared::RangeNotSatisfiable(size)),
        Selection::Whole => {
            segments.push_back(Segment::Range(covet_http::ByteRange { start: 0, end: size }));
            headers.insert(CONTENT_TYPE, content_type.clone());
            (None, size)
        }
        Selection::Part(range) => {
            segments.push_back(Segment::Range(range));
            headers.insert(CONTENT_TYPE, content_type.clone());
            headers.insert(CONTENT_RANGE, to_value(&range.content_range(size)));
            (Some(StatusCode::PARTIAL_CONTENT), range.len())
        }
        Selection::Parts(ranges) => {
            let frame = Multipart::new(&ranges, size, content_type.to_str().unwrap_or("application/octet-stream"));
            for part in frame.parts {
                segments.push_back(Segment::Text(part.head));
                segments.push_back(Segment::Range(part.range));
            }
            segments.push_back(Segment::Text(frame.end));
            headers.insert(CONTENT_TYPE, to_value(&frame.content_type));
            (Some(StatusCode::PARTIAL_CONTENT), frame.length)
        }
    };
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(CONTENT_LENGTH, length.into());
    if let Some(coding) = coding {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static(coding.as_str()));
    }
    let part_of = status.map(|_| (content_type, size));
    // A small file is read for HEAD as well where it may be coded: only then is it known whether GET has it coded.
    let is_unread = request.is_head && !(request.is_compressing && length <= PIECE as u64);
    if is_unread || length == 0 {
        return Ok(Prepared::Send { status, headers, first: Bytes::new(), rest: None, length, part_of });
    }
    let mut reader = Reader::new(file, segments);
    let first = reader.read_piece()?;
    let rest = (!reader.is_done()).then_some(reader);
    Ok(Prepared::Send { status, headers, first, rest, length, part_of })
}

/// Headers that both 200 and 304 have (RFC 9110 15.4.5).
fn describe(headers: &mut HeaderMap, validators: &Validators, policy: &FilePolicy, now: SystemTime) {
    if let Some(tag) = &validators.tag {
        headers.insert(ETAG, to_value(&tag.to_string()));
    }
    if let Some(modified) = validators.modified {
        // Never later than the answer itself (RFC 9110 8.8.2.1).
        headers.insert(LAST_MODIFIED, to_value(&HttpDate::from(modified.min(now)).to_string()));
    }
    if let Some(cache_control) = &policy.cache_control
        && !headers.contains_key(CACHE_CONTROL)
    {
        headers.insert(CACHE_CONTROL, cache_control.clone());
    }
    if policy.precompressed {
        headers.append(VARY, HeaderValue::from_static("accept-encoding"));
    }
    // The type is what the name says: a browser that guesses another one may run what somebody uploaded.
    headers.entry(X_CONTENT_TYPE_OPTIONS).or_insert(HeaderValue::from_static("nosniff"));
}

/// Adds what the body would be that a 304 stands for: whoever makes the answer takes it off again.
fn describe_unsent(mut headers: HeaderMap, content_type: HeaderValue, size: u64) -> HeaderMap {
    headers.insert(CONTENT_TYPE, content_type);
    headers.insert(CONTENT_LENGTH, size.into());
    headers
}

/// The compressed form the client likes best, among those that lie beside the file; else the file itself.
fn precompressed(
    file: OpenFile,
    place: &Place<'_>,
    accept_encoding: &[HeaderValue],
) -> io::Result<(OpenFile, Option<Coding>)> {
    let lines = || accept_encoding.iter().map(HeaderValue::as_bytes);
    let mut offered: Vec<(Coding, OpenFile)> = Vec::new();
    for (coding, ending) in PRECOMPRESSED {
        if choose_coding(lines(), &[coding]).is_none() {
            continue;
        }
        let mut path = place.path.as_os_str().to_owned();
        path.push(".");
        path.push(ending);
        // One that is older was made of another version of the file.
        if let Found::File(sibling) = open(Path::new(&path), place.root, place.links)?
            && sibling.stamp.modified >= file.stamp.modified
        {
            offered.push((coding, sibling));
        }
    }
    let codings: Vec<Coding> = offered.iter().map(|(coding, _)| *coding).collect();
    let chosen = choose_coding(lines(), &codings);
    let sibling = offered.into_iter().find(|(coding, _)| Some(*coding) == chosen);
    Ok(sibling.map_or((file, None), |(coding, sibling)| (sibling, Some(coding))))
}

fn to_value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("dates, tags and ranges are visible ASCII")
}
