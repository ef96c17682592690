//! `Charter::Bedrock::FineTuning`: what fine-tuning jobs run with. It is in the state and nowhere else, so reading it gives back what
//! was recorded; what is made with it ([`super::customization`]) is made by acts of its own, and keeps it from being taken away.

use super::customization::{self, FineTuningGround, FineTuningStanding};
use crate::adapter::Step;
use crate::clients::Clients;
use crate::convert;
use crate::progress::done;
use crate::state_only::Note;
use async_trait::async_trait;
use charter_model::Address;
use charter_provider::{DeleteRequest, Failure, FailureCode, Properties};

pub(super) const TYPE: &str = "Charter::Bedrock::FineTuning";

/// Serves them.
pub(super) struct FineTunings;

/// What is still there, with the commands that end it, in the order in which they have to be given.
fn held(standing: &FineTuningStanding, address: &Address, environment: &str) -> Option<String> {
    let command =
        |words: &str, name: &str| format!("`charter finetune {words} {name} -e {environment} --on {address}`");
    let throughputs = standing.throughputs.iter().map(|each| {
        let units = if each.units == 1 { "unit".to_owned() } else { format!("{} units", each.units) };
        let until = each.committed_until.as_ref().map(|until| format!(", committed until {until}")).unwrap_or_default();
        format!(
            "the provisioned throughput {} ({units}{until}): {}",
            each.name,
            command("throughput release", &each.name)
        )
    });
    let jobs = standing.jobs.iter().filter(|job| job.is_under_way());
    let jobs = jobs.map(|job| format!("the job {} ({}): {}", job.name, job.status, command("stop", &job.name)));
    let models =
        standing.models.iter().map(|model| format!("the model {}: {}", model.name, command("delete", &model.name)));
    let all: Vec<String> = throughputs.chain(jobs).chain(models).collect();
    (!all.is_empty()).then(|| all.join("; "))
}

#[async_trait]
impl Note for FineTunings {
    const TYPE: &'static [&'static str] = &[TYPE];

    fn written(&self, properties: Properties) -> Step {
        let name: String = convert::required(&properties, "Name")?;
        Ok(done(name, properties))
    }

    async fn may_go(&self, clients: &Clients, request: &DeleteRequest) -> Result<(), Failure> {
        let ground = FineTuningGround::of(&request.recorded)?;
        let standing = customization::standing(clients, &ground).await?;
        match held(&standing, &request.address, clients.environment().as_str()) {
            None => Ok(()),
            Some(held) => {
                let message = format!("its role, its key and its network are still needed. There are {held}");
                // Waiting does not help: a conflict would be waited for.
                Err(Failure::new(FailureCode::InvalidRequest, message))
            }
        }
    }
}
