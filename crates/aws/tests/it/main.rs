//! The provider from outside: over canned answers where the exact call matters, over the simulator for whole lives.

mod accounts;
mod canned;
mod cloud;
mod cloud_control;
mod drive;
mod kendra;
mod rds;
mod sql_script;
