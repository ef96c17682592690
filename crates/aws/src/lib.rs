//! The provider for AWS: native adapters where it matters, Cloud Control for every other registry type, and Charter's own types
//! for what the registry lacks.
//!
//! [`AwsProvider`] is configured from an [`AwsConfiguration`] and implements [`charter_provider::Provider`]. Requests go by
//! their type to an adapter, and by their placement to one account's clients; nothing else in the workspace makes clients.
//! Imports `provider`, `catalog` and `model` only.

mod accounts;
mod adapter;
mod availability;
mod bedrock;
mod billing;
mod clients;
mod cloud_control;
mod configuration;
mod convert;
mod datazone;
mod documents;
mod error_codes;
mod errors;
mod generated;
mod iam;
pub mod in_process;
mod kendra;
mod lake_formation;
mod living;
mod manual;
mod metering;
mod organizations;
mod partition;
mod progress;
mod propagation;
mod provider;
mod qbusiness;
mod ram;
mod rds;
mod recorded;
mod reflecting;
mod retries;
mod s3;
mod secrets_manager;
mod settle;
mod state_only;
mod sync_runs;
mod tags;
mod transport;

pub use bedrock::{
    CustomModel, FineTuningGround, FineTuningJob, FineTuningOrder, FineTuningStanding, Throughput, ThroughputOrder,
};
pub use billing::{Spending, SpendingRequest, Spent};
pub use configuration::AwsConfiguration;
pub use organizations::AccountStanding;
pub use provider::{AwsProvider, left_behind};
