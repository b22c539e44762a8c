//! A server on a free port, a handler that does what the path says, and a client that reads one response at a time.

use std::future::{pending, poll_fn};
use std::io::{BufRead, BufReader, Read, Write};
use std::mem::MaybeUninit;
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};

use covet_http::Refusal;
use covet_router::Router;
use covet_server::{
    BodyStream, Call, Come, ConnectionHandler, Handler, IoThreads, ListenAt, RefusedRequest, Remote, ReplyBody,
    RequestBody, ServerOptions, Tapped,
};
use http::Response;

/// What the handler has seen.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) handled: AtomicUsize,
    /// Requests that were dropped before they were answered.
    pub(crate) dropped: AtomicUsize,
    pub(crate) refused: Mutex<Vec<RefusedRequest>>,
}

#[derive(Clone)]
pub(crate) struct ByPath(Arc<Seen>);

/// Counts a request that ends before it is answered.
struct Unanswered<'a>(&'a Seen, bool);

impl Drop for Unanswered<'_> {
    fn drop(&mut self) {
        if !self.1 {
            self.0.dropped.fetch_add(1, Ordering::SeqCst);
        }
    }
}

impl Handler for ByPath {
    type Connection = Self;

    fn connect(&self, _remote: Remote) -> Option<Self> {
        Some(self.clone())
    }
}

impl ConnectionHandler for ByPath {
    async fn handle(&self, call: Call<'_>) -> Result<Response<ReplyBody>, Refusal> {
        self.0.handled.fetch_add(1, Ordering::SeqCst);
        let mut unanswered = Unanswered(&self.0, false);
        match call.path {
            "/panic" => panic!("asked to"),
            "/panic-later" => {
                turn().await;
                panic!("asked to, later");
            }
            "/pending" => pending::<()>().await,
            "/unavailable" => return Err(Refusal::ServiceUnavailable),
            _ => {}
        }
        let (destination, path) = (call.destination, call.path);
        if path == "/drawn"
            && let RequestBody::Stream(body) = call.body
        {
            let (read, drawn) = draw(body).await?;
            unanswered.1 = true;
            return Ok(Response::new(ReplyBody::full(format!("{read} {drawn}"))));
        }
        let body = call.body.whole().await?;
        unanswered.1 = true;
        let answer = format!("{destination:?} {path} {}", String::from_utf8_lossy(&body));
        Ok(Response::new(ReplyBody::full(answer)))
    }

    fn refused(&self, refused: RefusedRequest) {
        self.0.refused.lock().expect("no test panics while it holds this").push(refused);
    }
}

/// Draws a body from its socket as soon as that can be; how many bytes came before, and how many were drawn.
async fn draw(mut body: BodyStream) -> Result<(usize, usize), Refusal> {
    body.ask_for_tap();
    let mut tap = None;
    let (mut read, mut drawn) = (0, 0);
    poll_fn(|cx| {
        loop {
            match body.poll_next(cx) {
                Poll::Ready(Some(Ok(piece))) => {
                    read += piece.len();
                    continue;
                }
                Poll::Ready(Some(Err(refusal))) => return Poll::Ready(Err(refusal)),
                Poll::Ready(None) => return Poll::Ready(Ok((read, drawn))),
                Poll::Pending => {}
            }
            match body.poll_tap(cx) {
                Some(Tapped::Open(opened)) => tap = Some(opened),
                Some(Tapped::HasCome) => {}
                None => return Poll::Pending,
            }
            let Some(tap) = &mut tap else { return Poll::Pending };
            while let Come::Bytes(amount) = tap.come() {
                assert!(tap.draw(&mut vec![MaybeUninit::uninit(); amount.min(100_000)]), "so much has come");
                drawn += amount.min(100_000);
            }
            if tap.is_due() {
                tap.connection().wake();
            }
        }
    })
    .await
}

/// Ready the second time it is asked.
async fn turn() {
    let mut asked = false;
    poll_fn(|cx| {
        if asked {
            return Poll::Ready(());
        }
        asked = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

pub(crate) struct Server {
    pub(crate) seen: Arc<Seen>,
    threads: Option<IoThreads>,
}

impl Server {
    /// Serves `GET` and `POST /{name}`.
    pub(crate) fn start(options: &ServerOptions) -> Self {
        let mut router = Router::new();
        for method in ["GET", "POST"] {
            router.insert(method, "/{name}").expect("the pattern is one");
        }
        Self::start_with(router, options)
    }

    /// Serves these routes.
    pub(crate) fn start_with(router: Router, options: &ServerOptions) -> Self {
        let seen = Arc::new(Seen::default());
        let handler = ByPath(Arc::clone(&seen));
        let threads =
            IoThreads::start(ListenAt::Tcp("127.0.0.1", 0), 2, &Arc::new(router), options, move |_, _| handler.clone());
        Self { seen, threads: Some(threads.expect("a free port of this machine can be bound")) }
    }

    pub(crate) fn connect(&self) -> Client {
        let threads = self.threads.as_ref().expect("not closed yet");
        let stream = TcpStream::connect(threads.address().expect("it listens on TCP")).expect("the server accepts");
        stream.set_read_timeout(Some(Duration::from_secs(5))).expect("a timeout above zero is one");
        Client(BufReader::new(stream))
    }

    /// A request on a connection of its own is served.
    pub(crate) fn assert_serves(&self) {
        let answer = self.connect().ask("GET", "/fresh");
        assert_eq!(answer.status, 200, "{answer:?}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(threads) = self.threads.take() {
            threads.close(Duration::ZERO);
            threads.join();
        }
    }
}

/// Waits until `happened`, or fails.
pub(crate) fn wait_until(happened: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(5);
    while !happened() {
        assert!(Instant::now() < deadline, "it has not happened in time");
        thread::sleep(Duration::from_millis(5));
    }
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

pub(crate) struct Client(BufReader<TcpStream>);

impl Client {
    pub(crate) fn send(&mut self, raw: &str) -> &mut Self {
        self.0.get_mut().write_all(raw.as_bytes()).expect("the connection is open");
        self
    }

    pub(crate) fn ask(&mut self, method: &str, path: &str) -> Answer {
        self.send(&format!("{method} {path} HTTP/1.1\r\nHost: a\r\n\r\n")).answer()
    }

    pub(crate) fn answer(&mut self) -> Answer {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            let read = self.0.read_line(&mut head).expect("the answer comes in time");
            assert!(read > 0, "the connection ended after {head:?}");
        }
        let status = head.get(9..12).and_then(|status| status.parse().ok()).expect("a status line comes first");
        let mut answer = Answer { status, head, body: String::new() };
        let length = answer.header("content-length").map_or(0, |length| length.parse().expect("a number"));
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).expect("the body comes in time");
        answer.body = String::from_utf8(body).expect("answers are text here");
        answer
    }

    /// Says that nothing more will be sent.
    pub(crate) fn close_half(&self) {
        self.0.get_ref().shutdown(Shutdown::Write).expect("the connection is open");
    }

    /// What comes until the server closes.
    pub(crate) fn rest(&mut self) -> String {
        let mut text = String::new();
        self.0.read_to_string(&mut text).expect("the server closes in order");
        text
    }
}
