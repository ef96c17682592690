//! `charter completion SHELL`.

use crate::arguments::{Arguments, CompletionArguments};
use crate::command_error::{CommandResult, ExitCode};
use clap::CommandFactory;

/// Prints the script.
pub(crate) fn run(arguments: &CompletionArguments) -> CommandResult {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Arguments::command(), "charter", &mut script);
    std::io::Write::write_all(&mut std::io::stdout(), &script)?;
    Ok(ExitCode::Done)
}
