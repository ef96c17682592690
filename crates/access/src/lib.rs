//! IAM policy documents: types that keep what was written, builders for what Charter writes, one normal form, and the
//! table of capabilities that grants are made from.
//!
//! Imports nothing else of the workspace. No I/O. An evaluator stands on the same types: [`Statement`] keeps both
//! halves of every pair (`Action`/`NotAction`, …), and [`Conditions`] every operator with its modifiers.

mod capability;
mod capability_table;
mod conditions;
mod document;
mod principal;
mod trust;

pub use capability::{Capability, Permission, ResourcePart, capabilities, capability, grantable_types};
pub use conditions::Conditions;
pub use document::{Effect, PolicyDocument, PolicyDocumentError, Statement, VERSION};
pub use principal::Principal;
pub use trust::{RoleTrust, ServiceTrust};
