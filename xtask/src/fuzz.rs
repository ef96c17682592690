//! Fuzzing for longer than the default checks do: with libFuzzer where cargo-fuzz and a nightly toolchain are installed, else with the
//! mutator of `charter-fuzz`, which needs neither.

use crate::TaskResult;
use std::process::{Command, Stdio};

/// The folder of the libFuzzer programs.
const FOLDER: &str = "fuzz/libfuzzer";

/// How long one input may take under libFuzzer, in seconds, and how much memory, in megabytes.
const LIMITS: [&str; 3] = ["-timeout=10", "-rss_limit_mb=2048", "-max_len=65536"];

/// Fuzzes one target.
pub(crate) fn run(target: &str, minutes: f64, seed: u64) -> TaskResult {
    if has_libfuzzer() { libfuzzer(target, minutes, seed) } else { mutator(target, minutes, seed) }
}

fn has_libfuzzer() -> bool {
    let mut command = cargo();
    command.args(["+nightly", "fuzz", "--version"]).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// What libFuzzer learns goes below `target`; the corpus in the tree is read only.
fn libfuzzer(target: &str, minutes: f64, seed: u64) -> TaskResult {
    println!("with libFuzzer");
    let learned = format!("target/fuzz-corpus/{target}");
    std::fs::create_dir_all(&learned)?;
    // The same versions as everywhere else.
    std::fs::copy("Cargo.lock", format!("{FOLDER}/Cargo.lock"))?;
    let mut command = cargo();
    // Without a sanitizer: there is no unsafe code of ours, and it halves the speed.
    command.args(["+nightly", "fuzz", "run", "--fuzz-dir", FOLDER, "--sanitizer", "none", target, &learned]);
    command.arg(format!("fuzz/corpus/{target}")).arg("--").args(LIMITS);
    command.arg(format!("-seed={seed}")).arg(format!("-max_total_time={:.0}", minutes * 60.0));
    succeed(command, &format!("{FOLDER}/artifacts/{target}"))
}

fn mutator(target: &str, minutes: f64, seed: u64) -> TaskResult {
    println!("with the mutator of charter-fuzz: cargo-fuzz or a nightly toolchain is missing");
    let mut command = cargo();
    command.args(["run", "--quiet", "--profile", "fuzz", "--package", "charter-fuzz", "--", target]);
    command.arg("--minutes").arg(minutes.to_string()).arg("--seed").arg(seed.to_string());
    succeed(command, "target/fuzz-findings")
}

/// Through rustup's `cargo`, which knows `+nightly`; `$CARGO` is one toolchain's own.
fn cargo() -> Command {
    Command::new("cargo")
}

fn succeed(mut command: Command, findings: &str) -> TaskResult {
    let status = command.status()?;
    if status.success() {
        return Ok(());
    }
    Err(format!("{status}: what was found lies in {findings}; mend it, and keep the input in fuzz/corpus").into())
}
