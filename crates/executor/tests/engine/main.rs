//! Specifications of the engine: a small cloud in memory, real plans, and every way in which a run can be disturbed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod cloud;
mod crash;
mod faults;
mod language;
mod speed;
mod whole_run;
mod world;
