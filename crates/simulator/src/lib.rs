//! AWS on loopback or in process: real wire protocols, life cycles, faults.
//!
//! A request passes through the layers in this order: `wire` (protocols; what AWS validates by its models), `service` (one
//! call to one behaviour in `services`, if `authorization` lets it), `store` (what exists). `simulator` puts them together, with the clock and the faults;
//! `server` puts it on a socket. Imports `model`, `catalog` and `access`; never `aws`, because it must be an independent reader
//! of the protocols.

mod authorization;
mod calls;
mod clock;
mod deployer;
mod exchanges;
mod identity;
mod issuers;
mod model;
mod organization;
mod pace;
mod random;
mod server;
mod service;
mod services;
mod settings;
mod simulator;
mod store;
mod store_files;
mod trust;
mod wire;

pub use authorization::{Authorization, HandlerSource, Purpose, handler_source};
pub use calls::{CallRecord, InjectedFault};
pub use deployer::{DeployerPolicies, RestrictError};
pub use model::service_models;
pub use organization::{ACCESS_ROLE, Organization, Standing, StaticCredentials};
pub use server::{NotAnswering, RunningSimulator};
pub use settings::{Faults, Settings};
pub use simulator::{ConnectionLost, Simulator};
pub use store::{CloudSnapshot, InventoryItem, StoreError, StoredItem};
