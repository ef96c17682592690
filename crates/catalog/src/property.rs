//! Views of a type's properties: for `charter explain`, for making valid values, and for references to attributes. Imports `node` and
//! `places` of this crate.

use crate::TypeSchema;
use crate::compare::ReplacementNeed;
use crate::node::{Arena, Kind, NodeId, Relationship};
use crate::places::Places;
use charter_model::{Pointer, PointerSegment, did_you_mean};
use std::sync::Arc;

/// What stands for every element of a list in a pointer.
const ELEMENT: &str = "*";

/// One property, with all that the schema says of it. Alternatives (`anyOf`, `oneOf`) are joined: the first that says something.
#[derive(Debug, Clone, PartialEq)]
pub struct Property {
    /// Its name; `*` for the elements of a list.
    pub name: Arc<str>,
    /// Where, `*` for every element of a list.
    pub pointer: Pointer,
    /// The kinds of value that it takes; empty for any.
    pub kinds: Vec<Kind>,
    /// The kinds of value of its elements, if it is a list; empty for any.
    pub element_kinds: Vec<Kind>,
    /// Whether what holds it must have it.
    pub required: bool,
    /// Whether only AWS sets it.
    pub read_only: bool,
    /// Whether AWS never tells it.
    pub write_only: bool,
    /// Whether AWS advises against it.
    pub deprecated: bool,
    /// Whether a change of it needs a new resource.
    pub replacement: ReplacementNeed,
    /// The allowed values; empty for any.
    pub allowed: Vec<serde_json::Value>,
    /// An ECMA regular expression.
    pub pattern: Option<Arc<str>>,
    /// `date-time`, `json`, `AWS::IAM::Role.Arn`, …
    pub format: Option<Arc<str>>,
    /// In characters.
    pub min_length: Option<usize>,
    /// In characters.
    pub max_length: Option<usize>,
    /// The least number.
    pub minimum: Option<f64>,
    /// The greatest number.
    pub maximum: Option<f64>,
    /// The least number of elements.
    pub min_items: Option<usize>,
    /// The greatest number of elements.
    pub max_items: Option<usize>,
    /// For a list: whether the order of its elements means nothing.
    pub unordered: bool,
    /// What AWS takes it for if it is left out.
    pub default: Option<serde_json::Value>,
    /// The resource that its value identifies.
    pub relationship: Option<Relationship>,
    /// What it is for; only Charter's own types say so.
    pub description: Option<Arc<str>>,
    /// Whether it is a map, or a list of maps, whose members the schema names.
    pub has_members: bool,
}

/// A property with what is inside it.
#[derive(Debug, Clone, PartialEq)]
pub struct PropertyTree {
    /// The property.
    pub property: Property,
    /// Its members, or those of its elements, sorted by name.
    pub members: Vec<PropertyTree>,
    /// Whether its members are left out because they are those of something that it is inside of.
    pub recursive: bool,
}

/// What a reference to an attribute leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttributeKind {
    /// A property that the user sets.
    Property,
    /// Known only once the resource exists.
    ReadOnly,
    /// Accepted but never told: refers to a secret.
    WriteOnly,
}

/// A reference to what the type does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownAttribute {
    /// How many steps of the path were right.
    pub depth: usize,
    /// What was meant, perhaps.
    pub suggestion: Option<String>,
    /// What there is at that depth, sorted.
    pub known: Vec<String>,
}

/// A place of the schema, found by a pointer.
#[derive(Clone, Copy)]
struct Found<'a> {
    id: NodeId,
    places: Option<&'a Places>,
    inherited: Inherited,
}

/// What the places around one say of it.
#[derive(Clone, Copy, Default)]
struct Inherited {
    read_only: bool,
    write_only: bool,
    create_only: bool,
    conditional: bool,
    deprecated: bool,
}

impl Inherited {
    fn with(self, places: Option<&Places>) -> Self {
        let Some(places) = places else { return self };
        Self {
            read_only: self.read_only || places.read_only,
            write_only: self.write_only || places.write_only,
            create_only: self.create_only || places.create_only,
            conditional: self.conditional || places.conditional,
            deprecated: self.deprecated || places.deprecated,
        }
    }
}

impl TypeSchema {
    /// Whether a path of attribute names exists: `["Endpoint", "Address"]`. A step into a list is an index or `*`; below a JSON
    /// document of which the schema says nothing, any path exists.
    pub fn attribute(&self, path: &[&str]) -> Result<AttributeKind, UnknownAttribute> {
        let mut found = self.root();
        for (depth, step) in path.iter().enumerate() {
            found = match self.step(found, step) {
                Some(next) => next,
                None if self.arena.is_free_form(found.id) => break,
                None => return Err(self.unknown_attribute(found, depth, step)),
            };
        }
        Ok(match (self.is_read_only(found), found.inherited.write_only) {
            (_, true) => AttributeKind::WriteOnly,
            (true, false) => AttributeKind::ReadOnly,
            (false, false) => AttributeKind::Property,
        })
    }

    /// The top-level properties, sorted by name.
    pub fn properties(&self) -> Vec<Property> {
        self.members_of(&Pointer::root())
    }

    /// The members of the map at a place, or of the elements of the list there, sorted by name; empty for anything else.
    pub fn members_of(&self, pointer: &Pointer) -> Vec<Property> {
        let Some((place, found)) = self.holder(pointer) else { return Vec::new() };
        let names: Vec<&Arc<str>> = self.arena.members(found.id).into_keys().collect();
        names
            .into_iter()
            .filter_map(|name| {
                Some(self.describe(place.key(name), name.clone(), self.step(found, name)?, Some(found.id)))
            })
            .collect()
    }

    /// One property; `*` or an index leads to the elements of a list.
    pub fn property_at(&self, pointer: &Pointer) -> Option<Property> {
        let mut found = self.root();
        let mut owner = None;
        let mut name: Arc<str> = "".into();
        for segment in pointer.segments() {
            let step = segment.to_string();
            let next = self.step(found, &step)?;
            owner = Some(found.id);
            name = step.into();
            found = next;
        }
        Some(self.describe(pointer.clone(), name, found, owner))
    }

    /// The properties with all that is inside them, `depth` levels deep.
    pub fn property_tree(&self, depth: usize) -> Vec<PropertyTree> {
        self.tree(&Pointer::root(), depth, &mut vec![Arena::ROOT])
    }

    fn tree(&self, pointer: &Pointer, depth: usize, around: &mut Vec<NodeId>) -> Vec<PropertyTree> {
        let properties = if depth == 0 { Vec::new() } else { self.members_of(pointer) };
        properties
            .into_iter()
            .map(|property| {
                let inside = self.holder(&property.pointer).map(|(_, found)| self.arena.resolve(found.id));
                let recursive = property.has_members && inside.is_some_and(|id| around.contains(&id));
                let mut members = Vec::new();
                if let (Some(id), false, true) = (inside, recursive, property.has_members) {
                    around.push(id);
                    members = self.tree(&property.pointer, depth - 1, around);
                    around.pop();
                }
                PropertyTree { property, members, recursive }
            })
            .collect()
    }

    fn root(&self) -> Found<'_> {
        Found { id: Arena::ROOT, places: Some(&self.places), inherited: Inherited::default() }
    }

    /// The map at a place; for a list (of lists) of maps, that of its elements, with its pointer.
    fn holder(&self, pointer: &Pointer) -> Option<(Pointer, Found<'_>)> {
        let mut found = self.root();
        for segment in pointer.segments() {
            found = self.step(found, &segment.to_string())?;
        }
        let mut place = pointer.clone();
        while self.arena.members(found.id).is_empty()
            && let Some(element) = self.step(found, ELEMENT)
            && self.arena.element(found.id, 0).is_some()
        {
            place = place.with(PointerSegment::Key(ELEMENT.into()));
            found = element;
        }
        Some((place, found))
    }

    fn step<'a>(&'a self, found: Found<'a>, step: &str) -> Option<Found<'a>> {
        let index = step.parse::<usize>().ok().or_else(|| (step == ELEMENT).then_some(0));
        if let Some(index) = index
            && let Some(id) = self.arena.element(found.id, index)
        {
            let places = found.places.and_then(Places::element);
            return Some(Found { id, places, inherited: found.inherited.with(places) });
        }
        let id = self.arena.member(found.id, step)?;
        let places = found.places.and_then(|places| places.member(step));
        Some(Found { id, places, inherited: found.inherited.with(places) })
    }

    /// Whether only AWS sets it: it is listed so, or all of its members are.
    fn is_read_only(&self, found: Found<'_>) -> bool {
        let listed = |places: Option<&Places>| places.is_some_and(|places| places.read_only);
        found.inherited.read_only || {
            let members = self.arena.members(found.id);
            found.id != Arena::ROOT
                && !members.is_empty()
                && members.keys().all(|name| listed(found.places.and_then(|places| places.member(name))))
        }
    }

    fn unknown_attribute(&self, found: Found<'_>, depth: usize, step: &str) -> UnknownAttribute {
        let mut known: Vec<String> = self.arena.members(found.id).keys().map(ToString::to_string).collect();
        if self.arena.element(found.id, 0).is_some() {
            known.push(ELEMENT.to_owned());
        }
        let suggestion = did_you_mean(step, known.iter().map(String::as_str)).map(str::to_owned);
        UnknownAttribute { depth, suggestion, known }
    }

    fn describe(&self, pointer: Pointer, name: Arc<str>, found: Found<'_>, owner: Option<NodeId>) -> Property {
        let facets = self.arena.facets(found.id);
        let certain = self.arena.certain_facets(found.id);
        let required = owner
            .is_some_and(|owner| self.arena.certain_facets(owner).iter().any(|node| node.required.contains(&name)));
        let count = |get: fn(&crate::node::Limits) -> Option<usize>| facets.iter().find_map(|node| get(&node.limits));
        let number = |get: fn(&crate::node::Limits) -> Option<f64>| certain.iter().find_map(|node| get(&node.limits));
        let allowed = facets.iter().find(|node| !node.allowed.is_empty() || !node.allowed_in_any_case.is_empty());
        let element = self.arena.element(found.id, 0);
        let holds_members = |id: NodeId| !self.arena.members(id).is_empty();
        Property {
            kinds: self.arena.kinds(found.id).iter().collect(),
            element_kinds: element.map(|id| self.arena.kinds(id).iter().collect()).unwrap_or_default(),
            required,
            read_only: self.is_read_only(found),
            write_only: found.inherited.write_only,
            deprecated: found.inherited.deprecated,
            replacement: match (found.inherited.create_only, found.inherited.conditional) {
                (true, _) => ReplacementNeed::Yes,
                (false, true) => ReplacementNeed::Conditional,
                (false, false) => ReplacementNeed::No,
            },
            allowed: allowed
                .map(|node| match node.allowed.as_slice() {
                    [] => node.allowed_in_any_case.iter().map(|word| (**word).into()).collect(),
                    allowed => allowed.to_vec(),
                })
                .unwrap_or_default(),
            pattern: facets.iter().find_map(|node| node.pattern.as_ref()).map(|pattern| pattern.source().clone()),
            format: facets.iter().find_map(|node| node.format.clone()),
            min_length: count(|limits| limits.min_length),
            max_length: count(|limits| limits.max_length),
            minimum: number(|limits| limits.minimum.or(limits.exclusive_minimum)),
            maximum: number(|limits| limits.maximum.or(limits.exclusive_maximum)),
            min_items: count(|limits| limits.min_items),
            max_items: count(|limits| limits.max_items),
            unordered: element.is_some() && !self.is_ordered(found.id),
            default: certain.iter().find_map(|node| node.default.clone()),
            relationship: facets.iter().find_map(|node| node.relationship.clone()),
            description: certain.iter().find_map(|node| node.description.clone()),
            has_members: holds_members(found.id) || element.is_some_and(holds_members),
            name,
            pointer,
        }
    }
}

#[cfg(test)]
mod tests;
