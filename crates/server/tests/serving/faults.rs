//! Handlers that panic, refuse, or never end.

use std::sync::atomic::Ordering;

use covet_server::ServerOptions;

use crate::harness::{Answer, Server, wait_until};

fn assert_internal_error(server: &Server, answer: &Answer) {
    assert_eq!(answer.status, 500, "{answer:?}");
    assert!(answer.body.contains(r#""code":"SYSTEM_ERROR""#), "{answer:?}");
    assert!(!answer.body.contains("asked to"), "a panic's text stays inside: {answer:?}");
    let refused = server.seen.refused.lock().expect("no test panics while it holds this");
    let told = refused.last().expect("the handler is told of the refusal");
    assert_eq!((told.status, Some(told.error_id.as_str())), (500, answer.header("x-error-id")));
}

#[test]
fn a_panic_is_a_500_and_the_server_lives() {
    let server = Server::start(&ServerOptions::default());
    for path in ["/panic", "/panic-later"] {
        for _ in 0..20 {
            let answer = server.connect().ask("GET", path);
            assert_internal_error(&server, &answer);
            server.assert_serves();
        }
    }
    assert_eq!(server.seen.handled.load(Ordering::SeqCst), 80);
}

#[test]
fn a_panic_leaves_other_requests_of_its_thread_alone() {
    let server = Server::start(&ServerOptions::default());
    // Two I/O threads share four connections: each has one that panics beside one that goes on.
    let mut others = [server.connect(), server.connect(), server.connect(), server.connect()];
    for client in &mut others {
        assert_eq!(client.ask("GET", "/before").status, 200);
    }
    for _ in 0..8 {
        assert_eq!(server.connect().ask("GET", "/panic").status, 500);
    }
    for client in &mut others {
        assert_eq!(client.ask("GET", "/after").body, "Route(RouteId(0)) /after ");
    }
}

#[test]
fn a_panic_is_answered_although_other_requests_lie_behind_it() {
    let server = Server::start(&ServerOptions::default());
    let mut client = server.connect();
    client.send("GET /panic HTTP/1.1\r\nHost: a\r\n\r\nGET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    let first = client.answer();
    assert_internal_error(&server, &first);
    assert_eq!((first.header("connection"), client.rest()), (Some("close"), String::new()));
    server.assert_serves();
}

#[test]
fn a_handler_may_refuse() {
    let server = Server::start(&ServerOptions::default());
    let answer = server.connect().ask("GET", "/unavailable");
    assert_eq!(answer.status, 503, "{answer:?}");
    assert!(answer.body.contains(r#""code":"SERVICE_UNAVAILABLE""#), "{answer:?}");
    server.assert_serves();
}

#[test]
fn a_request_is_dropped_when_its_client_goes() {
    let server = Server::start(&ServerOptions::default());
    for gone in 1..=10 {
        let mut client = server.connect();
        client.send("GET /pending HTTP/1.1\r\nHost: a\r\n\r\n");
        wait_until(|| server.seen.handled.load(Ordering::SeqCst) == gone);
        drop(client);
        wait_until(|| server.seen.dropped.load(Ordering::SeqCst) == gone);
    }
    server.assert_serves();
}

#[test]
fn a_close_without_grace_drops_what_never_ends() {
    let server = Server::start(&ServerOptions::default());
    let mut client = server.connect();
    client.send("GET /pending HTTP/1.1\r\nHost: a\r\n\r\n");
    wait_until(|| server.seen.handled.load(Ordering::SeqCst) == 1);
    let seen = std::sync::Arc::clone(&server.seen);
    drop(server);
    assert_eq!(seen.dropped.load(Ordering::SeqCst), 1);
}
