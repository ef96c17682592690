//! Crashes and faults for as long as one likes: the program `soak` of the tests' own crate.

use crate::TaskResult;
use std::process::Command;

/// Builds it and hands it the arguments.
pub(crate) fn run(arguments: &[String]) -> TaskResult {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(["run", "--quiet", "--package", "charter-tests", "--bin", "soak", "--"]).args(arguments);
    let status = command.status()?;
    if status.success() { Ok(()) } else { Err(format!("the soak ended with {status}").into()) }
}
