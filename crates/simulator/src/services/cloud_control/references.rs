//! What a resource refers to must exist, where the schema says what a text stands for (`AWS::EC2::Subnet.Id`), and what others
//! refer to cannot be deleted.
//!
//! EC2's words are EC2's own; which code of the handler contract its handlers give them (`NotFound`, `GeneralServiceException`) is
//! read from the contract's definitions, not seen on AWS.

use super::records::{Failure, Resource};
use crate::identity::Role;
use crate::service::Call;
use crate::services::iam::role_can_be_assumed_by;
use crate::store::GLOBAL;
use charter_catalog::TypeSchema;
use charter_model::{AccountId, Pointer, TypeName};
use serde_json::Value;

/// EC2's types that are known by an id, with the id's prefix and EC2's word for them.
pub(super) const EC2_IDS: &[(&str, &str, &str)] = &[
    ("AWS::EC2::DHCPOptions", "dopt-", "dhcpOption ID"),
    ("AWS::EC2::EgressOnlyInternetGateway", "eigw-", "egressOnlyInternetGateway ID"),
    ("AWS::EC2::FlowLog", "fl-", "flow log ID"),
    ("AWS::EC2::Instance", "i-", "instance ID"),
    ("AWS::EC2::InternetGateway", "igw-", "internetGateway ID"),
    ("AWS::EC2::LaunchTemplate", "lt-", "launch template ID"),
    ("AWS::EC2::NatGateway", "nat-", "NatGateway"),
    ("AWS::EC2::NetworkAcl", "acl-", "networkAcl ID"),
    ("AWS::EC2::NetworkInterface", "eni-", "networkInterface ID"),
    ("AWS::EC2::PrefixList", "pl-", "prefix list ID"),
    ("AWS::EC2::RouteTable", "rtb-", "routeTable ID"),
    ("AWS::EC2::SecurityGroup", "sg-", "security group"),
    ("AWS::EC2::Subnet", "subnet-", "subnet ID"),
    ("AWS::EC2::SubnetRouteTableAssociation", "rtbassoc-", "association ID"),
    ("AWS::EC2::TransitGateway", "tgw-", "transitGateway ID"),
    ("AWS::EC2::TransitGatewayAttachment", "tgw-attach-", "transitGatewayAttachment ID"),
    ("AWS::EC2::VPC", "vpc-", "vpc ID"),
    ("AWS::EC2::VPCEndpoint", "vpce-", "Vpc Endpoint Id"),
    ("AWS::EC2::VPCPeeringConnection", "pcx-", "vpcPeeringConnection ID"),
    ("AWS::EC2::Volume", "vol-", "volume"),
];

/// Places that refer to another type although their format does not say so.
const OTHERS: &[(&str, &str, &str)] =
    &[("AWS::Bedrock::DataSource", "/KnowledgeBaseId", "AWS::Bedrock::KnowledgeBase")];

/// The principals that assume the roles that types are given.
const SERVICE_PRINCIPALS: &[(&str, &str)] = &[
    ("Bedrock", "bedrock.amazonaws.com"),
    ("Lambda", "lambda.amazonaws.com"),
    ("StepFunctions", "states.amazonaws.com"),
];

/// The first reference that leads nowhere.
pub(super) fn check(call: &Call<'_>, schema: &TypeSchema, properties: &Value) -> Result<(), Failure> {
    check_below(call, schema, &Pointer::root(), properties)
}

fn check_below(call: &Call<'_>, schema: &TypeSchema, place: &Pointer, value: &Value) -> Result<(), Failure> {
    match value {
        Value::Object(members) => {
            members.iter().try_for_each(|(name, member)| check_below(call, schema, &place.key(name), member))
        }
        Value::Array(elements) => {
            let mut elements = elements.iter().enumerate();
            elements.try_for_each(|(index, element)| check_below(call, schema, &place.index(index), element))
        }
        Value::String(text) => check_text(call, schema, place, text),
        _ => Ok(()),
    }
}

fn check_text(call: &Call<'_>, schema: &TypeSchema, place: &Pointer, text: &str) -> Result<(), Failure> {
    let own = schema.type_name();
    let other = OTHERS.iter().find(|(name, path, _)| *name == own.as_str() && *path == place.to_string());
    if let Some((_, _, target)) = other
        && !is_there(call, target, text)
    {
        let word = target.rsplit("::").next().unwrap_or_default();
        return Err(Failure::new("NotFound", format!("{word} with id {text} is not found")));
    }
    let Some(format) = schema.property_at(place).and_then(|property| property.format) else { return Ok(()) };
    let in_network = EC2_IDS.iter().find(|(name, ..)| format.strip_prefix(name) == Some(".Id"));
    if let Some((target, _, word)) = in_network
        && !is_there(call, target, text)
    {
        return Err(Failure::ec2("NotFound", format_args!("The {word} '{text}' does not exist")));
    }
    if &*format == "AWS::IAM::Role.Arn" && place.segments().len() == 1 {
        return check_role(call, own, text);
    }
    Ok(())
}

fn is_there(call: &Call<'_>, type_name: &str, identifier: &str) -> bool {
    Resource::get(call, type_name, identifier).is_some_and(|resource| resource.ready <= call.now)
}

/// What Bedrock assumes a role for: `arn:aws:bedrock:us-east-1:111111111111:knowledge-base/ABCDEFGHIJ`. Amazon Bedrock User Guide,
/// "Create a service role": trust policies name it with `*` for the id, which is drawn later; these all are ten characters.
fn source_arn(call: &Call<'_>, type_name: &TypeName) -> Option<String> {
    let kind = match type_name.as_str() {
        "AWS::Bedrock::Agent" => "agent",
        "AWS::Bedrock::Flow" => "flow",
        "AWS::Bedrock::KnowledgeBase" => "knowledge-base",
        _ => return None,
    };
    Some(call.arn("bedrock", format_args!("{kind}/0000000000")))
}

fn check_role(call: &Call<'_>, type_name: &TypeName, arn: &str) -> Result<(), Failure> {
    let service = type_name.service();
    let refused =
        |why: String| Failure::new("InvalidRequest", format!("{service} was unable to assume the given role: {why}"));
    if let Some((_, principal)) = SERVICE_PRINCIPALS.iter().find(|(name, _)| *name == service) {
        let source = source_arn(call, type_name);
        return role_can_be_assumed_by(call, arn, principal, source.as_deref()).map_err(refused);
    }
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", _, "iam", "", account, resource] = parts.as_slice() else { return Ok(()) };
    let name = resource.rsplit('/').next().unwrap_or_default();
    match AccountId::new(*account) {
        Ok(account) if !call.store.contains::<Role>(&account, GLOBAL, name) => {
            Err(refused(format!("role {arn} does not exist")))
        }
        _ => Ok(()),
    }
}

/// What keeps a resource from being deleted: EC2 does not let go of what others refer to.
pub(super) fn dependents(call: &Call<'_>, resource: &Resource) -> Option<Failure> {
    let (_, _, word) = EC2_IDS.iter().find(|(name, ..)| *name == resource.type_name)?;
    let identifier = &resource.identifier;
    let (account, region) = (call.account, call.region);
    let own = format!("{} {identifier}", resource.type_name);
    let referred =
        call.store.mentions(account, region, "cloudcontrol/resource", identifier).iter().any(|key| *key != own)
            || call.store.mentions(account, region, "rds/cluster", identifier).iter().any(|_| true)
            || call.store.mentions(account, region, "rds/instance", identifier).iter().any(|_| true)
            || in_used_subnet_group(call, identifier);
    if !referred {
        return None;
    }
    let message = match resource.type_name.as_str() {
        "AWS::EC2::SecurityGroup" => format!("resource {identifier} has a dependent object"),
        _ => {
            let word = word.strip_suffix(" ID").unwrap_or(word);
            format!("The {word} '{identifier}' has dependencies and cannot be deleted.")
        }
    };
    Some(Failure::ec2("GeneralServiceException", message))
}

/// A database has a network interface in each subnet of its group.
fn in_used_subnet_group(call: &Call<'_>, identifier: &str) -> bool {
    let groups = call.store.mentions(call.account, call.region, "rds/subnet-group", identifier);
    groups.iter().any(|group| {
        let used_by = |collection| !call.store.mentions(call.account, call.region, collection, group).is_empty();
        used_by("rds/cluster") || used_by("rds/instance")
    })
}
