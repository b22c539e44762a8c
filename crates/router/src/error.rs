//! Why a route was refused at registration.

use std::fmt;

/// Why [`Router::insert`](crate::Router::insert) refused a route. The router is unchanged by a refused insert.
///
/// ```
/// use covet_router::{InsertError, Router};
///
/// let mut router = Router::new();
/// router.insert("GET", "/users/{id}")?;
/// let error = router.insert("GET", "/users/:name").unwrap_err();
/// assert_eq!(error.code(), "ROUTE_CONFLICT");
/// assert_eq!(error.to_string(), r#""GET /users/:name" conflicts with "GET /users/{id}", registered before it"#);
/// # Ok::<(), InsertError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InsertError {
    /// A route of the same method matches exactly the same paths, so one of the two could never be reached.
    Conflict {
        /// The route registered first, such as `GET /users/{id}`.
        existing: String,
        /// The route that was refused, such as `GET /users/:name`.
        new: String,
    },
    /// The pattern breaks a rule of the pattern language.
    Pattern {
        /// The pattern as it was given.
        pattern: String,
        /// Where the fault is: a byte offset into `pattern`, which may be its length.
        position: usize,
        /// Which rule it breaks.
        fault: PatternFault,
    },
    /// The method is neither one of [`Method::ALL`](crate::Method::ALL), in upper case, nor `*`.
    Method {
        /// The method as it was given.
        method: String,
    },
    /// The router already holds 2^30 routes.
    TooManyRoutes,
}

impl InsertError {
    /// A stable, upper-case name for the kind of refusal, for error bodies, logs and tests.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Conflict { .. } => "ROUTE_CONFLICT",
            Self::Pattern { .. } => "ROUTE_PATTERN_INVALID",
            Self::Method { .. } => "ROUTE_METHOD_INVALID",
            Self::TooManyRoutes => "ROUTE_LIMIT_EXCEEDED",
        }
    }
}

impl fmt::Display for InsertError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Conflict { existing, new } => {
                write!(f, "\"{new}\" conflicts with \"{existing}\", registered before it")
            }
            Self::Pattern { pattern, position, fault } => {
                write!(f, "invalid route pattern \"{pattern}\" at byte {position}: {fault}")
            }
            Self::Method { method } => {
                write!(f, "\"{method}\" is no route method; use GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS or *")
            }
            Self::TooManyRoutes => write!(f, "a router holds at most {} routes", crate::router::MAX_ROUTES),
        }
    }
}

impl std::error::Error for InsertError {}

/// The rule of the pattern language that a refused pattern breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PatternFault {
    /// A pattern begins with `/`.
    NoLeadingSlash,
    /// `//` inside a pattern: an empty segment is always a slip of joining prefixes.
    EmptySegment,
    /// A `.` or `..` segment, which no canonical path has.
    DotSegment,
    /// `%` without two hexadecimal digits, or escapes that are not UTF-8.
    BadEscape,
    /// A control character, escaped or not.
    ControlCharacter,
    /// A bare `?`, `#` or `*`, which other routers read as syntax; write `%3F`, `%23`, `%2A` to mean the character.
    ReservedCharacter,
    /// `{` without `}` in the same segment.
    UnclosedBrace,
    /// `}` without `{`.
    StrayBrace,
    /// A parameter name that is not a letter or `_` followed by letters, digits, `_` or `-`.
    BadName,
    /// A name used twice in one pattern.
    DuplicateName,
    /// A type other than `int` and `uuid`.
    UnknownType,
    /// Two parameters in one segment: where the first ends would be a guess.
    TwoParametersInSegment,
    /// Anything before or after `{*rest}` in its segment, or a type on it.
    WildcardNotAlone,
    /// `{*rest}` before the last segment.
    WildcardNotLast,
    /// More than [`MAX_PARAMS`](crate::MAX_PARAMS) parameters.
    TooManyParameters,
    /// More than [`MAX_SEGMENTS`](crate::MAX_SEGMENTS) segments.
    TooManySegments,
}

impl fmt::Display for PatternFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoLeadingSlash => "a pattern begins with '/'",
            Self::EmptySegment => "empty segment",
            Self::DotSegment => "no path has a '.' or '..' segment",
            Self::BadEscape => "malformed percent-encoding; write %25 for a literal '%'",
            Self::ControlCharacter => "control character",
            Self::ReservedCharacter => {
                "'?', '#' and '*' have no meaning here; write {*name} for a wildcard, or %3F, %23, %2A for the character"
            }
            Self::UnclosedBrace => "'{' is not closed in its segment; write %7B for a literal '{'",
            Self::StrayBrace => "'}' closes nothing; write %7D for a literal '}'",
            Self::BadName => "a parameter name is a letter or '_' followed by letters, digits, '_' or '-'",
            Self::DuplicateName => "parameter name used twice",
            Self::UnknownType => "unknown parameter type; there are 'int' and 'uuid'",
            Self::TwoParametersInSegment => "a segment holds at most one parameter",
            Self::WildcardNotAlone => "a wildcard is a whole segment and has no type",
            Self::WildcardNotLast => "a wildcard ends its pattern",
            Self::TooManyParameters => "too many parameters",
            Self::TooManySegments => "too many segments",
        })
    }
}
