//! The JSON of an error answer, in Covet's own form and as RFC 9457 problem details.

/// Which JSON an error is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// `{"error":{"message","code","category","details","trace_id"}}`.
    #[default]
    Covet,
    /// RFC 9457: `type`, `title`, `status`, `detail`, with code, category, details and trace id as extensions.
    Problem,
}

impl Format {
    /// The answer's `Content-Type`. Neither type has a charset parameter: JSON is UTF-8 (RFC 8259 8.1).
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Covet => "application/json",
            Self::Problem => "application/problem+json",
        }
    }
}

/// The parts of an error body; details are always empty here, because what the server knows of a request it refuses
/// is in the message.
///
/// ```
/// use covet_http::{ErrorBody, Format};
///
/// let body = ErrorBody {
///     status: 404,
///     message: "No such \"page\"",
///     code: "NOT_FOUND",
///     category: "not_found",
///     trace_id: "4bf92f3577b34da6a3ce929d0e0e4736",
/// };
/// assert_eq!(
///     String::from_utf8_lossy(&body.write(Format::Problem)),
///     concat!(
///         r#"{"type":"about:blank","title":"Not Found","status":404,"detail":"No such \"page\"","#,
///         r#""code":"NOT_FOUND","category":"not_found","details":{},"trace_id":"4bf92f3577b34da6a3ce929d0e0e4736"}"#,
///     )
/// );
/// ```
#[derive(Debug, Clone, Copy)]
pub struct ErrorBody<'a> {
    /// HTTP status of the answer; written in problem details only.
    pub status: u16,
    /// Text for people.
    pub message: &'a str,
    /// Machine-readable code.
    pub code: &'a str,
    /// The kind of thing that went wrong.
    pub category: &'a str,
    /// What the client quotes and the log is searched for.
    pub trace_id: &'a str,
}

impl ErrorBody<'_> {
    /// Writes the body as UTF-8 JSON.
    #[must_use]
    pub fn write(&self, format: Format) -> Vec<u8> {
        let mut out = Vec::with_capacity(256);
        match format {
            Format::Covet => {
                out.extend_from_slice(b"{\"error\":{\"message\":");
                write_string(&mut out, self.message);
                self.write_extensions(&mut out);
                out.push(b'}');
            }
            Format::Problem => {
                out.extend_from_slice(b"{\"type\":\"about:blank\",\"title\":");
                write_string(&mut out, reason(self.status));
                out.extend_from_slice(b",\"status\":");
                out.extend_from_slice(self.status.to_string().as_bytes());
                out.extend_from_slice(b",\"detail\":");
                write_string(&mut out, self.message);
                self.write_extensions(&mut out);
            }
        }
        out
    }

    /// The members both forms share, and the brace that ends their object.
    fn write_extensions(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b",\"code\":");
        write_string(out, self.code);
        out.extend_from_slice(b",\"category\":");
        write_string(out, self.category);
        out.extend_from_slice(b",\"details\":{},\"trace_id\":");
        write_string(out, self.trace_id);
        out.push(b'}');
    }
}

/// Writes a JSON string (RFC 8259 7), escaping no more than JSON asks for, as `JSON.stringify` does.
fn write_string(out: &mut Vec<u8>, text: &str) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    out.push(b'"');
    for &byte in text.as_bytes() {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0x08 => out.extend_from_slice(b"\\b"),
            0x0c => out.extend_from_slice(b"\\f"),
            0..0x20 => {
                out.extend_from_slice(b"\\u00");
                out.push(HEX[usize::from(byte >> 4)]);
                out.push(HEX[usize::from(byte & 15)]);
            }
            _ => out.push(byte),
        }
    }
    out.push(b'"');
}

/// The registered name of a status the server may refuse with; other statuses get that of their class.
fn reason(status: u16) -> &'static str {
    match status {
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        412 => "Precondition Failed",
        413 => "Payload Too Large",
        414 => "URI Too Long",
        415 => "Unsupported Media Type",
        416 => "Range Not Satisfiable",
        417 => "Expectation Failed",
        431 => "Request Header Fields Too Large",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        505 => "HTTP Version Not Supported",
        _ if status < 500 => "Bad Request",
        _ => "Internal Server Error",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Refusal;

    #[test]
    fn every_refusal_is_valid_json_in_both_forms() {
        for refusal in Refusal::ALL {
            let covet: serde_json::Value =
                serde_json::from_slice(&refusal.body("id", Some("trace"), Format::Covet)).expect("JSON");
            let expected = serde_json::json!({ "error": {
                "message": refusal.message(), "code": refusal.code(), "category": refusal.category().as_str(),
                "details": {}, "trace_id": "trace",
            }});
            assert_eq!(covet, expected);

            let problem: serde_json::Value =
                serde_json::from_slice(&refusal.body("id", None, Format::Problem)).expect("JSON");
            assert_eq!(problem["status"], refusal.status());
            assert_eq!(problem["detail"], refusal.message());
            assert_eq!(problem["code"], refusal.code());
            assert_eq!(problem["trace_id"], "id", "the error id stands in for a missing trace id");
            assert_ne!((problem["title"].as_str(), refusal.status() == 500), (Some("Internal Server Error"), false));
            assert_ne!((problem["title"].as_str(), refusal.status() == 400), (Some("Bad Request"), false));
        }
    }

    #[test]
    fn strings_survive_a_round_trip() {
        let mut every: String = (0..=0x2ff_u32).filter_map(char::from_u32).collect();
        every.push_str("\u{2028}😀\u{10ffff}");
        let mut out = Vec::new();
        write_string(&mut out, &every);
        assert_eq!(serde_json::from_slice::<String>(&out).expect("JSON"), every);
    }
}
