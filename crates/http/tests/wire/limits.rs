//! The gate's limits: one byte or line below passes, one above is refused, and no piece of input is looked at twice.

use std::time::{Duration, Instant};

use covet_http::{GateLimits, Refusal};

use crate::connection::{Outcome, feed};

const LIMITS: GateLimits = GateLimits {
    max_head: 256,
    max_headers: 8,
    max_target: 32,
    max_chunk_extensions: 16,
    max_trailers: 4,
    max_trailer_bytes: 64,
};

/// The outcome, which must be the same byte by byte.
fn outcome(stream: &str) -> Outcome {
    let whole = feed(LIMITS, [stream.as_bytes()]);
    assert_eq!(feed(LIMITS, stream.as_bytes().chunks(1)), whole, "{stream:?} byte by byte");
    whole
}

fn chunked(body: &str) -> String {
    format!("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{body}")
}

#[test]
fn the_target() {
    let request = |length: usize| format!("OPTIONS /{} HTTP/1.1\r\nHost: a\r\n\r\n", "a".repeat(length - 1));
    assert_eq!(outcome(&request(32)).refusal, None);
    assert_eq!(outcome(&request(33)).refusal, Some(Refusal::TargetTooLong));
    // A short method leaves room in the line: the target itself is measured as well.
    assert_eq!(outcome(&request(33).replace("OPTIONS", "GET")).refusal, Some(Refusal::TargetTooLong));
    assert_eq!(outcome(&format!("GET /{}", "a".repeat(45))).refusal, None, "50 bytes may still become a line of 51");
    assert_eq!(outcome(&format!("GET /{}", "a".repeat(46))).refusal, Some(Refusal::TargetTooLong));
    // A control character before the limit is named as such, one behind it is not looked at.
    assert_eq!(outcome(&format!("GET /{}\0", "a".repeat(45))).refusal, Some(Refusal::ControlCharacter));
    assert_eq!(outcome(&format!("GET /{}\0", "a".repeat(46))).refusal, Some(Refusal::TargetTooLong));
}

#[test]
fn the_head() {
    let request = |length: usize| {
        let head = "GET / HTTP/1.1\r\nHost: a\r\nX: \r\n\r\n";
        head.replace("X: ", &format!("X: {}", "a".repeat(length - head.len())))
    };
    assert_eq!(outcome(&request(256)).refusal, None);
    for length in [257, 258, 259, 300] {
        assert_eq!(outcome(&request(length)).refusal, Some(Refusal::HeadTooLarge), "{length} bytes");
    }
    let endless = &request(1_000)[..256];
    assert_eq!(outcome(&endless[..255]).refusal, None);
    assert_eq!(outcome(endless).refusal, Some(Refusal::HeadTooLarge));
    assert_eq!(outcome(&format!("\r\n{}", request(256))).refusal, Some(Refusal::HeadTooLarge), "empty lines count");
    // Each request has its own allowance.
    assert_eq!(outcome(&request(256).repeat(3)).heads, 3);
}

#[test]
fn the_headers() {
    let request = |headers: usize| format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "A: b\r\n".repeat(headers - 1));
    assert_eq!(outcome(&request(8)).refusal, None);
    assert_eq!(outcome(&request(9)).refusal, Some(Refusal::TooManyHeaders));
    assert_eq!(outcome(&request(8).repeat(2)).heads, 2);
}

#[test]
fn the_chunk_extensions_of_a_whole_body() {
    let one = |length: usize| format!("1;{}\r\nx\r\n", "a".repeat(length - 1));
    assert_eq!(outcome(&chunked(&one(16))).refusal, None);
    assert_eq!(outcome(&chunked(&one(17))).refusal, Some(Refusal::ChunkExtensionsTooLarge));
    assert_eq!(outcome(&chunked(&one(4).repeat(4))).refusal, None);
    assert_eq!(
        outcome(&chunked(&format!("{}{}", one(4).repeat(4), one(2)))).refusal,
        Some(Refusal::ChunkExtensionsTooLarge)
    );
    assert_eq!(outcome(&chunked(&format!("1;a=\"{}", "b".repeat(13)))).refusal, Some(Refusal::ChunkExtensionsTooLarge));
    assert_eq!(outcome(&chunked(&"1\r\nx\r\n".repeat(100))).refusal, None, "chunks without extensions are free");
}

#[test]
fn the_trailers() {
    let body = |trailers: &str| chunked(&format!("0\r\n{trailers}\r\n"));
    assert_eq!(outcome(&body(&"A: b\r\n".repeat(4))).refusal, None);
    assert_eq!(outcome(&body(&"A: b\r\n".repeat(5))).refusal, Some(Refusal::TrailersTooLarge));
    let line = |length: usize| format!("A: {}\r\n", "b".repeat(length - 5));
    assert_eq!(outcome(&body(&line(64))).refusal, None);
    for length in [65, 66, 67, 100] {
        assert_eq!(outcome(&body(&line(length))).refusal, Some(Refusal::TrailersTooLarge), "{length} bytes");
    }
    assert_eq!(outcome(&body(&line(32).repeat(2))).refusal, None);
    assert_eq!(outcome(&body(&format!("{}{}", line(32), line(33)))).refusal, Some(Refusal::TrailersTooLarge));
    let endless = chunked(&format!("0\r\nA: {}", "b".repeat(200)));
    assert_eq!(outcome(&endless).refusal, Some(Refusal::TrailersTooLarge));
}

#[test]
fn a_head_that_drips_is_looked_at_once() {
    const SIZE: usize = 1 << 18;
    let limits = GateLimits { max_head: SIZE, max_target: SIZE, max_trailer_bytes: SIZE, ..GateLimits::default() };
    // Byte by byte this is 262,144 short steps, a fraction of a second; looked at from the start each time it would be
    // 34 thousand million bytes. So the bound can be wide enough for any machine.
    let bound = Duration::from_secs(15);
    for (start, fill) in [
        ("GET /", "a"),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: ", "a"),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: ", "\t"),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: ", "a"),
    ] {
        let stream = format!("{start}{}", fill.repeat(SIZE - start.len() - 1));
        let begun = Instant::now();
        let mut gate = covet_http::Gate::new(limits);
        let (mut passed, mut end) = (0, 0);
        while end < stream.len() {
            end += 1;
            let scan = gate.scan(&stream.as_bytes()[passed..end]);
            assert_eq!(scan.refusal, None);
            passed += scan.pass;
            assert!(begun.elapsed() < bound, "{start:?} took more than linear time");
        }
        assert!(gate.end().is_some(), "{start:?} is still incomplete");
    }
}
