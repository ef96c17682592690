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

pub(crate) use data_source::DataSources;
pub(crate) use faq::Faqs;
pub(crate) use index::Indexes;

use crate::sync_runs::Syncs;

/// Serves runs.
pub(crate) fn syncs() -> Syncs<sync::KendraRuns> {
    Syncs(sync::KendraRuns)
}
