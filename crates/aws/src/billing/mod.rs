//! What things cost and who pays: budgets (AWS Budgets), and the tag keys that costs are told apart by (AWS Cost Explorer). Both
//! services are global; the SDK knows their endpoints.

mod budget;
mod cost_allocation_tags;
mod notifications;

use crate::adapter::Adapter;
use crate::settle::adapter;
use charter_catalog::Catalog;
use std::sync::Arc;

/// The adapters of all types here.
pub(crate) fn adapters(catalog: &'static Catalog) -> Vec<Arc<dyn Adapter>> {
    vec![adapter(budget::Budget, catalog), Arc::new(cost_allocation_tags::CostAllocationTags)]
}
