//! What happens to resources that are not desired any more: orphans, everything in a destruction, what replacements left.
//! Imports `model`, `state`.

use crate::Action;
use crate::decision::{Decision, Fate};
use crate::draft::Draft;
use crate::live::{Existence, presence};
use crate::request::{ReadPurpose, Seen};
use charter_model::{Diagnostic, Pointer};
use charter_state::Record;

impl Draft<'_> {
    /// Resources whose block is gone.
    pub(crate) fn decide_orphans(&mut self) {
        let records = self.records;
        for (address, record) in records {
            if self.members.addresses.contains(address) && !self.request.graph.resources.contains_key(address) {
                self.remove(record, "its block was removed");
            }
        }
    }

    /// Everything that takes part.
    pub(crate) fn decide_destruction(&mut self) {
        let records = self.records;
        for (address, record) in records {
            if self.members.addresses.contains(address) {
                self.remove(record, "");
            }
        }
    }

    fn remove(&mut self, record: &Record, because: &str) {
        let resource = self.request.graph.resources.get(&record.address);
        let seen = self.request.observed.get(&record.address, ReadPurpose::Recorded);
        let facts = self.types.get(&record.type_name);
        let location = resource.and_then(|resource| self.lines.of(resource, &Pointer::root()));
        let reason = |more: &str| match (because, more) {
            ("", more) => more.to_owned(),
            (because, "") => because.to_owned(),
            (because, more) => format!("{because}; {more}"),
        };
        let decision = |action, fate, reason: String| {
            let mut decision = Decision::of_record(record, action, fate).at(location.clone());
            decision.moved_from = self.came_from.get(&record.address).cloned();
            decision.step.reason = (!reason.is_empty()).then_some(reason);
            decision
        };
        // An explicit word in the stacks outweighs the record: who writes `protect: false` has seen it.
        let protect = resource.map_or(record.protect, |resource| resource.lifecycle.protect);
        let retain = resource.map_or(record.retain, |resource| resource.lifecycle.retain);
        let decision = match presence(record, seen) {
            Existence::Gone => decision(Action::Forget, Fate::Forget, reason("it is already gone")),
            Existence::Unmade => {
                decision(Action::Forget, Fate::Forget, reason("its creation failed before it had an identifier"))
            }
            Existence::Present(()) if protect => {
                self.refuse(record, resource.is_some());
                return;
            }
            Existence::Present(()) if retain => {
                decision(Action::Forget, Fate::Forget, reason("it is retained: the real one stays"))
            }
            Existence::Present(()) => {
                let mut decision = decision(Action::Delete, Fate::Delete, reason(""));
                if let Some(resource) = resource {
                    decision.timeouts = resource.lifecycle.timeouts;
                }
                decision
            }
        };
        if facts.is_none() && decision.fate == Fate::Delete {
            let text = format!("{} is of a type that this version does not know: {}", record.address, record.type_name);
            let help = format!("if it cannot be deleted, forget it with `charter state rm {}`", record.address);
            self.found.push(Diagnostic::warning("unknown-type", text).help(help));
        }
        self.changing.insert(record.address.clone());
        self.decisions.insert(record.address.clone(), decision);
    }

    fn refuse(&mut self, record: &Record, has_block: bool) {
        let address = &record.address;
        let text = format!("{address} is protected and would be deleted");
        let diagnostic = Diagnostic::error("protected", text);
        if let (true, Some(resource)) = (has_block, self.request.graph.resources.get(address)) {
            let help = "write `protect: false` if it may be deleted";
            self.blame(diagnostic.help(help), resource, &Pointer::root());
        } else {
            let help = format!(
                "its block is gone, its protection is kept in the state: put the block back, with `protect: false` if it may be \
                 deleted; or leave the real one alone and forget it with `charter state rm {address}`"
            );
            self.found.push(diagnostic.help(help));
        }
    }

    /// Old resources of create-first replacements that were not deleted when they should have been.
    pub(crate) fn decide_leftovers(&mut self) {
        for deposed in &self.request.snapshot.deposed {
            let record = &deposed.record;
            if !self.members.addresses.contains(&record.address) {
                continue;
            }
            let purpose = ReadPurpose::Deposed(record.generation);
            let gone = self.request.observed.get(&record.address, purpose) == Some(&Seen::Absent);
            let reason = match (&record.identifier, gone) {
                (Some(identifier), false) => format!("{identifier}, left by an earlier replacement, is deleted"),
                (Some(identifier), true) => format!("{identifier}, left by an earlier replacement, is already gone"),
                (None, _) => "what an earlier replacement left is forgotten".to_owned(),
            };
            let decision = self.decisions.entry(record.address.clone()).or_insert_with(|| {
                let mut decision = Decision::of_record(record, Action::None, Fate::Nothing);
                decision.record = None;
                decision.step.identifier = None;
                decision
            });
            let before = decision.step.reason.take().map(|reason| format!("{reason}; ")).unwrap_or_default();
            decision.step.reason = Some(format!("{before}{reason}"));
        }
    }
}
