//! The table of a service: which operations and shapes to convert, and where names differ.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// `crates/aws/adapters/SERVICE.toml`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Table {
    /// The folder of the service's model in botocore.
    pub(crate) model: String,
    /// The crate.
    pub(crate) sdk: String,
    /// One for each type, or part of a type.
    pub(crate) convert: Vec<Convert>,
    /// By shape: API member = registry name, wherever the shape occurs inside a type.
    #[serde(default)]
    pub(crate) rename: BTreeMap<String, BTreeMap<String, String>>,
    /// `Shape.Member` that the API has and the SDK of this version does not.
    #[serde(default)]
    pub(crate) sdk_lacks: Vec<String>,
}

/// A registry type, or a property of one, and what it is converted to and from.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Convert {
    /// The registry type. Without one, the API's own names are used: for what the adapter reshapes by hand.
    #[serde(default)]
    pub(crate) registry: String,
    /// The property of it that is meant; the whole type if there is none.
    #[serde(default)]
    pub(crate) at: String,
    /// Operations whose input is made from it, or shapes.
    #[serde(default)]
    pub(crate) input: Vec<String>,
    /// Shapes, or operations whose output, it is made from.
    #[serde(default)]
    pub(crate) output: Vec<String>,
    /// API member = registry path, for all inputs.
    #[serde(default)]
    pub(crate) write: BTreeMap<String, String>,
    /// Registry path = API path (`A/[]/B`), for all outputs.
    #[serde(default)]
    pub(crate) read: BTreeMap<String, String>,
    /// Registry paths that no input carries: the adapter sends them by hand, or they cannot be set.
    #[serde(default)]
    pub(crate) not_written: Vec<String>,
    /// Registry paths that no output carries: the adapter reads them by hand, or they cannot be read.
    #[serde(default)]
    pub(crate) not_read: Vec<String>,
}

impl Table {
    pub(crate) fn read(path: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        toml::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))
    }

    /// The module of the generated code: `rds`.
    pub(crate) fn module(&self) -> &str {
        self.sdk.strip_prefix("aws-sdk-").unwrap_or(&self.sdk)
    }
}
