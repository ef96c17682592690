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

pub(crate) use cluster::Clusters;
pub(crate) use instance::Instances;
pub(crate) use parameter_group::ParameterGroups;
pub(crate) use sql_script::SqlScripts;
pub(crate) use subnet_group::SubnetGroups;
