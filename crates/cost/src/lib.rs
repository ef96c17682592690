//! What a plan changes of the monthly bill, and what is recorded comes to, by line of business: list prices, from the dated table of
//! `catalog`. What has no price in it is named, never guessed.
//!
//! Above `planner`, which names no AWS service. Imports `catalog`, `model`, `planner`, `state`. No I/O.

mod estimate;

pub use estimate::{Amount, Estimate, LINE_TAG, Line, Unpriced, estimate, standing};
