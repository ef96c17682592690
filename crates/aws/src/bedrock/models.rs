//! Whether an account can use a model in a region: asked before anything is changed. Nothing is agreed to and nothing is bought.

use crate::adapter::ResourcePreflight;
use crate::clients::Clients;
use crate::errors::failure;
use aws_sdk_bedrock::operation::get_foundation_model_availability::GetFoundationModelAvailabilityOutput;
use aws_sdk_bedrock::types::InferenceType;
use charter_catalog::{geography, named_models};
use charter_provider::{Failure, FailureCode, PreflightFinding};
use std::collections::BTreeSet;

/// How much must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strictness {
    /// The model can be called right away.
    Strict,
    /// The model is offered; what only calling it needs is told as a warning.
    Lenient,
}

/// What is known of a model or system profile in the region of the clients.
pub(super) struct Standing {
    /// The models that it comes to, as ARNs; empty if it is not offered.
    pub(super) models: BTreeSet<String>,
    /// `ACTIVE` or `LEGACY`; none if AWS does not say.
    pub(super) lifecycle: Option<String>,
    /// An agreement was made and is not in force yet.
    pub(super) is_pending: bool,
    pub(super) findings: Vec<PreflightFinding>,
}

fn blocking(message: String) -> PreflightFinding {
    PreflightFinding { blocks: true, message }
}

/// What an answer means, so that what is missing or not allowed to be asked is told apart from a failure.
enum Answer<T> {
    Found(T),
    Missing(String),
    NotAllowed(String),
}

fn sorted<T>(answer: Result<T, Failure>) -> Result<Answer<T>, Failure> {
    match answer {
        Ok(found) => Ok(Answer::Found(found)),
        // A model that ended, too, is answered with "not found"; an id of no known form is invalid.
        Err(failure) if matches!(failure.code, FailureCode::NotFound | FailureCode::InvalidRequest) => {
            Ok(Answer::Missing(failure.message))
        }
        Err(failure) if failure.code == FailureCode::AccessDenied => Ok(Answer::NotAllowed(failure.message)),
        Err(failure) => Err(failure),
    }
}

/// What stands against the models that a resource names. For types that have no adapter of their own as well.
pub(crate) async fn of_resource(
    clients: &Clients,
    resource: &ResourcePreflight,
    strictness: Strictness,
) -> Result<Vec<PreflightFinding>, Failure> {
    let named: BTreeSet<String> =
        named_models(&resource.type_name, &resource.desired).into_iter().map(|(_, id)| id).collect();
    let mut findings = Vec::new();
    for id in named {
        findings.extend(standing(clients, &id, strictness).await?.findings);
    }
    Ok(findings)
}

/// Asks for everything that bears on a model or system profile.
pub(super) async fn standing(clients: &Clients, id: &str, strictness: Strictness) -> Result<Standing, Failure> {
    let mut standing = Standing { models: BTreeSet::new(), lifecycle: None, is_pending: false, findings: Vec::new() };
    let place = format!("account {} in {}", clients.account_id(), clients.region());
    let model = match geography(id) {
        None => id,
        Some((_, model)) => {
            let call = clients.bedrock().get_inference_profile().inference_profile_identifier(id).send().await;
            match sorted(call.map_err(failure))? {
                Answer::Found(found) => {
                    standing.models.extend(found.models.into_iter().filter_map(|model| model.model_arn));
                }
                Answer::Missing(why) => {
                    standing.findings.push(blocking(format!("{place} is not offered the system profile {id} ({why})")));
                    return Ok(standing);
                }
                Answer::NotAllowed(why) => {
                    standing.findings.push(untold(&place, id, "bedrock:GetInferenceProfile", &why))
                }
            }
            model
        }
    };
    match sorted(clients.bedrock().get_foundation_model().model_identifier(model).send().await.map_err(failure))? {
        Answer::Found(answer) => {
            let Some(details) = answer.model_details else { return Ok(standing) };
            // GetFoundationModel, `inferenceTypesSupported`: one that lacks `ON_DEMAND` is called through a profile.
            let ways = details.inference_types_supported.unwrap_or_default();
            if model == id && !ways.is_empty() && !ways.contains(&InferenceType::OnDemand) {
                standing.findings.push(blocking(format!(
                    "{place} calls {id} through an inference profile only: name the system profile of its part of the world \
                     (`aws bedrock list-inference-profiles`), or an application inference profile of one"
                )));
            }
            if standing.models.is_empty() {
                standing.models.insert(details.model_arn);
            }
            standing.lifecycle = details.model_lifecycle.map(|life| life.status.as_str().to_owned());
            if standing.lifecycle.as_deref() == Some("LEGACY") {
                // Amazon Bedrock User Guide, "Model lifecycle": who does not use it yet cannot begin to.
                standing.findings.push(PreflightFinding {
                    blocks: false,
                    message: format!(
                        "{model} is legacy in {}: it will end, and an account that has not used it \
                                      lately may be refused. Plan for its successor",
                        clients.region()
                    ),
                });
            }
        }
        // A system profile may route only to other regions.
        Answer::Missing(_) if !standing.models.is_empty() => return Ok(standing),
        Answer::Missing(why) => {
            standing.findings.push(blocking(format!("{place} is not offered {model} ({why})")));
            return Ok(standing);
        }
        Answer::NotAllowed(why) => standing.findings.push(untold(&place, model, "bedrock:GetFoundationModel", &why)),
    }
    let call = clients.bedrock().get_foundation_model_availability().model_id(model).send().await;
    match sorted(call.map_err(failure))? {
        Answer::Found(answer) => judge(&answer, model, &place, strictness, &mut standing),
        Answer::Missing(_) => {}
        Answer::NotAllowed(why) => {
            standing.findings.push(untold(&place, model, "bedrock:GetFoundationModelAvailability", &why));
        }
    }
    Ok(standing)
}

fn untold(place: &str, id: &str, action: &str, why: &str) -> PreflightFinding {
    let message = format!("whether {place} can use {id} cannot be told: {action} is not allowed ({why})");
    PreflightFinding { blocks: false, message }
}

fn judge(
    answer: &GetFoundationModelAvailabilityOutput,
    model: &str,
    place: &str,
    strictness: Strictness,
    standing: &mut Standing,
) {
    // A system profile may be called from where the model itself is not offered.
    let is_routed = standing.models.len() > 1;
    if answer.region_availability().as_str() == "NOT_AVAILABLE" && !is_routed {
        standing
            .findings
            .push(blocking(format!("{place} is not offered {model}: choose a region or profile that has it")));
    }
    let agreement = answer.agreement_availability();
    let status = agreement.map_or("AVAILABLE", |agreement| agreement.status().as_str());
    standing.is_pending = status == "PENDING";
    let mut missing = Vec::new();
    match status {
        // Nothing is accepted here: terms and prices are for a person to read.
        "NOT_AVAILABLE" => missing.push(format!(
            "nobody has agreed to the terms of {model} for {place}: read and accept them in the Bedrock console, or with \
             `aws bedrock list-foundation-model-agreement-offers --model-id {model}` and `create-foundation-model-agreement`"
        )),
        "PENDING" => missing.push(format!("the agreement to the terms of {model} for {place} is not in force yet")),
        "ERROR" => missing.push(format!(
            "the agreement to the terms of {model} for {place} failed: {}",
            agreement.and_then(|agreement| agreement.error_message()).unwrap_or("AWS gives no reason")
        )),
        _ => {}
    }
    if answer.authorization_status().as_str() == "NOT_AUTHORIZED" {
        missing.push(format!("{place} is not authorised to use {model}: a policy of the organization may deny it"));
    }
    if answer.entitlement_availability().as_str() == "NOT_AVAILABLE" {
        missing.push(format!("{place} has no access to {model}: ask for it in the Bedrock console"));
    }
    let blocks = strictness == Strictness::Strict;
    standing.findings.extend(missing.into_iter().map(|message| PreflightFinding { blocks, message }));
}
