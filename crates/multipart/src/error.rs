//! Every reason a multipart body is refused, as one table: status, code and text.

use std::fmt;

/// What several errors share: the codes of `docs/errors.md`.
struct Kind {
    status: u16,
    code: &'static str,
}

const BAD_REQUEST: Kind = Kind { status: 400, code: "BAD_REQUEST" };
const PAYLOAD_TOO_LARGE: Kind = Kind { status: 413, code: "PAYLOAD_TOO_LARGE" };
const UNSUPPORTED_MEDIA_TYPE: Kind = Kind { status: 415, code: "UNSUPPORTED_MEDIA_TYPE" };

macro_rules! errors {
    ($($(#[doc = $doc:literal])+ $name:ident = $kind:ident, $message:literal;)+) => {
        /// Why a multipart body is refused.
        ///
        /// The texts name the rule that was broken and never repeat what the client sent.
        ///
        /// ```
        /// use covet_multipart::{Boundary, MultipartError};
        ///
        /// let error = Boundary::from_content_type(b"multipart/form-data").unwrap_err();
        /// assert_eq!(error, MultipartError::MissingBoundary);
        /// assert_eq!((error.status(), error.code()), (400, "BAD_REQUEST"));
        /// ```
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum MultipartError {
            $($(#[doc = $doc])+ $name,)+
        }

        impl MultipartError {
            /// Every error there is, for tables and tests.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            const fn row(self) -> (&'static Kind, &'static str) {
                match self {
                    $(Self::$name => (&$kind, $message),)+
                }
            }
        }
    };
}

errors! {
    /// The Content-Type is something else than `multipart/form-data`.
    NotMultipart = UNSUPPORTED_MEDIA_TYPE, "The Content-Type must be multipart/form-data";
    /// The Content-Type's parameters are outside the grammar of RFC 9110 5.6.6, or one comes twice.
    InvalidContentType = BAD_REQUEST, "The Content-Type header is malformed";
    /// The Content-Type has no `boundary`.
    MissingBoundary = BAD_REQUEST, "The Content-Type of a multipart body must have a boundary";
    /// The boundary is empty, longer than 70 bytes, ends in a space or has a byte it may not have (RFC 2046 5.1.1).
    InvalidBoundary = BAD_REQUEST, "The multipart boundary must be 1 to 70 characters of those RFC 2046 allows";
    /// No delimiter came within [`Limits::max_preamble`](crate::Limits::max_preamble).
    MissingDelimiter = BAD_REQUEST, "The multipart body does not begin with its boundary";
    /// A delimiter that neither CR LF nor `--` follows.
    MalformedDelimiter = BAD_REQUEST, "A multipart boundary must be followed by CR LF or --";
    /// The input ended before the closing delimiter.
    Incomplete = BAD_REQUEST, "The multipart body ended before its closing boundary";
    /// A line of a part's head, or a delimiter, that LF alone ends: parsers that disagree about it see different parts.
    BareLineFeed = BAD_REQUEST, "A line of a multipart body must end in CR LF, not in LF alone";
    /// A CR within a part's head that no LF follows.
    BareCarriageReturn = BAD_REQUEST, "A CR in the head of a part must be followed by LF";
    /// NUL, DEL or another control character in a part's head.
    ControlCharacter = BAD_REQUEST, "Control characters are not allowed in the head of a part";
    /// A header line that begins with white space, once a continuation of the line before.
    FoldedHeader = BAD_REQUEST, "A header of a part must not be folded over lines";
    /// A header line of a part without colon, without name, or whose name is no token.
    MalformedHeader = BAD_REQUEST, "A header line of a part is malformed";
    /// Content-Disposition, Content-Type or Content-Transfer-Encoding twice in one part.
    RepeatedHeader = BAD_REQUEST, "A header of a part must appear once";
    /// A part without Content-Disposition (RFC 7578 4.2).
    MissingDisposition = BAD_REQUEST, "A part must have a Content-Disposition";
    /// A Content-Disposition outside the grammar of RFC 2183, or other than `form-data`, or with a parameter twice.
    InvalidDisposition = BAD_REQUEST, "The Content-Disposition of a part must be form-data with well-formed parameters";
    /// A part without `name` (RFC 7578 4.2).
    MissingName = BAD_REQUEST, "The Content-Disposition of a part must have a name";
    /// `filename*` without a `filename`: RFC 7578 4.2 forbids it, and to drop it would make a field of a file.
    ExtendedFilename = BAD_REQUEST, "A part must give its file name as filename, not as filename*";
    /// A name or file name that is not UTF-8.
    NameNotUtf8 = BAD_REQUEST, "The names of a multipart body must be UTF-8";
    /// The value of a field that is not UTF-8, as [`text`](crate::text) finds.
    FieldNotUtf8 = BAD_REQUEST, "The fields of a multipart body must be UTF-8";
    /// `_charset_`, or the `charset` of a field, names another encoding than UTF-8 or US-ASCII.
    UnsupportedCharset = UNSUPPORTED_MEDIA_TYPE, "The only charset supported in a multipart body is UTF-8";
    /// A Content-Transfer-Encoding that would have to be undone, which RFC 7578 4.7 has no use for.
    UnsupportedEncoding = UNSUPPORTED_MEDIA_TYPE, "A part must not have a Content-Transfer-Encoding but binary, 8bit or 7bit";
    /// The Content-Type of a part is not `type/subtype` with parameters.
    InvalidPartType = BAD_REQUEST, "The Content-Type of a part is malformed";
    /// More parts than [`Limits::max_parts`](crate::Limits::max_parts).
    TooManyParts = PAYLOAD_TOO_LARGE, "The multipart body has too many parts";
    /// More fields than [`Limits::max_fields`](crate::Limits::max_fields).
    TooManyFields = PAYLOAD_TOO_LARGE, "The multipart body has too many fields";
    /// More files than [`Limits::max_files`](crate::Limits::max_files).
    TooManyFiles = PAYLOAD_TOO_LARGE, "The multipart body has too many files";
    /// More header lines in a part than [`Limits::max_headers`](crate::Limits::max_headers).
    TooManyHeaders = PAYLOAD_TOO_LARGE, "A part has too many headers";
    /// The head of a part is longer than [`Limits::max_header_bytes`](crate::Limits::max_header_bytes).
    HeadTooLarge = PAYLOAD_TOO_LARGE, "The head of a part is too large";
    /// A name is longer than [`Limits::max_name`](crate::Limits::max_name).
    NameTooLong = PAYLOAD_TOO_LARGE, "The name of a part is too long";
    /// A field is longer than [`Limits::max_field`](crate::Limits::max_field).
    FieldTooLarge = PAYLOAD_TOO_LARGE, "A field of the multipart body is too large";
    /// All fields together are longer than [`Limits::max_fields_total`](crate::Limits::max_fields_total).
    FieldsTooLarge = PAYLOAD_TOO_LARGE, "The fields of the multipart body are too large";
    /// A file is longer than [`Limits::max_file`](crate::Limits::max_file), or than its own limit.
    FileTooLarge = PAYLOAD_TOO_LARGE, "A file of the multipart body is too large";
    /// The body is longer than [`Limits::max_total`](crate::Limits::max_total).
    BodyTooLarge = PAYLOAD_TOO_LARGE, "The multipart body is too large";
}

impl MultipartError {
    /// HTTP status to answer with: 400, 413 or 415.
    #[must_use]
    pub const fn status(self) -> u16 {
        self.row().0.status
    }

    /// Machine-readable code, one of the table in `docs/errors.md`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        self.row().0.code
    }

    /// Text for the client: which rule was broken.
    #[must_use]
    pub const fn message(self) -> &'static str {
        self.row().1
    }
}

impl fmt::Display for MultipartError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.message())
    }
}

impl std::error::Error for MultipartError {}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn each_error_has_a_text_of_its_own_and_a_status_of_the_table() {
        let texts: HashSet<&str> = MultipartError::ALL.iter().map(|error| error.message()).collect();
        assert_eq!(texts.len(), MultipartError::ALL.len());
        for error in MultipartError::ALL {
            let code = match error.status() {
                400 => "BAD_REQUEST",
                413 => "PAYLOAD_TOO_LARGE",
                415 => "UNSUPPORTED_MEDIA_TYPE",
                other => panic!("{error:?} has status {other}"),
            };
            assert_eq!(error.code(), code, "{error:?}");
            assert!(!error.to_string().ends_with('.'), "{error:?}");
        }
    }
}
