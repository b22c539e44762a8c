//! The first line of a request: `METHOD SP target SP HTTP/1.x`.

use crate::host::is_authority;
use crate::octet::{is_path, is_query, is_token};
use crate::refusal::Refusal;

/// The two versions spoken on a plain connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    Http10,
    Http11,
}

/// Bytes of a request line beside its target: the longest method, two spaces, the version and CRLF.
pub(crate) const OVERHEAD: usize = "OPTIONS".len() + 2 + "HTTP/1.1".len() + 2;

/// Checks a request line, given without its CRLF, and says which version it is of.
///
/// # Errors
///
/// In this order: 400 unless the line has its three parts, 505 for another version, 501 for another method, 414 for a
/// target above `max_target` bytes, 400 for a wrong target.
#[inline]
pub(crate) fn check_request_line(line: &[u8], max_target: usize) -> Result<Version, Refusal> {
    let Some((before, [b' ', version @ ..])) = line.split_last_chunk::<9>() else { return Err(explain(line)) };
    let version = match version {
        b"HTTP/1.1" => Version::Http11,
        b"HTTP/1.0" => Version::Http10,
        _ => return Err(explain(line)),
    };
    let Some(end) = before.iter().take(8).position(|&byte| byte == b' ') else { return Err(explain(line)) };
    let (method, target) = (&before[..end], &before[end + 1..]);
    if !is_known(method) || target.is_empty() {
        return Err(explain(line));
    }
    if target.len() > max_target {
        return Err(Refusal::TargetTooLong);
    }
    if is_target(target, method) { Ok(version) } else { Err(explain(line)) }
}

/// The methods the server serves. CONNECT would make it a proxy; TRACE echoes cookies to whoever asks.
fn is_known(method: &[u8]) -> bool {
    matches!(method, b"GET" | b"HEAD" | b"POST" | b"PUT" | b"PATCH" | b"DELETE" | b"OPTIONS")
}

/// Origin form, absolute form, or the asterisk of OPTIONS (RFC 9112 3.2).
#[inline]
fn is_target(target: &[u8], method: &[u8]) -> bool {
    match target {
        [b'/', ..] => is_path_and_query(target),
        b"*" => method == b"OPTIONS",
        _ => is_absolute(target),
    }
}

#[inline]
fn is_path_and_query(target: &[u8]) -> bool {
    let end = target.iter().position(|&byte| !is_path(byte)).unwrap_or(target.len());
    match &target[end..] {
        [] => true,
        [b'?', query @ ..] => query.iter().all(|&byte| is_query(byte)),
        _ => false,
    }
}

/// `http://` or `https://`, a host without user information (RFC 9110 4.2.4), and what may follow it.
fn is_absolute(target: &[u8]) -> bool {
    let Some(scheme) = target.windows(3).take(6).position(|three| three == b"://") else { return false };
    let (scheme, rest) = (&target[..scheme], &target[scheme + 3..]);
    if !scheme.eq_ignore_ascii_case(b"http") && !scheme.eq_ignore_ascii_case(b"https") {
        return false;
    }
    let end = rest.iter().position(|byte| matches!(byte, b'/' | b'?')).unwrap_or(rest.len());
    is_authority(&rest[..end]) && is_path_and_query(&rest[end..])
}

/// Why a line that is not to be served is not.
#[cold]
fn explain(line: &[u8]) -> Refusal {
    let mut parts = line.split(|&byte| byte == b' ');
    let (Some(method), Some(target), Some(version), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Refusal::MalformedRequestLine;
    };
    if method.is_empty() || target.is_empty() || !method.iter().all(|&byte| is_token(byte)) {
        return Refusal::MalformedRequestLine;
    }
    match version {
        b"HTTP/1.0" | b"HTTP/1.1" if is_known(method) => Refusal::InvalidTarget,
        b"HTTP/1.0" | b"HTTP/1.1" => Refusal::UnknownMethod,
        [b'H', b'T', b'T', b'P', b'/', b'0'..=b'9', b'.', b'0'..=b'9'] => Refusal::UnsupportedVersion,
        _ => Refusal::MalformedRequestLine,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str) -> Result<Version, Refusal> {
        check_request_line(line.as_bytes(), 64)
    }

    #[test]
    fn lines_that_are_served() {
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
            assert_eq!(check(&format!("{method} / HTTP/1.1")), Ok(Version::Http11));
            assert_eq!(check(&format!("{method} / HTTP/1.0")), Ok(Version::Http10));
        }
        for target in [
            "/a/b?c=d&e[]=f",
            "//",
            "/%",
            "/a\"^{|}[]~",
            "/?",
            "/??",
            "/?/?\\^`{|}",
            "http://example.com",
            "http://example.com/",
            "https://example.com:8443/a?b",
            "HTTPS://[::1]?q",
        ] {
            assert_eq!(check(&format!("GET {target} HTTP/1.1")), Ok(Version::Http11), "{target}");
        }
        assert_eq!(check("OPTIONS * HTTP/1.1"), Ok(Version::Http11));
        assert_eq!(check(&format!("GET /{} HTTP/1.1", "a".repeat(63))), Ok(Version::Http11));
    }

    #[test]
    fn malformed_lines() {
        for line in [
            "GET",
            "GET /",
            "GET  / HTTP/1.1",
            "GET /  HTTP/1.1",
            "GET / HTTP/1.1 ",
            " GET / HTTP/1.1",
            "GET /a b HTTP/1.1",
            "GET\t/ HTTP/1.1",
            "GET /\tHTTP/1.1",
            "GET  HTTP/1.1",
            "GET HTTP/1.1",
            "/ HTTP/1.1",
            " / HTTP/1.1",
            "G@T / HTTP/1.1",
            "GE(T / HTTP/1.1",
            "GET: / HTTP/1.1",
            "GET / http/1.1",
            "GET / HTTP/1",
            "GET / HTTP/1.",
            "GET / HTTP/1.10",
            "GET / HTTP/01.1",
            "GET / HTTP/1,1",
            "GET / HTTPS/1.1",
            "GET / ICY/1.1",
            "GET / HTTP /1.1",
            "HTTP/1.1 200 OK",
            "\u{16}\u{3}\u{1}",
        ] {
            assert_eq!(check(line), Err(Refusal::MalformedRequestLine), "{line:?}");
        }
    }

    #[test]
    fn other_versions_and_methods() {
        for line in ["PRI * HTTP/2.0", "GET / HTTP/2.0", "GET / HTTP/1.2", "GET / HTTP/0.9", "FOO / HTTP/3.0"] {
            assert_eq!(check(line), Err(Refusal::UnsupportedVersion), "{line}");
        }
        for method in ["CONNECT", "TRACE", "FOO", "get", "Get", "GETT", "PROPFIND", "VERY-LONG-METHOD", "GET/", "M!#"] {
            let expected = if method.contains('/') { Refusal::MalformedRequestLine } else { Refusal::UnknownMethod };
            assert_eq!(check(&format!("{method} / HTTP/1.1")), Err(expected), "{method}");
        }
        assert_eq!(check("CONNECT example.com:443 HTTP/1.1"), Err(Refusal::UnknownMethod));
    }

    #[test]
    fn wrong_targets() {
        for target in [
            "*",
            "a",
            "example.com/",
            "example.com:80",
            "?a",
            "/#",
            "/a#b",
            "/?a#b",
            "/<",
            "/`",
            "/\\..\\a",
            "/?\"",
            "/é",
            "/\u{7f}",
            "/?\u{1}",
            "http:/",
            "http:///a",
            "http://",
            "http://:80/",
            "http://user@example.com/",
            "http://user:pass@example.com/",
            "http://example.com:99999/",
            "http://ex%61mple.com/",
            "http://example.com\\@evil/",
            "ftp://example.com/",
            "file:///etc/passwd",
            "javascript://a",
        ] {
            assert_eq!(check(&format!("GET {target} HTTP/1.1")), Err(Refusal::InvalidTarget), "{target}");
        }
        assert_eq!(check("GET *x HTTP/1.1"), Err(Refusal::InvalidTarget));
        assert_eq!(check(&format!("GET /{} HTTP/1.1", "a".repeat(64))), Err(Refusal::TargetTooLong));
    }
}
