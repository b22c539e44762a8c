//! Random forms survive being written, cut anywhere and read.

use covet_multipart::{Boundary, Limits};

use crate::body::{Part, field, file, read, write};
use crate::random::Random;

const ROUNDS: u64 = 3000;

/// What random text is made of: all that has a meaning somewhere in a body.
const PIECES: &[&str] =
    &["a", "\r", "\n", "\r\n", "--", "-", "\"", "%22", "\\", ";", "=", "é", "日", "\0", " ", ": ", "%"];

fn text(random: &mut Random, boundary: &str) -> String {
    let length = random.within(0..12);
    (0..length).map(|_| if random.within(0..6) == 0 { boundary } else { random.pick(PIECES) }).collect()
}

/// A name that a browser's way of writing brings across: no control characters but CR and LF, none of its three escapes,
/// and no backslash before a quote or another.
fn name(random: &mut Random, boundary: &str) -> String {
    text(random, boundary).replace(['\0', '\\'], "").replace("%22", "").replace("%0", "")
}

fn part(random: &mut Random, boundary: &str) -> Part {
    let name = name(random, boundary);
    let data = text(random, boundary);
    if random.within(0..2) == 0 {
        return field(&name, data.as_bytes());
    }
    let bytes: Vec<u8> = data.bytes().chain((0..random.within(0..300)).map(|at| (at % 256) as u8)).collect();
    file(
        &name,
        &self::name(random, boundary),
        random.pick(&["text/plain", "application/octet-stream; a=\"b;c\""]),
        &bytes,
    )
}

#[test]
fn what_is_written_is_read() {
    for seed in 0..ROUNDS {
        let random = &mut Random(seed);
        let name = random.pick(&["b", "--", "----WebKitFormBoundary7MA4", "a'()+_,-./:=?z"]);
        let mut parts: Vec<Part> = (0..random.within(0..6)).map(|_| part(random, name)).collect();
        // What holds its own delimiter cannot be sent; a client takes another boundary then.
        let delimiter = format!("\r\n--{name}").into_bytes();
        parts.retain(|part| {
            let framed = [b"\r\n", part.data.as_slice()].concat();
            !framed.windows(delimiter.len()).any(|window| window == delimiter) && part.head.name != "_charset_"
        });
        let body = write(name, &parts);
        let mut chunks = Vec::new();
        let mut rest = body.as_slice();
        while !rest.is_empty() {
            let (chunk, after) = rest.split_at(random.within(0..40).min(rest.len()));
            chunks.push(chunk);
            rest = after;
        }
        let boundary = Boundary::new(name.as_bytes()).expect("a boundary");
        assert_eq!(read(&boundary, &Limits::default(), chunks), Ok(parts), "seed {seed}");
    }
}
