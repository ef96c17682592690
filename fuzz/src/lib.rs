//! Hostile input: each target takes any bytes and must neither panic, nor hang, nor fill the memory, and what it reads must hold
//! what its module says. The same functions run under libFuzzer (`fuzz/libfuzzer`, for `cargo fuzz`) and under the mutator of
//! this crate, which needs only a stable toolchain.
//!
//! A target says what it found by panicking: that is what both runners look for. May import every crate.

#![allow(clippy::panic, clippy::expect_used, reason = "a finding is a panic")]

pub mod campaign;
pub mod corpus;
pub mod mutate;
pub mod targets;
