//! AWS on loopback or in process: real wire protocols, life cycles, faults.
//!
//! A request passes through the layers in this order: `wire` (protocols; what AWS validates by its models), `service` (one
//! call to one behaviour in `services`), `store` (what exists). `simulator` puts them together, with the clock and the faults;
//! `server` puts it on a socket. Imports `model`, `catalog` and `access`; never `aws`, because it must be an independent reader
//! of the protocols.

mod identity;
mod random;
mod service;
mod services;
mod settings;
mod store;
mod trust;

pub use settings::{Faults, Settings};
pub use store::InventoryItem;
