//! The checks that every plan passes, made without the planner: they look at the plan alone and at what it was made from.

use crate::{Action, Mode, Operation, OperationId, OperationKind, Plan};
use charter_model::{Address, DesiredGraph};
use charter_state::Snapshot;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// A rule that a plan breaks: a fault of the planner, never of the user.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Breach(pub String);

/// Checks a plan:
///
/// * its steps are sorted, one for each address, and its edges lead somewhere and have no cycle;
/// * each address has at most one live chain of operations, in order;
/// * everything is made after what it refers to, and deleted before what it was made after;
/// * nothing protected is deleted;
/// * what waits for a hand-off, or for what does, has no operation;
/// * everything recorded is accounted for, and what is left behind by a replacement too.
pub fn verify(plan: &Plan, graph: &DesiredGraph, snapshot: &Snapshot) -> Result<(), Vec<Breach>> {
    let mut checker = Checker::new(plan, graph, snapshot);
    checker.steps();
    checker.edges();
    checker.chains();
    checker.creations();
    checker.deletions();
    checker.protection();
    checker.hand_offs();
    checker.records();
    if checker.breaches.is_empty() { Ok(()) } else { Err(checker.breaches) }
}

struct Checker<'a> {
    plan: &'a Plan,
    graph: &'a DesiredGraph,
    snapshot: &'a Snapshot,
    by_address: BTreeMap<&'a Address, Vec<OperationId>>,
    edges: HashSet<(OperationId, OperationId)>,
    breaches: Vec<Breach>,
}

impl<'a> Checker<'a> {
    fn new(plan: &'a Plan, graph: &'a DesiredGraph, snapshot: &'a Snapshot) -> Self {
        let mut by_address: BTreeMap<&Address, Vec<OperationId>> = BTreeMap::new();
        for (id, operation) in plan.operations.iter().enumerate() {
            by_address.entry(&operation.address).or_default().push(id);
        }
        let edges = plan.edges.iter().map(|edge| (edge.before, edge.after)).collect();
        Self { plan, graph, snapshot, by_address, edges, breaches: Vec::new() }
    }

    fn breach(&mut self, text: impl Into<String>) {
        self.breaches.push(Breach(text.into()));
    }

    fn find(&self, address: &Address, wanted: impl Fn(&OperationKind) -> bool) -> Option<OperationId> {
        let ids = self.by_address.get(address)?;
        ids.iter().copied().find(|id| self.plan.operations.get(*id).is_some_and(|operation| wanted(&operation.kind)))
    }

    /// The operation after which a resource is as desired.
    fn ready(&self, address: &Address) -> Option<OperationId> {
        self.find(address, |kind| matches!(kind, OperationKind::Update)).or_else(|| {
            self.find(address, |kind| matches!(kind, OperationKind::Create { .. } | OperationKind::Adopt { .. }))
        })
    }

    /// The operation after which the recorded resource of an address is gone.
    fn gone(&self, address: &Address, generation: u32) -> Option<OperationId> {
        self.find(address, |kind| match kind {
            OperationKind::Delete => true,
            OperationKind::DeleteDeposed { generation: of } => *of == generation,
            _ => false,
        })
    }

    fn needs_edge(&mut self, before: OperationId, after: OperationId, why: &str) {
        if !self.edges.contains(&(before, after)) {
            let name =
                |id: OperationId| self.plan.operations.get(id).map(|each| format!("{:?} {}", each.kind, each.address));
            let (before, after) = (name(before).unwrap_or_default(), name(after).unwrap_or_default());
            self.breach(format!("{after} does not wait for {before}, {why}"));
        }
    }

    fn steps(&mut self) {
        for (one, next) in self.plan.steps.iter().zip(self.plan.steps.iter().skip(1)) {
            if one.address >= next.address {
                self.breach(format!("the steps are not sorted, or {} has two", next.address));
            }
        }
    }

    fn edges(&mut self) {
        let count = self.plan.operations.len();
        let mut waiting = vec![0_usize; count];
        let mut followers: Vec<Vec<OperationId>> = vec![Vec::new(); count];
        for edge in &self.plan.edges {
            match (followers.get_mut(edge.before), waiting.get_mut(edge.after)) {
                (Some(followers), Some(waiting)) => {
                    followers.push(edge.after);
                    *waiting += 1;
                }
                _ => return self.breach(format!("an edge leads nowhere: {} to {}", edge.before, edge.after)),
            }
        }
        let mut ready: Vec<OperationId> = (0..count).filter(|id| waiting.get(*id) == Some(&0)).collect();
        let mut done = 0;
        while let Some(id) = ready.pop() {
            done += 1;
            for follower in followers.get(id).into_iter().flatten() {
                if let Some(waiting) = waiting.get_mut(*follower) {
                    *waiting -= 1;
                    if *waiting == 0 {
                        ready.push(*follower);
                    }
                }
            }
        }
        if done < count {
            self.breach(format!("{} operations wait for each other", count - done));
        }
    }

    fn chains(&mut self) {
        for (address, ids) in self.by_address.clone() {
            let operations: Vec<(OperationId, &Operation)> =
                ids.iter().filter_map(|id| Some((*id, self.plan.operations.get(*id)?))).collect();
            // What is about the resource of the address, not about leftovers of it.
            let live: Vec<(OperationId, &OperationKind)> = operations
                .iter()
                .filter(|(_, operation)| !matches!(operation.kind, OperationKind::DeleteDeposed { .. }))
                .map(|(id, operation)| (*id, &operation.kind))
                .collect();
            for ((before, _), (after, _)) in live.iter().zip(live.iter().skip(1)) {
                self.needs_edge(*before, *after, "which comes first at the same address");
            }
            let words: Vec<&str> = live.iter().map(|(_, kind)| word(kind)).collect();
            // A move is recorded first, whatever comes then.
            let rest = match words.as_slice() {
                ["move", rest @ ..] => rest,
                all => all,
            };
            let known = matches!(
                rest,
                [] | ["record" | "create" | "depose" | "update" | "adopt" | "delete" | "forget"]
                    | ["adopt", "update"]
                    | ["delete" | "forget", "create"]
            );
            if !known {
                self.breach(format!("{address} has operations that do not go together: {}", words.join(", ")));
            }
            let mut generations = HashSet::new();
            for (_, operation) in &operations {
                if let OperationKind::DeleteDeposed { generation } = operation.kind
                    && !generations.insert(generation)
                {
                    self.breach(format!("{address} has two deletions of its generation {generation}"));
                }
            }
            if let Some(create) = self.find(address, |kind| *kind == OperationKind::Create { depose: true }) {
                let prior = self.plan.operations.get(create).and_then(|operation| operation.prior.as_ref());
                match prior.and_then(|prior| self.gone(address, prior.generation)) {
                    Some(delete) => self.needs_edge(create, delete, "which replaces it"),
                    None => self.breach(format!("{address} is deposed and its old one never deleted")),
                }
            }
        }
    }

    fn creations(&mut self) {
        for address in self.by_address.keys().copied().collect::<Vec<_>>() {
            let Some(resource) = self.graph.resources.get(address) else { continue };
            let Some(own) = self.ready(address) else { continue };
            let mut seen = HashSet::new();
            let mut open: Vec<&Address> = resource.dependencies.iter().map(|each| &each.address).collect();
            while let Some(dependency) = open.pop() {
                if !seen.insert(dependency) {
                    continue;
                }
                match self.ready(dependency) {
                    Some(theirs) => self.needs_edge(theirs, own, "which it depends on"),
                    // By way of what stays as it is.
                    None if self.plan.steps.binary_search_by(|step| step.address.cmp(dependency)).is_err() => {}
                    None => {
                        let resource = self.graph.resources.get(dependency);
                        open.extend(resource.into_iter().flat_map(|each| &each.dependencies).map(|each| &each.address));
                    }
                }
            }
        }
    }

    fn deletions(&mut self) {
        for operation in &self.plan.operations {
            let Some(prior) = &operation.prior else { continue };
            let generation = match operation.kind {
                OperationKind::Delete => prior.generation,
                OperationKind::DeleteDeposed { generation } => generation,
                _ => continue,
            };
            let Some(own) = self.gone(&operation.address, generation) else { continue };
            for dependency in &prior.dependencies {
                let record = self.recorded(dependency);
                if let Some(theirs) = record.and_then(|generation| self.gone(dependency, generation)) {
                    self.needs_edge(own, theirs, "which was made after it");
                }
            }
        }
    }

    /// The generation of what is recorded now, also where it is recorded at another address.
    fn recorded(&self, address: &Address) -> Option<u32> {
        let from = self.graph.resources.get(address).and_then(|resource| resource.lifecycle.moved_from.as_ref());
        let record = self.snapshot.resources.get(address);
        record.or_else(|| self.snapshot.resources.get(from?)).map(|record| record.generation)
    }

    fn protection(&mut self) {
        let leftovers: HashSet<(&Address, u32)> =
            self.snapshot.deposed.iter().map(|each| (&each.record.address, each.record.generation)).collect();
        for operation in &self.plan.operations {
            let Some(prior) = &operation.prior else { continue };
            let deletes = match operation.kind {
                OperationKind::Delete => true,
                OperationKind::DeleteDeposed { generation } => !leftovers.contains(&(&operation.address, generation)),
                _ => false,
            };
            let resource = self.graph.resources.get(&operation.address);
            if deletes && resource.map_or(prior.protect, |resource| resource.lifecycle.protect) {
                self.breach(format!("{} is protected and would be deleted", operation.address));
            }
        }
    }

    fn hand_offs(&mut self) {
        let mut barred: HashSet<&Address> = self.plan.open_hand_offs.iter().collect();
        barred.extend(self.plan.steps.iter().filter(|step| step.waits_for.is_some()).map(|step| &step.address));
        for address in self.by_address.keys().copied().collect::<Vec<_>>() {
            let acts = self.ready(address).is_some();
            let waits = self.plan.steps.iter().any(|step| step.address == *address && step.waits_for.is_some());
            let resource = self.graph.resources.get(address);
            let needs = resource.and_then(|resource| {
                resource.dependencies.iter().map(|dependency| &dependency.address).find(|each| barred.contains(each))
            });
            match needs {
                _ if acts && waits => self.breach(format!("{address} waits for a hand-off and has an operation")),
                Some(needed) if acts => self.breach(format!("{address} does not wait for {needed}, which is not done")),
                _ => {}
            }
        }
    }

    fn records(&mut self) {
        let steps: HashMap<&Address, &Action> = self
            .plan
            .steps
            .iter()
            .filter(|step| step.waits_for.is_none())
            .map(|step| (&step.address, &step.action))
            .collect();
        let mut accounted: BTreeSet<&Address> = self.plan.steps.iter().map(|step| &step.address).collect();
        for operation in &self.plan.operations {
            if !accounted.contains(&operation.address) {
                self.breach(format!("{} has operations and no step", operation.address));
            }
            if let OperationKind::Record { from: Some(from) } = &operation.kind {
                accounted.insert(from);
            }
        }
        if self.plan.selection.is_everything() {
            for address in self.snapshot.resources.keys().filter(|address| !accounted.contains(*address)) {
                self.breaches.push(Breach(format!("{address} is recorded and the plan does not speak of it")));
            }
        }
        for deposed in self.snapshot.deposed.iter().map(|deposed| &deposed.record) {
            let taken_up = self.find(&deposed.address, |kind| {
                *kind == OperationKind::DeleteDeposed { generation: deposed.generation }
            });
            let is_needed = self.plan.steps.iter().filter(|step| step.waits_for.is_some()).any(|step| {
                let record = self.snapshot.resources.get(&step.address);
                record.is_some_and(|record| record.dependencies.contains(&deposed.address))
            });
            let whole = self.plan.mode != Mode::Drift && self.plan.selection.is_everything();
            if whole && taken_up.is_none() && !is_needed {
                self.breach(format!("what a replacement of {} left is not deleted", deposed.address));
            }
        }
        for (address, action) in steps {
            let acts = self.by_address.contains_key(address);
            let should = !matches!(action, Action::None);
            if should && !acts {
                self.breach(format!("{address} has a step that no operation carries out"));
            }
        }
    }
}

fn word(kind: &OperationKind) -> &'static str {
    match kind {
        OperationKind::Create { depose: false } => "create",
        OperationKind::Create { depose: true } => "depose",
        OperationKind::Update => "update",
        OperationKind::Delete => "delete",
        OperationKind::DeleteDeposed { .. } => "delete-deposed",
        OperationKind::Adopt { .. } => "adopt",
        OperationKind::Record { from: Some(_) } => "move",
        OperationKind::Record { from: None } => "record",
        OperationKind::Forget => "forget",
    }
}
