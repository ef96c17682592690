//! Makes reality match a plan: schedules, waits, journals, recovers. Decides nothing that a plan should decide, prints nothing:
//! it emits one stream of events. Imports `planner`, `provider`, `state`, `catalog`, `model`.
//!
//! A run calls, in this order: [`recover()`] (what an earlier run left open), [`read_secrets`] and [`observe()`] (what the plan is made
//! from), the planner, [`apply()`]. Time is tokio's, so that all of it runs under paused time; randomness comes from a seed.
//!
//! What makes a run survive any crash: an intent is durable before its call, the identifier and the handle the instant they are
//! known, and a result only ever closes an intent when it is certain what became of it. What is not certain stays open, for
//! [`recover()`].

mod accounts;
mod apply;
mod call;
mod desired;
mod emitter;
mod event;
mod limits;
mod observe;
mod operation;
mod random;
mod records;
mod recover;
mod run;
mod schedule;
mod secrets;

pub use accounts::locate;
pub use apply::{ApplyError, ApplyOptions, ApplyRequest, Interrupt, apply};
pub use event::{Event, EventKind, FailedOutput, OperationName, OperationResult, RunSummary};
pub use observe::observe;
pub use recover::{Blocked, RecoverOptions, RecoveryReport, Settlement, recover};
pub use secrets::{EnvironmentSecrets, SecretResolver, read_secrets};
