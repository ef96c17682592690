//! The registry's schemas as cfn-lint ships them, and those of Charter's own types: what the properties of a type are called.

use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// All types of one region, by name, with the file of each.
pub(crate) struct Registry {
    files: BTreeMap<String, PathBuf>,
}

/// A type's schema.
pub(crate) struct Schema(Value);

impl Registry {
    /// The schemas inside an installed cfn-lint, and Charter's own in a folder. cfn-lint's list of types is a Python dictionary,
    /// one `"TYPE": "FILE",` a line.
    pub(crate) fn new(package: PathBuf, own: &Path) -> Result<Self, Box<dyn std::error::Error>> {
        let folder = package.join("data/schemas");
        let list = std::fs::read_to_string(folder.join("providers/us_east_1.py"))?;
        let resources = folder.join("resources");
        let mut files: BTreeMap<String, PathBuf> = list
            .lines()
            .filter_map(|line| {
                let mut parts = line.split('"').skip(1).step_by(2);
                let (name, file) = (parts.next()?, parts.next()?);
                name.contains("::").then(|| (name.to_owned(), resources.join(format!("{file}.json"))))
            })
            .collect();
        for entry in std::fs::read_dir(own)? {
            let path = entry?.path();
            let document: Value = serde_json::from_str(&std::fs::read_to_string(&path)?)?;
            if let Some(name) = document.get("typeName").and_then(Value::as_str) {
                files.insert(name.to_owned(), path);
            }
        }
        Ok(Self { files })
    }

    /// A type's schema; for no type at all, one that says nothing.
    pub(crate) fn schema(&self, type_name: &str) -> Result<Schema, String> {
        if type_name.is_empty() {
            return Ok(Schema(Value::Null));
        }
        let path = self.files.get(type_name).ok_or_else(|| format!("the registry has no type {type_name}"))?;
        let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        serde_json::from_str(&text).map(Schema).map_err(|error| format!("{}: {error}", path.display()))
    }
}

impl Schema {
    /// The schema of the type's properties as a whole.
    pub(crate) fn root(&self) -> &Value {
        &self.0
    }

    /// Follows references.
    pub(crate) fn resolve<'a>(&'a self, mut node: &'a Value) -> &'a Value {
        // A chain of references is short; the bound only guards against a circle.
        for _ in 0..16 {
            let target = node
                .get("$ref")
                .and_then(Value::as_str)
                .and_then(|reference| self.0.pointer(reference.strip_prefix('#')?));
            match target {
                Some(target) => node = target,
                None => break,
            }
        }
        node
    }

    /// The members that an object has, with their schemas; none if it is free in form. Of alternatives, those of each.
    pub(crate) fn members<'a>(&'a self, node: &'a Value) -> Option<Vec<(&'a str, &'a Value)>> {
        let node = self.resolve(node);
        if let Some(members) = node.get("properties").and_then(Value::as_object) {
            return Some(members.iter().map(|(name, member)| (name.as_str(), member)).collect());
        }
        let alternatives = ["oneOf", "anyOf"].into_iter().find_map(|word| node.get(word)?.as_array())?;
        let mut members = Vec::new();
        for (name, member) in alternatives.iter().filter_map(|each| self.members(each)).flatten() {
            if !members.iter().any(|(known, _)| *known == name) {
                members.push((name, member));
            }
        }
        (!members.is_empty()).then_some(members)
    }

    /// The schema of a list's elements, or of a free map's values.
    pub(crate) fn element<'a>(&'a self, node: &'a Value) -> Option<&'a Value> {
        let node = self.resolve(node);
        node.get("items")
            .or_else(|| node.get("patternProperties")?.as_object()?.values().next())
            .or_else(|| node.get("additionalProperties").filter(|values| values.is_object()))
    }

    /// The schema at a path of names below the root.
    pub(crate) fn at<'a>(&'a self, path: &str) -> Option<&'a Value> {
        path.split('/').filter(|step| !step.is_empty()).try_fold(self.root(), |node, step| {
            let node = self.resolve(node);
            let node = if self.members(node).is_none() { self.element(node)? } else { node };
            self.members(node)?.into_iter().find(|(name, _)| *name == step).map(|(_, member)| member)
        })
    }

    /// Whether values are text and nothing else.
    pub(crate) fn is_text(&self, node: &Value) -> bool {
        self.resolve(node).get("type").and_then(Value::as_str) == Some("string")
    }

    /// The one kind of value that it takes: `object`, `array`, `string`…; none if there are several or none is said.
    pub(crate) fn kind<'a>(&'a self, node: &'a Value) -> Option<&'a str> {
        self.resolve(node).get("type").and_then(Value::as_str)
    }

    /// The paths (without `/properties` and `/*`) that `word` lists: `readOnlyProperties`, `writeOnlyProperties`.
    pub(crate) fn listed(&self, word: &str) -> Vec<String> {
        let listed = self.0.get(word).and_then(Value::as_array).into_iter().flatten();
        listed
            .filter_map(Value::as_str)
            .map(|pointer| {
                let steps = pointer.split('/').filter(|step| !matches!(*step, "" | "properties" | "*"));
                steps.collect::<Vec<_>>().join("/")
            })
            .collect()
    }
}
