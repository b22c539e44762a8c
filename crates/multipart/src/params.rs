//! `token *( OWS ";" OWS [ name "=" value ] )`: what Content-Type and Content-Disposition are made of.
//!
//! In: a header's value. Out: its first word, then one parameter after the other, quoted strings not yet unescaped,
//! since the two headers do not agree about what a backslash means.

/// `tchar` of RFC 9110 5.6.2.
pub(crate) const fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^'..=b'`' | b'|' | b'~')
}

const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// The value does not fit the grammar; which error that is, the caller knows.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

/// A parameter's value as it was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Raw<'a> {
    /// Between white space or semicolons; not checked to be a token.
    Bare(&'a [u8]),
    /// Between quotes, which are left out; escapes as they came.
    Quoted(&'a [u8]),
}

/// Reads a header's value from its front.
#[derive(Debug)]
pub(crate) struct Params<'a> {
    rest: &'a [u8],
}

impl<'a> Params<'a> {
    /// The first word, up to white space or `;`, and the parameters behind it.
    pub(crate) fn of(value: &'a [u8]) -> (&'a [u8], Self) {
        let value = value.trim_ascii();
        let end = value.iter().position(|&byte| byte == b';' || is_space(byte)).unwrap_or(value.len());
        (&value[..end], Self { rest: &value[end..] })
    }

    fn skip_space(&mut self) {
        let spaces = self.rest.iter().take_while(|&&byte| is_space(byte)).count();
        self.rest = &self.rest[spaces..];
    }

    /// The next parameter; `None` behind the last. Empty ones (`;;`) are passed over, as RFC 9110 5.6.6 has it.
    pub(crate) fn next(&mut self) -> Result<Option<(&'a [u8], Raw<'a>)>, Malformed> {
        loop {
            self.skip_space();
            match self.rest {
                [] => return Ok(None),
                [b';', rest @ ..] => self.rest = rest,
                _ => return Err(Malformed),
            }
            self.skip_space();
            if !matches!(self.rest.first(), None | Some(b';')) {
                return self.parameter().map(Some);
            }
        }
    }

    fn parameter(&mut self) -> Result<(&'a [u8], Raw<'a>), Malformed> {
        let end = self.rest.iter().position(|&byte| !is_token(byte)).ok_or(Malformed)?;
        let (name, rest) = self.rest.split_at(end);
        let Some(rest) = rest.strip_prefix(b"=") else { return Err(Malformed) };
        if name.is_empty() {
            return Err(Malformed);
        }
        if let Some(quoted) = rest.strip_prefix(b"\"") {
            let end = closing_quote(quoted).ok_or(Malformed)?;
            self.rest = &quoted[end + 1..];
            return Ok((name, Raw::Quoted(&quoted[..end])));
        }
        let end = rest.iter().position(|&byte| byte == b';' || is_space(byte)).unwrap_or(rest.len());
        self.rest = &rest[end..];
        if end == 0 { Err(Malformed) } else { Ok((name, Raw::Bare(&rest[..end]))) }
    }
}

/// Where the quoted string ends: the first quote that no backslash escapes.
fn closing_quote(quoted: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += memchr::memchr2(b'"', b'\\', quoted.get(at..)?)?;
        if quoted[at] == b'"' {
            return Some(at);
        }
        // `\"` and `\\` are escapes. Any other backslash stands for itself, and so hides nothing.
        at += if matches!(quoted.get(at + 1), Some(b'"' | b'\\')) { 2 } else { 1 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &str) -> Result<(String, Vec<(String, String)>), Malformed> {
        let (first, mut params) = Params::of(value.as_bytes());
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("ASCII in, ASCII out");
        let mut all = Vec::new();
        while let Some((name, raw)) = params.next()? {
            let value = match raw {
                Raw::Bare(value) => text(value),
                Raw::Quoted(value) => format!("\"{}\"", text(value)),
            };
            all.push((text(name), value));
        }
        Ok((text(first), all))
    }

    #[test]
    fn values_taken_apart() {
        let none: &[(&str, &str)] = &[];
        for (value, first, expected) in [
            ("form-data", "form-data", none),
            ("  form-data\t", "form-data", none),
            ("a;", "a", none),
            ("a ;; ; ", "a", none),
            ("a;b=c", "a", &[("b", "c")]),
            ("a ; b=c ; d=\"e\" ", "a", &[("b", "c"), ("d", "\"e\"")]),
            ("a; b=\"c;d\"; e=f", "a", &[("b", "\"c;d\""), ("e", "f")]),
            (r#"a; b="c\"d"; e=f"#, "a", &[("b", r#""c\"d""#), ("e", "f")]),
            (r#"a; b="C:\dir\\"; e=f"#, "a", &[("b", r#""C:\dir\\""#), ("e", "f")]),
            ("a; b=\"\"", "a", &[("b", "\"\"")]),
            ("a; b*=utf-8''c", "a", &[("b*", "utf-8''c")]),
        ] {
            let (found, params) = read(value).unwrap_or_else(|_| panic!("{value:?} is well formed"));
            let params: Vec<_> = params.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            assert_eq!((found.as_str(), params.as_slice()), (first, expected), "{value:?}");
        }
    }

    #[test]
    fn values_refused() {
        for value in [
            "a b",
            "a; b",
            "a; b =c",
            "a; =c",
            "a; b=",
            "a; b= c",
            "a; b=;",
            "a; b=\"c",
            r#"a; b="c\""#,
            "a; b=\"c\"d",
            "a; b=c d",
            "a; b/=c",
        ] {
            assert_eq!(read(value), Err(Malformed), "{value:?}");
        }
    }
}
