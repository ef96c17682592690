//! What the documents of a service warn of and no schema says: found over the whole graph, before anything is touched. Knows types of
//! AWS, as `grants` does; imports `expressions`, `model`.

mod identity;
mod sources;
#[cfg(test)]
mod tests;

use crate::Language;
use charter_model::{
    Address, DesiredResource, Diagnostic, Evaluator, Pointer, Scope, SecretReference, Template, Unknown, Value,
};
use std::cell::OnceCell;
use std::collections::BTreeMap;

/// Everything that is found in the resources of a project.
pub(crate) fn find(resources: &BTreeMap<Address, DesiredResource>) -> Vec<Diagnostic> {
    let all = Resources { all: resources, values: resources.keys().map(|each| (each, OnceCell::new())).collect() };
    let mut found = Vec::new();
    identity::find(&all, &mut found);
    sources::find(&all, &mut found);
    found
}

/// The resources, with what is known of their properties.
struct Resources<'a> {
    all: &'a BTreeMap<Address, DesiredResource>,
    values: BTreeMap<&'a Address, OnceCell<Value>>,
}

impl<'a> Resources<'a> {
    /// Those of a type.
    fn of_type(&self, type_name: &'static str) -> impl Iterator<Item = &'a DesiredResource> + use<'a> {
        self.all.values().filter(move |resource| resource.type_name.as_str() == type_name)
    }

    /// What is known of the properties; nothing where an expression fails, which is told elsewhere.
    fn properties(&self, resource: &DesiredResource) -> &Value {
        static NOTHING: Value = Value::Null;
        let Some(value) = self.values.get(&resource.address) else { return &NOTHING };
        value.get_or_init(|| Language::new().evaluate(&resource.properties, &NothingKnown).unwrap_or(Value::Null))
    }

    /// A text of a resource, if it is known.
    fn text(&self, resource: &DesiredResource, pointer: &str) -> Option<&str> {
        self.at(resource, pointer)?.as_str()
    }

    /// A value of a resource, if it is known.
    fn at(&self, resource: &DesiredResource, pointer: &str) -> Option<&Value> {
        let value = self.properties(resource).at(&place(pointer))?;
        (!matches!(value, Value::Unknown(_) | Value::Null)).then_some(value)
    }

    /// The resources that a property refers to.
    fn behind(
        &self,
        resource: &DesiredResource,
        property: &str,
    ) -> impl Iterator<Item = &'a DesiredResource> + use<'a> {
        let all = self.all;
        let found = part(&resource.properties, &place(property)).resources();
        found.into_iter().filter_map(move |address| all.get(&address))
    }
}

/// The part of a template that a place is in: an expression is not taken apart.
fn part<'t>(template: &'t Template, place: &Pointer) -> &'t Template {
    static NOTHING: Template = Template::Value(Value::Null);
    let mut part = template;
    for segment in place.segments() {
        part = match part {
            Template::Map(members) => members.get(segment.to_string().as_str()).unwrap_or(&NOTHING),
            Template::Value(_) => return &NOTHING,
            other => return other,
        };
    }
    part
}

fn place(pointer: &str) -> Pointer {
    pointer.parse().unwrap_or_default()
}

/// A finding about a property of a resource.
fn at(resource: &DesiredResource, pointer: &str, diagnostic: Diagnostic, label: &str) -> Diagnostic {
    match resource.locations.nearest(&place(pointer)) {
        Some(span) => diagnostic.label(span, label),
        None => diagnostic,
    }
}

/// The elements of a list, or the one value that stands for a list of one.
fn each(value: &Value) -> impl Iterator<Item = &Value> {
    match value {
        Value::List(list) => list.iter(),
        one => std::slice::from_ref(one).iter(),
    }
}

/// The scope in which only constants are known.
struct NothingKnown;

impl Scope for NothingKnown {
    fn resource(&self, address: &Address) -> Value {
        Value::Unknown(Unknown::new(format!("after {address} is created")))
    }

    fn secret(&self, _: &SecretReference) -> Value {
        Value::Unknown(Unknown::new("when it is applied"))
    }
}
