//! What the tests send to the simulator and get from it is recorded below `target/`, and held against AWS's service models by
//! botocore when they are done.

use crate::TaskResult;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The variable that tells tests, and the program that they run, where to record.
pub(crate) const VARIABLE: &str = "CHARTER_EXCHANGES";

/// The folder of one run, empty. Absolute: every test program runs in its own package's folder.
pub(crate) fn folder() -> std::io::Result<PathBuf> {
    let folder = std::env::current_dir()?.join("target").join("exchanges");
    match std::fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// Checks what was recorded.
pub(crate) fn check(python: &Path, folder: &Path) -> TaskResult {
    let script = Path::new("crates").join("simulator").join("tests").join("exchanges.py");
    let status = Command::new(python).arg(script).arg(folder).env("PYTHONDONTWRITEBYTECODE", "1").status()?;
    if status.success() { Ok(()) } else { Err("what went over the wire is not what AWS's service models say".into()) }
}
