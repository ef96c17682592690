//! Expressions: CEL with Charter's functions, and their evaluation over values that may be unknown or secret.
//!
//! Imports `model`. Nothing here knows of files, stacks or resources' types: an expression and what its names stand for
//! ([`charter_model::Binding`]) are all there is, so that a plan can be finished in another process.

mod compile;
mod convert;
mod evaluate;
mod functions;
mod lazy;
mod library;
mod network;
mod ordered;
#[cfg(test)]
mod tests;

pub(crate) use compile::{Chain, Compiled, Step, is_reserved};
pub use evaluate::Language;
pub(crate) use evaluate::noun;
pub(crate) use functions::{FILES, REGION, known_functions};
pub use functions::{FUNCTIONS, Function};
pub(crate) use library::partition_of;
