//! The records that operations leave, without any plain secret.

use charter_catalog::TypeSchema;
use charter_model::{Secret, Value};
use charter_provider::{Failure, FailureCode, Properties};
use charter_state::{Record, RecordStatus, seal_like, seal_places};

/// The fingerprints only: what is kept must be the same whether it was read from disk or not.
pub(crate) fn forget_plain(value: Value) -> Value {
    match value {
        Value::Secret(secret) => Value::Secret(Secret::from_fingerprint(secret.fingerprint())),
        Value::List(list) => Value::List(list.into_iter().map(forget_plain).collect()),
        Value::Map(map) => Value::Map(map.into_iter().map(|(key, member)| (key, forget_plain(member))).collect()),
        other => other,
    }
}

/// What was asked for, as it is recorded: secrets and write-only properties as fingerprints.
pub(crate) fn sealed_inputs(desired: &Value, shape: &TypeSchema, salt: &str) -> Value {
    forget_plain(seal_places(desired.clone(), shape.write_only(), salt))
}

/// What was read, as it is recorded: also what was sent as a secret and is told in plain.
pub(crate) fn sealed_attributes(
    properties: Properties,
    inputs: &Value,
    write_only: &[charter_model::Pointer],
    salt: &str,
) -> Value {
    let value: Value = serde_json::Value::Object(properties).into();
    forget_plain(seal_like(seal_places(value, write_only, salt), inputs, salt))
}

/// A whole resource.
pub(crate) fn ready(asked: &Record, identifier: String, attributes: Value) -> Record {
    Record { identifier: Some(identifier), attributes, status: RecordStatus::Ready, ..asked.clone() }
}

/// A half-made resource.
pub(crate) fn incomplete(asked: &Record, identifier: String, attributes: Value, failure: &Failure) -> Record {
    let status = RecordStatus::Incomplete { reason: failure.to_string() };
    Record { identifier: Some(identifier), attributes, status, ..asked.clone() }
}

/// After an update of which it is not known how far it came: what was asked for, but for secrets, which cannot be read back and
/// compared, as they were before. So the next plan compares what can be read and sends the others again.
pub(crate) fn uncertain_update(prior: &Record, asked: &Record, attributes: Option<Value>) -> Record {
    let inputs = match (&asked.inputs, &prior.inputs) {
        (Value::Map(asked), Value::Map(prior)) => Value::Map(
            asked
                .iter()
                .filter_map(|(key, value)| match (value.has_secret(), prior.get(key)) {
                    (false, _) => Some((key.clone(), value.clone())),
                    (true, Some(before)) => Some((key.clone(), before.clone())),
                    (true, None) => None,
                })
                .collect(),
        ),
        (_, prior) => prior.clone(),
    };
    Record {
        identifier: prior.identifier.clone(),
        inputs,
        attributes: attributes.unwrap_or_else(|| prior.attributes.clone()),
        secret_references: prior.secret_references.clone(),
        status: prior.status.clone(),
        ..asked.clone()
    }
}

/// As JSON, secrets as their markers.
pub(crate) fn properties(value: &Value) -> Properties {
    match value.to_json() {
        serde_json::Value::Object(map) => map,
        _ => Properties::new(),
    }
}

/// As JSON, secrets left out.
pub(crate) fn without_secrets(value: &Value) -> Properties {
    fn strip(value: &Value) -> Option<serde_json::Value> {
        match value {
            Value::Secret(_) | Value::Unknown(_) => None,
            Value::List(list) => Some(list.iter().filter_map(strip).collect()),
            Value::Map(map) => Some(serde_json::Value::Object(
                map.iter().filter_map(|(key, member)| Some((key.to_string(), strip(member)?))).collect(),
            )),
            other => Some(other.to_json()),
        }
    }
    match strip(value) {
        Some(serde_json::Value::Object(map)) => map,
        _ => Properties::new(),
    }
}

/// As JSON with secrets revealed, for the request.
pub(crate) fn plain_properties(value: &Value) -> Result<Properties, Failure> {
    if let Some(unknown) = value.first_unknown() {
        return Err(Failure::new(
            FailureCode::InternalFailure,
            format!("a value is still not known that should be by now ({})", unknown.reason),
        ));
    }
    if !is_revealed(value) {
        return Err(Failure::new(
            FailureCode::InvalidRequest,
            "a secret is known by its fingerprint only. Make the plan again, with the stacks and secrets at hand",
        ));
    }
    match value.to_plain_json() {
        serde_json::Value::Object(map) => Ok(map),
        other => Err(Failure::new(FailureCode::InternalFailure, format!("properties must be a map, not {other}"))),
    }
}

fn is_revealed(value: &Value) -> bool {
    match value {
        Value::Secret(secret) => secret.reveal().is_some(),
        Value::List(list) => list.iter().all(is_revealed),
        Value::Map(map) => map.values().all(is_revealed),
        _ => true,
    }
}
