//! `cargo +nightly fuzz run parse`, in `crates/multipart`: any bytes as a body, against the check that the tests use too.
#![no_main]

#[path = "../../tests/form/check.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|input: &[u8]| check::check(input));
