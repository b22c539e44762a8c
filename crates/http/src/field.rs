//! One header or trailer line: `name ":" OWS value OWS`.

use crate::octet::is_token;
use crate::refusal::Refusal;

/// A field line taken apart.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field<'a> {
    pub(crate) name: &'a [u8],
    /// What follows the colon, white space included.
    raw: &'a [u8],
}

impl<'a> Field<'a> {
    /// Takes a line apart that [`find_line`](crate::line::find_line) found, so that its value is known to be free of
    /// control characters but HTAB.
    ///
    /// # Errors
    ///
    /// A folded line, a missing colon, and a name that is empty or no token: white space before the colon is a name
    /// that is no token (RFC 9112 5.1).
    #[inline]
    pub(crate) fn parse(line: &'a [u8]) -> Result<Self, Refusal> {
        let end = line.iter().position(|&byte| !is_token(byte));
        match end {
            Some(end) if end > 0 && line[end] == b':' => Ok(Self { name: &line[..end], raw: &line[end + 1..] }),
            Some(0) if matches!(line[0], b' ' | b'\t') => Err(Refusal::FoldedHeader),
            _ => Err(Refusal::MalformedHeader),
        }
    }

    /// The value without the white space around it, which is no part of it. Any other byte `trim_ascii` takes for
    /// white space is a control character, and refused before.
    pub(crate) fn value(&self) -> &'a [u8] {
        self.raw.trim_ascii()
    }

    /// Where in the line the value begins.
    pub(crate) fn value_at(&self) -> usize {
        self.name.len() + 1 + (self.raw.len() - self.raw.trim_ascii_start().len())
    }

    /// Whether this is the field of that lower-case name.
    #[inline]
    pub(crate) fn is(&self, name: &[u8]) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_taken_apart() {
        for (line, name, value, value_at) in [
            ("a:b", "a", "b", 2),
            ("Host: example.com", "Host", "example.com", 6),
            ("x-y: \t v w \t", "x-y", "v w", 7),
            ("x:", "x", "", 2),
            ("x:  ", "x", "", 4),
            ("x: a:b", "x", "a:b", 3),
            ("!#$%&'*+-.^_`|~09azAZ: v", "!#$%&'*+-.^_`|~09azAZ", "v", 23),
            ("x: caf\u{e9}", "x", "caf\u{e9}", 3),
        ] {
            let field = Field::parse(line.as_bytes()).expect("a field");
            assert_eq!((field.name, field.value()), (name.as_bytes(), value.as_bytes()), "{line:?}");
            if !value.is_empty() {
                assert_eq!(field.value_at(), value_at, "{line:?}");
            }
        }
    }

    #[test]
    fn lines_refused() {
        for (line, refusal) in [
            (" a: b", Refusal::FoldedHeader),
            ("\ta: b", Refusal::FoldedHeader),
            (" ", Refusal::FoldedHeader),
            (":", Refusal::MalformedHeader),
            (": b", Refusal::MalformedHeader),
            ("a", Refusal::MalformedHeader),
            ("a b", Refusal::MalformedHeader),
            ("a : b", Refusal::MalformedHeader),
            ("a\t: b", Refusal::MalformedHeader),
            ("a b: c", Refusal::MalformedHeader),
            ("a(b): c", Refusal::MalformedHeader),
            ("\"a\": c", Refusal::MalformedHeader),
            ("a/b: c", Refusal::MalformedHeader),
            ("é: c", Refusal::MalformedHeader),
        ] {
            assert_eq!(Field::parse(line.as_bytes()).map(|field| field.name), Err(refusal), "{line:?}");
        }
    }
}
