//! Where invocations are written down: a log group, a bucket, or both.

use super::records::Logging;
use super::support::invalid;
use crate::service::{Call, ServiceError};
use crate::services::iam::role_can_be_assumed_by;
use crate::services::shared::{Answer, nothing};
use serde_json::{Value, json};

/// A log group that is there, which a role can write to that Bedrock can assume. The words are Bedrock's own
/// (<https://github.com/alphagov/govuk-infrastructure/pull/2440>).
fn check_group(call: &Call<'_>, group: &Value) -> Result<(), ServiceError> {
    let text = |name: &str| group.get(name).and_then(Value::as_str).unwrap_or_default();
    let (name, role) = (text("logGroupName"), text("roleArn"));
    let keys = call.store.mentions(call.account, call.region, "cloudcontrol/resource", name);
    let there = keys.iter().any(|key| key.starts_with("AWS::Logs::LogGroup "));
    let source = call.arn("bedrock", "0000000000");
    if there && role_can_be_assumed_by(call, role, "bedrock.amazonaws.com", Some(&source)).is_ok() {
        return Ok(());
    }
    Err(invalid(format!(
        "Failed to validate permissions for log group: {name}, with role: {role}. Verify the IAM role permissions are correct."
    )))
}

pub(super) fn put(call: &mut Call<'_>) -> Answer {
    let configuration = call.member("loggingConfig").cloned().unwrap_or_default();
    let part = |name: &str| configuration.get(name).filter(|value| !value.is_null());
    if part("cloudWatchConfig").is_none() && part("s3Config").is_none() {
        return Err(invalid("At least one destination must be provided."));
    }
    if let Some(group) = part("cloudWatchConfig") {
        check_group(call, group)?;
    }
    let record = Logging { configuration };
    call.store.put(call.account, call.region, Logging::KEY, &record);
    nothing()
}

pub(super) fn get(call: &mut Call<'_>) -> Answer {
    let found: Option<Logging> = call.store.read(call.account, call.region, Logging::KEY);
    Ok(json!({"loggingConfig": found.map(|logging| logging.configuration)}))
}

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    call.store.remove::<Logging>(call.account, call.region, Logging::KEY);
    nothing()
}
