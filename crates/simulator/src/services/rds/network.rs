//! What RDS asks of the network: subnets and security groups must exist. They are made through Cloud Control.

use super::support::value;
use crate::service::{Call, ServiceError};
use crate::services::cloud_control::Resource;
use serde_json::Value;

fn properties(call: &Call<'_>, type_name: &str, identifier: &str) -> Option<Value> {
    let resource = Resource::get(call, type_name, identifier)?;
    (resource.ready <= call.now).then_some(resource.properties)
}

/// Where a subnet is.
pub(super) struct Subnet {
    pub(super) zone: String,
    pub(super) vpc: String,
}

pub(super) fn subnet(call: &Call<'_>, identifier: &str) -> Option<Subnet> {
    let properties = properties(call, "AWS::EC2::Subnet", identifier)?;
    let text = |name: &str| properties.get(name).and_then(Value::as_str).map(str::to_owned);
    // A subnet that names no zone gets one of the region's.
    let zone = text("AvailabilityZone").unwrap_or_else(|| format!("{}a", call.region));
    Some(Subnet { zone, vpc: text("VpcId").unwrap_or_default() })
}

/// Refuses a security group that does not exist.
pub(super) fn check_security_groups(call: &Call<'_>, groups: &[String]) -> Result<(), ServiceError> {
    for group in groups {
        if properties(call, "AWS::EC2::SecurityGroup", group).is_none() {
            return Err(value(format!("Invalid security group , groupId= {group}, groupName=.")));
        }
    }
    Ok(())
}
