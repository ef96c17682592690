//! The patch document of an update: RFC 6902 operations on whole top-level properties.
//!
//! Cloud Control applies the patch to what the type's read handler returns. So a write-only property is not there to be
//! replaced and must be added, even where it does not change: an update handler that finds it missing takes it away, or fails
//! (<https://github.com/hashicorp/terraform-provider-awscc/pull/1737>). `add` replaces a member that exists (RFC 6902, 4.1), so
//! it is the right operation for both.

use crate::recorded::top_level;
use charter_catalog::TypeSchema;
use charter_model::Pointer;
use charter_provider::Properties;
use serde_json::{Value, json};

/// What AWS decides anew with every update that does not give it, so what a read shows of it must not go along.
///
/// An alias of an agent moves on to a version that is made of the agent as it is now; no call makes a version by itself
/// (<https://github.com/hashicorp/terraform-provider-aws/pull/42603>).
const DECIDED_ANEW: &[(&str, &str)] = &[("AWS::Bedrock::AgentAlias", "RoutingConfiguration")];

/// The patch that leads from what is there to what shall be there.
pub(super) fn patch(schema: &TypeSchema, observed: &Properties, desired: &Properties, changed: &[Pointer]) -> Value {
    let kept = with_told(schema.read_only(), observed, desired, changed);
    let mut changed = changed.to_vec();
    let own = DECIDED_ANEW.iter().filter(|(type_name, _)| *type_name == schema.type_name().as_str());
    changed.extend(own.filter(|(_, name)| !desired.contains_key(*name)).map(|(_, name)| Pointer::root().key(*name)));
    operations(schema.write_only(), schema.create_only(), observed, &kept, &changed)
}

/// What is desired, with what AWS tells inside of it: that has to stay as it is, also where what it is in is dropped, and where it is
/// sent though it does not change.
/// Else the patch is refused ("readOnlyProperties [/properties/WorkGroupConfiguration/EngineVersion/EffectiveEngineVersion] cannot be
/// updated"; <https://github.com/cloud-custodian/cloud-custodian/issues/9296>).
fn with_told(read_only: &[Pointer], observed: &Properties, desired: &Properties, changed: &[Pointer]) -> Properties {
    let changed = top_level(changed);
    let mut kept = Value::Object(desired.clone());
    for place in read_only {
        let names: Vec<String> = place.segments().iter().map(ToString::to_string).collect();
        let goes_along = |first: &String| changed.contains(first) || desired.contains_key(first);
        let Some((first, rest)) = names.split_first().filter(|(first, _)| goes_along(first)) else { continue };
        let told = observed.get(first).and_then(|value| rest.iter().try_fold(value, |value, name| value.get(name)));
        let Some(told) = told.filter(|_| !rest.is_empty()) else { continue };
        let parent = names.iter().take(names.len() - 1).try_fold(&mut kept, |value, name| {
            Some(value.as_object_mut()?.entry(name.as_str()).or_insert_with(|| json!({})))
        });
        if let (Some(Value::Object(parent)), Some(last)) = (parent, names.last()) {
            parent.insert(last.clone(), told.clone());
        }
    }
    match kept {
        Value::Object(kept) => kept,
        _ => desired.clone(),
    }
}

fn operations(
    write_only: &[Pointer],
    create_only: &[Pointer],
    observed: &Properties,
    desired: &Properties,
    changed: &[Pointer],
) -> Value {
    let hidden = top_level(write_only);
    // A property that can only be set at creation must not be in a patch. One that merely has such a part may be.
    let fixed = top_level(&create_only.iter().filter(|place| place.segments().len() == 1).cloned().collect::<Vec<_>>());
    let wholly_hidden =
        top_level(&write_only.iter().filter(|place| place.segments().len() == 1).cloned().collect::<Vec<_>>());
    let mut names = top_level(changed);
    names.extend(hidden.into_iter().filter(|name| desired.contains_key(name) && !fixed.contains(name)));

    let operations = names.iter().filter_map(|name| {
        let path = Pointer::root().key(name).to_string();
        match (desired.get(name), observed.get(name)) {
            (Some(value), _) => Some(json!({"op": "add", "path": path, "value": value})),
            // Only what the read handler shows can be removed; leaving a write-only property out is removing it.
            (None, Some(_)) if !wholly_hidden.contains(name) => Some(json!({"op": "remove", "path": path})),
            (None, _) => None,
        }
    });
    Value::Array(operations.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(value: Value) -> Properties {
        match value {
            Value::Object(members) => members,
            _ => panic!("an object"),
        }
    }

    fn places(list: &[&str]) -> Vec<Pointer> {
        list.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn changed_properties_are_set_whole_and_dropped_ones_removed() {
        let observed = object(json!({"Name": "a", "Size": {"Least": 1}, "Old": true, "Same": 1}));
        let desired = object(json!({"Name": "a", "Size": {"Least": 2}, "New": [1], "Same": 1}));
        let patch = operations(&[], &[], &observed, &desired, &places(&["/Size/Least", "/New", "/Old"]));
        assert_eq!(
            patch,
            json!([
                {"op": "add", "path": "/New", "value": [1]},
                {"op": "remove", "path": "/Old"},
                {"op": "add", "path": "/Size", "value": {"Least": 2}},
            ])
        );
    }

    #[test]
    fn an_alias_that_names_no_version_moves_on_to_a_new_one() {
        let schema = charter_catalog::Catalog::embedded()
            .schema(&charter_model::TypeName::new("AWS::Bedrock::AgentAlias").unwrap())
            .unwrap();
        let route = json!([{"AgentVersion": "1"}]);
        let observed = object(json!({"AgentId": "A", "Description": "a", "RoutingConfiguration": route}));
        let patch = |desired: Value| patch(&schema, &observed, &object(desired), &places(&["/Description"]));
        let description = json!({"op": "add", "path": "/Description", "value": "b"});
        let moves = json!([description, {"op": "remove", "path": "/RoutingConfiguration"}]);
        assert_eq!(patch(json!({"AgentId": "A", "Description": "b"})), moves);
        let stays = json!({"AgentId": "A", "Description": "b", "RoutingConfiguration": route});
        assert_eq!(patch(stays), json!([description]));
    }

    #[test]
    fn what_aws_tells_inside_of_a_property_stays_as_it_is() {
        let read_only = places(&["/Arn", "/Settings/Engine/Effective", "/List/*/Id"]);
        let observed = object(json!({"Arn": "arn", "List": [{"Id": 1}], "Same": 1,
            "Settings": {"Limit": 1, "Engine": {"Selected": "two", "Effective": "two"}}}));
        let kept =
            |desired: Value| with_told(&read_only, &observed, &object(desired), &places(&["/Settings", "/List"]));
        let engine = json!({"Effective": "two"});
        assert_eq!(
            kept(json!({"Settings": {"Limit": 2}})),
            object(json!({"Settings": {"Limit": 2, "Engine": engine}}))
        );
        assert_eq!(kept(json!({"List": []})), object(json!({"List": [], "Settings": {"Engine": engine}})));
        // Sent since something of it is write-only.
        let unchanged = object(json!({"Settings": {"Limit": 1, "Engine": {}}}));
        let sent = with_told(&read_only, &observed, &unchanged, &places(&["/Same"]));
        assert_eq!(sent, object(json!({"Settings": {"Limit": 1, "Engine": engine}})));
    }

    #[test]
    fn write_only_properties_go_along_unless_they_are_create_only() {
        let observed = object(json!({"Name": "a", "Password": "carried over"}));
        let desired = object(json!({"Name": "b", "Password": "p", "Seed": "s"}));
        let (hidden, fixed) = (places(&["/Password", "/Seed", "/Gone"]), places(&["/Seed"]));
        let patch = operations(&hidden, &fixed, &observed, &desired, &places(&["/Name"]));
        assert_eq!(
            patch,
            json!([{"op": "add", "path": "/Name", "value": "b"}, {"op": "add", "path": "/Password", "value": "p"}])
        );
    }

    #[test]
    fn a_write_only_property_that_is_dropped_is_left_out_since_it_cannot_be_removed() {
        let observed = object(json!({"Password": "carried over"}));
        let patch = operations(&places(&["/Password"]), &[], &observed, &Properties::new(), &places(&["/Password"]));
        assert_eq!(patch, json!([]));
    }
}
