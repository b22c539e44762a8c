//! A bounded queue of integers from one thread to another.

use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

/// One thread pushes, one pops. What the pusher wrote anywhere before a push is visible to the popper after it.
///
/// Sized by its owner so that it cannot fill: every slot has at most a known number of words in it.
#[derive(Debug)]
pub(crate) struct Ring {
    words: Box<[AtomicU32]>,
    /// Words pushed and popped so far; they wrap.
    pushed: AtomicUsize,
    popped: AtomicUsize,
}

impl Ring {
    /// Room for at least `words`.
    pub(crate) fn new(words: usize) -> Self {
        let words = (0..words.next_power_of_two()).map(|_| AtomicU32::new(0)).collect();
        Self { words, pushed: AtomicUsize::new(0), popped: AtomicUsize::new(0) }
    }

    /// Appends a word; `false` if there is no room.
    pub(crate) fn push(&self, word: u32) -> bool {
        let pushed = self.pushed.load(Ordering::Relaxed);
        if pushed.wrapping_sub(self.popped.load(Ordering::Acquire)) == self.words.len() {
            return false;
        }
        self.words[pushed & (self.words.len() - 1)].store(word, Ordering::Relaxed);
        self.pushed.store(pushed.wrapping_add(1), Ordering::Release);
        true
    }

    /// Takes the oldest word.
    pub(crate) fn pop(&self) -> Option<u32> {
        let popped = self.popped.load(Ordering::Relaxed);
        if popped == self.pushed.load(Ordering::Acquire) {
            return None;
        }
        let word = self.words[popped & (self.words.len() - 1)].load(Ordering::Relaxed);
        self.popped.store(popped.wrapping_add(1), Ordering::Release);
        Some(word)
    }

    /// Whether nothing waits. Exact on the popping side, and on the pushing side right after a push.
    pub(crate) fn is_empty(&self) -> bool {
        self.popped.load(Ordering::Acquire) == self.pushed.load(Ordering::Acquire)
    }
}
