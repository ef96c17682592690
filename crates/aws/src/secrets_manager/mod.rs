//! AWS Secrets Manager: secrets. What is inside them passes through here, is never logged, and never comes back.

mod password;
mod secret;

use crate::adapter::Adapter;
use crate::settle::adapter;
use charter_catalog::Catalog;
use std::sync::Arc;

/// The adapters of all types here.
pub(crate) fn adapters(catalog: &'static Catalog) -> Vec<Arc<dyn Adapter>> {
    vec![adapter(secret::Secret, catalog)]
}
