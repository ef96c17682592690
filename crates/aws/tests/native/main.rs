//! The adapters for IAM, S3 and Secrets Manager under the handler contract, against the simulator, in process.

mod iam;
mod s3;
mod secrets_manager;
mod support;
