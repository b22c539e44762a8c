//! The one encoding spoken here.

use crate::error::MultipartError;

/// The value of a field as text.
///
/// ```
/// use covet_multipart::{MultipartError, text};
///
/// assert_eq!(text("café".as_bytes()), Ok("café"));
/// assert_eq!(text(b"caf\xe9"), Err(MultipartError::FieldNotUtf8));
/// ```
///
/// # Errors
///
/// [`MultipartError::FieldNotUtf8`].
pub fn text(value: &[u8]) -> Result<&str, MultipartError> {
    str::from_utf8(value).map_err(|_| MultipartError::FieldNotUtf8)
}

/// Refuses any charset but UTF-8 and its subset.
pub(crate) fn require_utf8(label: &[u8]) -> Result<(), MultipartError> {
    let known: [&[u8]; 4] = [b"utf-8", b"utf8", b"us-ascii", b"ascii"];
    let label = label.trim_ascii();
    if known.iter().any(|name| name.eq_ignore_ascii_case(label)) {
        return Ok(());
    }
    Err(MultipartError::UnsupportedCharset)
}

/// The value of a `_charset_` field as it comes in (RFC 7578 4.6).
#[derive(Debug, Default)]
pub(crate) struct CharsetField {
    label: Vec<u8>,
}

/// No label of an encoding is longer.
const MAX_LABEL: usize = 64;

impl CharsetField {
    pub(crate) const NAME: &str = "_charset_";

    pub(crate) fn push(&mut self, data: &[u8]) -> Result<(), MultipartError> {
        if self.label.len() + data.len() > MAX_LABEL {
            return Err(MultipartError::UnsupportedCharset);
        }
        self.label.extend_from_slice(data);
        Ok(())
    }

    pub(crate) fn end(&self) -> Result<(), MultipartError> {
        require_utf8(&self.label)
    }
}
