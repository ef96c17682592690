//! What native adapters do beyond the handler contract (`tests/contract`), against the simulator, in process.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that finds otherwise has failed"
)]

mod bedrock;
mod connections;
mod datazone;
mod fine_tuning;
mod iam;
mod lake_formation;
mod mesh;
mod organizations;
mod s3;
mod secrets_manager;
#[path = "../shared/mod.rs"]
mod shared;
mod spending;
mod support;
