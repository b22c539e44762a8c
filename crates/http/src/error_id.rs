//! Ids for error answers: UUIDs of version 4, made without a system call each.

use std::cell::RefCell;
use std::fmt;

/// A random UUID (RFC 9562, version 4) in its text form, sent as `X-Error-ID`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ErrorId([u8; 36]);

impl ErrorId {
    /// The 36 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("hexadecimal digits and hyphens are UTF-8")
    }

    fn from_random(mut bytes: [u8; 16]) -> Self {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let mut text = [b'-'; 36];
        let mut at = 0;
        for (index, byte) in bytes.into_iter().enumerate() {
            if matches!(index, 4 | 6 | 8 | 10) {
                at += 1;
            }
            text[at] = HEX[usize::from(byte >> 4)];
            text[at + 1] = HEX[usize::from(byte & 15)];
            at += 2;
        }
        Self(text)
    }
}

impl fmt::Display for ErrorId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl fmt::Debug for ErrorId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ErrorId({self})")
    }
}

impl AsRef<str> for ErrorId {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

/// xoshiro256++ (Blackman and Vigna, 2019). An error id must be unique, not secret: 256 bits of state seeded by the
/// operating system give that without asking the system for each of a flood of bad requests.
struct Generator([u64; 4]);

impl Generator {
    fn from_system() -> Self {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).expect("the operating system gives random bytes");
        let mut state = [0; 4];
        for (word, bytes) in state.iter_mut().zip(seed.as_chunks::<8>().0) {
            *word = u64::from_le_bytes(*bytes);
        }
        // All zeros is the one state it never leaves.
        state[3] |= u64::from(state == [0; 4]);
        Self(state)
    }

    fn next(&mut self) -> u64 {
        let Self([a, b, c, d]) = self;
        let out = a.wrapping_add(*d).rotate_left(23).wrapping_add(*a);
        let shifted = *b << 17;
        *c ^= *a;
        *d ^= *b;
        *b ^= *c;
        *a ^= *d;
        *c ^= shifted;
        *d = d.rotate_left(45);
        out
    }
}

thread_local! {
    static GENERATOR: RefCell<Generator> = RefCell::new(Generator::from_system());
}

/// A new error id.
///
/// ```
/// let id = covet_http::error_id();
/// assert_eq!(id.as_str().len(), 36);
/// assert_ne!(id, covet_http::error_id());
/// ```
///
/// # Panics
///
/// When the operating system refuses random bytes to a thread that never made an id, as the standard library's hash
/// maps do.
#[must_use]
pub fn error_id() -> ErrorId {
    GENERATOR.with_borrow_mut(|generator| {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&generator.next().to_le_bytes());
        bytes[8..].copy_from_slice(&generator.next().to_le_bytes());
        ErrorId::from_random(bytes)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_text_form_is_that_of_version_4() {
        assert_eq!(ErrorId::from_random([0; 16]).as_str(), "00000000-0000-4000-8000-000000000000");
        assert_eq!(ErrorId::from_random([0xff; 16]).as_str(), "ffffffff-ffff-4fff-bfff-ffffffffffff");
        let counted: [u8; 16] = std::array::from_fn(|index| u8::try_from(index * 17).expect("below 256"));
        assert_eq!(ErrorId::from_random(counted).as_str(), "00112233-4455-4677-8899-aabbccddeeff");
    }

    #[test]
    fn the_generator_gives_the_published_sequence() {
        // First outputs of the authors' reference code for the state 1, 2, 3, 4.
        let mut generator = Generator([1, 2, 3, 4]);
        let expected = [41_943_041, 58_720_359, 3_588_806_011_781_223, 3_591_011_842_654_386];
        assert_eq!(std::array::from_fn(|_| generator.next()), expected);
    }

    #[test]
    fn ids_of_many_threads_differ() {
        let threads: Vec<_> =
            (0..4).map(|_| std::thread::spawn(|| (0..5_000).map(|_| error_id()).collect::<Vec<_>>())).collect();
        let ids: Vec<_> = threads.into_iter().flat_map(|thread| thread.join().expect("no panic")).collect();
        assert_eq!(ids.iter().collect::<HashSet<_>>().len(), 20_000);
    }
}
