//! `cargo xtask authorization`: makes `crates/simulator/data/authorization.bin`, the facts by which the simulator allows and denies
//! calls: the actions of IAM with the kinds of resource that each is about, their ARNs, whether conditions on tags apply, and what
//! the registry's handlers call on behalf of the users of Cloud Control.
//!
//! Actions come from the PyPI package parliament (AWS's Service Authorization Reference), handlers from the registry schemas that
//! the PyPI package localstack-core ships, and from `crates/simulator/authorization/handlers.toml`. The file is one line with its
//! form, one of JSON that names the sources, then one JSON document, compressed with zlib. No prose.

use crate::python;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The first line of the file: its form and the form's version.
const MAGIC: &str = "charter-authorization 1\n";
const HANDLERS: &str = "crates/simulator/authorization/handlers.toml";
const OUTPUT: &str = "crates/simulator/data/authorization.bin";

/// The prefixes of the services that the simulator knows, whether or not a handler calls them.
const PREFIXES: &[&str] = &[
    "bedrock",
    "budgets",
    "ce",
    "cloudformation",
    "cloudtrail",
    "datazone",
    "dynamodb",
    "ec2",
    "events",
    "glue",
    "iam",
    "identitystore",
    "kendra",
    "kms",
    "lakeformation",
    "lambda",
    "logs",
    "organizations",
    "qbusiness",
    "ram",
    "rds",
    "rds-data",
    "s3",
    "secretsmanager",
    "sns",
    "sqs",
    "sso",
    "sts",
    "tag",
];

const OPERATIONS: &[&str] = &["create", "read", "update", "delete", "list"];

/// Makes the file, or with `check` says whether the checked-in one is current.
pub(crate) fn run(check: bool) -> crate::TaskResult {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("xtask stands in no workspace")?;
    let target = root.join(OUTPUT);
    let bytes = build(root)?;
    if std::fs::read(&target).is_ok_and(|present| present == bytes) {
        println!("authorization: current ({} KB)", bytes.len() / 1024);
        return Ok(());
    }
    if check {
        return Err(format!("{OUTPUT} is not current: run `cargo xtask authorization`").into());
    }
    std::fs::write(&target, &bytes)?;
    println!("authorization: wrote {} KB", bytes.len() / 1024);
    Ok(())
}

fn build(root: &Path) -> Result<Vec<u8>, Box<dyn Error>> {
    // `localstack` itself is a namespace without a place of its own.
    let (parliament, providers) = (python::package("parliament")?, python::package("localstack.services")?);
    let definition: Vec<Value> = serde_json::from_slice(&std::fs::read(parliament.join("iam_definition.json"))?)?;
    let by_hand: Map<String, Value> = toml::from_str(&std::fs::read_to_string(root.join(HANDLERS))?)?;
    let mut handlers = BTreeMap::new();
    for path in schemas(&providers)? {
        let schema: Value = serde_json::from_slice(&std::fs::read(path)?)?;
        if let (Some(name), Some(own)) = (text(&schema, "typeName"), schema.get("handlers")) {
            let calls = |operation: &&str| own.get(*operation)?.get("permissions").cloned();
            let calls: Map<String, Value> =
                OPERATIONS.iter().filter_map(|each| Some(((*each).to_owned(), calls(each)?))).collect();
            handlers.insert(name.to_owned(), calls);
        }
    }
    for (name, own) in &by_hand {
        let row = handlers.entry(name.clone()).or_default();
        let members = own.as_object().into_iter().flatten().filter(|(member, _)| *member != "source");
        row.extend(members.map(|(member, value)| (member.clone(), value.clone())));
    }
    let actions: BTreeSet<String> = definition.iter().flat_map(actions).collect();
    let mut prefixes: BTreeSet<&str> = PREFIXES.iter().copied().collect();
    for (name, row) in &mut handlers {
        for operation in OPERATIONS {
            let Some(Value::Array(calls)) = row.get_mut(*operation) else { continue };
            // The registry lists a few that are no actions: s3:REST.PUT.OBJECT.
            calls.retain(|call| call.as_str().is_some_and(|call| actions.contains(&call.to_ascii_lowercase())));
            calls.sort_by(|one, other| one.as_str().cmp(&other.as_str()));
            calls.dedup();
        }
        if by_hand.contains_key(name) && row.get("create").is_none() && row.get("only").is_none() {
            return Err(format!("{HANDLERS}: {name} says nothing").into());
        }
    }
    handlers.retain(|_, row| OPERATIONS.iter().any(|operation| row.contains_key(*operation)));
    let named: Vec<String> = handlers.values().flat_map(called).collect();
    prefixes.extend(named.iter().filter_map(|call| Some(call.split_once(':')?.0)));
    // Two services may share a prefix: CloudFormation and Cloud Control.
    let mut services: BTreeMap<&str, [Map<String, Value>; 2]> = BTreeMap::new();
    for service in &definition {
        let Some(prefix) = text(service, "prefix").filter(|prefix| prefixes.contains(prefix)) else { continue };
        let [resources, actions] = services.entry(prefix).or_default();
        let (more, further) = digest(service);
        resources.extend(more);
        actions.extend(further);
    }
    let services: Map<String, Value> = services
        .into_iter()
        .map(|(prefix, [resources, actions])| (prefix.to_owned(), json!({"resources": resources, "actions": actions})))
        .collect();
    let document = json!({"services": services, "handlers": handlers});
    let localstack = providers.parent().ok_or("a package lies in a folder")?;
    let versions = (version(&parliament, "parliament")?, version(localstack, "localstack_core")?);
    let source = json!({"source": format!("parliament {}, localstack-core {}", versions.0, versions.1)});
    let mut bytes = MAGIC.as_bytes().to_vec();
    bytes.extend(charter_model::canonical_json(&source).as_bytes());
    bytes.push(b'\n');
    let mut encoder = ZlibEncoder::new(bytes, Compression::best());
    encoder.write_all(charter_model::canonical_json(&document).as_bytes())?;
    Ok(encoder.finish()?)
}

fn called(row: &Map<String, Value>) -> Vec<String> {
    let lists = OPERATIONS.iter().filter_map(|operation| row.get(*operation)?.as_array());
    lists.flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// What is kept of a service: its resources as `[ARN, whether their tags can be a condition]`, its actions as `[kinds of resource,
/// whether the tags of a request can be a condition, whether those of the resource can]`. A kind that the action is always about
/// ends with `*`.
fn digest(service: &Value) -> (Map<String, Value>, Map<String, Value>) {
    let resources: Map<String, Value> = list(service, "resources")
        .filter_map(|resource| {
            Some((text(resource, "resource")?.to_owned(), json!([text(resource, "arn")?, tells_tags(resource)])))
        })
        .collect();
    let actions: Map<String, Value> = list(service, "privileges")
        .filter_map(|privilege| {
            let kinds: Vec<&str> = list(privilege, "resource_types")
                .filter_map(|kind| text(kind, "resource_type"))
                .filter(|kind| !kind.is_empty())
                .collect();
            let any = |wanted: &str| {
                list(privilege, "resource_types")
                    .flat_map(|kind| list(kind, "condition_keys"))
                    .any(|key| key.as_str().is_some_and(|key| key.starts_with(wanted)))
            };
            let row = json!([kinds, any("aws:RequestTag/"), any("aws:ResourceTag/")]);
            Some((text(privilege, "privilege")?.to_owned(), row))
        })
        .collect();
    (resources, actions)
}

fn tells_tags(resource: &Value) -> bool {
    list(resource, "condition_keys").any(|key| key.as_str().is_some_and(|key| key.starts_with("aws:ResourceTag/")))
}

/// All actions of a service, in small letters.
fn actions(service: &Value) -> Vec<String> {
    let prefix = text(service, "prefix").unwrap_or_default();
    let names = list(service, "privileges").filter_map(|privilege| text(privilege, "privilege"));
    names.map(|name| format!("{prefix}:{name}").to_ascii_lowercase()).collect()
}

fn list<'a>(value: &'a Value, member: &str) -> impl Iterator<Item = &'a Value> {
    value.get(member).and_then(Value::as_array).into_iter().flatten()
}

fn text<'a>(value: &'a Value, member: &str) -> Option<&'a str> {
    value.get(member)?.as_str()
}

/// The registry schemas below a folder, sorted.
fn schemas(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().ends_with(".schema.json") {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The version of an installed package, by the folder that pip keeps of it.
fn version(package: &Path, distribution: &str) -> Result<String, Box<dyn Error>> {
    let site = package.parent().ok_or("a package lies in a folder")?;
    for entry in std::fs::read_dir(site)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let own = name.strip_prefix(&format!("{distribution}-")).and_then(|rest| rest.strip_suffix(".dist-info"));
        if let Some(version) = own {
            return Ok(version.to_owned());
        }
    }
    Err(format!("{distribution} is not in {}", site.display()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_stay_and_prose_goes() {
        let service = json!({
            "prefix": "kendra",
            "resources": [{"resource": "index", "arn": "arn:…:index/${IndexId}", "condition_keys": ["aws:ResourceTag/${TagKey}"]}],
            "privileges": [{"privilege": "CreateFaq", "description": "words", "resource_types": [
                {"resource_type": "index*", "condition_keys": []},
                {"resource_type": "", "condition_keys": ["aws:RequestTag/${TagKey}"]},
            ]}],
        });
        let (resources, actions) = digest(&service);
        assert_eq!(Value::from(resources), json!({"index": ["arn:…:index/${IndexId}", true]}));
        assert_eq!(Value::from(actions), json!({"CreateFaq": [["index*"], true, false]}));
    }
}
