//! What must hold for any bytes: no split changes the outcome, nothing panics, and what passes is read alike by others.

use covet_http::{GateLimits, GateState};

use crate::connection::{Outcome, feed, feed_whole, read};
use crate::random::Random;

/// Small enough that random streams reach each of them.
const TIGHT: GateLimits = GateLimits {
    max_head: 220,
    max_headers: 6,
    max_target: 60,
    max_chunk_extensions: 20,
    max_trailers: 2,
    max_trailer_bytes: 40,
};

/// A connection's worth of valid requests.
fn valid_stream(random: &mut Random) -> Vec<u8> {
    let mut stream = Vec::new();
    for _ in 0..random.within(1..4) {
        request(random, &mut stream);
    }
    stream
}

fn request(random: &mut Random, out: &mut Vec<u8>) {
    out.extend_from_slice(random.pick(&["", "", "", "\r\n", "\r\n\r\n"]).as_bytes());
    let version = random.pick(&["1.1", "1.1", "1.1", "1.0"]);
    let method = random.pick(&["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);
    let target = random.pick(&["/", "/users/42?a=b", "http://example.com/x", "https://[::1]:8443", "/%2e%2e//a/./"]);
    out.extend_from_slice(format!("{method} {target} HTTP/{version}\r\n").as_bytes());
    let host = random.pick(&["example.com", "localhost:3000", "[::1]:80", "127.0.0.1"]);
    let mut headers = vec![format!("Host: {host}"), format!("X-Filler: {}", "a".repeat(random.within(0..30)))];
    if version == "1.0" {
        headers.push("connection: te, keep-alive".to_owned());
    }
    if random.within(0..4) == 0 {
        headers.push("Expect:  100-Continue ".to_owned());
    }
    let mut body = Vec::new();
    match random.within(0..3) {
        0 => {}
        1 => {
            let length = random.within(0..50);
            headers.push(format!("content-length:{length}"));
            body.extend((0..length).map(|_| u8::try_from(random.within(0..256)).expect("a byte")));
        }
        _ if version == "1.0" => headers.push("Content-Length: 0".to_owned()),
        _ => {
            headers.push("Transfer-Encoding: \tChunked".to_owned());
            chunks(random, &mut body);
        }
    }
    // The order of headers must not matter.
    for _ in 0..headers.len() {
        let chosen = random.within(0..headers.len());
        headers.swap(0, chosen);
    }
    for header in headers {
        out.extend_from_slice(header.as_bytes());
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(&body);
}

fn chunks(random: &mut Random, out: &mut Vec<u8>) {
    for _ in 0..random.within(0..4) {
        let size = random.within(1..40);
        let extension = random.pick(&["", "", ";a", ";a=b;c", ";a=\"b;\\\"c\""]);
        out.extend_from_slice(format!("{size:X}{extension}\r\n").as_bytes());
        out.extend((0..size).map(|_| u8::try_from(random.within(0..256)).expect("a byte")));
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(random.pick(&["0\r\n\r\n", "00;z\r\n\r\n", "0\r\nX-Sum: 1\r\nX-B:\r\n\r\n"]).as_bytes());
}

/// Damages a stream with what parsers have stumbled over.
fn mutate(random: &mut Random, stream: &mut Vec<u8>) {
    let nasty: [&[u8]; 22] = [
        b"\r",
        b"\n",
        b"\r\n",
        b"\r\n\r\n",
        b"\0",
        b" ",
        b"\t",
        b":",
        b";",
        b"=",
        b"\"",
        b"\\",
        b"0",
        b"5",
        b"f",
        b"\x80",
        b"\xff",
        b"\x7f",
        b"Content-Length: 3\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"Host: b\r\n",
        b"Connection: close\r\n",
    ];
    for _ in 0..random.within(1..4) {
        let at = random.within(0..stream.len());
        match random.within(0..5) {
            0 => stream[at] = u8::try_from(random.within(0..256)).expect("a byte"),
            1 => drop(stream.remove(at)),
            2 => drop(stream.splice(at..at, random.pick(&nasty).iter().copied())),
            3 => stream[at] ^= 0x20,
            _ => {
                let end = (at + random.within(0..20)).min(stream.len());
                let copy = stream[at..end].to_vec();
                let to = random.within(0..stream.len());
                stream.splice(to..to, copy);
            }
        }
        if stream.is_empty() {
            stream.push(b'G');
        }
    }
}

/// Cuts a stream into pieces, empty ones among them.
fn pieces<'a>(random: &mut Random, stream: &'a [u8]) -> Vec<&'a [u8]> {
    let widest = [2, 4, 20, 200][random.within(0..4)];
    let mut pieces = Vec::new();
    let mut rest = stream;
    while !rest.is_empty() {
        let (piece, tail) = rest.split_at(random.within(0..widest).min(rest.len()));
        pieces.push(piece);
        rest = tail;
    }
    pieces
}

/// Holds the gate to what it promises about bytes that passed.
fn assert_sound(outcome: &Outcome) {
    let messages = read(&outcome.passed);
    assert_eq!(messages.len() as u64, outcome.heads, "the reader sees as many requests as the gate");
    let in_body = match outcome.state {
        GateState::Body { .. } => true,
        GateState::Refused { in_body } => in_body,
        _ => false,
    };
    let complete = messages.iter().filter(|message| message.complete).count();
    assert_eq!(complete, messages.len() - usize::from(in_body), "and the same body open");
    if let (GateState::Body { received, .. }, Some(last)) = (outcome.state, messages.last()) {
        assert_eq!(last.body.len() as u64, received, "of the same length");
    }
    for message in &messages {
        let uri = http::Uri::try_from(&message.target).expect("hyper takes the target");
        assert!(uri.authority().is_none_or(|authority| !authority.as_str().contains('@')));
        assert!(http::Method::from_bytes(message.method.as_bytes()).is_ok());
        assert!(message.http10 || message.header("host").len() == 1);
        assert!(message.header("content-length").len() + message.header("transfer-encoding").len() <= 1);
        assert!(!message.http10 || message.header("transfer-encoding").is_empty());
        assert!(!message.http10 || !message.header("expect").iter().any(|value| value.starts_with(b"100")));
        for (name, value) in &message.headers {
            assert!(http::HeaderName::from_bytes(name.as_bytes()).is_ok());
            assert!(http::HeaderValue::from_bytes(value).is_ok());
        }
    }
}

#[test]
fn valid_streams_pass_whole_however_they_are_cut() {
    for seed in 0..4_000 {
        let random = &mut Random(seed);
        let stream = valid_stream(random);
        let whole = feed_whole(&stream);
        assert_eq!((whole.refusal, whole.end), (None, None), "seed {seed}");
        assert_eq!(whole.passed.len(), stream.len(), "seed {seed}");
        assert_sound(&whole);
        let cut = feed(GateLimits::default(), pieces(random, &stream));
        assert_eq!(cut, whole, "seed {seed}");
    }
}

#[test]
fn damaged_streams_are_judged_alike_however_they_are_cut() {
    let (mut refused, mut passed) = (0, 0);
    for seed in 0..20_000 {
        let random = &mut Random(seed);
        let mut stream = valid_stream(random);
        mutate(random, &mut stream);
        let limits = if seed % 2 == 0 { GateLimits::default() } else { TIGHT };
        let whole = feed(limits, [stream.as_slice()]);
        assert_sound(&whole);
        let cut = feed(limits, pieces(random, &stream));
        assert_eq!(cut, whole, "seed {seed}: {}", stream.escape_ascii());
        refused += u32::from(whole.refusal.is_some());
        passed += u32::from(whole.refusal.is_none());
    }
    // Neither half of the judgement may be tested by a handful of streams.
    assert!(refused > 5_000 && passed > 2_000, "{refused} refused, {passed} passed");
}

#[test]
fn noise_never_passes() {
    for seed in 0..5_000 {
        let random = &mut Random(seed);
        let length = random.within(1..300);
        let noise: Vec<u8> = (0..length).map(|_| u8::try_from(random.within(0..256)).expect("a byte")).collect();
        let whole = feed_whole(&noise);
        assert_eq!((whole.heads, whole.passed.len()), (0, 0), "seed {seed}");
        assert_eq!(feed(GateLimits::default(), pieces(random, &noise)), whole, "seed {seed}");
    }
}
