//! Developer tasks: `cargo xtask TASK`. Each task is one module with a function `run`; here is only the list of them.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a developer's tool speaks for itself")]

mod adapters;
mod authorization;
mod bench;
mod catalog;
mod exchanges;
mod fuzz;
mod layers;
mod node;
mod python;
mod services;
mod soak;
mod test;

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
    /// Makes crates/aws/src/generated: the conversions between the registry's JSON and the SDK's types.
    Adapters {
        /// Only says whether the checked-in files are current.
        #[arg(long)]
        check: bool,
    },
    /// Makes crates/simulator/data/authorization.bin: what IAM calls the actions, and what they are about.
    Authorization {
        /// Only says whether the checked-in file is current.
        #[arg(long)]
        check: bool,
    },
    /// Measures how fast Charter is; keeps the figures in docs/performance.md.
    Bench(bench::BenchArguments),
    /// Makes crates/catalog/data/types.bin from the registry schemas that the PyPI package cfn-lint ships.
    Catalog {
        /// Only says whether the checked-in file is current.
        #[arg(long)]
        check: bool,
    },
    /// Throws mutated inputs at a target for as long as is asked.
    Fuzz {
        /// expression, journal, plan, policy, request or stack.
        target: String,
        /// How long.
        #[arg(long, default_value_t = 5.0)]
        minutes: f64,
        /// What all inputs come from.
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Checks who imports whom.
    Layers,
    /// Makes crates/simulator/data/services.bin from the service models that the PyPI package botocore ships.
    Services {
        /// Only says whether the checked-in file is current.
        #[arg(long)]
        check: bool,
    },
    /// Crashes and faults for as long as one likes, with figures: `--minutes N`, `--seed S`, `--exhaustive`, `--case NAME`.
    #[command(disable_help_flag = true)]
    Soak {
        /// Passed on; `--help` lists them.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Runs every check; sets up by itself what they need.
    Test,
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().task {
        Task::Adapters { check } => adapters::run(check),
        Task::Authorization { check } => authorization::run(check),
        Task::Bench(arguments) => bench::run(&arguments),
        Task::Catalog { check } => catalog::run(check),
        Task::Fuzz { target, minutes, seed } => fuzz::run(&target, minutes, seed),
        Task::Layers => layers::run(),
        Task::Services { check } => services::run(check),
        Task::Soak { arguments } => soak::run(&arguments),
        Task::Test => test::run(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
