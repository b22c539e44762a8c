//! `Range` of bytes (RFC 9110 14).
//!
//! In: the field's value and the size of what it is asked of. Out: the parts to send, or that the field says nothing.

/// The most ranges one request may ask for. Document viewers ask for some dozen; each costs a head and a read, and
/// RFC 9110 14.2 lets a server ignore a field that asks for many.
const MAX_RANGES: usize = 32;

/// Bytes between two ranges that are sent rather than left out: the head of another part is longer (RFC 9110 15.3.7.2).
const GAP: u64 = 80;

/// Some bytes of a representation: never empty, never beyond its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ByteRange {
    /// The first byte.
    pub start: u64,
    /// The byte after the last.
    pub end: u64,
}

impl ByteRange {
    /// How many bytes.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "it never is")]
    pub fn len(self) -> u64 {
        self.end - self.start
    }

    /// The value of `Content-Range` for a representation of `size` bytes (RFC 9110 14.4).
    ///
    /// ```
    /// use covet_http::ByteRange;
    ///
    /// assert_eq!(ByteRange { start: 0, end: 500 }.content_range(1234), "bytes 0-499/1234");
    /// ```
    #[must_use]
    pub fn content_range(self, size: u64) -> String {
        format!("bytes {}-{}/{size}", self.start, self.end - 1)
    }
}

/// What a `Range` field asks of a representation.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Ranges {
    /// Nothing that is understood or can be met in part: the whole is sent.
    Ignored,
    /// Bytes it does not have.
    Unsatisfiable,
    /// At least one part, in the order asked for; none overlap.
    Parts(Vec<ByteRange>),
}

/// Reads a `Range` field for a representation of `size` bytes.
///
/// A field that is malformed, of another unit, or of more than 32 ranges is ignored, as RFC 9110 14.2 has it. Ranges that
/// overlap, touch or nearly touch become one, in the place of the first: so nobody gets a byte twice, and the answer is
/// never much longer than the whole.
pub(crate) fn read_ranges(field: &[u8], size: u64) -> Ranges {
    let Some(set) = range_set(field) else { return Ranges::Ignored };
    let mut parts: Vec<ByteRange> = Vec::new();
    let (mut count, mut is_unsatisfiable) = (0, false);
    for element in set.split(|byte| *byte == b',') {
        let element = trim(element);
        // A list may have empty elements (RFC 9110 5.6.1.2).
        if element.is_empty() {
            continue;
        }
        count += 1;
        if count > MAX_RANGES {
            return Ranges::Ignored;
        }
        match range(element, size) {
            Err(Unusable) => return Ranges::Ignored,
            Ok(None) => is_unsatisfiable = true,
            Ok(Some(range)) => add(&mut parts, range),
        }
    }
    match (parts.is_empty(), is_unsatisfiable) {
        (true, true) => Ranges::Unsatisfiable,
        (true, false) => Ranges::Ignored,
        (false, _) => Ranges::Parts(parts),
    }
}

/// Malformed, or a range that no `Content-Range` can say.
struct Unusable;

/// What follows `bytes=`. Names of units are case-insensitive (RFC 9110 14.1).
fn range_set(field: &[u8]) -> Option<&[u8]> {
    let (unit, set) = field.split_at_checked(6)?;
    unit.eq_ignore_ascii_case(b"bytes=").then_some(set)
}

/// One `first-last`, `first-` or `-length`; `None` where the representation has none of it.
fn range(text: &[u8], size: u64) -> Result<Option<ByteRange>, Unusable> {
    let hyphen = text.iter().position(|byte| *byte == b'-').ok_or(Unusable)?;
    let (first, last) = (&text[..hyphen], &text[hyphen + 1..]);
    if first.is_empty() {
        let length = number(last)?;
        // The last five bytes of nothing are nothing, which is there to be had (RFC 9110 14.1.2).
        if size == 0 && length > 0 {
            return Err(Unusable);
        }
        let length = length.min(size);
        return Ok((length > 0).then_some(ByteRange { start: size - length, end: size }));
    }
    let start = number(first)?;
    let end = if last.is_empty() { size } else { number(last)?.saturating_add(1) };
    if !last.is_empty() && end <= start {
        return Err(Unusable);
    }
    Ok((start < size).then_some(ByteRange { start, end: end.min(size) }))
}

/// Digits alone. A number that no file has is as good as the largest.
fn number(text: &[u8]) -> Result<u64, Unusable> {
    if text.is_empty() {
        return Err(Unusable);
    }
    text.iter().try_fold(0_u64, |number, byte| match byte {
        b'0'..=b'9' => Ok(number.saturating_mul(10).saturating_add(u64::from(byte - b'0'))),
        _ => Err(Unusable),
    })
}

/// Adds a range, joined with those it overlaps or nearly touches, in the place of the first of them.
fn add(parts: &mut Vec<ByteRange>, mut range: ByteRange) {
    let mut place = parts.len();
    // Joined with one it may reach another, before or behind: at most 32 of them, so looked for from the start again.
    while let Some(index) = parts.iter().position(|part| is_near(*part, range)) {
        let part = parts.remove(index);
        range = ByteRange { start: part.start.min(range.start), end: part.end.max(range.end) };
        place = place.min(index);
    }
    parts.insert(place, range);
}

fn is_near(one: ByteRange, other: ByteRange) -> bool {
    one.start <= other.end.saturating_add(GAP) && other.start <= one.end.saturating_add(GAP)
}

/// Without the spaces and tabs around it: other white space belongs to no field.
fn trim(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = text {
        text = rest;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(field: &str, size: u64) -> Vec<(u64, u64)> {
        match read_ranges(field.as_bytes(), size) {
            Ranges::Parts(parts) => parts.into_iter().map(|part| (part.start, part.end)).collect(),
            other => panic!("{field} of {size}: {other:?}"),
        }
    }

    #[test]
    fn ranges_that_are_met() {
        for (field, size, expected) in [
            ("bytes=0-0", 1, &[(0, 1)][..]),
            ("bytes=0-499", 10_000, &[(0, 500)]),
            ("bytes=500-999", 10_000, &[(500, 1_000)]),
            ("bytes=9500-", 10_000, &[(9_500, 10_000)]),
            ("bytes=-500", 10_000, &[(9_500, 10_000)]),
            ("bytes=-20000", 10_000, &[(0, 10_000)]),
            ("bytes=0-", 10, &[(0, 10)]),
            ("bytes=9-20", 10, &[(9, 10)]),
            ("bytes=0-18446744073709551615", 10, &[(0, 10)]),
            ("bytes=0-99999999999999999999999999", 10, &[(0, 10)]),
            ("bytes=-99999999999999999999999999", 10, &[(0, 10)]),
            ("BYTES=1-2", 10, &[(1, 3)]),
            ("bytes= 1-2 ", 10, &[(1, 3)]),
            ("bytes=,1-2,", 10, &[(1, 3)]),
            ("bytes=007-008", 10, &[(7, 9)]),
            // Several, in the order asked for.
            ("bytes=0-0,-1", 1_000, &[(0, 1), (999, 1_000)]),
            ("bytes=500-600, 0-10", 1_000, &[(500, 601), (0, 11)]),
            ("bytes=0-10,\t200-300 , 500-", 1_000, &[(0, 11), (200, 301), (500, 1_000)]),
            // Those the file does not have are left out.
            ("bytes=0-10,5000-", 1_000, &[(0, 11)]),
            ("bytes=5000-,0-10", 1_000, &[(0, 11)]),
            ("bytes=-0,0-10", 1_000, &[(0, 11)]),
            // Joined: overlapping, touching, nearly touching.
            ("bytes=0-10,5-20", 1_000, &[(0, 21)]),
            ("bytes=0-10,11-20", 1_000, &[(0, 21)]),
            ("bytes=0-10,91-99", 1_000, &[(0, 100)]),
            ("bytes=0-10,92-99", 1_000, &[(0, 11), (92, 100)]),
            ("bytes=0-,0-,0-,0-", 1_000, &[(0, 1_000)]),
            ("bytes=500-600,0-10,0-599", 1_000, &[(0, 601)]),
            ("bytes=900-999,0-10,400-410,5-405", 1_000, &[(900, 1_000), (0, 411)]),
        ] {
            assert_eq!(parts(field, size), expected, "{field}");
        }
    }

    #[test]
    fn ranges_that_cannot_be_met() {
        for (field, size) in [
            ("bytes=10-", 10),
            ("bytes=10-20", 10),
            ("bytes=-0", 10),
            ("bytes=18446744073709551615-", 10),
            ("bytes=0-0", 0),
            ("bytes=0-", 0),
            ("bytes=100-,200-300", 10),
        ] {
            assert_eq!(read_ranges(field.as_bytes(), size), Ranges::Unsatisfiable, "{field}");
        }
    }

    #[test]
    fn fields_that_say_nothing() {
        for field in [
            "",
            "bytes",
            "bytes=",
            "bytes=,",
            "bytes=-",
            "bytes=--1",
            "bytes=1",
            "bytes=a-b",
            "bytes=1-2-3",
            "bytes=2-1",
            "bytes=0-1,5-2",
            "bytes=0-1,x",
            "bytes=+1-2",
            "bytes=1 - 2",
            "bytes=0x0-0x1",
            "bytes=1-2;3-4",
            "bytes 0-1",
            "bytes =0-1",
            "items=0-1",
            " bytes=0-1",
            "bytes=0-1\r",
            "bytes=0-1, bytes=2-3",
        ] {
            assert_eq!(read_ranges(field.as_bytes(), 1_000), Ranges::Ignored, "{field}");
        }
        assert_eq!(read_ranges(b"bytes=-5", 0), Ranges::Ignored, "the last bytes of nothing are nothing");
        assert_eq!(read_ranges(b"bytes=\xff-", 10), Ranges::Ignored);
    }

    #[test]
    fn the_number_of_ranges_is_limited() {
        let many = |count: u64| {
            let ranges: Vec<_> = (0..count).map(|index| format!("{0}-{0}", index * 1_000)).collect();
            format!("bytes={}", ranges.join(","))
        };
        assert_eq!(parts(&many(32), 1_000_000).len(), 32);
        assert_eq!(read_ranges(many(33).as_bytes(), 1_000_000), Ranges::Ignored);
        let same = format!("bytes={}", vec!["0-"; 33].join(","));
        assert_eq!(read_ranges(same.as_bytes(), 10), Ranges::Ignored, "counted before they are joined");
    }

    #[test]
    fn parts_never_overlap_and_cover_what_was_asked() {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut next = move |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        for _ in 0..2_000 {
            let asked: Vec<_> = (0..=next(8)).map(|_| (next(2_000), next(300))).collect();
            let field: Vec<_> = asked.iter().map(|(start, more)| format!("{start}-{}", start + more)).collect();
            let Ranges::Parts(parts) = read_ranges(format!("bytes={}", field.join(",")).as_bytes(), 1_500) else {
                continue;
            };
            for (index, one) in parts.iter().enumerate() {
                assert!(one.start < one.end && one.end <= 1_500);
                assert!(parts[index + 1..].iter().all(|other| !is_near(*one, *other)), "{field:?}: {parts:?}");
            }
            for byte in 0..1_500 {
                let is_asked = asked.iter().any(|(start, more)| (*start..=start + more).contains(&byte));
                let is_sent = parts.iter().any(|part| (part.start..part.end).contains(&byte));
                assert!(is_sent || !is_asked, "{field:?} asks for {byte}: {parts:?}");
            }
        }
    }
}
