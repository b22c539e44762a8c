//! Which answers are worth coding: by media type, and by what their headers say.

use crate::accept::split_outside_quotes;

/// Types beside `text/*`, `*+json`, `*+xml`, `*+text` and `*+yaml` that shrink: those that are text in all but name, and
/// formats that pack nothing themselves.
const SHRINKING: [&[u8]; 30] = [
    b"application/json",
    b"application/json-seq",
    b"application/x-ndjson",
    b"application/ndjson",
    b"application/jsonl",
    b"application/xml",
    b"application/xml-dtd",
    b"application/javascript",
    b"application/x-javascript",
    b"application/ecmascript",
    b"application/yaml",
    b"application/toml",
    b"application/sql",
    b"application/graphql",
    b"application/rtf",
    b"application/tar",
    b"application/x-tar",
    b"application/wasm",
    b"application/msgpack",
    b"application/vnd.msgpack",
    b"application/x-msgpack",
    b"application/cbor",
    b"application/x-protobuf",
    b"application/x-www-form-urlencoded",
    b"application/vnd.ms-fontobject",
    b"font/ttf",
    b"font/otf",
    b"image/bmp",
    b"image/x-icon",
    b"image/vnd.microsoft.icon",
];

const SUFFIXES: [&[u8]; 4] = [b"+json", b"+xml", b"+text", b"+yaml"];

/// Whether bodies of that `Content-Type` shrink when they are coded.
///
/// `text/event-stream` is left out: its lines are short, its stream is long, and proxies and clients that meddle with it
/// are many.
///
/// ```
/// use covet_http::is_compressible;
///
/// assert!(is_compressible(b"application/json; charset=utf-8"));
/// assert!(!is_compressible(b"image/png"));
/// ```
#[must_use]
pub fn is_compressible(content_type: &[u8]) -> bool {
    let essence = essence(content_type);
    if essence.eq_ignore_ascii_case(b"text/event-stream") {
        return false;
    }
    starts_with(essence, b"text/")
        || SUFFIXES.iter().any(|suffix| ends_with(essence, suffix))
        || SHRINKING.iter().any(|known| essence.eq_ignore_ascii_case(known))
}

/// Whether a `Content-Type` is one of `types`: `type/subtype`, or `type/*`.
#[must_use]
pub fn is_listed_type<'a>(content_type: &[u8], types: impl IntoIterator<Item = &'a str>) -> bool {
    let essence = essence(content_type);
    types.into_iter().any(|listed| match listed.strip_suffix('*') {
        Some(start) if start.ends_with('/') => starts_with(essence, start.as_bytes()),
        _ => essence.eq_ignore_ascii_case(listed.as_bytes()),
    })
}

/// Whether lines of `Cache-Control` forbid to change the body (RFC 9111 5.2.2.6).
#[must_use]
pub fn forbids_transform<'a>(cache_control: impl IntoIterator<Item = &'a [u8]>) -> bool {
    let mut directives = cache_control.into_iter().flat_map(|line| split_outside_quotes(line, b','));
    directives.any(|directive| directive.trim_ascii().eq_ignore_ascii_case(b"no-transform"))
}

/// Whether lines of `Vary` name that header, or everything.
#[must_use]
pub fn varies_by<'a>(vary: impl IntoIterator<Item = &'a [u8]>, name: &str) -> bool {
    let mut names = vary.into_iter().flat_map(|line| line.split(|&byte| byte == b','));
    names.any(|listed| {
        let listed = listed.trim_ascii();
        listed == b"*" || listed.eq_ignore_ascii_case(name.as_bytes())
    })
}

/// The media type without its parameters.
fn essence(content_type: &[u8]) -> &[u8] {
    content_type.split(|&byte| byte == b';').next().unwrap_or_default().trim_ascii()
}

fn starts_with(text: &[u8], start: &[u8]) -> bool {
    text.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start))
}

fn ends_with(text: &[u8], end: &[u8]) -> bool {
    text.len().checked_sub(end.len()).is_some_and(|at| text[at..].eq_ignore_ascii_case(end))
}

#[cfg(test)]
mod tests {
    use super::{forbids_transform, is_compressible, is_listed_type, varies_by};

    #[test]
    fn types_that_shrink() {
        for (content_type, expected) in [
            ("application/json", true),
            ("Application/JSON; charset=utf-8", true),
            ("application/problem+json", true),
            ("application/vnd.api+json;v=1", true),
            ("application/x-ndjson", true),
            ("text/html; charset=utf-8", true),
            ("text/plain", true),
            ("TEXT/CSS", true),
            ("image/svg+xml", true),
            ("application/atom+xml ", true),
            ("application/msgpack", true),
            ("application/wasm", true),
            ("font/ttf", true),
            ("text/event-stream", false),
            ("text/event-stream; charset=utf-8", false),
            ("image/png", false),
            ("image/jpeg", false),
            ("video/mp4", false),
            ("font/woff2", false),
            ("application/zip", false),
            ("application/gzip", false),
            ("application/pdf", false),
            ("application/octet-stream", false),
            ("multipart/byteranges; boundary=x", false),
            ("multipart/form-data", false),
            ("application/jsonp", false),
            ("text", false),
            ("", false),
            (";text/plain", false),
        ] {
            assert_eq!(is_compressible(content_type.as_bytes()), expected, "{content_type}");
        }
    }

    #[test]
    fn types_of_a_list() {
        let list = ["text/event-stream", "application/x-custom", "model/*"];
        for (content_type, expected) in [
            ("text/event-stream; charset=utf-8", true),
            ("Application/X-Custom", true),
            ("model/gltf+json", true),
            ("model/", true),
            ("modelx/a", false),
            ("text/plain", false),
            ("application/x-custom2", false),
            ("", false),
        ] {
            assert_eq!(is_listed_type(content_type.as_bytes(), list), expected, "{content_type}");
        }
        assert!(!is_listed_type(b"anything/else", ["*"]));
    }

    #[test]
    fn directives_that_forbid() {
        for (lines, expected) in [
            (&["no-transform"][..], true),
            (&["public, No-Transform ,max-age=1"], true),
            (&["public", "no-transform"], true),
            (&["max-age=60"], false),
            (&["x=\"a, no-transform\""], false),
            (&["no-transformation"], false),
            (&[], false),
        ] {
            assert_eq!(forbids_transform(lines.iter().map(|line| line.as_bytes())), expected, "{lines:?}");
        }
    }

    #[test]
    fn headers_that_an_answer_varies_by() {
        for (lines, expected) in [
            (&["Accept-Encoding"][..], true),
            (&["origin, accept-encoding"], true),
            (&["origin", " ACCEPT-ENCODING "], true),
            (&["*"], true),
            (&["origin, *"], true),
            (&["accept"], false),
            (&["accept-encoding-x"], false),
            (&[], false),
        ] {
            assert_eq!(varies_by(lines.iter().map(|line| line.as_bytes()), "accept-encoding"), expected, "{lines:?}");
        }
    }
}
