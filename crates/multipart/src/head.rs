//! The head of a part, line by line.

use crate::charset::require_utf8;
use crate::disposition::Disposition;
use crate::error::MultipartError;
use crate::params::{Params, Raw, is_token};

/// What a part says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartHead {
    /// The field's name, decoded. May be empty and may hold any character, CR and LF included.
    pub name: String,
    /// What the client calls the file, decoded but not made safe: see [`safe_filename`](crate::safe_filename). With one,
    /// the part is a file. Browsers send an empty one, and no data, where no file was chosen.
    pub filename: Option<String>,
    /// The part's Content-Type as it was sent; well formed. What the client claims, not what the data is.
    pub content_type: Option<String>,
}

impl PartHead {
    /// Whether the part is a file: it has a file name, empty or not.
    #[must_use]
    pub fn is_file(&self) -> bool {
        self.filename.is_some()
    }
}

/// A head of which some lines have been read.
#[derive(Debug, Default)]
pub(crate) struct PartialHead {
    disposition: Option<Disposition>,
    content_type: Option<String>,
    charset: Charset,
    has_encoding: bool,
}

/// Whether the Content-Type's charset is one spoken here; matters only to fields, and which the part is comes later.
#[derive(Debug, Default, PartialEq, Eq)]
enum Charset {
    #[default]
    Fine,
    Unsupported,
}

impl PartialHead {
    /// Reads one line, without its end and not empty.
    pub(crate) fn line(&mut self, line: &[u8]) -> Result<(), MultipartError> {
        let (name, value) = split(line)?;
        if name.eq_ignore_ascii_case(b"content-disposition") {
            if self.disposition.replace(Disposition::parse(value)?).is_some() {
                return Err(MultipartError::RepeatedHeader);
            }
        } else if name.eq_ignore_ascii_case(b"content-type") {
            self.read_type(value)?;
        } else if name.eq_ignore_ascii_case(b"content-transfer-encoding") {
            if std::mem::replace(&mut self.has_encoding, true) {
                return Err(MultipartError::RepeatedHeader);
            }
            let identities: [&[u8]; 3] = [b"binary", b"8bit", b"7bit"];
            if !identities.iter().any(|identity| identity.eq_ignore_ascii_case(value)) {
                return Err(MultipartError::UnsupportedEncoding);
            }
        }
        Ok(())
    }

    fn read_type(&mut self, value: &[u8]) -> Result<(), MultipartError> {
        let (essence, mut params) = Params::of(value);
        let slash = essence.iter().position(|&byte| byte == b'/').ok_or(MultipartError::InvalidPartType)?;
        let (kind, subtype) = (&essence[..slash], &essence[slash + 1..]);
        if [kind, subtype].iter().any(|word| word.is_empty() || !word.iter().copied().all(is_token)) {
            return Err(MultipartError::InvalidPartType);
        }
        while let Some((name, raw)) = params.next().map_err(|_| MultipartError::InvalidPartType)? {
            let (Raw::Bare(value) | Raw::Quoted(value)) = raw;
            if name.eq_ignore_ascii_case(b"charset") && require_utf8(value).is_err() {
                self.charset = Charset::Unsupported;
            }
        }
        let text = str::from_utf8(value).map_err(|_| MultipartError::InvalidPartType)?;
        if self.content_type.replace(text.to_owned()).is_some() {
            return Err(MultipartError::RepeatedHeader);
        }
        Ok(())
    }

    /// The head, once its empty line has come.
    pub(crate) fn end(self) -> Result<PartHead, MultipartError> {
        let Disposition { name, filename } = self.disposition.ok_or(MultipartError::MissingDisposition)?;
        // A file's charset is its own affair: its bytes are handed on as they are.
        if filename.is_none() && self.charset == Charset::Unsupported {
            return Err(MultipartError::UnsupportedCharset);
        }
        Ok(PartHead { name, filename, content_type: self.content_type })
    }
}

/// `name ":" OWS value OWS`.
fn split(line: &[u8]) -> Result<(&[u8], &[u8]), MultipartError> {
    if let Some(&byte) = line.iter().find(|&&byte| byte.is_ascii_control() && byte != b'\t') {
        return Err(if byte == b'\r' { MultipartError::BareCarriageReturn } else { MultipartError::ControlCharacter });
    }
    if matches!(line[0], b' ' | b'\t') {
        return Err(MultipartError::FoldedHeader);
    }
    let colon = line.iter().position(|&byte| !is_token(byte));
    match colon {
        Some(end) if end > 0 && line[end] == b':' => Ok((&line[..end], line[end + 1..].trim_ascii())),
        _ => Err(MultipartError::MalformedHeader),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&str]) -> Result<PartHead, MultipartError> {
        let mut head = PartialHead::default();
        for line in lines {
            head.line(line.as_bytes())?;
        }
        head.end()
    }

    const FIELD: &str = "Content-Disposition: form-data; name=a";
    const FILE: &str = "Content-Disposition: form-data; name=a; filename=b";

    #[test]
    fn heads_read() {
        for (lines, content_type) in [
            (&[FIELD][..], None),
            (&["content-disposition:form-data; name=a"], None),
            (&[FIELD, "Content-Type: text/plain"], Some("text/plain")),
            (&["Content-Type: text/plain;charset=UTF-8 ", FIELD], Some("text/plain;charset=UTF-8")),
            (&[FIELD, "Content-Type: text/plain; charset=\"us-ascii\""], Some("text/plain; charset=\"us-ascii\"")),
            (&[FIELD, "Content-Transfer-Encoding: 8BIT"], None),
            (&[FIELD, "Content-Transfer-Encoding: binary"], None),
            (&[FIELD, "Content-Transfer-Encoding: 7bit"], None),
            (&[FIELD, "X-Other: 1", "X-Other: 2", "Content-ID:", "Content-Length: 9"], None),
        ] {
            let head = read(lines).unwrap_or_else(|error| panic!("{lines:?}: {error}"));
            let expected = PartHead { name: "a".into(), filename: None, content_type: content_type.map(Into::into) };
            assert_eq!(head, expected, "{lines:?}");
            assert!(!head.is_file());
        }
        let file = read(&[FILE, "Content-Type: text/plain; charset=iso-8859-1"]).expect("a file has its own charset");
        assert!(file.is_file());
    }

    #[test]
    fn heads_refused() {
        for (lines, error) in [
            (&[][..], MultipartError::MissingDisposition),
            (&["Content-Type: text/plain"], MultipartError::MissingDisposition),
            (&[FIELD, FIELD], MultipartError::RepeatedHeader),
            (&[FIELD, "Content-Type: a/b", "content-type: a/b"], MultipartError::RepeatedHeader),
            (
                &[FIELD, "Content-Transfer-Encoding: binary", "Content-Transfer-Encoding: binary"],
                MultipartError::RepeatedHeader,
            ),
            (&[FIELD, "Content-Transfer-Encoding: base64"], MultipartError::UnsupportedEncoding),
            (&[FILE, "Content-Transfer-Encoding: quoted-printable"], MultipartError::UnsupportedEncoding),
            (&[FIELD, "Content-Transfer-Encoding:"], MultipartError::UnsupportedEncoding),
            (&[FIELD, "Content-Type: text/plain; charset=iso-8859-1"], MultipartError::UnsupportedCharset),
            (&["Content-Type: text/plain; charset=utf-16", FIELD], MultipartError::UnsupportedCharset),
            (&[FIELD, "Content-Type:"], MultipartError::InvalidPartType),
            (&[FIELD, "Content-Type: text"], MultipartError::InvalidPartType),
            (&[FIELD, "Content-Type: text/"], MultipartError::InvalidPartType),
            (&[FIELD, "Content-Type: /plain"], MultipartError::InvalidPartType),
            (&[FIELD, "Content-Type: text/pl@in"], MultipartError::InvalidPartType),
            (&[FIELD, "Content-Type: text/plain charset"], MultipartError::InvalidPartType),
            (&[FIELD, " folded"], MultipartError::FoldedHeader),
            (&[FIELD, "\tfolded"], MultipartError::FoldedHeader),
            (&["no colon"], MultipartError::MalformedHeader),
            (&["name"], MultipartError::MalformedHeader),
            (&[": value"], MultipartError::MalformedHeader),
            (&["name : value"], MultipartError::MalformedHeader),
            (&["größe: value"], MultipartError::MalformedHeader),
            (&["a: b\rc"], MultipartError::BareCarriageReturn),
            (&["a: b\0c"], MultipartError::ControlCharacter),
            (&["a: b\x7fc"], MultipartError::ControlCharacter),
            (&["Content-Disposition: form-data; name=\"a\0\""], MultipartError::ControlCharacter),
        ] {
            assert_eq!(read(lines), Err(error), "{lines:?}");
        }
    }
}
