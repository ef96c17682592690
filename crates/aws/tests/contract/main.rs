//! The handler contract ([`charter_provider::contract`]) over every native type and a sample of those that Cloud Control serves:
//! against the simulator in process, and against emulators of AWS that nobody here wrote.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a test that finds otherwise has failed"
)]

mod bedrock;
mod billing;
mod cases;
mod cloud_control;
mod datazone;
mod exceptions;
mod ground;
mod iam;
mod kendra;
mod lake_formation;
mod organizations;
mod peers;
mod planning;
mod qbusiness;
mod ram;
mod rds;
#[path = "../shared/mod.rs"]
mod shared;
mod simulated;
mod storage;
mod subscriptions;
