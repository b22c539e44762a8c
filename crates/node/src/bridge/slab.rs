//! The memory a shard shares with JavaScript.
//!
//! Rust owns it: JavaScript sees it as an external buffer that holds an `Arc`, so neither a terminated worker nor a
//! late I/O thread can free it under the other. All access goes through raw copies; no reference to the memory is ever
//! made, because JavaScript reads and writes it outside Rust's rules.

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::ptr::{self, NonNull};

use super::layout::{BATCH, SLOT_BYTES};

/// JavaScript views the memory as 64-bit floats too, and a page is what the system hands out.
const ALIGN: usize = 4096;

/// What the allocator is asked for. For more than this it would write the zeros itself, and so touch every page.
const ALLOCATED_ALIGN: usize = 16;

#[derive(Debug)]
pub(crate) struct Slab {
    /// The first page boundary within what was allocated.
    memory: NonNull<u8>,
    allocated: NonNull<u8>,
    layout: Layout,
    slots: u32,
    slots_offset: usize,
    bytes: usize,
}

// SAFETY: the memory is owned by the slab and only touched through the methods below, whose callers own the slot or
// list they name (see `mod.rs`): ownership moves through rings, which synchronise.
unsafe impl Send for Slab {}
// SAFETY: as above; no method hands out a reference into the memory.
unsafe impl Sync for Slab {}

impl Slab {
    /// Zeroed memory for `slots` slots. The system backs a page only once it is touched.
    pub(crate) fn new(slots: u32) -> Self {
        let lists = (slots as usize + BATCH as usize) * size_of::<i32>();
        let slots_offset = lists.next_multiple_of(ALIGN);
        let bytes = slots_offset + slots as usize * SLOT_BYTES as usize;
        let layout = Layout::from_size_align(bytes + ALIGN, ALLOCATED_ALIGN);
        let layout = layout.expect("a slab is far smaller than the address space");
        // SAFETY: the layout's size is not zero, since the lists alone take BATCH words.
        let allocated = unsafe { alloc_zeroed(layout) };
        let allocated = NonNull::new(allocated).unwrap_or_else(|| handle_alloc_error(layout));
        // SAFETY: a page boundary is less than ALIGN bytes ahead, and the layout has that many to spare.
        let memory = unsafe { allocated.add(allocated.align_offset(ALIGN)) };
        Self { memory, allocated, layout, slots, slots_offset, bytes }
    }

    pub(crate) fn slots(&self) -> u32 {
        self.slots
    }

    /// Where slot 0 begins.
    pub(crate) fn slots_offset(&self) -> usize {
        self.slots_offset
    }

    pub(crate) fn len(&self) -> usize {
        self.bytes
    }

    /// For the one external buffer that JavaScript gets.
    pub(crate) fn as_ptr(&self) -> *mut u8 {
        self.memory.as_ptr()
    }

    /// Reads entry `index` of the done list. The JS thread's.
    pub(crate) fn done(&self, index: u32) -> u32 {
        assert!(index < self.slots, "the done list has an entry a slot");
        self.read_i32(index as usize * size_of::<i32>()).cast_unsigned()
    }

    /// Writes entry `index` of the batch list. The JS thread's.
    pub(crate) fn set_batch(&self, index: u32, word: u32) {
        assert!(index < BATCH, "the batch list is bounded");
        self.write_i32((self.slots as usize + index as usize) * size_of::<i32>(), word.cast_signed());
    }

    /// Reads int `index` of a slot. Its owner's.
    pub(crate) fn int(&self, slot: u32, index: u32) -> i32 {
        self.read_i32(self.int_offset(slot, index))
    }

    /// Writes int `index` of a slot. Its owner's.
    pub(crate) fn set_int(&self, slot: u32, index: u32, value: i32) {
        self.write_i32(self.int_offset(slot, index), value);
    }

    /// Writes the two ints from `index` on as one float. Its owner's.
    pub(crate) fn set_float(&self, slot: u32, index: u32, value: f64) {
        self.write(self.int_offset(slot, index), &value.to_ne_bytes());
    }

    /// Copies `bytes` into a slot at `offset`. Its owner's.
    pub(crate) fn set_bytes(&self, slot: u32, offset: usize, bytes: &[u8]) {
        assert!(offset + bytes.len() <= SLOT_BYTES as usize, "a write stays within its slot");
        self.write(self.slot_offset(slot) + offset, bytes);
    }

    /// Copies `length` bytes of a slot from `offset`, or `None` where that leaves the slot. Its owner's.
    pub(crate) fn bytes(&self, slot: u32, offset: usize, length: usize) -> Option<Vec<u8>> {
        if offset.checked_add(length)? > SLOT_BYTES as usize {
            return None;
        }
        let mut copy = Vec::with_capacity(length);
        // SAFETY: the range lies within the slot and so within the allocation; the copy is new and has room; both are
        // plain bytes.
        unsafe {
            ptr::copy_nonoverlapping(
                self.memory.as_ptr().add(self.slot_offset(slot) + offset),
                copy.as_mut_ptr(),
                length,
            );
            copy.set_len(length);
        }
        Some(copy)
    }

    fn slot_offset(&self, slot: u32) -> usize {
        assert!(slot < self.slots, "slot numbers come from the slab's own range");
        self.slots_offset + slot as usize * SLOT_BYTES as usize
    }

    fn int_offset(&self, slot: u32, index: u32) -> usize {
        assert!(index < 64, "a slot has 64 ints");
        self.slot_offset(slot) + index as usize * size_of::<i32>()
    }

    fn read_i32(&self, offset: usize) -> i32 {
        // SAFETY: callers give offsets within the allocation, checked above, and multiples of four from an aligned
        // start.
        unsafe { self.memory.as_ptr().add(offset).cast::<i32>().read() }
    }

    fn write_i32(&self, offset: usize, value: i32) {
        // SAFETY: as for `read_i32`.
        unsafe { self.memory.as_ptr().add(offset).cast::<i32>().write(value) }
    }

    fn write(&self, offset: usize, bytes: &[u8]) {
        // SAFETY: callers give ranges within the allocation, checked above; `bytes` is Rust's own memory, never part
        // of the slab, of which no reference exists.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), self.memory.as_ptr().add(offset), bytes.len()) }
    }
}

impl Drop for Slab {
    fn drop(&mut self) {
        // SAFETY: allocated in `new` with this layout, freed once, here.
        unsafe { dealloc(self.allocated.as_ptr(), self.layout) }
    }
}
