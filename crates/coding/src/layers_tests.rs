//! Bodies in layers: what went in comes out, and no more than the bounds and one step allow.

use std::time::{Duration, Instant};

use covet_http::Coding;

use crate::tests::{encode, text};
use crate::{Bounds, DecodeError, Layers};

const WIDE: Bounds = Bounds { max_plain: 1 << 40, max_ratio: u32::MAX };

/// Codes `plain` with each of `codings`, in order.
fn coded(codings: &[Coding], plain: &[u8]) -> Vec<u8> {
    codings.iter().fold(plain.to_vec(), |body, &coding| encode(coding, &body, body.len().max(1), 64 * 1024, false))
}

/// Decodes a body that comes in pieces.
fn decode(codings: &[Coding], bounds: Bounds, body: &[u8], piece: usize, room: usize) -> Result<Vec<u8>, DecodeError> {
    let mut layers = Layers::new(codings, bounds);
    let (mut plain, mut output) = (Vec::new(), vec![0; room]);
    for mut input in body.chunks(piece) {
        loop {
            let progress = layers.step(input, &mut output)?;
            assert!(progress.worked <= 64 * 1024 * codings.len() + 2 * (piece + room), "{progress:?}");
            plain.extend_from_slice(&output[..progress.written]);
            input = &input[progress.read..];
            if progress.done {
                break;
            }
        }
    }
    layers.end().map(|()| plain)
}

fn pairs() -> impl Iterator<Item = [Coding; 2]> {
    Coding::ALL.into_iter().flat_map(|first| Coding::ALL.into_iter().map(move |second| [first, second]))
}

#[test]
fn what_was_coded_twice_comes_out() {
    for codings in pairs() {
        for bytes in [0, 1, 5_000, 60_000] {
            let plain = text(bytes);
            let body = coded(&codings, &plain);
            for (piece, room) in [(usize::MAX, 64 * 1024), (1, 1_000), (777, 100_000), (9_000, 10)] {
                let piece = piece.min(body.len());
                let decoded = decode(&codings, WIDE, &body, piece, room);
                assert!(decoded.as_ref() == Ok(&plain), "{codings:?} {bytes} bytes in pieces of {piece}, {room}");
            }
        }
    }
}

#[test]
fn what_breaks_off_or_goes_on_is_told() {
    let plain = text(3_000);
    for codings in Coding::ALL.map(|coding| vec![coding]).into_iter().chain(pairs().map(Vec::from)) {
        let body = coded(&codings, &plain);
        for cut in 1..body.len() {
            let decoded = decode(&codings, WIDE, &body[..cut], 500, 1_000);
            assert_eq!(decoded, Err(DecodeError::Truncated), "{codings:?} cut at {cut} of {}", body.len());
        }
        let longer = [&body[..], b"more"].concat();
        for piece in [1, longer.len()] {
            let decoded = decode(&codings, WIDE, &longer, piece, 1_000);
            assert!(
                matches!(decoded, Err(DecodeError::Malformed | DecodeError::Truncated)),
                "{codings:?} {piece}: {decoded:?}"
            );
        }
        assert_eq!(decode(&codings, WIDE, b"", 1, 1_000), Ok(Vec::new()), "nothing at all is an empty body");
    }
}

#[test]
fn the_limit_is_exact() {
    let plain = text(100_000);
    for coding in Coding::ALL {
        let body = coded(&[coding], &plain);
        for (max_plain, expected) in [(100_000, Ok(())), (99_999, Err(DecodeError::TooLarge))] {
            let bounds = Bounds { max_plain, ..WIDE };
            for (piece, room) in [(1, 64 * 1024), (body.len(), 1_000)] {
                assert_eq!(decode(&[coding], bounds, &body, piece, room).map(drop), expected, "{coding:?}");
            }
        }
    }
}

#[test]
fn a_bomb_ends_soon() {
    let zeros = vec![0; 64 << 20];
    let bounds = Bounds { max_plain: 1 << 40, max_ratio: 100 };
    for coding in Coding::ALL {
        let body = coded(&[coding], &zeros);
        let mut layers = Layers::new(&[coding], bounds);
        let (mut input, mut output, mut written) = (&body[..], vec![0; 64 * 1024], 0);
        let error = loop {
            match layers.step(input, &mut output) {
                Ok(progress) => {
                    written += progress.written;
                    input = &input[progress.read..];
                    assert!(!progress.done, "{coding:?} is let through");
                }
                Err(error) => break error,
            }
        };
        assert_eq!(error, DecodeError::RatioExceeded, "{coding:?}");
        assert!(written < 16 << 20, "{coding:?}: {written}");
    }
    // A small body that repeats itself is no bomb.
    for coding in Coding::ALL {
        let plain = vec![b' '; 60_000];
        assert_eq!(decode(&[coding], bounds, &coded(&[coding], &plain), 1_000, 1_000), Ok(plain), "{coding:?}");
    }
}

#[test]
fn a_bomb_within_is_found_where_nothing_comes_out() {
    // Many gzip bodies of nothing: brotli makes a few bytes of them.
    let nothing = coded(&[Coding::Gzip], b"").repeat(400_000);
    let body = coded(&[Coding::Brotli], &nothing);
    assert!(body.len() < 1_000);
    let bounds = Bounds { max_plain: 1 << 20, max_ratio: 100 };
    assert_eq!(
        decode(&[Coding::Gzip, Coding::Brotli], bounds, &body, body.len(), 64 * 1024),
        Err(DecodeError::RatioExceeded)
    );
}

#[test]
fn many_bodies_of_nothing_cost_little() {
    let body = coded(&[Coding::Gzip], b"").repeat(50_000);
    let begin = Instant::now();
    assert_eq!(decode(&[Coding::Gzip], WIDE, &body, body.len(), 64 * 1024), Ok(Vec::new()));
    assert!(begin.elapsed() < Duration::from_secs(5), "{:?} for {} bytes", begin.elapsed(), body.len());
}
