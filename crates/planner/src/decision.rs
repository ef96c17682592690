//! What happens to one resource: the step for a reader, and what the schedule needs to make operations of it.

use crate::types::Identified;
use crate::{Action, Change, Step};
use charter_model::{Address, Location, Placement, ReplaceOrder, Template, Timeouts, TypeName};
use charter_state::Record;

/// A decision about one resource.
#[derive(Debug, Clone)]
pub(crate) struct Decision {
    pub(crate) step: Step,
    pub(crate) fate: Fate,
    /// As it stands now, at its present address.
    pub(crate) record: Option<Record>,
    /// Where it is recorded, if it moves.
    pub(crate) moved_from: Option<Address>,
    /// Complete.
    pub(crate) properties: Option<Template>,
    pub(crate) next: Option<Record>,
    /// What it comes after, sorted; empty for what goes.
    pub(crate) dependencies: Vec<Address>,
    pub(crate) timeouts: Timeouts,
    /// What it shares with no other resource of its type, as far as that is known.
    pub(crate) identity: Option<Identified>,
    /// Whether the user asked for the order of its replacement.
    pub(crate) order_asked_for: bool,
}

/// What is done about a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fate {
    Nothing,
    /// The record is brought up to date (or moved).
    Record,
    Create,
    Update,
    /// Adopted, then changed in place if need be.
    Adopt {
        identifier: String,
        update: bool,
    },
    Replace {
        order: ReplaceOrder,
        retain: bool,
    },
    Delete,
    Forget,
}

impl Decision {
    pub(crate) fn new(
        address: &Address,
        type_name: &TypeName,
        placement: &Placement,
        action: Action,
        fate: Fate,
    ) -> Self {
        Self {
            step: Step {
                address: address.clone(),
                type_name: type_name.clone(),
                placement: placement.clone(),
                action,
                identifier: None,
                changes: Vec::new(),
                reason: None,
                left_behind: None,
                waits_for: None,
                location: None,
            },
            fate,
            record: None,
            moved_from: None,
            properties: None,
            next: None,
            dependencies: Vec::new(),
            timeouts: Timeouts::default(),
            identity: None,
            order_asked_for: false,
        }
    }

    /// About a record, without anything desired.
    pub(crate) fn of_record(record: &Record, action: Action, fate: Fate) -> Self {
        let mut decision = Self::new(&record.address, &record.type_name, &record.placement, action, fate);
        decision.step.identifier = record.identifier.clone();
        decision.record = Some(record.clone());
        decision
    }

    #[must_use]
    pub(crate) fn because(mut self, reason: impl Into<String>) -> Self {
        self.step.reason = Some(reason.into());
        self
    }

    #[must_use]
    pub(crate) fn at(mut self, location: Option<Location>) -> Self {
        self.step.location = location;
        self
    }

    #[must_use]
    pub(crate) fn with_changes(mut self, changes: Vec<Change>) -> Self {
        self.step.changes = changes;
        self
    }

    /// Whether the resource that is recorded now goes, at once or in the end.
    pub(crate) fn removes(&self) -> bool {
        match &self.fate {
            Fate::Delete => true,
            Fate::Replace { retain, .. } => !retain,
            _ => false,
        }
    }
}
