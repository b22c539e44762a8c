//! Bytes in, coded bytes out.

use std::fmt;

use brotli::enc::encode::{BrotliEncoderOperation, BrotliEncoderParameter, BrotliEncoderStateStruct};
use covet_http::Coding;
use zlib_rs::{Deflate, DeflateFlush, Status};
use zstd_safe::zstd_sys::ZSTD_EndDirective;
use zstd_safe::{CCtx, CParameter, InBuffer, OutBuffer, ResetDirective};

use crate::Step;
use crate::pool;
use crate::tables::Tables;

/// How far back brotli and zstd look for repetitions: 512 KiB. Their own defaults take several megabytes for every
/// stream that is open, for little on bodies of the usual size.
const WINDOW_LOG: u32 = 19;

/// gzip's own window, 32 KiB, and 16 more to say that it is gzip.
const GZIP_WINDOW_BITS: u8 = 15 + 16;

/// How hard to try: a number of the coding's own, least effort first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level(u8);

impl Level {
    /// A level of that coding: zstd 1 to 12, brotli 0 to 9, gzip 1 to 9. `None` for another: levels above these work on a
    /// body in blocks so large that one would hold up every other connection, and belong to files coded beforehand.
    #[must_use]
    pub fn new(coding: Coding, level: u8) -> Option<Self> {
        let (least, most) = Self::range(coding);
        (least..=most).contains(&level).then_some(Self(level))
    }

    /// The least and the most effort of a coding.
    #[must_use]
    pub const fn range(coding: Coding) -> (u8, u8) {
        match coding {
            Coding::Zstd => (1, 12),
            Coding::Brotli => (0, 9),
            Coding::Gzip => (1, 9),
        }
    }

    /// What suits a body that is coded while its client waits.
    #[must_use]
    pub const fn default_of(coding: Coding) -> Self {
        Self(match coding {
            Coding::Zstd => 3,
            Coding::Brotli => 4,
            Coding::Gzip => 6,
        })
    }
}

/// What a step is to bring about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// Takes input, and gives output when there is enough of it.
    Write,
    /// Takes input, and gives output for all that has come.
    Flush,
    /// Takes the last input, and ends.
    Finish,
}

/// Codes one body.
///
/// ```
/// use covet_coding::{Encoder, Level, Op};
/// use covet_http::Coding;
///
/// let mut encoder = Encoder::new(Coding::Gzip, Level::default_of(Coding::Gzip), None);
/// let mut out = [0; 64];
/// let step = encoder.step(b"hello hello hello", &mut out, Op::Finish);
/// assert!(step.done && out.starts_with(&[0x1f, 0x8b]));
/// ```
pub struct Encoder(State);

enum State {
    Gzip { deflate: Option<Deflate>, level: Level },
    Brotli(Box<BrotliEncoderStateStruct<Tables>>),
    Zstd { context: Option<CCtx<'static>> },
}

impl fmt::Debug for Encoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            State::Gzip { .. } => "Encoder(gzip)",
            State::Brotli(_) => "Encoder(br)",
            State::Zstd { .. } => "Encoder(zstd)",
        })
    }
}

impl Encoder {
    /// Begins a body; `size` is its length where that is known, which makes tables no larger than it needs.
    ///
    /// # Panics
    ///
    /// When there is no memory for it.
    #[must_use]
    pub fn new(coding: Coding, level: Level, size: Option<u64>) -> Self {
        Self(match coding {
            Coding::Gzip => {
                let deflate =
                    pool::take_deflate(level.0).unwrap_or_else(|| Deflate::new(level.0.into(), true, GZIP_WINDOW_BITS));
                State::Gzip { deflate: Some(deflate), level }
            }
            Coding::Brotli => State::Brotli(Box::new(brotli(level, size))),
            Coding::Zstd => State::Zstd { context: Some(zstd(level, size)) },
        })
    }

    /// Codes what it can of `input` into `output`. Until the step is done, it wants what is left of the input and the
    /// same `op` again.
    ///
    /// # Panics
    ///
    /// When the coder is used after it has finished, or fails, which for any input none does.
    pub fn step(&mut self, input: &[u8], output: &mut [u8], op: Op) -> Step {
        match &mut self.0 {
            State::Gzip { deflate, .. } => {
                gzip_step(deflate.as_mut().expect("there until it is dropped"), input, output, op)
            }
            State::Brotli(state) => brotli_step(state, input, output, op),
            State::Zstd { context } => {
                zstd_step(context.as_mut().expect("there until it is dropped"), input, output, op)
            }
        }
    }
}

impl Drop for Encoder {
    fn drop(&mut self) {
        // Tables of several hundred kilobytes, whose making costs as much as a small body.
        match &mut self.0 {
            State::Gzip { deflate, level } => {
                deflate.take().into_iter().for_each(|deflate| pool::give_deflate(level.0, deflate))
            }
            State::Zstd { context } => context.take().into_iter().for_each(pool::give_zstd),
            State::Brotli(_) => {}
        }
    }
}

fn gzip_step(deflate: &mut Deflate, input: &[u8], output: &mut [u8], op: Op) -> Step {
    let flush = match op {
        Op::Write => DeflateFlush::NoFlush,
        Op::Flush => DeflateFlush::SyncFlush,
        Op::Finish => DeflateFlush::Finish,
    };
    let (total_in, total_out) = (deflate.total_in(), deflate.total_out());
    let status = deflate.compress(input, output, flush).expect("deflate takes any input");
    let read = usize::try_from(deflate.total_in() - total_in).unwrap_or(input.len());
    let written = usize::try_from(deflate.total_out() - total_out).unwrap_or(output.len());
    let done = match op {
        Op::Write => read == input.len(),
        // Room was left: nothing more was to be written.
        Op::Flush => read == input.len() && written < output.len(),
        Op::Finish => status == Status::StreamEnd,
    };
    Step { read, written, done }
}

fn brotli(level: Level, size: Option<u64>) -> BrotliEncoderStateStruct<Tables> {
    let mut state = BrotliEncoderStateStruct::new(Tables);
    let size = size.and_then(|size| u32::try_from(size).ok());
    // No larger than the body: 1 KiB is the least there is.
    let window = size.map_or(WINDOW_LOG, |size| (32 - size.leading_zeros()).clamp(10, WINDOW_LOG));
    state.set_parameter(BrotliEncoderParameter::BROTLI_PARAM_QUALITY, level.0.into());
    state.set_parameter(BrotliEncoderParameter::BROTLI_PARAM_LGWIN, window);
    if let Some(size) = size {
        state.set_parameter(BrotliEncoderParameter::BROTLI_PARAM_SIZE_HINT, size);
    }
    state
}

fn brotli_step(state: &mut BrotliEncoderStateStruct<Tables>, input: &[u8], output: &mut [u8], op: Op) -> Step {
    let operation = match op {
        Op::Write => BrotliEncoderOperation::BROTLI_OPERATION_PROCESS,
        Op::Flush => BrotliEncoderOperation::BROTLI_OPERATION_FLUSH,
        Op::Finish => BrotliEncoderOperation::BROTLI_OPERATION_FINISH,
    };
    let (mut left, mut read) = (input.len(), 0);
    let (mut room, mut written) = (output.len(), 0);
    let fine = state.compress_stream(
        operation,
        &mut left,
        input,
        &mut read,
        &mut room,
        output,
        &mut written,
        &mut None,
        &mut |_, _, _, _| (),
    );
    assert!(fine, "brotli takes any input");
    let done = match op {
        Op::Write => left == 0,
        Op::Flush => left == 0 && !state.has_more_output(),
        Op::Finish => state.is_finished(),
    };
    Step { read, written, done }
}

fn zstd(level: Level, size: Option<u64>) -> CCtx<'static> {
    let mut context = pool::take_zstd().unwrap_or_else(CCtx::create);
    let mut set = |parameter| context.set_parameter(parameter).map(drop).unwrap_or_else(|code| fail_zstd(code));
    set(CParameter::CompressionLevel(level.0.into()));
    // For a body of known size it chooses a window of its own.
    set(CParameter::WindowLog(if size.is_some_and(|size| size <= 1 << WINDOW_LOG) { 0 } else { WINDOW_LOG }));
    context.set_pledged_src_size(size).map(drop).unwrap_or_else(|code| fail_zstd(code));
    context
}

fn zstd_step(context: &mut CCtx<'static>, input: &[u8], output: &mut [u8], op: Op) -> Step {
    let directive = match op {
        Op::Write => ZSTD_EndDirective::ZSTD_e_continue,
        Op::Flush => ZSTD_EndDirective::ZSTD_e_flush,
        Op::Finish => ZSTD_EndDirective::ZSTD_e_end,
    };
    let mut from = InBuffer::around(input);
    let mut to = OutBuffer::around(output);
    let left = context.compress_stream2(&mut to, &mut from, directive).unwrap_or_else(|code| fail_zstd(code));
    let (read, written) = (from.pos, to.pos());
    let done = read == input.len() && (op == Op::Write || left == 0);
    Step { read, written, done }
}

fn fail_zstd(code: usize) -> ! {
    panic!("zstd takes any input: {}", zstd_safe::get_error_name(code))
}

/// Ready for another body, whatever became of the last.
pub(crate) fn reset_zstd(context: &mut CCtx<'static>) -> bool {
    context.reset(ResetDirective::SessionAndParameters).is_ok()
}
