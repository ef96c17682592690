//! Random cases: every one that ever failed, and some more.

use charter_tests::crash::case::{Case, replay, run};
use std::sync::Arc;

/// So many random cases, beginning at the seed's.
const RANDOM: u64 = 10;

/// So many of them over stacks of what governs accounts.
const GOVERNED: u64 = 8;

/// So many of them over stacks of a data mesh.
const MESH: u64 = 6;

fn seed() -> u64 {
    std::env::var("CHARTER_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1)
}

fn judge(cases: impl Iterator<Item = Case>) {
    let figures = Arc::default();
    let failures: Vec<String> = cases
        .filter_map(|case| run(case, &figures).err().map(|error| format!("{case}: {error}\n{}", replay(case))))
        .collect();
    assert!(failures.is_empty(), "{} failures\n{}", failures.len(), failures.join("\n\n"));
}

#[test]
fn what_once_failed_does_not_fail_again() {
    let cases = include_str!("failed.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    judge(cases.map(|line| line.split('#').next().unwrap_or_default().trim().parse().unwrap()));
}

#[test]
fn random_histories() {
    let begin = seed() * RANDOM;
    judge((begin..begin + RANDOM).map(Case::Random));
}

#[test]
fn random_histories_of_organizations_and_domains() {
    let begin = seed() * GOVERNED;
    judge((begin..begin + GOVERNED).map(Case::Governed));
}

#[test]
fn random_histories_of_data_meshes() {
    let begin = seed() * MESH;
    judge((begin..begin + MESH).map(Case::Mesh));
}

#[test]
fn cases_have_names() {
    for name in [
        "seed:17",
        "apply:57:whole",
        "create-first:3:torn:2",
        "destroy:9:power-cut",
        "assistant-update:17",
        "governed:17",
        "mesh:17",
    ] {
        assert_eq!(name.parse::<Case>().unwrap().to_string(), name);
    }
    assert!("apply".parse::<Case>().is_err());
    assert!("apply:one".parse::<Case>().is_err());
    assert!("apply:1:wet".parse::<Case>().is_err());
}
