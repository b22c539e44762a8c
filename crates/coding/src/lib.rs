//! Content codings (RFC 9110 8.4.1): gzip, brotli and zstd, forth and back.
//!
//! In: pieces of bytes. Out: the same, coded or decoded, into a buffer of the caller's, so that neither a large body nor a
//! small one that decodes to a large one takes more time or memory at once than the caller gives it. No I/O, no HTTP.

mod decoder;
mod encoder;
mod layers;
mod pool;
mod tables;

pub use self::decoder::{Decoder, Malformed};
pub use self::encoder::{Encoder, Level, Op};
pub use self::layers::{Bounds, DecodeError, Layers, Progress};

/// What one step did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Bytes of the input that were used.
    pub read: usize,
    /// Bytes that were written into the output.
    pub written: usize,
    /// What was asked for is done; else the output was too small, or there was too little input.
    pub done: bool,
}

#[cfg(test)]
mod layers_tests;
#[cfg(test)]
mod tests;
