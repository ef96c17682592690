//! The service's model as botocore ships it: operations, shapes, members. The prose in it is never looked at.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Where the models are.
pub(crate) struct Models(PathBuf);

/// A service's model.
#[derive(Debug, Deserialize)]
pub(crate) struct Model {
    pub(crate) operations: BTreeMap<String, Operation>,
    pub(crate) shapes: BTreeMap<String, Shape>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Operation {
    pub(crate) input: Option<Reference>,
    pub(crate) output: Option<Reference>,
}

#[derive(Debug, Deserialize, Clone)]
pub(crate) struct Reference {
    pub(crate) shape: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Shape {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// In the model's order.
    #[serde(default)]
    pub(crate) members: serde_json::Map<String, serde_json::Value>,
    pub(crate) member: Option<Reference>,
    pub(crate) value: Option<Reference>,
    #[serde(default)]
    pub(crate) document: bool,
    #[serde(default, rename = "enum")]
    pub(crate) values: Vec<String>,
}

impl Models {
    /// The models inside an installed botocore.
    pub(crate) fn new(package: PathBuf) -> Self {
        Self(package.join("data"))
    }

    /// The newest model of a service.
    pub(crate) fn read(&self, service: &str) -> Result<Model, Box<dyn std::error::Error>> {
        let mut versions = std::fs::read_dir(self.0.join(service))
            .map_err(|error| format!("botocore has no service {service:?}: {error}"))?
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<Result<Vec<_>, _>>()?;
        versions.sort();
        let newest = versions.pop().ok_or_else(|| format!("botocore's {service} is empty"))?;
        // Wheels carry the models compressed, some distributions plain.
        let plain = newest.join("service-2.json");
        let text = if plain.exists() {
            std::fs::read_to_string(plain)?
        } else {
            let file = std::fs::File::open(newest.join("service-2.json.gz"))?;
            std::io::read_to_string(flate2::read::GzDecoder::new(file))?
        };
        Ok(serde_json::from_str(&text)?)
    }
}

impl Model {
    pub(crate) fn shape(&self, name: &str) -> Result<&Shape, String> {
        self.shapes.get(name).ok_or_else(|| format!("the API has no shape {name}"))
    }
}

impl Shape {
    /// Members of a structure with their shapes, in the model's order.
    pub(crate) fn members(&self) -> impl Iterator<Item = (&str, &str)> {
        self.members.iter().filter_map(|(name, member)| Some((name.as_str(), member.get("shape")?.as_str()?)))
    }

    /// Whether it is a number or truth value, which the registry sometimes has as text.
    pub(crate) fn is_scalar_but_no_text(&self) -> bool {
        matches!(self.kind.as_str(), "integer" | "long" | "float" | "double" | "boolean")
    }
}
