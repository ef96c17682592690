//! What the checks run on Node.js: a certified OpenID Connect provider, with all that it needs, pinned by a lock file.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;

const PACKAGES: &str = include_str!("../node/package.json");
const LOCK: &str = include_str!("../node/package-lock.json");

/// The folder with the packages installed, made first if it is not there or holds other versions. None: this machine has no npm.
pub(crate) fn prepare() -> Result<Option<PathBuf>, Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new(".")).join(".node");
    let stamp = folder.join("installed.json");
    if std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == LOCK) {
        return Ok(Some(folder));
    }
    let found = Command::new("npm").arg("--version").output();
    if !found.is_ok_and(|output| output.status.success()) {
        return Ok(None);
    }
    println!("making .node with the packages of xtask/node");
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("package.json"), PACKAGES)?;
    std::fs::write(folder.join("package-lock.json"), LOCK)?;
    let install = ["ci", "--no-audit", "--no-fund", "--ignore-scripts"];
    let status = Command::new("npm").args(install).current_dir(&folder).status()?;
    if !status.success() {
        return Err(format!("npm ci in .node ended with {status}").into());
    }
    std::fs::write(stamp, LOCK)?;
    Ok(Some(folder))
}
