//! Amazon Kendra: indexes, data sources, FAQs, and runs that bring documents in.
//!
//! Creations take a client token of up to 100 characters. How long Kendra remembers one is not documented, so recovery looks for
//! the mark of the address first. Facts are from the Amazon Kendra API Reference and Developer Guide.

mod availability;
mod data_source;
mod faq;
mod index;
mod lifecycle;
mod sync;
mod template_vpc;

use crate::adapter::Adapter;
use crate::reflecting::asking;
use crate::sync_runs::Syncs;
use charter_catalog::Catalog;
use lifecycle::{Handle, Stage};
use std::sync::Arc;

/// The adapters.
pub(crate) fn adapters(catalog: &'static Catalog) -> Vec<Arc<dyn Adapter>> {
    let creating = Handle::at(Stage::Creating);
    vec![
        asking(data_source::DataSources, &creating, catalog),
        asking(faq::Faqs, &creating, catalog),
        asking(index::Indexes, &creating, catalog),
        Arc::new(Syncs(sync::KendraRuns)),
    ]
}
