//! The program `charter`: parses the command line, runs one command, ends with its exit code. The only crate that prints.
//!
//! Imports every other crate of the workspace; nothing imports it.

mod acts;
mod arguments;
mod command_error;
mod commands;
mod cost;
mod existing;
mod hand_off;
mod interrupt;
mod permission;
mod project;
mod proof;
mod render;
mod session;
mod target;
mod ui;

use arguments::{Arguments, Command};
use clap::Parser;
use command_error::{CommandResult, ExitCode};
use ui::Ui;

fn main() -> std::process::ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // clap would end with 2, which means "changes present" here.
            let _ = error.print();
            let code = if error.use_stderr() { ExitCode::InvalidInput } else { ExitCode::Done };
            return std::process::ExitCode::from(code as u8);
        }
    };
    let ui = Ui::new(arguments.global.json, arguments.global.verbose);
    if ui.verbose() > 0 {
        let level = if ui.verbose() > 1 { "debug" } else { "info" };
        let filter = format!("charter_executor={level},charter_aws={level},charter_simulator={level}");
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    }
    let code = match run(ui, &arguments) {
        Ok(code) => code,
        Err(error) => {
            ui.error(&error);
            error.code()
        }
    };
    if code == ExitCode::Done && !ui::all_data_written() {
        ui.say("error: the output could not be written");
        return std::process::ExitCode::from(ExitCode::Unexpected as u8);
    }
    std::process::ExitCode::from(code as u8)
}

fn run(ui: Ui, arguments: &Arguments) -> CommandResult {
    let global = &arguments.global;
    match &arguments.command {
        Command::Init(command) => commands::init::run(ui, command),
        Command::Validate(command) => commands::validate::run(ui, global, command),
        Command::Graph(command) => commands::graph::run(ui, global, command),
        Command::Explain(command) => commands::explain::run(ui, global, command),
        Command::Permissions(command) => commands::permissions::run(ui, global, command),
        Command::Schema(command) => commands::schema::run(ui, global, command),
        Command::Completion(command) => commands::completion::run(command),
        command => {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
            runtime.block_on(run_async(ui, arguments, command))
        }
    }
}

async fn run_async(ui: Ui, arguments: &Arguments, command: &Command) -> CommandResult {
    let global = &arguments.global;
    match command {
        Command::Access(command) => commands::access::run(ui, global, command).await,
        Command::Preview(command) => commands::preview::run(ui, global, command).await,
        Command::Apply(command) => commands::apply::run(ui, global, command).await,
        Command::Destroy(command) => commands::destroy::run(ui, global, command).await,
        Command::Teardown(command) => commands::destroy::teardown(ui, global, command).await,
        Command::Account(command) => commands::account::run(ui, global, command).await,
        Command::Cost(command) => commands::cost::run(ui, global, command).await,
        Command::Drift(command) => commands::drift::run(ui, global, command).await,
        Command::FineTune(command) => commands::fine_tune::run(ui, global, command).await,
        Command::HandOff(command) => commands::hand_off::run(ui, global, command).await,
        Command::Import(command) => commands::import::run(ui, global, command).await,
        Command::Output(command) => commands::output::run(ui, global, command).await,
        Command::State(command) => commands::state::run(ui, global, command).await,
        Command::Simulator(command) => commands::simulator::run(ui, global, command).await,
        Command::Init(_)
        | Command::Validate(_)
        | Command::Graph(_)
        | Command::Explain(_)
        | Command::Permissions(_)
        | Command::Schema(_)
        | Command::Completion(_) => Ok(ExitCode::Done),
    }
}
