//! What a run is about: the selection, and what it cannot do without. Imports `model`, `state`.

use crate::request::{ReadPurpose, ReadTarget, Selection};
use crate::{Mode, PulledIn};
use charter_model::{AccountId, AccountName, Address, DesiredGraph, Diagnostic, Diagnostics, Value, did_you_mean};
use charter_provider::Properties;
use charter_state::{Record, Snapshot};
use std::collections::{BTreeMap, BTreeSet};

/// Every resource that takes part.
#[derive(Debug, Clone, Default)]
pub(crate) struct Members {
    pub(crate) addresses: BTreeSet<Address>,
    pub(crate) pulled_in: BTreeMap<Address, PulledIn>,
}

/// Where blocks say that they stood elsewhere before, and the state still says so: new address by old one.
pub(crate) fn moves(graph: &DesiredGraph, snapshot: &Snapshot) -> BTreeMap<Address, Address> {
    graph
        .resources
        .values()
        .filter_map(|resource| Some((resource.lifecycle.moved_from.clone()?, resource.address.clone())))
        .filter(|(from, to)| {
            snapshot.resources.contains_key(from)
                && !snapshot.resources.contains_key(to)
                && !graph.resources.contains_key(from)
        })
        .collect()
}

/// The recorded dependencies the other way round: who was made after an address.
pub(crate) fn recorded_dependants(
    snapshot: &Snapshot,
    moves: &BTreeMap<Address, Address>,
) -> BTreeMap<Address, BTreeSet<Address>> {
    let now = |address: &Address| moves.get(address).unwrap_or(address).clone();
    let mut dependants: BTreeMap<Address, BTreeSet<Address>> = BTreeMap::new();
    for record in snapshot.resources.values() {
        for dependency in &record.dependencies {
            dependants.entry(now(dependency)).or_default().insert(now(&record.address));
        }
    }
    dependants
}

impl Members {
    /// What was selected and what it depends on (to destroy: what depends on it).
    pub(crate) fn of(
        selection: &Selection,
        mode: Mode,
        graph: &DesiredGraph,
        snapshot: &Snapshot,
        moves: &BTreeMap<Address, Address>,
    ) -> Self {
        let mut members = Self::default();
        let recorded = snapshot.resources.keys().filter(|address| !moves.contains_key(*address));
        let deposed = snapshot.deposed.iter().map(|deposed| &deposed.record.address);
        let came_from: BTreeMap<&Address, &Address> = moves.iter().map(|(from, to)| (to, from)).collect();
        for address in graph.resources.keys().chain(recorded).chain(deposed) {
            if selection.covers(address) || came_from.get(address).is_some_and(|from| selection.covers(from)) {
                members.addresses.insert(address.clone());
            }
        }
        if selection.is_everything() || mode == Mode::Drift {
            return members;
        }
        if mode == Mode::Destroy {
            let dependants = recorded_dependants(snapshot, moves);
            let start: Vec<Address> = members.addresses.iter().cloned().collect();
            members.follow(start, |address| {
                let dependants = dependants.get(address).into_iter().flatten();
                dependants
                    .map(|dependant| (dependant.clone(), PulledIn::DependsOn { address: address.clone() }))
                    .collect()
            });
        } else {
            let start = members.addresses.iter().cloned().collect();
            members.add_dependencies(start, graph);
        }
        members
    }

    /// Adds what depends on a resource that goes, and all that this in turn needs.
    pub(crate) fn add_dependants(&mut self, extra: BTreeMap<Address, Address>, graph: &DesiredGraph) {
        let mut start = Vec::new();
        for (dependant, address) in extra {
            if self.addresses.insert(dependant.clone()) {
                self.pulled_in.insert(dependant.clone(), PulledIn::DependsOn { address });
                start.push(dependant);
            }
        }
        self.add_dependencies(start, graph);
    }

    fn add_dependencies(&mut self, start: Vec<Address>, graph: &DesiredGraph) {
        self.follow(start, |address| {
            let dependencies = graph.resources.get(address).map(|resource| resource.dependencies.as_slice());
            let needed = dependencies.unwrap_or_default().iter();
            needed
                .filter(|dependency| graph.resources.contains_key(&dependency.address))
                .map(|dependency| (dependency.address.clone(), PulledIn::NeededBy { address: address.clone() }))
                .collect()
        });
    }

    fn follow(&mut self, mut open: Vec<Address>, next: impl Fn(&Address) -> Vec<(Address, PulledIn)>) {
        while let Some(address) = open.pop() {
            for (found, why) in next(&address) {
                if self.addresses.insert(found.clone()) {
                    self.pulled_in.insert(found.clone(), why);
                    open.push(found);
                }
            }
        }
    }
}

/// Says what of a selection there is not.
pub(crate) fn check(selection: &Selection, graph: &DesiredGraph, snapshot: &Snapshot, found: &mut Diagnostics) {
    let stacks: BTreeSet<&str> = graph
        .stacks
        .iter()
        .chain(graph.resources.keys().map(Address::stack))
        .chain(snapshot.resources.keys().map(Address::stack))
        .chain(snapshot.deposed.iter().map(|deposed| deposed.record.address.stack()))
        .chain(snapshot.outputs.keys())
        .map(|stack| stack.as_str())
        .collect();
    for stack in &selection.stacks {
        if !stacks.contains(stack.as_str()) {
            let mut diagnostic = Diagnostic::error("unknown-stack", format!("there is no stack {stack}"));
            diagnostic = match did_you_mean(stack.as_str(), stacks.iter().copied()) {
                Some(near) => diagnostic.help(format!("did you mean {near}?")),
                None => diagnostic.help("name a stack of this project, or one that is recorded"),
            };
            found.push(diagnostic);
        }
    }
    let deposed = snapshot.deposed.iter().map(|deposed| &deposed.record.address);
    let all = || graph.resources.keys().chain(snapshot.resources.keys()).chain(deposed.clone());
    for address in &selection.addresses {
        if !all().any(|each| crate::request::stands_below(address, each)) {
            let names: Vec<String> = all().map(ToString::to_string).collect();
            let text = address.to_string();
            let mut diagnostic = Diagnostic::error("unknown-resource", format!("there is no resource {address}"));
            diagnostic = match did_you_mean(&text, names.iter().map(String::as_str)) {
                Some(near) => diagnostic.help(format!("did you mean {near}?")),
                None => diagnostic.help("list what there is with `charter state list` or `charter graph`"),
            };
            found.push(diagnostic);
        }
    }
}

/// The resources that take part in an apply of a selection: those that it names and what they depend on. What else the plan may
/// draw in (what depends on a resource that is replaced) shows only while it is made.
pub fn taking_part(graph: &DesiredGraph, snapshot: &Snapshot, selection: &Selection) -> BTreeSet<Address> {
    Members::of(selection, Mode::Apply, graph, snapshot, &moves(graph, snapshot)).addresses
}

/// What must be read before planning: everything recorded that takes part, what replacements left, and what is to be adopted.
pub fn reads(graph: &DesiredGraph, snapshot: &Snapshot, selection: &Selection) -> Vec<ReadTarget> {
    let moves = moves(graph, snapshot);
    let members = Members::of(selection, Mode::Apply, graph, snapshot, &moves);
    let mut targets = Vec::new();
    let mut recorded = BTreeSet::new();
    for record in snapshot.resources.values() {
        let address = moves.get(&record.address).unwrap_or(&record.address);
        recorded.insert(address);
        if members.addresses.contains(address) {
            targets.extend(target(record, address, ReadPurpose::Recorded));
        }
    }
    for deposed in snapshot.deposed.iter().map(|deposed| &deposed.record) {
        if members.addresses.contains(&deposed.address) {
            targets.extend(target(deposed, &deposed.address, ReadPurpose::Deposed(deposed.generation)));
        }
    }
    for address in &members.addresses {
        if let Some(resource) = graph.resources.get(address)
            && let Some(identifier) = &resource.lifecycle.import
            && !recorded.contains(address)
            // In an account that is not there yet nothing is either.
            && account_id(graph, snapshot, &resource.placement.account).is_some()
        {
            targets.push(ReadTarget {
                address: address.clone(),
                type_name: resource.type_name.clone(),
                placement: resource.placement.clone(),
                identifier: identifier.clone(),
                recorded: Properties::new(),
                purpose: ReadPurpose::Import,
            });
        }
    }
    targets
}

/// The id of an account of the environment; none while the stacks have not made it.
pub fn account_id(graph: &DesiredGraph, snapshot: &Snapshot, name: &AccountName) -> Option<AccountId> {
    let target = graph.accounts.get(name)?;
    target.known_id().cloned().or_else(|| snapshot.account_made(name, target.made_by()?))
}

fn target(record: &Record, address: &Address, purpose: ReadPurpose) -> Option<ReadTarget> {
    let mut recorded = properties(&record.attributes);
    for (key, value) in properties(&record.inputs) {
        recorded.entry(key).or_insert(value);
    }
    Some(ReadTarget {
        address: address.clone(),
        type_name: record.type_name.clone(),
        placement: record.placement.clone(),
        identifier: record.identifier.clone()?,
        recorded,
        purpose,
    })
}

fn properties(value: &Value) -> Properties {
    match value.to_json() {
        serde_json::Value::Object(map) => map,
        _ => Properties::new(),
    }
}
