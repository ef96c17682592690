//! Makes operations of decisions, and says which waits for which. Imports `model`, `state`.
//!
//! Some waits are hard: nothing is made before what it refers to, nothing is deleted before what was made after it. Others are
//! soft: a deletion waits for dependants to be changed, so that they have let go of it; and a change that takes something away
//! waits until those are gone who had it (a share withdraws an account when what that account made by it is gone). A soft wait
//! gives way where hard ones say the contrary (a resource that goes before its successor is made cannot wait for those who wait
//! for the successor).
//!
//! Nothing need be done at a resource for others to wait for each other by way of it: what depends on an acceptance that stays as it
//! is waits for a change of the share that is accepted.

use crate::decision::{Decision, Fate};
use crate::order::sorted_with_wishes;
use crate::types::Identified;
use crate::{Change, Edge, Operation, OperationId, OperationKind};
use charter_model::{Address, Diagnostic, Diagnostics, ReplaceOrder, Value};
use charter_state::{Deposed, Record};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};

/// Operations and their order.
pub(crate) struct Schedule {
    pub(crate) operations: Vec<Operation>,
    pub(crate) edges: Vec<Edge>,
}

/// The operations of one resource that others wait for.
#[derive(Default, Clone, Copy)]
struct Places {
    /// After it the resource is as desired.
    ready: Option<OperationId>,
    /// After it the resource that was recorded is gone.
    gone: Option<OperationId>,
    /// It changes the resource in place and takes something away.
    takes_away: Option<OperationId>,
}

/// An error about resources that wait for each other. The language refuses such stacks; only a record can still say so.
pub(crate) fn cycle<'a>(addresses: impl Iterator<Item = &'a Address>) -> Diagnostic {
    let names: BTreeSet<String> = addresses.map(ToString::to_string).collect();
    let names: Vec<String> = names.into_iter().collect();
    Diagnostic::error("dependency-cycle", format!("these resources wait for each other: {}", names.join(", "))).help(
        "if the stacks have no such cycle, the recorded dependencies have: apply the stacks as they were, then change them step by step",
    )
}

/// Who was made after an address, by the record.
type Dependants = BTreeMap<Address, BTreeSet<Address>>;

/// Which resources are what others were that go.
#[derive(Default)]
struct Successions {
    /// The new address by the old one.
    sure: BTreeMap<Address, Address>,
    /// Old and new, where what is not known yet may be the same: the old one goes first if it can.
    possible: Vec<(Address, Address)>,
}

/// What goes of one type at one place.
#[derive(Default)]
struct Going<'d> {
    by_identity: HashMap<String, &'d Address>,
    all: Vec<(&'d Address, Identified)>,
}

fn successions(
    decisions: &BTreeMap<Address, Decision>,
    found: &mut Diagnostics,
    identities: &dyn Fn(&Record) -> Option<Identified>,
) -> Successions {
    let mut going: HashMap<_, Going<'_>> = HashMap::new();
    for (address, decision) in decisions.iter().filter(|(_, decision)| decision.fate == Fate::Delete) {
        let Some(record) = &decision.record else { continue };
        let Some(identity) = identities(record) else { continue };
        let going = going.entry((&record.type_name, &record.placement)).or_default();
        going.by_identity.extend(identity.text().map(|text| (text, address)));
        going.all.push((address, identity));
    }
    let mut successions = Successions::default();
    for (address, decision) in decisions {
        let Some(identity) = &decision.identity else { continue };
        if !matches!(decision.fate, Fate::Create | Fate::Replace { .. }) {
            continue;
        }
        let Some(going) = going.get(&(&decision.step.type_name, &decision.step.placement)) else { continue };
        let Some(text) = identity.text() else {
            let possible = going.all.iter().filter(|(_, old)| identity.may_be(old));
            successions.possible.extend(possible.map(|(old, _)| ((*old).clone(), address.clone())));
            continue;
        };
        let Some(old) = going.by_identity.get(&text) else { continue };
        let (code, what) = match identity.is_name {
            true => ("name-taken-over", format!("takes the name {text:?} over from {old}")),
            false => ("made-anew", format!("would be the same {} as {old}", decision.step.type_name)),
        };
        let help = format!("if it is the same thing under another name, write `movedFrom: {old}`");
        found.push(Diagnostic::warning(code, format!("{address} {what}, which is deleted first")).help(help));
        successions.sure.insert((*old).clone(), address.clone());
    }
    successions
}

/// What must be gone before something else can be made takes with it, first, all that was made after it: those cannot be
/// replaced create-first. Who asked for that is refused; but not where a run that was interrupted is the reason, which nobody could
/// mend in the stacks: what is half made goes first, and the wish yields.
fn delete_early(
    decisions: &mut BTreeMap<Address, Decision>,
    dependants: &Dependants,
    successions: &BTreeMap<Address, Address>,
    found: &mut Diagnostics,
) {
    let delete_first = Fate::Replace { order: ReplaceOrder::DeleteFirst, retain: false };
    let going = decisions
        .iter()
        .filter(|(address, decision)| decision.fate == delete_first || successions.contains_key(*address));
    let is_half_made = |decision: &Decision| decision.record.as_ref().is_some_and(|record| !record.status.is_ready());
    let (half_made, asked_for): (Vec<_>, Vec<_>) = going.partition(|(_, decision)| is_half_made(decision));
    // What was asked for comes first, since each is looked at once.
    let mut open: VecDeque<(Address, bool)> = asked_for
        .into_iter()
        .map(|(address, _)| (address.clone(), false))
        .chain(half_made.into_iter().map(|(address, _)| (address.clone(), true)))
        .collect();
    let mut early: BTreeSet<Address> = open.iter().map(|(address, _)| address.clone()).collect();
    while let Some((address, interrupted)) = open.pop_front() {
        for dependant in dependants.get(&address).into_iter().flatten() {
            let Some(decision) = decisions.get_mut(dependant) else { continue };
            match &decision.fate {
                Fate::Replace { order: ReplaceOrder::CreateFirst, retain: false } => {
                    if decision.order_asked_for && !interrupted {
                        let text = format!(
                            "{dependant} cannot be replaced create-first: {address}, which it depends on, goes first"
                        );
                        let help = format!(
                            "remove `replace: create-first` from it, or leave the name of {address} to Charter"
                        );
                        found.push(Diagnostic::error("create-first-impossible", text).help(help));
                    }
                    decision.fate = delete_first.clone();
                    decision.step.action = crate::Action::Replace { order: ReplaceOrder::DeleteFirst };
                }
                Fate::Delete | Fate::Forget | Fate::Replace { retain: false, .. } => {}
                _ => continue,
            }
            if early.insert(dependant.clone()) {
                open.push_back((dependant.clone(), interrupted));
            }
        }
    }
}

/// Makes the schedule. `deposed` are the leftovers that take part; `identities` tells what identified a record.
pub(crate) fn schedule(
    decisions: &mut BTreeMap<Address, Decision>,
    deposed: &[&Deposed],
    moves: &BTreeMap<Address, Address>,
    identities: &dyn Fn(&Record) -> Option<Identified>,
    found: &mut Diagnostics,
) -> Schedule {
    let mut dependants = Dependants::new();
    for (address, decision) in decisions.iter() {
        for dependency in recorded(decision) {
            dependants.entry(dependency.clone()).or_default().insert(address.clone());
        }
    }
    let successions = successions(decisions, found, identities);
    delete_early(decisions, &dependants, &successions.sure, found);

    let mut builder = Builder::default();
    for (address, decision) in decisions.iter_mut() {
        let places = builder.add(decision);
        builder.places.insert(address.clone(), places);
    }
    let leftovers: Vec<(OperationId, &Record)> = deposed
        .iter()
        .map(|deposed| {
            let record = &deposed.record;
            let kind = OperationKind::DeleteDeposed { generation: record.generation };
            (builder.push(operation(kind, record)), record)
        })
        .collect();

    for (address, decision) in decisions.iter() {
        let own = builder.of(address);
        // Made after what it refers to.
        if own.ready.is_some() {
            for theirs in builder.nearest(decisions, decision, made_after, |places| places.ready) {
                builder.hard(Some(theirs), own.ready);
            }
        }
        // Deleted before what it was made after; and what has let go of something, before that goes.
        for dependency in recorded(decision) {
            let theirs = builder.of(dependency);
            builder.hard(own.gone, theirs.gone);
            builder.soft(own.ready, theirs.gone);
        }
        if own.gone.is_some() {
            for theirs in builder.nearest(decisions, decision, recorded, |places| places.gone.or(places.takes_away)) {
                builder.soft(own.gone, Some(theirs));
            }
        }
    }
    for (old, new) in &successions.sure {
        builder.hard(builder.of(old).gone, builder.of(new).ready);
    }
    for (old, new) in &successions.possible {
        builder.soft(builder.of(old).gone, builder.of(new).ready);
    }
    for (leftover, record) in &leftovers {
        for dependency in &record.dependencies {
            let dependency = moves.get(dependency).unwrap_or(dependency);
            builder.hard(Some(*leftover), builder.of(dependency).gone);
        }
        for dependant in dependants.get(&record.address).into_iter().flatten() {
            let theirs = builder.of(dependant);
            builder.soft(theirs.ready, Some(*leftover));
            builder.soft(theirs.gone, Some(*leftover));
        }
    }
    builder.finish(found)
}

/// Whether something is left out that was there: an element of a list, or all of it.
fn takes_away(change: &Change) -> bool {
    match (&change.before, &change.after) {
        (Some(Value::List(before)), Some(Value::List(after))) => before.iter().any(|each| !after.contains(each)),
        (before, after) => before.is_some() && after.is_none(),
    }
}

/// What a resource comes after.
fn made_after(decision: &Decision) -> &[Address] {
    &decision.dependencies
}

/// What the recorded one was made after.
fn recorded(decision: &Decision) -> &[Address] {
    decision.record.as_ref().map_or(&[], |record| &record.dependencies)
}

fn operation(kind: OperationKind, record: &Record) -> Operation {
    Operation {
        address: record.address.clone(),
        kind,
        type_name: record.type_name.clone(),
        placement: record.placement.clone(),
        properties: None,
        prior: Some(record.clone()),
        next: None,
        timeouts: charter_model::Timeouts::default(),
        goes_whole: false,
    }
}

#[derive(Default)]
struct Builder {
    operations: Vec<Operation>,
    places: BTreeMap<Address, Places>,
    hard: Vec<BTreeSet<OperationId>>,
    soft: Vec<(OperationId, OperationId)>,
}

impl Builder {
    fn push(&mut self, operation: Operation) -> OperationId {
        self.operations.push(operation);
        self.hard.push(BTreeSet::new());
        self.operations.len() - 1
    }

    fn of(&self, address: &Address) -> Places {
        self.places.get(address).copied().unwrap_or_default()
    }

    /// The operations that are met first on the ways along dependencies: where nothing of the kind is done at a resource, those of
    /// what that depends on.
    fn nearest(
        &self,
        decisions: &BTreeMap<Address, Decision>,
        from: &Decision,
        dependencies: fn(&Decision) -> &[Address],
        operation: fn(Places) -> Option<OperationId>,
    ) -> BTreeSet<OperationId> {
        let mut nearest = BTreeSet::new();
        let mut seen: HashSet<&Address> = HashSet::new();
        let mut open: Vec<&Address> = dependencies(from).iter().collect();
        while let Some(address) = open.pop() {
            if !seen.insert(address) {
                continue;
            }
            match (operation(self.of(address)), decisions.get(address)) {
                (Some(operation), _) => drop(nearest.insert(operation)),
                (None, Some(decision)) => open.extend(dependencies(decision)),
                (None, None) => {}
            }
        }
        nearest
    }

    fn hard(&mut self, before: Option<OperationId>, after: Option<OperationId>) {
        if let (Some(before), Some(after)) = (before, after)
            && before != after
            && let Some(on) = self.hard.get_mut(after)
        {
            on.insert(before);
        }
    }

    fn soft(&mut self, before: Option<OperationId>, after: Option<OperationId>) {
        if let (Some(before), Some(after)) = (before, after)
            && before != after
        {
            self.soft.push((before, after));
        }
    }

    /// The operations of one decision, each after the one before it. What they ask for moves from the decision into them: it is
    /// most of the memory that a plan takes.
    fn add(&mut self, decision: &mut Decision) -> Places {
        let mut places = Places::default();
        let (properties, next) = (decision.properties.take(), decision.next.take());
        let decision = &*decision;
        let record = decision.record.as_ref();
        let bare = |kind: OperationKind| Operation {
            address: decision.step.address.clone(),
            kind,
            type_name: decision.step.type_name.clone(),
            placement: decision.step.placement.clone(),
            properties: None,
            prior: record.cloned(),
            next: None,
            timeouts: decision.timeouts,
            goes_whole: false,
        };
        // Of the old one, with its own type and place.
        let old = |kind: OperationKind| match record {
            Some(record) => Operation { timeouts: decision.timeouts, ..operation(kind, record) },
            None => bare(kind),
        };
        let mut moved = None;
        if let Some(from) = &decision.moved_from {
            let kind = OperationKind::Record { from: Some(from.clone()) };
            let next = match decision.fate {
                Fate::Record | Fate::Nothing => next.clone(),
                _ => record.cloned(),
            };
            moved = Some(self.push(Operation { next, ..bare(kind) }));
        }
        let mut chain: Vec<OperationId> = moved.into_iter().collect();
        match &decision.fate {
            Fate::Nothing => {}
            Fate::Record if moved.is_some() => {}
            Fate::Record => {
                let id = self.push(Operation { next, ..bare(OperationKind::Record { from: None }) });
                chain.push(id);
            }
            Fate::Create => {
                let kind = OperationKind::Create { depose: false };
                let id = self.push(Operation { properties, next, ..bare(kind) });
                chain.push(id);
                places.ready = Some(id);
            }
            Fate::Update => {
                let id = self.push(Operation { properties, next, ..bare(OperationKind::Update) });
                chain.push(id);
                places.ready = Some(id);
                places.takes_away = decision.step.changes.iter().any(takes_away).then_some(id);
            }
            Fate::Adopt { identifier, update } => {
                let kind = OperationKind::Adopt { identifier: identifier.clone() };
                let adopt = Operation { properties: properties.clone(), next: next.clone(), ..bare(kind) };
                let id = self.push(adopt);
                chain.push(id);
                places.ready = Some(id);
                if *update {
                    let id = self.push(Operation { properties, next, ..bare(OperationKind::Update) });
                    chain.push(id);
                    places.ready = Some(id);
                }
            }
            Fate::Replace { retain: true, .. } => {
                chain.push(self.push(old(OperationKind::Forget)));
                let kind = OperationKind::Create { depose: false };
                let id = self.push(Operation { prior: None, properties, next, ..bare(kind) });
                chain.push(id);
                places.ready = Some(id);
            }
            Fate::Replace { order: ReplaceOrder::CreateFirst, .. } => {
                let kind = OperationKind::Create { depose: true };
                let create = self.push(Operation { properties, next, ..bare(kind) });
                let generation = record.map_or(0, |record| record.generation);
                let delete = self.push(old(OperationKind::DeleteDeposed { generation }));
                chain.extend([create, delete]);
                places = Places { ready: Some(create), gone: Some(delete), takes_away: None };
            }
            Fate::Replace { order: ReplaceOrder::DeleteFirst, .. } => {
                let delete = self.push(old(OperationKind::Delete));
                let kind = OperationKind::Create { depose: false };
                let create = self.push(Operation { prior: None, properties, next, ..bare(kind) });
                chain.extend([delete, create]);
                places = Places { ready: Some(create), gone: Some(delete), takes_away: None };
            }
            Fate::Delete => {
                let id = self.push(old(OperationKind::Delete));
                chain.push(id);
                places.gone = Some(id);
            }
            Fate::Forget => {
                let id = self.push(old(OperationKind::Forget));
                chain.push(id);
                places.gone = Some(id);
            }
        }
        for (before, after) in chain.iter().zip(chain.iter().skip(1)) {
            self.hard(Some(*before), Some(*after));
        }
        places
    }

    fn finish(self, found: &mut Diagnostics) -> Schedule {
        let is_delete = |operation: &Operation| {
            matches!(operation.kind, OperationKind::Delete | OperationKind::DeleteDeposed { .. })
        };
        let deletes: Vec<bool> = self.operations.iter().map(is_delete).collect();
        let sequence = match sorted_with_wishes(&self.hard, &self.soft, &deletes) {
            Ok(sequence) => sequence,
            Err(left) => {
                let left = left.into_iter().filter_map(|place| self.operations.get(place));
                found.push(cycle(left.map(|operation| &operation.address)));
                return Schedule { operations: Vec::new(), edges: Vec::new() };
            }
        };
        let mut position = vec![0; sequence.len()];
        for (rank, place) in sequence.iter().enumerate() {
            if let Some(position) = position.get_mut(*place) {
                *position = rank;
            }
        }
        let hard = self.hard.iter().enumerate();
        let mut edges: BTreeSet<Edge> =
            hard.flat_map(|(after, on)| on.iter().map(move |before| Edge { before: *before, after })).collect();
        for (before, after) in self.soft {
            // One that gave way stands the other way round in the sequence.
            if position.get(before) < position.get(after) {
                edges.insert(Edge { before, after });
            }
        }
        Schedule { operations: self.operations, edges: edges.into_iter().collect() }
    }
}
