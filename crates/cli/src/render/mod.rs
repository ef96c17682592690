//! Data to text. Functions of this module return texts; only `ui` prints them.

pub(crate) mod diagnostics;
pub(crate) mod explain;
pub(crate) mod graph;
pub(crate) mod hand_off;
pub(crate) mod plan;
pub(crate) mod progress;
pub(crate) mod stack;
pub(crate) mod table;
pub(crate) mod value;
