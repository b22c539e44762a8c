//! What goes in comes out, whatever the pieces; what is broken is told.

use covet_http::Coding;

use crate::{Decoder, Encoder, Level, Malformed, Op};

/// Codes `input`, fed in pieces of `piece` bytes with room for `room` at a time.
pub(crate) fn encode(coding: Coding, input: &[u8], piece: usize, room: usize, flush: bool) -> Vec<u8> {
    let mut encoder = Encoder::new(coding, Level::default_of(coding), (!flush).then_some(input.len() as u64));
    let mut out = vec![0; room];
    let mut coded = Vec::new();
    let op = if flush { Op::Flush } else { Op::Write };
    for piece in input.chunks(piece) {
        drive(&mut encoder, piece, &mut out, op, &mut coded);
    }
    drive(&mut encoder, &[], &mut out, Op::Finish, &mut coded);
    coded
}

fn drive(encoder: &mut Encoder, mut input: &[u8], out: &mut [u8], op: Op, coded: &mut Vec<u8>) {
    loop {
        let step = encoder.step(input, out, op);
        coded.extend_from_slice(&out[..step.written]);
        input = &input[step.read..];
        if step.done {
            assert!(input.is_empty());
            return;
        }
    }
}

fn decode(coding: Coding, coded: &[u8], piece: usize, room: usize) -> Result<Option<Vec<u8>>, Malformed> {
    let mut decoder = Decoder::new(coding);
    let mut out = vec![0; room];
    let mut plain = Vec::new();
    for mut input in coded.chunks(piece) {
        loop {
            let step = decoder.step(input, &mut out)?;
            plain.extend_from_slice(&out[..step.written]);
            input = &input[step.read..];
            if step.done {
                break;
            }
        }
    }
    Ok(decoder.is_complete().then_some(plain))
}

/// Text that repeats itself as JSON does.
pub(crate) fn text(bytes: usize) -> Vec<u8> {
    let mut text = Vec::new();
    let mut number = 7_u32;
    while text.len() < bytes {
        number = number.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        text.extend_from_slice(format!(r#"{{"id":{number},"name":"user {}","active":true}},"#, number % 97).as_bytes());
    }
    text.truncate(bytes);
    text
}

#[test]
fn what_goes_in_comes_out() {
    for coding in Coding::ALL {
        for bytes in [0, 1, 100, 5_000, 300_000, 2_000_000] {
            let input = text(bytes);
            for (piece, room) in [(usize::MAX, 64 * 1024), (1_000, 64 * 1024), (4_096, 100)] {
                let coded = encode(coding, &input, piece.min(bytes.max(1)), room, false);
                assert!(bytes < 1_000 || coded.len() * 2 < bytes, "{coding:?} {bytes}: {}", coded.len());
                for (piece, room) in [(usize::MAX, 64 * 1024), (777, 100_000), (50_000, 333)] {
                    let plain = decode(coding, &coded, piece.min(coded.len()), room);
                    assert!(plain == Ok(Some(input.clone())), "{coding:?} {bytes} bytes in pieces of {piece}, {room}");
                }
            }
        }
    }
}

#[test]
fn a_flush_gives_all_that_has_come() {
    for coding in Coding::ALL {
        let mut encoder = Encoder::new(coding, Level::default_of(coding), None);
        let mut decoder = Decoder::new(coding);
        let (mut out, mut plain) = (vec![0; 64 * 1024], vec![0; 64 * 1024]);
        for line in ["first\n", "second\n", "first again\n"] {
            let mut coded = Vec::new();
            drive(&mut encoder, line.as_bytes(), &mut out, Op::Write, &mut coded);
            drive(&mut encoder, &[], &mut out, Op::Flush, &mut coded);
            let step = decoder.step(&coded, &mut plain).expect("well coded");
            assert_eq!((&plain[..step.written], step.read), (line.as_bytes(), coded.len()), "{coding:?}");
            assert!(!decoder.is_complete(), "{coding:?}");
        }
    }
}

#[test]
fn flushed_pieces_make_one_body() {
    let input = text(100_000);
    for coding in Coding::ALL {
        for room in [64 * 1024, 7] {
            let coded = encode(coding, &input, 999, room, true);
            assert!(decode(coding, &coded, 4_000, 4_000) == Ok(Some(input.clone())), "{coding:?} {room}");
        }
    }
}

#[test]
fn coders_used_again_remember_nothing() {
    let (large, small) = (text(400_000), text(50));
    for coding in Coding::ALL {
        let fresh = std::thread::spawn(move || encode(coding, &text(50), 50, 1_000, false)).join().expect("no panic");
        // One that is dropped halfway goes back as well.
        let mut halfway = Encoder::new(coding, Level::default_of(coding), None);
        drive(&mut halfway, &large, &mut vec![0; 1_000], Op::Write, &mut Vec::new());
        drop(halfway);
        encode(coding, &large, 10_000, 10_000, false);
        assert_eq!(encode(coding, &small, 50, 1_000, false), fresh, "{coding:?}");
    }
}

#[test]
fn every_level_is_taken() {
    let input = text(20_000);
    for coding in Coding::ALL {
        let (least, most) = Level::range(coding);
        assert_eq!(Level::new(coding, most + 1), None);
        assert_eq!(least.checked_sub(1).and_then(|level| Level::new(coding, level)), None);
        for level in least..=most {
            let level = Level::new(coding, level).expect("in range");
            let mut encoder = Encoder::new(coding, level, None);
            let mut coded = Vec::new();
            drive(&mut encoder, &input, &mut vec![0; 1_000], Op::Finish, &mut coded);
            assert!(decode(coding, &coded, 5_000, 5_000) == Ok(Some(input.clone())), "{coding:?} {level:?}");
        }
    }
}

#[test]
fn what_breaks_off_is_not_complete() {
    let input = text(5_000);
    for coding in Coding::ALL {
        let coded = encode(coding, &input, 5_000, 10_000, false);
        for cut in 0..coded.len() {
            match decode(coding, &coded[..cut], cut.max(1), 10_000) {
                Ok(None) => {}
                other => panic!("{coding:?} cut at {cut} of {}: {other:?}", coded.len()),
            }
        }
    }
}

#[test]
fn what_follows_the_end_is_no_part_of_it() {
    for coding in Coding::ALL {
        let mut coded = encode(coding, b"body", 4, 1_000, false);
        coded.extend_from_slice(b"more");
        for piece in [1, 1_000] {
            assert!(!matches!(decode(coding, &coded, piece, 100), Ok(Some(_))), "{coding:?} {piece}");
        }
    }
}

#[test]
fn several_bodies_in_a_row() {
    for (coding, several) in [(Coding::Gzip, true), (Coding::Zstd, true), (Coding::Brotli, false)] {
        let coded = [encode(coding, b"one ", 4, 100, false), encode(coding, b"two", 3, 100, false)].concat();
        for piece in [1, 3, 1_000] {
            let plain = decode(coding, &coded, piece, 100);
            assert_eq!(plain, if several { Ok(Some(b"one two".to_vec())) } else { Err(Malformed) }, "{coding:?}");
        }
    }
}

#[test]
fn other_bytes_are_told() {
    for coding in Coding::ALL {
        for garbage in [&b"plain text, no coding at all"[..], &[0xff; 64], &[0; 64]] {
            let decoded = decode(coding, garbage, 64, 1_000);
            assert!(!matches!(decoded, Ok(Some(ref plain)) if !plain.is_empty()), "{coding:?}: {decoded:?}");
        }
        // A bit turned anywhere is found, or at worst gives other bytes; never a panic or an endless loop.
        let coded = encode(coding, &text(3_000), 3_000, 10_000, false);
        for at in 0..coded.len() {
            let mut broken = coded.clone();
            broken[at] ^= 0x10;
            let _ = decode(coding, &broken, 500, 1_000);
        }
    }
    // Checksums: gzip's own, so the turned bit of the last bytes is found.
    let mut coded = encode(Coding::Gzip, b"body", 4, 1_000, false);
    let crc = coded.len() - 8;
    coded[crc] ^= 1;
    assert_eq!(decode(Coding::Gzip, &coded, 1_000, 100), Err(Malformed));
}

#[test]
fn a_window_that_is_too_large_is_refused() {
    // A zstd frame header that asks for a window of 128 MiB, then a block.
    let frame = [0x28, 0xb5, 0x2f, 0xfd, 0x00, (27 - 10) << 3, 0x01, 0x00, 0x00];
    assert_eq!(decode(Coding::Zstd, &frame, 100, 100), Err(Malformed));
    // The same with a window that is allowed is a body of nothing.
    let frame = [0x28, 0xb5, 0x2f, 0xfd, 0x00, (23 - 10) << 3, 0x01, 0x00, 0x00];
    assert_eq!(decode(Coding::Zstd, &frame, 100, 100), Ok(Some(Vec::new())));
    // brotli bodies of nothing, with windows of 4, 8 and 16 MiB.
    for (first, expected) in [(0x0b, Ok(Some(Vec::new()))), (0x0d, Err(Malformed)), (0x0f, Err(Malformed))] {
        assert_eq!(decode(Coding::Brotli, &[first | 0x30], 100, 100), expected, "{first:#x}");
    }
    // brotli's "large window" is not of RFC 7932.
    assert_eq!(decode(Coding::Brotli, &[0x11, 0x1e, 0x03], 100, 100), Err(Malformed));
}

#[test]
fn a_bomb_gives_no_more_than_there_is_room_for() {
    let zeros = vec![0; 8 << 20];
    for coding in Coding::ALL {
        let coded = encode(coding, &zeros, zeros.len(), 64 * 1024, false);
        assert!(coded.len() * 100 < zeros.len());
        let mut decoder = Decoder::new(coding);
        let step = decoder.step(&coded, &mut [0; 1_000]).expect("well coded");
        assert_eq!((step.written, step.done), (1_000, false), "{coding:?}");
    }
}
