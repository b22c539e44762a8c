//! The values that parameters took in one path, kept as byte ranges of that path.

use std::borrow::Cow;
use std::ops::Range;

use crate::word::find_byte;

/// The most parameters one pattern may have.
///
/// Sixteen ranges are two cache lines, which lets every match keep its values inline and touch no heap.
pub const MAX_PARAMS: usize = 16;

/// A byte range of the path. `u32` because a request head is bounded far below 4 GiB.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Span {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

pub(crate) type Spans = [Span; MAX_PARAMS];

/// The parameter values of one match, in the order of the pattern.
///
/// Names and kinds belong to the route, not to the match: see [`Route::params`](crate::Route::params). A value is data
/// from the client: `%2F` in it was no separator, yet decodes to `/`, so never join one to a file name unchecked.
///
/// ```
/// use covet_router::{Method, Params, Router};
///
/// let mut router = Router::new();
/// router.insert("GET", "/users/{id:int}/tags/{tag}")?;
/// let mut params = Params::new();
/// router.find(Method::Get, "/users/42/tags/a%2Fb", &mut params);
/// assert_eq!(params.len(), 2);
/// assert_eq!(params.int(0), Some(42));
/// assert_eq!(params.raw(1), Some("a%2Fb"));
/// assert_eq!(params.get(1).as_deref(), Some("a/b"));
/// # Ok::<(), covet_router::InsertError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Params<'p> {
    pub(crate) path: &'p str,
    pub(crate) spans: Spans,
    pub(crate) len: usize,
}

impl<'p> Params<'p> {
    /// No values yet; [`Router::find`](crate::Router::find) fills it in.
    #[must_use]
    pub const fn new() -> Self {
        Self { path: "", spans: [Span { start: 0, end: 0 }; MAX_PARAMS], len: 0 }
    }

    /// How many values there are: the number of parameters of the route that was found, else 0.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether the route has no parameters, or none was found.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The byte range of the value in the path given to `find`.
    #[must_use]
    pub fn range(&self, index: usize) -> Option<Range<usize>> {
        let span = self.spans[..self.len].get(index)?;
        Some(span.start as usize..span.end as usize)
    }

    /// The value as it stands in the canonical path, with `%2F` and `%25` still escaped.
    #[must_use]
    pub fn raw(&self, index: usize) -> Option<&'p str> {
        self.path.get(self.range(index)?)
    }

    /// The value, decoded. Borrowed from the path unless it holds an escape.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<Cow<'p, str>> {
        self.raw(index).map(decode)
    }

    /// The value of an `{name:int}` parameter. `None` for a value that is no such integer.
    #[must_use]
    pub fn int(&self, index: usize) -> Option<i64> {
        parse_int(self.raw(index)?.as_bytes())
    }

    /// The decoded values in order.
    pub fn iter(&self) -> impl Iterator<Item = Cow<'p, str>> {
        (0..self.len).filter_map(|index| self.get(index))
    }
}

/// Undoes the two escapes that a canonical path keeps.
///
/// One pass, so that `%252F`, a literal `%2F`, stays what the client meant and is not decoded twice.
fn decode(raw: &str) -> Cow<'_, str> {
    // Most values have no escape and few have more than eight bytes; `str::find` takes longer to set up than to search.
    let mut escape = find_byte::<b'%'>(raw.as_bytes(), 0);
    if escape == raw.len() {
        return Cow::Borrowed(raw);
    }
    let mut decoded = String::with_capacity(raw.len());
    let mut done = 0;
    while escape < raw.len() {
        decoded.push_str(&raw[done..escape]);
        let (character, width) = match raw.as_bytes().get(escape + 1..escape + 3) {
            Some(b"2F") => ('/', 3),
            Some(b"25") => ('%', 3),
            // Not canonical; what the caller let through is passed on as it is.
            _ => ('%', 1),
        };
        decoded.push(character);
        done = escape + width;
        escape = find_byte::<b'%'>(raw.as_bytes(), done);
    }
    decoded.push_str(&raw[done..]);
    Cow::Owned(decoded)
}

/// The largest magnitude a JavaScript number holds exactly, `Number.MAX_SAFE_INTEGER`.
const MAX_SAFE_INTEGER: i64 = (1 << 53) - 1;

/// The digits of [`MAX_SAFE_INTEGER`]; also keeps the sum below far from overflow.
const MAX_INT_DIGITS: usize = 16;

/// `-`? then 1 to 16 digits, of magnitude at most 2^53 - 1.
pub(crate) fn parse_int(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    if digits.is_empty() || digits.len() > MAX_INT_DIGITS {
        return None;
    }
    let mut value = 0_i64;
    for digit in digits {
        if !digit.is_ascii_digit() {
            return None;
        }
        value = value * 10 + i64::from(digit - b'0');
    }
    (value <= MAX_SAFE_INTEGER).then_some(if negative { -value } else { value })
}

/// The 8-4-4-4-12 form of RFC 9562, either case, any version.
pub(crate) fn is_uuid(text: &[u8]) -> bool {
    text.len() == 36
        && text.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers() {
        let cases: &[(&str, Option<i64>)] = &[
            ("0", Some(0)),
            ("-0", Some(0)),
            ("007", Some(7)),
            ("42", Some(42)),
            ("-42", Some(-42)),
            ("9007199254740991", Some(9_007_199_254_740_991)),
            ("-9007199254740991", Some(-9_007_199_254_740_991)),
            ("9007199254740992", None),
            ("-9007199254740992", None),
            ("9999999999999999", None),
            ("0000000000000001", Some(1)),
            ("00000000000000001", None),
            ("99999999999999999999", None),
            ("", None),
            ("-", None),
            ("--1", None),
            ("+1", None),
            ("1.0", None),
            ("1e3", None),
            ("0x10", None),
            (" 1", None),
            ("\u{661}", None),
        ];
        for (text, expected) in cases {
            assert_eq!(parse_int(text.as_bytes()), *expected, "{text:?}");
        }
    }

    #[test]
    fn uuids() {
        let cases = [
            ("123e4567-e89b-12d3-a456-426614174000", true),
            ("123E4567-E89B-12D3-A456-426614174000", true),
            ("00000000-0000-0000-0000-000000000000", true),
            ("123e4567-e89b-12d3-a456-42661417400", false),
            ("123e4567-e89b-12d3-a456-4266141740000", false),
            ("123e4567e89b-12d3-a456-4266141740000-", false),
            ("123e4567-e89b-12d3-a456-42661417400g", false),
            ("{23e4567-e89b-12d3-a456-42661417400}", false),
            ("", false),
        ];
        for (text, expected) in cases {
            assert_eq!(is_uuid(text.as_bytes()), expected, "{text:?}");
        }
    }

    #[test]
    fn decodes_once_and_only_what_is_escaped() {
        let cases = [
            ("plain", "plain"),
            ("a%2Fb", "a/b"),
            ("%25", "%"),
            ("%252F", "%2F"),
            ("%2F%2F", "//"),
            ("\u{fc}%25\u{fc}", "\u{fc}%\u{fc}"),
            ("50%", "50%"),
            ("%41", "%41"),
            ("%2", "%2"),
        ];
        for (raw, expected) in cases {
            assert_eq!(decode(raw), expected, "{raw:?}");
            assert_eq!(matches!(decode(raw), Cow::Borrowed(_)), !raw.contains('%'), "{raw:?}");
        }
    }
}
