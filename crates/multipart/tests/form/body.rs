//! Writes bodies, and reads them as a caller does.

use bytes::Bytes;
use covet_multipart::{Boundary, Event, Limits, MultipartError, Parser, PartHead};

/// A part, read whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) head: PartHead,
    pub(crate) data: Vec<u8>,
}

pub(crate) fn field(name: &str, value: &[u8]) -> Part {
    Part { head: PartHead { name: name.to_owned(), filename: None, content_type: None }, data: value.to_vec() }
}

pub(crate) fn file(name: &str, filename: &str, content_type: &str, data: &[u8]) -> Part {
    let (filename, content_type) = (Some(filename.to_owned()), Some(content_type.to_owned()));
    Part { head: PartHead { name: name.to_owned(), filename, content_type }, data: data.to_vec() }
}

/// Reads a body that comes in these chunks. Whatever is read, too much is never held back.
pub(crate) fn read<'a>(
    boundary: &Boundary,
    limits: &Limits,
    chunks: impl IntoIterator<Item = &'a [u8]>,
) -> Result<Vec<Part>, MultipartError> {
    let mut parser = Parser::new(boundary, limits.clone());
    let mut parts = Vec::new();
    let mut is_open = false;
    for chunk in chunks {
        parser.push(Bytes::copy_from_slice(chunk))?;
        while let Some(event) = parser.next_event()? {
            match event {
                Event::Part(head) => {
                    assert!(!is_open, "a part begins where none is open");
                    is_open = true;
                    parts.push(Part { head, data: Vec::new() });
                }
                Event::Data(data) => {
                    assert!(is_open && !data.is_empty(), "data comes within a part, and is some");
                    parts.last_mut().expect("a part is open").data.extend_from_slice(&data);
                }
                Event::PartEnd => assert!(std::mem::replace(&mut is_open, false), "a part ends that was open"),
                Event::End => assert!(!is_open, "the body ends outside of parts"),
            }
        }
        assert_eq!(parser.unread(), 0, "all of a chunk is taken");
        assert!(parser.held() < boundary.as_bytes().len() + 4, "at most a delimiter is held back");
    }
    parser.finish()?;
    Ok(parts)
}

pub(crate) fn read_whole(boundary: &str, body: &[u8]) -> Result<Vec<Part>, MultipartError> {
    let boundary = Boundary::new(boundary.as_bytes()).expect("a test's boundary is fine");
    read(&boundary, &Limits::default(), [body])
}

/// Writes a body as a browser does.
pub(crate) fn write(boundary: &str, parts: &[Part]) -> Vec<u8> {
    let escape = |name: &str| name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A");
    let mut body = Vec::new();
    for Part { head, data } in parts {
        body.extend_from_slice(format!("--{boundary}\r\n").as_bytes());
        body.extend_from_slice(format!("Content-Disposition: form-data; name=\"{}\"", escape(&head.name)).as_bytes());
        if let Some(filename) = &head.filename {
            body.extend_from_slice(format!("; filename=\"{}\"", escape(filename)).as_bytes());
        }
        if let Some(content_type) = &head.content_type {
            body.extend_from_slice(format!("\r\nContent-Type: {content_type}").as_bytes());
        }
        body.extend_from_slice(b"\r\n\r\n");
        body.extend_from_slice(data);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    body
}
