//! `charter output`.

use crate::arguments::{GlobalArguments, OutputArguments};
use crate::command_error::{CommandResult, ExitCode};
use crate::render::value;
use crate::ui::{BOLD, Ui, paint};
use crate::{project, session};
use charter_model::{StackName, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The outputs of each stack, by name.
type Outputs = BTreeMap<StackName, BTreeMap<Arc<str>, Value>>;

/// Prints the outputs as of the last apply: all, of one stack, or one of them bare.
pub(crate) async fn run(ui: Ui, global: &GlobalArguments, arguments: &OutputArguments) -> CommandResult {
    let place = project::place(global, &arguments.environment)?;
    let mut outputs = session::peek(&place).await?.outputs;
    if let Some(stack) = &arguments.stack {
        if !outputs.keys().any(|name| name.as_str() == stack) {
            return Err(project::unknown("applied stack", stack, outputs.keys().map(StackName::as_str)));
        }
        outputs.retain(|name, _| name.as_str() == stack);
    }
    let Some(name) = &arguments.name else {
        show(ui, &outputs);
        return Ok(ExitCode::Done);
    };
    let values = outputs.values().next();
    match values.and_then(|values| values.get(name.as_str())) {
        Some(value) if ui.json() => ui.emit("output", &serde_json::json!({"name": name, "value": value})),
        Some(value) => ui.raw(&value::bare(value)),
        None => {
            let known = values.into_iter().flat_map(BTreeMap::keys).map(|name| &**name);
            return Err(project::unknown("output", name, known));
        }
    }
    Ok(ExitCode::Done)
}

/// Prints outputs as a table, or as one JSON line.
pub(crate) fn show(ui: Ui, outputs: &Outputs) {
    ui.emit("outputs", &serde_json::json!({"outputs": outputs}));
    for (stack, values) in outputs {
        if values.is_empty() {
            continue;
        }
        let widest = values.keys().map(|name| name.chars().count()).max().unwrap_or(0);
        ui.data(&format!("\n{}", paint(BOLD, stack)));
        for (name, value) in values {
            ui.data(&format!("  {name:widest$}  {}", value::bare(value)));
        }
    }
}
