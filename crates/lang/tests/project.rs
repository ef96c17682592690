//! The project's own stacks load without a finding.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use charter_catalog::Catalog;
use charter_lang::{LoadOptions, environments, load};
use std::path::Path;

mod support;

#[test]
fn the_stacks_of_this_repository_load_in_every_environment() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for environment in environments(&root) {
        let options = LoadOptions { root: root.clone(), environment, ..LoadOptions::default() };
        let loaded = load(&options, Catalog::embedded());
        assert!(loaded.diagnostics.is_empty(), "{}", support::render(loaded.diagnostics.iter(), &loaded.sources));
        assert!(!loaded.graph.unwrap().resources.is_empty());
    }
}
