//! Amazon Bedrock: inference profiles, guardrails, prompts and their versions, prompt routers, the logging of invocations, what
//! fine-tuning runs with and the acts of it, and whether an account can use a model at all.
//!
//! Creations take the journal's token, so one whose answer was lost is repeated, or found by its marks.

mod customization;
mod fine_tuning;
mod guardrail;
mod guardrail_version;
mod logging;
mod model_access;
pub(crate) mod models;
mod profile;
mod prompt;
mod prompt_version;
mod router;
mod tags;

use crate::adapter::Adapter;
use crate::settle::adapter;
use charter_catalog::Catalog;
use std::sync::Arc;

pub use customization::{
    CustomModel, FineTuningGround, FineTuningJob, FineTuningOrder, FineTuningStanding, Throughput, ThroughputOrder,
};

/// The adapters of all types here.
pub(crate) fn adapters(catalog: &'static Catalog) -> Vec<Arc<dyn Adapter>> {
    vec![
        crate::living::adapter(guardrail::Guardrails, catalog),
        Arc::new(crate::state_only::StateOnly(fine_tuning::FineTunings)),
        Arc::new(model_access::ModelAccesses),
        adapter(guardrail_version::GuardrailVersion, catalog),
        adapter(logging::InvocationLogging, catalog),
        adapter(profile::Profile, catalog),
        adapter(prompt::Prompt, catalog),
        adapter(prompt_version::PromptVersion, catalog),
        adapter(router::Router, catalog),
    ]
}
