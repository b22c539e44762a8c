//! Conditional requests (RFC 9110 13) and what they leave of a range: one decision for each request of a representation.
//!
//! In: the fields of a request, the size and the validators of what it asks for. Out: what to send of it.

use std::time::SystemTime;

use super::entity_tag::{EntityTag, Listed, Tag, is_at_rest, look_up, read};
use super::range::{ByteRange, Ranges, read_ranges};
use crate::http_date::HttpDate;

/// The fields of a request that decide which part of a representation it gets, if any.
///
/// A field that was sent on several lines is given as one, with `, ` between (RFC 9110 5.3).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conditions {
    /// `If-Match`.
    pub if_match: Option<Vec<u8>>,
    /// `If-Unmodified-Since`.
    pub if_unmodified_since: Option<Vec<u8>>,
    /// `If-None-Match`.
    pub if_none_match: Option<Vec<u8>>,
    /// `If-Modified-Since`.
    pub if_modified_since: Option<Vec<u8>>,
    /// `If-Range`.
    pub if_range: Option<Vec<u8>>,
    /// `Range`; a server ignores it for every method but GET (RFC 9110 14.2), so it is left out there.
    pub range: Option<Vec<u8>>,
}

/// What a representation is recognised by.
#[derive(Clone, Debug, Default)]
pub struct Validators {
    /// Its entity tag, if it is sent.
    pub tag: Option<EntityTag>,
    /// When it was last changed, if that is sent.
    pub modified: Option<SystemTime>,
}

/// What is sent.
#[derive(Debug, PartialEq, Eq)]
pub enum Selection {
    /// 200: all of it.
    Whole,
    /// 206: one part, with `Content-Range`.
    Part(ByteRange),
    /// 206: two parts or more, as `multipart/byteranges`.
    Parts(Vec<ByteRange>),
    /// 304: the client has it.
    NotModified,
    /// 412: it is not what the client takes it for.
    PreconditionFailed,
    /// 416: it has none of the bytes asked for.
    RangeNotSatisfiable,
}

impl Conditions {
    /// Decides what a GET or HEAD of a representation of `size` bytes gets, in the order of RFC 9110 13.2.2.
    ///
    /// Dates that are none are ignored, and so is a `Range` that is malformed. A list of tags that is malformed holds no
    /// more tags from there on: `If-Match` then fails, `If-None-Match` lets the request go on.
    ///
    /// ```
    /// use covet_http::{ByteRange, Conditions, EntityTag, Selection, Validators};
    ///
    /// let now = std::time::SystemTime::now();
    /// let validators = Validators { tag: EntityTag::parse(b"\"v1\""), modified: None };
    ///
    /// let resume = Conditions {
    ///     range: Some(b"bytes=500-".to_vec()),
    ///     if_range: Some(b"\"v1\"".to_vec()),
    ///     ..Conditions::default()
    /// };
    /// assert_eq!(resume.select(1_000, &validators, now), Selection::Part(ByteRange { start: 500, end: 1_000 }));
    ///
    /// let revalidate = Conditions { if_none_match: Some(b"\"v1\"".to_vec()), ..Conditions::default() };
    /// assert_eq!(revalidate.select(1_000, &validators, now), Selection::NotModified);
    /// ```
    #[must_use]
    pub fn select(&self, size: u64, validators: &Validators, now: SystemTime) -> Selection {
        let date = |field: &[u8]| HttpDate::parse(field.trim_ascii(), now.into());
        let modified = validators.modified.map(HttpDate::from);

        if let Some(field) = &self.if_match {
            let fits = |other: Tag<'_>| validators.tag.as_ref().is_some_and(|tag| tag.is_strongly(other));
            if look_up(field, fits) == Listed::Not {
                return Selection::PreconditionFailed;
            }
        } else if let (Some(since), Some(modified)) = (self.if_unmodified_since.as_deref().and_then(date), modified)
            && modified > since
        {
            return Selection::PreconditionFailed;
        }

        if let Some(field) = &self.if_none_match {
            let fits = |other: Tag<'_>| validators.tag.as_ref().is_some_and(|tag| tag.is_weakly(other));
            if look_up(field, fits) != Listed::Not {
                return Selection::NotModified;
            }
        } else if let (Some(since), Some(modified)) = (self.if_modified_since.as_deref().and_then(date), modified)
            && modified <= since
        {
            return Selection::NotModified;
        }

        match &self.range {
            Some(range) if self.is_range_current(validators, now) => match read_ranges(range, size) {
                Ranges::Ignored => Selection::Whole,
                Ranges::Unsatisfiable => Selection::RangeNotSatisfiable,
                Ranges::Parts(parts) => match parts[..] {
                    // Never as one part of a multipart: the client asked for one, or is best served by one.
                    [part] => Selection::Part(part),
                    _ => Selection::Parts(parts),
                },
            },
            _ => Selection::Whole,
        }
    }

    /// The conditions for a file of which clients get several forms, plain and compressed: all have the same date, so that
    /// only a tag tells which of them a client has begun, and is to get the rest of.
    #[must_use]
    pub fn of_several_forms(&self) -> Self {
        let is_dated = self.if_range.as_deref().is_some_and(|field| EntityTag::parse(field.trim_ascii()).is_none());
        Self { range: if is_dated { None } else { self.range.clone() }, ..self.clone() }
    }

    /// Whether `If-Range` lets the range count (RFC 9110 13.1.5): the client's copy is of this very representation. Only a
    /// strong validator proves that, be it a tag or a date.
    fn is_range_current(&self, validators: &Validators, now: SystemTime) -> bool {
        let Some(field) = self.if_range.as_deref().map(<[u8]>::trim_ascii) else { return true };
        if let Some((tag, [])) = read(field) {
            return validators.tag.as_ref().is_some_and(|own| own.is_strongly(tag));
        }
        let (Some(date), Some(modified)) = (HttpDate::parse(field, now.into()), validators.modified) else {
            return false;
        };
        HttpDate::from(modified) == date && is_at_rest(modified, now)
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::Selection::{NotModified, PreconditionFailed, RangeNotSatisfiable, Whole};
    use super::*;

    const SIZE: u64 = 1_000;
    const BEFORE: &str = "Sun, 06 Nov 1994 08:49:36 GMT";
    const MODIFIED: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
    const AFTER: &str = "Sun, 06 Nov 1994 08:49:38 GMT";

    fn modified() -> SystemTime {
        // Half a second past: what is compared is the second.
        UNIX_EPOCH + Duration::from_millis(784_111_777_500)
    }

    fn validators(tag: &str) -> Validators {
        Validators { tag: EntityTag::parse(tag.as_bytes()), modified: Some(modified()) }
    }

    fn conditions(fields: &[(&str, &str)]) -> Conditions {
        let mut conditions = Conditions::default();
        for (name, value) in fields {
            let field = match *name {
                "if-match" => &mut conditions.if_match,
                "if-unmodified-since" => &mut conditions.if_unmodified_since,
                "if-none-match" => &mut conditions.if_none_match,
                "if-modified-since" => &mut conditions.if_modified_since,
                "if-range" => &mut conditions.if_range,
                "range" => &mut conditions.range,
                other => panic!("{other} is no condition"),
            };
            *field = Some(value.as_bytes().to_vec());
        }
        conditions
    }

    fn part(start: u64, end: u64) -> Selection {
        Selection::Part(ByteRange { start, end })
    }

    /// The fields of a request, the tag of the file, what is sent.
    type Row<'a> = (&'a [(&'a str, &'a str)], &'a str, Selection);

    fn check(table: &[Row<'_>]) {
        let now = modified() + Duration::from_secs(60);
        for (fields, tag, expected) in table {
            assert_eq!(conditions(fields).select(SIZE, &validators(tag), now), *expected, "{fields:?} of {tag}");
        }
    }

    #[test]
    fn single_conditions() {
        check(&[
            (&[], "\"a\"", Whole),
            (&[("if-match", "\"a\"")], "\"a\"", Whole),
            (&[("if-match", "*")], "\"a\"", Whole),
            (&[("if-match", "*")], "", Whole),
            (&[("if-match", "\"b\", \"a\"")], "\"a\"", Whole),
            (&[("if-match", "\"b\"")], "\"a\"", PreconditionFailed),
            (&[("if-match", "W/\"a\"")], "\"a\"", PreconditionFailed),
            (&[("if-match", "\"a\"")], "W/\"a\"", PreconditionFailed),
            (&[("if-match", "\"a\"")], "", PreconditionFailed),
            (&[("if-match", "a")], "\"a\"", PreconditionFailed),
            (&[("if-unmodified-since", BEFORE)], "\"a\"", PreconditionFailed),
            (&[("if-unmodified-since", MODIFIED)], "\"a\"", Whole),
            (&[("if-unmodified-since", AFTER)], "\"a\"", Whole),
            (&[("if-unmodified-since", "yesterday")], "\"a\"", Whole),
            (&[("if-none-match", "\"a\"")], "\"a\"", NotModified),
            (&[("if-none-match", "W/\"a\"")], "\"a\"", NotModified),
            (&[("if-none-match", "\"a\"")], "W/\"a\"", NotModified),
            (&[("if-none-match", "*")], "\"a\"", NotModified),
            (&[("if-none-match", "*")], "", NotModified),
            (&[("if-none-match", "\"b\",\"a\"")], "\"a\"", NotModified),
            (&[("if-none-match", "\"b\"")], "\"a\"", Whole),
            (&[("if-none-match", "a")], "\"a\"", Whole),
            (&[("if-none-match", "\"a\"")], "", Whole),
            (&[("if-modified-since", BEFORE)], "\"a\"", Whole),
            (&[("if-modified-since", MODIFIED)], "\"a\"", NotModified),
            (&[("if-modified-since", AFTER)], "\"a\"", NotModified),
            (&[("if-modified-since", "Sunday, 06-Nov-94 08:49:37 GMT")], "\"a\"", NotModified),
            (&[("if-modified-since", "Sun Nov  6 08:49:37 1994")], "\"a\"", NotModified),
            (&[("if-modified-since", "0")], "\"a\"", Whole),
            (&[("range", "bytes=0-9")], "\"a\"", part(0, 10)),
            (&[("range", "bytes=1000-")], "\"a\"", RangeNotSatisfiable),
            (&[("range", "lines=0-9")], "\"a\"", Whole),
            (&[("range", "bytes=0-9,5-20")], "\"a\"", part(0, 21)),
            (
                &[("range", "bytes=0-9,500-509")],
                "\"a\"",
                Selection::Parts(vec![ByteRange { start: 0, end: 10 }, ByteRange { start: 500, end: 510 }]),
            ),
        ]);
    }

    #[test]
    fn the_order_of_conditions() {
        check(&[
            // If-Match decides alone; If-Unmodified-Since is for those who don't know tags.
            (&[("if-match", "\"a\""), ("if-unmodified-since", BEFORE)], "\"a\"", Whole),
            (&[("if-match", "\"b\""), ("if-unmodified-since", AFTER)], "\"a\"", PreconditionFailed),
            // If-None-Match likewise before If-Modified-Since.
            (&[("if-none-match", "\"b\""), ("if-modified-since", AFTER)], "\"a\"", Whole),
            (&[("if-none-match", "\"a\""), ("if-modified-since", BEFORE)], "\"a\"", NotModified),
            (&[("if-none-match", "\"a\""), ("if-modified-since", AFTER)], "", Whole),
            // 412 before 304, both before the range.
            (&[("if-match", "\"b\""), ("if-none-match", "\"a\"")], "\"a\"", PreconditionFailed),
            (&[("if-match", "\"a\""), ("if-none-match", "\"a\"")], "\"a\"", NotModified),
            (&[("if-unmodified-since", BEFORE), ("if-none-match", "\"a\"")], "\"a\"", PreconditionFailed),
            (&[("if-unmodified-since", AFTER), ("if-modified-since", AFTER)], "\"a\"", NotModified),
            (&[("if-match", "\"b\""), ("range", "bytes=0-9")], "\"a\"", PreconditionFailed),
            (&[("if-none-match", "\"a\""), ("range", "bytes=0-9")], "\"a\"", NotModified),
            (&[("if-none-match", "\"a\""), ("range", "bytes=1000-")], "\"a\"", NotModified),
            (&[("if-match", "\"a\""), ("range", "bytes=0-9")], "\"a\"", part(0, 10)),
        ]);
    }

    #[test]
    fn a_range_under_a_condition() {
        let range = ("range", "bytes=0-9");
        check(&[
            (&[range, ("if-range", "\"a\"")], "\"a\"", part(0, 10)),
            (&[range, ("if-range", "\"b\"")], "\"a\"", Whole),
            (&[range, ("if-range", "W/\"a\"")], "\"a\"", Whole),
            (&[range, ("if-range", "W/\"a\"")], "W/\"a\"", Whole),
            (&[range, ("if-range", "\"a\"")], "W/\"a\"", Whole),
            (&[range, ("if-range", "\"a\"")], "", Whole),
            (&[range, ("if-range", "\"a\", \"b\"")], "\"a\"", Whole),
            (&[range, ("if-range", "*")], "\"a\"", Whole),
            (&[range, ("if-range", "")], "\"a\"", Whole),
            (&[range, ("if-range", MODIFIED)], "\"a\"", part(0, 10)),
            (&[range, ("if-range", "Sunday, 06-Nov-94 08:49:37 GMT")], "\"a\"", part(0, 10)),
            // The date must be the very one, not a later one.
            (&[range, ("if-range", BEFORE)], "\"a\"", Whole),
            (&[range, ("if-range", AFTER)], "\"a\"", Whole),
            (&[range, ("if-range", "today")], "\"a\"", Whole),
            // A range that would be refused is not looked at where the copy is another one.
            (&[("range", "bytes=1000-"), ("if-range", "\"b\"")], "\"a\"", Whole),
            (&[("range", "bytes=1000-"), ("if-range", "\"a\"")], "\"a\"", RangeNotSatisfiable),
            // Without a range it says nothing.
            (&[("if-range", "\"b\"")], "\"a\"", Whole),
        ]);
    }

    #[test]
    fn a_date_proves_nothing_of_a_file_that_was_just_changed() {
        let resume = conditions(&[("range", "bytes=0-9"), ("if-range", MODIFIED)]);
        let at = |since| resume.select(SIZE, &validators("\"a\""), modified() + since);
        assert_eq!(at(Duration::from_millis(1_999)), Whole);
        assert_eq!(at(Duration::from_secs(2)), part(0, 10));
    }

    #[test]
    fn dates_say_nothing_where_none_is_sent() {
        let validators = Validators { tag: EntityTag::parse(b"\"a\""), modified: None };
        let now = modified() + Duration::from_secs(60);
        for field in ["if-modified-since", "if-unmodified-since"] {
            for date in [BEFORE, AFTER] {
                assert_eq!(conditions(&[(field, date)]).select(SIZE, &validators, now), Whole, "{field}: {date}");
            }
        }
        let resume = conditions(&[("range", "bytes=0-9"), ("if-range", MODIFIED)]);
        assert_eq!(resume.select(SIZE, &validators, now), Whole);
    }
}
