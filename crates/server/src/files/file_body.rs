//! The body of a file's answer: what was read with its head, then the rest, a piece at a time.
//!
//! In: an open file and the parts of it to send. Out: frames, read on a thread that may block, one ahead of the peer. A file
//! that is changed meanwhile breaks the answer off: nobody gets a mixture of two versions.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use covet_http::ByteRange;
use http_body::{Body, Frame, SizeHint};
use tokio::sync::oneshot;

use super::blocking::Blocking;
use super::open::{OpenFile, Stamp};
use crate::reply_body::BodyError;

/// Bytes read at once. A download holds two such pieces. Per MiB sent, pieces of 64 KiB cost a fifth more CPU, pieces of
/// 256 KiB a tenth less; the memory of a thousand slow clients decides between them.
pub(crate) const PIECE: usize = 128 * 1024;

/// What a body is made of.
#[derive(Debug)]
pub(crate) enum Segment {
    Text(Vec<u8>),
    Range(ByteRange),
}

/// Reads the segments of a body, a piece at a time.
#[derive(Debug)]
pub(crate) struct Reader {
    file: File,
    stamp: Stamp,
    position: u64,
    segments: VecDeque<Segment>,
}

impl Reader {
    pub(crate) fn new(file: OpenFile, segments: VecDeque<Segment>) -> Self {
        Self { file: file.file, stamp: file.stamp, position: 0, segments }
    }

    pub(crate) fn is_done(&self) -> bool {
        self.segments.is_empty()
    }

    /// The next piece; an error where the file is not what it was when it was opened. May block.
    pub(crate) fn read_piece(&mut self) -> io::Result<Bytes> {
        let mut piece = Vec::new();
        while let Some(segment) = self.segments.front_mut() {
            match segment {
                Segment::Text(text) => piece.append(text),
                Segment::Range(range) => {
                    let length = range.len().min((PIECE - piece.len().min(PIECE)) as u64);
                    if length == 0 {
                        break;
                    }
                    read_range(&mut self.file, &mut self.position, range.start, length, &mut piece)?;
                    range.start += length;
                    if range.start < range.end {
                        break;
                    }
                }
            }
            self.segments.pop_front();
        }
        if Stamp::of(&self.file.metadata()?) != self.stamp {
            return Err(changed());
        }
        Ok(piece.into())
    }
}

fn read_range(file: &mut File, position: &mut u64, start: u64, length: u64, piece: &mut Vec<u8>) -> io::Result<()> {
    if *position != start {
        file.seek(SeekFrom::Start(start))?;
    }
    let before = piece.len();
    // Room for exactly what is read: `read_to_end` then asks the system no second time.
    piece.reserve_exact(usize::try_from(length).unwrap_or(PIECE));
    let read = file.take(length).read_to_end(piece)?;
    *position = start + read as u64;
    if ((piece.len() - before) as u64) < length { Err(changed()) } else { Ok(()) }
}

fn changed() -> io::Error {
    io::Error::other("the file was changed while it was sent")
}

/// See the module.
pub(crate) struct FileBody {
    blocking: Blocking,
    state: State,
    /// Bytes still to be handed over.
    left: u64,
}

enum State {
    Ready(Bytes, Option<Reader>),
    Reading(oneshot::Receiver<io::Result<(Bytes, Option<Reader>)>>),
    Done,
}

impl FileBody {
    /// The body of `length` bytes that begins with `first`; `reader` gives the rest.
    pub(crate) fn new(blocking: Blocking, first: Bytes, reader: Reader, length: u64) -> Self {
        Self { blocking, state: State::Ready(first, Some(reader)), left: length }
    }

    /// Begins to read the piece after the one that is handed over.
    fn read_on(&mut self, reader: Option<Reader>) {
        self.state = match reader {
            None => State::Done,
            Some(mut reader) => State::Reading(self.blocking.start(move || {
                let piece = reader.read_piece()?;
                // With its last byte read the file is closed, here where that may block.
                Ok((piece, (!reader.is_done()).then_some(reader)))
            })),
        };
    }
}

impl Body for FileBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = self.get_mut();
        if let State::Reading(outcome) = &mut this.state {
            match ready!(Pin::new(outcome).poll(cx)) {
                Ok(Ok((piece, reader))) => this.state = State::Ready(piece, reader),
                Ok(Err(error)) => {
                    this.state = State::Done;
                    return Poll::Ready(Some(Err(error.into())));
                }
                Err(given_up) => {
                    this.state = State::Done;
                    return Poll::Ready(Some(Err(given_up.into())));
                }
            }
        }
        let State::Ready(piece, reader) = std::mem::replace(&mut this.state, State::Done) else {
            return Poll::Ready(None);
        };
        this.left = this.left.saturating_sub(piece.len() as u64);
        this.read_on(reader);
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.state, State::Done)
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

impl Drop for FileBody {
    fn drop(&mut self) {
        // A piece that is being read drops its file itself, when it finds nobody waiting.
        if let State::Ready(_, Some(reader)) = std::mem::replace(&mut self.state, State::Done) {
            self.blocking.drop(reader);
        }
    }
}
