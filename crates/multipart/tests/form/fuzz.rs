//! The fuzz target's check in a bounded loop, on any toolchain: well-formed bodies, mutated.

use crate::check::check;
use crate::random::Random;

const ROUNDS: u64 = 40_000;

const SEEDS: &[&[u8]] = &[
    b"\x05--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--b--\r\n",
    b"\x01--b\r\nContent-Disposition: form-data; name=\"a\"; filename=\"../b.png\"\r\nContent-Type: image/png\r\n\r\n\
        \x89PNG\r\n\x1a\n\r\n--b\r\nContent-Disposition: form-data; name=_charset_\r\n\r\nutf-8\r\n--b--",
    b"\x02pre\r\n--b \r\nContent-Disposition: form-data; name=\"%22\\\"\"; filename*=utf-8''x\r\n\r\n--b\r\n\r\n--b--",
    b"\x03 boundary=\"a b\"; charset=utf-8",
];

const WORDS: &[&[u8]] = &[
    b"\r\n",
    b"\n",
    b"\r",
    b"--b",
    b"\r\n--b",
    b"--",
    b"\r\n\r\n",
    b"\"",
    b"\\",
    b";",
    b"=",
    b" ",
    b"\t",
    b"\0",
    b"\xff",
    b"%0A",
    b"name=",
    b"filename=",
    b"filename*=",
    b"Content-Type: a/b; charset=x\r\n",
    b"Content-Disposition: form-data",
    b"Content-Transfer-Encoding: binary\r\n",
    b"boundary=",
    b",",
];

fn mutate(random: &mut Random, input: &mut Vec<u8>) {
    let at = random.within(0..input.len() + 1);
    let length = random.within(0..16).min(input.len() - at);
    match random.within(0..5) {
        0 => drop(input.drain(at..at + length)),
        1 => {
            let copy = input[at..at + length].to_vec();
            input.splice(at..at, copy);
        }
        2 => drop(input.splice(at..at, random.pick(WORDS).iter().copied())),
        3 => drop(input.splice(at..at + length.min(3), random.pick(WORDS).iter().copied())),
        _ => {
            if let Some(byte) = input.get_mut(at) {
                *byte = (random.next() & 0xff) as u8;
            }
        }
    }
}

#[test]
fn no_input_breaks_the_parser() {
    for seed in 0..ROUNDS {
        let random = &mut Random(seed);
        let mut input = random.pick(SEEDS).to_vec();
        for _ in 0..random.within(0..8) {
            mutate(random, &mut input);
        }
        let result = std::panic::catch_unwind(|| check(&input));
        assert!(result.is_ok(), "seed {seed}: {:?}", input.escape_ascii().to_string());
    }
}
