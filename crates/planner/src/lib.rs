//! Pure planning: what is desired, recorded and observed goes in, a plan comes out. Changes nothing, waits for nothing, names no
//! AWS service. Imports `model`, `catalog`, `provider`, `state`.
//!
//! [`reads`] says what must be read; [`plan()`] compares, resource by resource in dependency order, what was last asked for, what
//! is there and what is desired; [`verify()`] checks the result by rules of its own. What is untouched counts as ready: a resource
//! waits for those of its dependencies that the plan makes or changes, not for what lies behind an untouched one.
//!
//! Secrets compare by fingerprint under the salt of the state. A plan that could not read a secret compares the text of its
//! reference with the recorded one: the same reference is no change.

mod compare;
mod complete;
mod decide;
mod decision;
mod draft;
mod drift;
mod hold;
mod left_behind;
mod live;
mod locate;
mod naming;
mod order;
mod outputs;
mod places;
mod plan;
mod planning;
mod removal;
mod replace;
mod request;
mod saved;
mod schedule;
mod sealing;
mod secrets;
mod selection;
mod shape;
mod types;
mod verify;
mod visible;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use complete::{Existing, complete};
pub use plan::{
    Action, Change, ChangeReason, Edge, Mode, Operation, OperationId, OperationKind, PLAN_VERSION, Plan, PlannedOutput,
    PulledIn, Step,
};
pub use planning::plan;
pub use request::{Observations, PlanRequest, ReadPurpose, ReadTarget, ResolvedSecrets, Selection};
pub use saved::{Counts, PlanFileError, Stale, snapshot_digest};
pub use secrets::{SecretMissing, restore_secrets, secret_references};
pub use selection::{account_id, reads, taking_part};
pub use shape::{TypeShape, TypeShapes};
pub use verify::{Breach, verify};
