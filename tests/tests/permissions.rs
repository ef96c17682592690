//! The deployer's own policy: what `charter permissions` finds is enough, and nothing in it can go. Over the stack `product-reviews` of
//! the local environment, in virtual time, with the policies of IAM enforced. (The rehearsal begins with an empty cloud: what adopts
//! what is there, as the stack `organization` does, cannot be rehearsed yet.)

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot be set up must fail loudly"
)]

use charter_catalog::Catalog;
use charter_lang::{Language, LoadOptions};
use charter_model::{DesiredGraph, StackName};
use charter_permissions::{
    AccountPermissions, Enforced, POLICY_LIMIT, Rehearsal, RehearsalRequest, permissions, rehearse, size,
};
use charter_planner::Selection;
use charter_tests::repository;
use std::collections::BTreeSet;

/// One action in so many is taken away by default; `CHARTER_EVERY_PERMISSION=1` takes each.
const SAMPLE: usize = 6;

fn platform() -> DesiredGraph {
    let options =
        LoadOptions { root: repository().to_owned(), environment: "local".to_owned(), ..LoadOptions::default() };
    let loaded = charter_lang::load(&options, Catalog::embedded());
    let diagnostics = loaded.diagnostics;
    loaded.graph.unwrap_or_else(|| panic!("the stacks do not load: {diagnostics:?}"))
}

fn run(graph: &DesiredGraph, enforced: Option<&Enforced>) -> Rehearsal {
    let stacks = BTreeSet::from([StackName::new("product-reviews").expect("a name")]);
    let selection = Selection { stacks, ..Selection::default() };
    let request = RehearsalRequest { graph, selection, evaluator: &Language::new(), enforced };
    rehearse(&request).unwrap_or_else(|error| panic!("{error}"))
}

/// The policies as they are handed to IAM.
fn policies(accounts: &[AccountPermissions]) -> Enforced {
    let documents =
        |account: &AccountPermissions| size(account).iter().map(|policy| policy.document.to_string()).collect();
    accounts.iter().filter_map(|account| Some((account.id.clone()?, documents(account)))).collect()
}

/// The same without one action of one account.
fn without(accounts: &[AccountPermissions], place: usize, action: &str) -> Enforced {
    let mut accounts = accounts.to_vec();
    let permissions = &mut accounts[place].permissions;
    for permission in permissions.iter_mut() {
        permission.statement.action.remove(action);
    }
    permissions.retain(|permission| !permission.statement.action.is_empty());
    policies(&accounts)
}

#[test]
fn the_least_policies_are_enough_and_each_action_is_needed() {
    let graph = platform();
    let open = run(&graph, None);
    println!("handlers that are not known: {:?}", open.unlisted);
    assert_eq!(open.problems, [""; 0], "everything can be rehearsed");
    assert_eq!(open.refusals, []);
    let accounts = permissions(&open, &graph);
    assert_eq!(accounts, permissions(&run(&graph, None), &graph), "a second rehearsal asks for the same");

    let enough = run(&graph, Some(&policies(&accounts)));
    assert_eq!(enough.refusals, [], "exactly these policies are enough");
    assert_eq!(enough.problems, [""; 0]);

    let mut actions: Vec<(usize, String)> = Vec::new();
    for (place, account) in accounts.iter().enumerate() {
        let own: BTreeSet<&String> =
            account.permissions.iter().flat_map(|permission| &permission.statement.action).collect();
        actions.extend(own.into_iter().map(|action| (place, action.clone())));
    }
    let every = std::env::var_os("CHARTER_EVERY_PERMISSION").is_some();
    let step = if every { 1 } else { actions.len().div_ceil(SAMPLE).max(1) };
    let mut unneeded = Vec::new();
    let mut taken = 0;
    for (place, action) in actions.iter().step_by(step) {
        taken += 1;
        let less = run(&graph, Some(&without(&accounts, *place, action)));
        let says = |refusal: &charter_permissions::Refusal| refusal.message.contains(action.as_str());
        if !less.refusals.iter().any(says) {
            unneeded.push(format!("{} {action}: {:?} {:?}", accounts[*place].account, less.refusals, less.problems));
        }
    }
    println!("{taken} of {} actions were taken away, one at a time", actions.len());
    assert_eq!(unneeded, [""; 0], "whoever lacks one action is refused");
}

#[test]
fn policies_are_within_the_limits_of_iam_and_name_what_needs_them() {
    let graph = platform();
    let accounts = permissions(&run(&graph, None), &graph);
    assert!(!accounts.is_empty());
    for account in &accounts {
        let policies = size(account);
        assert!(policies.len() <= charter_permissions::MOST_POLICIES, "{}", account.account);
        for policy in policies {
            let text = policy.document.to_string();
            if std::env::var_os("CHARTER_SHOW").is_some() {
                println!("{} {}", account.account, serde_json::to_string_pretty(&policy.document).expect("JSON"));
            }
            assert!(text.chars().filter(|letter| !letter.is_whitespace()).count() <= POLICY_LIMIT);
            assert!(policy.needs.iter().all(|needs| !needs.is_empty()));
            // An id that AWS makes is in no policy.
            assert!(!text.contains("vpc-0"), "{text}");
        }
    }
}
