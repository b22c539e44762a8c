//! The shared vectors, run against the gate and the canonical path; the same file is run through the whole server.

use covet_http::{Gate, GateLimits, GateState, Refusal, canonical};
use serde_json::Value;

use crate::connection::{Message, feed, feed_whole, read};

const GATE: &str = include_str!("../../../../__test__/vectors/gate.json");
const ROUTER: &str = include_str!("../../../../__test__/vectors/router.json");

#[test]
fn raw_requests_get_the_status_of_the_vectors() {
    let file: Value = serde_json::from_str(GATE).expect("the vectors are JSON");
    let vectors = file["vectors"].as_array().expect("a list of vectors");
    assert!(vectors.len() >= 150, "{} vectors", vectors.len());
    for vector in vectors {
        let name = vector["name"].as_str().expect("a name");
        let answers = answers(&raw(&vector["raw"]));
        let matches = |expected: &Value, answer: Option<&u16>| match (expected.as_str(), answer) {
            (Some("ok"), Some(answer)) => *answer == 200,
            (None, Some(answer)) => expected == answer,
            _ => false,
        };
        assert!(matches(&vector["status"], answers.first()), "{name}: {answers:?}");
        if let Some(next) = vector["next"].as_array() {
            assert_eq!(answers.len() - 1, next.len(), "{name}: {answers:?}");
            for (expected, answer) in next.iter().zip(&answers[1..]) {
                assert!(matches(expected, Some(answer)), "{name}: {answers:?}");
            }
        }
        if vector["interim"] == false {
            let message = &read(&feed_whole(&raw(&vector["raw"])).passed)[0];
            assert_eq!(message.header("expect"), [b"xxxxxxxxxxxx"], "{name}: hyper sees no expectation");
        }
    }
}

/// The statuses a server with `GET /` and `POST /echo` would send, in order.
fn answers(raw: &[u8]) -> Vec<u16> {
    let outcome = feed_whole(raw);
    let mut answers = Vec::new();
    for message in read(&outcome.passed) {
        match (message.complete, outcome.refusal) {
            (true, _) => answers.push(route(&message)),
            (false, Some(refusal)) => {
                assert_eq!(outcome.state, GateState::Refused { in_body: true });
                answers.push(refusal.status());
                return answers;
            }
            (false, None) => panic!("a vector must not wait for more bytes"),
        }
    }
    match outcome.refusal {
        Some(refusal) => answers.push(refusal.status()),
        None => assert_eq!(outcome.end, None, "a vector must not wait for more bytes"),
    }
    answers
}

fn route(message: &Message) -> u16 {
    if (message.method.as_str(), message.target.as_str()) == ("OPTIONS", "*") {
        return 200;
    }
    let target = message
        .target
        .strip_prefix("http://")
        .map_or(message.target.as_str(), |rest| rest.find('/').map_or("/", |slash| &rest[slash..]));
    let path = target.split('?').next().unwrap_or_default();
    match (message.method.as_str(), canonical(path.as_bytes()).as_deref()) {
        (_, Err(refusal)) => refusal.status(),
        ("GET" | "HEAD", Ok(b"/")) | ("POST", Ok(b"/echo")) => 200,
        (_, Ok(b"/" | b"/echo")) => Refusal::MethodNotAllowed.status(),
        (_, Ok(_)) => Refusal::NotFound.status(),
    }
}

/// One string, or a list of strings and `[string, times]`; each character is one byte.
fn raw(value: &Value) -> Vec<u8> {
    match value {
        Value::String(text) => text.chars().map(|one| u8::try_from(one).expect("Latin-1")).collect(),
        Value::Array(pair) if pair.len() == 2 && pair[1].is_u64() => {
            raw(&pair[0]).repeat(usize::try_from(pair[1].as_u64().expect("checked")).expect("a count"))
        }
        Value::Array(parts) => parts.iter().flat_map(raw).collect(),
        _ => panic!("neither a string nor a list: {value}"),
    }
}

#[test]
fn any_split_of_a_vector_gives_the_same_outcome() {
    let file: Value = serde_json::from_str(GATE).expect("the vectors are JSON");
    for vector in file["vectors"].as_array().expect("a list of vectors") {
        let raw = raw(&vector["raw"]);
        let whole = feed_whole(&raw);
        // Every split in two, and all bytes one by one; the long ones around their ends only.
        let cuts = (0..raw.len()).filter(|cut| raw.len() < 1_000 || *cut < 100 || raw.len() - cut < 100);
        for cut in cuts {
            let (before, after) = raw.split_at(cut);
            let split = feed(GateLimits::default(), [before, after]);
            assert_eq!(split, whole, "{} cut at {cut}", vector["name"]);
        }
        assert_eq!(feed(GateLimits::default(), raw.chunks(1)), whole, "{} byte by byte", vector["name"]);
    }
}

#[test]
fn paths_of_the_router_vectors_have_their_canonical_form() {
    let file: Value = serde_json::from_str(ROUTER).expect("the vectors are JSON");
    let mut seen = 0;
    for suite in file["suites"].as_array().expect("a list of suites") {
        for case in suite["cases"].as_array().expect("a list of cases") {
            let target = case["path"].as_str().expect("a path");
            let Some(expected) = case.get("canonical") else { continue };
            let path = target.split('?').next().unwrap_or_default();
            seen += 1;
            match expected.as_str() {
                Some(expected) => {
                    assert_eq!(canonical(path.as_bytes()).as_deref(), Ok(expected.as_bytes()), "{target}");
                }
                None => {
                    let request = [b"GET ", target.as_bytes(), b" HTTP/1.1\r\nHost: a\r\n\r\n"].concat();
                    let refused = Gate::new(GateLimits::default()).scan(&request).refusal;
                    let refused = refused.or(canonical(path.as_bytes()).err());
                    assert_eq!(refused.map(Refusal::status), Some(400), "{target}");
                }
            }
        }
    }
    assert!(seen > 0, "the router's vectors say what is canonical");
}
