//! Requests without a route: answered here, or handed on where somebody has asked to see them.

use std::sync::atomic::Ordering;

use covet_server::ServerOptions;

use crate::harness::Server;

#[test]
fn misses_are_answered_without_the_handler() {
    let server = Server::start(&ServerOptions::default());
    let mut client = server.connect();
    let missing = client.ask("GET", "/a/b");
    assert_eq!((missing.status, missing.header("connection")), (404, None), "{missing:?}");
    let wrong = client.ask("PUT", "/a");
    assert_eq!((wrong.status, wrong.header("allow")), (405, Some("GET, HEAD, POST, OPTIONS")), "{wrong:?}");
    let options = client.ask("OPTIONS", "/a");
    assert_eq!((options.status, options.header("allow")), (204, Some("GET, HEAD, POST, OPTIONS")), "{options:?}");
    let whole = client.ask("OPTIONS", "*");
    assert_eq!(whole.status, 204, "{whole:?}");
    assert_eq!(client.ask("GET", "/%zz").status, 400);
    assert_eq!(server.seen.handled.load(Ordering::SeqCst), 0);
}

#[test]
fn misses_reach_a_handler_that_asks_for_them() {
    let server = Server::start(&ServerOptions { misses_reach_handler: true, ..ServerOptions::default() });
    let mut client = server.connect();
    assert_eq!(client.ask("GET", "/a/b").body, "NotFound /a/b ");
    assert!(client.ask("PUT", "/a").body.starts_with("MethodNotAllowed("));
    assert!(client.ask("OPTIONS", "/a").body.starts_with("Options("));
    assert_eq!(client.ask("GET", "/a").body, "Route(RouteId(0)) /a ");
    assert_eq!(client.ask("GET", "/%zz").status, 400, "what has no canonical path has no way to a handler");
}
