//! What a plan is made from, and what must be read before it can be made. Imports `model`, `catalog`, `provider`, `state`.

use crate::{Mode, TypeShapes};
use charter_model::{Address, DesiredGraph, Evaluator, Placement, SecretReference, StackName, TypeName, Value};
use charter_provider::{Observed, Properties};
use charter_state::Snapshot;
use std::collections::{BTreeMap, BTreeSet};

/// Everything that a plan is made from.
#[derive(Clone)]
pub struct PlanRequest<'a> {
    /// What is desired.
    pub graph: &'a DesiredGraph,
    /// What is recorded.
    pub snapshot: &'a Snapshot,
    /// What is there.
    pub observed: &'a Observations,
    /// What the types look like: the catalogue.
    pub catalog: &'a dyn TypeShapes,
    /// Finishes expressions.
    pub evaluator: &'a dyn Evaluator,
    /// The secrets that could be read; an offline preview reads none.
    pub secrets: &'a ResolvedSecrets,
    /// What kind of plan.
    pub mode: Mode,
    /// Of what.
    pub selection: Selection,
}

/// What a run is about. An address stands for everything below it too: `product-reviews/knowledge` for the whole module,
/// `lines/profiles` for all of its instances.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Selection {
    /// Whole stacks.
    pub stacks: BTreeSet<StackName>,
    /// Single resources, or what stands below a name.
    pub addresses: BTreeSet<Address>,
}

/// One resource that must be read before planning.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadTarget {
    /// Where it stands (or will stand, if it is moved or imported).
    pub address: Address,
    /// Its type.
    pub type_name: TypeName,
    /// Where it lives.
    pub placement: Placement,
    /// The primary identifier.
    pub identifier: String,
    /// What was last recorded, for what cannot be read back.
    pub recorded: Properties,
    /// What it is read for.
    pub purpose: ReadPurpose,
}

/// What a resource is read for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReadPurpose {
    /// It is recorded at its address.
    Recorded,
    /// It was left by a create-first replacement: the one of this generation.
    Deposed(u32),
    /// It is to be adopted.
    Import,
}

/// What was read. What is missing was not read (an offline preview): the recorded attributes stand in for it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Observations {
    found: BTreeMap<Address, BTreeMap<ReadPurpose, Seen>>,
}

/// What was seen of one resource.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Seen {
    /// It exists; always a map.
    Present(Value),
    /// It is gone.
    Absent,
}

/// The plain values of secrets, read before planning so that a changed secret is seen. Never printed, never kept.
#[derive(Clone, Default, Debug)]
pub struct ResolvedSecrets {
    found: BTreeMap<Placement, BTreeMap<SecretReference, charter_model::Secret>>,
}

impl Selection {
    /// Whether nothing was named, which means everything.
    pub fn is_everything(&self) -> bool {
        self.stacks.is_empty() && self.addresses.is_empty()
    }

    /// Whether an address was named, itself, by its stack or by a name above it.
    pub fn covers(&self, address: &Address) -> bool {
        self.is_everything()
            || self.stacks.contains(address.stack())
            || self.addresses.contains(address)
            || self.addresses.iter().any(|selected| stands_below(selected, address))
    }
}

/// Whether `inner` stands at `outer` or below it. A name without a key stands for all of its instances.
pub(crate) fn stands_below(outer: &Address, inner: &Address) -> bool {
    let (outer_path, inner_path) = (outer.path(), inner.path());
    outer.stack() == inner.stack()
        && outer_path.len() <= inner_path.len()
        && outer_path.iter().zip(inner_path).enumerate().all(|(place, (one, other))| {
            let last = place + 1 == outer_path.len();
            one.name == other.name && (one.key == other.key || (last && one.key.is_none()))
        })
}

impl ReadTarget {
    /// The request that reads it.
    pub fn request(&self) -> charter_provider::ReadRequest {
        charter_provider::ReadRequest {
            type_name: self.type_name.clone(),
            placement: self.placement.clone(),
            identifier: self.identifier.clone(),
            recorded: (!self.recorded.is_empty()).then(|| self.recorded.clone()),
        }
    }
}

impl Observations {
    /// Notes what was read.
    pub fn insert(&mut self, target: &ReadTarget, observed: Observed) {
        self.note(target.address.clone(), target.purpose, observed);
    }

    /// Notes what was read of an address.
    pub fn note(&mut self, address: Address, purpose: ReadPurpose, observed: Observed) {
        let seen = match observed {
            Observed::Present { properties } => Seen::Present(serde_json::Value::Object(properties).into()),
            Observed::Absent => Seen::Absent,
        };
        self.found.entry(address).or_default().insert(purpose, seen);
    }

    /// What was seen; none if it was not read.
    pub(crate) fn get(&self, address: &Address, purpose: ReadPurpose) -> Option<&Seen> {
        self.found.get(address)?.get(&purpose)
    }

    /// How many resources were read.
    pub fn len(&self) -> usize {
        self.found.values().map(BTreeMap::len).sum()
    }

    /// Whether nothing was read.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }
}

impl ResolvedSecrets {
    /// Notes a secret's value under the salt of the state.
    pub fn insert(&mut self, placement: Placement, reference: SecretReference, plain: Value, salt: &str) {
        self.found.entry(placement).or_default().insert(reference, charter_model::Secret::new(plain, salt));
    }

    /// The secret, if it was read.
    pub(crate) fn get(&self, placement: &Placement, reference: &SecretReference) -> Option<&charter_model::Secret> {
        self.found.get(placement)?.get(reference)
    }
}
