//! What changed behind our back, and nothing of the stacks. Imports `model`, `state`.

use crate::decision::{Decision, Fate};
use crate::draft::Draft;
use crate::live::{Existence, attributes, existence, same_attributes};
use crate::request::ReadPurpose;
use crate::sealing::without_plain;
use crate::{Action, Change, ChangeReason};
use charter_model::Value;
use charter_state::Record;

impl Draft<'_> {
    /// Compares everything recorded that takes part with what is there, as far as we ever set it.
    pub(crate) fn decide_drift(&mut self) {
        let records = self.records;
        for (address, record) in records {
            if self.members.addresses.contains(address) {
                let decision = self.drift_of(record);
                self.decisions.insert(address.clone(), decision);
            }
        }
    }

    fn drift_of(&self, record: &Record) -> Decision {
        let seen = self.request.observed.get(&record.address, ReadPurpose::Recorded);
        let facts = self.types.get(&record.type_name);
        let mut decision = match existence(record, seen, facts.as_deref(), &self.request.snapshot.salt) {
            Existence::Gone => {
                Decision::of_record(record, Action::Forget, Fate::Forget).because("it was deleted behind our back")
            }
            Existence::Unmade => Decision::of_record(record, Action::None, Fate::Nothing)
                .because("its creation failed before it had an identifier"),
            Existence::Present(live) => {
                let changes = match &facts {
                    Some(facts) => self.drifted(record, &live, facts),
                    None => Vec::new(),
                };
                let (kept, same) = match &facts {
                    Some(facts) => {
                        let kept = attributes(live, facts);
                        let same = same_attributes(&kept, record, facts);
                        (kept, same)
                    }
                    None => (record.attributes.clone(), true),
                };
                let fate = if same { Fate::Nothing } else { Fate::Record };
                let mut decision = Decision::of_record(record, Action::None, fate).with_changes(changes);
                decision.next = Some(Record { attributes: kept, ..record.clone() });
                if !decision.step.changes.is_empty() {
                    decision = decision.because("it was changed behind our back");
                }
                decision
            }
        };
        decision.dependencies = record.dependencies.clone();
        decision.moved_from = None;
        decision
    }

    fn drifted(&self, record: &Record, live: &Value, facts: &crate::types::TypeFacts) -> Vec<Change> {
        let resource = self.request.graph.resources.get(&record.address);
        // Asked the other way round: what would have to change to have again what we asked for.
        let differences = facts.schema.differences(live, &record.inputs, &record.inputs);
        // What is as it was when it was last recorded is known already: it was accepted, and the next apply puts it back.
        let is_news = |pointer: &charter_model::Pointer| match (live.at(pointer), record.attributes.at(pointer)) {
            (Some(live), Some(known)) => !facts.schema.equivalent(pointer, live, known),
            (live, known) => live.is_some() != known.is_some(),
        };
        differences
            .into_iter()
            .filter(|difference| is_news(&difference.pointer))
            .map(|difference| Change {
                before: difference.after.map(without_plain),
                after: difference.before.map(without_plain),
                reason: ChangeReason::Drifted,
                forces_replacement: false,
                location: resource.and_then(|resource| self.lines.of(resource, &difference.pointer)),
                pointer: difference.pointer,
            })
            .collect()
    }
}
