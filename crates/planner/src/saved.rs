//! What can be asked of a finished plan: what it comes to in figures, its saved form, whether the state has moved on.

use crate::{Action, Mode, OperationKind, PLAN_VERSION, Plan, Step};
use charter_state::Snapshot;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A plan in figures: one resource each, but for what a replacement left behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// To be made.
    pub create: usize,
    /// To be changed in place (adopted or moved ones too, where something differs).
    pub update: usize,
    /// To be replaced.
    pub replace: usize,
    /// To be deleted.
    pub delete: usize,
    /// To be adopted.
    pub adopt: usize,
    /// To be recorded elsewhere.
    pub moved: usize,
    /// To be forgotten.
    pub forget: usize,
    /// Left by a replacement and to be deleted.
    pub deposed: usize,
    /// As they should be.
    pub unchanged: usize,
    /// Not done before somebody has confirmed a hand-off.
    #[serde(default)]
    pub waiting: usize,
    /// Changed behind our back, in a plan of drift.
    pub drifted: usize,
}

/// Why a saved plan cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PlanFileError {
    /// It is not JSON, or JSON of something else.
    #[error("this is not a plan of charter: make one with `charter preview --out FILE`")]
    NotAPlan(#[source] serde_json::Error),
    /// It is of another version.
    #[error("this plan has version {found}, this charter reads version {PLAN_VERSION}: make the plan again")]
    Version {
        /// What the file says.
        found: u32,
    },
}

/// Why a plan no longer fits the state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Stale {
    /// It is a plan for another environment.
    #[error("the plan is for the environment {planned}, the state is of {present}: name the right environment")]
    Environment {
        /// The plan's.
        planned: String,
        /// The state's.
        present: String,
    },
    /// The state was made anew since.
    #[error("the state was made anew since the plan was made: make the plan again")]
    Lineage,
    /// Something was applied since.
    #[error(
        "the state has changed since the plan was made (serial {planned} then, {present} now): make the plan again"
    )]
    Serial {
        /// The plan's.
        planned: u64,
        /// The state's.
        present: u64,
    },
    /// The state has the serial that it had, and other content.
    #[error("the state was edited since the plan was made: make the plan again")]
    Content,
}

/// The digest of a state's content. What the journal of an interrupted run adds is part of it.
pub fn snapshot_digest(snapshot: &Snapshot) -> String {
    let mut hasher = HashWriter(Sha256::new());
    // Every map in a snapshot is sorted, so equal content is written alike. Writing to a hasher cannot fail; were a value not
    // serialisable the digest would cover what came before it, and the serial still tells states apart.
    let _ = serde_json::to_writer(&mut hasher, snapshot);
    hex::encode(hasher.0.finalize())
}

/// Feeds what is written to it into a digest.
pub(crate) struct HashWriter(pub(crate) Sha256);

impl std::io::Write for HashWriter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Plan {
    /// Whether there is nothing to run, not even to record.
    pub fn is_empty(&self) -> bool {
        self.operations.is_empty() && !self.has_changes()
    }

    /// Whether a user would call it a change that this plan makes (what waits for a hand-off is none): of a resource, of an output, or (in a plan of drift) of what we asked for.
    /// A plan without changes may still have operations that bring the record up to date; they call nothing.
    pub fn has_changes(&self) -> bool {
        let is_change = |step: &Step| step.action != Action::None || !step.changes.is_empty();
        let resources = self.steps.iter().any(|step| step.waits_for.is_none() && is_change(step));
        resources || self.counts().deposed > 0 || self.changed_outputs() > 0
    }

    /// How many outputs will have another value, or may have.
    pub fn changed_outputs(&self) -> usize {
        let outputs = self.outputs.values().flat_map(|outputs| outputs.values());
        outputs.filter(|output| output.is_changed()).count()
    }

    /// In figures.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for step in &self.steps {
            let changed = usize::from(!step.changes.is_empty());
            match step.action {
                _ if step.waits_for.is_some() => counts.waiting += 1,
                Action::Create => counts.create += 1,
                Action::Update => counts.update += 1,
                Action::Replace { .. } => counts.replace += 1,
                Action::Delete => counts.delete += 1,
                Action::Adopt => {
                    counts.adopt += 1;
                    counts.update += changed;
                }
                Action::Move { .. } => {
                    counts.moved += 1;
                    counts.update += changed;
                }
                Action::Forget => counts.forget += 1,
                Action::None if self.mode == Mode::Drift && changed > 0 => counts.drifted += 1,
                Action::None => counts.unchanged += 1,
            }
        }
        // The old half of a create-first replacement is part of the replacement; only leftovers of earlier runs count.
        let replaced: std::collections::BTreeSet<_> = self
            .operations
            .iter()
            .filter(|operation| operation.kind == OperationKind::Create { depose: true })
            .filter_map(|operation| Some((&operation.address, operation.prior.as_ref()?.generation)))
            .collect();
        counts.deposed = self
            .operations
            .iter()
            .filter(|operation| match operation.kind {
                OperationKind::DeleteDeposed { generation } => !replaced.contains(&(&operation.address, generation)),
                _ => false,
            })
            .count();
        counts
    }

    /// The saved form: self-describing JSON without any secret. Values that may not be kept stand as fingerprints;
    /// [`crate::restore_secrets`] brings them back from the stacks when the file is applied.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self)
    }

    /// Reads the saved form.
    pub fn from_json(text: &str) -> Result<Self, PlanFileError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Header {
            version: u32,
            #[serde(rename = "stateLineage")]
            _lineage: String,
        }
        let header: Header = serde_json::from_str(text).map_err(PlanFileError::NotAPlan)?;
        if header.version != PLAN_VERSION {
            return Err(PlanFileError::Version { found: header.version });
        }
        serde_json::from_str(text).map_err(PlanFileError::NotAPlan)
    }

    /// Whether it still fits the state.
    pub fn check_fresh(&self, snapshot: &Snapshot) -> Result<(), Stale> {
        if self.environment != snapshot.environment {
            return Err(Stale::Environment {
                planned: self.environment.to_string(),
                present: snapshot.environment.to_string(),
            });
        }
        if self.state_lineage != snapshot.lineage {
            return Err(Stale::Lineage);
        }
        if self.state_serial != snapshot.serial {
            return Err(Stale::Serial { planned: self.state_serial, present: snapshot.serial });
        }
        if self.state_digest != snapshot_digest(snapshot) {
            return Err(Stale::Content);
        }
        Ok(())
    }
}

impl crate::PlannedOutput {
    /// Whether it will have another value, or may have.
    pub fn is_changed(&self) -> bool {
        let before = self.before.as_ref().unwrap_or(&charter_model::Value::Null);
        !crate::sealing::same(before, &self.after)
    }
}
