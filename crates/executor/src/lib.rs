//! Makes reality match a plan: schedules, waits, journals, recovers. Decides nothing that a plan should decide, prints nothing:
//! it emits one stream of events. Imports `planner`, `provider`, `state`, `catalog`, `model`.

mod event;

pub use event::{Event, EventKind, OperationName, OperationResult, RunSummary};
