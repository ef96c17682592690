//! Reading an environment file. Imports `reader`, `settings`.

use crate::declared::Declared;
use crate::node::{Entry, Node, NodeKind};
use crate::parameters::plain;
use crate::reader::{Fields, Reader, unknown_key};
use crate::settings::{EnvironmentSettings, StateSettings};
use charter_model::{
    AccountId, AccountName, AccountSource, AccountTarget, Address, Diagnostic, EnvironmentName, IdError, Region, Span,
    TargetKind, did_you_mean,
};
use std::collections::BTreeMap;
use std::sync::Arc;

/// By stack, then parameter: each with where it is named.
type Places = BTreeMap<Arc<str>, (Span, BTreeMap<Arc<str>, (Span, Declared)>)>;

/// An environment with the places of what stacks refer to.
pub(crate) struct EnvironmentFile {
    pub(crate) settings: EnvironmentSettings,
    /// By stack: where it is named, and the parameters with their places.
    pub(crate) parameters: Places,
    /// Free data by name.
    pub(crate) data: BTreeMap<Arc<str>, Declared>,
    /// Of each account that the stacks make: where the resource is named that makes it.
    pub(crate) made_accounts: BTreeMap<AccountName, Span>,
}

/// Keys that only look like free data.
const SETTINGS: &[&str] = &[
    "environment",
    "description",
    "target",
    "region",
    "accounts",
    "tags",
    "ephemeral",
    "state",
    "simulator",
    "parameters",
];

/// Reads an environment file; `name` is what the file is called.
pub(crate) fn read(reader: &mut Reader<'_>, node: &Node, name: &str) -> Option<EnvironmentFile> {
    let first = node.entries().and_then(<[Entry]>::first).map_or(node.span, |entry| entry.key_span);
    let mut fields = reader.fields(node, "an environment", first)?;
    let environment = read_name(reader, &mut fields, name);
    fields.optional("description");
    let target = fields.required("target", reader).and_then(|entry| read_target(reader, &entry.value));
    let region =
        fields.required("region", reader).and_then(|entry| read_id(reader, &entry.value, |text| Region::new(text)));
    let mut made_accounts = BTreeMap::new();
    let accounts = read_accounts(reader, &mut fields, &mut made_accounts);
    let tags = fields.optional("tags").map(|entry| read_tags(reader, &entry.value)).unwrap_or_default();
    let ephemeral = fields.optional("ephemeral").and_then(|entry| reader.boolean(&entry.value)).unwrap_or_default();
    let state = fields.optional("state").and_then(|entry| read_state(reader, entry)).unwrap_or_default();
    let simulator = fields.optional("simulator").map(|entry| json_map(reader, &entry.value)).unwrap_or_default();
    let (parameters, written) = read_parameters(reader, &mut fields);
    let mut data = BTreeMap::new();
    let mut shown = serde_json::Map::new();
    for entry in fields.rest() {
        if let Some(suggestion) = did_you_mean(&entry.key, SETTINGS.iter().copied()) {
            reader.diagnostics.push(unknown_key(entry, "an environment", Some(suggestion), SETTINGS));
            continue;
        }
        shown.insert(entry.key.to_string(), plain(&entry.value).to_json());
        data.insert(entry.key.clone(), reader.data(&entry.value));
    }
    let settings = EnvironmentSettings {
        environment: environment?,
        target: target?,
        region: region?,
        accounts: accounts?,
        tags,
        ephemeral,
        state,
        simulator,
        parameters: written,
        data: shown,
    };
    Some(EnvironmentFile { settings, parameters, data, made_accounts })
}

fn read_name(reader: &mut Reader<'_>, fields: &mut Fields<'_>, file: &str) -> Option<EnvironmentName> {
    let entry = fields.required("environment", reader)?;
    let name = read_id(reader, &entry.value, |text| EnvironmentName::new(text))?;
    if name.as_str() != file {
        reader.diagnostics.push(
            Diagnostic::error("wrong-name", format!("the file is called {file}, the environment {name}"))
                .label(entry.value.span, "not the name of the file")
                .help(format!("write `environment: {file}`, or rename the file to {name}.yaml")),
        );
    }
    Some(name)
}

fn read_target(reader: &mut Reader<'_>, node: &Node) -> Option<TargetKind> {
    let text = reader.text(node)?;
    match &*text.value {
        "simulator" => Some(TargetKind::Simulator),
        "aws" => Some(TargetKind::Aws),
        _ => {
            reader.diagnostics.push(
                Diagnostic::error("not-allowed", format!("{:?} is not a target", &*text.value))
                    .label(text.span, "unknown target")
                    .help(match did_you_mean(&text.value, ["simulator", "aws"]) {
                        Some(suggestion) => format!("did you mean `{suggestion}`?"),
                        None => "write `simulator` or `aws`".to_owned(),
                    }),
            );
            None
        }
    }
}

/// A text that one of the typed ids accepts.
pub(crate) fn read_id<T>(
    reader: &mut Reader<'_>,
    node: &Node,
    check: impl Fn(&str) -> Result<T, IdError>,
) -> Option<T> {
    let text = reader.written(node)?;
    match check(&text.value) {
        Ok(id) => Some(id),
        Err(error) => {
            reader.diagnostics.push(
                Diagnostic::error("invalid-name", format!("{:?} is not {}", error.text, error.kind))
                    .label(text.span, format!("not {}", error.kind))
                    .help(error.rule),
            );
            None
        }
    }
}

fn read_accounts(
    reader: &mut Reader<'_>,
    fields: &mut Fields<'_>,
    made: &mut BTreeMap<AccountName, Span>,
) -> Option<BTreeMap<AccountName, AccountTarget>> {
    let entry = fields.required("accounts", reader)?;
    let mut accounts: BTreeMap<AccountName, AccountTarget> = BTreeMap::new();
    let mut spans: BTreeMap<String, Span> = BTreeMap::new();
    for account in reader.entries(&entry.value) {
        let name = match AccountName::new(&account.key) {
            Ok(name) => Some(name),
            Err(error) => {
                reader.diagnostics.push(
                    Diagnostic::error("invalid-name", format!("{:?} is not {}", error.text, error.kind))
                        .label(account.key_span, "not a name")
                        .help(error.rule),
                );
                None
            }
        };
        let Some((target, id_span)) = read_account(reader, account) else { continue };
        let which = match &target.id {
            AccountSource::Known(id) => id.to_string(),
            AccountSource::Made { by, .. } => format!("that {by} makes"),
        };
        if let Some(first) = spans.insert(which.clone(), id_span) {
            reader.diagnostics.push(
                Diagnostic::error("duplicate-account", format!("two names stand for the account {which}"))
                    .label(id_span, "again here")
                    .label(first, "first here")
                    .help("use one name for one account"),
            );
        }
        if let Some(name) = name {
            if target.made_by().is_some() {
                made.insert(name.clone(), id_span);
            }
            accounts.insert(name, target);
        }
    }
    if accounts.is_empty() && reader.entries(&entry.value).is_empty() {
        reader.diagnostics.push(
            Diagnostic::error("missing-key", "an environment needs at least one account")
                .label(entry.key_span, "no account here")
                .help("add one: `main: {id: \"111111111111\"}`"),
        );
    }
    Some(accounts)
}

fn read_account(reader: &mut Reader<'_>, account: &Entry) -> Option<(AccountTarget, Span)> {
    let mut fields = reader.fields(&account.value, "an account", account.key_span)?;
    let (id, id_span) = match fields.optional("from") {
        Some(from) => {
            if let Some(id) = fields.optional("id") {
                reader.diagnostics.push(
                    Diagnostic::error(
                        "not-allowed",
                        "an account has an `id`, or comes `from` a resource that makes it",
                    )
                    .label(id.key_span, "it is there already")
                    .label(from.key_span, "it is made")
                    .help("take one of the two out"),
                );
            }
            (read_maker(reader, &from.value), from.value.span)
        }
        None => {
            let id = fields.required("id", reader);
            let span = id.map_or(account.key_span, |entry| entry.value.span);
            (id.and_then(|entry| read_id(reader, &entry.value, |text| AccountId::new(text))).map(Into::into), span)
        }
    };
    let mut text = |key: &'static str| {
        fields.optional(key).and_then(|entry| reader.written(&entry.value)).map(|text| text.value.to_string())
    };
    let (role, external_id, profile) = (text("role"), text("externalId"), text("profile"));
    let mut session_tags = BTreeMap::new();
    if let Some(entry) = fields.optional("sessionTags") {
        for (key, value) in read_tags(reader, &entry.value) {
            session_tags.insert(key.to_string(), value.to_string());
        }
    }
    let is_made = matches!(id, Some(AccountSource::Made { .. }));
    if let (Some(entry), None, false) = (fields.optional("externalId"), &role, is_made) {
        reader.diagnostics.push(
            Diagnostic::error("missing-key", "`externalId` is sent when a role is assumed, and none is named")
                .label(entry.key_span, "without `role`")
                .help("add `role: …`, or remove `externalId`"),
        );
    }
    fields.finish(reader);
    Some((AccountTarget { id: id?, role, external_id, profile, session_tags }, id_span))
}

/// The address of the resource that makes an account.
fn read_maker(reader: &mut Reader<'_>, node: &Node) -> Option<AccountSource> {
    let text = reader.written(node)?;
    match text.value.parse::<Address>() {
        Ok(by) => Some(AccountSource::Made { by, through: None }),
        Err(error) => {
            reader.diagnostics.push(
                Diagnostic::error("invalid-address", error.to_string()).label(text.span, "not an address").help(
                    "write the address of an AWS::Organizations::Account, such as organization/bank.member:research",
                ),
            );
            None
        }
    }
}

/// A map of texts; limits of tags: <https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html>
fn read_tags(reader: &mut Reader<'_>, node: &Node) -> BTreeMap<Arc<str>, Arc<str>> {
    let mut tags = BTreeMap::new();
    for entry in reader.entries(node) {
        let problem = if entry.key.is_empty() || entry.key.chars().count() > 128 {
            Some("a tag's key has 1 to 128 characters")
        } else if entry.key.to_ascii_lowercase().starts_with("aws:") {
            Some("keys that begin with `aws:` belong to AWS")
        } else if entry.key.starts_with("charter:") {
            Some("keys that begin with `charter:` are set by Charter")
        } else {
            None
        };
        if let Some(problem) = problem {
            reader.diagnostics.push(
                Diagnostic::error("invalid-tag", format!("{:?} cannot be the key of a tag", &*entry.key))
                    .label(entry.key_span, "not a tag")
                    .help(problem),
            );
        }
        let Some(value) = reader.written(&entry.value) else { continue };
        if value.value.chars().count() > 256 {
            reader.diagnostics.push(
                Diagnostic::error("invalid-tag", "the value of a tag has at most 256 characters")
                    .label(value.span, "too long")
                    .help("shorten it"),
            );
        }
        tags.insert(entry.key.clone(), value.value);
    }
    tags
}

fn read_state(reader: &mut Reader<'_>, entry: &Entry) -> Option<StateSettings> {
    let mut fields = reader.fields(&entry.value, "`state`", entry.key_span)?;
    let backend = fields.required("backend", reader).and_then(|entry| reader.text(&entry.value))?;
    let text = |fields: &mut Fields<'_>, reader: &mut Reader<'_>, key: &'static str| {
        fields.optional(key).and_then(|entry| reader.text(&entry.value)).map(|text| text.value.to_string())
    };
    let state = match &*backend.value {
        "local" => Some(StateSettings::Local { path: text(&mut fields, reader, "path") }),
        "s3" => {
            let bucket = fields.required("bucket", reader).and_then(|entry| reader.text(&entry.value));
            let prefix = text(&mut fields, reader, "prefix");
            let region =
                fields.optional("region").and_then(|entry| read_id(reader, &entry.value, |text| Region::new(text)));
            let kms_key_id = text(&mut fields, reader, "kmsKeyId");
            let profile = text(&mut fields, reader, "profile");
            bucket.map(|bucket| StateSettings::S3 {
                bucket: bucket.value.to_string(),
                prefix,
                region,
                kms_key_id,
                profile,
            })
        }
        other => {
            reader.diagnostics.push(
                Diagnostic::error("not-allowed", format!("state cannot be kept in {other:?}"))
                    .label(backend.span, "unknown backend")
                    .help("write `local` or `s3`"),
            );
            return None;
        }
    };
    fields.finish(reader);
    state
}

fn json_map(reader: &mut Reader<'_>, node: &Node) -> serde_json::Map<String, serde_json::Value> {
    reader.entries(node).iter().map(|entry| (entry.key.to_string(), plain(&entry.value).to_json())).collect()
}

type Written = BTreeMap<String, BTreeMap<String, serde_json::Value>>;

fn read_parameters(reader: &mut Reader<'_>, fields: &mut Fields<'_>) -> (Places, Written) {
    let (mut places, mut written) = (Places::new(), Written::new());
    let Some(entry) = fields.optional("parameters") else { return (places, written) };
    for stack in reader.entries(&entry.value) {
        if matches!(stack.value.kind, NodeKind::Null) {
            continue;
        }
        let mut values = BTreeMap::new();
        let mut shown = BTreeMap::new();
        for parameter in reader.entries(&stack.value) {
            let value = reader.data(&parameter.value);
            shown.insert(parameter.key.to_string(), plain(&parameter.value).to_json());
            values.insert(parameter.key.clone(), (parameter.key_span, value));
        }
        places.insert(stack.key.clone(), (stack.key_span, values));
        written.insert(stack.key.to_string(), shown);
    }
    (places, written)
}
