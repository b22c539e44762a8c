//! `uri-host [ ":" port ]`: what a Host header or the authority of an absolute target may be.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::octet::is_reg_name;

/// The longest name DNS can carry, with room for the final dot.
const MAX_HOST: usize = 254;

/// Whether `value` is a host with an optional port.
///
/// Narrower than RFC 3986 where being wide only serves attackers: no empty host (RFC 9110 4.2.1 has recipients reject an
/// `http` URI without host), no percent escapes, no IPvFuture, no zone; and a name whose last label is a number must be
/// a dotted IPv4 address, since WHATWG URL reads it as one and `new URL()` would throw in the application.
/// `host:` with an empty port is allowed, as both grammars have it.
#[inline]
pub(crate) fn is_authority(value: &[u8]) -> bool {
    if let [b'[', literal @ ..] = value {
        return is_bracketed(literal);
    }
    let end = value.iter().position(|&byte| !is_reg_name(byte)).unwrap_or(value.len());
    let (host, rest) = value.split_at(end);
    !host.is_empty() && host.len() <= MAX_HOST && is_port(rest) && (!may_end_in_number(host) || is_ipv4(host))
}

/// The rest of `[IPv6]` or `[IPv6]:port` behind its first bracket.
fn is_bracketed(literal: &[u8]) -> bool {
    let Some(end) = literal.iter().position(|&byte| byte == b']') else { return false };
    let address = std::str::from_utf8(&literal[..end]).ok();
    address.is_some_and(|address| address.parse::<Ipv6Addr>().is_ok()) && is_port(&literal[end + 1..])
}

/// Nothing, or a colon and a decimal number up to 65535; the number may be missing (RFC 3986 3.2.3).
fn is_port(rest: &[u8]) -> bool {
    let [b':', digits @ ..] = rest else { return rest.is_empty() };
    let at_most_five_digits = digits.len() <= 5 && digits.iter().all(u8::is_ascii_digit);
    at_most_five_digits && digits.iter().fold(0, |number, digit| number * 10 + u32::from(digit - b'0')) <= 65_535
}

/// The WHATWG test for "ends in a number": the last label is all digits, or `0x` with hexadecimal digits.
fn may_end_in_number(host: &[u8]) -> bool {
    let host = host.strip_suffix(b".").unwrap_or(host);
    if !host.last().is_some_and(|byte| byte.is_ascii_hexdigit() || matches!(byte, b'x' | b'X')) {
        return false;
    }
    let label = host.rsplit(|&byte| byte == b'.').next().unwrap_or_default();
    match label {
        [b'0', b'x' | b'X', digits @ ..] => digits.iter().all(u8::is_ascii_hexdigit),
        _ => label.iter().all(u8::is_ascii_digit),
    }
}

fn is_ipv4(host: &[u8]) -> bool {
    let host = host.strip_suffix(b".").unwrap_or(host);
    std::str::from_utf8(host).is_ok_and(|host| host.parse::<Ipv4Addr>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_that_are() {
        for host in [
            "a",
            "localhost",
            "localhost:3000",
            "example.com",
            "example.com.",
            "example.com:",
            "example.com:0",
            "example.com:65535",
            "EXAMPLE.com:080",
            "xn--mnchen-3ya.de",
            "my_service.internal",
            "a-b.c~d!$&'()*+,;=e",
            "127.0.0.1",
            "127.0.0.1:80",
            "127.0.0.1.",
            "1.2.3.4.example",
            "3com.com",
            "0xcafe.example",
            "[::1]",
            "[::1]:8080",
            "[2001:db8::ff00:42:8329]",
            "[::ffff:127.0.0.1]:1",
            "beef.cafe",
        ] {
            assert!(is_authority(host.as_bytes()), "{host}");
        }
        assert!(is_authority(&[b'a'; MAX_HOST]));
    }

    #[test]
    fn hosts_that_are_not() {
        for host in [
            "",
            ":",
            ":80",
            "a b",
            "a\tb",
            "a/b",
            "a\\b",
            "a?b",
            "a#b",
            "user@host",
            "user:password@host",
            "http://host",
            "host,other",
            "host, other",
            "host:80:80",
            "host:65536",
            "host:99999",
            "host:000080",
            "host:8o",
            "host:+80",
            "host:-1",
            "host: 80",
            "host :80",
            "ho%73t",
            "ho%2fst",
            "<host>",
            "h\"ost",
            "{host}",
            "höst",
            "::1",
            "[::1",
            "::1]",
            "[]",
            "[::1]x",
            "[::1]:x",
            "[::1]80",
            "[fe80::1%25eth0]",
            "[v1.fe80]",
            "[127.0.0.1]",
            "[:::1]",
            "256.0.0.1",
            "1.2.3",
            "127.1",
            "1.2.3.4.5",
            "2130706433",
            "0x7f.1",
            "0x7f000001",
            "a.0x",
            "127.0.0.01",
            "example.1",
        ] {
            if host == "host,other" {
                // A comma is a sub-delimiter of RFC 3986 and no separator here: one odd name, not two hosts.
                assert!(is_authority(host.as_bytes()));
            } else {
                assert!(!is_authority(host.as_bytes()), "{host}");
            }
        }
        assert!(!is_authority(&[b'a'; MAX_HOST + 1]));
    }
}
