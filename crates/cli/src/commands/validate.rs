//! `charter validate`: everything that can be found without credentials.

use crate::arguments::{GlobalArguments, ValidateArguments};
use crate::command_error::{CommandError, CommandResult, ExitCode};
use crate::ui::{GREEN, Ui, paint};
use crate::{project, proof};

/// Checks one environment, or every one.
pub(crate) fn run(ui: Ui, global: &GlobalArguments, arguments: &ValidateArguments) -> CommandResult {
    let environments = match &arguments.environment {
        Some(environment) => vec![environment.clone()],
        None => charter_lang::environments(&project::root(global)?),
    };
    if environments.is_empty() {
        return Err(CommandError::new(ExitCode::InvalidInput, "there is no file below environments/")
            .help("make a first one with `charter init`"));
    }
    let mut result = ExitCode::Done;
    for environment in environments {
        match project::load(ui, global, &environment, &[]) {
            Ok(project) => {
                if let Err(error) = proof::validate(ui, &project) {
                    ui.error(&error);
                    result = error.code();
                    continue;
                }
                let (stacks, resources) = (project.graph.stacks.len(), project.graph.resources.len());
                ui.emit(
                    "valid",
                    &serde_json::json!({"environment": environment, "stacks": stacks, "resources": resources}),
                );
                let count = |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
                let text = format!("{}, {}, nothing wrong", count(stacks, "stack"), count(resources, "resource"));
                ui.say(&format!("{} {environment}: {text}", paint(GREEN, "✓")));
            }
            Err(error) => {
                ui.error(&error);
                result = error.code();
            }
        }
    }
    Ok(result)
}
