//! The handler contract as an examination that any provider can be put through, type by type
//! (<https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-test-contract.html>).
//!
//! [`examine`] takes one resource through its life and notes, row by row, whether the contract was kept; [`judge`] holds what was
//! noted against the declared exceptions: a breach that nobody declared is a fault, and so is an exception that no longer happens.
//! For tests only, behind the feature `contract`. Imports `catalog` and `model`; the planner's comparison comes in as a function.

mod driver;
mod examine;
mod judge;
mod row;
mod subject;

#[cfg(test)]
mod tests;

pub use driver::Driver;
pub use examine::{Known, PlannedChanges, examine};
pub use judge::{Exception, Report, Verdict, judge};
pub use row::Row;
pub use subject::Subject;
