//! The least policies with which a deployer can apply and destroy what the stacks ask for.
//!
//! They are not looked up in a table of what adapters might call: everything is rehearsed, in this process, in virtual time, against
//! a simulated cloud that has the accounts and nothing else, and that writes down what each call asks of IAM. So they hold exactly
//! what these stacks need: creations, adoptions, readings, changes of each given property and of tags, recovery after a crash,
//! deletions. The same rehearsal with the policies enforced proves them.
//!
//! `rehearsal` says what is done, `scene` does it, `edits` makes up changes, `watched` tells which resource a call is made for,
//! `known` which parts of ARNs can be known before, `statements` makes statements of what was asked, `size` cuts them to what IAM
//! takes.

mod edits;
mod known;
mod rehearsal;
mod scene;
mod size;
mod statements;
mod watched;

pub use rehearsal::{Enforced, Refusal, Rehearsal, RehearsalError, RehearsalRequest, rehearse};
pub use size::{INLINE_LIMIT, MOST_POLICIES, POLICY_LIMIT, size};
pub use statements::{AccountPermissions, Attachment, Need, Permission, PolicyText, permissions};
