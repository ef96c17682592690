//! The files that a user writes. Whatever they hold, they load or are refused with diagnostics that mark a stretch of a file;
//! what loads can be planned, by a plan that keeps its own rules and that reads back as it was saved.
//!
//! An input is one stack, or several files: `=== stacks/NAME.yaml`, `=== modules/NAME/module.yaml`,
//! `=== environments/local.yaml`, each followed by its text.

use super::graph::{NothingKnown, planned};
use super::sections::sections;
use charter_catalog::Catalog;
use charter_lang::{Language, LoadOptions, Loaded};
use charter_model::Evaluator;
use charter_planner::{Mode, Plan};
use charter_state::Snapshot;
use std::fs;
use std::path::Path;

const ENVIRONMENT: &str = "environment: local\ntarget: simulator\nregion: us-east-1\naccounts:\n  management: {id: \"111111111111\"}\n  retail: {id: \"333333333333\"}\nlinesOfBusiness: {cards: {active: true, budget: 500}, loans: {active: false, budget: 100}}\ntags: {owner: platform}\nephemeral: true\n";

/// See the module.
pub fn target(data: &[u8]) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    write(folder.path(), "environments/local.yaml", ENVIRONMENT.as_bytes());
    for (name, content) in sections(data) {
        match name {
            "" => write(folder.path(), "stacks/stack.yaml", &content),
            name if is_allowed(name) => write(folder.path(), name, &content),
            _ => {}
        }
    }
    check(&load(folder.path()));
}

/// Loads the environment `local` of a folder.
pub(crate) fn load(root: &Path) -> Loaded {
    let options = LoadOptions { root: root.to_owned(), environment: "local".to_owned(), ..LoadOptions::default() };
    charter_lang::load(&options, Catalog::embedded())
}

fn is_allowed(name: &str) -> bool {
    let plain = |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    match name.split('/').collect::<Vec<_>>().as_slice() {
        ["stacks", file] => file.strip_suffix(".yaml").is_some_and(plain),
        ["modules", folder, "module.yaml"] => plain(folder),
        ["environments", "local.yaml"] => true,
        _ => false,
    }
}

pub(crate) fn write(root: &Path, name: &str, content: &[u8]) {
    let path = root.join(name);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).expect("the folder can be made");
    }
    fs::write(path, content).expect("the file can be written");
}

pub(crate) fn check(loaded: &Loaded) {
    assert_eq!(loaded.graph.is_none(), loaded.diagnostics.has_errors(), "{:?}", loaded.diagnostics);
    for diagnostic in loaded.diagnostics.iter() {
        for label in &diagnostic.labels {
            assert!(loaded.sources.text(label.span).is_some(), "marks nothing: {diagnostic:?}");
            assert!(loaded.sources.location(label.span).is_some(), "stands nowhere: {diagnostic:?}");
        }
    }
    let Some(graph) = &loaded.graph else { return };
    let language = Language::new();
    for resource in graph.resources.values() {
        // An error is an answer.
        let _ = language.evaluate(&resource.properties, &NothingKnown);
    }
    let snapshot = Snapshot::new(graph.environment.clone(), "lineage", "salt");
    let Some(plan) = planned(graph, &snapshot, Mode::Apply) else { return };
    let text = plan.to_json().expect("a plan can be saved");
    let read = Plan::from_json(&text).unwrap_or_else(|error| panic!("a saved plan is not read: {error:?}\n{text}"));
    assert_eq!(read.to_json().expect("a plan can be saved"), text, "a saved plan reads back as another");
    assert_eq!(plan.check_fresh(&snapshot), Ok(()));
}
