//! Finds the end of a part in data that comes in pieces.
//!
//! A delimiter begins with CR and has no other, since a boundary is made of printable characters. So of a delimiter that
//! the end of a piece cuts off only the number of its bytes need be kept: when it turns out to be data after all, those
//! bytes are the delimiter's own, and no other delimiter can have begun within them.

use bytes::Bytes;
use memchr::memmem::Finder;

/// What the front of the input is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// Data, cut off the input.
    Data(Bytes),
    /// The delimiter, cut off the input.
    Delimiter,
    /// The input is used up.
    Nothing,
}

/// Looks for one delimiter again and again.
#[derive(Debug)]
pub(crate) struct Delimiter {
    bytes: Bytes,
    finder: Finder<'static>,
    /// How many bytes of a delimiter ended the last piece.
    matched: usize,
    /// How many of those are no data: the line end that came before.
    borrowed: usize,
    /// Whether one stands in the input after the data handed out last.
    is_next: bool,
}

impl Delimiter {
    /// `bytes` is CR LF, two hyphens, the boundary.
    pub(crate) fn new(bytes: Bytes) -> Self {
        let finder = Finder::new(&bytes).into_owned();
        Self { bytes, finder, matched: 0, borrowed: 0, is_next: false }
    }

    /// Goes on where a line has just begun: the line end of a delimiter is there already. So it is at the front of a
    /// body, and behind the empty line of a head (RFC 2046 5.1.1: a part may end with its head).
    pub(crate) fn after_line_end(&mut self) {
        (self.matched, self.borrowed) = (2, 2);
    }

    /// Bytes held back: at most the delimiter but its last.
    pub(crate) fn held(&self) -> usize {
        self.matched - self.borrowed
    }

    /// Whether `input`, the next to come, is nothing but data.
    pub(crate) fn is_clear_of(&self, input: &[u8]) -> bool {
        self.matched == 0 && !self.is_next && self.finder.find(input).is_none() && cut_off(&self.bytes, input) == 0
    }

    /// Takes what is next off the front of `input`.
    #[inline]
    pub(crate) fn next(&mut self, input: &mut Bytes) -> Found {
        if self.is_next {
            self.is_next = false;
            split_front(input, self.bytes.len());
            return Found::Delimiter;
        }
        if input.is_empty() {
            return Found::Nothing;
        }
        if self.matched > 0
            && let Some(found) = self.resume(input)
        {
            return found;
        }
        if let Some(at) = self.finder.find(input) {
            if at == 0 {
                split_front(input, self.bytes.len());
                return Found::Delimiter;
            }
            self.is_next = true;
            return Found::Data(input.split_to(at));
        }
        self.matched = cut_off(&self.bytes, input);
        let data = input.split_to(input.len() - self.matched);
        input.clear();
        if data.is_empty() { Found::Nothing } else { Found::Data(data) }
    }

    /// Goes on within a delimiter that the last piece cut off; `None` where it was none and nothing was held back.
    fn resume(&mut self, input: &mut Bytes) -> Option<Found> {
        let rest = &self.bytes[self.matched..];
        let common = rest.iter().zip(input.iter()).take_while(|(expected, byte)| expected == byte).count();
        if common < rest.len() && common == input.len() {
            self.matched += common;
            input.clear();
            return Some(Found::Nothing);
        }
        let held = self.borrowed..self.matched;
        let is_delimiter = common == rest.len();
        (self.matched, self.borrowed) = (0, 0);
        if is_delimiter {
            split_front(input, common);
            return Some(Found::Delimiter);
        }
        (!held.is_empty()).then(|| Found::Data(self.bytes.slice(held)))
    }
}

fn split_front(input: &mut Bytes, length: usize) {
    bytes::Buf::advance(input, length);
}

/// How many bytes at the end of `input` may begin a delimiter.
fn cut_off(delimiter: &[u8], input: &[u8]) -> usize {
    let tail = &input[input.len().saturating_sub(delimiter.len() - 1)..];
    // Only the last CR can: had a delimiter begun at an earlier one, the later CR would stand within it.
    let Some(at) = memchr::memrchr(b'\r', tail) else { return 0 };
    if delimiter.starts_with(&tail[at..]) { tail.len() - at } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Data and delimiters of `pieces`, data joined; `|` stands for a delimiter.
    fn read(pieces: &[&str], is_line_start: bool) -> String {
        let mut delimiter = Delimiter::new(Bytes::from_static(b"\r\n--b"));
        if is_line_start {
            delimiter.after_line_end();
        }
        let mut out = String::new();
        for piece in pieces {
            let mut input = Bytes::copy_from_slice(piece.as_bytes());
            loop {
                match delimiter.next(&mut input) {
                    Found::Data(data) => out.push_str(str::from_utf8(&data).expect("ASCII in, ASCII out")),
                    Found::Delimiter => out.push('|'),
                    Found::Nothing => break,
                }
            }
            assert!(input.is_empty());
            assert!(delimiter.held() < 5);
        }
        out.push_str(&"?".repeat(delimiter.held()));
        out
    }

    #[test]
    fn delimiters_found() {
        for (pieces, expected) in [
            (&["abc"][..], "abc"),
            (&["a\r\n--bc"], "a|c"),
            (&["\r\n--b\r\n--b"], "||"),
            (&["a\r\n-", "-bc"], "a|c"),
            (&["a", "\r", "\n", "-", "-", "b", "c"], "a|c"),
            (&["a\r\n--", "xb"], "a\r\n--xb"),
            (&["a\r", "\r\n--b"], "a\r|"),
            (&["a\r\n", "\r\n--b"], "a\r\n|"),
            (&["a\r\n--", "\r\n--b"], "a\r\n--|"),
            (&["a\r\r\n--b"], "a\r|"),
            (&["a\r\n--\r\n--b"], "a\r\n--|"),
            (&["a\n--b\r--b\r\n-b"], "a\n--b\r--b\r\n-b"),
            (&["a\r\n-"], "a???"),
            (&["a\r"], "a?"),
            (&["a\r\n--b", "\r"], "a|?"),
        ] {
            assert_eq!(read(pieces, false), expected, "{pieces:?}");
        }
    }

    #[test]
    fn a_line_end_that_came_before_is_no_data() {
        for (pieces, expected) in [
            (&["--bc"][..], "|c"),
            (&["-", "-b", "c"], "|c"),
            (&["\r\n--bc"], "|c"),
            (&["--", "x"], "--x"),
            (&["x"], "x"),
            (&["--"], "??"),
            (&[""], ""),
        ] {
            assert_eq!(read(pieces, true), expected, "{pieces:?}");
        }
    }

    #[test]
    fn what_may_end_in_a_delimiter_is_not_clear() {
        let mut delimiter = Delimiter::new(Bytes::from_static(b"\r\n--b"));
        for (input, expected) in
            [("abc", true), ("a\r\n--c", true), ("\rb", true), ("a\r", false), ("a\r\n--", false), ("a\r\n--bc", false)]
        {
            assert_eq!(delimiter.is_clear_of(input.as_bytes()), expected, "{input:?}");
        }
        delimiter.next(&mut Bytes::from_static(b"a\r"));
        assert!(!delimiter.is_clear_of(b"abc"), "a byte of data is held back");
    }

    #[test]
    fn data_is_handed_on_uncopied() {
        let mut delimiter = Delimiter::new(Bytes::from_static(b"\r\n--b"));
        let piece = Bytes::from(b"data\r\n--b".to_vec());
        let Found::Data(data) = delimiter.next(&mut piece.clone()) else { panic!("data comes first") };
        assert_eq!(data.as_ptr(), piece.as_ptr());
    }
}
