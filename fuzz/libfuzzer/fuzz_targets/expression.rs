//! See `charter_fuzz::targets::expression`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| charter_fuzz::targets::expression::target(data));
