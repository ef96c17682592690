//! See `charter_fuzz::targets::plan`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| charter_fuzz::targets::plan::target(data));
