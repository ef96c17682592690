//! See `charter_fuzz::targets::request`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| charter_fuzz::targets::request::target(data));
