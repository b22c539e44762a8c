//! Coded bytes in, plain bytes out. The bytes are a stranger's.

use std::error::Error;
use std::fmt;

use brotli::enc::StandardAlloc;
use brotli::{BrotliDecompressStream, BrotliResult, BrotliState};
use covet_http::Coding;
use zlib_rs::{Inflate, InflateFlush, Status};
use zstd_safe::{DCtx, DParameter, InBuffer, OutBuffer};

use crate::Step;

/// A zstd body may ask for a window of 8 MiB and no more (RFC 9659).
const ZSTD_WINDOW_LOG: u32 = 23;

/// A brotli body may ask for a window of 4 MiB and no more, which is what libraries ask for by default. The decoder fills its
/// window before it gives anything: 16 MiB, the most there is (RFC 7932 9.1), came of 12 KiB, for each body under way.
const BROTLI_WINDOW_LOG: u8 = 22;

/// gzip's window, and 16 more to take gzip alone.
const GZIP_WINDOW_BITS: u8 = 15 + 16;

/// The bytes are not of the coding they are said to be of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the body is not what its Content-Encoding says")
    }
}

impl Error for Malformed {}

/// Decodes one body.
///
/// ```
/// use covet_coding::{Decoder, Malformed};
/// use covet_http::Coding;
///
/// let mut decoder = Decoder::new(Coding::Gzip);
/// assert_eq!(decoder.step(b"no gzip", &mut [0; 64]), Err(Malformed));
/// ```
pub struct Decoder {
    state: State,
    /// All that has come is whole: the body may end here.
    complete: bool,
}

type BrotliDecoder = BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>;

enum State {
    Gzip(Box<Inflate>),
    /// And whether its first byte is still to come.
    Brotli(Box<BrotliDecoder>, bool),
    Zstd(DCtx<'static>),
}

impl fmt::Debug for Decoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.state {
            State::Gzip(_) => "Decoder(gzip)",
            State::Brotli(..) => "Decoder(br)",
            State::Zstd(_) => "Decoder(zstd)",
        })
    }
}

impl Decoder {
    /// Begins a body.
    ///
    /// # Panics
    ///
    /// When there is no memory for it.
    #[must_use]
    pub fn new(coding: Coding) -> Self {
        let state = match coding {
            Coding::Gzip => State::Gzip(Box::new(Inflate::new(true, GZIP_WINDOW_BITS))),
            Coding::Brotli => {
                let alloc = StandardAlloc::default;
                // Strictly RFC 7932: windows above 16 MiB are of another format.
                State::Brotli(Box::new(BrotliState::new_strict(alloc(), alloc(), alloc())), true)
            }
            Coding::Zstd => {
                let mut context = DCtx::create();
                context
                    .set_parameter(DParameter::WindowLogMax(ZSTD_WINDOW_LOG))
                    .unwrap_or_else(|code| panic!("zstd knows its limits: {}", zstd_safe::get_error_name(code)));
                State::Zstd(context)
            }
        };
        Self { state, complete: false }
    }

    /// Decodes what it can of `input` into `output`, which must not be empty. The step is done when it has used all input
    /// and has nothing more to write.
    ///
    /// # Errors
    ///
    /// Bytes that are not of the coding, or that follow its end. gzip and zstd bodies may be several in a row, as their
    /// RFCs have it.
    pub fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, Malformed> {
        let complete = &mut self.complete;
        match &mut self.state {
            State::Gzip(inflate) => gzip_step(inflate, complete, input, output),
            State::Brotli(state, begins) => brotli_step(state, begins, complete, input, output),
            State::Zstd(context) => zstd_step(context, complete, input, output),
        }
    }

    /// Whether the body may end here: what came is whole.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.complete
    }
}

fn gzip_step(inflate: &mut Inflate, complete: &mut bool, input: &[u8], output: &mut [u8]) -> Result<Step, Malformed> {
    if *complete {
        if input.is_empty() {
            return Ok(Step { read: 0, written: 0, done: true });
        }
        // Another member (RFC 1952 2.2).
        *inflate = Inflate::new(true, GZIP_WINDOW_BITS);
        *complete = false;
    }
    let (total_in, total_out) = (inflate.total_in(), inflate.total_out());
    let status = inflate.decompress(input, output, InflateFlush::NoFlush).map_err(|_| Malformed)?;
    let read = usize::try_from(inflate.total_in() - total_in).map_err(|_| Malformed)?;
    let written = usize::try_from(inflate.total_out() - total_out).map_err(|_| Malformed)?;
    *complete = status == Status::StreamEnd;
    Ok(Step { read, written, done: read == input.len() && (*complete || written < output.len()) })
}

/// The window that the first byte of a body asks for, where that is one of the larger ones; 0 for all others.
fn brotli_window_log(first: u8) -> u8 {
    match (first & 1, (first >> 1) & 7) {
        (0, _) | (_, 0) => 0,
        (_, more) => 17 + more,
    }
}

fn brotli_step(
    state: &mut BrotliDecoder,
    begins: &mut bool,
    complete: &mut bool,
    input: &[u8],
    output: &mut [u8],
) -> Result<Step, Malformed> {
    if *complete {
        return if input.is_empty() { Ok(Step { read: 0, written: 0, done: true }) } else { Err(Malformed) };
    }
    if *begins && let Some(&first) = input.first() {
        *begins = false;
        if brotli_window_log(first) > BROTLI_WINDOW_LOG {
            return Err(Malformed);
        }
    }
    let (mut left, mut read) = (input.len(), 0);
    let (mut room, mut written) = (output.len(), 0);
    let result = BrotliDecompressStream(&mut left, &mut read, input, &mut room, &mut written, output, &mut 0, state);
    match result {
        BrotliResult::ResultFailure => return Err(Malformed),
        BrotliResult::ResultSuccess => *complete = true,
        BrotliResult::NeedsMoreInput | BrotliResult::NeedsMoreOutput => {}
    }
    let done = left == 0 && !matches!(result, BrotliResult::NeedsMoreOutput);
    Ok(Step { read, written, done })
}

fn zstd_step(
    context: &mut DCtx<'static>,
    complete: &mut bool,
    input: &[u8],
    output: &mut [u8],
) -> Result<Step, Malformed> {
    if input.is_empty() && *complete {
        return Ok(Step { read: 0, written: 0, done: true });
    }
    let room = output.len();
    let mut from = InBuffer::around(input);
    let mut to = OutBuffer::around(output);
    let hint = context.decompress_stream(&mut to, &mut from).map_err(|_| Malformed)?;
    let (read, written) = (from.pos, to.pos());
    *complete = hint == 0;
    Ok(Step { read, written, done: read == input.len() && (*complete || written < room) })
}
