//! Every limit: what just fits, and the least that does not.

use bytes::Bytes;
use covet_multipart::{Boundary, Event, Limits, MultipartError, Parser};

use crate::body::{Part, field, file, read, write};

fn within(limits: &Limits, parts: &[Part]) -> Result<(), MultipartError> {
    let boundary = Boundary::new(b"b").expect("a boundary");
    let body = write("b", parts);
    let whole = read(&boundary, limits, [body.as_slice()]).map(drop);
    let bytewise = read(&boundary, limits, body.chunks(1)).map(drop);
    assert_eq!(whole, bytewise, "chunks make no difference");
    whole
}

#[test]
fn each_limit_is_the_last_that_fits() {
    let some = |count: usize, part: Part| vec![part; count];
    let (one, two) = (field("a", b"1234"), file("f", "n", "a/b", b"12345"));
    let fields = |max_fields| Limits { max_fields, ..Limits::default() };
    let files = |max_files| Limits { max_files, ..Limits::default() };
    let parts = |max_parts| Limits { max_parts, ..Limits::default() };
    let sizes = |max_field, max_file| Limits { max_field, max_file, ..Limits::default() };
    let total = |max_fields_total| Limits { max_fields_total, ..Limits::default() };
    let mixed = [one.clone(), two.clone()];
    for (limits, given, error) in [
        (parts(2), mixed.to_vec(), None),
        (parts(1), mixed.to_vec(), Some(MultipartError::TooManyParts)),
        (parts(0), vec![], None),
        (parts(0), some(1, one.clone()), Some(MultipartError::TooManyParts)),
        (fields(2), [some(2, one.clone()), some(3, two.clone())].concat(), None),
        (fields(2), some(3, one.clone()), Some(MultipartError::TooManyFields)),
        (files(2), [some(3, one.clone()), some(2, two.clone())].concat(), None),
        (files(2), some(3, two.clone()), Some(MultipartError::TooManyFiles)),
        (files(0), some(1, file("f", "", "a/b", b"")), Some(MultipartError::TooManyFiles)),
        (sizes(4, 5), mixed.to_vec(), None),
        (sizes(3, 5), mixed.to_vec(), Some(MultipartError::FieldTooLarge)),
        (sizes(4, 4), mixed.to_vec(), Some(MultipartError::FileTooLarge)),
        (sizes(0, 0), vec![field("a", b""), file("f", "n", "a/b", b"")], None),
        (total(8), [some(2, one.clone()), some(2, two.clone())].concat(), None),
        (total(7), some(2, one.clone()), Some(MultipartError::FieldsTooLarge)),
        (Limits { max_name: 3, ..Limits::default() }, some(1, field("abc", b"")), None),
        (Limits { max_name: 2, ..Limits::default() }, some(1, field("abc", b"")), Some(MultipartError::NameTooLong)),
        (Limits { max_name: 1, ..Limits::default() }, some(1, field("é", b"")), Some(MultipartError::NameTooLong)),
        (Limits { max_name: 1, ..Limits::default() }, some(1, file("f", "long name", "a/b", b"")), None),
        (Limits { max_headers: 2, ..Limits::default() }, some(9, two.clone()), None),
        (Limits { max_headers: 1, ..Limits::default() }, some(1, two.clone()), Some(MultipartError::TooManyHeaders)),
        // `Content-Disposition: form-data; name="a"`, its line end and the empty line.
        (Limits { max_header_bytes: 44, ..Limits::default() }, some(9, one.clone()), None),
        (
            Limits { max_header_bytes: 43, ..Limits::default() },
            some(1, one.clone()),
            Some(MultipartError::HeadTooLarge),
        ),
    ] {
        assert_eq!(within(&limits, &given).err(), error, "{limits:?}");
    }
}

#[test]
fn the_whole_body_has_a_limit() {
    let boundary = Boundary::new(b"b").expect("a boundary");
    let body = [write("b", &[field("a", b"1")]), vec![b'e'; 100]].concat();
    let limits = |max_total| Limits { max_total, ..Limits::default() };
    for size in [1, 10, body.len()] {
        let length = body.len() as u64;
        assert!(read(&boundary, &limits(length), body.chunks(size)).is_ok(), "the epilogue counts");
        let found = read(&boundary, &limits(length - 1), body.chunks(size));
        assert_eq!(found, Err(MultipartError::BodyTooLarge));
    }
}

#[test]
fn the_preamble_has_a_limit() {
    let boundary = Boundary::new(b"b").expect("a boundary");
    let limits = Limits { max_preamble: 10, ..Limits::default() };
    for (preamble, error) in [("0123456789", None), ("0123456789x", Some(MultipartError::MissingDelimiter))] {
        let body = format!("{preamble}\r\n--b--");
        for size in [1, 5, body.len()] {
            assert_eq!(read(&boundary, &limits, body.as_bytes().chunks(size)).err(), error, "{preamble}");
        }
    }
}

#[test]
fn an_endless_header_line_is_not_gathered() {
    let boundary = Boundary::new(b"b").expect("a boundary");
    let mut parser = Parser::new(&boundary, Limits::default());
    parser.push(Bytes::from_static(b"--b\r\nX: ")).expect("within the limit");
    assert_eq!(parser.next_event(), Ok(None));
    for _ in 0..8 * 1024 - 3 {
        parser.push(Bytes::from_static(b"x")).expect("within the limit");
        assert_eq!(parser.next_event(), Ok(None));
    }
    parser.push(Bytes::from_static(b"x")).expect("within the limit");
    assert_eq!(parser.next_event(), Err(MultipartError::HeadTooLarge));
    // And stays refused.
    assert_eq!(parser.push(Bytes::from_static(b"x")), Err(MultipartError::HeadTooLarge));
    assert_eq!(parser.next_event(), Err(MultipartError::HeadTooLarge));
    assert_eq!(parser.finish(), Err(MultipartError::HeadTooLarge));
}

#[test]
fn a_part_may_have_a_limit_of_its_own() {
    let body = write("b", &[file("small", "n", "a/b", b"12345"), file("large", "n", "a/b", b"123456")]);
    for (limit, error) in [(6, None), (5, Some(MultipartError::FileTooLarge))] {
        let limits = Limits { max_file: 1, ..Limits::default() };
        let mut parser = Parser::new(&Boundary::new(b"b").expect("a boundary"), limits);
        parser.push(Bytes::from(body.clone())).expect("within the limit");
        let found = loop {
            match parser.next_event() {
                Ok(Some(Event::Part(_))) => parser.limit_part(limit),
                Ok(Some(_)) => {}
                Ok(None) => break None,
                Err(error) => break Some(error),
            }
        };
        assert_eq!(found, error);
    }
}

#[test]
#[should_panic(expected = "taken before the next one")]
fn a_chunk_is_not_queued() {
    let mut parser = Parser::new(&Boundary::new(b"b").expect("a boundary"), Limits::default());
    for _ in 0..2 {
        parser.push(Bytes::from_static(b"x")).expect("within the limit");
    }
}
