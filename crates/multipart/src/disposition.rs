//! `Content-Disposition: form-data; name="…"; filename="…"` (RFC 7578 4.2, RFC 2183).

use crate::error::MultipartError;
use crate::params::{Params, Raw, is_token};

/// What a part is called.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Disposition {
    pub(crate) name: String,
    pub(crate) filename: Option<String>,
}

impl Disposition {
    /// Reads the header's value.
    pub(crate) fn parse(value: &[u8]) -> Result<Self, MultipartError> {
        let (kind, mut params) = Params::of(value);
        if !kind.eq_ignore_ascii_case(b"form-data") {
            return Err(MultipartError::InvalidDisposition);
        }
        let (mut name, mut filename, mut extended) = (None, None, false);
        while let Some((key, raw)) = params.next().map_err(|_| MultipartError::InvalidDisposition)? {
            let place = if key.eq_ignore_ascii_case(b"name") {
                &mut name
            } else if key.eq_ignore_ascii_case(b"filename") {
                &mut filename
            } else {
                extended |= key.eq_ignore_ascii_case(b"filename*");
                continue;
            };
            if place.replace(decode(raw)?).is_some() {
                return Err(MultipartError::InvalidDisposition);
            }
        }
        if extended && filename.is_none() {
            return Err(MultipartError::ExtendedFilename);
        }
        Ok(Self { name: name.ok_or(MultipartError::MissingName)?, filename })
    }
}

fn decode(raw: Raw<'_>) -> Result<String, MultipartError> {
    let bytes = match raw {
        Raw::Bare(token) if token.iter().copied().all(is_token) => token.to_vec(),
        Raw::Bare(_) => return Err(MultipartError::InvalidDisposition),
        Raw::Quoted(quoted) => unescape(quoted),
    };
    String::from_utf8(bytes).map_err(|_| MultipartError::NameNotUtf8)
}

/// Undoes both ways to write a quote into a name: RFC 2183's backslashes, and the escapes of WHATWG HTML, which are three
/// and no more, so that `100%25.txt` keeps its name.
fn unescape(quoted: &[u8]) -> Vec<u8> {
    if memchr::memchr2(b'\\', b'%', quoted).is_none() {
        return quoted.to_vec();
    }
    let mut decoded = Vec::with_capacity(quoted.len());
    let mut rest = quoted;
    while let [first, tail @ ..] = rest {
        let (byte, length) = match tail {
            [escaped @ (b'"' | b'\\'), ..] if *first == b'\\' => (*escaped, 2),
            [b'2', b'2', ..] if *first == b'%' => (b'"', 3),
            [b'0', b'D' | b'd', ..] if *first == b'%' => (b'\r', 3),
            [b'0', b'A' | b'a', ..] if *first == b'%' => (b'\n', 3),
            _ => (*first, 1),
        };
        decoded.push(byte);
        rest = &rest[length..];
    }
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_found() {
        for (value, name, filename) in [
            (r#"form-data; name="a""#, "a", None),
            ("form-data; name=a", "a", None),
            ("Form-Data;NAME=a", "a", None),
            (r#"form-data; name="""#, "", None),
            (r#"form-data; name="a"; filename="b.txt""#, "a", Some("b.txt")),
            (r#"form-data; filename="b.txt"; name="a""#, "a", Some("b.txt")),
            (r#"form-data; name="a"; filename="""#, "a", Some("")),
            (r#"form-data; name="a;b"; filename="c; name=d""#, "a;b", Some("c; name=d")),
            (r#"form-data; name="a\"b"; filename="c\\d""#, "a\"b", Some("c\\d")),
            (r#"form-data; name="a"; filename="C:\dir\file.txt""#, "a", Some("C:\\dir\\file.txt")),
            (r#"form-data; name="a"; filename="\n.txt""#, "a", Some("\\n.txt")),
            (r#"form-data; name="a%22b"; filename="c%0D%0a%0A%0dd""#, "a\"b", Some("c\r\n\n\rd")),
            (r#"form-data; name="a"; filename="100%25%2F%41%.txt""#, "a", Some("100%25%2F%41%.txt")),
            ("form-data; name=\"größe\"; filename=\"日本.txt\"", "größe", Some("日本.txt")),
            (r#"form-data; name="a"; filename="b"; filename*=utf-8''c"#, "a", Some("b")),
            (r#"form-data; name="a"; filename*=utf-8''c; filename="b""#, "a", Some("b")),
            (r#"form-data; name="a"; size=12; x="y""#, "a", None),
            (r#"form-data; name*=utf-8''z; name="a""#, "a", None),
        ] {
            let found = Disposition::parse(value.as_bytes()).unwrap_or_else(|error| panic!("{value}: {error}"));
            assert_eq!((found.name.as_str(), found.filename.as_deref()), (name, filename), "{value}");
        }
    }

    #[test]
    fn names_refused() {
        for (value, error) in [
            ("", MultipartError::InvalidDisposition),
            ("attachment; name=a", MultipartError::InvalidDisposition),
            ("form-data name=a", MultipartError::InvalidDisposition),
            ("form-data; name", MultipartError::InvalidDisposition),
            ("form-data; name=", MultipartError::InvalidDisposition),
            ("form-data; name=a/b", MultipartError::InvalidDisposition),
            ("form-data; name=größe", MultipartError::InvalidDisposition),
            ("form-data; name=\"a", MultipartError::InvalidDisposition),
            ("form-data; name=\"a\"b\"", MultipartError::InvalidDisposition),
            ("form-data; name=a; name=b", MultipartError::InvalidDisposition),
            ("form-data; name=a; Name=a", MultipartError::InvalidDisposition),
            ("form-data; name=a; filename=b; filename=c", MultipartError::InvalidDisposition),
            ("form-data", MultipartError::MissingName),
            ("form-data; filename=a", MultipartError::MissingName),
            ("form-data; name*=utf-8''a", MultipartError::MissingName),
            ("form-data; name=a; filename*=utf-8''b", MultipartError::ExtendedFilename),
        ] {
            assert_eq!(Disposition::parse(value.as_bytes()), Err(error), "{value}");
        }
        for value in [b"form-data; name=\"caf\xe9\"".as_slice(), b"form-data; name=a; filename=\"\xff\""] {
            assert_eq!(Disposition::parse(value), Err(MultipartError::NameNotUtf8), "{value:?}");
        }
    }
}
