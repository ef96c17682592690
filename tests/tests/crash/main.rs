//! Every crash point, judged by what the simulator holds: see `charter_tests::crash`, and docs/reliability.md for what it proves.
//!
//! `CHARTER_SEED` turns which of the many cases these checks take; `cargo xtask soak` takes all of them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that finds otherwise has failed"
)]

mod accounts;
mod assistant;
mod bank;
mod every_byte;
mod points;
mod seeds;
