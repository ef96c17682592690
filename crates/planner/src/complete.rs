//! Fills in what Charter adds to the properties that a user wrote: the physical name, the tags. Imports `model`, `catalog`.

use crate::naming::physical_name;
use crate::places::{member, with_member};
use crate::types::TypeFacts;
use charter_catalog::{TagShape, Tagging};
use charter_model::{DesiredGraph, DesiredResource, Diagnostic, Diagnostics, Pointer, Template, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Tags that begin so are Charter's own.
const RESERVED: &str = "charter:";

/// What a resource already is, for properties that stay as they are while it lives.
#[derive(Debug, Clone, Copy)]
pub struct Existing<'a> {
    /// What was last asked for.
    pub inputs: &'a Value,
    /// What is there.
    pub live: &'a Value,
}

/// The properties of a desired resource with physical name and tags filled in.
///
/// A resource that exists keeps its name as long as it lives, and gains no tags if its type cannot change them: neither is
/// worth a replacement. For a new one, `generation` makes the name fresh.
pub fn complete(
    graph: &DesiredGraph,
    resource: &DesiredResource,
    schema: &Arc<dyn crate::TypeShape>,
    existing: Option<Existing<'_>>,
    generation: u32,
) -> Result<Template, Diagnostics> {
    let mut found = Diagnostics::default();
    let completed = fill(graph, resource, &TypeFacts::new(schema.clone()), existing, generation, &mut found);
    if found.has_errors() { Err(found) } else { Ok(completed.properties) }
}

/// Completed properties.
pub(crate) struct Completed {
    pub(crate) properties: Template,
    /// Whether the user gave the name.
    pub(crate) named_by_user: bool,
}

pub(crate) fn fill(
    graph: &DesiredGraph,
    resource: &DesiredResource,
    facts: &TypeFacts,
    existing: Option<Existing<'_>>,
    generation: u32,
    found: &mut Diagnostics,
) -> Completed {
    let mut properties = resource.properties.clone();
    let mut named_by_user = true;
    if let Some(property) = &facts.name
        && let Some(key) = property.pointer.segments().last().map(ToString::to_string)
        && matches!(member(&properties, &key), None | Some(Template::Value(Value::Null)))
    {
        named_by_user = false;
        let recorded = existing.and_then(|existing| {
            let known = |value: &Value| matches!(value, Value::String(_)).then(|| value.clone());
            existing.inputs.get(&key).and_then(known).or_else(|| existing.live.get(&key).and_then(known))
        });
        let name = match (recorded, existing) {
            (Some(name), _) => Some(name),
            // It lives without a name that could be told: giving it one now could mean to replace it.
            (None, Some(_)) => None,
            (None, None) => {
                let name = physical_name(graph, &resource.address, &resource.placement, generation, property);
                Some(Value::from(name.as_str()))
            }
        };
        if let Some(name) = name {
            properties = with_member(properties, &key, Template::Value(name));
        }
    }
    if let Some(tagging) = &facts.tagging {
        properties = tagged(graph, resource, tagging, existing, properties, found);
    }
    Completed { properties, named_by_user }
}

fn tagged(
    graph: &DesiredGraph,
    resource: &DesiredResource,
    tagging: &Tagging,
    existing: Option<Existing<'_>>,
    properties: Template,
    found: &mut Diagnostics,
) -> Template {
    let Some(key) = tagging.property.segments().last().map(ToString::to_string) else { return properties };
    let written = member(&properties, &key).filter(|written| *written != Template::Value(Value::Null));
    let own = keys(written.as_ref(), &tagging.shape);
    for reserved in own.iter().filter(|name| name.starts_with(RESERVED)) {
        let text = format!("the tag {reserved:?} cannot be set: tags that begin with {RESERVED:?} are Charter's own");
        let mut diagnostic = Diagnostic::error("reserved-tag", text).help("give the tag another name");
        if let Some(span) = resource.locations.nearest(&Pointer::root().key(&key)) {
            diagnostic = diagnostic.label(span, "here");
        }
        found.push(diagnostic);
    }
    let address = resource.address.to_string();
    let charter = [
        ("charter:environment", graph.environment.as_str()),
        ("charter:stack", resource.address.stack().as_str()),
        ("charter:address", address.as_str()),
    ];
    let mut added: BTreeMap<&str, Value> =
        graph.tags.iter().map(|(key, value)| (&**key, Value::String(value.clone()))).collect();
    added.extend(charter.map(|(key, value)| (key, Value::from(value))));
    added.retain(|name, _| !own.contains(*name));
    if let (Some(existing), false) = (existing, tagging.updatable) {
        let recorded = pairs(existing.inputs.get(&key), &tagging.shape);
        added = added.into_keys().filter_map(|name| recorded.get(name).map(|value| (name, value.clone()))).collect();
    }
    if added.is_empty() {
        return properties;
    }
    match merged(written, added, &tagging.shape) {
        Some(tags) => with_member(properties, &key, tags),
        None => {
            let mut diagnostic = Diagnostic::warning(
                "tags-not-added",
                format!("the tags of {} are one expression, so Charter's own are not added to them", resource.address),
            )
            .help("write the tags one by one, each value may be an expression");
            if let Some(span) = resource.locations.nearest(&Pointer::root().key(&key)) {
                diagnostic = diagnostic.label(span, "here");
            }
            found.push(diagnostic);
            properties
        }
    }
}

/// The keys of the tags that a user wrote, as far as they are constant.
fn keys(written: Option<&Template>, shape: &TagShape) -> BTreeSet<String> {
    match (written, shape) {
        (Some(Template::Value(value)), _) => pairs(Some(value), shape).into_keys().collect(),
        (Some(Template::Map(map)), TagShape::Map) => map.keys().map(ToString::to_string).collect(),
        (Some(Template::List(list)), TagShape::List { key, .. }) => list
            .iter()
            .filter_map(|element| match member(element, key)? {
                Template::Value(value) => value.as_str().map(str::to_owned),
                _ => None,
            })
            .collect(),
        _ => BTreeSet::new(),
    }
}

/// Tags by key.
fn pairs(tags: Option<&Value>, shape: &TagShape) -> BTreeMap<String, Value> {
    match (tags, shape) {
        (Some(Value::Map(map)), TagShape::Map) => {
            map.iter().map(|(key, value)| (key.to_string(), value.clone())).collect()
        }
        (Some(Value::List(list)), TagShape::List { key, value }) => list
            .iter()
            .filter_map(|tag| {
                Some((tag.get(key)?.as_str()?.to_owned(), tag.get(value).cloned().unwrap_or(Value::Null)))
            })
            .collect(),
        _ => BTreeMap::new(),
    }
}

/// None if the tags are an expression as a whole.
fn merged(written: Option<Template>, added: BTreeMap<&str, Value>, shape: &TagShape) -> Option<Template> {
    match shape {
        TagShape::Map => {
            let written = written.unwrap_or_else(|| Template::Value(Value::empty_map()));
            let is_map = matches!(written, Template::Map(_) | Template::Value(Value::Map(_)));
            is_map.then(|| {
                added.into_iter().fold(written, |tags, (key, value)| with_member(tags, key, Template::Value(value)))
            })
        }
        TagShape::List { key, value } => {
            let added = added.into_iter().map(|(name, text)| {
                Value::from(BTreeMap::from([
                    (Arc::from(key.as_str()), Value::from(name)),
                    (Arc::from(value.as_str()), text),
                ]))
            });
            match written {
                None => Some(Template::Value(Value::List(added.collect()))),
                Some(Template::Value(Value::List(mut list))) => {
                    list.extend(added);
                    Some(Template::Value(Value::List(list)))
                }
                Some(Template::List(mut list)) => {
                    list.extend(added.map(Template::Value));
                    Some(Template::List(list))
                }
                Some(_) => None,
            }
        }
    }
}
