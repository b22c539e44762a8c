//! Classes of bytes: the tables every parser here indexes, and the search for control bytes.

/// Builds a table of 256 answers at compile time from a list of bytes and of inclusive ranges.
const fn class(ranges: &[(u8, u8)]) -> [bool; 256] {
    let mut table = [false; 256];
    let mut range = 0;
    while range < ranges.len() {
        let (first, last) = ranges[range];
        let mut byte = first;
        loop {
            table[byte as usize] = true;
            if byte == last {
                break;
            }
            byte += 1;
        }
        range += 1;
    }
    table
}

/// `tchar` of RFC 9110 5.6.2: what methods, field names and chunk extension names are made of.
static TOKEN: [bool; 256] = class(&[
    (b'!', b'!'),
    (b'#', b'\''),
    (b'*', b'+'),
    (b'-', b'.'),
    (b'0', b'9'),
    (b'A', b'Z'),
    (b'^', b'z'),
    (b'|', b'|'),
    (b'~', b'~'),
]);

/// Bytes of a path. Wider than RFC 3986 by what browsers send unescaped (`"`, `[`, `]`, `^`, `{`, `|`, `}`); without
/// `\`, which WHATWG URL reads as `/`: router and `new URL()` would then see two different paths.
static PATH: [bool; 256] = class(&[(b'!', b'"'), (b'$', b';'), (b'=', b'='), (b'@', b'['), (b']', b'_'), (b'a', b'~')]);

/// Bytes of a query: any visible ASCII but `"`, `#`, `<` and `>`.
static QUERY: [bool; 256] = class(&[(b'!', b'!'), (b'$', b';'), (b'=', b'='), (b'?', b'~')]);

/// `reg-name` of RFC 3986 3.2.2 without percent escapes: no resolver knows them, and a decoded `%2F` in a host has
/// fooled many a URL parser.
static REG_NAME: [bool; 256] = class(&[
    (b'!', b'!'),
    (b'$', b'$'),
    (b'&', b'.'),
    (b'0', b'9'),
    (b';', b';'),
    (b'=', b'='),
    (b'A', b'Z'),
    (b'_', b'_'),
    (b'a', b'z'),
    (b'~', b'~'),
]);

/// Whether `byte` may stand in a token.
#[inline]
pub(crate) fn is_token(byte: u8) -> bool {
    TOKEN[usize::from(byte)]
}

/// Whether `byte` may stand in the path of a request target.
#[inline]
pub(crate) fn is_path(byte: u8) -> bool {
    PATH[usize::from(byte)]
}

/// Whether `byte` may stand in the query of a request target.
#[inline]
pub(crate) fn is_query(byte: u8) -> bool {
    QUERY[usize::from(byte)]
}

/// Whether `byte` may stand in a registered name.
#[inline]
pub(crate) fn is_reg_name(byte: u8) -> bool {
    REG_NAME[usize::from(byte)]
}

/// Whether `byte` is a control character: below SP (HTAB, CR and LF among them) or DEL.
#[inline]
pub(crate) fn is_control(byte: u8) -> bool {
    byte < 0x20 || byte == 0x7f
}

/// The high bit of each byte of a word.
const HIGH: u64 = 0x8080_8080_8080_8080;
/// The low bit of each byte of a word.
const LOW: u64 = 0x0101_0101_0101_0101;

/// Where the first control byte at or after `from` stands; `bytes.len()` if there is none.
///
/// One pass finds both the end of a line and every byte that may not be in it. Eight bytes at a time: header lines are
/// 20 to 60 bytes long, where calling a SIMD search twice a line costs more than these few shifts.
#[inline]
pub(crate) fn find_control(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    let mut rest = bytes.get(from..).unwrap_or_default();
    while let Some((chunk, tail)) = rest.split_first_chunk::<8>() {
        let word = u64::from_le_bytes(*chunk);
        // Each byte's high bit answers for that byte alone; nothing borrows from or carries into its neighbour.
        let below_space = !((word | HIGH) - LOW * 0x20);
        let delete = (word & !HIGH) + LOW;
        let controls = (below_space | delete) & !word & HIGH;
        if controls != 0 {
            return at + (controls.trailing_zeros() / 8) as usize;
        }
        at += 8;
        rest = tail;
    }
    at + rest.iter().position(|&byte| is_control(byte)).unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_classes_hold_exactly_their_bytes() {
        for byte in 0..=255_u8 {
            let symbol = |set: &str| set.as_bytes().contains(&byte);
            let alphanumeric = byte.is_ascii_alphanumeric();
            assert_eq!(is_token(byte), alphanumeric || symbol("!#$%&'*+-.^_`|~"), "token {byte:#x}");
            assert_eq!(is_reg_name(byte), alphanumeric || symbol("-._~!$&'()*+,;="), "reg-name {byte:#x}");
            let visible = byte.is_ascii_graphic();
            assert_eq!(is_path(byte), visible && !symbol("#<>?\\`"), "path {byte:#x}");
            assert_eq!(is_query(byte), visible && !symbol("\"#<>"), "query {byte:#x}");
        }
    }

    #[test]
    fn the_first_control_byte_is_found_wherever_it_stands() {
        for length in 0..40 {
            assert_eq!(find_control(&vec![b'a'; length], 0), length);
            assert_eq!(find_control(&vec![0xff; length], 0), length);
            for place in 0..length {
                for byte in 0..=255_u8 {
                    let mut bytes = vec![b' '; length];
                    bytes[place] = byte;
                    // A second control byte behind the first must not hide it.
                    if let Some(last) = bytes.last_mut().filter(|_| place + 1 < length) {
                        *last = b'\n';
                    }
                    let expected = bytes.iter().position(|byte| is_control(*byte)).unwrap_or(length);
                    assert_eq!(find_control(&bytes, 0), expected);
                    assert_eq!(find_control(&bytes, expected.min(place)), expected);
                }
            }
        }
    }
}
