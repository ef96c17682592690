//! `charter schema`.

use crate::arguments::{GlobalArguments, SchemaArguments, SchemaKind};
use crate::command_error::{CommandError, CommandResult, ExitCode};
use crate::project;
use crate::ui::Ui;
use charter_catalog::Catalog;
use charter_lang::{FileKind, LoadOptions};
use charter_model::TypeName;
use std::collections::BTreeSet;

/// Prints the JSON Schema of one kind of file. All types are known by name; those that the project uses with their properties.
pub(crate) fn run(ui: Ui, global: &GlobalArguments, arguments: &SchemaArguments) -> CommandResult {
    let kind = match arguments.kind {
        SchemaKind::Stack => FileKind::Stack,
        SchemaKind::Module => FileKind::Module,
        SchemaKind::Environment => FileKind::Environment,
    };
    let schema = charter_lang::json_schema_with(kind, Catalog::embedded(), &used_types(global));
    let text = serde_json::to_string_pretty(&schema)
        .map_err(|error| CommandError::new(ExitCode::Unexpected, error.to_string()))?;
    ui.raw(&text);
    Ok(ExitCode::Done)
}

/// The types that the project uses, as far as its files can be read.
fn used_types(global: &GlobalArguments) -> BTreeSet<TypeName> {
    let Ok(root) = project::root(global) else { return BTreeSet::new() };
    charter_lang::environments(&root)
        .into_iter()
        .map(|environment| LoadOptions { root: root.clone(), environment, ..LoadOptions::default() })
        .filter_map(|options| charter_lang::load(&options, Catalog::embedded()).graph)
        .flat_map(|graph| graph.resources.into_values().map(|resource| resource.type_name))
        .collect()
}
