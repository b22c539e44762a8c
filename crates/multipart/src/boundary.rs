//! The boundary of a body, from its Content-Type.

use bytes::Bytes;

use crate::error::MultipartError;
use crate::params::{Params, Raw};

/// RFC 2046 5.1.1.
const MAX_BOUNDARY: usize = 70;

/// What parts a multipart body.
///
/// ```
/// use covet_multipart::{Boundary, MultipartError};
///
/// let boundary = Boundary::from_content_type(br#"multipart/form-data; charset=utf-8; boundary="a b""#)?;
/// assert_eq!(boundary.as_bytes(), b"a b");
/// assert_eq!(Boundary::from_content_type(b"text/plain"), Err(MultipartError::NotMultipart));
/// # Ok::<(), MultipartError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Boundary {
    /// CR LF, two hyphens, the boundary: what ends a part.
    delimiter: Bytes,
}

impl Boundary {
    /// Takes the boundary out of a Content-Type header's value.
    ///
    /// The value may be quoted and stand among other parameters in any order. Unquoted it may have the characters that
    /// the grammar wants quoted (`=`, `/`, `:` ...), as some clients send them, but neither a comma nor a space.
    ///
    /// # Errors
    ///
    /// [`MultipartError::NotMultipart`] for another media type, [`MultipartError::InvalidContentType`] for malformed
    /// parameters or two boundaries, [`MultipartError::MissingBoundary`] without one, and
    /// [`MultipartError::InvalidBoundary`] where it is not 1 to 70 of the characters of RFC 2046 5.1.1.
    pub fn from_content_type(value: &[u8]) -> Result<Self, MultipartError> {
        let (media_type, mut params) = Params::of(value);
        if !media_type.eq_ignore_ascii_case(b"multipart/form-data") {
            return Err(MultipartError::NotMultipart);
        }
        let mut boundary = None;
        while let Some((name, raw)) = params.next().map_err(|_| MultipartError::InvalidContentType)? {
            if !name.eq_ignore_ascii_case(b"boundary") {
                continue;
            }
            // Two boundaries are two ways to read the body.
            if boundary.replace(raw).is_some() {
                return Err(MultipartError::InvalidContentType);
            }
        }
        match boundary.ok_or(MultipartError::MissingBoundary)? {
            Raw::Bare(value) if value.contains(&b',') => Err(MultipartError::InvalidBoundary),
            // No escapes to undo: a backslash is no character of a boundary.
            Raw::Bare(value) | Raw::Quoted(value) => Self::new(value),
        }
    }

    /// A boundary known otherwise than from a header.
    ///
    /// # Errors
    ///
    /// [`MultipartError::InvalidBoundary`], as for [`Boundary::from_content_type`].
    pub fn new(value: &[u8]) -> Result<Self, MultipartError> {
        let fits = (1..=MAX_BOUNDARY).contains(&value.len());
        if !fits || value.ends_with(b" ") || !value.iter().copied().all(is_boundary) {
            return Err(MultipartError::InvalidBoundary);
        }
        Ok(Self { delimiter: [b"\r\n--", value].concat().into() })
    }

    /// The boundary, without the hyphens before it.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.delimiter[4..]
    }

    /// CR LF, two hyphens, the boundary.
    pub(crate) fn delimiter(&self) -> Bytes {
        self.delimiter.clone()
    }
}

/// `bchars` of RFC 2046 5.1.1.
const fn is_boundary(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'\'' | b'(' | b')' | b'+' | b'_' | b',' | b'-' | b'.' | b'/' | b':' | b'=' | b'?' | b' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boundaries_found() {
        let longest = "x".repeat(70);
        for (value, boundary) in [
            ("multipart/form-data; boundary=abc", "abc"),
            ("Multipart/Form-Data;BOUNDARY=abc", "abc"),
            ("multipart/form-data ; boundary=abc ; charset=utf-8", "abc"),
            ("multipart/form-data; charset=\"utf-8\"; boundary=abc", "abc"),
            ("multipart/form-data; note=\"boundary=no\"; boundary=abc", "abc"),
            ("multipart/form-data; xboundary=no; boundary=abc;", "abc"),
            ("multipart/form-data; boundary=\"abc\"", "abc"),
            ("multipart/form-data; boundary=\"a b:c\"", "a b:c"),
            ("multipart/form-data; boundary=\"a,b\"", "a,b"),
            (
                "multipart/form-data; boundary=----WebKitFormBoundary7MA4YWxkTrZu0gW",
                "----WebKitFormBoundary7MA4YWxkTrZu0gW",
            ),
            ("multipart/form-data; boundary=----=_Part_1_12.34", "----=_Part_1_12.34"),
            ("multipart/form-data; boundary='()+_-./:=?", "'()+_-./:=?"),
            (&format!("multipart/form-data; boundary={longest}"), &longest),
        ] {
            let found =
                Boundary::from_content_type(value.as_bytes()).unwrap_or_else(|error| panic!("{value}: {error}"));
            assert_eq!(found.as_bytes(), boundary.as_bytes(), "{value}");
        }
    }

    #[test]
    fn boundaries_refused() {
        let long = format!("multipart/form-data; boundary={}", "x".repeat(71));
        for (value, error) in [
            ("", MultipartError::NotMultipart),
            ("text/plain; boundary=abc", MultipartError::NotMultipart),
            ("multipart/mixed; boundary=abc", MultipartError::NotMultipart),
            ("multipart/form-data, multipart/form-data; boundary=abc", MultipartError::NotMultipart),
            ("xmultipart/form-data; boundary=abc", MultipartError::NotMultipart),
            ("multipart/form-data", MultipartError::MissingBoundary),
            ("multipart/form-data;", MultipartError::MissingBoundary),
            ("multipart/form-data; charset=utf-8", MultipartError::MissingBoundary),
            ("multipart/form-data; boundary", MultipartError::InvalidContentType),
            ("multipart/form-data; boundary=", MultipartError::InvalidContentType),
            ("multipart/form-data; boundary =abc", MultipartError::InvalidContentType),
            ("multipart/form-data; boundary=\"abc", MultipartError::InvalidContentType),
            ("multipart/form-data; boundary=a b", MultipartError::InvalidContentType),
            ("multipart/form-data boundary=abc", MultipartError::InvalidContentType),
            ("multipart/form-data; boundary=a; boundary=b", MultipartError::InvalidContentType),
            ("multipart/form-data; boundary=a; Boundary=a", MultipartError::InvalidContentType),
            ("multipart/form-data; boundary=abc, text/plain", MultipartError::InvalidContentType),
            ("multipart/form-data; boundary=abc,text/plain", MultipartError::InvalidBoundary),
            ("multipart/form-data; boundary=\"\"", MultipartError::InvalidBoundary),
            ("multipart/form-data; boundary=\"a \"", MultipartError::InvalidBoundary),
            ("multipart/form-data; boundary=\"a\\\"b\"", MultipartError::InvalidBoundary),
            ("multipart/form-data; boundary=a@b", MultipartError::InvalidBoundary),
            ("multipart/form-data; boundary=caf\u{e9}", MultipartError::InvalidBoundary),
            (&long, MultipartError::InvalidBoundary),
        ] {
            assert_eq!(Boundary::from_content_type(value.as_bytes()), Err(error), "{value}");
        }
    }
}
