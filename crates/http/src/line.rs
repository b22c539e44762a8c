//! One line ended by CRLF, found without looking at any byte twice.

use crate::octet::find_control;
use crate::refusal::Refusal;

/// What the search for a line's end came to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// The line is complete; its CR stands at this offset.
    End(usize),
    /// No end yet: everything before this offset has been looked at and is no control byte but HTAB.
    Partial(usize),
    /// The line, its CRLF included, would reach past the limit.
    TooLong,
}

/// Looks for the CRLF that ends a line, from offset `from`; the line and its CRLF must lie below offset `limit`.
///
/// The first wrong byte decides, never how the bytes were cut into reads: a control byte before the limit is
/// reported as such even when the line turns out too long.
///
/// # Errors
///
/// A CR without LF, an LF without CR, or any other control byte than HTAB.
#[inline]
pub(crate) fn find_line(input: &[u8], from: usize, limit: usize) -> Result<Line, Refusal> {
    let window = &input[..input.len().min(limit)];
    let mut at = from;
    loop {
        at = find_control(window, at);
        match window.get(at) {
            Some(b'\r') => {
                return match input.get(at + 1) {
                    Some(b'\n') if at + 2 <= limit => Ok(Line::End(at)),
                    Some(b'\n') => Ok(Line::TooLong),
                    Some(_) => Err(Refusal::BareCarriageReturn),
                    None => Ok(Line::Partial(at)),
                };
            }
            Some(b'\t') => at += 1,
            Some(b'\n') => return Err(Refusal::BareLineFeed),
            Some(_) => return Err(Refusal::ControlCharacter),
            None if window.len() == limit => return Ok(Line::TooLong),
            None => return Ok(Line::Partial(at)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_partials_and_refusals() {
        let cases: [(&[u8], usize, Result<Line, Refusal>); 13] = [
            (b"", 10, Ok(Line::Partial(0))),
            (b"abc", 10, Ok(Line::Partial(3))),
            (b"abc\r", 10, Ok(Line::Partial(3))),
            (b"abc\r\n", 10, Ok(Line::End(3))),
            (b"a\tc\r\n", 10, Ok(Line::End(3))),
            (b"abc\r\n", 5, Ok(Line::End(3))),
            (b"abc\r\n", 4, Ok(Line::TooLong)),
            (b"abc\r", 4, Ok(Line::Partial(3))),
            (b"abcd", 4, Ok(Line::TooLong)),
            (b"abc\n", 10, Err(Refusal::BareLineFeed)),
            (b"abc\rd", 10, Err(Refusal::BareCarriageReturn)),
            (b"a\0c\r\n", 10, Err(Refusal::ControlCharacter)),
            (b"a\x7fc\r\n", 10, Err(Refusal::ControlCharacter)),
        ];
        for (input, limit, expected) in cases {
            assert_eq!(find_line(input, 0, limit), expected, "{:?} below {limit}", input.escape_ascii().to_string());
        }
    }
}
