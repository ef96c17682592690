//! RDS: subnet groups, parameter groups, Aurora clusters and instances, slow as they are.

mod changes;
pub(crate) mod clusters;
mod engines;
mod instances;
mod network;
mod parameters;
pub(crate) mod records;
pub(crate) mod secret;
mod subnet_groups;
mod support;
mod tags;
#[cfg(test)]
pub(crate) mod tests;
pub(crate) mod timing;

use self::parameters::Of;
use crate::service::{Call, Service};
use crate::services::shared::Answer;

/// The behaviour of RDS.
pub(crate) struct Rds;

impl Service for Rds {
    fn call(&self, call: &mut Call<'_>) -> Answer {
        match call.operation {
            "CreateDBSubnetGroup" => subnet_groups::create(call),
            "DescribeDBSubnetGroups" => subnet_groups::describe(call),
            "ModifyDBSubnetGroup" => subnet_groups::modify(call),
            "DeleteDBSubnetGroup" => subnet_groups::delete(call),

            "CreateDBClusterParameterGroup" => parameters::create(call, Of::Cluster),
            "DescribeDBClusterParameterGroups" => parameters::describe(call, Of::Cluster),
            "DescribeDBClusterParameters" => parameters::describe_parameters(call, Of::Cluster),
            "ModifyDBClusterParameterGroup" => parameters::modify(call, Of::Cluster),
            "ResetDBClusterParameterGroup" => parameters::reset(call, Of::Cluster),
            "DeleteDBClusterParameterGroup" => parameters::delete(call, Of::Cluster),
            "CreateDBParameterGroup" => parameters::create(call, Of::Instance),
            "DescribeDBParameterGroups" => parameters::describe(call, Of::Instance),
            "DescribeDBParameters" => parameters::describe_parameters(call, Of::Instance),
            "ModifyDBParameterGroup" => parameters::modify(call, Of::Instance),
            "ResetDBParameterGroup" => parameters::reset(call, Of::Instance),
            "DeleteDBParameterGroup" => parameters::delete(call, Of::Instance),

            "CreateDBCluster" => clusters::create(call),
            "DescribeDBClusters" => clusters::describe(call),
            "ModifyDBCluster" => changes::modify(call),
            "StopDBCluster" => changes::power(call, true),
            "StartDBCluster" => changes::power(call, false),
            "EnableHttpEndpoint" => changes::http_endpoint(call, true),
            "DisableHttpEndpoint" => changes::http_endpoint(call, false),
            "DeleteDBCluster" => changes::delete(call),
            "DescribeDBClusterSnapshots" => changes::describe_snapshots(call),
            "DeleteDBClusterSnapshot" => changes::delete_snapshot(call),

            "CreateDBInstance" => instances::create(call),
            "DescribeDBInstances" => instances::describe(call),
            "ModifyDBInstance" => instances::modify(call),
            "RebootDBInstance" => instances::reboot(call),
            "DeleteDBInstance" => instances::delete(call),

            "AddTagsToResource" => tags::add(call),
            "RemoveTagsFromResource" => tags::remove(call),
            "ListTagsForResource" => tags::list(call),
            _ => Err(call.not_simulated()),
        }
    }
}
