//! See `charter_fuzz::targets::stack`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| charter_fuzz::targets::stack::target(data));
