//! Conditional requests (RFC 9110 13), beside an answer that says which version it is of.
//!
//! In: a request's conditions, and an answer. Out: that answer, 304 without its body, or 412. Files are judged before they
//! are read, see `files`; a handler's answer once it is there, which saves the way to the client.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use covet_http::{Conditions, EntityTag, HttpDate, Selection, Validators};
use http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_LOCATION,
    CONTENT_RANGE, CONTENT_TYPE, ETAG, EXPIRES, HeaderMap, HeaderName, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH,
    IF_RANGE, IF_UNMODIFIED_SINCE, LAST_MODIFIED, RANGE,
};
use http::request::Parts;
use http::{Method, Response, StatusCode};

use crate::compress::{DIGESTS, Unsent};
use crate::reply_body::ReplyBody;

/// What describes a body, or says how long it may be kept, and so nothing of a refusal in its place.
const OF_BODY: [HeaderName; 11] = [
    CACHE_CONTROL,
    CONTENT_DISPOSITION,
    CONTENT_ENCODING,
    CONTENT_LANGUAGE,
    CONTENT_LENGTH,
    CONTENT_LOCATION,
    CONTENT_RANGE,
    CONTENT_TYPE,
    ETAG,
    EXPIRES,
    LAST_MODIFIED,
];

/// The conditions of a request. They are for what would be a plain 200 to GET or HEAD (RFC 9110 13.2.1): else there are
/// none.
pub(crate) fn conditions_of(head: &Parts, status: StatusCode) -> Conditions {
    let is_get = head.method == Method::GET;
    if status != StatusCode::OK || !(is_get || head.method == Method::HEAD) {
        return Conditions::default();
    }
    let field = |name| joined(&head.headers, &name);
    Conditions {
        if_match: field(IF_MATCH),
        if_unmodified_since: field(IF_UNMODIFIED_SINCE),
        if_none_match: field(IF_NONE_MATCH),
        if_modified_since: field(IF_MODIFIED_SINCE),
        if_range: field(IF_RANGE),
        range: if is_get { field(RANGE) } else { None },
    }
}

/// What is sent of a handler's answer; for a 412 the headers to send. One that comes in pieces is sent as it is: it has
/// begun.
pub(crate) fn heed_conditions(head: &Parts, response: Response<ReplyBody>) -> Result<Response<ReplyBody>, HeaderMap> {
    let headers = response.headers();
    let has_validator = headers.contains_key(ETAG) || headers.contains_key(LAST_MODIFIED);
    if !has_validator || matches!(response.body(), ReplyBody::Stream(_)) {
        return Ok(response);
    }
    // Ranges are of files alone.
    let conditions = Conditions { range: None, ..conditions_of(head, response.status()) };
    match conditions.select(0, &validators_of(headers), SystemTime::now()) {
        Selection::NotModified => Ok(not_modified(response)),
        Selection::PreconditionFailed => Err(kept(response)),
        _ => Ok(response),
    }
}

fn validators_of(headers: &HeaderMap) -> Validators {
    let date = headers.get(LAST_MODIFIED).and_then(|value| HttpDate::parse(value.as_bytes(), SystemTime::now().into()));
    Validators {
        tag: headers.get(ETAG).and_then(|value| EntityTag::parse(value.as_bytes())),
        modified: date.and_then(|date| {
            let seconds = Duration::from_secs(date.unix().unsigned_abs());
            if date.unix() < 0 { UNIX_EPOCH.checked_sub(seconds) } else { UNIX_EPOCH.checked_add(seconds) }
        }),
    }
}

/// The 304 in the place of an answer whose headers are whole.
pub(crate) fn not_modified(mut response: Response<ReplyBody>) -> Response<ReplyBody> {
    let unsent = Unsent::of(&response);
    response.extensions_mut().insert(unsent);
    let headers = response.headers_mut();
    // What describes a body that is not sent. The date adds nothing to a tag (RFC 9110 15.4.5).
    for name in [CONTENT_TYPE, CONTENT_DISPOSITION, CONTENT_LANGUAGE, CONTENT_ENCODING, CONTENT_LENGTH] {
        headers.remove(name);
    }
    if headers.contains_key(ETAG) {
        headers.remove(LAST_MODIFIED);
    }
    *response.status_mut() = StatusCode::NOT_MODIFIED;
    *response.body_mut() = ReplyBody::empty();
    response
}

/// The headers of an answer that turns into another: those that are not of its body.
pub(crate) fn kept(response: Response<ReplyBody>) -> HeaderMap {
    let mut headers = response.into_parts().0.headers;
    for name in OF_BODY.iter().chain(&DIGESTS) {
        headers.remove(name);
    }
    headers
}

/// Joins the lines of a field (RFC 9110 5.3).
pub(crate) fn joined(headers: &HeaderMap, name: &HeaderName) -> Option<Vec<u8>> {
    let mut lines = headers.get_all(name).iter();
    let mut value = lines.next()?.as_bytes().to_vec();
    for line in lines {
        value.extend_from_slice(b", ");
        value.extend_from_slice(line.as_bytes());
    }
    Some(value)
}
