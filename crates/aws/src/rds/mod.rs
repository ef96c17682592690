//! Amazon RDS: subnet groups, parameter groups, clusters, instances, and SQL over the Data API.
//!
//! No creation takes a token: what became of one is found out by the exact name and the mark that every resource gets with its
//! creation. Facts are from the Amazon RDS API Reference and the Amazon Aurora User Guide.

mod cluster;
mod instance;
mod lifecycle;
mod parameter_group;
mod parameters;
mod sql_script;
mod sql_session;
mod subnet_group;

use crate::adapter::Adapter;
use crate::reflecting::asking;
use crate::settle::adapter;
use charter_catalog::Catalog;
use lifecycle::{Handle, Stage};
use std::sync::Arc;

/// The adapters.
pub(crate) fn adapters(catalog: &'static Catalog) -> Vec<Arc<dyn Adapter>> {
    let creating = Handle::at(Stage::Creating);
    vec![
        asking(cluster::Clusters, &creating, catalog),
        asking(instance::Instances, &creating, catalog),
        adapter(parameter_group::ParameterGroups::<true>, catalog),
        adapter(parameter_group::ParameterGroups::<false>, catalog),
        Arc::new(sql_script::SqlScripts),
        adapter(subnet_group::SubnetGroups, catalog),
    ]
}
