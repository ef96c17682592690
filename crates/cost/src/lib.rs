//! What a plan changes of the monthly bill, by line of business: list prices, from a dated table that names its sources. What has no
//! price in it is named, never guessed.
//!
//! Above `planner`, which names no AWS service. Imports `model`, `planner`, `state`. No I/O.

mod estimate;
mod prices;

pub use estimate::{Amount, Estimate, Line, Unpriced, estimate};
pub use prices::{HOURS_A_MONTH, price_dates, price_region};
