//! A plan in the making: what has been decided so far. Imports `model`, `state`.

use crate::decision::{Decision, Fate};
use crate::locate::Lines;
use crate::selection::Members;
use crate::types::Types;
use crate::visible::{View, Visible};
use crate::{Mode, PlanRequest};
use charter_model::{Address, DesiredResource, Diagnostic, Diagnostics, Pointer};
use charter_state::Record;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};

/// A plan in the making.
pub(crate) struct Draft<'a> {
    pub(crate) request: &'a PlanRequest<'a>,
    pub(crate) types: &'a Types<'a>,
    pub(crate) lines: &'a Lines<'a>,
    pub(crate) members: &'a Members,
    /// What is recorded, at the addresses where the stacks have it now.
    pub(crate) records: &'a BTreeMap<Address, Cow<'a, Record>>,
    /// Old address by new one.
    pub(crate) came_from: &'a BTreeMap<Address, Address>,
    pub(crate) view: View,
    /// What will have other attributes.
    pub(crate) changing: HashSet<Address>,
    pub(crate) decisions: BTreeMap<Address, Decision>,
    pub(crate) found: Diagnostics,
    /// Who is what only one can be: by type, place, and what identifies it there.
    identities: HashMap<(String, String, String), Address>,
}

impl<'a> Draft<'a> {
    pub(crate) fn new(
        request: &'a PlanRequest<'a>,
        types: &'a Types<'a>,
        lines: &'a Lines<'a>,
        members: &'a Members,
        records: &'a BTreeMap<Address, Cow<'a, Record>>,
        came_from: &'a BTreeMap<Address, Address>,
    ) -> Self {
        Self {
            request,
            types,
            lines,
            members,
            records,
            came_from,
            view: View::default(),
            changing: HashSet::new(),
            decisions: BTreeMap::new(),
            found: Diagnostics::default(),
            identities: HashMap::new(),
        }
    }

    /// Decides about everything that takes part.
    pub(crate) fn decide_all(&mut self) {
        match self.request.mode {
            Mode::Apply => {
                self.see_the_rest();
                self.decide_desired();
                self.decide_orphans();
            }
            Mode::Destroy => self.decide_destruction(),
            Mode::Drift => self.decide_drift(),
        }
        if self.request.mode != Mode::Drift {
            self.decide_leftovers();
        }
    }

    /// What does not take part is as it was recorded.
    fn see_the_rest(&mut self) {
        for (address, record) in self.records {
            if !self.members.addresses.contains(address) {
                self.view.resources.insert(address.clone(), Visible::recorded(record.attributes.clone()));
            }
        }
    }

    fn decide_desired(&mut self) {
        let graph = self.request.graph;
        let resources: BTreeMap<&Address, &DesiredResource> = if self.request.selection.is_everything() {
            graph.resources.iter().collect()
        } else {
            let members = self.members.addresses.iter();
            members.filter_map(|address| graph.resources.get_key_value(address)).collect()
        };
        let mut order = match crate::order::order(&resources) {
            Ok(order) => order,
            Err(cycle) => {
                self.found.push(crate::schedule::cycle(cycle.0.iter()));
                return;
            }
        };
        for address in order.sequence {
            if let Some(resource) = graph.resources.get(&address) {
                let dependencies = order.dependencies.remove(&address).unwrap_or_default();
                self.decide(resource, dependencies);
            }
        }
    }

    /// Takes a decision about a desired resource.
    pub(crate) fn settle(&mut self, mut decision: Decision, visible: Visible) {
        let address = decision.step.address.clone();
        if let Some(from) = self.came_from.get(&address) {
            decision.moved_from = Some(from.clone());
            match decision.fate {
                Fate::Nothing | Fate::Record => {
                    decision.fate = Fate::Record;
                    decision.step.action = crate::Action::Move { from: from.clone() };
                }
                Fate::Update => decision.step.action = crate::Action::Move { from: from.clone() },
                _ => {
                    let reason = decision.step.reason.take().map(|reason| format!("; {reason}")).unwrap_or_default();
                    decision.step.reason = Some(format!("it stood at {from}{reason}"));
                }
            }
        }
        if !matches!(decision.fate, Fate::Nothing | Fate::Record) {
            self.changing.insert(address.clone());
        }
        self.claim(&decision);
        self.view.resources.insert(address.clone(), visible);
        self.decisions.insert(address, decision);
    }

    /// No two resources can be the same thing.
    fn claim(&mut self, decision: &Decision) {
        let (step, Some(identity)) = (&decision.step, &decision.identity) else { return };
        let Some(name) = identity.text() else { return };
        let place = format!("{} {}", step.placement.account, step.placement.region);
        let key = (step.type_name.to_string(), place, name.clone());
        let Some(other) = self.identities.insert(key, step.address.clone()) else { return };
        let graph = self.request.graph;
        let Some(facts) = self.types.get(&step.type_name) else { return };
        let text = format!("{other} and {} would both be {} {name:?}", step.address, step.type_name);
        let (code, help) = match identity.is_name {
            true => ("duplicate-name", "give one of them another name, or leave the name to Charter".to_owned()),
            false => {
                let places = facts.identity.places.iter().map(ToString::to_string);
                let names: Vec<String> = places.map(|place| place.trim_start_matches('/').to_owned()).collect();
                let help = format!("there can be but one with the same {}: keep one of them", names.join(" and "));
                ("duplicate-resource", help)
            }
        };
        let mut diagnostic = Diagnostic::error(code, text).help(help);
        let property = facts.identity.places.last().cloned().unwrap_or_default();
        for address in [&step.address, &other] {
            let resource = graph.resources.get(address);
            if let Some(span) = resource.and_then(|resource| resource.locations.nearest(&property)) {
                diagnostic = diagnostic.label(span, address.to_string());
            }
        }
        self.found.push(diagnostic);
    }

    /// Reports a finding about a place of a resource.
    pub(crate) fn blame(&mut self, diagnostic: Diagnostic, resource: &DesiredResource, place: &Pointer) {
        let span = resource.locations.nearest(place);
        self.found.push(match span {
            Some(span) => diagnostic.label(span, "here"),
            None => diagnostic,
        });
        // Nothing that depends on it can be worked out, and saying so of each would drown the cause.
        let unknown = charter_model::Unknown::new(format!("after {} is corrected", resource.address));
        self.view.resources.insert(resource.address.clone(), Visible::recorded(charter_model::Value::Unknown(unknown)));
    }

    /// What depends on resources that go or are replaced, and does not take part yet; with the one that it depends on.
    pub(crate) fn missing_dependants(
        &self,
        dependants: &BTreeMap<Address, std::collections::BTreeSet<Address>>,
    ) -> BTreeMap<Address, Address> {
        let mut missing = BTreeMap::new();
        if self.request.selection.is_everything() || self.request.mode != Mode::Apply {
            return missing;
        }
        for (address, decision) in self.decisions.iter().filter(|(_, decision)| decision.removes()) {
            for dependant in dependants.get(&decision.step.address).into_iter().flatten() {
                if !self.members.addresses.contains(dependant) {
                    missing.insert(dependant.clone(), address.clone());
                }
            }
        }
        missing
    }
}
