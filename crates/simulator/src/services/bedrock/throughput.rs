//! Provisioned throughput: model units of a custom model, paid by the hour until it is deleted; with a term, not before that is over.

use super::customization::{foundation, model};
use super::records::Provisioned;
use super::support::{absent, conflict, invalid, listed, once};
use crate::service::{Call, ServiceError, later};
use crate::services::shared::{Answer, lower_tags_of, nothing};
use serde_json::{Value, json};

/// Until it serves: an estimate.
const CREATION: f64 = 600.0;
const DAY: f64 = 86_400.0;

pub(super) fn create(call: &mut Call<'_>) -> Answer {
    once(call, |call| {
        let name = call.required("provisionedModelName").to_owned();
        // CreateProvisionedModelThroughput lists no ConflictException.
        if call.store.list::<Provisioned>(call.account, call.region).iter().any(|(_, held)| held.name == name) {
            return Err(invalid(format!("A provisioned model with the name {name} already exists.")));
        }
        let (_, model) = model(call, call.required("modelId"))?;
        let id = call.random.lower_alphanumeric(12);
        let provisioned = Provisioned {
            arn: call.arn("bedrock", format_args!("provisioned-model/{id}")),
            name,
            foundation: foundation(call, &model),
            model: model.arn,
            units: call.integer("modelUnits").unwrap_or(1),
            commitment: call.text("commitmentDuration").map(str::to_owned),
            tags: lower_tags_of(call.member("tags")),
            created: call.now,
        };
        call.store.put(call.account, call.region, &id, &provisioned);
        Ok(json!({"provisionedModelArn": provisioned.arn}))
    })
}

fn find(call: &Call<'_>) -> Result<(String, Provisioned), ServiceError> {
    let asked = call.required("provisionedModelId");
    let mut all = call.store.list::<Provisioned>(call.account, call.region).into_iter();
    let found = all.find(|(_, provisioned)| provisioned.name == asked || provisioned.arn == asked);
    found.ok_or_else(|| absent(format!("Could not find a provisioned model with the identifier {asked}.")))
}

/// When the term is over.
fn expires(provisioned: &Provisioned) -> Option<jiff::Timestamp> {
    let days = match provisioned.commitment.as_deref()? {
        "SixMonths" => 180.0,
        _ => 30.0,
    };
    Some(later(provisioned.created, days * DAY))
}

fn shown(call: &Call<'_>, provisioned: &Provisioned) -> Value {
    let ready = later(provisioned.created, CREATION);
    json!({
        "provisionedModelName": provisioned.name,
        "provisionedModelArn": provisioned.arn,
        "modelArn": provisioned.model,
        "desiredModelArn": provisioned.model,
        "foundationModelArn": provisioned.foundation,
        "modelUnits": provisioned.units,
        "desiredModelUnits": provisioned.units,
        "status": if call.now < ready { "Creating" } else { "InService" },
        "commitmentDuration": provisioned.commitment,
        "commitmentExpirationTime": expires(provisioned).map(|moment| moment.to_string()),
        "creationTime": provisioned.created.to_string(),
        "lastModifiedTime": ready.min(call.now).to_string(),
    })
}

pub(super) fn get(call: &mut Call<'_>) -> Answer {
    let (_, provisioned) = find(call)?;
    Ok(shown(call, &provisioned))
}

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let all = call.store.read_all::<Provisioned>(call.account, call.region).into_iter();
    let items = all.filter_map(|(id, provisioned)| {
        let shown = shown(call, &provisioned);
        let equals = |member: &str, name: &str| {
            call.text(member).is_none_or(|wanted| shown.get(name).and_then(Value::as_str) == Some(wanted))
        };
        let wanted = equals("modelArnEquals", "modelArn")
            && equals("statusEquals", "status")
            && call.text("nameContains").is_none_or(|part| provisioned.name.contains(part));
        wanted.then(|| (format!("{} {id}", provisioned.created), shown))
    });
    let items = items.collect();
    listed(call, "provisionedModelSummaries", items)
}

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let (id, provisioned) = find(call)?;
    if expires(&provisioned).is_some_and(|expires| call.now < expires) {
        return Err(conflict(format!(
            "The provisioned model {} can't be deleted before its commitment term is over.",
            provisioned.name
        )));
    }
    call.store.remove::<Provisioned>(call.account, call.region, &id);
    nothing()
}
