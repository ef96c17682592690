//! The words that join schemas (`allOf`, `anyOf`, `oneOf`, `not`, `if`) and those that tie members of an object to each other
//! (`dependencies`, `requiredXor` and the like).

use super::message::join;
use super::{Checker, Context, Violation, is_given};
use crate::node::{Combined, Node, NodeId};
use crate::place::Place;
use charter_model::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A set of members that are given together.
type Members = BTreeSet<Arc<str>>;

impl<'a> Checker<'a> {
    pub(super) fn check_combined(
        &mut self,
        combined: &Combined,
        value: &Value,
        place: &Place<'_>,
        context: Context<'a>,
    ) {
        for branch in &combined.all_of {
            self.check(*branch, value, place, context);
        }
        self.check_alternatives(&combined.any_of, false, value, place, context);
        self.check_alternatives(&combined.one_of, true, value, place, context);
        if let Some(not) = combined.not
            && self.decidable(not, value)
            && self.attempt(not, value, place, context).is_empty()
        {
            let message = format!("{} has a form that is ruled out", place.label(self.schema));
            self.push(place, "forbidden-value", message, None);
        }
        if let Some(condition) = combined.condition
            && self.decidable(condition, value)
        {
            let holds = self.attempt(condition, value, place, context).is_empty();
            if let Some(branch) = if holds { combined.then } else { combined.otherwise } {
                self.check(branch, value, place, context);
            }
        }
        if let Value::Map(map) = value {
            self.check_ties(combined, map, value, place, context);
        }
    }

    /// What a schema has against a value, without keeping it.
    fn attempt(&mut self, id: NodeId, value: &Value, place: &Place<'_>, context: Context<'a>) -> Vec<Violation> {
        let kept = std::mem::take(&mut self.violations);
        self.check(id, value, place, context);
        std::mem::replace(&mut self.violations, kept)
    }

    /// Whether it can be told now if a value matches: all of it is known, or only the presence of members is asked for.
    fn decidable(&self, id: NodeId, value: &Value) -> bool {
        value.is_known() || self.presence(id).is_some()
    }

    /// At least one branch must match, of `oneOf` exactly one. That more than one matches is held against a value only where the
    /// branches ask for nothing but the presence of members: other branches of the registry overlap without meaning to.
    fn check_alternatives(
        &mut self,
        branches: &[NodeId],
        exactly: bool,
        value: &Value,
        place: &Place<'_>,
        context: Context<'a>,
    ) {
        if branches.is_empty() {
            return;
        }
        let presence: Option<Vec<Vec<Members>>> = branches.iter().map(|branch| self.presence(*branch)).collect();
        if let (Some(presence), Value::Map(map)) = (&presence, value) {
            return self.check_presence(presence, exactly, map, place);
        }
        let mut attempts = Vec::new();
        for branch in branches {
            let violations = self.attempt(*branch, value, place, context);
            if violations.is_empty() {
                return;
            }
            attempts.push(violations);
        }
        let here = place.pointer();
        // A branch that is about another kind of value, or about a member that says it is another case, is not what was meant.
        let distance = |violations: &Vec<Violation>| {
            let foreign = violations.iter().any(|each| each.pointer == here && each.code == "wrong-type");
            let unknown = violations.iter().filter(|each| each.code == "unknown-property").count();
            let other_case = violations.iter().filter(|each| each.code == "not-allowed").count();
            (foreign, unknown + other_case, violations.len())
        };
        let Some(nearest) = attempts.iter().map(distance).min() else { return };
        let mut near: Vec<Vec<Violation>> =
            attempts.into_iter().filter(|violations| distance(violations) == nearest).collect();
        let on_the_value_itself = near.iter().flatten().all(|each| each.pointer == here && !each.at_key);
        if near.len() > 1 && on_the_value_itself {
            let message = format!("{} fits none of the forms that it may have", place.label(self.schema));
            let mut reasons: Vec<&str> = near.iter().flatten().map(|each| each.message.as_str()).collect();
            reasons.dedup();
            let help = Some(reasons.join("; or "));
            return self.push(place, "no-alternative", message, help);
        }
        self.violations.append(&mut near.swap_remove(0));
    }

    /// Branches that only ask for members to be there.
    fn check_presence(
        &mut self,
        branches: &[Vec<Members>],
        exactly: bool,
        map: &BTreeMap<Arc<str>, Value>,
        place: &Place<'_>,
    ) {
        let holds = |set: &Members| set.iter().all(|name| is_given(map, name));
        let matching: Vec<&Members> = branches
            .iter()
            .filter_map(|sets| sets.iter().filter(|set| holds(set)).max_by_key(|set| set.len()))
            .collect();
        let sets = || {
            let sets: BTreeSet<String> = branches.iter().flatten().filter(|set| !set.is_empty()).map(members).collect();
            join(sets, "or")
        };
        match matching.as_slice() {
            [] => {
                let message = format!("{} needs {}", place.owner(self.schema), sets());
                self.push(place, "missing-property", message, None);
            }
            [_] => {}
            _ if !exactly => {}
            many => {
                let given: Members = many.iter().flat_map(|set| set.iter().cloned()).collect();
                let message = format!("{} cannot be given together", members(&given));
                let help = format!("{} takes {}, and only one of these", place.owner(self.schema), sets());
                self.push_conflict(&given, place, message, Some(help));
            }
        }
    }

    /// Marks the last of the members that exclude each other: the one to take away.
    fn push_conflict(&mut self, given: &Members, place: &Place<'_>, message: String, help: Option<String>) {
        let at = given.last().map(|name| Place::Member(place, name));
        let pointer = at.as_ref().unwrap_or(place).pointer();
        self.violations.push(Violation {
            pointer,
            code: "conflicting-properties",
            message,
            help,
            at_key: at.is_some(),
        });
    }

    fn check_ties(
        &mut self,
        combined: &Combined,
        map: &BTreeMap<Arc<str>, Value>,
        value: &Value,
        place: &Place<'_>,
        context: Context<'a>,
    ) {
        for (name, needs) in combined.dependent_required.iter().filter(|(name, _)| is_given(map, name)) {
            for need in needs.iter().filter(|need| !is_given(map, need)) {
                let message = format!("`{need}` is missing: it must be given with `{name}`");
                self.push(&Place::Member(place, need), "missing-property", message, None);
            }
        }
        for (name, schema) in &combined.dependent_schemas {
            if is_given(map, name) {
                self.check(*schema, value, place, context);
            }
        }
        for (name, excluded) in combined.dependent_excluded.iter().filter(|(name, _)| is_given(map, name)) {
            for other in excluded.iter().filter(|other| is_given(map, other)) {
                let given: Members = [name.clone(), other.clone()].into();
                let message = format!("{} cannot be given together", members(&given));
                self.push_conflict(&given, place, message, None);
            }
        }
        let given =
            |names: &[Arc<str>]| -> Members { names.iter().filter(|name| is_given(map, name)).cloned().collect() };
        let choices = |names: &[Arc<str>]| join(names.iter().map(|name| format!("`{name}`")), "or");
        if !combined.required_xor.is_empty() {
            let present = given(&combined.required_xor);
            match present.len() {
                0 => {
                    let message = format!("{} needs {}", place.owner(self.schema), choices(&combined.required_xor));
                    self.push(place, "missing-property", message, None);
                }
                1 => {}
                _ => {
                    let message = format!("{} cannot be given together", members(&present));
                    let help = format!("give exactly one of {}", choices(&combined.required_xor));
                    self.push_conflict(&present, place, message, Some(help));
                }
            }
        }
        if !combined.required_or.is_empty() && given(&combined.required_or).is_empty() {
            let message = format!("{} needs {}", place.owner(self.schema), choices(&combined.required_or));
            self.push(place, "missing-property", message, None);
        }
    }

    /// The sets of members of which one must be there, if that is all that a schema asks for.
    fn presence(&self, id: NodeId) -> Option<Vec<Members>> {
        let node = self.schema.arena.get(id);
        if !asks_for_presence_only(node) {
            return None;
        }
        let mut sets = vec![node.required.iter().cloned().collect::<Members>()];
        if let Some(combined) = &node.combined {
            let ties = combined.not.is_some()
                || combined.condition.is_some()
                || !combined.dependent_required.is_empty()
                || !combined.dependent_schemas.is_empty()
                || !combined.dependent_excluded.is_empty()
                || !combined.required_xor.is_empty()
                || !combined.required_or.is_empty();
            if ties {
                return None;
            }
            for branch in &combined.all_of {
                sets = product(&sets, &self.presence(*branch)?);
            }
            for branches in [&combined.any_of, &combined.one_of] {
                if !branches.is_empty() {
                    let choices: Option<Vec<_>> = branches.iter().map(|branch| self.presence(*branch)).collect();
                    sets = product(&sets, &choices?.concat());
                }
            }
        }
        Some(sets)
    }
}

fn product(left: &[Members], right: &[Members]) -> Vec<Members> {
    left.iter().flat_map(|one| right.iter().map(move |other| one.union(other).cloned().collect())).collect()
}

fn asks_for_presence_only(node: &Node) -> bool {
    node.reference.is_none()
        && node.properties.is_empty()
        && node.pattern_properties.is_empty()
        && node.additional == crate::node::Additional::Anything
        && node.items.is_none()
        && node.allowed.is_empty()
        && node.allowed_in_any_case.is_empty()
        && node.pattern.is_none()
        && node.format.is_none()
        && node.limits.is_empty()
        && (node.kinds.is_empty() || node.kinds.contains(crate::node::Kind::Object))
}

/// `` `A` and `B` ``
fn members(set: &Members) -> String {
    join(set.iter().map(|name| format!("`{name}`")), "and")
}
