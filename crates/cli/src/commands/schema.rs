//! `charter schema`.

use crate::arguments::{SchemaArguments, SchemaKind};
use crate::command_error::{CommandError, CommandResult, ExitCode};
use crate::ui::Ui;
use charter_catalog::Catalog;
use charter_lang::FileKind;

/// Prints the JSON Schema of one kind of file.
pub(crate) fn run(ui: Ui, arguments: &SchemaArguments) -> CommandResult {
    let kind = match arguments.kind {
        SchemaKind::Stack => FileKind::Stack,
        SchemaKind::Module => FileKind::Module,
        SchemaKind::Environment => FileKind::Environment,
    };
    let schema = charter_lang::json_schema(kind, Catalog::embedded());
    let text = serde_json::to_string_pretty(&schema)
        .map_err(|error| CommandError::new(ExitCode::Unexpected, error.to_string()))?;
    ui.raw(&text);
    Ok(ExitCode::Done)
}
