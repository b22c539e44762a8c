//! Memory for bodies that are copied whole out of JavaScript, kept for the next one.
//!
//! glibc gives such large blocks back to the system each time, and the next copy touches every page anew. With memory that
//! is kept, an answer of 1 MiB takes half the CPU: no page fault instead of 215.

use std::sync::{Mutex, PoisonError};

use bytes::Bytes;

/// What is smaller the allocator keeps by itself; what is larger is rare, and too much to keep.
const LEAST: usize = 64 * 1024;
const MOST: usize = 4 * 1024 * 1024;

/// Bytes kept in all, for the whole process.
const KEPT: usize = 16 * 1024 * 1024;

static POOL: Mutex<Pool> = Mutex::new(Pool { blocks: Vec::new(), bytes: 0 });

struct Pool {
    blocks: Vec<Vec<u8>>,
    bytes: usize,
}

/// A block on loan.
struct Loan(Vec<u8>);

impl AsRef<[u8]> for Loan {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Loan {
    fn drop(&mut self) {
        let block = std::mem::take(&mut self.0);
        let mut pool = POOL.lock().unwrap_or_else(PoisonError::into_inner);
        if pool.bytes + block.capacity() <= KEPT {
            pool.bytes += block.capacity();
            pool.blocks.push(block);
        }
    }
}

/// A copy of `bytes`.
pub(crate) fn copy(bytes: &[u8]) -> Bytes {
    if bytes.len() < LEAST || bytes.len() > MOST {
        return Bytes::copy_from_slice(bytes);
    }
    // In few sizes, so that one fits another body.
    let size = bytes.len().next_power_of_two();
    let mut block = take(size).unwrap_or_else(|| Vec::with_capacity(size));
    block.clear();
    block.extend_from_slice(bytes);
    Bytes::from_owner(Loan(block))
}

/// A kept block of at least `size` and at most twice that, the last used first.
fn take(size: usize) -> Option<Vec<u8>> {
    let mut pool = POOL.lock().unwrap_or_else(PoisonError::into_inner);
    let index = pool.blocks.iter().rposition(|block| (size..=size * 2).contains(&block.capacity()))?;
    let block = pool.blocks.remove(index);
    pool.bytes -= block.capacity();
    Some(block)
}
