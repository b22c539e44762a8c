//! Chains of proxies, honest and not.

use std::net::IpAddr;

use super::{ForwardedHeader, Origin, TrustedProxies};

/// Lines of headers by name.
type Lines = &'static [(&'static str, &'static str)];

fn origin(proxies: &TrustedProxies, peer: &str, lines: Lines) -> Option<Origin<'static>> {
    let peer = (peer != "unix").then(|| peer.parse().expect(peer));
    let fields =
        |name: &'static str| lines.iter().filter(move |(line, _)| *line == name).map(|(_, value)| value.as_bytes());
    proxies.origin(peer, fields)
}

fn networks(entries: &[&str], header: ForwardedHeader) -> TrustedProxies {
    TrustedProxies::networks(entries.iter().copied(), header).expect("networks")
}

#[track_caller]
fn assert_address(proxies: &TrustedProxies, peer: &str, lines: Lines, expected: &str) {
    let address = origin(proxies, peer, lines).map_or_else(|| peer.parse().ok(), |origin| origin.address);
    assert_eq!(address, expected.parse::<IpAddr>().ok(), "{peer} {lines:?}");
}

#[test]
fn by_network_the_walk_ends_at_the_first_stranger() {
    let proxies = networks(&["10.0.0.0/8", "fd00::/8", "loopback"], ForwardedHeader::XForwarded);
    for (peer, lines, expected) in [
        // Nobody's word but that of a trusted peer.
        ("192.0.2.1", &[("x-forwarded-for", "1.1.1.1")][..], "192.0.2.1"),
        ("10.0.0.1", &[], "10.0.0.1"),
        ("10.0.0.1", &[("x-forwarded-for", "1.1.1.1")], "1.1.1.1"),
        ("10.0.0.1", &[("x-forwarded-for", "1.1.1.1, 2.2.2.2")], "2.2.2.2"),
        ("10.0.0.1", &[("x-forwarded-for", "1.1.1.1, 2.2.2.2, 10.0.0.2")], "2.2.2.2"),
        // Several lines are one list.
        ("10.0.0.1", &[("x-forwarded-for", "1.1.1.1"), ("x-forwarded-for", "2.2.2.2,10.0.0.2")], "2.2.2.2"),
        ("10.0.0.1", &[("x-forwarded-for", "2.2.2.2"), ("x-forwarded-for", "10.0.0.2")], "2.2.2.2"),
        // All are trusted: the outermost.
        ("10.0.0.1", &[("x-forwarded-for", "10.0.0.3, 10.0.0.2")], "10.0.0.3"),
        // A client that pretends to be a proxy is still the last that a trusted one has seen.
        ("10.0.0.1", &[("x-forwarded-for", "1.1.1.1, 10.9.9.9, 2.2.2.2")], "2.2.2.2"),
        // What cannot be read ends the walk at whoever wrote it.
        ("10.0.0.1", &[("x-forwarded-for", "1.1.1.1, nonsense")], "10.0.0.1"),
        ("10.0.0.1", &[("x-forwarded-for", "1.1.1.1, nonsense, 10.0.0.2")], "10.0.0.2"),
        ("10.0.0.1", &[("x-forwarded-for", "1.1.1.1, , 10.0.0.2")], "10.0.0.2"),
        ("10.0.0.1", &[("x-forwarded-for", "1.1.1.1,")], "10.0.0.1"),
        ("10.0.0.1", &[("x-forwarded-for", "1.1.1.1, unknown")], "10.0.0.1"),
        ("10.0.0.1", &[("x-forwarded-for", "")], "10.0.0.1"),
        // IPv6, also for IPv4.
        ("::1", &[("x-forwarded-for", "2001:db8::1, fd00::2")], "2001:db8::1"),
        ("fd00::1", &[("x-forwarded-for", "[2001:db8::1]:443")], "2001:db8::1"),
        ("::ffff:10.0.0.1", &[("x-forwarded-for", "::ffff:1.1.1.1")], "1.1.1.1"),
        // The other header is not the proxies': the client wrote it.
        ("10.0.0.1", &[("forwarded", "for=1.1.1.1")], "10.0.0.1"),
        ("10.0.0.1", &[("forwarded", "for=1.1.1.1"), ("x-forwarded-for", "2.2.2.2")], "2.2.2.2"),
    ] {
        assert_address(&proxies, peer, lines, expected);
    }
}

#[test]
fn by_count_the_walk_ends_after_so_many() {
    let lines: Lines = &[("x-forwarded-for", "1.1.1.1, 2.2.2.2, 3.3.3.3")];
    for (count, expected) in [(0, "9.9.9.9"), (1, "3.3.3.3"), (2, "2.2.2.2"), (3, "1.1.1.1"), (4, "1.1.1.1")] {
        assert_address(&TrustedProxies::hops(count, ForwardedHeader::XForwarded), "9.9.9.9", lines, expected);
    }
    let two = TrustedProxies::hops(2, ForwardedHeader::XForwarded);
    assert_address(&two, "9.9.9.9", &[("x-forwarded-for", "1.1.1.1, bad, 3.3.3.3")], "3.3.3.3");
    assert_address(&two, "9.9.9.9", &[("x-forwarded-for", "1.1.1.1, unknown, 3.3.3.3")], "3.3.3.3");
}

#[test]
fn forwarded_is_read_where_the_proxies_write_it() {
    let proxies = networks(&["10.0.0.0/8"], ForwardedHeader::Forwarded);
    for (lines, expected) in [
        (&[("forwarded", "for=1.1.1.1")][..], "1.1.1.1"),
        (&[("forwarded", "for=1.1.1.1, for=2.2.2.2;by=10.0.0.1")], "2.2.2.2"),
        (&[("forwarded", "for=\"[2001:db8::1]:1234\", for=10.0.0.2")], "2001:db8::1"),
        (&[("forwarded", "for=2.2.2.2"), ("forwarded", "for=10.0.0.2")], "2.2.2.2"),
        // The client's open quote swallows nothing.
        (&[("forwarded", "for=\"1.1.1.1, for=2.2.2.2")], "2.2.2.2"),
        (&[("forwarded", "x=\", for=\"[2001:db8::1]\"")], "2001:db8::1"),
        (&[("forwarded", "for=1.1.1.1;x=\"\\, for=\"2.2.2.2:80\"")], "2.2.2.2"),
        (&[("forwarded", "for=1.1.1.1, for=_hidden")], "10.0.0.1"),
        (&[("forwarded", "for=1.1.1.1, for=unknown, for=10.0.0.2")], "10.0.0.2"),
        (&[("forwarded", "for=1.1.1.1, proto=https")], "10.0.0.1"),
        (&[("forwarded", "for=1.1.1.1, for=2001:db8::1")], "10.0.0.1"),
        (&[("forwarded", "for=1.1.1.1,")], "10.0.0.1"),
        (&[("x-forwarded-for", "1.1.1.1")], "10.0.0.1"),
    ] {
        assert_address(&proxies, "10.0.0.1", lines, expected);
    }
}

#[test]
fn scheme_and_host_of_the_outermost_element_that_counts() {
    let proxies = networks(&["10.0.0.0/8"], ForwardedHeader::Forwarded);
    for (line, secure, host) in [
        (&[("forwarded", "for=1.1.1.1;proto=https;host=a.example")][..], Some(true), Some("a.example")),
        (&[("forwarded", "for=1.1.1.1;proto=HTTP")], Some(false), None),
        (&[("forwarded", "for=1.1.1.1;proto=gopher;host=\"[::1]:8080\"")], None, Some("[::1]:8080")),
        // The client's own element does not count.
        (&[("forwarded", "for=6.6.6.6;proto=https;host=evil.example, for=1.1.1.1")], None, None),
        (
            &[(
                "forwarded",
                "for=6.6.6.6;host=evil.example, for=1.1.1.1;host=a.example;proto=https, for=10.0.0.2;host=inner",
            )],
            Some(true),
            Some("a.example"),
        ),
        // A hidden client's proxy is heard all the same.
        (&[("forwarded", "for=_hidden;proto=https")], Some(true), None),
        (&[("forwarded", "for=bad;proto=https;host=evil.example")], None, None),
    ] {
        let origin = origin(&proxies, "10.0.0.1", line).expect("a trusted peer");
        assert_eq!((origin.secure, origin.host), (secure, host.map(str::as_bytes)), "{line:?}");
    }
}

#[test]
fn x_forwarded_lists_are_read_at_the_place_of_the_client() {
    let proxies = networks(&["10.0.0.0/8"], ForwardedHeader::XForwarded);
    for (lines, secure, host, port) in [
        (&[("x-forwarded-proto", "https")][..], Some(true), None, None),
        (
            &[
                ("x-forwarded-for", "1.1.1.1"),
                ("x-forwarded-proto", "https"),
                ("x-forwarded-host", "a.example"),
                ("x-forwarded-port", "8443"),
            ],
            Some(true),
            Some("a.example"),
            Some(8443),
        ),
        // A proxy that adds to what the client sent.
        (
            &[
                ("x-forwarded-for", "6.6.6.6, 1.1.1.1"),
                ("x-forwarded-proto", "https, http"),
                ("x-forwarded-host", "evil.example, a.example"),
            ],
            Some(false),
            Some("a.example"),
            None,
        ),
        // Two proxies that add, and two of which the inner one leaves the lists alone.
        (&[("x-forwarded-for", "1.1.1.1, 10.0.0.2"), ("x-forwarded-proto", "https,http")], Some(true), None, None),
        (&[("x-forwarded-for", "1.1.1.1, 10.0.0.2"), ("x-forwarded-proto", "https")], Some(true), None, None),
        (&[("x-forwarded-for", "bad"), ("x-forwarded-proto", "https, http")], Some(false), None, None),
        (&[("x-forwarded-proto", "wss")], Some(true), None, None),
        (&[("x-forwarded-proto", "ftp"), ("x-forwarded-host", "a/b"), ("x-forwarded-port", "x")], None, None, None),
        (&[("x-forwarded-host", "user@a"), ("x-forwarded-port", "65536")], None, None, None),
        (&[("x-forwarded-host", ""), ("x-forwarded-proto", ""), ("x-forwarded-port", "")], None, None, None),
    ] {
        let origin = origin(&proxies, "10.0.0.1", lines).expect("a trusted peer");
        assert_eq!((origin.secure, origin.host, origin.port), (secure, host.map(str::as_bytes), port), "{lines:?}");
    }
}

#[test]
fn the_host_header_the_client_would_have_sent() {
    for (came, secure, host, port, expected) in [
        ("inner", None, None, None, None),
        ("inner", Some(true), Some("a.example"), None, Some("a.example")),
        ("inner", Some(true), Some("inner"), None, None),
        ("inner", Some(true), None, Some(443), None),
        ("inner", Some(false), None, Some(80), None),
        ("inner", None, None, Some(8080), Some("inner:8080")),
        ("inner", Some(true), Some("a.example"), Some(80), Some("a.example:80")),
        ("inner", Some(true), Some("a.example:444"), Some(8443), Some("a.example:444")),
        ("inner", Some(true), Some("[::1]"), Some(8443), Some("[::1]:8443")),
        ("inner", Some(true), Some("[::1]:444"), Some(8443), Some("[::1]:444")),
    ] {
        let origin = Origin { address: None, secure, host: host.map(str::as_bytes), port };
        let header = origin.host_header(came.as_bytes());
        assert_eq!(header.as_deref(), expected.map(str::as_bytes), "{came} {host:?} {port:?}");
    }
}

#[test]
fn a_unix_socket_is_trusted_by_its_name_or_by_count() {
    let lines: Lines = &[("x-forwarded-for", "1.1.1.1")];
    let named = networks(&["unix"], ForwardedHeader::XForwarded);
    let counted = TrustedProxies::hops(1, ForwardedHeader::XForwarded);
    for proxies in [&named, &counted] {
        assert_eq!(origin(proxies, "unix", lines).expect("trusted").address, "1.1.1.1".parse().ok());
    }
    assert!(
        origin(&networks(&["0.0.0.0/0", "::/0", "loopback"], ForwardedHeader::XForwarded), "unix", lines).is_none()
    );
    assert!(origin(&named, "127.0.0.1", lines).is_none());
}

#[test]
fn no_list_of_bytes_makes_it_fail() {
    let proxies = [
        TrustedProxies::hops(u32::MAX, ForwardedHeader::XForwarded),
        TrustedProxies::hops(u32::MAX, ForwardedHeader::Forwarded),
    ];
    let alphabet = b"for=\"\\,;: []1.:a_\xff\t";
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for _ in 0..20_000 {
        let line: Vec<u8> = (0..24)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                alphabet[(state >> 33) as usize % alphabet.len()]
            })
            .collect();
        for proxies in &proxies {
            let origin = proxies.origin("9.9.9.9".parse().ok(), |_| std::iter::once(&line[..])).expect("trusted");
            assert!(origin.address.is_some());
        }
    }
}
