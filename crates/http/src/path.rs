//! The one form of a path: decoded once, without dot segments, for router, guards, logs and files alike.

use std::borrow::Cow;

use crate::octet::is_control;
use crate::refusal::Refusal;

/// The canonical form of a raw path.
///
/// * Percent escapes are decoded, but for `%2F` and `%25`, which stay, in upper case: an encoded slash separates
///   nothing, and decoding a second time cannot change the path's meaning, because no `%` but those two is left.
/// * `.` and `..` segments, also written `%2e`, are resolved as WHATWG URL does; `..` never climbs above the root.
/// * Empty segments stay: `/a//b` has three segments.
///
/// * A backslash is a character like any other; the [`Gate`](crate::Gate) refuses it unless written `%5C`.
///
/// A path that is canonical already is borrowed, and its canonical form is itself.
///
/// ```
/// use covet_http::{Refusal, canonical};
///
/// assert_eq!(canonical(b"/caf%C3%A9").as_deref(), Ok("/café".as_bytes()));
/// assert_eq!(canonical(b"/a/%2e%2E/b/./c").as_deref(), Ok(b"/b/c".as_slice()));
/// assert_eq!(canonical(b"/files/a%2fb%2525").as_deref(), Ok(b"/files/a%2Fb%2525".as_slice()));
/// assert_eq!(canonical(b"/100%"), Err(Refusal::MalformedEscape));
/// ```
///
/// # Errors
///
/// 400 for a malformed escape, a control character (plain or escaped, C1 controls of Unicode included, since a terminal
/// that shows the log obeys them), a result that is not UTF-8, and a path without its leading slash.
pub fn canonical(raw: &[u8]) -> Result<Cow<'_, [u8]>, Refusal> {
    if raw.first() != Some(&b'/') {
        return Err(Refusal::InvalidTarget);
    }
    let mut suspect = false;
    for pair in raw.windows(2) {
        // Only '/' begins a dot segment; the first byte is one, so the second of each pair sees every other byte.
        suspect |= matches!(pair, [b'/', b'.']) || !is_plain(pair[1]);
    }
    if suspect { rewrite(raw) } else { Ok(Cow::Borrowed(raw)) }
}

/// Bytes that can only mean themselves.
fn is_plain(byte: u8) -> bool {
    !is_control(byte) && byte < 0x80 && byte != b'%'
}

fn rewrite(raw: &[u8]) -> Result<Cow<'_, [u8]>, Refusal> {
    let mut out = Vec::with_capacity(raw.len());
    out.push(b'/');
    let mut rest = &raw[1..];
    while let [byte, tail @ ..] = rest {
        rest = tail;
        match byte {
            b'%' => {
                let ([high, low], tail) = rest.split_first_chunk().ok_or(Refusal::MalformedEscape)?;
                rest = tail;
                match digit(*high)? << 4 | digit(*low)? {
                    b'/' => out.extend_from_slice(b"%2F"),
                    b'%' => out.extend_from_slice(b"%25"),
                    decoded => out.push(decoded),
                }
            }
            b'/' => {
                if !drop_dot_segment(&mut out) {
                    out.push(b'/');
                }
            }
            _ => out.push(*byte),
        }
    }
    drop_dot_segment(&mut out);
    let text = std::str::from_utf8(&out).map_err(|_| Refusal::PathNotUtf8)?;
    if text.chars().any(char::is_control) {
        return Err(Refusal::PathControlCharacter);
    }
    Ok(if out == raw { Cow::Borrowed(raw) } else { Cow::Owned(out) })
}

/// Drops the last segment if it is `.`, and the one before it too if it is `..`, and says whether it did. What is left
/// then ends in a slash, which is also the one that would follow.
fn drop_dot_segment(out: &mut Vec<u8>) -> bool {
    let start = last_segment(out);
    match &out[start..] {
        b"." => out.truncate(start),
        b".." => {
            out.truncate(start);
            if start > 1 {
                out.pop();
                out.truncate(last_segment(out));
            }
        }
        _ => return false,
    }
    true
}

/// Where the last segment begins: behind the last slash.
fn last_segment(path: &[u8]) -> usize {
    path.iter().rposition(|&byte| byte == b'/').map_or(0, |slash| slash + 1)
}

fn digit(byte: u8) -> Result<u8, Refusal> {
    match byte {
        b'0'..=b'9' => Ok(byte - b'0'),
        b'a'..=b'f' => Ok(byte - b'a' + 10),
        b'A'..=b'F' => Ok(byte - b'A' + 10),
        _ => Err(Refusal::MalformedEscape),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_their_canonical_form() {
        for (raw, expected) in [
            ("/", "/"),
            ("/a", "/a"),
            ("/a/", "/a/"),
            ("//", "//"),
            ("/a//b", "/a//b"),
            ("/%41", "/A"),
            ("/%c3%a9", "/\u{e9}"),
            ("/\u{e9}", "/\u{e9}"),
            ("/%20%3F%23%3b", "/ ?#;"),
            ("/%2f", "/%2F"),
            ("/a%2Fb/c", "/a%2Fb/c"),
            ("/%252f", "/%252f"),
            ("/%25", "/%25"),
            ("/%25%32%66", "/%252f"),
            ("/%5c", "/\\"),
            ("/.", "/"),
            ("/..", "/"),
            ("/./", "/"),
            ("/../", "/"),
            ("/../../a", "/a"),
            ("/a/.", "/a/"),
            ("/a/..", "/"),
            ("/a/b/..", "/a/"),
            ("/a/b/../c", "/a/c"),
            ("/a/./b", "/a/b"),
            ("/a//..", "/a/"),
            ("/a//../b", "/a/b"),
            ("//..", "/"),
            ("/%2e", "/"),
            ("/a/%2E%2e/b", "/b"),
            ("/a/.%2e", "/"),
            ("/a/%2e.", "/"),
            ("/a/%2e%2e%2fb", "/a/..%2Fb"),
            ("/a/%252e%252e/b", "/a/%252e%252e/b"),
            ("/...", "/..."),
            ("/.a/b.", "/.a/b."),
            ("/..a/b..", "/..a/b.."),
            ("/.well-known/x", "/.well-known/x"),
            ("/a.b/c..d", "/a.b/c..d"),
            ("/%F0%9F%98%80", "/\u{1f600}"),
        ] {
            assert_eq!(canonical(raw.as_bytes()).as_deref(), Ok(expected.as_bytes()), "{raw}");
        }
    }

    #[test]
    fn paths_refused() {
        for (raw, refusal) in [
            ("", Refusal::InvalidTarget),
            ("a", Refusal::InvalidTarget),
            ("*", Refusal::InvalidTarget),
            ("%2Fa", Refusal::InvalidTarget),
            ("/%", Refusal::MalformedEscape),
            ("/%4", Refusal::MalformedEscape),
            ("/%4/", Refusal::MalformedEscape),
            ("/%zz", Refusal::MalformedEscape),
            ("/%%41", Refusal::MalformedEscape),
            ("/%u0041", Refusal::MalformedEscape),
            ("/%+1", Refusal::MalformedEscape),
            ("/%00", Refusal::PathControlCharacter),
            ("/a%0d%0aSet-Cookie:x", Refusal::PathControlCharacter),
            ("/%09", Refusal::PathControlCharacter),
            ("/%1b[31m", Refusal::PathControlCharacter),
            ("/%7F", Refusal::PathControlCharacter),
            ("/\0", Refusal::PathControlCharacter),
            ("/a\nb", Refusal::PathControlCharacter),
            ("/%C2%85", Refusal::PathControlCharacter),
            ("/\u{9b}31m", Refusal::PathControlCharacter),
            ("/%ff", Refusal::PathNotUtf8),
            ("/%c3", Refusal::PathNotUtf8),
            ("/%c0%ae%c0%ae/", Refusal::PathNotUtf8),
            ("/%c0%af", Refusal::PathNotUtf8),
            ("/%ed%a0%80", Refusal::PathNotUtf8),
        ] {
            assert_eq!(canonical(raw.as_bytes()), Err(refusal), "{raw:?}");
        }
        assert_eq!(canonical(b"/\xff"), Err(Refusal::PathNotUtf8));
    }

    #[test]
    fn canonical_paths_are_borrowed() {
        for raw in ["/", "/users/42", "/a//b/", "/.well-known/security.txt", "/a%2Fb%25", "/\u{e9}"] {
            assert!(matches!(canonical(raw.as_bytes()), Ok(Cow::Borrowed(_))), "{raw}");
        }
    }

    #[test]
    fn the_canonical_form_never_changes_again() {
        let alphabet = [b'/', b'.', b'%', b'2', b'5', b'e', b'F', b'a', b'c'];
        let mut stable = 0;
        for number in 0..9_usize.pow(6) {
            let mut raw = vec![b'/'];
            raw.extend((0..6).map(|place| alphabet[number / 9_usize.pow(place) % 9]));
            let Ok(once) = canonical(&raw) else { continue };
            assert_eq!(canonical(&once), Ok(once.clone()), "{}", raw.escape_ascii());
            assert!(!once.split(|&byte| byte == b'/').any(|segment| segment == b"." || segment == b".."));
            stable += 1;
        }
        assert!(stable > 100_000, "{stable} paths were canonical");
    }
}
