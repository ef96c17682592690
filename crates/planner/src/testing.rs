//! For tests: stacks in a few lines, an evaluator of paths, types of every make, and a cloud that carries plans out.

mod cloud;
mod language;
mod world;

pub(crate) use cloud::Cloud;
pub(crate) use language::Paths;
pub(crate) use world::{World, types};
