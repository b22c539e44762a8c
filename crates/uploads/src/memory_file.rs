//! A file in memory: the very pieces that came, so that they are copied once, to whoever reads them.

use bytes::Bytes;

use crate::pieces::Pieces;
use crate::spool::Claim;

/// A file in memory.
#[derive(Debug)]
pub struct MemoryFile {
    pieces: Vec<Bytes>,
    /// Its share of the memory, given back with it; none of a small one's.
    _claim: Option<Claim>,
}

impl MemoryFile {
    pub(crate) fn new(mut pieces: Pieces, claim: Option<Claim>) -> Self {
        Self { pieces: pieces.take(), _claim: claim }
    }

    /// Copies from `offset` on, as many bytes as `bytes` takes; fewer at the end. How many is told.
    #[must_use]
    pub fn read_at(&self, offset: u64, bytes: &mut [u8]) -> usize {
        let mut skip = usize::try_from(offset).unwrap_or(usize::MAX);
        let mut filled = 0;
        for piece in &self.pieces {
            let rest = &piece[skip.min(piece.len())..];
            skip -= piece.len() - rest.len();
            let amount = rest.len().min(bytes.len() - filled);
            bytes[filled..filled + amount].copy_from_slice(&rest[..amount]);
            filled += amount;
        }
        filled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_range_is_read_across_pieces() {
        let expected: Vec<u8> = (0..200_000_u32).map(|at| at.to_le_bytes()[0] ^ at.to_le_bytes()[1]).collect();
        let mut pieces = Pieces::kept();
        for part in [&expected[..40_000], &expected[40_000..40_001], &expected[40_001..50_000], &expected[50_000..]] {
            pieces.push(Bytes::copy_from_slice(part));
        }
        let file = MemoryFile::new(pieces, None);
        for (from, length) in
            [(0, 200_000), (0, 1), (39_999, 3), (45_000, 100_000), (199_999, 9), (200_000, 4), (900_000, 4)]
        {
            let mut bytes = vec![0; length];
            let read = file.read_at(from as u64, &mut bytes);
            let wanted = &expected[from.min(200_000)..(from + length).min(200_000)];
            assert_eq!(&bytes[..read], wanted, "{length} bytes from {from}");
        }
    }
}
