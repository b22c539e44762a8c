//! Memory of brotli's coders, for the next one on the same thread.
//!
//! A coder has a megabyte of tables. Given back to the system and taken anew for each body, they cost a page fault for each
//! 4 KiB: of an answer of 50 KB coded at quality 4, 0.68x of the CPU without them.

use std::any::{Any, TypeId};
use std::cell::RefCell;
use std::collections::HashMap;

use brotli::enc::{Allocator, BrotliAlloc, SliceWrapper, SliceWrapperMut};

/// Bytes kept of a thread's coders: the tables of one or two.
const MOST: usize = 2 * 1024 * 1024;

/// Smaller ones come from memory that the process has anyway.
const LEAST: usize = 4 * 1024;

/// Larger by this factor it is another body's.
const SLACK: usize = 4;

#[derive(Default)]
struct Kept {
    bytes: usize,
    /// A `Vec<Vec<T>>` for each `T`.
    of_type: HashMap<TypeId, Box<dyn Any>>,
}

thread_local! {
    static KEPT: RefCell<Kept> = RefCell::default();
}

impl Kept {
    fn of<T: 'static>(&mut self) -> &mut Vec<Vec<T>> {
        let kept = self.of_type.entry(TypeId::of::<T>()).or_insert_with(|| Box::new(Vec::<Vec<T>>::new()));
        kept.downcast_mut().expect("under each type are tables of that type")
    }

    fn take<T: 'static>(&mut self, length: usize) -> Option<Vec<T>> {
        let kept = self.of::<T>();
        let place = kept.iter().position(|table| (length..=length * SLACK).contains(&table.capacity()))?;
        let table = kept.swap_remove(place);
        self.bytes -= size_of_table(&table);
        Some(table)
    }

    fn give<T: 'static>(&mut self, table: Vec<T>) {
        let bytes = size_of_table(&table);
        if bytes >= LEAST && self.bytes + bytes <= MOST {
            self.bytes += bytes;
            self.of::<T>().push(table);
        }
    }
}

fn size_of_table<T>(table: &Vec<T>) -> usize {
    table.capacity() * size_of::<T>()
}

/// Gives brotli its tables.
#[derive(Clone, Copy, Default)]
pub(crate) struct Tables;

/// One of them. Dropped, it is kept for the next coder.
pub(crate) struct Table<T: 'static>(Vec<T>);

impl<T: 'static> Default for Table<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: 'static> Drop for Table<T> {
    fn drop(&mut self) {
        let table = std::mem::take(&mut self.0);
        // Fails where the thread is ending: then it is dropped like anything else.
        let _ = KEPT.try_with(|kept| kept.borrow_mut().give(table));
    }
}

impl<T: 'static> SliceWrapper<T> for Table<T> {
    fn slice(&self) -> &[T] {
        &self.0
    }
}

impl<T: 'static> SliceWrapperMut<T> for Table<T> {
    fn slice_mut(&mut self) -> &mut [T] {
        &mut self.0
    }
}

impl<T: Clone + Default + 'static> Allocator<T> for Tables {
    type AllocatedMemory = Table<T>;

    fn alloc_cell(&mut self, length: usize) -> Table<T> {
        let kept = KEPT.try_with(|kept| kept.borrow_mut().take(length)).ok().flatten();
        Table(match kept {
            Some(mut table) => {
                table.clear();
                table.resize(length, T::default());
                table
            }
            None => vec![T::default(); length],
        })
    }

    fn free_cell(&mut self, _: Table<T>) {}
}

impl BrotliAlloc for Tables {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_used_again_and_holds_nothing_of_before() {
        let mut first: Table<u32> = Tables.alloc_cell(5000);
        first.slice_mut().fill(7);
        let place = first.slice().as_ptr();
        drop(first);
        let second: Table<u32> = Tables.alloc_cell(4000);
        assert_eq!(second.slice().as_ptr(), place);
        assert_eq!(second.slice(), [0; 4000]);
        let other: Table<i32> = Tables.alloc_cell(5000);
        assert_eq!(other.len(), 5000);
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let tables: Vec<Table<u8>> = (0..10).map(|_| Tables.alloc_cell(MOST / 4)).collect();
        drop(tables);
        KEPT.with_borrow(|kept| assert!((MOST / 2..=MOST).contains(&kept.bytes)));
        drop::<Table<u8>>(Tables.alloc_cell(MOST * 2));
        KEPT.with_borrow(|kept| assert!(kept.bytes <= MOST));
    }
}
