//! What waits for people. A resource of some types stands open until somebody has confirmed that it is done (see
//! [`charter_catalog::TypeSchema::confirmation`]); whatever depends on it, and whatever depends on that, has no operation until
//! then. It is no failure: the plan says what waits for what, and everything else goes on. Imports `model`.

use crate::Mode;
use crate::decision::{Decision, Fate};
use crate::draft::Draft;
use crate::visible::Visible;
use charter_model::{Address, Value};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// What waits, with the hand-off that it waits for.
type Held = BTreeMap<Address, Address>;

impl Draft<'_> {
    /// Takes their operations from what waits; returns the hand-offs that are open after the plan, sorted.
    pub(crate) fn hold(&mut self) -> Vec<Address> {
        if self.request.mode != Mode::Apply {
            return Vec::new();
        }
        let open: BTreeSet<Address> = self
            .decisions
            .values()
            .filter(|each| self.stays_open(each))
            .map(|each| each.step.address.clone())
            .collect();
        for (address, hand_off) in held(&self.decisions, &open) {
            let Some(decision) = self.decisions.get_mut(&address) else { continue };
            decision.fate = Fate::Nothing;
            decision.step.waits_for = Some(hand_off);
            decision.properties = None;
            // A move is recorded all the same, and nothing else of it.
            decision.next.clone_from(&decision.record);
            if let Some(record) = &decision.record {
                // Outputs tell what is there, not what is waited for.
                let visible = Visible::recorded(record.attributes.clone());
                self.view.resources.insert(address, visible);
            }
        }
        open.into_iter().collect()
    }

    /// Whether it does not exist, and is not made before a hand-off is confirmed.
    pub(crate) fn is_awaited(&self, address: &Address) -> bool {
        self.decisions.get(address).is_some_and(|decision| {
            let exists = decision.record.as_ref().is_some_and(|record| record.identifier.is_some());
            decision.step.waits_for.is_some() && !exists
        })
    }

    /// Whether it asks for a confirmation that it does not have once the plan is applied. Whatever is made or changed is to be
    /// confirmed anew. (Should a value that is not known yet come out as it was, nothing is changed and the confirmation holds: what
    /// waited is then for the next plan.)
    fn stays_open(&self, decision: &Decision) -> bool {
        let Some(facts) = self.types.get(&decision.step.type_name) else { return false };
        let Some(place) = facts.schema.confirmation() else { return false };
        let record = decision.record.as_ref();
        let confirmed = record.and_then(|record| record.attributes.at(place)) == Some(&Value::Bool(true));
        match decision.fate {
            Fate::Delete | Fate::Forget => false,
            Fate::Nothing | Fate::Record => !confirmed,
            Fate::Create | Fate::Update | Fate::Adopt { .. } | Fate::Replace { .. } => true,
        }
    }
}

/// Everything that would act and must not.
fn held(decisions: &BTreeMap<Address, Decision>, open: &BTreeSet<Address>) -> Held {
    let mut held = Held::new();
    if open.is_empty() {
        return held;
    }
    let mut dependants: BTreeMap<&Address, Vec<&Decision>> = BTreeMap::new();
    for decision in decisions.values() {
        let acts = matches!(decision.fate, Fate::Create | Fate::Update | Fate::Adopt { .. } | Fate::Replace { .. });
        for dependency in decision.dependencies.iter().filter(|_| acts) {
            dependants.entry(dependency).or_default().push(decision);
        }
    }
    let mut barred: VecDeque<(&Address, &Address)> = open.iter().map(|address| (address, address)).collect();
    while let Some((address, hand_off)) = barred.pop_front() {
        let waiting = dependants.get(address).into_iter().flatten().copied();
        // What waits still holds on to what it was made after: that cannot go either.
        let record =
            decisions.get(address).filter(|_| held.contains_key(address)).and_then(|each| each.record.as_ref());
        let needed = record.iter().flat_map(|record| &record.dependencies);
        let staying = needed.filter_map(|needed| decisions.get(needed)).filter(|decision| decision.removes());
        for decision in waiting.chain(staying) {
            if held.insert(decision.step.address.clone(), hand_off.clone()).is_none() {
                barred.push_back((&decision.step.address, hand_off));
            }
        }
    }
    held
}

/// Whether something that waits may still hold on to what a replacement of the address left.
pub(crate) fn is_held_by_a_dependant(address: &Address, decisions: &BTreeMap<Address, Decision>) -> bool {
    decisions.values().any(|decision| {
        let record = decision.record.as_ref().filter(|_| decision.step.waits_for.is_some());
        record.is_some_and(|record| record.dependencies.contains(address))
    })
}
