//! AWS Lake Formation: the locations that it manages. Permissions are made by Cloud Control, which cannot make these.
//!
//! Facts are from the service model of botocore, the Lake Formation API Reference and Developer Guide.

mod location;

use crate::adapter::Adapter;
use crate::settle::adapter;
use charter_catalog::Catalog;
use std::sync::Arc;

/// The adapters.
pub(crate) fn adapters(catalog: &'static Catalog) -> Vec<Arc<dyn Adapter>> {
    vec![adapter(location::Location, catalog)]
}
