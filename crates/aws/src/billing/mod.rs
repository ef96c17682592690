//! What things cost and who pays: budgets (AWS Budgets), the tag keys that costs are told apart by, and what was spent (AWS Cost
//! Explorer). Both services are global; the SDK knows their endpoints.

mod budget;
mod cost_allocation_tags;
mod notifications;
mod spending;

use crate::adapter::Adapter;
use crate::settle::adapter;
use charter_catalog::Catalog;
use std::sync::Arc;

pub use spending::{Spending, SpendingRequest, Spent};

/// The adapters of all types here.
pub(crate) fn adapters(catalog: &'static Catalog) -> Vec<Arc<dyn Adapter>> {
    vec![adapter(budget::Budget, catalog), Arc::new(cost_allocation_tags::CostAllocationTags)]
}
