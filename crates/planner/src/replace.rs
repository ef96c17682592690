//! Replacements: what becomes of the old one, and which of both comes first. Imports `model`, `state`, `catalog`.

use crate::Action;
use crate::compare::creation;
use crate::decide::Desired;
use crate::decision::Fate;
use crate::draft::Draft;
use crate::types::TypeFacts;
use crate::visible::Visible;
use charter_model::{Address, DesiredResource, Diagnostic, Pointer, ReplaceOrder, Value};
use charter_state::Record;
use std::rc::Rc;

/// What is to be replaced.
pub(crate) struct Replacement {
    pub(crate) record: Record,
    pub(crate) live: Value,
    /// Why, where no changed field says it.
    pub(crate) reason: Option<String>,
    /// Whether the new one is of the same type, in the same account and region.
    pub(crate) same_place: bool,
}

pub(crate) fn incomplete_reason(reason: &str) -> String {
    format!("its creation failed half-way: {reason}")
}

impl<'a> Draft<'a> {
    pub(crate) fn decide_replacement(
        &mut self,
        resource: &'a DesiredResource,
        facts: Rc<TypeFacts>,
        dependencies: Vec<Address>,
        replacement: Replacement,
    ) {
        let Replacement { record, live, reason, same_place } = replacement;
        if resource.lifecycle.protect {
            let text = format!("{} is protected and would be replaced", resource.address);
            let mut diagnostic = Diagnostic::error("protected", text)
                .help("undo the change, or set `protect: false` on it if it may be deleted and made anew");
            if let Some(reason) = &reason {
                diagnostic.summary = format!("{}: {reason}", diagnostic.summary);
            }
            self.blame(diagnostic, resource, &Pointer::root());
            return;
        }
        // A fresh name, also where the old one goes first: names of what was deleted may stay taken for days.
        let under_way = self.generation_under_way(&resource.address).unwrap_or_default();
        let generation = (record.generation + 1).max(under_way);
        let Some(desired) = self.work_out(resource, facts, dependencies, None, generation, Some(&record)) else {
            return;
        };
        let changes = if same_place {
            self.changes(&desired, &live, Some(&record.inputs))
        } else {
            creation(resource, &desired.value, self.lines)
        };
        let collides = same_place && collides(&desired, &live);
        let half_made = !record.status.is_ready();
        let Some(order) = self.replacement_order(&desired, collides, half_made) else { return };
        let retain = resource.lifecycle.retain && !half_made;
        if retain && collides {
            let text = format!("{} is retained and cannot be replaced: the old one keeps the name", resource.address);
            let help = "give it another name, or leave the name to Charter; or remove `retain`";
            self.blame(Diagnostic::error("retained-name", text).help(help), resource, &Pointer::root());
            return;
        }
        let order = if retain { ReplaceOrder::CreateFirst } else { order };
        let mut next = self.next(&desired, None);
        next.generation = generation;
        let fate = Fate::Replace { order, retain };
        let mut decision = self.about(&desired, Action::Replace { order }, fate).with_changes(changes);
        decision.step.identifier = record.identifier.clone();
        decision.step.reason = match (reason, retain) {
            (None, true) => Some("the old one is retained".to_owned()),
            (Some(reason), true) => Some(format!("{reason}; the old one is retained")),
            (reason, false) => reason,
        };
        decision.next = Some(next);
        decision.record = Some(record);
        let reason = format!("after {} is replaced", resource.address);
        let visible = Visible::coming(desired.value, desired.facts, reason);
        self.settle(decision, visible);
    }

    /// The order of a replacement: the user's, else the old one first where both cannot be at once, else the type's own.
    fn replacement_order(&mut self, desired: &Desired<'_>, collides: bool, half_made: bool) -> Option<ReplaceOrder> {
        let resource = desired.resource;
        match resource.lifecycle.replace {
            // What failed half-way serves nobody: it must not keep its name from the one that takes its place.
            Some(ReplaceOrder::CreateFirst) if collides && half_made => Some(ReplaceOrder::DeleteFirst),
            Some(ReplaceOrder::CreateFirst) if collides => {
                let text = format!(
                    "{} cannot be replaced create-first: the old and the new one would have the same name",
                    resource.address
                );
                let help = "leave the name to Charter, change it too, or write `replace: delete-first`";
                self.blame(Diagnostic::error("create-first-impossible", text).help(help), resource, &Pointer::root());
                None
            }
            Some(order) => Some(order),
            None if collides || half_made => Some(ReplaceOrder::DeleteFirst),
            None => Some(desired.facts.schema.replacement_order().unwrap_or(ReplaceOrder::CreateFirst)),
        }
    }
}

/// Whether the old and the new one cannot exist at once: the user fixed a name that only one can have, or all that tells it from others.
fn collides(desired: &Desired<'_>, live: &Value) -> bool {
    let identity = &desired.facts.identity;
    let same = |place: &Pointer| match (desired.value.at(place), live.at(place)) {
        (Some(new), Some(old)) => new.is_known() && desired.facts.schema.equivalent(place, old, new),
        (None, None) => identity.may_lack,
        _ => false,
    };
    let name = desired.facts.name.as_ref().filter(|name| name.unique && desired.named_by_user);
    let is_named_by_charter = desired.facts.name.is_some() && !desired.named_by_user;
    name.is_some_and(|name| same(&name.pointer))
        || (!is_named_by_charter && !identity.places.is_empty() && identity.places.iter().all(same))
}
