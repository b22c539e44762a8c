//! Responses the server gives by itself: refusals in the framework's error format, `OPTIONS`, redirects.

use covet_http::{ErrorId, Format, Refusal, error_id, trace_id, wants_problem};
use covet_router::AllowedMethods;
use http::header::{ALLOW, CONNECTION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION, RETRY_AFTER};
use http::{Response, StatusCode};

use crate::reply_body::ReplyBody;

/// Every error response carries the id under which it was logged.
const X_ERROR_ID: HeaderName = HeaderName::from_static("x-error-id");

/// A refusal ready to be sent, and the id it carries.
pub(crate) struct Refused {
    pub(crate) response: Response<ReplyBody>,
    pub(crate) error_id: ErrorId,
}

/// The response for `refusal`, in the format `headers` and `problem_details` ask for.
pub(crate) fn refuse(refusal: Refusal, headers: Option<&HeaderMap>, problem_details: bool) -> Refused {
    let header = |name: &str| headers.and_then(|headers| headers.get(name)).map(HeaderValue::as_bytes);
    let format = if problem_details || wants_problem(header("accept")) { Format::Problem } else { Format::Covet };
    let error_id = error_id();
    let body = refusal.body(error_id.as_str(), trace_id(header("traceparent")), format);
    let mut response = Response::new(ReplyBody::full(body));
    *response.status_mut() = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::BAD_REQUEST);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(format.content_type()));
    if let Ok(id) = HeaderValue::from_str(error_id.as_str()) {
        response.headers_mut().insert(X_ERROR_ID, id);
    }
    if refusal == Refusal::TooManyUploads {
        // Seconds: it has waited for as long, and may get its turn after another while.
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("5"));
    }
    if refusal.closes() {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    Refused { response, error_id }
}

/// Names the methods a path has.
pub(crate) fn allow(response: &mut Response<ReplyBody>, methods: AllowedMethods) {
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(methods.as_str()));
}

/// The answer to `OPTIONS *`: what the server as a whole can do (RFC 9110 9.3.7).
pub(crate) fn server_options() -> Response<ReplyBody> {
    let mut response = Response::new(ReplyBody::default());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"));
    response
}

/// The answer to `OPTIONS` for a path without a route of its own for it.
pub(crate) fn options(methods: AllowedMethods) -> Response<ReplyBody> {
    let mut response = Response::new(ReplyBody::default());
    *response.status_mut() = StatusCode::NO_CONTENT;
    allow(&mut response, methods);
    response
}

/// Sends the client to the same path with or without its trailing slash. 308 keeps the method and the body.
pub(crate) fn redirect(mut location: String, query: Option<&str>) -> Response<ReplyBody> {
    let mut response = Response::new(ReplyBody::default());
    *response.status_mut() = StatusCode::PERMANENT_REDIRECT;
    if let Some(query) = query {
        location.push('?');
        location.push_str(query);
    }
    let location =
        HeaderValue::from_str(&location).expect("an encoded path and a query of the gate's are visible ASCII");
    response.headers_mut().insert(LOCATION, location);
    response
}
