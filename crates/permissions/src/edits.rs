//! What tomorrow may bring: each property that the stacks give, changed and left out, one at a time. Imports nothing of the crate.
//!
//! Only what is given is changed: a least policy does not allow what nobody asked for yet. Tags are changed by the rehearsal itself.

use charter_catalog::{Property, ReplacementNeed, TypeSchema};
use charter_model::{Pointer, PointerSegment, Value};
use charter_provider::Properties;
use serde_json::{Value as Json, json};

/// One change of one top-level property.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Edit {
    /// The property.
    pub(crate) property: Pointer,
    /// All properties, with the change.
    pub(crate) properties: Properties,
}

/// The changes that can be made in place to what was given, and that the type's schema takes: always the same for the same input.
pub(crate) fn edits(schema: &TypeSchema, given: &Properties, ignored: &[Pointer]) -> Vec<Edit> {
    let tags = schema.tagging().map(|tagging| &tagging.property);
    let changes = |property: &Property| {
        property.replacement != ReplacementNeed::Yes
            && !property.read_only
            && tags != Some(&property.pointer)
            && !ignored.iter().any(|ignored| ignored.contains(&property.pointer))
    };
    let mut edits = Vec::new();
    for property in schema.properties().iter().filter(|property| changes(property)) {
        let Some(value) = given.get(&*property.name) else { continue };
        let mut edit = |value: Option<Json>| {
            let mut properties = given.clone();
            match value {
                Some(value) => properties.insert(property.name.to_string(), value),
                None => properties.remove(&*property.name),
            };
            if schema.validate(&Value::from(Json::Object(properties.clone()))).is_empty() {
                edits.push(Edit { property: property.pointer.clone(), properties });
            }
        };
        if let Some(other) = other(schema, property, value) {
            edit(Some(other));
        }
        if !property.required {
            edit(None);
        }
    }
    edits
}

/// Another value for a property; none where none can be made up.
fn other(schema: &TypeSchema, property: &Property, value: &Json) -> Option<Json> {
    if property.replacement == ReplacementNeed::Yes || property.read_only {
        return None;
    }
    if !property.allowed.is_empty() {
        return property.allowed.iter().find(|allowed| *allowed != value).cloned();
    }
    match value {
        Json::Bool(yes) => Some((!yes).into()),
        Json::Number(number) => other_number(property, number),
        Json::String(text) => other_text(property, text),
        Json::Array(elements) => other_list(schema, property, elements),
        Json::Object(members) if members.contains_key("Statement") => other_policy(value),
        Json::Object(members) => {
            let (name, changed) = members.iter().find_map(|(name, member)| {
                let place = property.pointer.key(name);
                let changed = match schema.property_at(&place) {
                    Some(property) => other(schema, &property, member)?,
                    None => Json::from(format!("{} changed", member.as_str()?)),
                };
                Some((name, changed))
            })?;
            let mut members = members.clone();
            members.insert(name.clone(), changed);
            Some(members.into())
        }
        Json::Null => None,
    }
}

fn other_number(property: &Property, number: &serde_json::Number) -> Option<Json> {
    let fits = |number: f64| {
        property.minimum.is_none_or(|least| number >= least) && property.maximum.is_none_or(|most| number <= most)
    };
    let value = number.as_f64()?;
    let changed = [value + 1.0, value - 1.0].into_iter().find(|changed| fits(*changed))?;
    // A whole number stays one.
    match number.as_i64() {
        Some(_) => Some((changed as i64).into()),
        None => Some(changed.into()),
    }
}

fn other_text(property: &Property, text: &str) -> Option<Json> {
    if let Ok(document) = serde_json::from_str::<Json>(text)
        && document.get("Statement").is_some()
    {
        return Some(other_policy(&document)?.to_string().into());
    }
    // What it names must exist.
    let refers = property.relationship.is_some()
        || property.format.as_deref().is_some_and(|format| format.starts_with("AWS::"))
        || text.starts_with("arn:");
    let longer = format!("{text}2");
    let fits = property.max_length.is_none_or(|most| longer.chars().count() <= most);
    (!refers && fits).then(|| longer.into())
}

fn other_list(schema: &TypeSchema, property: &Property, elements: &[Json]) -> Option<Json> {
    if elements.len() > property.min_items.unwrap_or(0).max(1) {
        return Some(elements.get(1..)?.to_vec().into());
    }
    let element = schema.property_at(&property.pointer.with(PointerSegment::Key("*".into())))?;
    let mut elements = elements.to_vec();
    let first = elements.first_mut()?;
    *first = other(schema, &element, first)?;
    Some(elements.into())
}

/// The same policy with a statement that is called otherwise.
fn other_policy(document: &Json) -> Option<Json> {
    let mut document = document.clone();
    let statements = document.get_mut("Statement")?;
    let first = match statements {
        Json::Array(list) => list.first_mut()?,
        one => one,
    };
    first.as_object_mut()?.insert("Sid".to_owned(), json!("Changed"));
    Some(document)
}

#[cfg(test)]
mod tests {
    use super::*;
    use charter_catalog::Catalog;
    use charter_model::TypeName;

    fn of(type_name: &str, given: Json) -> Vec<(String, Json)> {
        let schema = Catalog::embedded().schema(&TypeName::new(type_name).unwrap()).unwrap();
        let given = given.as_object().unwrap().clone();
        edits(&schema, &given, &[])
            .into_iter()
            .map(|edit| {
                let name = edit.property.to_string();
                let value = edit.properties.get(name.trim_start_matches('/')).cloned().unwrap_or_default();
                (name, value)
            })
            .collect()
    }

    #[test]
    fn what_is_given_changes_and_goes_and_nothing_else() {
        let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole"}]});
        let given = json!({
            "RoleName": "reader", "Description": "reads", "MaxSessionDuration": 43200, "AssumeRolePolicyDocument": trust,
            "ManagedPolicyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"], "Tags": [{"Key": "a", "Value": "b"}],
        });
        let changed = of("AWS::IAM::Role", given);
        let names: Vec<&str> = changed.iter().map(|(name, _)| name.as_str()).collect();
        // The name is create-only, the tags change elsewhere, a trust policy must be there, and no other policy can be made up.
        assert_eq!(
            names,
            [
                "/AssumeRolePolicyDocument",
                "/Description",
                "/Description",
                "/ManagedPolicyArns",
                "/MaxSessionDuration",
                "/MaxSessionDuration"
            ]
        );
        assert_eq!(changed[0].1["Statement"][0]["Sid"], "Changed");
        assert_eq!((&changed[1].1, &changed[2].1), (&json!("reads2"), &Json::Null));
        assert_eq!((&changed[4].1, &changed[5].1), (&json!(43199), &Json::Null));
    }

    #[test]
    fn what_is_ignored_stays() {
        let schema = Catalog::embedded().schema(&TypeName::new("AWS::IAM::Role").unwrap()).unwrap();
        let given = json!({"Description": "d", "AssumeRolePolicyDocument": "{}"});
        let given = given.as_object().unwrap();
        assert!(!edits(&schema, given, &[]).is_empty());
        assert_eq!(edits(&schema, given, &[Pointer::root().key("Description")]), []);
    }

    #[test]
    fn every_kind_of_value_has_another() {
        let changed = of("AWS::S3::Bucket", json!({"VersioningConfiguration": {"Status": "Enabled"}}));
        assert_eq!(changed[0].1, json!({"Status": "Suspended"}));
        let changed = of(
            "AWS::S3::Bucket",
            json!({"PublicAccessBlockConfiguration": {"BlockPublicAcls": true, "BlockPublicPolicy": true}}),
        );
        assert_eq!(changed[0].1, json!({"BlockPublicAcls": false, "BlockPublicPolicy": true}));
    }
}
