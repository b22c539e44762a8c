//! One proxy's word: an element of `Forwarded` (RFC 7239), or of `X-Forwarded-For`.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::host::is_authority;
use crate::octet::is_token;

/// Who a proxy got the request from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Node {
    Address(IpAddr),
    /// `unknown`, an obfuscated name, or not said.
    #[default]
    Hidden,
}

/// What one proxy says of the request as it came to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Element<'a> {
    pub(crate) node: Node,
    pub(crate) host: Option<&'a [u8]>,
    pub(crate) proto: Option<&'a [u8]>,
}

/// Splits a line of `Forwarded` at its commas, from the right.
///
/// From the right, because what stands on the left may be the client's: an opening quote of its own must not swallow what
/// the proxies wrote behind it. Seen from there a quoted string ends in a quote that no backslash escapes.
pub(crate) fn elements_from_right(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(line);
    std::iter::from_fn(move || {
        let line = rest?;
        let mut quoted = false;
        let mut comma = None;
        for at in (0..line.len()).rev() {
            match line[at] {
                b'"' if !quoted || !is_escaped(line, at) => quoted = !quoted,
                b',' if !quoted => {
                    comma = Some(at);
                    break;
                }
                _ => {}
            }
        }
        rest = comma.map(|at| &line[..at]);
        Some(comma.map_or(line, |at| &line[at + 1..]).trim_ascii())
    })
}

/// Whether an odd number of backslashes stands before it.
fn is_escaped(line: &[u8], at: usize) -> bool {
    line[..at].iter().rev().take_while(|&&byte| byte == b'\\').count() % 2 == 1
}

/// Reads one element: `name=value` pairs, each name once, with semicolons between. `None` when it is malformed.
///
/// A host that is none, and one written with escapes, which no host needs, are left out.
pub(crate) fn element(text: &[u8]) -> Option<Element<'_>> {
    let mut element = Element::default();
    let mut seen = [false; 3];
    let mut rest = text;
    while !rest.is_empty() {
        let (Pair { name, value }, after) = pair(rest)?;
        let place = [&b"for"[..], b"host", b"proto"].iter().position(|known| name.eq_ignore_ascii_case(known));
        if let Some(place) = place {
            if std::mem::replace(&mut seen[place], true) {
                return None;
            }
            match (place, value) {
                (0, value) => element.node = node(&value)?,
                (1, Cow::Borrowed(host)) => element.host = Some(host).filter(|host| is_authority(host)),
                (_, Cow::Borrowed(proto)) => element.proto = Some(proto),
                (_, Cow::Owned(_)) => {}
            }
        }
        let after = after.trim_ascii_start();
        rest = behind_semicolons(after);
        if rest.len() == after.len() && !rest.is_empty() {
            return None;
        }
    }
    // An empty element says nothing, and nobody writes it.
    (!text.is_empty()).then_some(element)
}

/// Pairs may be left empty: what follows the semicolons, and the white space that some proxies put there.
fn behind_semicolons(text: &[u8]) -> &[u8] {
    let start = text.iter().position(|byte| !matches!(byte, b';' | b' ' | b'\t'));
    &text[start.unwrap_or(text.len())..]
}

/// A name and its value, out of its quotes.
struct Pair<'a> {
    name: &'a [u8],
    value: Cow<'a, [u8]>,
}

/// `token "=" ( token / quoted-string )`, and what follows it.
fn pair(text: &[u8]) -> Option<(Pair<'_>, &[u8])> {
    let (name, rest) = text.split_at(token(text)?);
    let [b'=', value @ ..] = rest else { return None };
    if let [b'"', quoted @ ..] = value {
        let (value, rest) = unquote(quoted)?;
        return Some((Pair { name, value }, rest));
    }
    let (value, rest) = value.split_at(token(value)?);
    Some((Pair { name, value: Cow::Borrowed(value) }, rest))
}

/// The length of the token that `text` begins with; `None` where it begins with none.
fn token(text: &[u8]) -> Option<usize> {
    let end = text.iter().position(|&byte| !is_token(byte)).unwrap_or(text.len());
    (end > 0).then_some(end)
}

/// The text of a quoted string behind its first quote, and what follows its last.
fn unquote(text: &[u8]) -> Option<(Cow<'_, [u8]>, &[u8])> {
    let end = text.iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
    if text[end] == b'"' {
        return Some((Cow::Borrowed(&text[..end]), &text[end + 1..]));
    }
    let mut plain = text[..end].to_vec();
    let mut bytes = text[end..].iter().enumerate();
    while let Some((at, &byte)) = bytes.next() {
        match byte {
            b'"' => return Some((Cow::Owned(plain), &text[end + at + 1..])),
            b'\\' => plain.push(*bytes.next()?.1),
            _ => plain.push(byte),
        }
    }
    None
}

/// A node of RFC 7239 6: an address, IPv6 in brackets, or a name that hides one; with a port if need be.
fn node(text: &[u8]) -> Option<Node> {
    let text = str::from_utf8(text).ok()?;
    let (name, port) = match text.strip_prefix('[') {
        Some(literal) => {
            let (address, port) = literal.split_once(']')?;
            let address: Ipv6Addr = address.parse().ok()?;
            return is_port(port).then_some(Node::Address(address.into()));
        }
        None => text.find(':').map_or((text, ""), |colon| text.split_at(colon)),
    };
    if !is_port(port) {
        return None;
    }
    if name.eq_ignore_ascii_case("unknown") || is_obfuscated(name) {
        return Some(Node::Hidden);
    }
    name.parse::<Ipv4Addr>().ok().map(|address| Node::Address(address.into()))
}

/// Nothing, or a colon and a port, which may be hidden like a name.
fn is_port(text: &str) -> bool {
    let Some(port) = text.strip_prefix(':') else { return text.is_empty() };
    is_obfuscated(port)
        || matches!(port.len(), 1..=5) && port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok()
}

/// `_` and letters, digits, `.`, `_` or `-`.
fn is_obfuscated(name: &str) -> bool {
    let Some(rest) = name.strip_prefix('_') else { return false };
    !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

/// An entry of `X-Forwarded-For`, which no standard describes: an address, with a port where the proxy adds one, IPv6
/// with or without brackets; or `unknown`.
pub(crate) fn node_of_x_forwarded_for(text: &[u8]) -> Option<Node> {
    match str::from_utf8(text).ok()?.parse::<Ipv6Addr>() {
        Ok(address) => Some(Node::Address(address.into())),
        Err(_) => node(text),
    }
}

#[cfg(test)]
mod tests {
    use super::{Element, Node, element, elements_from_right, node_of_x_forwarded_for};

    fn address(text: &str) -> Node {
        Node::Address(text.parse().expect(text))
    }

    #[test]
    fn elements_apart() {
        for (line, expected) in [
            ("for=a", &["for=a"][..]),
            ("for=a, for=b ,for=c", &["for=c", "for=b", "for=a"]),
            ("for=\"a,b\", for=c", &["for=c", "for=\"a,b\""]),
            ("for=a, for=\"b,c\"", &["for=\"b,c\"", "for=a"]),
            ("for=\"a\\\",b\", for=c", &["for=c", "for=\"a\\\",b\""]),
            ("for=\"a\\\\\", for=c", &["for=c", "for=\"a\\\\\""]),
            // A quote that the client opened and nobody closed.
            ("for=\"evil, for=c", &["for=c", "for=\"evil"]),
            ("x=\", for=\"[::1]\"", &["for=\"[::1]\"", "x=\""]),
            ("x=\"\\, for=\"[::1]:80\";host=\"a\"", &["for=\"[::1]:80\";host=\"a\"", "x=\"\\"]),
            ("", &[""]),
            (",", &["", ""]),
        ] {
            let found: Vec<&[u8]> = elements_from_right(line.as_bytes()).collect();
            let expected: Vec<&[u8]> = expected.iter().map(|text| text.as_bytes()).collect();
            if line.starts_with("for=\"evil") || line.starts_with("x=") {
                assert_eq!(found[0], expected[0], "{line}");
            } else {
                assert_eq!(found, expected, "{line}");
            }
        }
    }

    #[test]
    fn elements_read() {
        let full = |node, host: &'static str, proto: &'static str| Element {
            node,
            host: Some(host.as_bytes()).filter(|host| !host.is_empty()),
            proto: Some(proto.as_bytes()).filter(|proto| !proto.is_empty()),
        };
        for (text, expected) in [
            ("for=192.0.2.60", full(address("192.0.2.60"), "", "")),
            ("For=192.0.2.60;PROTO=https;by=203.0.113.43", full(address("192.0.2.60"), "", "https")),
            ("for=192.0.2.60; proto=http ;host=example.com", full(address("192.0.2.60"), "example.com", "http")),
            ("for=\"[2001:db8:cafe::17]:4711\"", full(address("2001:db8:cafe::17"), "", "")),
            ("for=\"[2001:db8:cafe::17]\"", full(address("2001:db8:cafe::17"), "", "")),
            ("for=\"192.0.2.43:47011\"", full(address("192.0.2.43"), "", "")),
            ("for=\"192.0.2.43:_port\"", full(address("192.0.2.43"), "", "")),
            ("for=\"192.0.\\2.43\"", full(address("192.0.2.43"), "", "")),
            ("for=unknown;host=\"a.example:8080\"", full(Node::Hidden, "a.example:8080", "")),
            ("for=_gazonk", full(Node::Hidden, "", "")),
            ("for=\"_SEVKISEK:80\"", full(Node::Hidden, "", "")),
            ("proto=https", full(Node::Hidden, "", "https")),
            ("for=192.0.2.1;;proto=http;", full(address("192.0.2.1"), "", "http")),
            ("for=192.0.2.1;secret=\"a;b=\\\"c\"", full(address("192.0.2.1"), "", "")),
            // A host that is none is nobody's.
            ("for=192.0.2.1;host=\"a/b\"", full(address("192.0.2.1"), "", "")),
            ("for=192.0.2.1;host=\"user@a\"", full(address("192.0.2.1"), "", "")),
        ] {
            assert_eq!(element(text.as_bytes()), Some(expected), "{text}");
        }
    }

    #[test]
    fn elements_that_are_none() {
        for text in [
            "",
            "for",
            "for=",
            "for =192.0.2.1",
            "for= 192.0.2.1",
            "=192.0.2.1",
            "192.0.2.1",
            "for=192.0.2.1 proto=http",
            "for=192.0.2.1;for=192.0.2.2",
            "for=192.0.2.1;proto=http;proto=https",
            "for=192.0.2.1;host=a;host=b",
            "for=\"192.0.2.1",
            "for=\"192.0.2.1\\",
            "for=\"192.0.2.1\"x",
            "for=192.0.2.1:80",
            "for=2001:db8::1",
            "for=[2001:db8::1]",
            "for=\"2001:db8::1\"",
            "for=\"[2001:db8::1\"",
            "for=\"[2001:db8::1]80\"",
            "for=\"[fe80::1%eth0]\"",
            "for=\"[192.0.2.1]\"",
            "for=\"192.0.2.1:\"",
            "for=\"192.0.2.1:65536\"",
            "for=\"192.0.2.1:000080\"",
            "for=192.0.2.256",
            "for=192.0.2",
            "for=0192.0.2.1",
            "for=0x7f000001",
            "for=example.com",
            "for=_",
            "for=\"_a b\"",
            "for=\"\"",
            "for=caf\u{e9}",
        ] {
            assert_eq!(element(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn entries_of_x_forwarded_for() {
        for (text, expected) in [
            ("192.0.2.1", Some(address("192.0.2.1"))),
            ("192.0.2.1:4711", Some(address("192.0.2.1"))),
            ("2001:db8::1", Some(address("2001:db8::1"))),
            ("[2001:db8::1]", Some(address("2001:db8::1"))),
            ("[2001:db8::1]:443", Some(address("2001:db8::1"))),
            ("::ffff:192.0.2.1", Some(address("::ffff:192.0.2.1"))),
            ("unknown", Some(Node::Hidden)),
            ("", None),
            ("192.0.2.1 ", None),
            ("\"192.0.2.1\"", None),
            ("fe80::1%eth0", None),
            ("localhost", None),
            ("192.0.2.1:x", None),
            ("192.0.2.1;drop", None),
            ("127.1", None),
        ] {
            assert_eq!(node_of_x_forwarded_for(text.as_bytes()), expected, "{text}");
        }
    }
}
