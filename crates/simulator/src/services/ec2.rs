//! EC2, as far as it tells of the networks that Cloud Control made.

use super::cloud_control::{Resource, ZONES};
use crate::service::{Call, Service, ServiceError};
use crate::services::shared::texts;
use serde_json::{Value, json};

pub(crate) struct Ec2;

impl Service for Ec2 {
    fn call(&self, call: &mut Call<'_>) -> Result<Value, ServiceError> {
        match call.operation {
            "DescribeAvailabilityZones" => Ok(zones(call)),
            "DescribeSecurityGroups" => {
                let groups =
                    found(call, "AWS::EC2::SecurityGroup", "GroupIds", "InvalidGroup.NotFound", "security group")?;
                Ok(
                    json!({"SecurityGroups": groups.iter().map(|group| security_group(call, group)).collect::<Vec<_>>()}),
                )
            }
            "DescribeSubnets" => {
                let subnets = found(call, "AWS::EC2::Subnet", "SubnetIds", "InvalidSubnetID.NotFound", "subnet ID")?;
                Ok(json!({"Subnets": subnets.iter().map(|each| subnet(call, each)).collect::<Vec<_>>()}))
            }
            "DescribeVpcs" => {
                let vpcs = found(call, "AWS::EC2::VPC", "VpcIds", "InvalidVpcID.NotFound", "vpc ID")?;
                Ok(json!({"Vpcs": vpcs.iter().map(|each| vpc(call, each)).collect::<Vec<_>>()}))
            }
            _ => Err(call.not_simulated()),
        }
    }
}

fn zones(call: &Call<'_>) -> Value {
    let zones = ZONES.iter().enumerate().map(|(place, zone)| {
        json!({
            "ZoneName": format!("{}{zone}", call.region),
            "ZoneId": format!("{}-az{}", short(call.region), place + 1),
            "ZoneType": "availability-zone",
            "RegionName": call.region,
            "GroupName": call.region,
            "NetworkBorderGroup": call.region,
            "State": "available",
            "OptInStatus": "opt-in-not-required",
        })
    });
    json!({"AvailabilityZones": zones.collect::<Vec<_>>()})
}

/// `us-east-1` as zone ids write it: `use1`.
fn short(region: &str) -> String {
    let mut parts = region.split('-');
    let first = parts.next().unwrap_or_default().to_owned();
    first + &parts.map(|part| part.chars().take(1).collect::<String>()).collect::<String>()
}

/// The resources that the call asks for, by ids and filters.
fn found(call: &Call<'_>, type_name: &str, ids: &str, code: &str, word: &str) -> Result<Vec<Resource>, ServiceError> {
    let resources: Vec<Resource> =
        Resource::of_type(call, type_name).into_iter().filter(|resource| resource.ready <= call.now).collect();
    let wanted = texts(call, ids);
    if let Some(missing) = wanted.iter().find(|id| !resources.iter().any(|resource| resource.identifier == **id)) {
        return Err(ServiceError::new(code, format!("The {word} '{missing}' does not exist")));
    }
    let filters = call.member("Filters").and_then(Value::as_array).cloned().unwrap_or_default();
    for filter in &filters {
        let name = filter.get("Name").and_then(Value::as_str).unwrap_or_default();
        if filter_property(name).is_none() && !name.starts_with("tag:") {
            return Err(ServiceError::new("InvalidParameterValue", format!("The filter '{name}' is invalid")));
        }
    }
    Ok(resources
        .into_iter()
        .filter(|resource| wanted.is_empty() || wanted.contains(&resource.identifier))
        .filter(|resource| filters.iter().all(|filter| passes(resource, filter)))
        .collect())
}

fn filter_property(name: &str) -> Option<&'static str> {
    match name {
        "availability-zone" => Some("AvailabilityZone"),
        "cidr" | "cidr-block" => Some("CidrBlock"),
        "group-id" => Some("GroupId"),
        "group-name" => Some("GroupName"),
        "subnet-id" => Some("SubnetId"),
        "vpc-id" => Some("VpcId"),
        _ => None,
    }
}

fn passes(resource: &Resource, filter: &Value) -> bool {
    let name = filter.get("Name").and_then(Value::as_str).unwrap_or_default();
    let values: Vec<&str> =
        filter.get("Values").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let actual = match name.strip_prefix("tag:") {
        Some(key) => resource.properties.get("Tags").and_then(Value::as_array).into_iter().flatten().find_map(|tag| {
            (tag.get("Key").and_then(Value::as_str) == Some(key))
                .then(|| tag.get("Value").and_then(Value::as_str))
                .flatten()
        }),
        None => filter_property(name).and_then(|property| resource.properties.get(property)).and_then(Value::as_str),
    };
    actual.is_some_and(|actual| values.iter().any(|pattern| crate::trust::like(pattern, actual)))
}

fn vpc(call: &Call<'_>, resource: &Resource) -> Value {
    let get = |name: &str| resource.properties.get(name).cloned();
    json!({
        "VpcId": resource.identifier, "CidrBlock": get("CidrBlock"), "State": "available", "OwnerId": call.account,
        "InstanceTenancy": get("InstanceTenancy"), "IsDefault": false, "Tags": get("Tags"),
    })
}

fn subnet(call: &Call<'_>, resource: &Resource) -> Value {
    let get = |name: &str| resource.properties.get(name).cloned();
    json!({
        "SubnetId": resource.identifier, "VpcId": get("VpcId"), "CidrBlock": get("CidrBlock"), "State": "available",
        "AvailabilityZone": get("AvailabilityZone"), "MapPublicIpOnLaunch": get("MapPublicIpOnLaunch"),
        "OwnerId": call.account, "SubnetArn": call.arn("ec2", format_args!("subnet/{}", resource.identifier)),
        "Tags": get("Tags"),
    })
}

fn security_group(call: &Call<'_>, resource: &Resource) -> Value {
    let get = |name: &str| resource.properties.get(name).cloned();
    json!({
        "GroupId": get("GroupId"), "GroupName": get("GroupName"), "Description": get("GroupDescription"),
        "VpcId": get("VpcId"), "OwnerId": call.account, "Tags": get("Tags"),
        "SecurityGroupArn": call.arn("ec2", format_args!("security-group/{}", resource.identifier)),
    })
}
