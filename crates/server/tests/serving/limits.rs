//! The gate and the clock around a handler: what they refuse never reaches it.

use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use covet_http::{BodyRate, Limits};
use covet_server::ServerOptions;

use crate::harness::Server;

const SHORT: Duration = Duration::from_millis(200);

fn options(limits: Limits) -> ServerOptions {
    ServerOptions { limits, ..ServerOptions::default() }
}

/// Sends `raw` and expects `status`, then the end, with the handler told and never asked.
fn assert_refused(server: &Server, raw: &str, status: u16) {
    assert_refused_after(server, raw, status, 0);
}

/// As [`assert_refused`], for what breaks a rule only while the handler reads the body: it is asked `asked` times.
fn assert_refused_after(server: &Server, raw: &str, status: u16, asked: usize) {
    let mut client = server.connect();
    let handled = server.seen.handled.load(Ordering::SeqCst);
    let begin = Instant::now();
    let answer = client.send(raw).answer();
    assert_eq!(answer.status, status, "{answer:?}");
    assert_eq!(answer.header("connection"), Some("close"), "{answer:?}");
    assert_eq!(client.rest(), "");
    assert!(begin.elapsed() < Duration::from_secs(4), "{:?}", begin.elapsed());
    assert_eq!(server.seen.handled.load(Ordering::SeqCst), handled + asked, "the handler is asked {asked} times");
    let refused = server.seen.refused.lock().expect("no test panics while it holds this");
    let told = refused.last().expect("the handler is told of the refusal");
    assert_eq!((told.status, Some(told.error_id.as_str())), (status, answer.header("x-error-id")));
}

#[test]
fn what_the_gate_refuses_never_reaches_the_handler() {
    let server = Server::start(&options(Limits { max_head: 512, max_headers: 5, max_target: 64, ..Limits::default() }));
    let long = "a".repeat(600);
    let headers = "A: b\r\n".repeat(6);
    for (raw, status) in [
        ("GET /a HTTP/1.1\r\n\r\n".to_owned(), 400),
        ("GET /a HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n".to_owned(), 400),
        ("BREW /a HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(), 501),
        ("GET /a HTTP/3.0\r\nHost: a\r\n\r\n".to_owned(), 505),
        (format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "a".repeat(64)), 414),
        (format!("GET /a HTTP/1.1\r\nHost: a\r\nX: {long}\r\n\r\n"), 431),
        (format!("GET /a HTTP/1.1\r\nHost: a\r\n{headers}\r\n"), 431),
        ("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n".to_owned(), 400),
        ("POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n".to_owned(), 400),
    ] {
        assert_refused(&server, &raw, status);
        server.assert_serves();
    }
}

#[test]
fn a_head_and_a_body_have_their_time() {
    let server = Server::start(&options(Limits {
        head_timeout: SHORT,
        body_rate: BodyRate { bytes_per_second: 1000, grace: SHORT },
        ..Limits::default()
    }));
    assert_refused(&server, "GET /a HTTP/1.1\r\nHost", 408);
    assert_refused(&server, "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf", 408);
    let whole = Server::start(&options(Limits {
        body_timeout: Some(SHORT),
        body_rate: BodyRate { bytes_per_second: 0, grace: SHORT },
        ..Limits::default()
    }));
    assert_refused(&whole, "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf", 408);
    // A body of unknown length that is not there yet is the handler's to read.
    let chunked = "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nha";
    assert_refused_after(&whole, chunked, 408, 1);
    server.assert_serves();
    whole.assert_serves();
}

#[test]
fn a_connection_that_rests_too_long_is_closed_without_a_word() {
    let server =
        Server::start(&options(Limits { keep_alive_timeout: SHORT, head_timeout: SHORT, ..Limits::default() }));
    let begin = Instant::now();
    let (mut fresh, mut used) = (server.connect(), server.connect());
    assert_eq!(used.ask("GET", "/a").status, 200);
    assert_eq!((fresh.rest(), used.rest()), (String::new(), String::new()));
    assert!(begin.elapsed() >= SHORT && begin.elapsed() < Duration::from_secs(4), "{:?}", begin.elapsed());
}

#[test]
fn a_body_above_the_limit_is_refused_by_its_length_or_as_it_comes() {
    let server = Server::start(&options(Limits { max_body: 10, ..Limits::default() }));
    let mut client = server.connect();
    let answer = client.send("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n0123456789").answer();
    assert_eq!(answer.body, "Route(RouteId(1)) /a 0123456789");
    assert_refused(&server, "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n", 413);
    let chunked = "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n012345\r\n6\r\n012345\r\n";
    assert_refused(&server, chunked, 413);
    server.assert_serves();
}

#[test]
fn a_head_that_comes_in_pieces_within_its_time_is_served() {
    let server = Server::start(&options(Limits { head_timeout: Duration::from_secs(2), ..Limits::default() }));
    let mut client = server.connect();
    for piece in ["GE", "T /a HT", "TP/1.1\r", "\nHost: a\r\n\r", "\n"] {
        client.send(piece);
        thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(client.answer().body, "Route(RouteId(0)) /a ");
}
