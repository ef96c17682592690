//! See `charter_fuzz::targets::policy`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| charter_fuzz::targets::policy::target(data));
