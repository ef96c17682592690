//! What differs between what is there and what is desired, and why. Imports `catalog`, `model`.

use crate::locate::Lines;
use crate::places::{overlap, part, set, set_template};
use crate::sealing::without_plain;
use crate::types::TypeFacts;
use crate::{Change, ChangeReason};
use charter_catalog::{Difference, ReplacementNeed};
use charter_model::{Address, DesiredResource, Pointer, PointerSegment, Secret, Template, Value};
use std::collections::{BTreeSet, HashSet};

/// Stands for a write-only property that was never set: AWS tells nothing of it, so without this a first value would be no change.
const NEVER_SET: &str = "never set";

/// What is compared.
pub(crate) struct Compared<'a> {
    pub(crate) facts: &'a TypeFacts,
    pub(crate) resource: &'a DesiredResource,
    pub(crate) template: &'a Template,
    /// What is there.
    pub(crate) live: &'a Value,
    /// What is desired.
    pub(crate) desired: &'a Value,
    /// What was last asked for; none for what is not ours yet.
    pub(crate) inputs: Option<&'a Value>,
    /// The resources of this plan that will have other attributes.
    pub(crate) changing: &'a HashSet<Address>,
    pub(crate) lines: &'a Lines<'a>,
}

impl Compared<'_> {
    /// Every changed field.
    pub(crate) fn changes(&self) -> Vec<Change> {
        let nothing = Value::empty_map();
        let owned = self.inputs.unwrap_or(&nothing);
        let schema = &self.facts.schema;
        let live = self.with_never_set();
        let differences = schema.differences(&live, self.desired, owned);
        if differences.is_empty() {
            return Vec::new();
        }
        let places = |found: Vec<Difference>| found.into_iter().map(|each| each.pointer).collect::<Vec<_>>();
        let configured = self.inputs.map(|inputs| places(schema.differences(inputs, self.desired, inputs)));
        let drifted = self.inputs.map(|inputs| places(schema.differences(self.live, inputs, inputs)));
        let touches = |places: &Option<Vec<Pointer>>, place: &Pointer| {
            places.as_ref().is_some_and(|places| places.iter().any(|each| overlap(each, place)))
        };
        differences
            .into_iter()
            .map(|difference| {
                let place = &difference.pointer;
                let reason = if self.follows(place, difference.after.as_ref()) && touches(&configured, place) {
                    ChangeReason::Reference
                } else {
                    match (touches(&configured, place), touches(&drifted, place)) {
                        (false, true) => ChangeReason::Drifted,
                        (true, true) => ChangeReason::ConfiguredAndDrifted,
                        _ => ChangeReason::Configured,
                    }
                };
                Change {
                    reason,
                    forces_replacement: difference.requires_replacement == ReplacementNeed::Yes,
                    location: self.lines.of(self.resource, place),
                    before: difference.before.filter(|before| !is_never_set(before)).map(without_plain),
                    after: difference.after.map(without_plain),
                    pointer: difference.pointer,
                }
            })
            .collect()
    }

    /// Whether the value at a place follows from another resource that changes in this plan.
    fn follows(&self, place: &Pointer, after: Option<&Value>) -> bool {
        after.is_some_and(|after| !after.is_known() && !is_unread_secret(after))
            || part(self.template, place).resources().iter().any(|address| self.changing.contains(address))
    }

    fn with_never_set(&self) -> std::borrow::Cow<'_, Value> {
        let mut live = std::borrow::Cow::Borrowed(self.live);
        if self.inputs.is_some() {
            for place in self.facts.schema.write_only() {
                let given = self.desired.at(place).is_some_and(|value| *value != Value::Null);
                if given && self.live.at(place).is_none() {
                    let stand_in = Value::Secret(Secret::from_fingerprint(NEVER_SET));
                    set(live.to_mut(), place.segments(), Some(stand_in));
                }
            }
        }
        live
    }
}

fn is_never_set(value: &Value) -> bool {
    match value {
        Value::Secret(secret) => secret.fingerprint() == NEVER_SET,
        Value::Map(map) => !map.is_empty() && map.values().all(is_never_set),
        _ => false,
    }
}

fn is_unread_secret(value: &Value) -> bool {
    value.first_unknown().is_some_and(|unknown| &*unknown.reason == crate::secrets::UNREAD)
}

/// The changes of a resource that is made: one for each property.
pub(crate) fn creation(resource: &DesiredResource, desired: &Value, lines: &Lines<'_>) -> Vec<Change> {
    let members = desired.as_map().into_iter().flatten();
    members
        .filter(|(_, value)| !matches!(value, Value::Null))
        .map(|(key, value)| {
            let pointer = Pointer::root().key(key);
            Change {
                before: None,
                after: Some(without_plain(value.clone())),
                reason: ChangeReason::Configured,
                forces_replacement: false,
                location: lines.of(resource, &pointer),
                pointer,
            }
        })
        .collect()
}

/// Takes over what is there at the places where differences are not to be acted on: in the value, so that there is no difference,
/// and in the template, so that a change elsewhere does not undo it.
pub(crate) fn ignore(places: &[Pointer], live: &Value, desired: &mut Value, template: &mut Template) {
    for place in places {
        let mut matches = BTreeSet::new();
        expand(place.segments(), live, Pointer::root(), &mut matches);
        expand(place.segments(), desired, Pointer::root(), &mut matches);
        for place in matches {
            let there = live.at(&place).cloned();
            let secret = there.as_ref().is_some_and(Value::has_secret);
            set(desired, place.segments(), there.clone());
            // The plain value of a secret is not at hand: what the stacks say must stand in for it.
            if secret || set_template(template, place.segments(), there) {
                continue;
            }
            // The place lies inside an expression: its result takes the expression's place.
            let mut outer = place.parent();
            while let Some(place) = outer {
                let value = desired.at(&place).filter(|value| value.is_known() && !value.has_secret());
                if value.is_some() && set_template(template, place.segments(), value.cloned()) {
                    break;
                }
                outer = place.parent();
            }
        }
    }
}

/// The places of a value that a pattern with `*` stands for. A place without `*` stands for itself.
fn expand(pattern: &[PointerSegment], value: &Value, at: Pointer, found: &mut BTreeSet<Pointer>) {
    let Some((first, rest)) = pattern.split_first() else {
        found.insert(at);
        return;
    };
    match first {
        PointerSegment::Key(key) if &**key == "*" => match value {
            Value::List(list) => {
                list.iter().enumerate().for_each(|(index, element)| expand(rest, element, at.index(index), found));
            }
            Value::Map(map) => map.iter().for_each(|(key, member)| expand(rest, member, at.key(key), found)),
            _ => {}
        },
        segment => {
            let place = at.with(segment.clone());
            match value.at(&Pointer::root().with(segment.clone())) {
                Some(inner) => expand(rest, inner, place, found),
                None if rest.is_empty() => drop(found.insert(place)),
                None => {}
            }
        }
    }
}
