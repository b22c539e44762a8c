//! Answers coded and left alone, and bodies in pieces.

use std::collections::VecDeque;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use bytes::Bytes;
use covet_coding::Decoder;
use covet_http::Coding;
use http::request::Parts;
use http::{HeaderMap, Request, Response};
use http_body::{Body, Frame};

use super::{Compression, STEP};
use crate::reply_body::{BodyError, ReplyBody};

/// What a source does when it is asked.
enum Turn {
    Data(Vec<u8>),
    Wait,
    Fail,
    Trailers,
}

struct Script(VecDeque<Turn>);

impl Body for Script {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match self.0.pop_front() {
            None => Poll::Ready(None),
            Some(Turn::Data(data)) => Poll::Ready(Some(Ok(Frame::data(data.into())))),
            Some(Turn::Fail) => Poll::Ready(Some(Err("broke off".into()))),
            Some(Turn::Wait) => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Some(Turn::Trailers) => {
                let mut trailers = HeaderMap::new();
                trailers.insert("x-sum", "1".parse().expect("a value"));
                Poll::Ready(Some(Ok(Frame::trailers(trailers))))
            }
        }
    }
}

fn script(turns: impl IntoIterator<Item = Turn>) -> ReplyBody {
    ReplyBody::stream(Script(turns.into_iter().collect()))
}

fn request(method: &str, lines: &[(&str, &str)]) -> Parts {
    let mut request = Request::builder().method(method).uri("/");
    for (name, value) in lines {
        request = request.header(*name, *value);
    }
    request.body(()).expect("a request").into_parts().0
}

fn response(status: u16, lines: &[(&str, &str)], body: ReplyBody) -> Response<ReplyBody> {
    let mut response = Response::builder().status(status);
    for (name, value) in lines {
        response = response.header(*name, *value);
    }
    response.body(body).expect("a response")
}

fn json(bytes: usize) -> Vec<u8> {
    br#"{"id":1,"name":"somebody","tags":["a","b"]},"#.iter().copied().cycle().take(bytes).collect()
}

fn header<'a>(response: &'a Response<ReplyBody>, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().expect("text"))
}

#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// Everything a body gives: data until a pause, `None` for the pause; trailers at the end.
struct Read {
    pieces: Vec<Option<Bytes>>,
    trailers: Option<HeaderMap>,
    failed: bool,
    wakes: usize,
}

impl Read {
    fn bytes(&self) -> Vec<u8> {
        self.pieces.iter().flatten().flat_map(|piece| piece.iter().copied()).collect()
    }
}

fn read(body: ReplyBody) -> Read {
    let mut body = pin!(body);
    let wakes = Arc::new(Wakes::default());
    let waker = Waker::from(Arc::clone(&wakes));
    let mut cx = Context::from_waker(&waker);
    let mut read = Read { pieces: Vec::new(), trailers: None, failed: false, wakes: 0 };
    loop {
        match body.as_mut().poll_frame(&mut cx) {
            Poll::Pending => read.pieces.push(None),
            Poll::Ready(None) => break,
            Poll::Ready(Some(Err(_))) => {
                read.failed = true;
                break;
            }
            Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                Ok(data) => read.pieces.push(Some(data)),
                Err(frame) => read.trailers = frame.into_trailers().ok(),
            },
        }
    }
    read.wakes = wakes.0.load(Ordering::Relaxed);
    read
}

fn decode(coding: Coding, mut coded: &[u8]) -> Vec<u8> {
    let (mut decoder, mut plain, mut out) = (Decoder::new(coding), Vec::new(), vec![0; 64 * 1024]);
    loop {
        let step = decoder.step(coded, &mut out).expect("well coded");
        plain.extend_from_slice(&out[..step.written]);
        coded = &coded[step.read..];
        if step.done {
            assert!(decoder.is_complete());
            return plain;
        }
    }
}

const JSON: (&str, &str) = ("content-type", "application/json");

#[test]
fn a_whole_body_is_coded_with_its_headers() {
    for (coding, name) in [(Coding::Gzip, "gzip"), (Coding::Brotli, "br"), (Coding::Zstd, "zstd")] {
        let plain = json(5_000);
        let lines = [JSON, ("content-length", "5000"), ("etag", "\"v1\""), ("accept-ranges", "bytes")];
        let mut answer = response(200, &lines, ReplyBody::full(plain.clone()));
        Compression::default().apply(&request("GET", &[("accept-encoding", name)]), &mut answer);
        assert_eq!(header(&answer, "content-encoding"), name);
        assert_eq!(header(&answer, "vary"), "Accept-Encoding");
        assert_eq!(header(&answer, "etag"), "W/\"v1\"");
        assert!(!answer.headers().contains_key("content-length") && !answer.headers().contains_key("accept-ranges"));
        let size = answer.body().size_hint().exact().expect("hyper can say the length");
        let read = read(answer.into_body());
        assert_eq!(read.bytes().len() as u64, size);
        assert!(size < 500 && decode(coding, &read.bytes()) == plain, "{name}");
    }
}

#[test]
fn answers_left_alone() {
    let taken = [("accept-encoding", "gzip, br, zstd")];
    let large = || ReplyBody::full(json(5_000));
    for (what, mut answer) in [
        ("below the threshold", response(200, &[JSON], ReplyBody::full(json(1_023)))),
        ("said to be below it", response(200, &[JSON, ("content-length", "10")], script([]))),
        ("empty", response(200, &[JSON], ReplyBody::empty())),
        ("no content", response(204, &[JSON], large())),
        ("reset", response(205, &[JSON], large())),
        ("a part", response(206, &[JSON, ("content-range", "bytes 0-4999/9000")], large())),
        ("a range of anything", response(200, &[JSON, ("content-range", "bytes 0-4999/9000")], large())),
        ("coded already", response(200, &[JSON, ("content-encoding", "br")], large())),
        ("said to be as it is", response(200, &[JSON, ("content-encoding", "identity")], large())),
        ("not to be changed", response(200, &[JSON, ("cache-control", "private, no-transform")], large())),
        ("an image", response(200, &[("content-type", "image/png")], large())),
        ("of no type", response(200, &[], large())),
        ("an event stream", response(200, &[("content-type", "text/event-stream")], script([Turn::Data(json(9_000))]))),
        ("signed", response(200, &[JSON, ("content-digest", "sha-256=:x:")], large())),
    ] {
        let before = answer.headers().clone();
        Compression::default().apply(&request("GET", &taken), &mut answer);
        assert_eq!(answer.headers(), &before, "{what}");
    }
}

#[test]
fn a_client_that_takes_no_coding_gets_the_body_and_is_told_that_others_may() {
    for lines in [&[][..], &[("accept-encoding", "identity")], &[("accept-encoding", "gzip;q=0, *;q=0")]] {
        let mut answer = response(200, &[JSON, ("etag", "\"v1\"")], ReplyBody::full(json(5_000)));
        Compression::default().apply(&request("GET", lines), &mut answer);
        assert_eq!((header(&answer, "vary"), header(&answer, "content-encoding")), ("Accept-Encoding", ""));
        assert_eq!(header(&answer, "etag"), "\"v1\"");
        assert_eq!(read(answer.into_body()).bytes(), json(5_000));
    }
}

#[test]
fn vary_is_merged() {
    for (before, after) in [
        (&[][..], &["Accept-Encoding"][..]),
        (&["Origin"], &["Origin, Accept-Encoding"]),
        (&["Origin", "Accept"], &["Origin, Accept-Encoding", "Accept"]),
        (&["accept-encoding, Origin"], &["accept-encoding, Origin"]),
        (&["*"], &["*"]),
    ] {
        let lines: Vec<_> = before.iter().map(|value| ("vary", *value)).chain([JSON]).collect();
        let mut answer = response(200, &lines, ReplyBody::full(json(5_000)));
        Compression::default().apply(&request("GET", &[("accept-encoding", "gzip")]), &mut answer);
        let found: Vec<_> =
            answer.headers().get_all("vary").iter().map(|value| value.to_str().expect("text")).collect();
        assert_eq!(found, after);
    }
}

#[test]
fn what_does_not_shrink_goes_as_it_is() {
    let mut state = 1_u64;
    let noise: Vec<u8> = (0..2_000)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 56) as u8
        })
        .collect();
    for name in ["gzip", "br", "zstd"] {
        let mut answer = response(200, &[JSON, ("content-length", "2000")], ReplyBody::full(noise.clone()));
        Compression::default().apply(&request("GET", &[("accept-encoding", name)]), &mut answer);
        assert_eq!((header(&answer, "content-encoding"), header(&answer, "content-length")), ("", "2000"), "{name}");
        assert_eq!(read(answer.into_body()).bytes(), noise);
    }
}

#[test]
fn an_answer_to_head_has_the_headers_and_no_length() {
    let mut answer = response(200, &[JSON, ("content-length", "5000"), ("etag", "\"v1\"")], ReplyBody::empty());
    Compression::default().apply(&request("HEAD", &[("accept-encoding", "gzip")]), &mut answer);
    assert_eq!((header(&answer, "content-encoding"), header(&answer, "etag")), ("gzip", "W/\"v1\""));
    assert!(!answer.headers().contains_key("content-length"));
    assert_eq!(answer.body().size_hint().exact(), None);
}

#[test]
fn a_304_confirms_the_tag_the_client_holds() {
    for (held, expected) in
        [("W/\"v1\"", "W/\"v1\""), ("\"a\", W/\"v1\"", "W/\"v1\""), ("\"v1\"", "\"v1\""), ("*", "\"v1\"")]
    {
        let mut answer = response(304, &[("etag", "\"v1\"")], ReplyBody::empty());
        Compression::default().apply(&request("GET", &[("if-none-match", held)]), &mut answer);
        assert_eq!(header(&answer, "etag"), expected, "{held}");
    }
}

#[test]
fn a_large_whole_body_leaves_turns_to_others() {
    for (coding, name) in [(Coding::Gzip, "gzip"), (Coding::Brotli, "br"), (Coding::Zstd, "zstd")] {
        let plain = json(10 * STEP + 5);
        let mut answer = response(200, &[JSON], ReplyBody::full(plain.clone()));
        Compression::default().apply(&request("GET", &[("accept-encoding", name)]), &mut answer);
        assert_eq!(answer.body().size_hint().exact(), None);
        let read = read(answer.into_body());
        let pauses = read.pieces.iter().filter(|piece| piece.is_none()).count();
        assert!(pauses >= 10 && read.wakes == pauses, "{name}: {pauses} pauses, {} wakes", read.wakes);
        assert!(decode(coding, &read.bytes()) == plain, "{name}");
    }
}

#[test]
fn a_stream_is_flushed_when_it_pauses() {
    for (coding, name) in [(Coding::Gzip, "gzip"), (Coding::Brotli, "br"), (Coding::Zstd, "zstd")] {
        let line = |text: &str| Turn::Data(text.as_bytes().to_vec());
        let turns = [line("{\"a\":1}\n"), line("{\"a\":2}\n"), Turn::Wait, Turn::Wait, line("{\"a\":3}\n"), Turn::Wait];
        let mut answer = response(200, &[("content-type", "application/x-ndjson")], script(turns));
        Compression::default().apply(&request("GET", &[("accept-encoding", name)]), &mut answer);
        let read = read(answer.into_body());
        // What came before the first pause can be read before it.
        let first_pause = read.pieces.iter().position(Option::is_none).expect("it paused");
        let before: Vec<u8> = read.pieces[..first_pause].iter().flatten().flatten().copied().collect();
        let mut out = [0; 100];
        let step = Decoder::new(coding).step(&before, &mut out).expect("well coded");
        assert_eq!(&out[..step.written], b"{\"a\":1}\n{\"a\":2}\n", "{name}");
        assert_eq!(decode(coding, &read.bytes()), b"{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n", "{name}");
    }
}

#[test]
fn trailers_follow_and_faults_break_off() {
    let types = [("content-type", "text/plain")];
    let taken = request("GET", &[("accept-encoding", "gzip")]);
    let mut answer = response(200, &types, script([Turn::Data(json(100)), Turn::Trailers]));
    Compression::default().apply(&taken, &mut answer);
    let fine = read(answer.into_body());
    assert_eq!(decode(Coding::Gzip, &fine.bytes()), json(100));
    assert!(fine.trailers.is_some_and(|trailers| trailers.contains_key("x-sum")) && !fine.failed);

    let mut answer = response(200, &types, script([Turn::Data(json(100)), Turn::Fail, Turn::Data(json(1))]));
    Compression::default().apply(&taken, &mut answer);
    assert!(read(answer.into_body()).failed);
}

#[test]
fn types_of_the_applications_own_are_coded_too() {
    let compression =
        Compression { types: vec!["text/event-stream".into(), "model/*".into()], ..Compression::default() };
    for (content_type, expected) in [("text/event-stream", "gzip"), ("model/obj", "gzip"), ("image/png", "")] {
        let mut answer = response(200, &[("content-type", content_type)], ReplyBody::full(json(5_000)));
        compression.apply(&request("GET", &[("accept-encoding", "gzip")]), &mut answer);
        assert_eq!(header(&answer, "content-encoding"), expected, "{content_type}");
    }
}
