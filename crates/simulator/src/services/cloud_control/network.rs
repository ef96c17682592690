//! What EC2 asks of networks beyond the schema: address ranges, zones, names of security groups.

use super::records::{Failure, Resource};
use crate::service::Call;
use serde_json::{Map, Value, json};
use std::net::Ipv4Addr;

/// A range of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Range {
    first: u32,
    bits: u8,
}

impl Range {
    fn parse(text: &str) -> Option<Self> {
        let (address, bits) = text.split_once('/')?;
        let bits = bits.parse().ok().filter(|bits| *bits <= 32)?;
        let mask = Self::mask(bits);
        Some(Self { first: u32::from(address.parse::<Ipv4Addr>().ok()?) & mask, bits })
    }

    fn mask(bits: u8) -> u32 {
        u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0)
    }

    fn contains(self, other: Self) -> bool {
        self.bits <= other.bits && other.first & Self::mask(self.bits) == self.first
    }

    fn overlaps(self, other: Self) -> bool {
        self.contains(other) || other.contains(self)
    }
}

/// The zones of a region, as far as they are simulated.
pub(in crate::services) const ZONES: &[&str] = &["a", "b", "c"];

/// Checks what is to be made, and fills in what EC2 chooses.
pub(super) fn check(call: &mut Call<'_>, type_name: &str, properties: &mut Map<String, Value>) -> Result<(), Failure> {
    match type_name {
        "AWS::EC2::VPC" => check_vpc(call, properties),
        "AWS::EC2::Subnet" => check_subnet(call, properties),
        "AWS::EC2::SecurityGroup" => check_security_group(call, properties),
        _ => Ok(()),
    }
}

fn text<'a>(properties: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    properties.get(name).and_then(Value::as_str)
}

fn range(properties: &Map<String, Value>) -> Option<Range> {
    text(properties, "CidrBlock").and_then(Range::parse)
}

fn set(properties: &mut Map<String, Value>, name: &str, value: Value) {
    properties.entry(name).or_insert(value);
}

/// Source: Amazon VPC User Guide, "VPC CIDR blocks" and "Subnet CIDR blocks": from /16 to /28.
fn check_size(properties: &Map<String, Value>) -> Result<(), Failure> {
    match (range(properties), text(properties, "CidrBlock")) {
        (Some(range), _) if (16..=28).contains(&range.bits) => Ok(()),
        (_, Some(given)) => Err(Failure::ec2("InvalidRequest", format_args!("The CIDR '{given}' is invalid."))),
        (_, None) => Ok(()),
    }
}

fn check_vpc(call: &mut Call<'_>, properties: &mut Map<String, Value>) -> Result<(), Failure> {
    check_size(properties)?;
    set(properties, "InstanceTenancy", json!("default"));
    set(properties, "EnableDnsSupport", json!(true));
    set(properties, "EnableDnsHostnames", json!(false));
    let association = format!("vpc-cidr-assoc-0{}", call.random.hex(16));
    set(properties, "CidrBlockAssociations", json!([association]));
    set(properties, "DefaultNetworkAcl", json!(format!("acl-0{}", call.random.hex(16))));
    Ok(())
}

fn check_subnet(call: &Call<'_>, properties: &mut Map<String, Value>) -> Result<(), Failure> {
    check_size(properties)?;
    let zone = text(properties, "AvailabilityZone").map_or_else(|| format!("{}a", call.region), str::to_owned);
    let zones: Vec<String> = ZONES.iter().map(|zone| format!("{}{zone}", call.region)).collect();
    if !zones.contains(&zone) {
        let zones = zones.join(", ");
        let message = format!(
            "Value ({zone}) for parameter availabilityZone is invalid. Subnets can currently only be created in the following \
             availability zones: {zones}."
        );
        return Err(Failure::ec2("InvalidRequest", message));
    }
    let (Some(own), Some(vpc)) = (range(properties), text(properties, "VpcId")) else { return Ok(()) };
    let given = text(properties, "CidrBlock").unwrap_or_default();
    let around = Resource::get(call, "AWS::EC2::VPC", vpc)
        .and_then(|vpc| Range::parse(vpc.properties.get("CidrBlock")?.as_str()?));
    if around.is_some_and(|around| !around.contains(own)) {
        return Err(Failure::ec2("InvalidRequest", format_args!("The CIDR '{given}' is invalid.")));
    }
    let conflicts = Resource::of_type(call, "AWS::EC2::Subnet").into_iter().any(|subnet| {
        let text = |name: &str| subnet.properties.get(name).and_then(Value::as_str);
        text("VpcId") == Some(vpc) && text("CidrBlock").and_then(Range::parse).is_some_and(|other| other.overlaps(own))
    });
    if conflicts {
        return Err(Failure::ec2("InvalidRequest", format_args!("The CIDR '{given}' conflicts with another subnet")));
    }
    set(properties, "AvailabilityZone", json!(zone));
    set(properties, "MapPublicIpOnLaunch", json!(false));
    set(properties, "AssignIpv6AddressOnCreation", json!(false));
    Ok(())
}

fn check_security_group(call: &mut Call<'_>, properties: &mut Map<String, Value>) -> Result<(), Failure> {
    let vpc = text(properties, "VpcId").map(str::to_owned);
    if let Some(name) = text(properties, "GroupName") {
        let taken = Resource::of_type(call, "AWS::EC2::SecurityGroup").into_iter().any(|group| {
            let text = |name: &str| group.properties.get(name).and_then(Value::as_str);
            text("GroupName") == Some(name) && text("VpcId") == vpc.as_deref()
        });
        if taken {
            let vpc = vpc.unwrap_or_default();
            let message = format!("The security group '{name}' already exists for VPC '{vpc}'");
            return Err(Failure::ec2("AlreadyExists", message));
        }
    }
    let id = format!("sg-0{}", call.random.hex(16));
    set(properties, "Id", json!(id));
    set(properties, "GroupId", json!(id));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_contain_and_overlap_by_their_bits() {
        let range = |text| Range::parse(text).unwrap();
        assert!(range("10.0.0.0/16").contains(range("10.0.255.0/24")));
        assert!(!range("10.0.0.0/16").contains(range("10.1.0.0/24")));
        assert!(range("10.0.1.0/25").overlaps(range("10.0.1.0/24")));
        assert!(!range("10.0.1.0/25").overlaps(range("10.0.1.128/25")));
        assert!(range("0.0.0.0/0").contains(range("255.255.255.255/32")));
        assert_eq!(Range::parse("10.0.0.0/33"), None);
        assert_eq!(Range::parse("10.0.0/16"), None);
    }
}
