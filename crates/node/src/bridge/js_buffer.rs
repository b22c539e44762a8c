//! Buffers of JavaScript's own that are filled here, so that what goes into them is copied once.

use std::mem::MaybeUninit;
use std::ptr;

use napi::bindgen_prelude::{BufferSlice, FromNapiValue};
use napi::{Env, check_status, sys};

/// A buffer of `length` bytes, at least one, all of them written by `fill`; `None` where that says that it could not.
pub(crate) fn fill_buffer<'env>(
    env: &'env Env,
    length: usize,
    fill: impl FnOnce(&mut [MaybeUninit<u8>]) -> bool,
) -> napi::Result<Option<BufferSlice<'env>>> {
    let (mut data, mut buffer) = (ptr::null_mut(), ptr::null_mut());
    // SAFETY: a call of Node's, on its own thread, with places for both of its results.
    let status = unsafe { sys::napi_create_buffer(env.raw(), length, &raw mut data, &raw mut buffer) };
    check_status!(status, "a buffer of {length} bytes cannot be had")?;
    let data = ptr::NonNull::new(data.cast()).ok_or_else(|| napi::Error::from_reason("a buffer without memory"))?;
    // SAFETY: Node has made the buffer with so many bytes just now; nobody else knows of them yet, and JavaScript does not run
    // before this returns.
    let room = unsafe { std::slice::from_raw_parts_mut(data.as_ptr(), length) };
    if !fill(room) {
        return Ok(None);
    }
    // SAFETY: a buffer, in the scope that `env` stands for.
    unsafe { BufferSlice::from_napi_value(env.raw(), buffer) }.map(Some)
}
