//! Pure planning: what is desired, recorded and observed goes in, a plan comes out. Changes nothing, waits for nothing, names no
//! AWS service. Imports `model`, `catalog`, `provider`, `state`.

mod plan;
mod request;
mod saved;
mod sealing;
mod shape;
mod verify;

pub use plan::{
    Action, Change, ChangeReason, Edge, Mode, Operation, OperationId, OperationKind, PLAN_VERSION, Plan, PlannedOutput,
    PulledIn, Step,
};
pub use request::{Observations, PlanRequest, ReadPurpose, ReadTarget, ResolvedSecrets, Selection};
pub use saved::{Counts, PlanFileError, Stale, snapshot_digest};
pub use shape::{TypeShape, TypeShapes};
pub use verify::{Breach, verify};

use charter_model::{DesiredGraph, Diagnostic, Diagnostics};

/// Makes a plan. All errors at once.
pub fn plan(request: PlanRequest<'_>) -> Result<Plan, Diagnostics> {
    let mut found = Diagnostics::default();
    found.push(Diagnostic::error("internal", format!("cannot plan {} yet", request.graph.environment)));
    Err(found)
}

/// What must be read before planning.
pub fn reads(graph: &DesiredGraph, snapshot: &charter_state::Snapshot, selection: &Selection) -> Vec<ReadTarget> {
    let _ = (graph, snapshot, selection);
    Vec::new()
}
