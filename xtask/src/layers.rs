//! Who may import whom (docs/architecture.md): an arrow goes down the list only. Also: every dependency comes from the
//! workspace's one table.

use crate::TaskResult;
use cargo_metadata::{DependencyKind, MetadataCommand};
use std::collections::BTreeMap;

/// Each crate with the crates of the workspace that it may import. Tests may import more: only normal and build dependencies
/// are held to this.
const ALLOWED: &[(&str, &[&str])] = &[
    ("charter-model", &[]),
    ("charter-access", &[]),
    ("charter-catalog", &["charter-model"]),
    ("charter-lang", &["charter-access", "charter-catalog", "charter-model"]),
    ("charter-provider", &["charter-catalog", "charter-model"]),
    ("charter-state", &["charter-model"]),
    ("charter-planner", &["charter-catalog", "charter-model", "charter-provider", "charter-state"]),
    ("charter-executor", &["charter-catalog", "charter-model", "charter-planner", "charter-provider", "charter-state"]),
    ("charter-aws", &["charter-catalog", "charter-model", "charter-provider"]),
    // Plans from one side, the evaluator of policies from the other: neither may know the other.
    ("charter-proof", &["charter-access", "charter-catalog", "charter-model", "charter-planner", "charter-state"]),
    // Plans and prices: the planner names no AWS service.
    ("charter-cost", &["charter-catalog", "charter-model", "charter-planner", "charter-state"]),
    // A whole run in small: engine, provider and simulated cloud put together.
    (
        "charter-permissions",
        &[
            "charter-access",
            "charter-aws",
            "charter-catalog",
            "charter-executor",
            "charter-model",
            "charter-planner",
            "charter-provider",
            "charter-simulator",
            "charter-state",
        ],
    ),
    // Never aws: the simulator is an independent reader of the protocols.
    ("charter-simulator", &["charter-access", "charter-catalog", "charter-model"]),
    (
        "charter",
        &[
            "charter-access",
            "charter-aws",
            "charter-catalog",
            "charter-cost",
            "charter-executor",
            "charter-lang",
            "charter-model",
            "charter-permissions",
            "charter-planner",
            "charter-proof",
            "charter-provider",
            "charter-simulator",
            "charter-state",
        ],
    ),
    (
        "charter-bench",
        &[
            "charter-aws",
            "charter-catalog",
            "charter-executor",
            "charter-lang",
            "charter-model",
            "charter-planner",
            "charter-provider",
            "charter-simulator",
            "charter-state",
        ],
    ),
    (
        "charter-fuzz",
        &[
            "charter-access",
            "charter-catalog",
            "charter-executor",
            "charter-lang",
            "charter-model",
            "charter-planner",
            "charter-provider",
            "charter-simulator",
            "charter-state",
        ],
    ),
    (
        "charter-tests",
        &[
            "charter-access",
            "charter-aws",
            "charter-catalog",
            "charter-executor",
            "charter-lang",
            "charter-model",
            "charter-permissions",
            "charter-planner",
            "charter-provider",
            "charter-simulator",
            "charter-state",
        ],
    ),
    ("xtask", &["charter-catalog", "charter-model"]),
];

/// Checks every member of the workspace.
pub(crate) fn run() -> TaskResult {
    let metadata = MetadataCommand::new().no_deps().exec()?;
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED.iter().copied().collect();
    let mut problems = Vec::new();
    for package in &metadata.packages {
        let Some(may) = allowed.get(package.name.as_str()) else {
            problems.push(format!("{}: not in the list of xtask/src/layers.rs", package.name));
            continue;
        };
        for dependency in &package.dependencies {
            let of_workspace = dependency.path.is_some();
            let counts = dependency.kind != DependencyKind::Development;
            if of_workspace && counts && !may.contains(&dependency.name.as_str()) {
                problems.push(format!("{} must not import {}", package.name, dependency.name));
            }
        }
        let manifest = std::fs::read_to_string(&package.manifest_path)?;
        problems.extend(own_versions(&manifest).map(|line| {
            format!("{}: `{line}`: versions stand in the workspace's table only (`.workspace = true`)", package.name)
        }));
    }
    if problems.is_empty() {
        println!("layers: {} crates keep to the list", metadata.packages.len());
        Ok(())
    } else {
        Err(problems.join("\n").into())
    }
}

/// The lines of dependency tables that do not refer to the workspace's table.
fn own_versions(manifest: &str) -> impl Iterator<Item = &str> {
    let mut in_dependencies = false;
    manifest.lines().filter(move |line| {
        if let Some(table) = line.strip_prefix('[') {
            in_dependencies = table.contains("dependencies");
            return false;
        }
        in_dependencies
            && line.contains('=')
            && !line.trim_start().starts_with('#')
            && !line.contains("workspace = true")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_outside_of_the_table_is_seen() {
        let manifest = "[package]\nname = \"a\"\n[dependencies]\nb.workspace = true\nc = \"1\"\n[dev-dependencies]\nd = { workspace = true }\n";
        assert_eq!(own_versions(manifest).collect::<Vec<_>>(), ["c = \"1\""]);
    }
}
