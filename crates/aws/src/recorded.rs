//! What cannot be read back, taken over from what was recorded; and other small work on property maps.

use charter_catalog::Catalog;
use charter_model::{Pointer, PointerSegment, TypeName};
use charter_provider::Properties;
use serde_json::Value;
use std::collections::BTreeSet;

/// The top-level properties in which what is there is not what was asked for, as far as that can be told: what is write-only counts
/// as it was asked for.
pub(crate) fn differing(
    catalog: &Catalog,
    type_name: &TypeName,
    observed: &Properties,
    desired: &Properties,
) -> BTreeSet<String> {
    let Some(schema) = catalog.schema(type_name) else { return BTreeSet::new() };
    let mut observed = observed.clone();
    carry_write_only(schema.write_only(), Some(desired), &mut observed);
    let value = |properties: &Properties| charter_model::Value::from(Value::Object(properties.clone()));
    let (observed, desired) = (value(&observed), value(desired));
    let differences = schema.differences(&observed, &desired, &desired).into_iter();
    top_level(&differences.map(|difference| difference.pointer).collect::<Vec<_>>())
}

/// Completes what was read by the write-only properties that were recorded. Nothing appears that was not recorded, and nothing
/// that was read is replaced.
pub(crate) fn carry_write_only(write_only: &[Pointer], recorded: Option<&Properties>, observed: &mut Properties) {
    let Some(recorded) = recorded else { return };
    for pointer in write_only {
        if let Some((PointerSegment::Key(first), rest)) = pointer.segments().split_first()
            && let Some(from) = recorded.get(&**first)
        {
            match observed.get_mut(&**first) {
                Some(to) => carry(rest, from, to),
                None => {
                    if let Some(value) = only(rest, from) {
                        observed.insert(first.to_string(), value);
                    }
                }
            }
        }
    }
}

fn carry(path: &[PointerSegment], from: &Value, to: &mut Value) {
    let Some((step, rest)) = path.split_first() else { return };
    match (from, to) {
        // Elements are matched by their place; lists of different length say nothing about which is which.
        (Value::Array(from), Value::Array(to)) if is_wildcard(step) && from.len() == to.len() => {
            from.iter().zip(to).for_each(|(from, to)| carry(rest, from, to));
        }
        (Value::Object(from), Value::Object(to)) if is_wildcard(step) => {
            for (name, from) in from {
                if let Some(to) = to.get_mut(name) {
                    carry(rest, from, to);
                }
            }
        }
        (Value::Object(from), Value::Object(to)) => {
            let name = step.to_string();
            match (from.get(&name), to.get_mut(&name)) {
                (Some(from), Some(to)) => carry(rest, from, to),
                (Some(from), None) => {
                    if let Some(value) = only(rest, from) {
                        to.insert(name, value);
                    }
                }
                (None, _) => {}
            }
        }
        _ => {}
    }
}

/// Takes the write-only properties out.
pub(crate) fn drop_write_only(write_only: &[Pointer], properties: &mut Properties) {
    for pointer in write_only {
        match pointer.segments().split_first() {
            Some((PointerSegment::Key(first), [])) => drop(properties.remove(&**first)),
            Some((PointerSegment::Key(first), rest)) => {
                if let Some(value) = properties.get_mut(&**first) {
                    take(rest, value);
                }
            }
            _ => {}
        }
    }
}

fn take(path: &[PointerSegment], value: &mut Value) {
    match (path, value) {
        ([step, rest @ ..], Value::Array(list)) if is_wildcard(step) => {
            list.iter_mut().for_each(|element| take(rest, element));
        }
        ([step, rest @ ..], Value::Object(members)) if is_wildcard(step) => {
            members.values_mut().for_each(|member| take(rest, member));
        }
        ([last], Value::Object(members)) => drop(members.remove(&last.to_string())),
        ([step, rest @ ..], Value::Object(members)) => {
            if let Some(member) = members.get_mut(&step.to_string()) {
                take(rest, member);
            }
        }
        _ => {}
    }
}

/// The part of a value that a path leads to, in the objects that lead there. None through a list: an element of which nothing
/// was read is no element.
fn only(path: &[PointerSegment], from: &Value) -> Option<Value> {
    let Some((step, rest)) = path.split_first() else { return Some(from.clone()) };
    if is_wildcard(step) {
        return None;
    }
    let name = step.to_string();
    let inner = only(rest, from.as_object()?.get(&name)?)?;
    Some(Value::Object(Properties::from_iter([(name, inner)])))
}

fn is_wildcard(step: &PointerSegment) -> bool {
    matches!(step, PointerSegment::Key(key) if &**key == "*")
}

/// Takes nulls out, at every depth: for the contract, null and absent are the same, and absent is how it is written.
pub(crate) fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(
            members
                .into_iter()
                .filter(|(_, member)| !member.is_null())
                .map(|(name, member)| (name, without_nulls(member)))
                .collect(),
        ),
        Value::Array(list) => Value::Array(list.into_iter().map(without_nulls).collect()),
        other => other,
    }
}

/// The names of the top-level properties among places.
pub(crate) fn top_level(places: &[Pointer]) -> BTreeSet<String> {
    places.iter().filter_map(|place| place.segments().first().map(PointerSegment::to_string)).collect()
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
    fn only_write_only_properties_come_from_the_record() {
        let places: Vec<Pointer> =
            ["/Password", "/Auth/Token", "/Users/*/Secret"].iter().map(|text| text.parse().unwrap()).collect();
        let recorded = object(json!({
            "Password": "p", "Size": 1, "Auth": {"Token": "t", "Kind": "k"}, "Users": [{"Name": "a", "Secret": "s"}],
        }));
        let mut observed = object(json!({"Size": 2, "Users": [{"Name": "a"}]}));
        carry_write_only(&places, Some(&recorded), &mut observed);
        assert_eq!(
            Value::Object(observed),
            json!({"Size": 2, "Password": "p", "Auth": {"Token": "t"}, "Users": [{"Name": "a", "Secret": "s"}]})
        );
    }

    #[test]
    fn write_only_properties_go_at_every_depth() {
        let places: Vec<Pointer> =
            ["/Password", "/Auth/Token", "/Users/*/Secret"].iter().map(|text| text.parse().unwrap()).collect();
        let mut told = object(json!({
            "Password": "p", "Size": 1, "Auth": {"Token": "t", "Kind": "k"}, "Users": [{"Name": "a", "Secret": "s"}],
        }));
        drop_write_only(&places, &mut told);
        assert_eq!(Value::Object(told), json!({"Size": 1, "Auth": {"Kind": "k"}, "Users": [{"Name": "a"}]}));
    }

    #[test]
    fn lists_that_changed_length_are_left_as_read() {
        let places: Vec<Pointer> = vec!["/Users/*/Secret".parse().unwrap()];
        let recorded = object(json!({"Users": [{"Secret": "s"}]}));
        let mut observed = object(json!({"Users": [{"Name": "a"}, {"Name": "b"}]}));
        carry_write_only(&places, Some(&recorded), &mut observed);
        assert_eq!(Value::Object(observed), json!({"Users": [{"Name": "a"}, {"Name": "b"}]}));
    }

    #[test]
    fn nulls_go_at_every_depth() {
        assert_eq!(without_nulls(json!({"a": null, "b": [{"c": null, "d": 1}]})), json!({"b": [{"d": 1}]}));
    }
}
