//! What one state of a resource makes different from another, by the schema's idea of equality. Imports `node`, `places` and `place`
//! of this crate.
//!
//! Two values are the same only where that is certain: a difference too many costs an update that changes nothing, one too few hides a
//! change. Members that AWS fills in and that nobody asked for are no difference; see [`TypeSchema::differences`] on `owned`.

mod lists;
mod policy;
mod scalars;

use crate::TypeSchema;
use crate::node::{Arena, Kind, NodeId};
use crate::place::Place;
use crate::places::Places;
use charter_model::{Pointer, PointerSegment, Secret, Value};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

/// One difference between two states of a resource.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// Where. As deep as it can be told (a changed element of an order-insensitive list is the whole list).
    pub pointer: Pointer,
    /// None: it was not there.
    pub before: Option<Value>,
    /// None: it will not be there.
    pub after: Option<Value>,
    /// Whether the property can only be set at creation.
    pub requires_replacement: ReplacementNeed,
}

/// Whether a change of a property can be made in place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReplacementNeed {
    /// In place.
    No,
    /// The registry says that some changes of it can be made in place and some not: tried in place first.
    Conditional,
    /// Only by replacement.
    Yes,
}

impl TypeSchema {
    /// The differences that `after` makes to `before`, by the schema's idea of equality: order-insensitive lists as sets, tags by key,
    /// policy documents by meaning, numbers by value, a default as what it stands for, ARNs and ids by the type's rule. Read-only
    /// places are left out; so are write-only ones that `before` lacks (AWS never tells them).
    ///
    /// A property that `after` leaves out is a difference only if `before` has it and it is in `owned` (what we once set). Secrets are
    /// compared by fingerprint. A value of `after` that is not known yet differs from any known one.
    pub fn differences(&self, before: &Value, after: &Value, owned: &Value) -> Vec<Difference> {
        let mut comparison = Comparison { schema: self, differences: Vec::new() };
        let at = At { id: Some(Arena::ROOT), places: Some(&self.places), place: &Place::Root };
        comparison.compare(at, Some(before), Some(after), Some(owned));
        comparison.differences
    }

    /// Whether two values at a place mean the same. A place that the schema does not know is compared as plain JSON.
    pub fn equivalent(&self, pointer: &Pointer, left: &Value, right: &Value) -> bool {
        let mut id = Some(Arena::ROOT);
        for segment in pointer.segments() {
            id = id.and_then(|id| match segment {
                PointerSegment::Index(index) => self.arena.element(id, *index),
                PointerSegment::Key(key) if &**key == "*" => self.arena.element(id, 0),
                PointerSegment::Key(key) => self.arena.member(id, key),
            });
        }
        let name = pointer.segments().last().map(ToString::to_string).unwrap_or_default();
        let place = Place::Member(&Place::Root, &name);
        let places = self.places.find(pointer);
        let mut comparison = Comparison { schema: self, differences: Vec::new() };
        comparison.compare_told(At { id, places, place: &place }, left, right, Some(left));
        comparison.differences.is_empty()
    }
}

/// A place of the schema and of the values.
#[derive(Clone, Copy)]
pub(super) struct At<'a> {
    /// None below a JSON document of which the schema says nothing.
    id: Option<NodeId>,
    places: Option<&'a Places>,
    place: &'a Place<'a>,
}

pub(super) struct Comparison<'s> {
    schema: &'s TypeSchema,
    differences: Vec<Difference>,
}

impl<'s> Comparison<'s> {
    fn compare(&mut self, at: At<'_>, before: Option<&Value>, after: Option<&Value>, owned: Option<&Value>) {
        let given = |value: &&Value| !matches!(value, Value::Null);
        let (before, after, owned) = (before.filter(given), after.filter(given), owned.filter(given));
        if at.places.is_some_and(|places| places.read_only || places.write_only && before.is_none()) {
            return;
        }
        match (before, after) {
            (None, None) => {}
            (Some(before), None) => {
                if owned.is_some() && !self.stands_for_nothing(at, before) {
                    self.push(at, Some(before), None);
                }
            }
            (None, Some(after)) => {
                if !self.stands_for_nothing(at, after) {
                    self.push(at, None, Some(after));
                }
            }
            (Some(before), Some(after)) => self.compare_told(at, before, after, owned),
        }
    }

    fn compare_told(&mut self, at: At<'_>, before: &Value, after: &Value, owned: Option<&Value>) {
        match (before, after) {
            (Value::Unknown(left), Value::Unknown(right)) if left == right => {}
            (Value::Unknown(_), _) | (_, Value::Unknown(_)) => self.push(at, Some(before), Some(after)),
            (Value::Secret(_), _) | (_, Value::Secret(_)) => {
                if !self.is_same_secret(at, before, after) {
                    self.push(at, Some(before), Some(after));
                }
            }
            _ if self.is_document(at, before, after) => self.compare_documents(at, before, after, owned),
            (Value::Map(_), Value::Map(_)) => self.compare_maps(at, before, after, owned),
            (Value::List(left), Value::List(right)) => self.compare_lists(at, (before, left), (after, right), owned),
            _ => {
                if !self.is_same_scalar(at, before, after) {
                    self.push(at, Some(before), Some(after));
                }
            }
        }
    }

    /// Whether both come to the same, with all of `before` taken as asked for.
    fn is_same(&self, at: At<'_>, before: &Value, after: &Value, owned: Option<&Value>) -> bool {
        let mut comparison = Comparison { schema: self.schema, differences: Vec::new() };
        comparison.compare(at, Some(before), Some(after), owned);
        comparison.differences.is_empty()
    }

    fn is_same_secret(&self, at: At<'_>, before: &Value, after: &Value) -> bool {
        let plain = |value: &'_ Value| match value {
            Value::Secret(secret) => secret.reveal().cloned(),
            other => Some(other.clone()),
        };
        let fingerprint = |value: &Value| match value {
            Value::Secret(secret) => Some(Secret::fingerprint(secret).to_owned()),
            _ => None,
        };
        if let (Some(left), Some(right)) = (fingerprint(before), fingerprint(after))
            && left == right
        {
            return true;
        }
        match (plain(before), plain(after)) {
            (Some(left), Some(right)) => self.is_same(At { places: None, ..at }, &left, &right, Some(&left)),
            _ => false,
        }
    }

    fn compare_maps(&mut self, at: At<'_>, before: &Value, after: &Value, owned: Option<&Value>) {
        let keys: BTreeSet<&Arc<str>> =
            [before, after].into_iter().filter_map(Value::as_map).flat_map(|map| map.keys()).collect();
        for key in keys {
            let place = Place::Member(at.place, key);
            let inner = At {
                id: at.id.and_then(|id| self.schema.arena.member(id, key)),
                places: at.places.and_then(|places| places.member(key)),
                place: &place,
            };
            self.compare(inner, before.get(key), after.get(key), owned.and_then(|owned| owned.get(key)));
        }
    }

    /// Whether a value says no more than its absence does: the default, an empty list, an empty map.
    fn stands_for_nothing(&self, at: At<'_>, value: &Value) -> bool {
        let default = at
            .id
            .and_then(|id| self.schema.arena.certain_facets(id).into_iter().find_map(|node| node.default.as_ref()));
        match (default, value) {
            (Some(default), value) => {
                let default = Value::from(default.clone());
                value.is_known() && self.is_same(At { places: None, ..at }, &default, value, Some(&default))
            }
            (None, Value::List(list)) => list.is_empty(),
            (None, Value::Map(map)) => map.is_empty(),
            (None, _) => false,
        }
    }

    /// Whether the place holds a JSON document: one of which the schema says nothing, or a text that is one.
    fn is_document(&self, at: At<'_>, before: &Value, after: &Value) -> bool {
        let Some(id) = at.id else { return false };
        let structured = |value: &Value| matches!(value, Value::Map(_) | Value::List(_));
        let arena = &self.schema.arena;
        let kinds = arena.kinds(id);
        if structured(before) || structured(after) {
            return (kinds.contains(Kind::Object) || kinds.is_empty()) && arena.is_free_form(id)
                || structured(before) != structured(after);
        }
        let named = |ending: &str| matches!(at.place, Place::Member(_, name) if name.ends_with(ending));
        kinds.contains(Kind::String)
            && (kinds.contains(Kind::Object)
                || named("PolicyDocument")
                || named("Policy")
                || arena.facets(id).iter().any(|node| node.format.as_deref() == Some("json")))
    }

    /// Documents: policies by meaning, others as JSON. A text of JSON is compared as what it says.
    fn compare_documents(&mut self, at: At<'_>, before: &Value, after: &Value, owned: Option<&Value>) {
        if before == after {
            return;
        }
        let (left, right) = (parsed(before), parsed(after));
        let same = match (policy::canonical(&left), policy::canonical(&right)) {
            (Some(left), Some(right)) => left == right,
            _ => match (before, after) {
                (Value::Map(_), Value::Map(_)) => {
                    return self.compare_maps(At { id: None, ..at }, before, after, owned);
                }
                (Value::List(left), Value::List(right)) => {
                    return self.compare_lists(At { id: None, ..at }, (before, left), (after, right), owned);
                }
                _ => self.is_same(At { id: None, ..at }, &left, &right, Some(&left)),
            },
        };
        if !same {
            self.push(at, Some(before), Some(after));
        }
    }

    fn push(&mut self, at: At<'_>, before: Option<&Value>, after: Option<&Value>) {
        let pointer = at.place.pointer();
        let need = |places: &[Pointer], need: ReplacementNeed| {
            places
                .iter()
                .map(|place| self.need(place, &pointer, before, after, need))
                .max()
                .unwrap_or(ReplacementNeed::No)
        };
        let requires_replacement = need(&self.schema.create_only, ReplacementNeed::Yes)
            .max(need(&self.schema.conditional, ReplacementNeed::Conditional));
        self.differences.push(Difference {
            pointer,
            before: before.cloned(),
            after: after.cloned(),
            requires_replacement,
        });
    }

    /// What a place that can only be set at creation asks for, given a difference somewhere.
    fn need(
        &self,
        place: &Pointer,
        difference: &Pointer,
        before: Option<&Value>,
        after: Option<&Value>,
        need: ReplacementNeed,
    ) -> ReplacementNeed {
        if place.contains(difference) {
            return need;
        }
        let depth = difference.segments().len();
        let outer: Pointer = place.segments().iter().take(depth).cloned().collect();
        if !outer.contains(difference) {
            return ReplacementNeed::No;
        }
        // The difference is a whole that has the place inside: it counts if what stands there changes.
        let inner: Vec<String> = place.segments().iter().skip(depth).map(ToString::to_string).collect();
        let inside = |value: Option<&Value>| {
            let mut found = Vec::new();
            if let Some(value) = value {
                collect(value, &inner, &mut found);
            }
            found.sort_by_key(|value| value.to_json().to_string());
            found.into_iter().cloned().collect::<Vec<_>>()
        };
        if inside(before) == inside(after) {
            ReplacementNeed::No
        } else if inner.iter().any(|step| step == "*") {
            // Elements come and go in place; what cannot change is an element that stays. Which one stays cannot be told.
            need.min(ReplacementNeed::Conditional)
        } else {
            need
        }
    }
}

/// The values at a path below a value; `*` is every element.
fn collect<'a>(value: &'a Value, path: &[String], found: &mut Vec<&'a Value>) {
    match (path.split_first(), value) {
        (None, value) => found.push(value),
        (Some((step, rest)), Value::List(list)) => {
            // A step into a list may be left out of the registry's paths.
            let rest = if step == "*" { rest } else { path };
            list.iter().for_each(|element| collect(element, rest, found));
        }
        (Some((step, rest)), Value::Map(map)) if step == "*" => {
            map.values().for_each(|member| collect(member, rest, found));
        }
        (Some((step, rest)), Value::Map(map)) => {
            if let Some(member) = map.get(step.as_str()) {
                collect(member, rest, found);
            }
        }
        _ => {}
    }
}

/// The document that a text of JSON says; any other value as it is.
fn parsed(value: &Value) -> Cow<'_, Value> {
    match value {
        Value::String(text) if text.trim_start().starts_with(['{', '[']) => {
            match serde_json::from_str::<serde_json::Value>(text) {
                Ok(json) => Cow::Owned(json.into()),
                Err(_) => Cow::Borrowed(value),
            }
        }
        _ => Cow::Borrowed(value),
    }
}

#[cfg(test)]
mod tests;
