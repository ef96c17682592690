//! Finds installed Python packages: the developer tasks read facts about AWS from the data files that botocore and cfn-lint ship.

use std::path::PathBuf;
use std::process::Command;

/// The folder of an installed package: of `.venv` in the workspace if there is one, else of the Python on the path.
pub(crate) fn package(name: &str) -> Result<PathBuf, String> {
    let local = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.venv/bin/python3"));
    let script = "import importlib.util as u, os, sys\n\
                  found = u.find_spec(sys.argv[1])\n\
                  print(os.path.dirname(found.origin) if found else '')";
    for python in [local, PathBuf::from("python3")] {
        let Ok(output) = Command::new(&python).args(["-c", script, name]).output() else { continue };
        let folder = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        if output.status.success() && !folder.is_empty() {
            return Ok(PathBuf::from(folder));
        }
    }
    let project = if name == "cfnlint" { "cfn-lint" } else { name };
    Err(format!(
        "the Python package {project} is not installed: python3 -m venv .venv && .venv/bin/pip install {project}"
    ))
}
