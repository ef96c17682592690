//! How fast Charter is: builds it as it is released, builds the program of the measurements, and runs that.

use crate::TaskResult;
use std::path::Path;
use std::process::Command;

/// Where the tables are kept.
const PAGE: &str = "docs/performance.md";

#[derive(Debug, clap::Args)]
pub(crate) struct BenchArguments {
    /// What the machine was doing beside: kept with the tables.
    #[arg(long)]
    note: Option<String>,
    /// Prints the tables only; docs/performance.md stays as it is.
    #[arg(long)]
    print: bool,
    /// Sizes, counts: handed on to the program (`cargo xtask bench -- --sizes 100,1000 --applied 1000`).
    #[arg(last = true)]
    more: Vec<String>,
}

/// Measures, and keeps the tables in docs/performance.md.
pub(crate) fn run(arguments: &BenchArguments) -> TaskResult {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("xtask stands in no workspace")?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let build = |words: &[&str]| -> TaskResult {
        let status = Command::new(&cargo).current_dir(root).arg("build").args(words).status()?;
        if status.success() { Ok(()) } else { Err("the build failed".into()) }
    };
    build(&["--release", "--package", "charter", "--package", "charter-bench"])?;
    // A developer runs this one all day: how soon it starts is measured too.
    build(&["--package", "charter"])?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), Into::into);
    let program = target.join("release");
    let mut command = Command::new(program.join("charter-bench"));
    command.arg("all").arg("--charter").arg(program.join("charter"));
    command.arg("--debug-charter").arg(target.join("debug/charter")).arg("--repository").arg(root);
    command.args(arguments.note.iter().flat_map(|note| ["--note", note]));
    if !arguments.print {
        command.arg("--write").arg(root.join(PAGE));
    }
    let status = command.args(&arguments.more).status()?;
    if status.success() { Ok(()) } else { Err("a measurement failed".into()) }
}
