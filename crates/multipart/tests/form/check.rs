//! What holds for any bytes whatsoever: no panic, and the same outcome however they are cut. Shared with the fuzz target.

use bytes::Bytes;
use covet_multipart::{
    Boundary, Event, Limits, MAX_FILENAME, MultipartError, Parser, PartHead, SNIFF_BYTES, safe_filename, sniff,
};

type Parts = Vec<(PartHead, Vec<u8>)>;

/// Small enough that short inputs reach them. A field's is below that of a `_charset_`, which is then never the first.
fn limits() -> Limits {
    Limits {
        max_parts: 8,
        max_fields: 6,
        max_files: 4,
        max_headers: 4,
        max_header_bytes: 256,
        max_name: 16,
        max_field: 32,
        max_fields_total: 64,
        max_file: 128,
        max_preamble: 16,
        max_total: u64::MAX,
    }
}

/// With `passes`, chunks that are data of a file alone are only shown to the parser.
fn parse<'a>(
    boundary: &Boundary,
    chunks: impl Iterator<Item = &'a [u8]>,
    passes: bool,
) -> Result<Parts, MultipartError> {
    let mut parser = Parser::new(boundary, limits());
    let mut parts: Parts = Vec::new();
    for chunk in chunks {
        if passes && parser.pass(chunk)? {
            parts.last_mut().expect("data comes within a part").1.extend_from_slice(chunk);
            continue;
        }
        parser.push(Bytes::copy_from_slice(chunk))?;
        while let Some(event) = parser.next_event()? {
            match event {
                Event::Part(head) => parts.push((head, Vec::new())),
                Event::Data(data) => parts.last_mut().expect("data comes within a part").1.extend_from_slice(&data),
                Event::PartEnd | Event::End => {}
            }
        }
        assert!(parser.held() < boundary.as_bytes().len() + 4);
    }
    parser.finish()?;
    Ok(parts)
}

/// Several limits can be exceeded at once; which of them is told first depends on how much comes at once.
fn outcome(result: Result<Parts, MultipartError>) -> Result<Parts, (u16, Option<MultipartError>)> {
    result.map_err(|error| (error.status(), (error.status() != 413).then_some(error)))
}

/// Checks one input: a byte for the size of the pieces, then the body of the boundary `b`.
pub(crate) fn check(input: &[u8]) {
    let Some((&size, body)) = input.split_first() else { return };
    let boundary = Boundary::new(b"b").expect("a boundary");
    let whole = outcome(parse(&boundary, std::iter::once(body), false));
    let size = usize::from(size) % 32 + 1;
    for passes in [false, true] {
        assert_eq!(
            outcome(parse(&boundary, body.chunks(size), passes)),
            whole,
            "in pieces of {size}, passed: {passes}"
        );
    }

    for (head, data) in whole.iter().flatten() {
        let safe = safe_filename(head.filename.as_deref().unwrap_or(&head.name));
        assert!((1..=MAX_FILENAME).contains(&safe.len()) && !safe.starts_with('.'), "{safe:?}");
        assert!(!safe.chars().any(|char| char.is_control() || matches!(char, '/' | '\\')), "{safe:?}");
        assert_eq!(sniff(data), sniff(&data[..data.len().min(SNIFF_BYTES)]));
    }
    drop(Boundary::from_content_type(body));
    drop(Boundary::from_content_type(&[b"multipart/form-data;", body].concat()));
}
