//! Who may do what once a plan is applied, and whether that is what the stacks expect.
//!
//! Stands above `planner` (whose plans it reads) and `access` (whose evaluator it asks), because neither may know the other: the
//! planner names no AWS service, and the evaluator knows no resources. Pure: it neither reads nor prints.
//!
//! Imports `model`, `catalog`, `access`, `planner`, `state`.
//!
//! What is not in the world: policies of resources other than buckets, keys, secrets and roles (queues, topics, functions), what
//! AWS's own managed policies say, service control policies on units whose accounts the stacks do not name, and session policies. Where one of
//! them could decide, the answer is that it depends, except for the first, which are not looked at.

mod arns;
mod hub;
mod listing;
mod prove;
mod resolve;
mod tree;
mod world;

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr, reason = "a test that cannot be set up must fail")]
mod tests;

pub use hub::hub_policies;
pub use listing::{Access, Change, changes, listing};
pub use prove::{Proof, prove, question};
pub use world::{Origin, World};
