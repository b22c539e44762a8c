//! Coders whose body is done, for the next body on the same thread.

use std::cell::RefCell;

use zlib_rs::Deflate;
use zstd_safe::CCtx;

use crate::encoder::reset_zstd;

/// Kept of each kind. Bodies that fit one step are coded one after another, so that one of each would do for them.
const KEPT: usize = 4;

thread_local! {
    static DEFLATES: RefCell<Vec<(u8, Deflate)>> = const { RefCell::new(Vec::new()) };
    static ZSTDS: RefCell<Vec<CCtx<'static>>> = const { RefCell::new(Vec::new()) };
}

pub(crate) fn take_deflate(level: u8) -> Option<Deflate> {
    DEFLATES.with_borrow_mut(|kept| {
        let place = kept.iter().position(|(of, _)| *of == level)?;
        Some(kept.swap_remove(place).1)
    })
}

pub(crate) fn give_deflate(level: u8, mut deflate: Deflate) {
    // Fails where the thread is ending: then it is dropped like anything else.
    let _ = DEFLATES.try_with(|kept| {
        let mut kept = kept.borrow_mut();
        if kept.len() < KEPT {
            deflate.reset();
            kept.push((level, deflate));
        }
    });
}

pub(crate) fn take_zstd() -> Option<CCtx<'static>> {
    ZSTDS.with_borrow_mut(Vec::pop)
}

pub(crate) fn give_zstd(mut context: CCtx<'static>) {
    let _ = ZSTDS.try_with(|kept| {
        let mut kept = kept.borrow_mut();
        if kept.len() < KEPT && reset_zstd(&mut context) {
            kept.push(context);
        }
    });
}
