//! AWS's own lists: actions, what they are about, ARNs, and what the registry's handlers call. Made by `cargo xtask authorization`.

use flate2::read::ZlibDecoder;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::io::Read;
use std::sync::LazyLock;

static BYTES: &[u8] = include_bytes!("../../data/authorization.bin");

static FACTS: LazyLock<Facts> = LazyLock::new(|| read(BYTES).unwrap_or_default());

#[derive(Debug, Default, Deserialize)]
pub(super) struct Facts {
    services: BTreeMap<String, Service>,
    handlers: BTreeMap<String, Handlers>,
}

#[derive(Debug, Default, Deserialize)]
struct Service {
    /// ARN, and whether conditions on the resource's tags apply; by kind.
    resources: BTreeMap<String, (String, bool)>,
    /// Kinds of resource, and whether conditions on the tags of the request and of the resource apply; by name.
    actions: BTreeMap<String, (Vec<String>, bool, bool)>,
}

/// What the handlers of a type call.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Handlers {
    create: Option<Vec<String>>,
    read: Option<Vec<String>>,
    update: Option<Vec<String>>,
    delete: Option<Vec<String>>,
    list: Option<Vec<String>>,
    /// Whether nobody lists them, and they are inferred from what the service offers.
    #[serde(default)]
    pub(super) derived: bool,
    #[serde(default)]
    pub(super) only: Vec<Only>,
}

/// Calls that a handler makes only if one of these properties is given.
#[derive(Debug, Deserialize)]
pub(super) struct Only {
    pub(super) calls: Vec<String>,
    /// JSON pointers.
    pub(super) given: Vec<String>,
}

impl Handlers {
    pub(super) fn calls(&self, operation: &str) -> &[String] {
        let calls = match operation {
            "create" => &self.create,
            "read" => &self.read,
            "update" => &self.update,
            "delete" => &self.delete,
            _ => &self.list,
        };
        calls.as_deref().unwrap_or_default()
    }
}

/// An action of IAM.
#[derive(Debug, Clone)]
pub(super) struct Action {
    /// As AWS writes it: `iam:CreateSAMLProvider`.
    pub(super) name: String,
    pub(super) kinds: Vec<Kind>,
    pub(super) request_tags: bool,
}

/// A kind of resource that an action is about.
#[derive(Debug, Clone)]
pub(super) struct Kind {
    /// `data-source`
    pub(super) name: String,
    /// Whether the action is always about one.
    pub(super) always: bool,
    /// `arn:${Partition}:kendra:${Region}:${Account}:index/${IndexId}/data-source/${DataSourceId}`
    pub(super) arn: String,
    /// Whether conditions on its tags apply.
    pub(super) tags: bool,
}

/// An action, whatever the case of its name. What AWS does not list is about no resource.
pub(super) fn action(name: &str) -> Action {
    let unknown = || Action { name: name.to_owned(), kinds: Vec::new(), request_tags: false };
    let Some((prefix, own)) = name.split_once(':') else { return unknown() };
    let Some(service) = FACTS.services.get(prefix) else { return unknown() };
    let found = service
        .actions
        .get_key_value(own)
        .or_else(|| service.actions.iter().find(|(listed, _)| listed.eq_ignore_ascii_case(own)));
    let Some((listed, (kinds, request_tags, resource_tags))) = found else { return unknown() };
    let kind = |written: &String| {
        let name = written.trim_end_matches('*');
        let (arn, tags) = service.resources.get(name)?;
        Some(Kind {
            name: name.to_owned(),
            always: written.ends_with('*'),
            arn: arn.clone(),
            tags: *tags || *resource_tags,
        })
    };
    Action {
        name: format!("{prefix}:{listed}"),
        kinds: kinds.iter().filter_map(kind).collect(),
        request_tags: *request_tags,
    }
}

/// Whether AWS lists an action.
#[cfg(test)]
pub(super) fn is_listed(name: &str) -> bool {
    let Some((prefix, own)) = name.split_once(':') else { return false };
    FACTS
        .services
        .get(prefix)
        .is_some_and(|service| service.actions.keys().any(|listed| listed.eq_ignore_ascii_case(own)))
}

/// What the handlers of a type call; none if that is not known.
pub(super) fn handlers(type_name: &str) -> Option<&'static Handlers> {
    FACTS.handlers.get(type_name)
}

fn read(bytes: &[u8]) -> Option<Facts> {
    // A line with the form, a line with the sources, then the document.
    let start = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').nth(1)?.0 + 1;
    let mut text = Vec::new();
    ZlibDecoder::new(bytes.get(start..)?).read_to_end(&mut text).ok()?;
    serde_json::from_slice(&text).ok()
}
