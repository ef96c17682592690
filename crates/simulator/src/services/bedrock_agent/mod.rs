//! Agents for Amazon Bedrock: prompts and their versions. Agents, knowledge bases and flows are made through Cloud Control.

mod prompts;
mod records;
#[cfg(test)]
mod tests;

use crate::service::{Call, Service};
use crate::services::shared::Answer;

/// The behaviour of Bedrock's building blocks.
pub(crate) struct BedrockAgent;

impl Service for BedrockAgent {
    fn call(&self, call: &mut Call<'_>) -> Answer {
        match call.operation {
            "CreatePrompt" => prompts::create(call),
            "GetPrompt" => prompts::get(call),
            "UpdatePrompt" => prompts::update(call),
            "DeletePrompt" => prompts::delete(call),
            "ListPrompts" => prompts::list(call),
            "CreatePromptVersion" => prompts::create_version(call),
            "TagResource" if is_of_prompt(call) => prompts::tag(call),
            "UntagResource" if is_of_prompt(call) => prompts::untag(call),
            "ListTagsForResource" if is_of_prompt(call) => prompts::tags(call),
            _ => Err(call.not_simulated()),
        }
    }
}

fn is_of_prompt(call: &Call<'_>) -> bool {
    call.required("resourceArn").contains(":prompt/")
}
