//! Every reason the server answers a request itself, as one table: status, code, text, and whether the connection ends.

use std::fmt;

use crate::error_body::{ErrorBody, Format};

/// The kind of thing that went wrong; `category` in an error body. The same words as the TypeScript side's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Category {
    /// The request itself is at fault.
    Validation,
    /// Nothing answers to this path or method.
    NotFound,
    /// The server is at fault, or lacks what was asked of it.
    System,
}

impl Category {
    /// The word sent as `category`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Validation => "validation",
            Self::NotFound => "not_found",
            Self::System => "system",
        }
    }
}

/// What several refusals share: an error code decides its status and category.
struct Kind {
    status: u16,
    code: &'static str,
    category: Category,
}

const fn kind(status: u16, code: &'static str, category: Category) -> Kind {
    Kind { status, code, category }
}

const BAD_REQUEST: Kind = kind(400, "BAD_REQUEST", Category::Validation);
const INVALID_CONTENT_ENCODING: Kind = kind(400, "INVALID_CONTENT_ENCODING", Category::Validation);
const NOT_FOUND: Kind = kind(404, "NOT_FOUND", Category::NotFound);
const METHOD_NOT_ALLOWED: Kind = kind(405, "METHOD_NOT_ALLOWED", Category::NotFound);
const REQUEST_TIMEOUT: Kind = kind(408, "REQUEST_TIMEOUT", Category::Validation);
const PRECONDITION_FAILED: Kind = kind(412, "PRECONDITION_FAILED", Category::Validation);
const PAYLOAD_TOO_LARGE: Kind = kind(413, "PAYLOAD_TOO_LARGE", Category::Validation);
const COMPRESSION_RATIO_EXCEEDED: Kind = kind(413, "COMPRESSION_RATIO_EXCEEDED", Category::Validation);
const URI_TOO_LONG: Kind = kind(414, "URI_TOO_LONG", Category::Validation);
const UNSUPPORTED_MEDIA_TYPE: Kind = kind(415, "UNSUPPORTED_MEDIA_TYPE", Category::Validation);
const RANGE_NOT_SATISFIABLE: Kind = kind(416, "RANGE_NOT_SATISFIABLE", Category::Validation);
const EXPECTATION_FAILED: Kind = kind(417, "EXPECTATION_FAILED", Category::Validation);
const HEADERS_TOO_LARGE: Kind = kind(431, "HEADERS_TOO_LARGE", Category::Validation);
const SYSTEM_ERROR: Kind = kind(500, "SYSTEM_ERROR", Category::System);
const NOT_IMPLEMENTED: Kind = kind(501, "NOT_IMPLEMENTED", Category::System);
const SERVICE_UNAVAILABLE: Kind = kind(503, "SERVICE_UNAVAILABLE", Category::System);
const TIMEOUT_ERROR: Kind = kind(504, "TIMEOUT_ERROR", Category::System);
const HTTP_VERSION_NOT_SUPPORTED: Kind = kind(505, "HTTP_VERSION_NOT_SUPPORTED", Category::System);

/// What becomes of the connection after a refusal.
#[derive(PartialEq, Eq)]
enum After {
    /// Where the next request begins is unknown or not to be trusted.
    Close,
    /// The request was framed well and is fully read or has a known end.
    Keep,
}

use After::{Close, Keep};

macro_rules! refusals {
    ($($(#[doc = $doc:literal])+ $name:ident = $kind:ident, $after:ident, $message:literal;)+) => {
        /// Why the server answered without asking the application, or broke off.
        ///
        /// The texts name the rule that was broken and never repeat what the client sent: a refusal may end up in a
        /// page, a log or a terminal.
        ///
        /// ```
        /// use covet_http::Refusal;
        ///
        /// let refusal = Refusal::ConflictingLength;
        /// assert_eq!((refusal.status(), refusal.code()), (400, "BAD_REQUEST"));
        /// assert!(refusal.closes());
        /// ```
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Refusal {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Refusal {
            /// Every refusal there is, for tables and tests.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            const fn row(self) -> (&'static Kind, After, &'static str) {
                match self {
                    $(Self::$name => (&$kind, $after, $message),)+
                }
            }
        }
    };
}

refusals! {
    /// The first line is not `METHOD SP target SP HTTP/1.x` (RFC 9112 3).
    MalformedRequestLine = BAD_REQUEST, Close, "The request line is malformed";
    /// More empty lines before the request line than the two a robust server forgives (RFC 9112 2.2).
    EmptyLines = BAD_REQUEST, Close, "Too many empty lines before the request line";
    /// A method that is well formed but not one the server serves.
    UnknownMethod = NOT_IMPLEMENTED, Close, "The request method is not supported";
    /// HTTP/2 without negotiation, or any version but 1.0 and 1.1.
    UnsupportedVersion = HTTP_VERSION_NOT_SUPPORTED, Close, "Only HTTP/1.0 and HTTP/1.1 are spoken here";
    /// The target has a byte no target may have, or the wrong form for its method (RFC 9112 3.2).
    InvalidTarget = BAD_REQUEST, Close, "The request target is invalid";
    /// The target is longer than [`Limits::max_target`](crate::Limits::max_target).
    TargetTooLong = URI_TOO_LONG, Close, "The request target is too long";
    /// The head is longer than [`Limits::max_head`](crate::Limits::max_head).
    HeadTooLarge = HEADERS_TOO_LARGE, Close, "The request head is too large";
    /// More header lines than [`Limits::max_headers`](crate::Limits::max_headers).
    TooManyHeaders = HEADERS_TOO_LARGE, Close, "The request has too many headers";
    /// A line ended by LF alone: parsers that disagree about it see different requests.
    BareLineFeed = BAD_REQUEST, Close, "A line must end in CR LF, not in LF alone";
    /// A CR that no LF follows.
    BareCarriageReturn = BAD_REQUEST, Close, "A CR must be followed by LF";
    /// NUL, DEL or another control character in a head or trailer.
    ControlCharacter = BAD_REQUEST, Close, "Control characters are not allowed in headers";
    /// A header line that begins with white space, once a continuation of the line before (RFC 9112 5.2).
    FoldedHeader = BAD_REQUEST, Close, "A header must not be folded over lines";
    /// A header line without colon, without name, with white space before the colon, or whose name is no token.
    MalformedHeader = BAD_REQUEST, Close, "A header line is malformed";
    /// HTTP/1.1 without Host (RFC 9112 3.2).
    MissingHost = BAD_REQUEST, Close, "The Host header is missing";
    /// More than one Host.
    RepeatedHost = BAD_REQUEST, Close, "The Host header must appear once";
    /// Host is empty or not `name`, `IPv4` or `[IPv6]` with an optional `:port`.
    InvalidHost = BAD_REQUEST, Close, "The Host header is invalid";
    /// Content-Length is not digits alone, or beyond 2^63 - 1.
    InvalidContentLength = BAD_REQUEST, Close, "The Content-Length header is invalid";
    /// More than one Content-Length line, even if equal.
    RepeatedContentLength = BAD_REQUEST, Close, "The Content-Length header must appear once";
    /// Content-Length beside Transfer-Encoding: the classic of request smuggling (RFC 9112 6.3).
    ConflictingLength = BAD_REQUEST, Close, "Content-Length and Transfer-Encoding must not appear together";
    /// Transfer-Encoding in an HTTP/1.0 request, which that version doesn't know (RFC 9112 6.1).
    TransferEncodingOnHttp10 = BAD_REQUEST, Close, "HTTP/1.0 has no Transfer-Encoding";
    /// Transfer-Encoding repeated, malformed, or `chunked` twice or not last: the body's end is unknown (RFC 9112 6.3).
    InvalidTransferEncoding = BAD_REQUEST, Close, "Transfer-Encoding must be chunked, once";
    /// A transfer coding before `chunked` that the server doesn't know, e.g. `gzip, chunked`.
    UnsupportedTransferCoding = NOT_IMPLEMENTED, Close, "The only transfer coding supported is chunked";
    /// An Expect header that is not `100-continue` (RFC 9110 10.1.1).
    UnsupportedExpectation = EXPECTATION_FAILED, Close, "The only expectation supported is 100-continue";
    /// A chunk size that is not 1 to 16 hexadecimal digits, or whose line ends wrongly.
    InvalidChunkSize = BAD_REQUEST, Close, "A chunk size is invalid";
    /// A chunk extension outside the grammar of RFC 9112 7.1.1.
    InvalidChunkExtension = BAD_REQUEST, Close, "A chunk extension is malformed";
    /// More chunk extensions than [`Limits::max_chunk_extensions`](crate::Limits::max_chunk_extensions).
    ChunkExtensionsTooLarge = BAD_REQUEST, Close, "The chunk extensions are too large";
    /// Chunk data that CR LF doesn't follow.
    InvalidChunkEnd = BAD_REQUEST, Close, "Chunk data must be followed by CR LF";
    /// A trailer that frames, routes, authenticates or describes the message, which comes too late (RFC 9110 6.5.1).
    ForbiddenTrailer = BAD_REQUEST, Close, "A trailer is not allowed to be sent as a trailer";
    /// More trailers than [`Limits::max_trailers`](crate::Limits::max_trailers) or
    /// [`Limits::max_trailer_bytes`](crate::Limits::max_trailer_bytes).
    TrailersTooLarge = HEADERS_TOO_LARGE, Close, "The trailers are too large";
    /// The client stopped sending in the middle of a head or a body.
    IncompleteRequest = BAD_REQUEST, Close, "The request ended before it was complete";

    /// A percent escape in the path that is not `%` and two hexadecimal digits.
    MalformedEscape = BAD_REQUEST, Keep, "The path has a malformed percent escape";
    /// The path holds a control character, written plainly or as an escape: NUL, CR and LF among them.
    PathControlCharacter = BAD_REQUEST, Keep, "The path has a control character";
    /// The path's escapes are not UTF-8.
    PathNotUtf8 = BAD_REQUEST, Keep, "The path is not UTF-8";

    /// No route has this path.
    NotFound = NOT_FOUND, Keep, "Not Found";
    /// The path has routes, none of them for this method.
    MethodNotAllowed = METHOD_NOT_ALLOWED, Keep, "Method Not Allowed";
    /// What is asked for is not what the client takes it for (RFC 9110 13.1).
    PreconditionFailed = PRECONDITION_FAILED, Keep, "What was asked for is not as the request has it";
    /// What is asked for has none of the bytes of the range.
    RangeNotSatisfiable = RANGE_NOT_SATISFIABLE, Keep, "The range lies beyond the end";
    /// The body is, or says it will be, longer than the route allows.
    PayloadTooLarge = PAYLOAD_TOO_LARGE, Close, "The request body is too large";
    /// The body has a content coding that the route does not take. The answer's `Accept-Encoding` lists those it does
    /// (RFC 9110 15.5.16).
    UnsupportedCoding = UNSUPPORTED_MEDIA_TYPE, Keep, "The Content-Encoding is not supported for this request: send the body as it is, or as Accept-Encoding says";
    /// The body is not of the coding it says it is of, or goes on after its end.
    MalformedCoding = INVALID_CONTENT_ENCODING, Keep, "The body is not what its Content-Encoding says";
    /// The body ended within its coding.
    TruncatedCoding = INVALID_CONTENT_ENCODING, Keep, "The body ended before its Content-Encoding was complete";
    /// The body expands more than the route allows.
    RatioExceeded = COMPRESSION_RATIO_EXCEEDED, Close, "The request body expands too much when it is decoded";
    /// The head did not come within [`Limits::head_timeout`](crate::Limits::head_timeout).
    HeadTimeout = REQUEST_TIMEOUT, Close, "The request head took too long";
    /// The body did not come within [`Limits::body_timeout`](crate::Limits::body_timeout).
    BodyTimeout = REQUEST_TIMEOUT, Close, "The request body took too long";
    /// The body came slower than [`Limits::body_rate`](crate::Limits::body_rate).
    BodyTooSlow = REQUEST_TIMEOUT, Close, "The request body came too slowly";
    /// The server failed: a panic, or a reply that never came.
    Internal = SYSTEM_ERROR, Close, "Internal Server Error";
    /// The server is full or closing.
    ServiceUnavailable = SERVICE_UNAVAILABLE, Close, "Service Unavailable";
    /// As many requests as may be with the application are still sending their bodies.
    TooManyUploads = SERVICE_UNAVAILABLE, Close, "Too many uploads are under way";
    /// The application did not answer in time.
    HandlerTimeout = TIMEOUT_ERROR, Close, "The request took too long to answer";
}

impl Refusal {
    /// HTTP status to answer with.
    #[must_use]
    pub const fn status(self) -> u16 {
        self.row().0.status
    }

    /// Machine-readable code, one of the table in `docs/errors.md`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        self.row().0.code
    }

    /// The kind of thing that went wrong.
    #[must_use]
    pub const fn category(self) -> Category {
        self.row().0.category
    }

    /// Text for the client: which rule was broken.
    #[must_use]
    pub const fn message(self) -> &'static str {
        self.row().2
    }

    /// Whether the connection must be closed after the answer.
    #[must_use]
    pub const fn closes(self) -> bool {
        matches!(self.row().1, After::Close)
    }

    /// The answer's body. `trace_id` is that of the request's `traceparent`; without one the error id stands in, so
    /// that a client always has something to quote.
    ///
    /// ```
    /// use covet_http::{Format, Refusal};
    ///
    /// let body = Refusal::MissingHost.body("7d4a7c1e-0c43-4b0a-9a65-0d6c7a3f2b11", None, Format::Covet);
    /// assert_eq!(
    ///     String::from_utf8_lossy(&body),
    ///     concat!(
    ///         r#"{"error":{"message":"The Host header is missing","code":"BAD_REQUEST","category":"validation","#,
    ///         r#""details":{},"trace_id":"7d4a7c1e-0c43-4b0a-9a65-0d6c7a3f2b11"}}"#,
    ///     )
    /// );
    /// ```
    #[must_use]
    pub fn body(self, error_id: &str, trace_id: Option<&str>, format: Format) -> Vec<u8> {
        ErrorBody {
            status: self.status(),
            message: self.message(),
            code: self.code(),
            category: self.category().as_str(),
            trace_id: trace_id.unwrap_or(error_id),
        }
        .write(format)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}: {}", self.status(), self.code(), self.message())
    }
}

impl std::error::Error for Refusal {}
