//! `charter explain`: a resource type, a resource of the stacks, or the code of a finding.

use crate::arguments::{ExplainArguments, GlobalArguments};
use crate::command_error::{CommandError, CommandResult, ExitCode};
use crate::project;
use crate::render::explain;
use crate::ui::{BOLD, CYAN, DIM, Ui, paint};
use charter_catalog::Catalog;
use charter_model::{Address, DesiredGraph, TypeName};

/// The page about the codes of findings, which is where their explanations stand.
const ERRORS: &str = include_str!("../../../../docs/errors.md");

/// What the subject looks like decides.
pub(crate) fn run(ui: Ui, global: &GlobalArguments, arguments: &ExplainArguments) -> CommandResult {
    let subject = arguments.subject.as_str();
    if subject.starts_with("charter::") {
        return explain_code(ui, subject);
    }
    if subject.contains('/') {
        let address: Address = project::address(subject)?;
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

fn explain_code(ui: Ui, code: &str) -> CommandResult {
    let Some((_, meaning, advice)) = codes().find(|(known, ..)| *known == code) else {
        return Err(project::unknown("code", code, codes().map(|(known, ..)| known)));
    };
    ui.emit("code", &serde_json::json!({"code": code, "meaning": meaning, "advice": advice}));
    ui.data(&format!("{}\n  {meaning}\n  {} {advice}", paint(BOLD, code), paint(CYAN, "help:")));
    Ok(ExitCode::Done)
}

/// Code, meaning and advice of every finding, from the rows of the page's table.
fn codes() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    ERRORS.lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| `")?.strip_suffix(" |")?.split(" | ");
        let code = cells.next()?.strip_suffix('`')?;
        Some((code, cells.next()?, cells.next()?))
    })
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

#[cfg(test)]
mod tests {
    use super::*;
    use charter_catalog::VIOLATION_CODES;

    #[test]
    fn every_violation_of_a_schema_has_a_row_in_the_page() {
        let known: Vec<&str> = codes().map(|(code, ..)| code).collect();
        for (code, _) in VIOLATION_CODES {
            assert!(known.contains(&format!("charter::{code}").as_str()), "{code} is missing from docs/errors.md");
        }
    }
}
