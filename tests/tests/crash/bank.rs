//! The bank, many accounts in one plan, stopped dead at random points of its apply and of its destroy.

use charter_planner::Mode;
use charter_tests::TestProject;
use charter_tests::crash::case::{paused, stopped_anywhere};
use charter_tests::crash::scenario::{Scenario, graph, scenario};
use std::sync::Arc;

/// So many points of each run.
const POINTS: usize = 4;

/// The organization is adopted by its id, which the simulator draws from this seed.
const CLOUD: u64 = 0;

fn seed() -> u64 {
    std::env::var("CHARTER_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1)
}

fn stacks() -> TestProject {
    TestProject::with_stacks(&["data-governance", "data-lake", "marketing", "organization"])
}

async fn bank(mode: Mode) -> Scenario {
    let graph = Arc::new(graph(&stacks()).unwrap());
    let before = (mode == Mode::Destroy).then(|| graph.clone());
    scenario(before, graph, mode, CLOUD, &Arc::default()).await.unwrap()
}

#[test]
fn an_apply_over_many_accounts() {
    let judged = paused(async { stopped_anywhere(&bank(Mode::Apply).await, POINTS, seed()).await });
    assert_eq!(judged, Ok(()));
}

#[test]
fn a_destroy_over_many_accounts() {
    let judged = paused(async { stopped_anywhere(&bank(Mode::Destroy).await, POINTS, seed()).await });
    assert_eq!(judged, Ok(()));
}

/// What changes in every account: a blueprint and a role of the members, a project, its environment's subscription, a unit.
async fn changed() -> Scenario {
    let project = stacks();
    for stack in ["stacks/data-lake.yaml", "stacks/marketing.yaml"] {
        let suffix = "      roleSuffix: ${environment.name}-bank\n";
        project.edit(stack, suffix, &format!("{suffix}      regions: [us-east-2, us-east-1]\n"));
    }
    project.edit(
        "stacks/data-governance.yaml",
        "customers: Data about customers, owned by",
        "customers: Data about our customers, owned by",
    );
    project.edit(
        "modules/datazone-member-account/module.yaml",
        "DataZone makes the resources of environments",
        "DataZone provisions environments",
    );
    project.edit(
        "stacks/marketing.yaml",
        "Campaigns for certificates of deposit, portfolios and loans.",
        "Campaigns for deposits and loans.",
    );
    project.edit("stacks/marketing.yaml", "subscriptions: [segment]", "subscriptions: [customer]");
    project.edit("stacks/organization.yaml", "default: [amazon.nova-*, ", "default: [amazon.nova-*, cohere.*, ");
    let before = Arc::new(graph(&stacks()).unwrap());
    scenario(Some(before), Arc::new(graph(&project).unwrap()), Mode::Apply, CLOUD, &Arc::default()).await.unwrap()
}

#[test]
fn changes_over_many_accounts() {
    let judged = paused(async { stopped_anywhere(&changed().await, POINTS, seed()).await });
    assert_eq!(judged, Ok(()));
}
