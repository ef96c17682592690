//! Amazon Bedrock: foundation models and who may use them, inference profiles, guardrails and their versions, prompt routers, custom
//! models with their jobs and throughput, the logging of invocations. What models there are and where is what the catalogue knows of them.

mod customization;
#[cfg(test)]
mod customization_tests;
mod guardrails;
mod logging;
mod models;
mod profiles;
mod records;
mod routers;
mod support;
mod tags;
#[cfg(test)]
mod tests;
mod throughput;

use crate::service::{Call, Service};
use crate::services::shared::Answer;

/// The behaviour of Bedrock's control plane.
pub(crate) struct Bedrock;

impl Service for Bedrock {
    fn call(&self, call: &mut Call<'_>) -> Answer {
        match call.operation {
            "CreateInferenceProfile" => profiles::create(call),
            "GetInferenceProfile" => profiles::get(call),
            "ListInferenceProfiles" => profiles::list(call),
            "DeleteInferenceProfile" => profiles::delete(call),
            "CreateGuardrail" => guardrails::create(call),
            "GetGuardrail" => guardrails::get(call),
            "UpdateGuardrail" => guardrails::update(call),
            "DeleteGuardrail" => guardrails::delete(call),
            "ListGuardrails" => guardrails::list(call),
            "CreateGuardrailVersion" => guardrails::create_version(call),
            "CreatePromptRouter" => routers::create(call),
            "GetPromptRouter" => routers::get(call),
            "ListPromptRouters" => routers::list(call),
            "DeletePromptRouter" => routers::delete(call),
            "PutModelInvocationLoggingConfiguration" => logging::put(call),
            "GetModelInvocationLoggingConfiguration" => logging::get(call),
            "DeleteModelInvocationLoggingConfiguration" => logging::delete(call),
            "ListFoundationModels" => models::list(call),
            "GetFoundationModel" => models::get(call),
            "GetFoundationModelAvailability" => models::availability(call),
            "ListFoundationModelAgreementOffers" => models::offers(call),
            "CreateFoundationModelAgreement" => models::agree(call),
            "CreateModelCustomizationJob" => customization::create(call),
            "GetModelCustomizationJob" => customization::get(call),
            "ListModelCustomizationJobs" => customization::list(call),
            "StopModelCustomizationJob" => customization::stop(call),
            "GetCustomModel" => customization::get_model(call),
            "ListCustomModels" => customization::list_models(call),
            "DeleteCustomModel" => customization::delete_model(call),
            "CreateProvisionedModelThroughput" => throughput::create(call),
            "GetProvisionedModelThroughput" => throughput::get(call),
            "ListProvisionedModelThroughputs" => throughput::list(call),
            "DeleteProvisionedModelThroughput" => throughput::delete(call),
            "TagResource" => tags::tag(call),
            "UntagResource" => tags::untag(call),
            "ListTagsForResource" => tags::list(call),
            _ => Err(call.not_simulated()),
        }
    }
}
