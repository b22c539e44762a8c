//! `Content-Disposition` of answers (RFC 6266): whether a browser shows a file or saves it, and under which name.

use std::fmt::Write as _;

/// What a browser is to do with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// Show it where it can; the name is for whoever saves it from there.
    Inline,
    /// Save it.
    Attachment,
}

/// The value of `Content-Disposition` for a file of this name.
///
/// Only what follows the last slash or backslash counts, as recipients are told to do (RFC 6266 4.3). Control characters
/// and those that reverse the direction of text, by which `gpj.exe` reads `exe.jpg`, become `_`. A name that plain ASCII
/// can't say is sent twice: for old clients with `_` for what they would misread, and encoded as RFC 8187 says.
///
/// ```
/// use covet_http::{Disposition, content_disposition};
///
/// assert_eq!(content_disposition(Disposition::Attachment, "report.pdf"), "attachment; filename=\"report.pdf\"");
/// assert_eq!(
///     content_disposition(Disposition::Inline, "naïve €.txt"),
///     "inline; filename=\"na_ve _.txt\"; filename*=UTF-8''na%C3%AFve%20%E2%82%AC.txt"
/// );
/// ```
#[must_use]
pub fn content_disposition(disposition: Disposition, name: &str) -> String {
    let mut value = String::from(match disposition {
        Disposition::Inline => "inline",
        Disposition::Attachment => "attachment",
    });
    let base = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = base.chars().map(|char| if is_deceptive(char) { '_' } else { char }).collect();
    if name.is_empty() || name == "." || name == ".." {
        return value;
    }
    value.push_str("; filename=\"");
    for char in name.chars() {
        match char {
            '"' => value.push_str("\\\""),
            ' '..='~' if char != '%' => value.push(char),
            // Some browsers decode percent escapes here, which is nowhere in the standard.
            _ => value.push('_'),
        }
    }
    value.push('"');
    if name.bytes().any(|byte| !(b' '..=b'~').contains(&byte) || byte == b'%') {
        value.push_str("; filename*=UTF-8''");
        for byte in name.bytes() {
            if is_attribute(byte) {
                value.push(char::from(byte));
            } else {
                // Writing to a string can't fail.
                write!(value, "%{byte:02X}").ok();
            }
        }
    }
    value
}

/// Control characters, and those that change the direction of the text around them.
fn is_deceptive(char: char) -> bool {
    char.is_control()
        || matches!(char, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{61c}')
}

/// `attr-char` of RFC 8187 3.2.1.
fn is_attribute(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'!' | b'#' | b'$' | b'&' | b'+' | b'-' | b'.' | b'^' | b'_' | b'`' | b'|' | b'~')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_what_is_sent() {
        for (name, expected) in [
            ("a.txt", "attachment; filename=\"a.txt\""),
            ("two words.txt", "attachment; filename=\"two words.txt\""),
            ("a;b,c=d.txt", "attachment; filename=\"a;b,c=d.txt\""),
            ("say \"hi\".txt", "attachment; filename=\"say \\\"hi\\\".txt\""),
            ("it's.txt", "attachment; filename=\"it's.txt\""),
            ("100%.txt", "attachment; filename=\"100_.txt\"; filename*=UTF-8''100%25.txt"),
            ("%41.txt", "attachment; filename=\"_41.txt\"; filename*=UTF-8''%2541.txt"),
            ("été.txt", "attachment; filename=\"_t_.txt\"; filename*=UTF-8''%C3%A9t%C3%A9.txt"),
            ("日本.pdf", "attachment; filename=\"__.pdf\"; filename*=UTF-8''%E6%97%A5%E6%9C%AC.pdf"),
            ("é'(1)*.txt", "attachment; filename=\"_'(1)*.txt\"; filename*=UTF-8''%C3%A9%27%281%29%2A.txt"),
            ("../../etc/passwd", "attachment; filename=\"passwd\""),
            ("C:\\temp\\x.txt", "attachment; filename=\"x.txt\""),
            ("a\r\nSet-Cookie: b=c", "attachment; filename=\"a__Set-Cookie: b=c\""),
            ("a\0b\u{7f}\u{85}.txt", "attachment; filename=\"a_b__.txt\""),
            ("exe\u{202e}gpj.exe", "attachment; filename=\"exe_gpj.exe\""),
            ("", "attachment"),
            ("a/", "attachment"),
            (".", "attachment"),
            ("..", "attachment"),
            (".env", "attachment; filename=\".env\""),
        ] {
            assert_eq!(content_disposition(Disposition::Attachment, name), expected, "{name:?}");
        }
        assert_eq!(content_disposition(Disposition::Inline, "a.txt"), "inline; filename=\"a.txt\"");
    }

    #[test]
    fn whatever_the_name_the_value_is_one_header() {
        let every: String = (0..=0x0010_ffff_u32).filter_map(char::from_u32).filter(|char| *char != '/').collect();
        let value = content_disposition(Disposition::Attachment, &every.replace('\\', ""));
        assert!(value.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
    }
}
