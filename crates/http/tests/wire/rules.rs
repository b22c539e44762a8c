//! The gate's rules as tables: what is refused, as what, and what has passed by then.

use covet_http::{Gate, GateLimits, GateState, Refusal};

use crate::connection::{feed, feed_whole, read};

/// A head of those lines behind `GET / HTTP/1.1` and a Host.
fn with_lines(lines: &str) -> String {
    format!("GET / HTTP/1.1\r\nHost: a\r\n{lines}\r\n")
}

fn chunked(body: &str) -> String {
    format!("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{body}")
}

#[track_caller]
fn assert_refused(stream: &str, refusal: Refusal) {
    let outcome = feed_whole(stream.as_bytes());
    assert_eq!(outcome.refusal, Some(refusal), "{stream:?}");
    assert_eq!((outcome.passed.len(), outcome.heads), (0, 0), "{stream:?}");
    assert_eq!(outcome.state, GateState::Refused { in_body: false }, "{stream:?}");
}

#[track_caller]
fn assert_passes(stream: &str) {
    let outcome = feed_whole(stream.as_bytes());
    assert_eq!((outcome.refusal, outcome.end), (None, None), "{stream:?}");
    assert_eq!(outcome.passed, stream.as_bytes(), "{stream:?}");
}

#[test]
fn heads_refused_with_their_reason() {
    for (stream, refusal) in [
        ("GET / HTTP/1.1\r\n\r\n".to_owned(), Refusal::MissingHost),
        ("GET / HTTP/1.1\nHost: a\r\n\r\n".to_owned(), Refusal::BareLineFeed),
        ("GET / HTTP/1.1\rHost: a\r\n\r\n".to_owned(), Refusal::BareCarriageReturn),
        ("GET / HTTP/1.1\r\r\n\r\n".to_owned(), Refusal::BareCarriageReturn),
        ("\r\n\r\n\r\nGET / HTTP/1.1\r\n\r\n".to_owned(), Refusal::EmptyLines),
        ("\rGET".to_owned(), Refusal::BareCarriageReturn),
        ("\n".to_owned(), Refusal::BareLineFeed),
        ("\0".to_owned(), Refusal::MalformedRequestLine),
        ("\u{16}\u{3}\u{1}".to_owned(), Refusal::MalformedRequestLine),
        ("GET\0/".to_owned(), Refusal::ControlCharacter),
        ("PRI * HTTP/2.0\r\n".to_owned(), Refusal::UnsupportedVersion),
        ("BREW / HTTP/1.1\r\n".to_owned(), Refusal::UnknownMethod),
        ("GET /#a HTTP/1.1\r\n".to_owned(), Refusal::InvalidTarget),
        (with_lines("host: a\r\n"), Refusal::RepeatedHost),
        (with_lines(" X: a\r\n"), Refusal::FoldedHeader),
        (with_lines("X : a\r\n"), Refusal::MalformedHeader),
        (with_lines("X: a\0\r\n"), Refusal::ControlCharacter),
        (with_lines("X: a\u{7f}\r\n"), Refusal::ControlCharacter),
        (with_lines("X: a\rb\r\n"), Refusal::BareCarriageReturn),
        (with_lines("X: a\nY: b\r\n"), Refusal::BareLineFeed),
        (with_lines("\n"), Refusal::BareLineFeed),
        (with_lines("Content-Length: x\r\n"), Refusal::InvalidContentLength),
        (with_lines("Content-Length: 1\r\ncontent-length: 1\r\n"), Refusal::RepeatedContentLength),
        (with_lines("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n"), Refusal::ConflictingLength),
        (with_lines("Transfer-Encoding: chunked\r\nContent-Length: 1\r\n"), Refusal::ConflictingLength),
        (with_lines("Transfer-Encoding: gzip\r\n"), Refusal::InvalidTransferEncoding),
        (with_lines("Transfer-Encoding: gzip, chunked\r\n"), Refusal::UnsupportedTransferCoding),
        (with_lines("Transfer-Encoding: chunked\r\ntransfer-encoding: chunked\r\n"), Refusal::InvalidTransferEncoding),
        (with_lines("Expect: something\r\n"), Refusal::UnsupportedExpectation),
        (with_lines("Expect: 100-continue, 100-continue\r\n"), Refusal::UnsupportedExpectation),
        (with_lines("Expect:\r\n"), Refusal::UnsupportedExpectation),
        ("GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n".to_owned(), Refusal::TransferEncodingOnHttp10),
        ("GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n".to_owned(), Refusal::RepeatedHost),
        ("GET / HTTP/1.0\r\nHost:\r\n\r\n".to_owned(), Refusal::InvalidHost),
        ("GET / HTTP/1.1\r\nHost: a b\r\n\r\n".to_owned(), Refusal::InvalidHost),
        ("GET / HTTP/1.1\r\nHost:\r\n\r\n".to_owned(), Refusal::InvalidHost),
    ] {
        assert_refused(&stream, refusal);
    }
}

#[test]
fn heads_that_pass() {
    for stream in [
        "GET / HTTP/1.0\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHOST:a\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: \t a \t \r\n\r\n",
        "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX:\r\nY: caf\u{e9} \t z\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX-Host: b\r\nHosts: c\r\nTransfer-Encodings: d\r\nContent_Length: e\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-CONTINUE\r\n\r\nabc",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
    ] {
        assert_passes(stream);
    }
}

#[test]
fn a_head_passes_whole_or_not_at_all() {
    let head = "GET /a HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n";
    for length in 0..head.len() {
        let outcome = feed_whole(&head.as_bytes()[..length]);
        assert_eq!((outcome.passed.len(), outcome.heads, outcome.refusal), (0, 0, None), "{length} bytes");
        assert_eq!(outcome.state, if length == 0 { GateState::Idle } else { GateState::Head });
        assert_eq!(outcome.end, (length > 0).then_some(Refusal::IncompleteRequest));
    }
}

#[test]
fn an_empty_line_between_requests_leaves_the_connection_idle() {
    for ending in ["", "\r", "\r\n", "\r\n\r", "\r\n\r\n"] {
        let outcome = feed_whole(format!("{}{ending}", with_lines("")).as_bytes());
        assert_eq!((outcome.state, outcome.heads, outcome.end), (GateState::Idle, 1, None), "{ending:?}");
    }
}

#[test]
fn bodies_are_counted() {
    let mut gate = Gate::new(GateLimits::default());
    let head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n";
    assert_eq!(gate.scan(head).pass, head.len());
    assert_eq!(gate.state(), GateState::Body { received: 0, declared: Some(10) });
    assert_eq!(gate.scan(b"1234").pass, 4);
    assert_eq!(gate.state(), GateState::Body { received: 4, declared: Some(10) });
    assert_eq!(gate.end(), Some(Refusal::IncompleteRequest));
    assert_eq!(gate.scan(b"567890G").pass, 6);
    assert_eq!(gate.state(), GateState::Head);

    let mut gate = Gate::new(GateLimits::default());
    let start = chunked("5;extension=ignored\r\nhel");
    assert_eq!(gate.scan(start.as_bytes()).pass, start.len());
    assert_eq!(gate.state(), GateState::Body { received: 3, declared: None }, "frames don't count");
    assert_eq!(gate.scan(b"lo\r\n0\r\nX: y").pass, 7, "a trailer passes as a whole line");
    assert_eq!(gate.state(), GateState::Body { received: 5, declared: None });
    assert_eq!(gate.scan(b"X: y\r\n\r\n").pass, 8);
    assert_eq!(gate.state(), GateState::Idle);
}

#[test]
fn chunked_bodies_that_pass() {
    for body in [
        "0\r\n\r\n",
        "000\r\n\r\n",
        "0000000000000000\r\n\r\n",
        "5\r\nhello\r\n0\r\n\r\n",
        "0000000000000005\r\nhello\r\n0\r\n\r\n",
        "a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n",
        "2\r\n\r\n\r\n0\r\n\r\n",
        "1;a\r\nx\r\n0;b=c\r\n\r\n",
        "1;a=b;c;d=\"\";e=\"f;g\\\"\\\\\th\u{e9}\"\r\nx\r\n0\r\n\r\n",
        "0\r\nX: y\r\nZ:\r\n\r\n",
    ] {
        assert_passes(&chunked(body));
        let twice = format!("{0}{0}", chunked(body));
        assert_passes(&twice);
    }
}

#[test]
fn chunked_bodies_refused_at_the_first_wrong_byte() {
    for (good, wrong, refusal) in [
        ("", "g", Refusal::InvalidChunkSize),
        ("", " 5", Refusal::InvalidChunkSize),
        ("", "\r\n", Refusal::InvalidChunkSize),
        ("", ";a\r\n", Refusal::InvalidChunkSize),
        ("", "-5", Refusal::InvalidChunkSize),
        ("", "+5", Refusal::InvalidChunkSize),
        ("", "\n", Refusal::BareLineFeed),
        ("0", "x5", Refusal::InvalidChunkSize),
        ("5", " \r\n", Refusal::InvalidChunkSize),
        ("5", "\t;a", Refusal::InvalidChunkSize),
        ("5", "\0", Refusal::InvalidChunkSize),
        ("5", "\nhello", Refusal::BareLineFeed),
        ("5\r", "hello", Refusal::BareCarriageReturn),
        ("0000000000000000", "5\r\n", Refusal::InvalidChunkSize),
        ("5;", "\r\n", Refusal::InvalidChunkExtension),
        ("5;", ";a", Refusal::InvalidChunkExtension),
        ("5;", " a", Refusal::InvalidChunkExtension),
        ("5;", "=a", Refusal::InvalidChunkExtension),
        ("5;a", " =b", Refusal::InvalidChunkExtension),
        ("5;a", "\"b\"", Refusal::InvalidChunkExtension),
        ("5;a", "\n", Refusal::BareLineFeed),
        ("5;a=", "\r\n", Refusal::InvalidChunkExtension),
        ("5;a=", ";b", Refusal::InvalidChunkExtension),
        ("5;a=b", "\"c", Refusal::InvalidChunkExtension),
        ("5;a=b", "=c", Refusal::InvalidChunkExtension),
        ("5;a=\"b", "\r\n", Refusal::InvalidChunkExtension),
        ("5;a=\"b", "\n", Refusal::BareLineFeed),
        ("5;a=\"b", "\0", Refusal::InvalidChunkExtension),
        ("5;a=\"b\\", "\r", Refusal::InvalidChunkExtension),
        ("5;a=\"b\"", "c", Refusal::InvalidChunkExtension),
        ("5;a=\"b\"", " ;c", Refusal::InvalidChunkExtension),
        ("5\r\nhello", "\n0\r\n\r\n", Refusal::InvalidChunkEnd),
        ("5\r\nhello", "x", Refusal::InvalidChunkEnd),
        ("5\r\nhello\r", "0", Refusal::InvalidChunkEnd),
        ("5\r\nhello\r\n", "\r\n", Refusal::InvalidChunkSize),
        ("0\r\n", "\n", Refusal::BareLineFeed),
        ("0\r\n", "\rX", Refusal::BareCarriageReturn),
        ("0\r\n", " X: y\r\n", Refusal::FoldedHeader),
        ("0\r\n", "X\r\n", Refusal::MalformedHeader),
        ("0\r\n", "X : y\r\n", Refusal::MalformedHeader),
        ("0\r\n", "X: \0", Refusal::ControlCharacter),
        ("0\r\nX: y\r\n", "\tz\r\n", Refusal::FoldedHeader),
        ("0\r\nX: y\r\n", "content-LENGTH: 5\r\n", Refusal::ForbiddenTrailer),
        ("0\r\n", "Transfer-Encoding: chunked\r\n", Refusal::ForbiddenTrailer),
        ("0\r\n", "host: a\r\n", Refusal::ForbiddenTrailer),
        ("0\r\n", "Cookie: a=b\r\n", Refusal::ForbiddenTrailer),
    ] {
        let outcome = feed_whole(chunked(&format!("{good}{wrong}")).as_bytes());
        assert_eq!(outcome.refusal, Some(refusal), "{good:?} then {wrong:?}");
        assert_eq!(outcome.passed, chunked(good).as_bytes(), "{good:?} then {wrong:?}");
        assert_eq!((outcome.heads, outcome.state), (1, GateState::Refused { in_body: true }));
    }
}

#[test]
fn the_last_request_of_a_connection_ends_it() {
    let trash = "\0 anything \r\n\r\n";
    for (request, ends) in [
        ("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", true),
        ("GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, CLOSE\r\n\r\n", true),
        ("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nConnection: keep-alive\r\n\r\n", true),
        ("GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\nConnection: te, close\r\n\r\n", true),
        ("POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc", true),
        ("GET / HTTP/1.1\r\nHost: a\r\nConnection: close, te\r\n\r\n", true),
        ("GET / HTTP/1.0\r\n\r\n", true),
        ("GET / HTTP/1.0\r\nConnection: closed\r\n\r\n", true),
        ("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", false),
        ("GET / HTTP/1.0\r\nConnection: te, keep-alive\r\n\r\n", false),
        ("GET / HTTP/1.0\r\nConnection: keep-alive, te\r\n\r\n", false),
        ("GET / HTTP/1.1\r\nHost: a\r\nConnection: closed\r\n\r\n", false),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: close\r\n\r\n", false),
    ] {
        let outcome = feed_whole(format!("{request}{trash}").as_bytes());
        assert_eq!(outcome.passed, request.as_bytes(), "{request:?}");
        assert_eq!((outcome.state == GateState::Ended, outcome.refusal.is_none()), (ends, ends), "{request:?}");
    }
}

#[test]
fn an_expectation_of_http_10_is_overwritten() {
    let old = "POST / HTTP/1.0\r\nConnection: keep-alive\r\nExpect: \t100-Continue \r\nContent-Length: 2\r\n\r\nhi";
    let new = "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi";
    let stream = format!("{new}{old}{new}\r\n{old}");
    let scan = Gate::new(GateLimits::default()).scan(stream.as_bytes());
    let masked: Vec<_> = scan.masks.iter().map(|mask| &stream[mask.clone()]).collect();
    assert_eq!(masked, ["100-Continue", "100-Continue"]);

    let expectations: Vec<_> = read(&feed_whole(stream.as_bytes()).passed)
        .iter()
        .map(|message| String::from_utf8_lossy(message.header("expect")[0]).into_owned())
        .collect();
    assert_eq!(expectations, ["100-continue", "xxxxxxxxxxxx", "100-continue", "xxxxxxxxxxxx"]);
    // The mask lies in the piece that is passed, wherever the pieces are cut.
    assert_eq!(feed(GateLimits::default(), stream.as_bytes().chunks(7)), feed_whole(stream.as_bytes()));
}

#[test]
fn requests_before_a_refused_one_pass() {
    let good = with_lines("");
    let outcome = feed_whole(format!("{good}{good}GET / HTTP/1.1\r\n\r\n{good}").as_bytes());
    assert_eq!(outcome.passed, good.repeat(2).as_bytes());
    assert_eq!((outcome.heads, outcome.refusal), (2, Some(Refusal::MissingHost)));
    assert_eq!((outcome.state, outcome.end), (GateState::Refused { in_body: false }, None));
}
