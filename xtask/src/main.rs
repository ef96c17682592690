//! Developer tasks: `cargo xtask TASK`. Each task is one module with a function `run`; here is only the list of them.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a developer's tool speaks for itself")]

mod catalog;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// What every task fails with.
type TaskResult = Result<(), Box<dyn std::error::Error>>;

/// Developer tasks of the Charter workspace.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Makes crates/catalog/data/types.bin from the registry schemas that the PyPI package cfn-lint ships.
    Catalog {
        /// Only says whether the checked-in file is current.
        #[arg(long)]
        check: bool,
    },
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().task {
        Task::Catalog { check } => catalog::run(check),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
