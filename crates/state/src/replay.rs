//! What each journal entry makes of a snapshot. Pure and total: an entry that no longer applies changes nothing.

use crate::{Deposed, Entry, Intent, Outcome, Record, STATE_VERSION, Snapshot, Stage};
use charter_model::{AccountId, AccountName, Address, EnvironmentName, Placement};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

impl Snapshot {
    /// The state of an environment in which nothing has been made yet.
    pub fn new(environment: EnvironmentName, lineage: impl Into<Arc<str>>, salt: impl Into<Arc<str>>) -> Self {
        Self {
            version: STATE_VERSION,
            environment,
            lineage: lineage.into(),
            serial: 0,
            salt: salt.into(),
            resources: BTreeMap::new(),
            deposed: Vec::new(),
            open: BTreeMap::new(),
            acts: BTreeMap::new(),
            outputs: BTreeMap::new(),
            accounts: BTreeMap::new(),
        }
    }

    /// Replays one entry. Applying the same entry again changes nothing more.
    pub fn apply(&mut self, entry: &Entry) {
        match entry {
            Entry::Intent(intent) => {
                self.open.insert(intent.id.clone(), intent.as_ref().clone());
            }
            Entry::Progress { id, identifier, handle } => {
                if let Some(intent) = self.open.get_mut(id) {
                    if identifier.is_some() {
                        intent.record.identifier.clone_from(identifier);
                    }
                    if handle.is_some() {
                        intent.handle.clone_from(handle);
                    }
                }
            }
            Entry::Settled { id, outcome } => {
                if let Some(intent) = self.open.remove(id) {
                    self.settle(&intent, outcome);
                }
            }
            Entry::Depose { address } => {
                if let Some(record) = self.resources.remove(address) {
                    self.deposed.push(Deposed { record });
                }
            }
            Entry::Put { record } => {
                self.resources.insert(record.address.clone(), record.as_ref().clone());
            }
            Entry::Forget { address } => {
                self.resources.remove(address);
            }
            Entry::ForgetDeposed { address, generation } => self.remove_deposed(address, *generation),
            Entry::Act { id, act } => {
                self.acts.insert(id.clone(), act.as_ref().clone());
            }
            Entry::ActSettled { id, .. } => {
                self.acts.remove(id);
            }
            Entry::Account { name, id } => {
                self.accounts.insert(name.clone(), id.clone());
            }
            Entry::Outputs { stack, values } => {
                if values.is_empty() {
                    self.outputs.remove(stack);
                } else {
                    self.outputs.insert(stack.clone(), values.clone());
                }
            }
        }
    }

    /// SHA-256 of the whole content, in hexadecimal. Equal states have equal digests; a saved plan is bound to it.
    pub fn digest(&self) -> String {
        struct Hasher(Sha256);
        impl io::Write for Hasher {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.0.update(bytes);
                Ok(bytes.len())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut hasher = io::BufWriter::with_capacity(1 << 16, Hasher(Sha256::new()));
        // Every map in a snapshot is ordered, so its serialised form is canonical; writing to a hasher cannot fail.
        let written = serde_json::to_writer(&mut hasher, self);
        debug_assert!(written.is_ok());
        hasher.into_inner().map(|hasher| hex::encode(hasher.0.finalize())).unwrap_or_default()
    }

    /// Which account a name stands for that the resource at `by` makes: the one in which something of ours is, else the one that is
    /// recorded there. None: it is not made yet.
    pub fn account_made(&self, name: &AccountName, by: &Address) -> Option<AccountId> {
        match self.accounts.get(name) {
            Some(id) if self.is_used(name) => Some(id.clone()),
            _ => AccountId::new(self.resources.get(by)?.identifier.as_deref()?).ok(),
        }
    }

    /// Whether anything of ours is, or may be, in an account.
    fn is_used(&self, name: &AccountName) -> bool {
        let is_there = |placement: &Placement| placement.account == *name;
        self.resources.values().any(|record| is_there(&record.placement))
            || self.deposed.iter().any(|deposed| is_there(&deposed.record.placement))
            || self.open.values().any(|intent| is_there(intent.placement()))
    }

    /// The open intents of an address.
    pub fn open_at<'a>(&'a self, address: &'a Address) -> impl Iterator<Item = &'a Intent> + 'a {
        self.open.values().filter(move |intent| intent.address() == address)
    }

    /// A deposed resource.
    pub fn deposed_at(&self, address: &Address, generation: u32) -> Option<&Record> {
        self.deposed
            .iter()
            .map(|deposed| &deposed.record)
            .find(|record| record.address == *address && record.generation == generation)
    }

    fn settle(&mut self, intent: &Intent, outcome: &Outcome) {
        let address = intent.address();
        if intent.stage == Stage::DeleteDeposed {
            match outcome.record() {
                Some(record) => self.replace_deposed(record),
                None if *outcome == Outcome::Gone => self.remove_deposed(address, intent.record.generation),
                None => {}
            }
            return;
        }
        match outcome {
            Outcome::Recorded { record } | Outcome::Incomplete { record } => {
                self.resources.insert(record.address.clone(), record.as_ref().clone());
            }
            Outcome::Gone => {
                self.resources.remove(address);
            }
            Outcome::Unchanged { .. } => {}
        }
        if let Some(generation) = intent.deposed
            && !self.resources.contains_key(address)
            && let Some(record) = self.deposed_at(address, generation).cloned()
        {
            self.remove_deposed(address, generation);
            self.resources.insert(address.clone(), record);
        }
    }

    fn replace_deposed(&mut self, record: &Record) {
        self.remove_deposed(&record.address, record.generation);
        self.deposed.push(Deposed { record: record.clone() });
    }

    fn remove_deposed(&mut self, address: &Address, generation: u32) {
        self.deposed.retain(|deposed| deposed.record.address != *address || deposed.record.generation != generation);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RecordStatus;
    use charter_model::Value;

    pub(crate) fn record(name: &str, identifier: Option<&str>, generation: u32) -> Record {
        Record {
            address: format!("shop/{name}").parse().unwrap(),
            type_name: "AWS::S3::Bucket".parse().unwrap(),
            placement: charter_model::Placement {
                account: "retail".parse().unwrap(),
                region: "us-east-1".parse().unwrap(),
            },
            identifier: identifier.map(str::to_owned),
            inputs: Value::empty_map(),
            attributes: Value::empty_map(),
            dependencies: Vec::new(),
            protect: false,
            retain: false,
            replace: None,
            generation,
            secret_references: BTreeMap::new(),
            status: RecordStatus::Ready,
        }
    }

    fn intent(id: &str, stage: Stage, record: Record, deposed: Option<u32>) -> Entry {
        Entry::Intent(Box::new(Intent { id: id.into(), stage, record, handle: None, deposed }))
    }

    fn settled(id: &str, outcome: Outcome) -> Entry {
        Entry::Settled { id: id.into(), outcome: Box::new(outcome) }
    }

    fn snapshot() -> Snapshot {
        Snapshot::new("local".parse().unwrap(), "lineage", "salt")
    }

    fn recorded(record: Record) -> Outcome {
        Outcome::Recorded { record: Box::new(record) }
    }

    #[test]
    fn a_creation_is_recorded_when_it_settles_and_only_then() {
        let mut state = snapshot();
        state.apply(&intent("1", Stage::Create, record("a", None, 0), None));
        assert!(state.resources.is_empty());
        state.apply(&Entry::Progress { id: "1".into(), identifier: Some("i-1".into()), handle: Some("h".into()) });
        let open = state.open.values().next().unwrap();
        assert_eq!((open.record.identifier.as_deref(), open.handle.as_deref()), (Some("i-1"), Some("h")));
        state.apply(&settled("1", recorded(record("a", Some("i-1"), 0))));
        assert!(state.open.is_empty());
        assert_eq!(state.resources.values().next().unwrap().identifier.as_deref(), Some("i-1"));
    }

    #[test]
    fn a_replacement_that_comes_to_nothing_gives_the_address_back() {
        let mut state = snapshot();
        let old = record("a", Some("old"), 0);
        state.apply(&Entry::Put { record: Box::new(old.clone()) });
        state.apply(&Entry::Depose { address: old.address.clone() });
        state.apply(&intent("1", Stage::Create, record("a", None, 1), Some(0)));
        assert_eq!(state.deposed.len(), 1);
        state.apply(&settled("1", Outcome::Unchanged { reason: "refused".into() }));
        assert!(state.deposed.is_empty());
        assert_eq!(state.resources.get(&old.address), Some(&old));
    }

    #[test]
    fn a_half_made_replacement_keeps_both() {
        let mut state = snapshot();
        let old = record("a", Some("old"), 0);
        state.apply(&Entry::Put { record: Box::new(old.clone()) });
        state.apply(&Entry::Depose { address: old.address.clone() });
        state.apply(&intent("1", Stage::Create, record("a", None, 1), Some(0)));
        state.apply(&settled("1", Outcome::Incomplete { record: Box::new(record("a", Some("new"), 1)) }));
        assert_eq!(state.deposed.len(), 1);
        assert_eq!(state.resources.get(&old.address).unwrap().identifier.as_deref(), Some("new"));
        state.apply(&intent("2", Stage::DeleteDeposed, old.clone(), None));
        state.apply(&settled("2", Outcome::Gone));
        assert!(state.deposed.is_empty());
        assert_eq!(state.resources.get(&old.address).unwrap().identifier.as_deref(), Some("new"));
    }

    #[test]
    fn every_entry_applied_twice_is_applied_once() {
        let old = record("a", Some("old"), 0);
        let entries = [
            Entry::Put { record: Box::new(old.clone()) },
            Entry::Depose { address: old.address.clone() },
            intent("1", Stage::Create, record("a", None, 1), Some(0)),
            Entry::Progress { id: "1".into(), identifier: Some("new".into()), handle: None },
            settled("1", recorded(record("a", Some("new"), 1))),
            intent("2", Stage::DeleteDeposed, old, None),
            settled("2", Outcome::Gone),
            intent("3", Stage::Delete, record("a", Some("new"), 1), None),
            settled("3", Outcome::Gone),
        ];
        let (mut once, mut twice) = (snapshot(), snapshot());
        for entry in &entries {
            once.apply(entry);
            twice.apply(entry);
            // An intent names one operation only: it is never written again once settled.
            twice.apply(entry);
            assert_eq!(once, twice);
        }
        assert!(once.resources.is_empty() && once.deposed.is_empty() && once.open.is_empty());
    }

    #[test]
    fn an_account_stays_what_it_was_as_long_as_something_is_in_it() {
        let (name, id) = (AccountName::new("retail").unwrap(), |id: &str| AccountId::new(id).unwrap());
        let mut maker = record("maker", Some("777777777777"), 0);
        maker.placement.account = "management".parse().unwrap();
        let by = maker.address.clone();
        let mut state = snapshot();
        assert_eq!(state.account_made(&name, &by), None);
        state.apply(&Entry::Put { record: Box::new(maker.clone()) });
        assert_eq!(state.account_made(&name, &by), Some(id("777777777777")));
        state.apply(&Entry::Account { name: name.clone(), id: id("777777777777") });
        state.apply(&intent("1", Stage::Create, record("a", None, 0), None));
        // What makes it is forgotten, then made anew: what is in the first one is still there.
        state.apply(&Entry::Forget { address: by.clone() });
        assert_eq!(state.account_made(&name, &by), Some(id("777777777777")));
        state.apply(&Entry::Put { record: Box::new(Record { identifier: Some("888888888888".into()), ..maker }) });
        assert_eq!(state.account_made(&name, &by), Some(id("777777777777")));
        let text = serde_json::to_string(&state).unwrap();
        assert_eq!(serde_json::from_str::<Snapshot>(&text).unwrap().account_made(&name, &by), Some(id("777777777777")));
        state.apply(&settled("1", Outcome::Gone));
        assert_eq!(state.account_made(&name, &by), Some(id("888888888888")));
    }

    #[test]
    fn the_digest_tells_states_apart_and_survives_the_disk() {
        let mut state = snapshot();
        let empty = state.digest();
        assert_eq!(empty.len(), 64);
        state.apply(&Entry::Put { record: Box::new(record("a", Some("x"), 0)) });
        assert_ne!(state.digest(), empty);
        let back: Snapshot = serde_json::from_str(&serde_json::to_string(&state).unwrap()).unwrap();
        assert_eq!(back.digest(), state.digest());
    }
}
