//! Secrets Manager.

pub(crate) mod records;
