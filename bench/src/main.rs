//! Measures Charter: how long a run takes, how much memory it needs, how both grow, and how far a run is from its floor.
//!
//! `charter-bench all` measures everything and writes the table of `docs/performance.md`; `cargo xtask bench` builds and runs it. Each
//! measurement runs in a process of its own, so that one's memory is not another's. Nothing here asserts a time: figures are for
//! people to compare within one run on one machine.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a developer's tool speaks for itself")]

mod bound;
mod cloud;
mod floor;
mod machine;
mod project;
mod record;
mod report;
mod rounds;
mod usage;

use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// What every part fails with.
type BenchResult<T = ()> = Result<T, Box<dyn std::error::Error>>;

#[derive(Debug, Parser)]
#[command(name = "charter-bench", about = "Measures Charter")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Measures everything, and prints tables.
    All(report::AllArguments),
    /// Writes a project of this many resources.
    Generate {
        /// The folder; made.
        folder: PathBuf,
        /// How many resources: hundreds.
        resources: usize,
        /// All of them in one file.
        #[arg(long)]
        single: bool,
    },
    /// Applies a project to a simulator in this process, previews it again, and measures both beside their floors.
    Rounds(rounds::RoundsArguments),
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().task {
        Task::All(arguments) => report::run(&arguments),
        Task::Generate { folder, resources, single } => {
            let shape = if single { project::Shape::OneStack } else { project::Shape::ManyStacks };
            project::write(&folder, resources, shape, "{}")
        }
        Task::Rounds(arguments) => rounds::run(&arguments),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
