//! IAM policy documents: types that keep what was written, builders for what Charter writes, one normal form, the table of
//! capabilities that grants are made from, and the evaluator: who may do what, in AWS's own order.
//!
//! Imports nothing else of the workspace. No I/O. The evaluator is three-valued, since it runs over policies that are only
//! planned: parts of their texts may be [`Symbol`]s, and requests may leave condition keys open.
//!
//! ```
//! use charter_access::{Caller, Context, Policies, Policy, PolicyDocument, Request, Statement, Verdict, evaluate};
//!
//! let index = "arn:aws:kendra:us-east-2:333333333333:index/i";
//! let document = PolicyDocument::new([Statement::allow(["kendra:Query"]).on([index])]);
//! let identity = vec![Policy { name: "ask".to_owned(), origin: 0, document: Ok(document) }];
//! let request = Request {
//!     caller: Caller::from_arn("arn:aws:iam::333333333333:role/reader").ok_or("not a principal")?,
//!     action: "kendra:Query".to_owned(),
//!     resource: index.to_owned(),
//!     resource_account: None,
//!     context: Context::open(),
//! };
//! let decision = evaluate(&request, &Policies { identity, ..Policies::default() });
//! assert_eq!(decision.verdict, Verdict::Allow);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod answer;
mod capability;
mod capability_table;
mod conditions;
mod document;
mod evaluate;
mod naming;
mod operators;
mod parse;
mod principal;
mod refused;
mod request;
mod symbol;
mod trust;
mod variables;

pub use answer::Doubt;
pub use capability::{Capability, Permission, ResourcePart, capabilities, capability, grantable_types};
pub use conditions::Conditions;
pub use document::{Effect, PolicyDocument, PolicyDocumentError, Statement, VERSION};
pub use evaluate::{Deciding, Decision, Denial, Layer, Policies, Policy, Verdict, evaluate};
pub use parse::{PolicyKind, PolicyProblem, parse};
pub use principal::Principal;
pub use refused::Refused;
pub use request::{Caller, Context, Request};
pub use symbol::{Symbol, SymbolKind};
pub use trust::{RoleTrust, ServiceTrust};
