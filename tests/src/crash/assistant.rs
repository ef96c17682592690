//! The assistant of the bank, with what its stack leaves to its owner: a plugin, a sync of its bucket, and something that waits for
//! the hand-off to the administrator of the identity provider. Hand-offs are confirmed between runs, as somebody would.

use crate::TestProject;
use crate::crash::figures::Figures;
use crate::crash::scenario::{Scenario, begun, from, graph, scenario, undisturbed};
use crate::crash::world::World;
use charter_model::{DesiredGraph, Value};
use charter_planner::Mode;
use charter_state::Entry;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

const STACK: &str = "stacks/assistant.yaml";
const HAND_OFF: &str = "Charter::Manual::HandOff";

/// What is done with the assistant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assistant {
    /// A first apply: what needs the hand-off waits.
    Apply,
    /// The apply after the hand-off was confirmed.
    Confirmed,
    /// Another member of a group, another blocked phrase, another plugin, another sync; the hand-off changes, and is open again.
    Update,
    /// Everything goes.
    Destroy,
}

impl Assistant {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Apply, Self::Confirmed, Self::Update, Self::Destroy];

    fn name(self) -> &'static str {
        match self {
            Self::Apply => "assistant-apply",
            Self::Confirmed => "assistant-confirmed",
            Self::Update => "assistant-update",
            Self::Destroy => "assistant-destroy",
        }
    }
}

impl fmt::Display for Assistant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Assistant {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|each| each.name() == text).ok_or_else(|| format!("there is no scenario {text}"))
    }
}

/// The scenario; the cloud draws its ids from the seed.
pub async fn assistant(which: Assistant, seed: u64, figures: &Arc<Figures>) -> Result<Scenario, String> {
    let base = base()?;
    if which == Assistant::Apply {
        return scenario(None, base, Mode::Apply, seed, figures).await;
    }
    let mut start = begun(base.clone(), seed, figures).await?;
    confirm(&start).await?;
    if which == Assistant::Confirmed {
        return from(start, base, Mode::Apply).await;
    }
    undisturbed(&mut start, Mode::Apply).await?;
    match which {
        Assistant::Destroy => from(start, base, Mode::Destroy).await,
        _ => from(start, changed()?, Mode::Apply).await,
    }
}

fn project() -> TestProject {
    let project = TestProject::with_stacks(&["assistant"]);
    project.edit(STACK, "      accessListKey: acl.json\n", "");
    project.edit(STACK, "      sync: ${parameters.sync}\n", "      sync: one\n");
    project.edit(
        STACK,
        "\naccess:\n",
        r#"
  lunch:
    type: AWS::QBusiness::Plugin
    properties:
      ApplicationId: ${app.applicationId}
      DisplayName: lunch
      Type: CUSTOM
      AuthConfiguration: {NoAuthConfiguration: {}}
      CustomPluginConfiguration: {Description: lunch, ApiSchemaType: OPEN_API_V3, ApiSchema: {Payload: "openapi: 3.0.0"}}
  announced:
    type: AWS::SSM::Parameter
    properties: {Type: String, Value: "${app.handOff} is done"}

access:
"#,
    );
    project
}

fn base() -> Result<Arc<DesiredGraph>, String> {
    Ok(Arc::new(graph(&project())?))
}

fn changed() -> Result<Arc<DesiredGraph>, String> {
    let project = project();
    project.edit(STACK, "core-team: [mateo_jackson@example.com]", "core-team: [mary_major@example.com]");
    project.edit(
        STACK,
        "BlockedPhrases: {BlockedPhrases: [day trading],",
        "BlockedPhrases: {BlockedPhrases: [lottery],",
    );
    project.edit(STACK, "      sync: one\n", "      sync: two\n");
    project.edit(STACK, "      DisplayName: lunch\n", "      DisplayName: supper\n      State: DISABLED\n");
    project.edit(
        STACK,
        "      customAppUrl: ${parameters.customAppUrl}\n",
        "      customAppUrl: https://ask.anycompany.example\n",
    );
    project.edit(STACK, "${app.handOff} is done", "${app.handOff} is done again");
    Ok(Arc::new(graph(&project)?))
}

/// Confirms every hand-off, as `charter handoff confirm` does.
async fn confirm(world: &World) -> Result<(), String> {
    let session = world.session().await?;
    let mut entries = Vec::new();
    for record in session.snapshot().resources.values().filter(|record| record.type_name.as_str() == HAND_OFF) {
        let mut record = record.clone();
        let Value::Map(members) = &mut record.attributes else { return Err("a hand-off has members".to_owned()) };
        drop(members.insert("Confirmed".into(), Value::Bool(true)));
        entries.push(Entry::Put { record: Box::new(record) });
    }
    if entries.is_empty() {
        return Err("there is no hand-off to confirm".to_owned());
    }
    session.record(entries).await.map_err(|error| error.to_string())?;
    session.finish().await.map(drop).map_err(|error| error.to_string())
}
