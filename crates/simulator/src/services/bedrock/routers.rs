//! Prompt routers: which of two models of a family answers a prompt.

use super::models;
use super::profiles::routed;
use super::records::{Profile, Router};
use super::support::{absent, conflict, id_in, invalid, listed, once};
use crate::service::{Call, ServiceError};
use crate::services::shared::{Answer, lower_tags_of, nothing};
use serde_json::{Value, json};

fn arn(call: &Call<'_>, id: &str) -> String {
    // Service Authorization Reference, "Resource types defined by Amazon Bedrock": `prompt-router` is what an account makes itself.
    call.arn("bedrock", format_args!("prompt-router/{id}"))
}

fn shown(call: &Call<'_>, router: &Router) -> Value {
    let mut shown = router.settings.clone();
    let own = json!({
        "promptRouterArn": arn(call, &router.id),
        "createdAt": router.created.to_string(),
        "updatedAt": router.created.to_string(),
        "status": "AVAILABLE",
        "type": "custom",
    });
    shown.extend(own.as_object().cloned().unwrap_or_default());
    Value::Object(shown)
}

fn check(call: &Call<'_>, model: &Value) -> Result<(), ServiceError> {
    let arn = model.get("modelArn").and_then(Value::as_str).unwrap_or_default();
    let id = id_in(arn);
    let there = if arn.contains(":foundation-model/") {
        return models::offered(call, id).map(drop);
    } else if arn.contains(":application-inference-profile/") {
        call.store.contains::<Profile>(call.account, call.region, id)
    } else {
        routed(call, id).is_some()
    };
    if there { Ok(()) } else { Err(invalid("The provided model identifier is invalid.")) }
}

pub(super) fn create(call: &mut Call<'_>) -> Answer {
    once(call, |call| {
        let name = call.required("promptRouterName").to_owned();
        let models = call.member("models").and_then(Value::as_array).cloned().unwrap_or_default();
        let fallback = call.member("fallbackModel").cloned().unwrap_or_default();
        models.iter().chain([&fallback]).try_for_each(|model| check(call, model))?;
        let named = |router: &Router| router.settings.get("promptRouterName").and_then(Value::as_str) == Some(&*name);
        if call.store.list::<Router>(call.account, call.region).iter().any(|(_, held)| named(held)) {
            return Err(conflict(format!("A prompt router with the name {name} already exists.")));
        }
        let names = ["promptRouterName", "description", "models", "fallbackModel", "routingCriteria"];
        let settings = names.iter().filter_map(|name| Some(((*name).to_owned(), call.member(name)?.clone()))).collect();
        let router = Router {
            id: call.random.lower_alphanumeric(12),
            settings,
            tags: lower_tags_of(call.member("tags")),
            created: call.now,
        };
        call.store.put(call.account, call.region, &router.id, &router);
        Ok(json!({"promptRouterArn": arn(call, &router.id)}))
    })
}

fn unknown(call: &Call<'_>) -> ServiceError {
    absent(format!("The prompt router {} was not found.", call.required("promptRouterArn")))
}

pub(super) fn get(call: &mut Call<'_>) -> Answer {
    let found: Option<Router> = call.store.read(call.account, call.region, id_in(call.required("promptRouterArn")));
    found.map(|router| shown(call, &router)).ok_or_else(|| unknown(call))
}

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let routers = call.store.read_all::<Router>(call.account, call.region).into_iter();
    let routers = routers.filter(|_| call.text("type") != Some("default"));
    listed(call, "promptRouterSummaries", routers.map(|(id, router)| (id, shown(call, &router))).collect())
}

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let id = id_in(call.required("promptRouterArn")).to_owned();
    if call.store.remove::<Router>(call.account, call.region, &id) { nothing() } else { Err(unknown(call)) }
}
