//! The same body gives the same parts wherever it is cut.

use bytes::Bytes;
use covet_multipart::{Boundary, Event, Limits, MultipartError, Parser};

use crate::body::{Part, field, file, read, write};

fn messages() -> Vec<(&'static str, Vec<u8>)> {
    let near = b"\r\n--\r\n--bound\r\n--boundar\r\r\n\r\n--boundarx-\r\n-";
    let parts = [field("a", b"1"), file("f\"", "n\r\n.txt", "text/plain", near), field("", b""), field("z", b"\r\n")];
    let with_padding = b"pre\r\n--b \t\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n--b\t\r\n\
        content-disposition: form-data; name=\"c\"; filename=\"d\"\r\nX-Y: z\r\n\r\ndata\r\n--b--\r\nepilogue\r\n--b";
    let without_data = b"--b\r\nContent-Disposition: form-data; name=a\r\n\r\n--b\r\n\
        Content-Disposition: form-data; name=b\r\n\r\n--\r\n--b--";
    vec![
        ("boundary", write("boundary", &parts)),
        ("b", write("b", &[field("a", b"\r\n-b--b\r\n--")])),
        ("-", write("-", &[field("a", b"\r\n--\r\r\n--x"), field("b", b"--")])),
        ("b", with_padding.to_vec()),
        ("b", without_data.to_vec()),
        ("b", b"--b--".to_vec()),
    ]
}

fn expected(boundary: &Boundary, body: &[u8]) -> Vec<Part> {
    read(boundary, &Limits::default(), [body]).expect("the messages are well formed")
}

#[test]
fn cut_once_or_twice_at_every_byte() {
    for (name, body) in messages() {
        let boundary = Boundary::new(name.as_bytes()).expect("a test's boundary is fine");
        let parts = expected(&boundary, &body);
        for first in 0..=body.len() {
            for second in first..=body.len() {
                let chunks = [&body[..first], &body[first..second], &body[second..]];
                let found = read(&boundary, &Limits::default(), chunks);
                assert_eq!(found.as_ref(), Ok(&parts), "{name} cut at {first} and {second}");
            }
        }
    }
}

#[test]
fn cut_into_pieces_of_every_size() {
    for (name, body) in messages() {
        let boundary = Boundary::new(name.as_bytes()).expect("a test's boundary is fine");
        let parts = expected(&boundary, &body);
        for size in 1..=body.len() {
            let found = read(&boundary, &Limits::default(), body.chunks(size));
            assert_eq!(found.as_ref(), Ok(&parts), "{name} in pieces of {size}");
        }
    }
}

#[test]
fn cut_short_anywhere_is_incomplete() {
    for (name, body) in messages() {
        let boundary = Boundary::new(name.as_bytes()).expect("a test's boundary is fine");
        let closing = format!("--{name}--").into_bytes();
        let end =
            body.windows(closing.len()).rposition(|window| window == closing).expect("it is closed") + closing.len();
        for length in 0..end {
            let found = read(&boundary, &Limits::default(), [&body[..length]]);
            assert_eq!(found, Err(MultipartError::Incomplete), "{name} of {length} bytes");
        }
    }
}

#[test]
fn data_is_a_slice_of_what_was_pushed() {
    let body = Bytes::from(write("b", &[file("f", "n", "a/b", &[7; 5000])]));
    let mut parser = Parser::new(&Boundary::new(b"b").expect("a boundary"), Limits::default());
    parser.push(body.clone()).expect("within the limit");
    let mut sizes = Vec::new();
    while let Some(event) = parser.next_event().expect("well formed") {
        if let Event::Data(data) = event {
            assert!(body.as_ptr_range().contains(&data.as_ptr()));
            sizes.push(data.len());
        }
    }
    assert_eq!(sizes, [5000]);
}

#[test]
fn a_part_passed_over_is_checked_and_dropped() {
    let parts = [field("a", b"1"), file("f", "n", "a/b", &[7; 5000]), field("z", b"26")];
    let body = write("b", &parts);
    for size in [1, 7, 100, body.len()] {
        let mut parser = Parser::new(&Boundary::new(b"b").expect("a boundary"), Limits::default());
        let mut seen = Vec::new();
        for chunk in body.chunks(size) {
            parser.push(Bytes::copy_from_slice(chunk)).expect("within the limit");
            while let Some(event) = parser.next_event().expect("well formed") {
                match event {
                    Event::Part(head) => {
                        if head.is_file() {
                            parser.skip_part();
                        }
                        seen.push((head.name, Vec::new(), false));
                    }
                    Event::Data(data) => seen.last_mut().expect("a part is open").1.extend_from_slice(&data),
                    Event::PartEnd => seen.last_mut().expect("a part is open").2 = true,
                    Event::End => {}
                }
            }
        }
        let part = |name: &str, data: &[u8]| (name.to_owned(), data.to_vec(), true);
        assert_eq!(seen, [part("a", b"1"), part("f", b""), part("z", b"26")], "in pieces of {size}");
    }
}
