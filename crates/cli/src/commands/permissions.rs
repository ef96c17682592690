//! `charter permissions`: the least policies with which the stacks can be applied and destroyed.

use crate::arguments::{GlobalArguments, PermissionsArguments};
use crate::command_error::{CommandError, CommandResult, ExitCode};
use crate::project;
use crate::ui::{BOLD, DIM, Ui, YELLOW, paint};
use charter_lang::Language;
use charter_model::DesiredGraph;
use charter_permissions::{
    AccountPermissions, Attachment, INLINE_LIMIT, MOST_POLICIES, Need, POLICY_LIMIT, RehearsalError, RehearsalRequest,
    permissions, rehearse, size,
};
use serde_json::json;
use std::collections::BTreeSet;
use std::path::Path;

/// Rehearses the stacks in a simulated cloud of its own, and prints what that took. Needs no credentials and reads no state.
pub(crate) fn run(ui: Ui, global: &GlobalArguments, arguments: &PermissionsArguments) -> CommandResult {
    let selected = &arguments.selected;
    let project = project::load(ui, global, &selected.environment, &selected.set)?;
    let selection = project::selection(&project, selected, |_| false)?;
    let graph = &project.graph;
    let request = RehearsalRequest { graph, selection, evaluator: &Language::new(), enforced: None };
    let rehearsal = rehearse(&request).map_err(|error| match error {
        RehearsalError::Plan(diagnostics) => CommandError::Input { diagnostics, sources: graph.sources.clone() },
        RehearsalError::Setup(_) => CommandError::new(ExitCode::Unexpected, error.to_string()),
    })?;
    for problem in &rehearsal.problems {
        ui.say(&format!("{} not rehearsed, so that permissions may be missing: {problem}", paint(YELLOW, "warning:")));
    }
    for type_name in &rehearsal.unlisted {
        ui.say(&format!(
            "{} what the handlers of {type_name} call is not known here: add what `handlers` of its registry schema lists",
            paint(YELLOW, "warning:")
        ));
    }
    for type_name in &rehearsal.derived {
        ui.say(&format!(
            "{} nobody lists what the handlers of {type_name} call: its actions are inferred from the operations of its service",
            paint(YELLOW, "note:")
        ));
    }
    let accounts = permissions(&rehearsal, graph);
    if let Some(folder) = &arguments.out {
        std::fs::create_dir_all(folder)?;
    }
    for account in &accounts {
        print(ui, account, graph, arguments.out.as_deref())?;
    }
    Ok(ExitCode::Done)
}

fn print(ui: Ui, account: &AccountPermissions, graph: &DesiredGraph, out: Option<&Path>) -> Result<(), CommandError> {
    let policies = size(account);
    let role = graph.accounts.get(&account.account).and_then(|target| target.role.as_deref());
    for (place, policy) in policies.iter().enumerate() {
        let (number, of) = (place + 1, policies.len());
        ui.emit(
            "policy",
            &json!({
                "account": account.account, "id": account.id, "number": number, "of": of, "role": role,
                "attachment": policy.attachment, "document": policy.document, "needs": policy.needs,
            }),
        );
        let text = serde_json::to_string_pretty(&policy.document).unwrap_or_default();
        let (kind, limit) = match policy.attachment {
            Attachment::Managed => ("", POLICY_LIMIT),
            Attachment::Inline => ("-inline", INLINE_LIMIT),
        };
        if let Some(folder) = out {
            write(folder, &format!("{}-{number}{kind}.json", account.account), &text)?;
        }
        let used = text.chars().filter(|letter| !letter.is_whitespace()).count();
        ui.data(&paint(
            BOLD,
            format!(
                "# account {} ({}), {} policy {number} of {of}: {used} of {limit} characters",
                account.account,
                account.id.as_ref().map_or("made by the stacks", |id| id.as_str()),
                word(policy.attachment)
            ),
        ));
        ui.data(&text);
        for (statement, needs) in statements(&policy.document).zip(&policy.needs) {
            ui.data(&paint(DIM, format!("# {statement}: {}", words(needs))));
        }
    }
    let count = |attachment| policies.iter().filter(|policy| policy.attachment == attachment).count();
    let (managed, inline) = (count(Attachment::Managed), count(Attachment::Inline));
    let whom = role.map_or_else(|| "whoever the credentials are of".to_owned(), |role| format!("the role {role}"));
    let mut how = format!("# account {}: attach {managed} managed policies to {whom}", account.account);
    if inline > 0 {
        how.push_str(" and embed the inline one in it");
    }
    ui.data(&paint(DIM, how));
    if managed > MOST_POLICIES {
        ui.say(&format!(
            "{} account {} needs {managed} managed policies; a role takes {MOST_POLICIES} unless AWS raises the quota (to 25 at \
             most): name fewer stacks for a role",
            paint(YELLOW, "warning:"),
            account.account,
        ));
    }
    Ok(())
}

fn word(attachment: Attachment) -> &'static str {
    match attachment {
        Attachment::Managed => "managed",
        Attachment::Inline => "inline",
    }
}

fn statements(document: &serde_json::Value) -> impl Iterator<Item = &str> {
    let list = document.get("Statement").and_then(serde_json::Value::as_array).into_iter().flatten();
    list.map(|statement| statement.get("Sid").and_then(serde_json::Value::as_str).unwrap_or("statement"))
}

fn words(needs: &BTreeSet<Need>) -> String {
    let word = |need: &Need| match need {
        Need::Resource(address) => address.to_string(),
        Need::EveryRun => "every run".to_owned(),
    };
    needs.iter().map(word).collect::<Vec<_>>().join(", ")
}

fn write(folder: &Path, name: &str, text: &str) -> Result<(), CommandError> {
    let path = folder.join(name);
    std::fs::write(&path, format!("{text}\n")).map_err(|error| {
        CommandError::new(ExitCode::InvalidInput, format!("{} cannot be written: {error}", path.display()))
    })
}
