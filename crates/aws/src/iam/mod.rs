//! AWS IAM: roles, policies, instance profiles and identity providers.
//!
//! IAM is global, takes no tokens and is eventually consistent. So a creation is recovered by the exact name and the tags that
//! say whose it is, and reads are given a moment (see [`crate::settle`]). Calls go to the partition's one endpoint, which the
//! SDK knows.

mod attachments;
mod instance_profile;
mod managed_policy;
mod marks;
mod oidc_provider;
mod policy;
mod role;
mod role_policy;
mod saml_provider;

use crate::adapter::Adapter;
use crate::settle::adapter;
use charter_catalog::Catalog;
use std::sync::Arc;

/// The adapters of all types here.
pub(crate) fn adapters(catalog: &'static Catalog) -> Vec<Arc<dyn Adapter>> {
    vec![
        adapter(role::Role, catalog),
        adapter(role_policy::RolePolicy, catalog),
        adapter(policy::Policy, catalog),
        adapter(managed_policy::ManagedPolicy, catalog),
        adapter(instance_profile::InstanceProfile, catalog),
        adapter(oidc_provider::OidcProvider, catalog),
        adapter(saml_provider::SamlProvider, catalog),
    ]
}

/// The names that a list property holds.
fn names(properties: &charter_provider::Properties, property: &str) -> std::collections::BTreeSet<String> {
    let list = properties.get(property).and_then(serde_json::Value::as_array).map(Vec::as_slice).unwrap_or_default();
    list.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect()
}
