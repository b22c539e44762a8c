//! Bodies that a handler draws from the socket itself.

use std::thread::sleep;
use std::time::Duration;

use covet_server::ServerOptions;

use crate::harness::{Client, Server};

const LENGTH: usize = 900_000;

fn send_head(client: &mut Client) {
    client.send(&format!("POST /drawn HTTP/1.1\r\nHost: a\r\nContent-Length: {LENGTH}\r\n\r\n"));
}

/// How many bytes came before the tap was open, and how many by it.
fn counts(body: &str) -> (usize, usize) {
    let counts: Vec<usize> = body.split(' ').map(|count| count.parse().expect("a count")).collect();
    (counts[0], counts[1])
}

#[test]
fn a_body_is_drawn_to_its_end_and_no_byte_of_the_next_request() {
    let server = Server::start(&ServerOptions::default());
    for pause in [0, 5] {
        let mut client = server.connect();
        for _ in 0..2 {
            send_head(&mut client);
            for piece in "x".repeat(LENGTH).as_bytes().chunks(200_000) {
                client.send(str::from_utf8(piece).expect("ASCII"));
                sleep(Duration::from_millis(pause));
            }
            client.send("POST /after HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi");
            let answer = client.answer();
            assert_eq!(answer.status, 200, "{answer:?}");
            let (read, drawn) = counts(&answer.body);
            assert_eq!(read + drawn, LENGTH);
            assert!(drawn > LENGTH / 2, "{drawn} bytes were drawn");
            assert_eq!(client.answer().body, "Route(RouteId(1)) /after hi");
        }
    }
}

#[test]
fn a_body_that_breaks_off_while_it_is_drawn_is_incomplete() {
    let server = Server::start(&ServerOptions::default());
    let mut client = server.connect();
    send_head(&mut client);
    client.send(&"x".repeat(LENGTH / 2));
    client.close_half();
    let answer = client.answer();
    assert_eq!(answer.status, 400, "{answer:?}");
    server.assert_serves();
}
