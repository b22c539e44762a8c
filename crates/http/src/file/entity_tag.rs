//! Entity tags (RFC 9110 8.8.3): what two copies of a file are compared by.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How long a file must have been left alone for its time of change to prove anything. FAT counts in two seconds, the
/// coarsest of any file system in use: a second write within them leaves time and size as they were.
const AT_REST: Duration = Duration::from_secs(2);

/// An entity tag.
///
/// ```
/// use covet_http::EntityTag;
///
/// let tag = EntityTag::parse(b"W/\"v1\"").expect("a tag");
/// assert!(tag.is_weak());
/// assert_eq!(tag.to_string(), "W/\"v1\"");
/// assert_eq!(EntityTag::parse(b"v1"), None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntityTag {
    is_weak: bool,
    /// Without its quotes. Bytes beyond ASCII are allowed and mean nothing but themselves.
    opaque: Vec<u8>,
}

impl EntityTag {
    /// The tag of a file: its size and its time of change, to the nanosecond, in hexadecimal; `variant` sets the
    /// compressed forms of one file apart.
    ///
    /// It is strong once the file has been left alone for two seconds at `now`, and weak before: a second change within
    /// the file system's clock would not show in it. So is the tag of a file whose time of change lies in the future.
    /// Whoever sets a file's times by hand, such as a tool that gives every file of an archive the same, has to see to it
    /// that contents of one size don't share them.
    #[must_use]
    pub fn of_file(size: u64, modified: SystemTime, now: SystemTime, variant: &str) -> Self {
        let nanoseconds = match modified.duration_since(UNIX_EPOCH) {
            Ok(after) => format!("{:x}", after.as_nanos()),
            Err(before) => format!("n{:x}", before.duration().as_nanos()),
        };
        let hyphen = if variant.is_empty() { "" } else { "-" };
        let opaque = format!("{size:x}-{nanoseconds}{hyphen}{variant}").into_bytes();
        Self { is_weak: !is_at_rest(modified, now), opaque }
    }

    /// Reads one tag; `None` for what is none.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let (tag, rest) = read(text)?;
        rest.is_empty().then(|| Self { is_weak: tag.is_weak, opaque: tag.opaque.to_vec() })
    }

    /// Whether equal tags only mean that one may stand for the other, not that every byte is the same.
    #[must_use]
    pub fn is_weak(&self) -> bool {
        self.is_weak
    }

    /// The strong comparison of RFC 9110 8.8.3.2: byte for byte the same.
    pub(crate) fn is_strongly(&self, other: Tag<'_>) -> bool {
        !self.is_weak && !other.is_weak && self.opaque == other.opaque
    }

    /// The weak comparison of RFC 9110 8.8.3.2: as good as the same.
    pub(crate) fn is_weakly(&self, other: Tag<'_>) -> bool {
        self.opaque == other.opaque
    }
}

impl fmt::Display for EntityTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let weak = if self.is_weak { "W/" } else { "" };
        write!(f, "{weak}\"{}\"", String::from_utf8_lossy(&self.opaque))
    }
}

/// Whether a file that was changed at `modified` has been left alone long enough for that time to tell its contents.
pub(crate) fn is_at_rest(modified: SystemTime, now: SystemTime) -> bool {
    now.duration_since(modified).is_ok_and(|since| since >= AT_REST)
}

/// A tag within a field.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tag<'a> {
    is_weak: bool,
    opaque: &'a [u8],
}

/// Reads the tag that `text` begins with; what follows it.
pub(crate) fn read(text: &[u8]) -> Option<(Tag<'_>, &[u8])> {
    // `W/` is case-sensitive (RFC 9110 8.8.3).
    let (is_weak, quoted) = text.strip_prefix(b"W/").map_or((false, text), |rest| (true, rest));
    let inner = quoted.strip_prefix(b"\"")?;
    let end = inner.iter().position(|byte| *byte == b'"')?;
    let opaque = &inner[..end];
    let is_valid = opaque.iter().all(|byte| matches!(byte, b'!' | b'#'..=b'~' | 0x80..));
    is_valid.then_some((Tag { is_weak, opaque }, &inner[end + 1..]))
}

/// What a list of tags says of a representation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Listed {
    /// `*`: anything that exists.
    Any,
    /// One of them fits.
    Fits,
    /// None of them fits, or the field is malformed from there on.
    Not,
}

/// Looks through `If-Match` or `If-None-Match`.
pub(crate) fn look_up(field: &[u8], mut fits: impl FnMut(Tag<'_>) -> bool) -> Listed {
    let mut rest = field.trim_ascii();
    if rest == b"*" {
        return Listed::Any;
    }
    loop {
        // A list may have empty elements (RFC 9110 5.6.1.2).
        while let [b',' | b' ' | b'\t', tail @ ..] = rest {
            rest = tail;
        }
        let Some((tag, tail)) = read(rest) else { return Listed::Not };
        let tail = tail.trim_ascii_start();
        if !(tail.is_empty() || tail.starts_with(b",")) {
            return Listed::Not;
        }
        if fits(tag) {
            return Listed::Fits;
        }
        rest = tail;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_and_what_is_none() {
        for text in ["\"\"", "\"a\"", "W/\"a\"", "W/\"\"", "\"a,b\"", "\"W/\"", "\"\u{e9}\"", "\"\\\""] {
            let tag = EntityTag::parse(text.as_bytes()).expect(text);
            assert_eq!(tag.to_string(), text);
            assert_eq!(tag.is_weak(), text.starts_with('W'));
        }
        for text in
            ["", "*", "a", "\"", "\"a", "a\"", "w/\"a\"", "W/a", "W /\"a\"", "\"a b\"", "\"a\"b", "\"\t\"", "'a'"]
        {
            assert_eq!(EntityTag::parse(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn comparisons_of_the_standard() {
        // The table of RFC 9110 8.8.3.2.
        for (one, other, strong, weak) in [
            ("W/\"1\"", "W/\"1\"", false, true),
            ("W/\"1\"", "W/\"2\"", false, false),
            ("W/\"1\"", "\"1\"", false, true),
            ("\"1\"", "\"1\"", true, true),
            ("\"1\"", "\"2\"", false, false),
        ] {
            let tag = EntityTag::parse(one.as_bytes()).expect("a tag");
            let (other, _) = read(other.as_bytes()).expect("a tag");
            assert_eq!((tag.is_strongly(other), tag.is_weakly(other)), (strong, weak), "{one}");
        }
    }

    #[test]
    fn lists_of_tags() {
        let tag = EntityTag::parse(b"\"b\"").expect("a tag");
        for (field, expected) in [
            ("*", Listed::Any),
            (" * ", Listed::Any),
            ("\"b\"", Listed::Fits),
            ("\"a\", \"b\"", Listed::Fits),
            ("\"a\",\"b\",\"c\"", Listed::Fits),
            (", ,\"a\" , W/\"b\"", Listed::Fits),
            ("\"a,b\", \"b\"", Listed::Fits),
            ("\"b\", broken", Listed::Fits),
            ("", Listed::Not),
            ("\"a\"", Listed::Not),
            ("b", Listed::Not),
            ("\"a\", *", Listed::Not),
            ("broken, \"b\"", Listed::Not),
            ("\"a\" \"b\"", Listed::Not),
            ("\"a, b\", \"b\"", Listed::Not),
        ] {
            assert_eq!(look_up(field.as_bytes(), |other| tag.is_weakly(other)), expected, "{field}");
        }
    }

    #[test]
    fn tags_of_files() {
        let now = UNIX_EPOCH + Duration::from_secs(1_000_000);
        let tag = |size, modified, variant| EntityTag::of_file(size, modified, now, variant).to_string();
        let long_ago = UNIX_EPOCH + Duration::from_nanos(0x1234_5678_9abc);
        assert_eq!(tag(255, long_ago, ""), "\"ff-123456789abc\"");
        assert_eq!(tag(255, long_ago, "br"), "\"ff-123456789abc-br\"");
        assert_eq!(tag(0, UNIX_EPOCH - Duration::from_nanos(16), ""), "\"0-n10\"");
        assert!(tag(1, now - Duration::from_secs(2), "").starts_with('"'));
        assert!(tag(1, now - Duration::from_millis(1_999), "").starts_with("W/"));
        assert!(tag(1, now, "").starts_with("W/"));
        assert!(tag(1, now + Duration::from_secs(9), "").starts_with("W/"), "a time of change in the future");
        assert_ne!(tag(1, long_ago, ""), tag(1, long_ago + Duration::from_nanos(1), ""));
        assert_ne!(tag(1, long_ago, ""), tag(2, long_ago, ""));
    }
}
