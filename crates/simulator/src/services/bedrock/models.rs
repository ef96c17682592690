//! Foundation models, from what the catalogue knows, and agreements to their terms.
//!
//! A model of another provider than Amazon needs an agreement (Amazon Bedrock User Guide, "Access Amazon Bedrock foundation models"),
//! which is in force some minutes after it was made.

use super::profiles::routed;
use super::records::Agreement;
use super::support::{absent, invalid};
use crate::service::{Call, ServiceError};
use crate::services::shared::Answer;
use crate::store::GLOBAL;
use charter_catalog::{FoundationModel, ModelLife, foundation_models, geography};
use serde_json::{Value, json};

/// Seconds until an agreement is in force.
const AGREEMENT: f64 = 120.0;

/// `arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0`
pub(super) fn model_arn(call: &Call<'_>, region: &str, id: &str) -> String {
    format!("arn:{}:bedrock:{region}::foundation-model/{id}", call.partition())
}

/// Whether a model is in a region: to be called there, or because a system profile routes to it.
fn is_in(model: &FoundationModel, region: &str) -> bool {
    let routes = foundation_models()
        .profiles
        .iter()
        .filter(|profile| geography(&profile.id).is_some_and(|(_, routed)| routed == model.id));
    model.direct.iter().chain(&model.legacy).any(|each| each == region)
        || routes.flat_map(|profile| profile.routes.values()).flatten().any(|each| each == region)
}

/// A model that has not ended here. The words are those of its page in the Amazon Bedrock User Guide ("Claude 3 Haiku").
pub(super) fn alive(call: &Call<'_>, id: &str) -> Result<&'static FoundationModel, ServiceError> {
    let known = foundation_models().model(id).ok_or_else(|| invalid("The provided model identifier is invalid."))?;
    match known.life(call.region) {
        ModelLife::Ended(_) => Err(absent(
            "This model version has reached the end of its life. Please refer to the AWS documentation for more details.",
        )),
        ModelLife::Active | ModelLife::Legacy => Ok(known),
    }
}

/// A model that is offered here.
pub(super) fn offered(call: &Call<'_>, id: &str) -> Result<&'static FoundationModel, ServiceError> {
    let model = alive(call, id)?;
    if is_in(model, call.region) { Ok(model) } else { Err(invalid("The provided model identifier is invalid.")) }
}

fn shown(call: &Call<'_>, model: &FoundationModel) -> Value {
    let direct = model.direct.iter().any(|region| region == call.region);
    let life = if model.life(call.region) == ModelLife::Legacy { "LEGACY" } else { "ACTIVE" };
    json!({
        "modelArn": model_arn(call, call.region, &model.id),
        "modelId": model.id,
        "modelName": model.name,
        "providerName": model.provider,
        "inputModalities": ["TEXT"],
        "outputModalities": ["TEXT"],
        "responseStreamingSupported": true,
        "customizationsSupported": [],
        // Not in the service model's list of values, but what AWS answers of models that only profiles lead to
        // (<https://github.com/aws-samples/artifacts-and-tools-for-bedrock/issues/13>).
        "inferenceTypesSupported": if direct { json!(["ON_DEMAND"]) } else { json!(["INFERENCE_PROFILE"]) },
        "modelLifecycle": {"status": life},
    })
}

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let provider = call.text("byProvider");
    let here = foundation_models().models.iter().filter(|model| {
        offered(call, &model.id).is_ok()
            && provider.is_none_or(|provider| model.provider.eq_ignore_ascii_case(provider))
    });
    Ok(json!({"modelSummaries": here.map(|model| shown(call, model)).collect::<Value>()}))
}

pub(super) fn get(call: &mut Call<'_>) -> Answer {
    let id = super::support::id_in(call.required("modelIdentifier"));
    let model = offered(call, id)?;
    Ok(json!({"modelDetails": shown(call, model)}))
}

/// The state of the agreement to a model's terms.
fn agreement(call: &Call<'_>, model: &FoundationModel) -> &'static str {
    if model.provider == "Amazon" {
        return "AVAILABLE";
    }
    match call.store.get::<Agreement>(call.account, GLOBAL, &model.id) {
        None => "NOT_AVAILABLE",
        Some(made) if call.now < made.in_force => "PENDING",
        Some(_) => "AVAILABLE",
    }
}

pub(super) fn availability(call: &mut Call<'_>) -> Answer {
    let id = call.required("modelId");
    let model = alive(call, id)?;
    let here = is_in(model, call.region) || routed(call, id).is_some();
    Ok(json!({
        "modelId": model.id,
        "agreementAvailability": {"status": agreement(call, model)},
        "authorizationStatus": "AUTHORIZED",
        "entitlementAvailability": "AVAILABLE",
        "regionAvailability": if here { "AVAILABLE" } else { "NOT_AVAILABLE" },
    }))
}

pub(super) fn offers(call: &mut Call<'_>) -> Answer {
    let model = offered(call, call.required("modelId"))?;
    let terms = json!({
        "usageBasedPricingTerm": {"rateCard": []},
        "legalTerm": {"url": "https://aws.amazon.com/legal/bedrock/third-party-models/"},
        "supportTerm": {},
    });
    let offer = json!({"offerId": "offer-1", "offerToken": format!("offer/{}", model.id), "termDetails": terms});
    let offers = if model.provider == "Amazon" { json!([]) } else { json!([offer]) };
    Ok(json!({"modelId": model.id, "offers": offers}))
}

pub(super) fn agree(call: &mut Call<'_>) -> Answer {
    let model = offered(call, call.required("modelId"))?;
    if call.required("offerToken") != format!("offer/{}", model.id) {
        return Err(invalid("The provided offer token is invalid."));
    }
    if agreement(call, model) == "NOT_AVAILABLE" {
        let made = Agreement { in_force: call.after(AGREEMENT) };
        call.store.put(call.account, GLOBAL, &model.id, &made);
    }
    Ok(json!({"modelId": model.id}))
}
