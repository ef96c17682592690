//! Runs of data sources of AWS Glue. What they find is [`super::catalog`]'s matter.

use super::environments::{SOURCE, source_status};
use super::generic::is_busy;
use super::records::{DataSource, Environment, Run, Thing};
use super::support::{Scope, absent, conflict, listed, made_before, new_id, remember, scope, with};
use super::{catalog, timing};
use crate::service::{Call, later};
use crate::services::shared::Answer;
use charter_model::AccountId;
use serde_json::{Value, json};

fn shown(call: &Call<'_>, scope: &Scope, run: &Thing) -> Value {
    let started = later(run.created, timing::RUN_REQUEST);
    let status = match (is_busy(call, started), is_busy(call, run.ready)) {
        (true, _) => "REQUESTED",
        (false, true) => "RUNNING",
        (false, false) => "SUCCESS",
    };
    let over = status == "SUCCESS";
    with(
        &run.settings,
        json!({
            "domainId": scope.id(),
            "id": run.id,
            "type": "PRIORITIZED",
            "status": status,
            "createdAt": run.created.to_string(),
            "updatedAt": run.updated.to_string(),
            "startedAt": (status != "REQUESTED").then(|| started.to_string()),
            "stoppedAt": over.then(|| run.ready.to_string()),
            "runStatisticsForAssets": over.then(|| json!({
                "added": run.settings.get("added"), "updated": 0, "unchanged": run.settings.get("unchanged"), "skipped": 0,
                "failed": 0,
            })),
        }),
    )
}

pub(super) fn start(call: &mut Call<'_>) -> Answer {
    let scope = scope(call)?;
    let missing = |id: &str| absent(format!("Data source run {id} not found"));
    if let Some(id) = made_before(call)? {
        let run = scope.get::<Run>(call, &id).ok_or_else(|| missing(&id))?;
        return Ok(shown(call, &scope, &run));
    }
    let mut source = SOURCE.there::<DataSource>(call, &scope, call.required("dataSourceIdentifier"))?;
    match source_status(call, &source) {
        "READY" => {}
        status => return Err(conflict(format!("Data source {} is {status}", source.id))),
    }
    let filters = source.settings.get("configuration").and_then(|configuration| {
        configuration.get("glueRunConfiguration")?.get("relationalFilterConfigurations")?.as_array().cloned()
    });
    let environment = scope.get::<Environment>(call, source.text("environmentId"));
    let account = environment.and_then(|environment| AccountId::new(environment.text("awsAccountId")).ok());
    let account = account.unwrap_or_else(|| scope.owner.clone());
    let found: Vec<_> = filters.iter().flatten().flat_map(|filter| catalog::tables(call, &account, filter)).collect();
    let over = call.after(timing::RUN);
    let (added, unchanged) = catalog::bring_in(call, &scope, &source, found, over);
    let settings = json!({
        "dataSourceId": source.id, "projectId": source.text("projectId"), "added": added, "unchanged": unchanged,
    });
    let settings = settings.as_object().cloned().unwrap_or_default();
    let run = Thing::new(new_id(call), "", settings, call.now).taking(timing::RUN);
    source.settings.insert("runs".to_owned(), json!(run.ready.to_string()));
    scope.put::<DataSource>(call, &source.id.clone(), source);
    scope.put::<Run>(call, &run.id.clone(), run.clone());
    remember(call, &run.id);
    Ok(shown(call, &scope, &run))
}

pub(super) fn get(call: &mut Call<'_>) -> Answer {
    let scope = scope(call)?;
    let id = call.required("identifier");
    let run = scope.read::<Run>(call, id).ok_or_else(|| absent(format!("Data source run {id} not found")))?;
    Ok(shown(call, &scope, &run))
}

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let scope = scope(call)?;
    let source = call.required("dataSourceIdentifier");
    let runs = scope.told::<Run>(call).into_iter().filter(|(_, run)| run.text("dataSourceId") == source);
    let items = runs.map(|(id, run)| (id, shown(call, &scope, &run))).collect();
    listed(call, "items", items)
}
