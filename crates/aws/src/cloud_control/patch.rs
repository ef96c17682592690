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

/// The patch that leads from what is there to what shall be there.
pub(super) fn patch(schema: &TypeSchema, observed: &Properties, desired: &Properties, changed: &[Pointer]) -> Value {
    operations(schema.write_only(), schema.create_only(), observed, desired, changed)
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
