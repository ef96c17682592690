//! Pure planning: what is desired, recorded and observed goes in, a plan comes out. Changes nothing, waits for nothing, names no
//! AWS service. Imports `model`, `catalog`, `provider`, `state`.

mod plan;

pub use plan::{
    Action, Change, ChangeReason, Edge, Operation, OperationId, OperationKind, PLAN_VERSION, Plan, PlannedOutput, Step,
};
