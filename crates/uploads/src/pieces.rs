//! Data in pieces that waits to be written.
//!
//! A piece costs more than its bytes: its handle, and the whole read buffer that it keeps alive. A client that sends a
//! body in chunks of a byte would make of 256 KiB some 10 MiB; so small pieces are joined.

use bytes::{Bytes, BytesMut};

/// Pieces below this size are joined. Those of a body that is not cut small on purpose are larger, and are not copied.
const SMALL: usize = 2048;

/// As [`SMALL`], of pieces that are kept: half of a read buffer, so that no more than twice their bytes is kept alive.
const SMALL_KEPT: usize = 32 * 1024;

/// Joined pieces have at least this many bytes, but for the last.
const JOINED: usize = 16 * 1024;

/// Pieces in order.
#[derive(Debug)]
pub(crate) struct Pieces {
    /// Pieces below this size are joined.
    small: usize,
    whole: Vec<Bytes>,
    /// Behind all of those.
    joined: BytesMut,
    bytes: usize,
}

impl Default for Pieces {
    /// For pieces that are soon gone.
    fn default() -> Self {
        Self { small: SMALL, whole: Vec::new(), joined: BytesMut::new(), bytes: 0 }
    }
}

impl Pieces {
    /// For pieces that stay for as long as their request.
    pub(crate) fn kept() -> Self {
        Self { small: SMALL_KEPT, ..Self::default() }
    }

    /// Bytes of all pieces.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn push(&mut self, piece: Bytes) {
        self.bytes += piece.len();
        if piece.len() < self.small {
            self.joined.extend_from_slice(&piece);
            if self.joined.len() >= JOINED {
                self.close_joined();
            }
        } else {
            self.close_joined();
            self.whole.push(piece);
        }
    }

    /// Takes all of them, in order.
    pub(crate) fn take(&mut self) -> Vec<Bytes> {
        self.close_joined();
        self.bytes = 0;
        std::mem::take(&mut self.whole)
    }

    fn close_joined(&mut self) {
        if !self.joined.is_empty() {
            self.whole.push(std::mem::take(&mut self.joined).freeze());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_pieces_are_joined_and_large_ones_are_not_copied() {
        let mut pieces = Pieces::default();
        let large = Bytes::from(vec![b'l'; SMALL]);
        let mut expected = Vec::new();
        for at in 0..200_000_u32 {
            let small = Bytes::copy_from_slice(&[at.to_be_bytes()[3]]);
            expected.extend_from_slice(&small);
            pieces.push(small);
            if at % 50_000 == 7 {
                expected.extend_from_slice(&large);
                pieces.push(large.clone());
            }
        }
        assert_eq!(pieces.bytes(), expected.len());
        let taken = pieces.take();
        assert!(taken.len() < 30, "{} pieces", taken.len());
        assert_eq!(taken.concat(), expected);
        assert_eq!(taken.iter().filter(|piece| piece.as_ptr() == large.as_ptr()).count(), 4);
        assert_eq!((pieces.bytes(), pieces.take().len()), (0, 0));
    }
}
