//! `charter-fuzz TARGET`: the mutator of the stable toolchain. `cargo xtask fuzz` runs it.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a developer's tool speaks for itself")]

use charter_fuzz::campaign::{self, Until};
use charter_fuzz::corpus;
use charter_fuzz::targets::{TARGETS, Target};
use clap::Parser;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Throws mutated inputs at a target.
#[derive(Debug, Parser)]
struct Arguments {
    /// expression, journal, plan, policy, request or stack.
    target: String,
    /// Runs these files, once each, instead of the corpus and its mutations.
    files: Vec<PathBuf>,
    /// How long to mutate.
    #[arg(long, default_value_t = 1.0)]
    minutes: f64,
    /// What all inputs come from; the same seed makes the same inputs.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let Some(target) = Target::find(&arguments.target) else {
        let names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
        eprintln!("error: there is no target {}; there are {}", arguments.target, names.join(", "));
        return ExitCode::FAILURE;
    };
    match run(target, &arguments) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(target: Target, arguments: &Arguments) -> std::io::Result<ExitCode> {
    let folder = Path::new("target").join("fuzz-findings");
    let current = folder.join(format!("{}.current", target.name));
    let (inputs, until) = if arguments.files.is_empty() {
        (corpus::load(target.name)?, Until::Time(Duration::from_secs_f64(arguments.minutes * 60.0)))
    } else {
        let read = |path: &PathBuf| Ok((path.display().to_string(), std::fs::read(path)?));
        (arguments.files.iter().map(read).collect::<std::io::Result<_>>()?, Until::Executions(0))
    };
    let begin = Instant::now();
    let outcome = campaign::run(target, &inputs, arguments.seed, until, &current)?;
    let seconds = begin.elapsed().as_secs_f64();
    println!("{}: {} executions in {seconds:.0} s", target.name, outcome.executions);
    for (place, (input, said)) in outcome.findings.iter().enumerate() {
        let path = folder.join(format!("{}.{}.{place}", target.name, arguments.seed));
        std::fs::write(&path, input)?;
        eprintln!(
            "{}: {said}\nthe input is in {}; mend it and keep it in fuzz/corpus/{}",
            target.name,
            path.display(),
            target.name
        );
    }
    Ok(if outcome.findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
