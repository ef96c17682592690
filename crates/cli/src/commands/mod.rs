//! One module for each command, with one function `run`.

pub(crate) mod access;
pub(crate) mod account;
pub(crate) mod apply;
pub(crate) mod completion;
pub(crate) mod cost;
pub(crate) mod destroy;
pub(crate) mod drift;
pub(crate) mod explain;
pub(crate) mod fine_tune;
pub(crate) mod graph;
pub(crate) mod hand_off;
pub(crate) mod import;
pub(crate) mod init;
pub(crate) mod output;
pub(crate) mod permissions;
pub(crate) mod preview;
pub(crate) mod schema;
pub(crate) mod simulator;
pub(crate) mod state;
pub(crate) mod validate;
