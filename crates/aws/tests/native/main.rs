//! What the adapters for IAM, S3 and Secrets Manager do beyond the handler contract (`tests/contract`), and DataZone under it,
//! against the simulator, in process.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that finds otherwise has failed"
)]

mod datazone;
mod iam;
mod organizations;
mod s3;
mod secrets_manager;
mod support;
