//! The Python of the checks: a virtual environment with pinned packages, made once. The generators read facts about AWS from the
//! data files that botocore and cfn-lint ship; some tests use botocore as an independent reader.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What is installed, with versions.
const REQUIREMENTS: &str = include_str!("../requirements.txt");

/// The Python of the virtual environment, made first if it is not there or holds other versions. None: this machine has no Python 3.
pub(crate) fn prepare() -> Result<Option<PathBuf>, Box<dyn Error>> {
    let folder = workspace().join(".venv");
    let python = folder.join("bin").join("python3");
    let stamp = folder.join("requirements.txt");
    if python.exists() && std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == REQUIREMENTS) {
        return Ok(Some(python));
    }
    let found = Command::new("python3").arg("--version").output();
    if !found.is_ok_and(|output| output.status.success()) {
        return Ok(None);
    }
    println!("making .venv with the packages of xtask/requirements.txt");
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
    let requirements = workspace().join("xtask").join("requirements.txt");
    run(Command::new(&python).args(["-m", "pip", "install", "--quiet", "--requirement"]).arg(requirements))?;
    std::fs::write(stamp, REQUIREMENTS)?;
    Ok(Some(python))
}

/// The folder of an installed package of the virtual environment.
pub(crate) fn package(name: &str) -> Result<PathBuf, Box<dyn Error>> {
    let python = prepare()?.ok_or("there is no Python 3 on this machine, and the facts are in PyPI packages")?;
    let script = "import importlib.util as u, os, sys\n\
                  print(os.path.dirname(u.find_spec(sys.argv[1]).origin))";
    let output = Command::new(python).args(["-c", script, name]).output()?;
    let folder = String::from_utf8(output.stdout)?.trim().to_owned();
    if output.status.success() && !folder.is_empty() {
        return Ok(PathBuf::from(folder));
    }
    Err(format!("the Python package {name} is not in .venv: remove .venv and try again").into())
}

fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}

fn run(command: &mut Command) -> Result<(), Box<dyn Error>> {
    let status = command.status()?;
    if status.success() { Ok(()) } else { Err(format!("{command:?} ended with {status}").into()) }
}
