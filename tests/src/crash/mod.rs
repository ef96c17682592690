//! Every crash point: whole runs in process, over the simulator and a disk in memory, under paused time, stopped dead anywhere and
//! disturbed in every way that we know of; then started again from what is left, and judged by what the simulator holds.
//!
//! `tests/tests/crash` runs a part of it in the default checks, the program `soak` (`cargo xtask soak`) as much as one likes.

pub mod assistant;
pub mod case;
pub mod figures;
mod generated;
pub mod judge;
pub mod random;
pub mod recorder;
pub mod scenario;
pub mod world;
