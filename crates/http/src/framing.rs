//! Where a body ends: Content-Length and Transfer-Encoding, and every way in which they may not be combined.

use crate::octet::is_token;
use crate::refusal::Refusal;
use crate::request_line::Version;

/// How the body behind a head is framed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    /// That many bytes; 0 without a body.
    Length(u64),
    Chunked,
}

/// The two framing headers of one head, as they come.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct FramingHeaders {
    length: Option<u64>,
    chunked: bool,
}

impl FramingHeaders {
    /// Takes a Content-Length line. A second one is refused even if equal, and so is `5, 5`: RFC 9112 6.3 allows to
    /// refuse them, and a front that reads them otherwise is the other half of an attack.
    pub(crate) fn content_length(&mut self, value: &[u8]) -> Result<(), Refusal> {
        if self.length.is_some() {
            return Err(Refusal::RepeatedContentLength);
        }
        // 2^63 - 1: beyond it the libraries behind us disagree, and no body ever is.
        let length = decimal(value).filter(|&length| i64::try_from(length).is_ok());
        self.length = Some(length.ok_or(Refusal::InvalidContentLength)?);
        Ok(())
    }

    /// Takes a Transfer-Encoding line.
    pub(crate) fn transfer_encoding(&mut self, value: &[u8]) -> Result<(), Refusal> {
        if self.chunked {
            return Err(Refusal::InvalidTransferEncoding);
        }
        if !value.eq_ignore_ascii_case(b"chunked") {
            return Err(explain(value));
        }
        self.chunked = true;
        Ok(())
    }

    /// What both come to at the end of the head.
    pub(crate) fn finish(self, version: Version) -> Result<Framing, Refusal> {
        match (self.length, self.chunked) {
            (Some(_), true) => Err(Refusal::ConflictingLength),
            (None, true) if version == Version::Http10 => Err(Refusal::TransferEncodingOnHttp10),
            (None, true) => Ok(Framing::Chunked),
            (length, false) => Ok(Framing::Length(length.unwrap_or(0))),
        }
    }
}

/// One or more digits and nothing else: no sign, no white space, no list.
fn decimal(value: &[u8]) -> Option<u64> {
    if value.is_empty() {
        return None;
    }
    value.iter().try_fold(0_u64, |number, digit| {
        let digit = digit.is_ascii_digit().then(|| u64::from(digit - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    })
}

/// Why a Transfer-Encoding that is not `chunked` is refused. With `chunked` once and last the body could be framed, so
/// another coding before it is merely unknown (501, RFC 9112 6.1); otherwise nobody can tell where the body ends (400,
/// RFC 9112 6.3).
fn explain(value: &[u8]) -> Refusal {
    let mut codings = value.split(|&byte| byte == b',').map(<[u8]>::trim_ascii).rev();
    let chunked_last = codings.next().is_some_and(|coding| coding.eq_ignore_ascii_case(b"chunked"));
    let others_known_by_form = codings.all(|coding| {
        let name = coding.split(|&byte| byte == b';').next().unwrap_or_default().trim_ascii();
        !name.is_empty() && name.iter().all(|&byte| is_token(byte)) && !name.eq_ignore_ascii_case(b"chunked")
    });
    if chunked_last && others_known_by_form {
        Refusal::UnsupportedTransferCoding
    } else {
        Refusal::InvalidTransferEncoding
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn length(value: &str) -> Result<Framing, Refusal> {
        let mut headers = FramingHeaders::default();
        headers.content_length(value.as_bytes())?;
        headers.finish(Version::Http11)
    }

    fn coding(value: &str) -> Result<Framing, Refusal> {
        let mut headers = FramingHeaders::default();
        headers.transfer_encoding(value.as_bytes())?;
        headers.finish(Version::Http11)
    }

    #[test]
    fn content_lengths() {
        assert_eq!(length("0"), Ok(Framing::Length(0)));
        assert_eq!(length("00042"), Ok(Framing::Length(42)));
        assert_eq!(length("9223372036854775807"), Ok(Framing::Length(u64::MAX / 2)));
        for wrong in [
            "",
            "+5",
            "-5",
            "5,5",
            "5, 5",
            "5 5",
            "0x5",
            "5;",
            "five",
            "5.0",
            "1e3",
            "\u{661}",
            "9223372036854775808",
            "18446744073709551616",
            "99999999999999999999999999",
        ] {
            assert_eq!(length(wrong), Err(Refusal::InvalidContentLength), "{wrong}");
        }
    }

    #[test]
    fn transfer_encodings() {
        assert_eq!(coding("chunked"), Ok(Framing::Chunked));
        assert_eq!(coding("CHUNKed"), Ok(Framing::Chunked));
        for unknown in ["gzip, chunked", "gzip,deflate , chunked", "gzip;q=1, chunked", "identity, chunked"] {
            assert_eq!(coding(unknown), Err(Refusal::UnsupportedTransferCoding), "{unknown}");
        }
        for wrong in [
            "",
            ",",
            "gzip",
            "identity",
            "xchunked",
            "chunkedx",
            "chunked, gzip",
            "chunked, chunked",
            "chunked,",
            ",chunked",
            "chunked;a=b",
            "\"chunked\"",
            "chunked chunked",
            "gzip chunked",
            "gz ip, chunked",
            "'chunked'",
            "chunked, identity",
            "chunked, gzip, chunked",
            "gzip,,chunked",
            "ch\u{fc}nked",
        ] {
            assert_eq!(coding(wrong), Err(Refusal::InvalidTransferEncoding), "{wrong}");
        }
    }

    #[test]
    fn combinations() {
        let mut both = FramingHeaders::default();
        assert_eq!(both.finish(Version::Http11), Ok(Framing::Length(0)));
        assert_eq!(both.content_length(b"5"), Ok(()));
        assert_eq!(both.content_length(b"5"), Err(Refusal::RepeatedContentLength));
        assert_eq!(both.transfer_encoding(b"chunked"), Ok(()));
        assert_eq!(both.transfer_encoding(b"chunked"), Err(Refusal::InvalidTransferEncoding));
        assert_eq!(both.finish(Version::Http11), Err(Refusal::ConflictingLength));
        assert_eq!(both.finish(Version::Http10), Err(Refusal::ConflictingLength));

        let mut old = FramingHeaders::default();
        assert_eq!(old.transfer_encoding(b"chunked"), Ok(()));
        assert_eq!(old.finish(Version::Http10), Err(Refusal::TransferEncodingOnHttp10));
    }
}
