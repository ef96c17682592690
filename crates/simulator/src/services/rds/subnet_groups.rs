//! DB subnet groups.

use super::network::subnet;
use super::records::{Cluster, Instance, SubnetGroup};
use super::support::{combination, listed, passes, value};
use crate::service::{Call, ServiceError};
use crate::services::shared::{Answer, nothing, tags_of, texts};
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn absent(name: &str) -> ServiceError {
    ServiceError::new("DBSubnetGroupNotFoundFault", format!("DB subnet group '{name}' does not exist."))
}

pub(super) fn find(call: &Call<'_>, name: &str) -> Result<SubnetGroup, ServiceError> {
    let name = name.to_ascii_lowercase();
    call.store.get(call.account, call.region, &name).ok_or_else(|| absent(&name))
}

pub(super) fn shown(group: &SubnetGroup) -> Value {
    let subnets: Vec<_> = group
        .subnets
        .iter()
        .map(|(identifier, zone)| {
            json!({
                "SubnetIdentifier": identifier,
                "SubnetAvailabilityZone": {"Name": zone},
                "SubnetOutpost": {},
                "SubnetStatus": "Active",
            })
        })
        .collect();
    json!({
        "DBSubnetGroupName": group.name,
        "DBSubnetGroupDescription": group.description,
        "VpcId": group.vpc,
        "SubnetGroupStatus": "Complete",
        "Subnets": subnets,
        "DBSubnetGroupArn": group.arn,
        "SupportedNetworkTypes": ["IPV4"],
    })
}

/// The VPC and the subnets with their zones.
fn placed(call: &Call<'_>) -> Result<(String, Vec<(String, String)>), ServiceError> {
    let mut subnets = Vec::new();
    let mut networks = BTreeSet::new();
    for identifier in texts(call, "SubnetIds") {
        let found = subnet(call, &identifier).ok_or_else(|| {
            ServiceError::new("InvalidSubnet", format!("The subnet ID '{identifier}' does not exist"))
        })?;
        networks.insert(found.vpc);
        subnets.push((identifier, found.zone));
    }
    let zones: BTreeSet<_> = subnets.iter().map(|(_, zone)| zone.as_str()).collect();
    if networks.len() > 1 {
        let mut given: Vec<_> = networks.into_iter().collect();
        given.sort();
        return Err(ServiceError::new(
            "InvalidSubnet",
            format!("The requested DB subnet group spans several VPCs: {}.", given.join(", ")),
        ));
    }
    if zones.len() < 2 {
        return Err(ServiceError::new(
            "DBSubnetGroupDoesNotCoverEnoughAZs",
            format!(
                "The DB subnet group doesn't meet Availability Zone (AZ) coverage requirement. Current AZ coverage: {}. Add subnets to \
                 cover at least 2 AZs.",
                zones.into_iter().collect::<Vec<_>>().join(", ")
            ),
        ));
    }
    Ok((networks.into_iter().next().unwrap_or_default(), subnets))
}

pub(super) fn create(call: &mut Call<'_>) -> Answer {
    let name = call.required("DBSubnetGroupName").to_ascii_lowercase();
    let sound = !name.is_empty()
        && name.len() <= 255
        && name.chars().all(|character| character.is_ascii_alphanumeric() || "-_. ".contains(character));
    if name == "default" || !sound {
        return Err(value(format!(
            "The parameter DBSubnetGroupName is not a valid identifier: {name}. It must contain from 1 to 255 alphanumeric characters, \
             hyphens, underscores, spaces or periods, and must not be \"default\"."
        )));
    }
    if call.store.contains::<SubnetGroup>(call.account, call.region, &name) {
        return Err(ServiceError::new(
            "DBSubnetGroupAlreadyExists",
            format!("The DB subnet group '{name}' already exists."),
        ));
    }
    let (vpc, subnets) = placed(call)?;
    let group = SubnetGroup {
        arn: call.arn("rds", format!("subgrp:{name}")),
        description: call.required("DBSubnetGroupDescription").to_owned(),
        vpc,
        subnets,
        tags: tags_of(call.member("Tags")),
        name,
    };
    call.store.put(call.account, call.region, &group.name, &group);
    Ok(json!({"DBSubnetGroup": shown(&group)}))
}

pub(super) fn describe(call: &mut Call<'_>) -> Answer {
    if let Some(name) = call.text("DBSubnetGroupName") {
        let name = name.to_ascii_lowercase();
        let group: SubnetGroup = call.store.read(call.account, call.region, &name).ok_or_else(|| absent(&name))?;
        return Ok(json!({"DBSubnetGroups": [shown(&group)]}));
    }
    passes(call, |_| None)?;
    let groups = call.store.read_all::<SubnetGroup>(call.account, call.region).into_iter();
    listed(call, "DBSubnetGroups", groups.map(|(name, group)| (name, shown(&group))).collect())
}

pub(super) fn modify(call: &mut Call<'_>) -> Answer {
    let mut group = find(call, call.required("DBSubnetGroupName"))?;
    let (vpc, subnets) = placed(call)?;
    if vpc != group.vpc {
        return Err(combination("The new Subnets are not in the same Vpc as the existing subnet group"));
    }
    group.subnets = subnets;
    if let Some(description) = call.text("DBSubnetGroupDescription") {
        description.clone_into(&mut group.description);
    }
    call.store.put(call.account, call.region, &group.name, &group);
    Ok(json!({"DBSubnetGroup": shown(&group)}))
}

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let group = find(call, call.required("DBSubnetGroupName"))?;
    let clusters = call.store.list::<Cluster>(call.account, call.region);
    let cluster = clusters.iter().find(|(_, cluster)| cluster.setting("DBSubnetGroup") == group.name);
    let instances = call.store.list::<Instance>(call.account, call.region);
    let named = |instance: &Instance| {
        instance.settings.get("DBSubnetGroupName").and_then(Value::as_str) == Some(group.name.as_str())
    };
    let instance = instances.iter().find(|(_, instance)| named(instance));
    if let Some(user) = cluster.map(|(name, _)| name).or(instance.map(|(name, _)| name)) {
        return Err(ServiceError::new(
            "InvalidDBSubnetGroupStateFault",
            format!(
                "Cannot delete the subnet group '{}' because at least one database instance: {user} is still using it.",
                group.name
            ),
        ));
    }
    call.store.remove::<SubnetGroup>(call.account, call.region, &group.name);
    nothing()
}
