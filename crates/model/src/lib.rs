//! The words that every part of Charter shares: typed ids, addresses, values (known, unknown, secret),
//! templates that still hold expressions, the desired graph, and diagnostics.
//!
//! No I/O, no clock, no randomness. Imports no other crate of the workspace.
//!
//! The states of a resource have one name each, here and everywhere: *declared* (as written, with spans),
//! *desired* (evaluated as far as it goes; may hold unknowns), *recorded* (what the state holds), *observed*
//! (what was last read), *planned* (what will be asked for) and *resulting*.

mod address;
mod desired;
mod diagnostic;
mod digest;
mod ids;
mod pointer;
mod shared;
mod source;
mod suggestion;
mod template;
mod value;

pub use address::{Address, AddressError, InstanceKey, Segment};
pub use desired::{
    AccountSource, AccountTarget, Dependency, DesiredGraph, DesiredResource, Expectation, ExpectedDecision, Grant,
    Lifecycle, Locations, Output, Placement, ReplaceOrder, TargetKind, Timeouts,
};
pub use diagnostic::{Diagnostic, Diagnostics, Label, Severity};
pub use digest::{canonical_json, content_digest};
pub use ids::{AccountId, AccountName, EnvironmentName, IdError, Region, StackName, TypeName};
pub use pointer::{Pointer, PointerError, PointerSegment};
pub use shared::Shared;
pub use source::{Location, SourceFile, SourceId, Sources, Span};
pub use suggestion::did_you_mean;
pub use template::{Binding, EvaluationError, Evaluator, Expression, Scope, SecretReference, Template};
pub use value::{Secret, Unknown, Value};
