//! What is examined: one type, how it is made, to what it is changed.

use crate::Properties;
use charter_catalog::{TagShape, TypeSchema};
use charter_model::{Address, EnvironmentName, Pointer, PointerSegment, TypeName};
use serde_json::{Map, Value, json};

/// A resource to be examined.
#[derive(Debug, Clone)]
pub struct Subject {
    /// Its type.
    pub type_name: TypeName,
    /// How it is made. The marks of the engine are added where the type has tags.
    pub before: Properties,
    /// To what it is changed: whole, not a patch. None for a type that cannot be changed.
    pub after: Option<Properties>,
    /// What a listing must be told: the properties of the parent.
    pub filter: Properties,
}

impl Subject {
    /// A subject from JSON objects; anything else counts as empty.
    pub fn new(type_name: TypeName, before: Value, after: Value, filter: Value) -> Self {
        let after = (!after.is_null()).then(|| object(after));
        Self { type_name, before: object(before), after, filter: object(filter) }
    }
}

fn object(value: Value) -> Properties {
    match value {
        Value::Object(members) => members,
        _ => Properties::new(),
    }
}

/// The properties with further tags, in the form that the type has them. A type without tags stays as it is.
pub(super) fn with_tags(schema: &TypeSchema, properties: &Properties, tags: &[(&str, &str)]) -> Properties {
    let mut tagged = properties.clone();
    let Some(tagging) = schema.tagging() else { return tagged };
    if let Some(place) = place(&mut tagged, &tagging.property) {
        match &tagging.shape {
            TagShape::List { key, value } => {
                let more = tags.iter().map(|(name, text)| json!({key.as_str(): name, value.as_str(): text}));
                match place {
                    Value::Array(list) => list.extend(more),
                    other => *other = Value::Array(more.collect()),
                }
            }
            TagShape::Map => {
                let more = tags.iter().map(|(name, text)| ((*name).to_owned(), Value::from(*text)));
                match place {
                    Value::Object(map) => map.extend(more),
                    other => *other = Value::Object(more.collect()),
                }
            }
        }
    }
    tagged
}

/// The same, with the marks of the engine.
pub(super) fn marked(
    schema: &TypeSchema,
    properties: &Properties,
    address: &Address,
    environment: &EnvironmentName,
) -> Properties {
    let marks = [
        ("charter:environment", environment.as_str()),
        ("charter:stack", address.stack().as_str()),
        ("charter:address", &address.to_string()),
    ];
    with_tags(schema, properties, &marks)
}

/// A place of properties, made if it is not there; none below a list.
fn place<'a>(properties: &'a mut Properties, pointer: &Pointer) -> Option<&'a mut Value> {
    let (last, path) = pointer.segments().split_last()?;
    let PointerSegment::Key(last) = last else { return None };
    let mut inner = properties;
    for segment in path {
        let PointerSegment::Key(key) = segment else { return None };
        inner = inner.entry(key.to_string()).or_insert_with(|| Value::Object(Map::new())).as_object_mut()?;
    }
    Some(inner.entry(last.to_string()).or_insert(Value::Null))
}
