//! `charter access`: who may do what, and why.

use crate::arguments::{AccessArguments, AccessCommand, GlobalArguments, MatrixColumns};
use crate::command_error::{CommandError, CommandResult, ExitCode};
use crate::project::{self, Project};
use crate::ui::{BOLD, DIM, GREEN, RED, Ui, YELLOW, paint};
use crate::{proof, session};
use charter_access::{Decision, Denial, Effect, Symbol, Verdict};
use charter_lang::Language;
use charter_model::Address;
use charter_proof::{Access, World};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// Lists, or decides one question. Needs no credentials: what is recorded and what the stacks say is enough.
pub(crate) async fn run(ui: Ui, global: &GlobalArguments, arguments: &AccessArguments) -> CommandResult {
    let environment = arguments.environment.as_deref().ok_or_else(|| {
        CommandError::new(ExitCode::InvalidInput, "no environment is named").help("add -e ENVIRONMENT")
    })?;
    let project = project::load(ui, global, environment, &[])?;
    let snapshot = session::peek(&project.place).await?;
    let plan = proof::offline(&project, &snapshot)?;
    let world = World::planned(&project.graph, &snapshot, &plan, &Language::new());
    for problem in &world.problems {
        ui.say(&format!("{} {problem}", paint(YELLOW, "warning:")));
    }
    match &arguments.command {
        Some(AccessCommand::Why { principal, action, resource }) => {
            why(ui, &project, &world, principal, action, resource)
        }
        None => {
            let rows = charter_proof::listing(&world);
            rows.iter().for_each(|row| ui.emit("access", row));
            ui.data(&match arguments.matrix {
                Some(columns) => matrix(&rows, columns),
                None => table(&rows),
            });
            Ok(ExitCode::Done)
        }
    }
}

fn table(rows: &[Access]) -> String {
    let mut text = String::new();
    let mut last = None;
    for row in rows {
        if last.replace(&row.principal) != Some(&row.principal) {
            let _ =
                writeln!(text, "{}  {}", paint(BOLD, &row.principal), paint(DIM, format!("account {}", row.account)));
        }
        let _ = write!(text, "  {}  {}", row.action, row.resource);
        let _ = match row.depends_on.is_empty() {
            true => writeln!(text),
            false => writeln!(text, "  {}", paint(YELLOW, format!("depends on {}", row.depends_on.join(", ")))),
        };
    }
    if text.is_empty() { "nobody may do anything".to_owned() } else { text.trim_end().to_owned() }
}

/// As Markdown, so that it can go into a review: ● always, ○ depending on something. A column of a line of business holds what
/// any of its users and roles may do.
fn matrix(rows: &[Access], columns: MatrixColumns) -> String {
    let column = |row: &Access| match (columns, &row.line_of_business) {
        (MatrixColumns::Principal, _) => row.principal.clone(),
        (MatrixColumns::LineOfBusiness, Some(name)) => name.clone(),
        (MatrixColumns::LineOfBusiness, None) => format!("account {}", row.account),
    };
    let names: BTreeSet<String> = rows.iter().map(column).collect();
    let mut cells: BTreeMap<(&str, &str), BTreeMap<String, bool>> = BTreeMap::new();
    for row in rows {
        let cell = cells.entry((&row.resource, &row.action)).or_default();
        *cell.entry(column(row)).or_default() |= row.depends_on.is_empty();
    }
    let mut text = String::from("| resource | action |");
    text.extend(names.iter().map(|name| format!(" {name} |")));
    text.push_str("\n|---|---|");
    text.extend(names.iter().map(|_| "---|"));
    for ((resource, action), signs) in cells {
        let _ = write!(text, "\n| {resource} | {action} |");
        let sign = |name: &String| signs.get(name).map_or("", |always| if *always { "●" } else { "○" });
        text.extend(names.iter().map(|name| format!(" {} |", sign(name))));
    }
    text
}

/// An ARN as typed, or that of an address.
fn arn(world: &World, text: &str) -> Result<String, CommandError> {
    match text.parse::<Address>() {
        Ok(address) if !text.starts_with("arn:") && text.contains('/') => {
            world.arn_of(&address).map(str::to_owned).ok_or_else(|| {
                CommandError::new(ExitCode::InvalidInput, format!("there is no resource {address} that has an ARN"))
                    .help("name it as `charter state list` does, or by its ARN")
            })
        }
        _ => Ok(text.to_owned()),
    }
}

fn why(ui: Ui, project: &Project, world: &World, principal: &str, action: &str, resource: &str) -> CommandResult {
    let (principal, resource) = (arn(world, principal)?, arn(world, resource)?);
    let (_, decision) = charter_proof::question(world, &principal, action, &resource)
        .map_err(|message| CommandError::new(ExitCode::InvalidInput, message))?;
    let (verdict, text) = words(&decision);
    let statements: Vec<serde_json::Value> = decision
        .deciding
        .iter()
        .map(|deciding| {
            let location = world.span(deciding).and_then(|span| project.graph.sources.location(span));
            serde_json::json!({
                "kind": deciding.layer.word(),
                "policy": Symbol::readable(&deciding.policy),
                "statement": deciding.statement.map(|place| place + 1),
                "sid": deciding.sid,
                "effect": deciding.effect,
                "location": location.map(|location| location.to_string()),
            })
        })
        .collect();
    ui.emit(
        "decision",
        &serde_json::json!({
            "principal": Symbol::readable(&principal),
            "action": action,
            "resource": Symbol::readable(&resource),
            "verdict": verdict,
            "statements": statements,
        }),
    );
    let mut shown = text;
    for deciding in &decision.deciding {
        let effect = if deciding.effect == Effect::Allow { "allows" } else { "denies" };
        let number =
            deciding.statement.map_or_else(|| "a statement".to_owned(), |place| format!("statement {}", place + 1));
        let sid = deciding.sid.as_ref().map(|sid| format!(" {sid}")).unwrap_or_default();
        let policy = Symbol::readable(&deciding.policy);
        let place = world.span(deciding).and_then(|span| project.graph.sources.location(span));
        let place = place.map(|place| format!(", {place}")).unwrap_or_default();
        let _ = write!(shown, "\n  {number}{sid} of the {policy} {effect} it{place}");
    }
    ui.data(&shown);
    Ok(ExitCode::Done)
}

fn words(decision: &Decision) -> (&'static str, String) {
    match (decision.verdict, decision.denial) {
        (Verdict::Allow, _) => ("allow", paint(GREEN, "allowed")),
        (Verdict::Deny, Some(Denial::Implicit(layer))) => {
            ("deny", format!("{}: no {} allows it", paint(RED, "denied"), layer.word()))
        }
        (Verdict::Deny, _) => ("deny", paint(RED, "denied")),
        (Verdict::Depends, _) => {
            let doubt = decision.doubt.context.iter().chain(&decision.doubt.unknown);
            let list: Vec<String> = doubt.map(|each| Symbol::readable(each)).collect();
            ("depends", format!("{}: on {}", paint(YELLOW, "depends"), list.join(", ")))
        }
    }
}
