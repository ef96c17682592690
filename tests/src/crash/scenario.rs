//! What is run: a graph that is there already, or none, and what is to come of it.

use crate::TestProject;
use crate::crash::figures::Figures;
use crate::crash::judge::{Expected, Judge, contents};
use crate::crash::world::World;
use charter_catalog::Catalog;
use charter_lang::{LoadOptions, Loaded, load};
use charter_model::DesiredGraph;
use charter_planner::Mode;
use charter_simulator::Settings;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

/// What is done with the stack product-reviews.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reviews {
    /// A first apply.
    Apply,
    /// Changes in place, of natively adapted types and others; something new.
    Update,
    /// A replacement of the Kendra index, the new one first, and of all that is in it.
    CreateFirst,
    /// A replacement of the Kendra index, the old one first, and of all that is in it; something goes.
    DeleteFirst,
    /// Everything goes.
    Destroy,
}

impl Reviews {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Apply, Self::Update, Self::CreateFirst, Self::DeleteFirst, Self::Destroy];

    /// As it stands in the name of a case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Apply => "apply",
            Self::Update => "update",
            Self::CreateFirst => "create-first",
            Self::DeleteFirst => "delete-first",
            Self::Destroy => "destroy",
        }
    }
}

impl fmt::Display for Reviews {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Reviews {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|each| each.name() == text).ok_or_else(|| format!("there is no scenario {text}"))
    }
}

/// A scenario, ready to be disturbed.
pub struct Scenario {
    /// What the run under test begins from, with the graph that it is to reach.
    pub start: World,
    /// What the run under test does.
    pub mode: Mode,
    /// What the undisturbed run left.
    pub expected: Expected,
    /// Compares with it.
    pub judge: Judge,
}

/// The scenario of product-reviews; the cloud draws its ids from the seed.
pub async fn reviews(which: Reviews, seed: u64, figures: &Arc<Figures>) -> Result<Scenario, String> {
    let base = Arc::new(graph(&TestProject::with_stacks(&["product-reviews"]))?);
    let project = TestProject::with_stacks(&["product-reviews"]);
    const STACK: &str = "stacks/product-reviews.yaml";
    const MODULE: &str = "modules/aurora-kendra-rag/module.yaml";
    match which {
        Reviews::Apply | Reviews::Destroy => {}
        Reviews::Update => {
            project.edit("environments/local.yaml", "maxCapacity: 64", "maxCapacity: 32");
            project.edit(STACK, "Asks the product-reviews retriever;", "Asks the retriever of product reviews;");
            project.edit(STACK, "Sid: AskTheRetriever", "Sid: Ask");
            project.edit(STACK, "query: select * from", "query: select pk, reviews_title, reviews_text from");
            project.edit(
                STACK,
                "  asking:\n",
                "  alerts:\n    type: AWS::SQS::Queue\n    properties: {VisibilityTimeout: 40}\n\n  asking:\n",
            );
            project.edit(MODULE, "Description: Lets the Kendra index of", "Description: Permits the Kendra index of");
        }
        Reviews::CreateFirst => {
            project.edit("environments/local.yaml", "edition: DEVELOPER_EDITION", "edition: ENTERPRISE_EDITION");
            project.edit(
                MODULE,
                "    type: AWS::Kendra::Index\n",
                "    type: AWS::Kendra::Index\n    replace: create-first\n",
            );
            project.edit(MODULE, "Name: ${parameters.name}-index", "Name: ${parameters.name}-entries");
        }
        Reviews::DeleteFirst => {
            project.edit("environments/local.yaml", "edition: DEVELOPER_EDITION", "edition: ENTERPRISE_EDITION");
            let text = project.read(STACK);
            let (before, rest) = text.split_once("  asking:\n").ok_or("the stack has no `asking`")?;
            let (_, after) = rest.split_once("\noutputs:\n").ok_or("the stack has no outputs")?;
            project.write(STACK, &format!("{before}\noutputs:\n{after}"));
        }
    }
    let next = Arc::new(graph(&project)?);
    let mode = if which == Reviews::Destroy { Mode::Destroy } else { Mode::Apply };
    let before = (which != Reviews::Apply).then(|| base.clone());
    scenario(before, next, mode, seed, figures).await
}

/// A scenario of any graphs.
pub async fn scenario(
    before: Option<Arc<DesiredGraph>>,
    next: Arc<DesiredGraph>,
    mode: Mode,
    seed: u64,
    figures: &Arc<Figures>,
) -> Result<Scenario, String> {
    let start = match before {
        Some(before) => begun(before, seed, figures).await?,
        None => empty(next.clone(), seed, figures),
    };
    from(start, next, mode).await
}

fn empty(graph: Arc<DesiredGraph>, seed: u64, figures: &Arc<Figures>) -> World {
    World::new(graph, Settings { seed, ..Settings::default() }, seed, figures.clone())
}

/// A world in which a graph was applied, some time ago.
pub async fn begun(graph: Arc<DesiredGraph>, seed: u64, figures: &Arc<Figures>) -> Result<World, String> {
    let mut world = empty(graph, seed, figures);
    undisturbed(&mut world, Mode::Apply).await?;
    // What was made is no longer new.
    tokio::time::advance(Duration::from_secs(3600)).await;
    Ok(world)
}

/// A scenario from what is there.
pub async fn from(mut start: World, next: Arc<DesiredGraph>, mode: Mode) -> Result<Scenario, String> {
    let judge = Judge::new(&[&next, &start.graph]);
    start.graph = next;
    let mut calm = start.fork();
    undisturbed(&mut calm, mode).await?;
    tokio::time::advance(Duration::from_secs(3600)).await;
    let expected = Expected { contents: contents(&calm.cloud), snapshot: calm.recorded().await? };
    if mode == Mode::Destroy && !expected.contents.is_empty() {
        return Err(format!("an undisturbed destroy leaves {:?}", expected.contents));
    }
    Ok(Scenario { start, mode, expected, judge })
}

/// A run that nothing disturbs; a second one must have nothing to do.
pub async fn undisturbed(world: &mut World, mode: Mode) -> Result<(), String> {
    let ran = world.run(mode).await.map_err(|error| format!("undisturbed: {error}"))?;
    if !ran.summary.is_complete() {
        return Err(format!("an undisturbed run is not complete: {:#?}", ran.summary));
    }
    let again = world.run(mode).await.map_err(|error| format!("undisturbed, again: {error}"))?;
    if again.plan.has_changes() {
        return Err(format!("undisturbed, a second run has something to do: {:#?}", again.plan.steps));
    }
    Ok(())
}

/// Loads the environment `local` of a project.
pub fn graph(project: &TestProject) -> Result<DesiredGraph, String> {
    let options =
        LoadOptions { root: project.path().to_owned(), environment: "local".to_owned(), ..LoadOptions::default() };
    let Loaded { graph, diagnostics, .. } = load(&options, Catalog::embedded());
    graph.ok_or_else(|| format!("the stacks are wrong: {:#?}", diagnostics.iter().collect::<Vec<_>>()))
}
