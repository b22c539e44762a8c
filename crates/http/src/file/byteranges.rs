//! `multipart/byteranges` (RFC 9110 14.6): the frame around several parts of one representation.

use super::range::ByteRange;
use crate::error_id::error_id;

/// One part: what is sent before it, and which bytes it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Boundary and headers, up to and with the empty line.
    pub head: Vec<u8>,
    /// The bytes that follow.
    pub range: ByteRange,
}

/// The frame of a whole answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Multipart {
    /// The answer's `Content-Type`.
    pub content_type: String,
    /// The answer's `Content-Length`.
    pub length: u64,
    /// The parts, in order.
    pub parts: Vec<Part>,
    /// What follows the last of them.
    pub end: Vec<u8>,
}

impl Multipart {
    /// Frames `ranges` of a representation of `size` bytes and of this type.
    ///
    /// The boundary is 122 random bits, so that no file has it and nobody can put it into one.
    #[must_use]
    pub fn new(ranges: &[ByteRange], size: u64, content_type: &str) -> Self {
        Self::with_boundary(ranges, size, content_type, error_id().as_str())
    }

    fn with_boundary(ranges: &[ByteRange], size: u64, content_type: &str, boundary: &str) -> Self {
        let mut length = 0;
        let parts = ranges.iter().enumerate().map(|(index, range)| {
            // The line break before a boundary belongs to it; the first has nothing to break from.
            let line_break = if index == 0 { "" } else { "\r\n" };
            let content_range = range.content_range(size);
            let head = format!(
                "{line_break}--{boundary}\r\nContent-Type: {content_type}\r\nContent-Range: {content_range}\r\n\r\n"
            );
            length += head.len() as u64 + range.len();
            Part { head: head.into_bytes(), range: *range }
        });
        let parts = parts.collect();
        let end = format!("\r\n--{boundary}--\r\n").into_bytes();
        let content_type = format!("multipart/byteranges; boundary={boundary}");
        Self { content_type, length: length + end.len() as u64, parts, end }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RANGES: [ByteRange; 2] = [ByteRange { start: 0, end: 3 }, ByteRange { start: 500, end: 502 }];

    #[test]
    fn the_frame_is_that_of_the_standard() {
        let frame = Multipart::with_boundary(&RANGES, 1_000, "text/plain", "edge");
        let mut body = Vec::new();
        for (part, bytes) in frame.parts.iter().zip([&b"abc"[..], b"xy"]) {
            body.extend_from_slice(&part.head);
            body.extend_from_slice(bytes);
        }
        body.extend_from_slice(&frame.end);
        let expected = "--edge\r\nContent-Type: text/plain\r\nContent-Range: bytes 0-2/1000\r\n\r\nabc\r\n\
                        --edge\r\nContent-Type: text/plain\r\nContent-Range: bytes 500-501/1000\r\n\r\nxy\r\n\
                        --edge--\r\n";
        assert_eq!(String::from_utf8_lossy(&body), expected);
        assert_eq!(frame.length, body.len() as u64);
        assert_eq!(frame.content_type, "multipart/byteranges; boundary=edge");
    }

    #[test]
    fn every_answer_has_a_boundary_of_its_own() {
        let frame = || Multipart::new(&RANGES, 1_000, "text/plain");
        assert_ne!(frame().content_type, frame().content_type);
        // Needs no quotes (RFC 2046 5.1.1), and is no longer than 70 characters.
        let boundary = frame().content_type.split_off("multipart/byteranges; boundary=".len());
        assert!(boundary.len() <= 70 && boundary.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'));
    }
}
