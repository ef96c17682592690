//! The parameters of a parameter group: between the property, an object by name, and the API, pages and batches of records.

use super::parameter_group::Kind;
use crate::clients::Clients;
use crate::errors::failure_on;
use aws_sdk_rds::types::{ApplyMethod, Parameter};
use charter_provider::{Failure, FailureCode, Properties};
use serde_json::Value;
use std::collections::BTreeMap;

/// ModifyDBParameterGroup and ModifyDBClusterParameterGroup: "A maximum of 20 parameters can be modified in a single request."
const BATCH: usize = 20;

/// Values by name.
pub(super) type Parameters = BTreeMap<String, String>;

/// The property's parameters as the service writes them: texts. It may be an object, or the text of one.
pub(super) fn wanted(properties: &Properties) -> Result<Parameters, Failure> {
    let parsed;
    let members = match properties.get("Parameters") {
        None | Some(Value::Null) => return Ok(Parameters::new()),
        Some(Value::Object(members)) => members,
        Some(Value::String(text)) => {
            parsed = serde_json::from_str::<Properties>(text).map_err(|_| not_an_object())?;
            &parsed
        }
        Some(_) => return Err(not_an_object()),
    };
    Ok(members.iter().map(|(name, value)| (name.clone(), as_text(value))).collect())
}

fn not_an_object() -> Failure {
    Failure::new(FailureCode::InvalidRequest, "/Parameters: must be an object of values by parameter name")
}

/// PostgreSQL and MySQL both write switches as numbers.
fn as_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "1".to_owned(),
        Value::Bool(false) => "0".to_owned(),
        other => other.to_string(),
    }
}

/// What was read, written as it was recorded where it means the same: `100` for "100".
pub(super) fn as_recorded(read: &Parameters, recorded: Option<&Properties>) -> Value {
    let members = recorded.and_then(|recorded| recorded.get("Parameters")).and_then(Value::as_object);
    let value = |name: &String, value: &String| match members.and_then(|members| members.get(name)) {
        Some(recorded) if as_text(recorded) == *value => recorded.clone(),
        _ => Value::String(value.clone()),
    };
    Value::Object(read.iter().map(|(name, text)| (name.clone(), value(name, text))).collect())
}

/// The parameters that somebody set, or all with how they apply.
pub(super) async fn read(
    clients: &Clients,
    kind: Kind,
    group: &str,
    only_set: bool,
) -> Result<Vec<Parameter>, Failure> {
    let source = only_set.then(|| "user".to_owned());
    let (mut found, mut marker) = (Vec::new(), None);
    loop {
        let (page, next) = match kind {
            Kind::Cluster => {
                let call = clients.rds().describe_db_cluster_parameters().db_cluster_parameter_group_name(group);
                let call = call.set_source(source.clone()).set_marker(marker);
                let answer = call.send().await.map_err(|error| failure_on(error, kind.own()))?;
                (answer.parameters, answer.marker)
            }
            Kind::Instance => {
                let call = clients.rds().describe_db_parameters().db_parameter_group_name(group);
                let call = call.set_source(source.clone()).set_marker(marker);
                let answer = call.send().await.map_err(|error| failure_on(error, kind.own()))?;
                (answer.parameters, answer.marker)
            }
        };
        found.extend(page.unwrap_or_default());
        marker = next;
        if marker.is_none() {
            return Ok(found);
        }
    }
}

/// Values of parameters that were read.
pub(super) fn values(parameters: Vec<Parameter>) -> Parameters {
    parameters.into_iter().filter_map(|each| Some((each.parameter_name?, each.parameter_value?))).collect()
}

/// Brings the parameters of a group from what is there to what shall be there.
pub(super) async fn apply(
    clients: &Clients,
    kind: Kind,
    group: &str,
    present: &Parameters,
    wanted: &Parameters,
) -> Result<(), Failure> {
    let set: Vec<_> = wanted.iter().filter(|(name, value)| present.get(*name) != Some(*value)).collect();
    let reset: Vec<_> = present.keys().filter(|name| !wanted.contains_key(*name)).collect();
    if set.is_empty() && reset.is_empty() {
        return Ok(());
    }
    // A static parameter refuses to be applied at once.
    let known: BTreeMap<String, Parameter> = read(clients, kind, group, false)
        .await?
        .into_iter()
        .filter_map(|parameter| Some((parameter.parameter_name.clone()?, parameter)))
        .collect();
    let method = |name: &str| match known.get(name).and_then(Parameter::apply_type) {
        Some("static") => ApplyMethod::PendingReboot,
        _ => ApplyMethod::Immediate,
    };
    let record = |name: &str| Parameter::builder().parameter_name(name).apply_method(method(name));
    if let Some((name, _)) = set.iter().find(|(name, _)| !known.is_empty() && !known.contains_key(*name)) {
        let message = format!("/Parameters/{name}: the family of {group} has no such parameter");
        return Err(Failure::new(FailureCode::InvalidRequest, message));
    }
    for batch in set.chunks(BATCH) {
        let list: Vec<Parameter> =
            batch.iter().map(|(name, value)| record(name).parameter_value(*value).build()).collect();
        match kind {
            Kind::Cluster => {
                let call = clients.rds().modify_db_cluster_parameter_group().db_cluster_parameter_group_name(group);
                call.set_parameters(Some(list)).send().await.map_err(|error| failure_on(error, kind.own()))?;
            }
            Kind::Instance => {
                let call = clients.rds().modify_db_parameter_group().db_parameter_group_name(group);
                call.set_parameters(Some(list)).send().await.map_err(|error| failure_on(error, kind.own()))?;
            }
        }
    }
    for batch in reset.chunks(BATCH) {
        let list: Vec<Parameter> = batch.iter().map(|name| record(name).build()).collect();
        match kind {
            Kind::Cluster => {
                let call = clients.rds().reset_db_cluster_parameter_group().db_cluster_parameter_group_name(group);
                let call = call.reset_all_parameters(false).set_parameters(Some(list));
                call.send().await.map_err(|error| failure_on(error, kind.own()))?;
            }
            Kind::Instance => {
                let call = clients.rds().reset_db_parameter_group().db_parameter_group_name(group);
                let call = call.reset_all_parameters(false).set_parameters(Some(list));
                call.send().await.map_err(|error| failure_on(error, kind.own()))?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn object(value: Value) -> Properties {
        match value {
            Value::Object(members) => members,
            _ => panic!("an object"),
        }
    }

    #[test]
    fn values_of_any_kind_become_texts() {
        let properties = object(json!({"Parameters": {"a": 1, "b": "x", "c": true}}));
        let expected: Parameters =
            [("a", "1"), ("b", "x"), ("c", "1")].map(|(n, v)| (n.to_owned(), v.to_owned())).into();
        assert_eq!(wanted(&properties).unwrap(), expected);
        let text = object(json!({"Parameters": "{\"a\": 1, \"b\": \"x\", \"c\": true}"}));
        assert_eq!(wanted(&text).unwrap(), expected);
        assert!(wanted(&object(json!({"Parameters": "nonsense"}))).is_err());
    }

    #[test]
    fn what_means_the_same_is_written_as_recorded_and_drift_as_read() {
        let read: Parameters =
            [("a", "1"), ("b", "other"), ("new", "2")].map(|(n, v)| (n.to_owned(), v.to_owned())).into();
        let recorded = object(json!({"Parameters": {"a": 1, "b": "x"}}));
        assert_eq!(as_recorded(&read, Some(&recorded)), json!({"a": 1, "b": "other", "new": "2"}));
    }
}
