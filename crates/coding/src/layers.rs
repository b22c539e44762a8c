//! A body that was coded once or several times over, decoded within bounds.
//!
//! In: pieces of the body as it was sent. Out: plain bytes, or why there will be none. One step does no more work than its
//! input, its output and a small buffer between two layers allow, however much the body would expand to.

use std::error::Error;
use std::fmt;

use covet_http::Coding;

use crate::{Decoder, Malformed};

/// Bytes that wait between two layers.
const HELD: usize = 16 * 1024;

/// Bytes that a body may always expand to. A ratio says nothing of the first few bytes, and so many cost no more than a
/// body that was sent plain.
const RATIO_FLOOR: u64 = 64 * 1024;

/// How far a body may expand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Bytes it may have when it is decoded; no layer between may have more.
    pub max_plain: u64,
    /// Bytes that may come of one byte that was sent, beyond the first 64 KiB.
    pub max_ratio: u32,
}

/// Why a body is not decoded any further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecodeError {
    /// The bytes are not of the coding, or go on after its end.
    Malformed,
    /// The body ended within its coding.
    Truncated,
    /// There are more than [`Bounds::max_plain`].
    TooLarge,
    /// It expands more than [`Bounds::max_ratio`].
    RatioExceeded,
}

impl From<Malformed> for DecodeError {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "the body is not what its Content-Encoding says",
            Self::Truncated => "the body ended before its coding did",
            Self::TooLarge => "the decoded body is too large",
            Self::RatioExceeded => "the body expands more than it may",
        })
    }
}

impl Error for DecodeError {}

/// What one step of [`Layers`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Bytes of the input that were used.
    pub read: usize,
    /// Plain bytes that were written into the output.
    pub written: usize,
    /// Bytes that went into or out of any layer: what the step cost.
    pub worked: usize,
    /// Nothing more comes without more input.
    pub done: bool,
}

/// Decodes one body, layer by layer.
///
/// ```
/// use covet_coding::{Bounds, DecodeError, Layers};
/// use covet_http::Coding;
///
/// let mut layers = Layers::new(&[Coding::Gzip], Bounds { max_plain: 1024, max_ratio: 100 });
/// assert_eq!(layers.step(b"no gzip", &mut [0; 64]), Err(DecodeError::Malformed));
/// ```
#[derive(Debug)]
pub struct Layers {
    /// The one that was put on last, and so comes off first, first.
    layers: Vec<Layer>,
    bounds: Bounds,
    /// Bytes of the body, as it was sent, that were used.
    read: u64,
}

struct Layer {
    decoder: Decoder,
    /// Bytes it has written in all.
    written: u64,
    /// Its last step had nothing more to write.
    done: bool,
    /// What the layer above gave; empty in the first one.
    held: Vec<u8>,
    /// Bytes of `held` that were used.
    used: usize,
}

impl fmt::Debug for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Layer").field("decoder", &self.decoder).field("written", &self.written).finish_non_exhaustive()
    }
}

impl Layers {
    /// Begins a body that was coded with each of `codings`, in this order.
    ///
    /// # Panics
    ///
    /// When `codings` is empty, or there is no memory.
    #[must_use]
    pub fn new(codings: &[Coding], bounds: Bounds) -> Self {
        assert!(!codings.is_empty(), "a body that was not coded is not decoded");
        let layer =
            |&coding| Layer { decoder: Decoder::new(coding), written: 0, done: true, held: Vec::new(), used: 0 };
        Self { layers: codings.iter().rev().map(layer).collect(), bounds, read: 0 }
    }

    /// Decodes what it can of `input` into `output`, which must not be empty.
    ///
    /// # Errors
    ///
    /// What is no body of these codings, and what expands beyond the bounds. The body is lost then.
    pub fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Progress, DecodeError> {
        let mut read = 0;
        let mut worked = 0;
        let mut written = 0;
        let last = self.layers.len() - 1;
        for at in 0..=last {
            let (above, rest) = self.layers.split_at_mut(at);
            let (layer, below) = rest.split_first_mut().expect("`at` is the index of a layer");
            let given = if above.is_empty() { input } else { &layer.held[layer.used..] };
            if given.is_empty() && layer.done {
                continue;
            }
            let room = match below.first_mut() {
                Some(next) => next.room(),
                None => Some(&mut *output),
            };
            // What was given to the next layer is not used up: it has work enough.
            let Some(room) = room else { continue };
            let step = layer.decoder.step(given, room)?;
            layer.done = step.done;
            layer.written += step.written as u64;
            worked += step.read + step.written;
            if above.is_empty() {
                read = step.read;
                self.read += step.read as u64;
            } else {
                layer.used += step.read;
            }
            match below.first_mut() {
                Some(next) => next.held.truncate(step.written),
                None => written = step.written,
            }
            self.bounds.check(layer.written, self.read)?;
        }
        let done = read == input.len() && self.layers.iter().all(|layer| layer.done && layer.used == layer.held.len());
        Ok(Progress { read, written, worked, done })
    }

    /// Nothing more will come. To be called when a step was done.
    ///
    /// # Errors
    ///
    /// A body that ended too soon. One of no bytes at all is an empty body, whatever it is said to be coded with.
    pub fn end(&self) -> Result<(), DecodeError> {
        let is_complete = self.read == 0 || self.layers.iter().all(|layer| layer.decoder.is_complete());
        if is_complete { Ok(()) } else { Err(DecodeError::Truncated) }
    }
}

impl Layer {
    /// Room for what the layer above gives, once what it gave before is used up.
    fn room(&mut self) -> Option<&mut [u8]> {
        if self.used < self.held.len() {
            return None;
        }
        self.used = 0;
        self.held.resize(HELD, 0);
        Some(&mut self.held)
    }
}

impl Bounds {
    fn check(self, written: u64, read: u64) -> Result<(), DecodeError> {
        if written > RATIO_FLOOR && written > read.saturating_mul(self.max_ratio.into()) {
            return Err(DecodeError::RatioExceeded);
        }
        if written > self.max_plain { Err(DecodeError::TooLarge) } else { Ok(()) }
    }
}
