//! Conversions between the registry's JSON and the SDK's types, one module a service. Made by `cargo xtask adapters`; what they
//! implement is `convert::{FromJson, ToJson}`, so nothing in here is called by name.

#![allow(deprecated, reason = "a property stays readable while AWS still answers with it")]
#![allow(clippy::single_match, reason = "of some unions the registry has one variant only")]

mod bedrock;
mod bedrockagent;
mod budgets;
mod datazone;
mod iam;
mod kendra;
mod lakeformation;
mod organizations;
mod qbusiness;
mod ram;
mod rds;
mod s3;
mod secretsmanager;
