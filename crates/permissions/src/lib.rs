//! The least policies with which a deployer can apply and destroy what the stacks ask for.
//!
//! They are not looked up in a table of what adapters might call: everything is rehearsed, in this process, in virtual time, against
//! an empty simulated cloud that writes down what each call asks of IAM. So they hold exactly what these stacks need: creations,
//! readings, changes of tags, recovery after a crash, deletions. The same rehearsal with the policies enforced proves them.
//!
//! `rehearsal` runs it, `watched` tells which resource a call is made for, `known` which parts of ARNs can be known before,
//! `statements` makes statements of what was asked, `size` cuts them to what IAM takes.

mod known;
mod rehearsal;
mod size;
mod statements;
mod watched;

pub use rehearsal::{Enforced, Refusal, Rehearsal, RehearsalError, RehearsalRequest, rehearse};
pub use size::{MOST_POLICIES, POLICY_LIMIT, size};
pub use statements::{AccountPermissions, Need, Permission, PolicyText, permissions};
