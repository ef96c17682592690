//! The provider from outside: over canned answers where the exact call matters, over the simulator for whole lives.

#[cfg(test)]
mod accounts;
#[cfg(test)]
mod canned;
#[cfg(test)]
mod cloud;
#[cfg(test)]
mod cloud_control;
#[cfg(test)]
mod drive;
#[cfg(test)]
mod kendra;
#[cfg(test)]
mod qbusiness;
#[cfg(test)]
mod rds;
#[cfg(test)]
mod sql_script;
