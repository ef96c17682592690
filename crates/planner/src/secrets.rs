//! Which secrets templates refer to. A plan that cannot read secrets compares the references instead of the values: they are
//! kept in the record. Imports `model`, `state`.

use crate::TypeShapes;
use crate::places::set;
use crate::sealing::seal_template;
use charter_model::{
    Address, Binding, DesiredGraph, Placement, Pointer, SecretReference, Template, Unknown, Value, content_digest,
};
use charter_state::Record;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Why a secret's value is not known in a plan that reads no secrets.
pub(crate) const UNREAD: &str = "a secret, compared when it is applied";

/// A constant that may not be kept in a saved plan and that the stacks no longer say.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{address} has a secret written in the stacks that is not the one that was planned (or is no longer there): make the plan again"
)]
pub struct SecretMissing {
    /// Whose.
    pub address: Address,
}

/// Every secret that the stacks refer to, with the placement that it is read in.
pub fn secret_references(graph: &DesiredGraph) -> BTreeSet<(Placement, SecretReference)> {
    let mut all = BTreeSet::new();
    for resource in graph.resources.values() {
        let mut found = BTreeSet::new();
        collect(&resource.properties, &mut found);
        all.extend(found.into_iter().map(|reference| (resource.placement.clone(), reference)));
    }
    all
}

/// Brings the constants that a saved plan may not hold (values of write-only properties written in the stacks) back from the
/// stacks. Fails if one is not there as it was planned.
pub fn restore_secrets(
    plan: &mut crate::Plan,
    graph: &DesiredGraph,
    catalog: &dyn TypeShapes,
    salt: &str,
) -> Result<(), SecretMissing> {
    for operation in &mut plan.operations {
        let Some(template) = &mut operation.properties else { continue };
        let fresh = graph.resources.get(&operation.address).map(|resource| {
            let mut fresh = resource.properties.clone();
            if let Some(schema) = catalog.shape(&operation.type_name) {
                seal_template(&mut fresh, schema.write_only(), salt);
            }
            fresh
        });
        let fresh = fresh.unwrap_or(Template::Value(Value::Null));
        if !crate::sealing::restore(template, &fresh) {
            return Err(SecretMissing { address: operation.address.clone() });
        }
    }
    Ok(())
}

fn collect(template: &Template, found: &mut BTreeSet<SecretReference>) {
    match template {
        Template::Value(_) => {}
        Template::Secret(reference) => drop(found.insert(reference.clone())),
        Template::List(parts) | Template::Interpolation(parts) => parts.iter().for_each(|part| collect(part, found)),
        Template::Map(map) => map.values().for_each(|part| collect(part, found)),
        Template::Expression(expression) => {
            expression.bindings.values().for_each(|binding| collect_binding(binding, found));
        }
    }
}

fn collect_binding(binding: &Binding, found: &mut BTreeSet<SecretReference>) {
    match binding {
        Binding::Template(template) => collect(template, found),
        Binding::Resource(_) => {}
        Binding::Members(members) => members.values().for_each(|member| collect_binding(member, found)),
    }
}

/// The places of a template that come from secrets, with a text that changes when the reference does.
pub(crate) fn references(template: &Template) -> BTreeMap<Pointer, Arc<str>> {
    let mut found = BTreeMap::new();
    note(template, &Pointer::root(), &mut found);
    found
}

fn note(template: &Template, place: &Pointer, found: &mut BTreeMap<Pointer, Arc<str>>) {
    match template {
        Template::Value(_) => {}
        Template::List(parts) => {
            parts.iter().enumerate().for_each(|(index, part)| note(part, &place.index(index), found));
        }
        Template::Map(map) => map.iter().for_each(|(key, part)| note(part, &place.key(key), found)),
        Template::Secret(reference) => drop(found.insert(place.clone(), reference.to_string().into())),
        Template::Expression(_) | Template::Interpolation(_) => {
            let mut inside = BTreeSet::new();
            collect(template, &mut inside);
            if !inside.is_empty() {
                let mut json = serde_json::to_value(template).unwrap_or_default();
                forget_spans(&mut json);
                found.insert(place.clone(), format!("expression {}", content_digest(&json)).into());
            }
        }
    }
}

/// Where an expression is written does not make it another.
fn forget_spans(json: &mut serde_json::Value) {
    match json {
        serde_json::Value::Object(map) => {
            map.remove("span");
            map.values_mut().for_each(forget_spans);
        }
        serde_json::Value::Array(list) => list.iter_mut().for_each(forget_spans),
        _ => {}
    }
}

/// Where a secret could not be read and its reference is the recorded one, takes the recorded fingerprint for it: no change.
pub(crate) fn assume_unchanged(value: &mut Value, references: &BTreeMap<Pointer, Arc<str>>, record: &Record) {
    for (place, text) in references {
        let unread = matches!(value.at(place), Some(Value::Unknown(Unknown { reason })) if &**reason == UNREAD);
        if unread
            && record.secret_references.get(place) == Some(text)
            && let Some(recorded @ Value::Secret(_)) = record.inputs.at(place)
        {
            set(value, place.segments(), Some(recorded.clone()));
        }
    }
}
