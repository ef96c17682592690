//! `charter explain`: a resource type, or a resource of the stacks.

use crate::arguments::{ExplainArguments, GlobalArguments};
use crate::command_error::{CommandError, CommandResult, ExitCode};
use crate::project;
use crate::render::explain;
use crate::ui::{BOLD, DIM, Ui, paint};
use charter_catalog::Catalog;
use charter_model::{Address, DesiredGraph, TypeName};

/// What the subject looks like decides.
pub(crate) fn run(ui: Ui, global: &GlobalArguments, arguments: &ExplainArguments) -> CommandResult {
    let subject = arguments.subject.as_str();
    if subject.contains('/') {
        let address: Address =
            subject.parse().map_err(|error| CommandError::new(ExitCode::InvalidInput, format!("{error}")))?;
        let environment = arguments.environment.as_deref().ok_or_else(|| {
            CommandError::new(ExitCode::InvalidInput, "a resource is explained within an environment")
                .help(format!("add -e ENVIRONMENT: charter explain -e local {subject}"))
        })?;
        let project = project::load(ui, global, environment, &[])?;
        return explain_address(ui, &project.graph, &address);
    }
    let catalog = Catalog::embedded();
    let schema = TypeName::new(subject).ok().and_then(|name| catalog.schema(&name));
    let Some(schema) = schema else {
        let meant = catalog.suggest(subject).map(|meant| format!("did you mean {meant}?"));
        let help = meant.unwrap_or_else(|| "types are named as in CloudFormation: AWS::Kendra::Index".to_owned());
        return Err(
            CommandError::new(ExitCode::InvalidInput, format!("there is no resource type {subject}")).help(help)
        );
    };
    ui.emit("type", &explain::as_json(&schema));
    ui.data(&explain::render(&schema));
    Ok(ExitCode::Done)
}

fn explain_address(ui: Ui, graph: &DesiredGraph, address: &Address) -> CommandResult {
    let Some(resource) = graph.resources.get(address) else {
        let known: Vec<String> = graph.resources.keys().map(Address::to_string).collect();
        return Err(project::unknown("resource", &address.to_string(), known.iter().map(String::as_str)));
    };
    let needs: Vec<String> = resource.dependencies.iter().map(|each| each.address.to_string()).collect();
    let needed_by: Vec<String> = graph
        .resources
        .values()
        .filter(|other| other.dependencies.iter().any(|each| each.address == *address))
        .map(|other| other.address.to_string())
        .collect();
    let location = resource.locations.block.and_then(|span| graph.sources.location(span));
    ui.emit(
        "resource",
        &serde_json::json!({
            "address": address,
            "type": resource.type_name,
            "placement": resource.placement,
            "location": location,
            "properties": resource.properties,
            "needs": needs,
            "neededBy": needed_by,
        }),
    );
    ui.data(&format!("{}  {}", paint(BOLD, address), resource.type_name));
    if let Some(location) = location {
        ui.data(&paint(DIM, format!("  written at {location}")));
    }
    ui.data(&format!("  account {}, {}", resource.placement.account, resource.placement.region));
    ui.data(&format!("  comes after   {}", list(&needs)));
    ui.data(&format!("  comes before  {}", list(&needed_by)));
    ui.data(&paint(DIM, format!("  its type: charter explain {}", resource.type_name)));
    Ok(ExitCode::Done)
}

fn list(addresses: &[String]) -> String {
    if addresses.is_empty() { "nothing".to_owned() } else { addresses.join(", ") }
}
