//! All checks of the project, in the order in which a fault is found soonest. Sets up by itself what they need.

use crate::{TaskResult, exchanges, node, python};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

/// The version of cargo-deny that is installed where there is none. Built without its optional features and unoptimised:
/// 75 seconds on two cores.
const CARGO_DENY: &str = "0.20.2";

/// Runs every check; the first that fails ends the run.
pub(crate) fn run() -> TaskResult {
    let begin = Instant::now();
    let mut times = Vec::new();
    let mut tests = TestCount::default();
    for (name, check) in CHECKS {
        let start = Instant::now();
        println!("\n==> {name}");
        check(&mut tests)?;
        times.push((name, start.elapsed()));
    }
    println!("\nAll checks passed in {:.0} s:", begin.elapsed().as_secs_f64());
    for (name, time) in times {
        println!("  {:>6.1} s  {name}", time.as_secs_f64());
    }
    println!("{} passed, {} failed, {} skipped", tests.passed, tests.failed, tests.ignored);
    Ok(())
}

type Check = fn(&mut TestCount) -> TaskResult;

const CHECKS: &[(&str, Check)] = &[
    ("format", |_| cargo(&["fmt", "--all", "--check"])),
    ("layers", |_| crate::layers::run()),
    ("clippy", |_| cargo(&["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"])),
    ("tests", tests),
    ("generated files", generated),
    ("documentation", |_| {
        let mut command = cargo_command(&["doc", "--workspace", "--no-deps", "--document-private-items"]);
        expect_success(command.env("RUSTDOCFLAGS", "--deny warnings"))
    }),
    ("licences and bans", |_| deny()),
];

/// How many tests ran, over all test programs.
#[derive(Debug, Default)]
struct TestCount {
    passed: usize,
    failed: usize,
    ignored: usize,
}

/// Runs every test of the workspace, and counts them.
fn tests(count: &mut TestCount) -> TaskResult {
    let mut command = cargo_command(&["test", "--workspace", "--no-fail-fast"]);
    // Cargo builds the program for the tests of its own package (`crates/cli/tests`), before any test runs. With this the tests of
    // other packages use the same, and do not have it built again.
    let target = cargo_metadata::MetadataCommand::new().no_deps().exec()?.target_directory;
    command.env("CHARTER_PROGRAM", target.join("debug").join(format!("charter{}", std::env::consts::EXE_SUFFIX)));
    // The Python of the checks, for those tests that use an independent reader.
    let python = python::prepare()?;
    let recorded = exchanges::folder()?;
    if let Some(python) = &python {
        command.env("CHARTER_PYTHON", python).env(exchanges::VARIABLE, &recorded);
    }
    // What runs on Node.js, likewise.
    if let Some(packages) = node::prepare()? {
        command.env("CHARTER_NODE_PACKAGES", packages);
    }
    let output = command.stdout(Stdio::piped()).spawn()?;
    let mut output = output;
    let Some(stdout) = output.stdout.take() else { return Err("the tests have no output".into()) };
    for line in std::io::BufRead::lines(std::io::BufReader::new(stdout)) {
        let line = line?;
        println!("{line}");
        count.read(&line);
    }
    if !output.wait()?.success() {
        return Err(format!("{} tests failed", count.failed).into());
    }
    match python {
        Some(python) => exchanges::check(&python, &recorded),
        None => Ok(()),
    }
}

impl TestCount {
    /// Reads the closing line of a test program: `test result: ok. 3 passed; 0 failed; 0 ignored; …`.
    fn read(&mut self, line: &str) {
        let Some((_, figures)) = line.strip_prefix("test result: ").and_then(|rest| rest.split_once(". ")) else {
            return;
        };
        for figure in figures.split("; ") {
            match figure.split_once(' ') {
                Some((count, "passed")) => self.passed += count.parse().unwrap_or(0),
                Some((count, "failed")) => self.failed += count.parse().unwrap_or(0),
                Some((count, "ignored")) => self.ignored += count.parse().unwrap_or(0),
                _ => {}
            }
        }
    }
}

/// Whether what is generated is what the generators make.
fn generated(_: &mut TestCount) -> TaskResult {
    if python::prepare()?.is_none() {
        println!("skipped: there is no Python 3 on this machine, and the generators read the schemas of PyPI packages");
        return Ok(());
    }
    crate::catalog::run(true)?;
    crate::services::run(true)?;
    crate::authorization::run(true)?;
    crate::adapters::run(true)
}

/// Licences, bans and sources. Advisories need a fetch: `cargo deny check advisories` where there is a network.
fn deny() -> TaskResult {
    let program = deny_program()?;
    expect_success(Command::new(program).args(["check", "--hide-inclusion-graph", "licenses", "bans", "sources"]))
}

fn deny_program() -> Result<PathBuf, Box<dyn std::error::Error>> {
    let on_path = Command::new("cargo-deny").arg("--version").output();
    if on_path.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains(CARGO_DENY)) {
        return Ok(PathBuf::from("cargo-deny"));
    }
    let root = Path::new("target").join("tools");
    let program = root.join("bin").join("cargo-deny");
    if !program.exists() {
        println!("installing cargo-deny {CARGO_DENY} below target/tools");
        let mut command = cargo_command(&["install", "cargo-deny", "--version", CARGO_DENY, "--locked", "--debug"]);
        expect_success(command.arg("--no-default-features").arg("--root").arg(&root))?;
    }
    Ok(program)
}

fn cargo(arguments: &[&str]) -> TaskResult {
    expect_success(&mut cargo_command(arguments))
}

fn cargo_command(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments);
    command
}

fn expect_success(command: &mut Command) -> TaskResult {
    let status = command.status()?;
    if status.success() { Ok(()) } else { Err(format!("{command:?} ended with {status}").into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closing_lines_of_test_programs_add_up() {
        let mut count = TestCount::default();
        count.read("test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s");
        count.read("test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s");
        count.read("test model::works ... ok");
        assert_eq!((count.passed, count.failed, count.ignored), (5, 1, 1));
    }
}
