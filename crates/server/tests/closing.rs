//! A server that closes owes an answer to every request that has come.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use covet_http::Refusal;
use covet_router::Router;
use covet_server::{
    Call, ConnectionHandler, Handler, IoThreads, ListenAt, RefusedRequest, Remote, ReplyBody, ServerOptions,
};
use http::Response;

/// Answers with the path; `/block` keeps the I/O thread busy meanwhile.
struct Echo;

impl Handler for Echo {
    type Connection = Self;

    fn connect(&self, _remote: Remote) -> Option<Self> {
        Some(Self)
    }
}

impl ConnectionHandler for Echo {
    async fn handle(&self, call: Call<'_>) -> Result<Response<ReplyBody>, Refusal> {
        if call.path == "/block" {
            thread::sleep(Duration::from_millis(300));
        }
        Ok(Response::new(ReplyBody::full(Bytes::copy_from_slice(call.path.as_bytes()))))
    }

    fn refused(&self, refused: RefusedRequest) {
        panic!("nothing is refused here, but {refused:?}");
    }
}

fn start() -> IoThreads {
    let mut router = Router::new();
    router.insert("GET", "/{name}").expect("the pattern is one");
    IoThreads::start(ListenAt::Tcp("127.0.0.1", 0), 1, &Arc::new(router), &ServerOptions::default(), |_, _| Echo)
        .expect("a free port of this machine can be bound")
}

fn connect(server: &IoThreads) -> TcpStream {
    let stream = TcpStream::connect(server.address().expect("it listens on TCP")).expect("the server accepts");
    stream.set_read_timeout(Some(Duration::from_secs(5))).expect("a timeout above zero is one");
    stream
}

fn ask(stream: &mut TcpStream, path: &str) {
    write!(stream, "GET {path} HTTP/1.1\r\nHost: a\r\n\r\n").expect("the connection is open");
}

/// What comes until the server closes.
fn rest(mut stream: TcpStream) -> String {
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("the server closes in order");
    text
}

#[test]
fn a_first_request_that_came_before_the_close_is_answered() {
    let server = start();
    let (mut blocking, mut first, silent) = (connect(&server), connect(&server), connect(&server));
    // All three have been accepted and looked at.
    thread::sleep(Duration::from_millis(100));
    ask(&mut blocking, "/block");
    thread::sleep(Duration::from_millis(100));
    // While the thread is busy a first request comes, then the close.
    ask(&mut first, "/first");
    server.close(Duration::from_secs(5));
    let closed = thread::spawn(move || server.join());
    for (stream, path) in [(blocking, "/block"), (first, "/first")] {
        let answer = rest(stream);
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert!(answer.ends_with(path), "{answer}");
    }
    assert_eq!(rest(silent), "");
    closed.join().expect("the server ends");
}
