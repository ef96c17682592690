//! A project in a temporary folder, and diagnostics as plain text that shows the very characters that are marked.
#![allow(dead_code, unreachable_pub)]

use charter_catalog::Catalog;
use charter_lang::{LoadOptions, Loaded, load};
use charter_model::{Diagnostic, Sources};
use std::fmt::Write;

/// The environment of most tests.
pub const LOCAL: &str = r#"environment: local
target: simulator
region: us-east-1
accounts:
  retail: {id: "333333333333"}
  governance: {id: "222222222222"}
linesOfBusiness:
  cards: {active: true, budget: 10}
  loans: {active: false, budget: 20}
tags: {owner: platform}
ephemeral: true
"#;

pub struct Project {
    pub folder: tempfile::TempDir,
    pub options: LoadOptions,
}

impl Project {
    /// Files by their names; `environments/local.yaml` is there unless given.
    pub fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options =
            LoadOptions { root: folder.path().to_owned(), environment: "local".to_owned(), ..LoadOptions::default() };
        let project = Self { folder, options };
        project.write("environments/local.yaml", LOCAL.as_bytes());
        for (name, text) in files {
            project.write(name, text.as_bytes());
        }
        project
    }

    /// One stack, called `shop`, in the account `retail`.
    pub fn stack(body: &str) -> Self {
        Self::new(&[("stacks/shop.yaml", &format!("stack: shop\naccount: retail\n{body}"))])
    }

    pub fn write(&self, name: &str, content: &[u8]) {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    pub fn load(&self) -> Loaded {
        load(&self.options, Catalog::embedded())
    }

    /// The diagnostics as text.
    pub fn report(&self) -> String {
        let loaded = self.load();
        assert_eq!(loaded.graph.is_none(), loaded.diagnostics.has_errors());
        let root = self.folder.path().display().to_string();
        render(loaded.diagnostics.iter(), &loaded.sources).replace(&root, "ROOT")
    }
}

/// Each diagnostic: code and summary, then each label with its place and the marked characters, then the help.
pub fn render<'a>(diagnostics: impl Iterator<Item = &'a Diagnostic>, sources: &Sources) -> String {
    let mut text = String::new();
    for diagnostic in diagnostics {
        writeln!(text, "{}: {}", diagnostic.code.trim_start_matches("charter::"), diagnostic.summary).unwrap();
        for label in &diagnostic.labels {
            let place =
                sources.location(label.span).map(|place| place.to_string()).unwrap_or_else(|| "NOWHERE".to_owned());
            let marked = sources.text(label.span).unwrap_or("OUTSIDE").replace('\n', "⏎");
            writeln!(text, "  {place} [{marked}] {}", label.text).unwrap();
        }
        if let Some(help) = &diagnostic.help {
            writeln!(text, "  help: {help}").unwrap();
        }
    }
    text
}
