//! AWS Organizations: the organization, its units, accounts and policies.
//!
//! Calls are for the management account (or one that it delegated to) and go to the partition's one endpoint, which the SDK
//! knows. The service takes no tokens, so a creation is recovered by its name in its parent and the tags that say whose it is;
//! an account by its address, which is unique in all of AWS.

mod account;
mod closing;
mod organization;
mod policy;
mod resource_policy;
mod service_access;
mod tags;
mod unit;

pub use closing::AccountStanding;
pub(crate) use service_access::is_trusted;

use crate::adapter::Adapter;
use crate::settle::adapter;
use charter_catalog::Catalog;
use std::sync::Arc;

/// The adapters of all types here.
pub(crate) fn adapters(catalog: &'static Catalog) -> Vec<Arc<dyn Adapter>> {
    vec![
        Arc::new(account::Accounts),
        adapter(organization::Organization, catalog),
        adapter(policy::Policy, catalog),
        adapter(resource_policy::ResourcePolicy, catalog),
        adapter(service_access::ServiceAccess, catalog),
        adapter(unit::OrganizationalUnit, catalog),
    ]
}
