//! What is known of one type: the facts that stand in its schema as they are. Validation, comparison, names and views of the
//! properties each have a module of their own.

use crate::node::Arena;
use crate::places::Places;
use crate::tagging::Tagging;
use charter_model::{Pointer, PointerSegment, ReplaceOrder, TypeName};
use serde_json::{Map, Value as Json};

/// What joins the parts of an identifier (Cloud Control's own way).
const IDENTIFIER_SEPARATOR: char = '|';

/// What is known of one type.
#[derive(Debug)]
pub struct TypeSchema {
    pub(crate) type_name: TypeName,
    pub(crate) arena: Arena,
    pub(crate) places: Places,
    pub(crate) read_only: Vec<Pointer>,
    pub(crate) write_only: Vec<Pointer>,
    pub(crate) create_only: Vec<Pointer>,
    pub(crate) conditional: Vec<Pointer>,
    pub(crate) deprecated: Vec<Pointer>,
    pub(crate) primary_identifier: Vec<Pointer>,
    pub(crate) additional_identifiers: Vec<Vec<Pointer>>,
    pub(crate) replacement: Option<ReplaceOrder>,
    pub(crate) tagging: Option<Tagging>,
    pub(crate) lifecycle: Option<Lifecycle>,
}

/// That AWS is taking the type away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lifecycle {
    /// How far it has come.
    pub status: LifecycleStatus,
    /// The day it is about: `2026-10-30`.
    pub date: Option<Box<str>>,
}

/// How far AWS has come with taking a type away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LifecycleStatus {
    /// Works for those who use it, takes no new customers.
    Maintenance,
    /// Will be shut down.
    Sunset,
    /// Is gone.
    Shutdown,
}

impl TypeSchema {
    /// The type's name.
    pub fn type_name(&self) -> &TypeName {
        &self.type_name
    }

    /// What the type is for; only Charter's own types say so.
    pub fn description(&self) -> Option<&str> {
        self.arena.get(Arena::ROOT).description.as_deref()
    }

    /// The places whose values only AWS sets. `*` stands for every element of a list.
    pub fn read_only(&self) -> &[Pointer] {
        &self.read_only
    }

    /// The places whose values are never told.
    pub fn write_only(&self) -> &[Pointer] {
        &self.write_only
    }

    /// The places that can only be set at creation.
    pub fn create_only(&self) -> &[Pointer] {
        &self.create_only
    }

    /// The places of which some changes can be made in place and some only by replacement.
    pub fn conditional_create_only(&self) -> &[Pointer] {
        &self.conditional
    }

    /// The places that AWS advises against.
    pub fn deprecated(&self) -> &[Pointer] {
        &self.deprecated
    }

    /// The places that make up the primary identifier, in order.
    pub fn primary_identifier(&self) -> &[Pointer] {
        &self.primary_identifier
    }

    /// Other sets of places that identify a resource.
    pub fn additional_identifiers(&self) -> &[Vec<Pointer>] {
        &self.additional_identifiers
    }

    /// The primary identifier of a resource: the parts joined by `|`; none if one is missing. A part that is optional to the type and
    /// left out is the empty text, unless all are.
    pub fn identifier_of(&self, properties: &Map<String, Json>) -> Option<String> {
        let mut parts = Vec::new();
        for pointer in &self.primary_identifier {
            let (first, rest) = pointer.segments().split_first()?;
            let rest: Pointer = rest.iter().cloned().collect();
            match properties.get(&first.to_string()).and_then(|value| rest.get(value)) {
                Some(Json::String(text)) if !text.is_empty() => parts.push(text.clone()),
                Some(value @ (Json::Number(_) | Json::Bool(_))) => parts.push(value.to_string()),
                _ => return None,
            }
        }
        (!parts.is_empty()).then(|| parts.join(&IDENTIFIER_SEPARATOR.to_string()))
    }

    /// The properties that an identifier stands for. An identifier with another number of parts than the type's gives none.
    pub fn identifier_properties(&self, identifier: &str) -> Map<String, Json> {
        let parts: Vec<&str> = match self.primary_identifier.len() {
            1 => vec![identifier],
            count => identifier.splitn(count, IDENTIFIER_SEPARATOR).collect(),
        };
        let mut properties = Map::new();
        if parts.len() == self.primary_identifier.len() {
            for (pointer, part) in self.primary_identifier.iter().zip(parts) {
                insert(&mut properties, pointer.segments(), part);
            }
        }
        properties
    }

    /// How the type carries tags; none if it does not.
    pub fn tagging(&self) -> Option<&Tagging> {
        self.tagging.as_ref()
    }

    /// The order of replacement that the registry names for the type; none where it leaves CloudFormation's own, create first.
    pub fn replacement_order(&self) -> Option<ReplaceOrder> {
        self.replacement
    }

    /// Whether AWS is taking the type away.
    pub fn lifecycle(&self) -> Option<&Lifecycle> {
        self.lifecycle.as_ref()
    }

    /// Whether nothing of it can be updated in place.
    pub fn is_immutable(&self) -> bool {
        self.arena
            .members(Arena::ROOT)
            .keys()
            .all(|name| self.places.member(name).is_some_and(|place| place.create_only || place.read_only))
    }

    /// The top-level properties that must be given, sorted.
    pub fn required(&self) -> Vec<&str> {
        let mut names: Vec<&str> =
            self.arena.certain_facets(Arena::ROOT).iter().flat_map(|node| &node.required).map(|name| &**name).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

fn insert(properties: &mut Map<String, Json>, path: &[PointerSegment], part: &str) {
    match path {
        [] => {}
        [last] => drop(properties.insert(last.to_string(), part.into())),
        [first, rest @ ..] => {
            let inner = properties.entry(first.to_string()).or_insert_with(|| Json::Object(Map::new()));
            if let Json::Object(inner) = inner {
                insert(inner, rest, part);
            }
        }
    }
}
