//! AWS Lake Formation: the locations that are registered with it. Permissions are a matter of Cloud Control here.
//!
//! Facts are from the API Reference and the Developer Guide, "Requirements for roles used to register locations". What AWS says of a
//! role that Lake Formation cannot assume is not known; that it is refused is stricter than what is reported:
//! hashicorp/terraform-provider-aws (internal/service/lakeformation/resource_test.go) registers a bucket with a role that trusts
//! Amazon S3 only, with which nobody could read it.

#[cfg(test)]
mod tests;

use crate::service::{Call, Service, ServiceError};
use crate::services::iam::{link, role_can_be_assumed_by};
use crate::services::shared::{Answer, nothing, page, page_size, texts_of};
use crate::store::Record;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The principal that assumes the roles.
const SERVICE: &str = "lakeformation.amazonaws.com";
/// Developer Guide, "Using service-linked roles for Lake Formation".
const LINKED: &str = "role/aws-service-role/lakeformation.amazonaws.com/AWSServiceRoleForLakeFormationDataAccess";

/// The behaviour of Lake Formation.
pub(crate) struct LakeFormation;

impl Service for LakeFormation {
    fn call(&self, call: &mut Call<'_>) -> Answer {
        match call.operation {
            "RegisterResource" => register(call),
            "DescribeResource" => describe(call),
            "UpdateResource" => update(call),
            "DeregisterResource" => deregister(call),
            "ListResources" => list(call),
            _ => Err(call.not_simulated()),
        }
    }
}

/// A registered location, by its ARN.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Location {
    arn: String,
    role: String,
    hybrid_access: bool,
    federation: bool,
    privileged_access: bool,
    modified: Timestamp,
}

impl Record for Location {
    const SERVICE: &'static str = "lakeformation";
    const KIND: &'static str = "resource";
}

impl Location {
    fn shown(&self) -> Value {
        json!({
            "ResourceArn": self.arn, "RoleArn": self.role, "LastModified": self.modified.to_string(),
            "HybridAccessEnabled": self.hybrid_access, "WithFederation": self.federation,
            "WithPrivilegedAccess": self.privileged_access, "VerificationStatus": "VERIFIED",
        })
    }
}

fn error(code: &str, message: impl Into<String>) -> ServiceError {
    ServiceError::new(code, message).with_status(400)
}

fn invalid(message: impl Into<String>) -> ServiceError {
    error("InvalidInputException", message)
}

fn absent() -> ServiceError {
    error("EntityNotFoundException", "Entity not found")
}

/// The location that a call names, the truth.
fn named(call: &Call<'_>) -> Result<Location, ServiceError> {
    call.store.get(call.account, call.region, call.required("ResourceArn")).ok_or_else(absent)
}

fn check_role(call: &Call<'_>, role: &str) -> Result<(), ServiceError> {
    role_can_be_assumed_by(call, role, SERVICE, None)
        .map_err(|why| invalid(format!("{SERVICE} is unable to assume the role {role}: {why}")))
}

fn register(call: &mut Call<'_>) -> Answer {
    let arn = call.required("ResourceArn").to_owned();
    // Words: https://github.com/aws-solutions-library-samples/data-lakes-on-aws/issues/76
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    if !matches!(parts.as_slice(), ["arn", partition, _, _, _, resource] if *partition == call.partition() && !resource.is_empty())
    {
        return Err(invalid("Unsupported resource ARN Format"));
    }
    if call.store.contains::<Location>(call.account, call.region, &arn) {
        return Err(error("AlreadyExistsException", "Resource is already registered"));
    }
    let role = match (call.flag("UseServiceLinkedRole") == Some(true), call.text("RoleArn").map(str::to_owned)) {
        (true, None) => {
            link(call, SERVICE);
            call.global_arn("iam", LINKED)
        }
        (false, Some(role)) => {
            check_role(call, &role)?;
            role
        }
        // What AWS makes of both is not known.
        (true, Some(_)) => return Err(invalid("RoleArn cannot be given with UseServiceLinkedRole")),
        (false, None) => return Err(invalid("Either RoleArn or UseServiceLinkedRole must be given")),
    };
    let location = Location {
        role,
        hybrid_access: call.flag("HybridAccessEnabled") == Some(true),
        federation: call.flag("WithFederation") == Some(true),
        privileged_access: call.flag("WithPrivilegedAccess") == Some(true),
        modified: call.now,
        arn,
    };
    call.store.put(call.account, call.region, &location.arn, &location);
    nothing()
}

fn describe(call: &mut Call<'_>) -> Answer {
    let found: Option<Location> = call.store.read(call.account, call.region, call.required("ResourceArn"));
    Ok(json!({"ResourceInfo": found.ok_or_else(absent)?.shown()}))
}

fn update(call: &mut Call<'_>) -> Answer {
    let mut location = named(call)?;
    let role = call.required("RoleArn").to_owned();
    // The registration keeps its own role, and nobody is told: terraform-provider-aws, resource_test.go, updateRoleToSLR.
    if role != call.global_arn("iam", LINKED) {
        check_role(call, &role)?;
        location.role = role;
    }
    location.hybrid_access = call.flag("HybridAccessEnabled").unwrap_or(location.hybrid_access);
    location.federation = call.flag("WithFederation").unwrap_or(location.federation);
    location.modified = call.now;
    call.store.put(call.account, call.region, &location.arn, &location);
    nothing()
}

fn deregister(call: &mut Call<'_>) -> Answer {
    let location = named(call)?;
    call.store.remove::<Location>(call.account, call.region, &location.arn);
    nothing()
}

fn list(call: &mut Call<'_>) -> Answer {
    let filters = call.member("FilterConditionList").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut items = Vec::new();
    for (arn, location) in call.store.read_all::<Location>(call.account, call.region) {
        let mut fits = true;
        for filter in &filters {
            fits &= passes(&location, filter).ok_or_else(|| call.not_simulated())?;
        }
        if fits {
            items.push((arn, location.shown()));
        }
    }
    let (items, next) = page(items, call.text("NextToken"), page_size(call, "MaxResults", 100))
        .ok_or_else(|| invalid("The pagination token is invalid."))?;
    Ok(json!({"ResourceInfoList": items, "NextToken": next}))
}

/// Whether a location passes a filter; none if the filter is not simulated.
fn passes(location: &Location, filter: &Value) -> Option<bool> {
    let value = match filter.get("Field")?.as_str()? {
        "RESOURCE_ARN" => &location.arn,
        "ROLE_ARN" => &location.role,
        _ => return None,
    };
    let wanted = texts_of(filter.get("StringValueList"));
    let any = |fits: fn(&str, &str) -> bool| wanted.iter().any(|each| fits(value, each));
    Some(match filter.get("ComparisonOperator")?.as_str()? {
        "EQ" | "IN" => any(|value, each| value == each),
        "NE" => !any(|value, each| value == each),
        "CONTAINS" => any(|value, each| value.contains(each)),
        "NOT_CONTAINS" => !any(|value, each| value.contains(each)),
        "BEGINS_WITH" => any(|value, each| value.starts_with(each)),
        _ => return None,
    })
}
