//! `charter graph`.

use crate::arguments::{GlobalArguments, GraphArguments, GraphFormat};
use crate::command_error::{CommandResult, ExitCode};
use crate::project;
use crate::render::graph;
use crate::ui::Ui;
use charter_model::Address;

/// Draws the selected resources.
pub(crate) fn run(ui: Ui, global: &GlobalArguments, arguments: &GraphArguments) -> CommandResult {
    let project = project::load(ui, global, &arguments.selected.environment, &arguments.selected.set)?;
    let selection = project::selection(&project, &arguments.selected, |_| false)?;
    let keep = |address: &Address| {
        selection.is_everything() || selection.stacks.contains(address.stack()) || selection.addresses.contains(address)
    };
    let text = match arguments.format {
        GraphFormat::Mermaid => graph::mermaid(&project.graph, keep),
        GraphFormat::Dot => graph::dot(&project.graph, keep),
    };
    if ui.json() {
        ui.emit(
            "graph",
            &serde_json::json!({"format": format!("{:?}", arguments.format).to_lowercase(), "text": text}),
        );
    } else {
        ui.raw(text.trim_end());
    }
    Ok(ExitCode::Done)
}
