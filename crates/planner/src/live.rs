//! What is there, put together from what was read and what was recorded. Imports `model`, `state`.

use crate::places::{remove, set};
use crate::request::Seen;
use crate::sealing::{same, seal, seal_like, without_plain};
use crate::types::TypeFacts;
use charter_model::Value;
use charter_state::Record;

/// Whether a recorded resource exists.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Existence<T = Value> {
    /// With these properties and attributes; secrets are wrapped.
    Present(T),
    /// It was there once.
    Gone,
    /// It never came to be, as far as is known.
    Unmade,
}

/// Whether it is there, no matter how it looks.
pub(crate) fn presence(record: &Record, seen: Option<&Seen>) -> Existence<()> {
    match (&record.identifier, seen) {
        (None, _) => Existence::Unmade,
        (Some(_), Some(Seen::Absent)) => Existence::Gone,
        (Some(_), _) => Existence::Present(()),
    }
}

/// What is there of a record. What was not read is taken to be as it was recorded; what AWS never tells, as we set it.
pub(crate) fn existence(record: &Record, seen: Option<&Seen>, facts: Option<&TypeFacts>, salt: &str) -> Existence {
    match presence(record, seen) {
        Existence::Present(()) => {}
        Existence::Gone => return Existence::Gone,
        Existence::Unmade => return Existence::Unmade,
    }
    let mut live = match seen {
        Some(Seen::Present(value)) => value.clone(),
        _ if record.attributes.as_map().is_some_and(|map| !map.is_empty()) => record.attributes.clone(),
        _ => record.inputs.clone(),
    };
    if let Some(facts) = facts {
        protect(&mut live, facts, salt);
        for place in facts.schema.write_only() {
            if live.at(place).is_none()
                && let Some(recorded) = record.inputs.at(place)
            {
                set(&mut live, place.segments(), Some(recorded.clone()));
            }
        }
    }
    seal_like(&mut live, &record.inputs, salt);
    Existence::Present(live)
}

/// Wraps what may not be seen.
pub(crate) fn protect(live: &mut Value, facts: &TypeFacts, salt: &str) {
    seal(live, facts.schema.write_only(), salt);
}

/// What is recorded of what is there: not the write-only, which are among the inputs.
pub(crate) fn attributes(live: Value, facts: &TypeFacts) -> Value {
    let mut live = without_plain(live);
    facts.schema.write_only().iter().for_each(|place| remove(&mut live, place.segments()));
    live
}

/// Whether what is recorded says what is there. An adapter may have recorded the write-only too.
pub(crate) fn same_attributes(kept: &Value, record: &Record, facts: &TypeFacts) -> bool {
    same(kept, &record.attributes) || same(kept, &attributes(record.attributes.clone(), facts))
}
