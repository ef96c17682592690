//! `cargo xtask services`: makes `crates/simulator/data/services.bin`, the facts that the simulator knows of AWS's services:
//! operations, how they are bound to HTTP, shapes and their constraints, errors. No prose.
//!
//! They come from the service models that the PyPI package botocore ships. The file is one line with its form, one line of JSON
//! that lists the services with the lengths of their documents, then the documents: JSON, each compressed with zlib.

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::ZlibEncoder;
use serde_json::{Map, Value, json};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// The first line of the file: its form and the form's version.
const MAGIC: &str = "charter-services 1\n";

/// The services, by their folder in botocore.
const SERVICES: &[&str] = &[
    "bedrock",
    "bedrock-agent",
    "bedrock-runtime",
    "budgets",
    "ce",
    "cloudcontrol",
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
    "resourcegroupstaggingapi",
    "s3",
    "secretsmanager",
    "sns",
    "sqs",
    "sso-admin",
    "sts",
];

/// What is kept of a service as a whole.
const METADATA: &[&str] = &[
    "apiVersion",
    "awsQueryCompatible",
    "endpointPrefix",
    "jsonVersion",
    "protocol",
    "serviceId",
    "signingName",
    "targetPrefix",
    "xmlNamespace",
];
/// What is kept of an operation.
const OPERATION: &[&str] = &["authtype", "endpoint", "errors", "http", "httpChecksum", "idempotent", "input", "output"];
/// What is kept of a shape.
const SHAPE: &[&str] = &[
    "document",
    "enum",
    "error",
    "event",
    "eventstream",
    "exception",
    "fault",
    "flattened",
    "key",
    "locationName",
    "max",
    "member",
    "members",
    "min",
    "pattern",
    "payload",
    "required",
    "streaming",
    "timestampFormat",
    "type",
    "union",
    "value",
    "wrapper",
    "xmlNamespace",
];
/// What is kept of a reference to a shape.
const REFERENCE: &[&str] = &[
    "eventpayload",
    "flattened",
    "hostLabel",
    "idempotencyToken",
    "jsonvalue",
    "location",
    "locationName",
    "queryName",
    "resultWrapper",
    "shape",
    "streaming",
    "timestampFormat",
    "xmlAttribute",
    "xmlNamespace",
];

/// Makes the file, or with `check` says whether the checked-in one is current.
pub(crate) fn run(check: bool) -> crate::TaskResult {
    let botocore = crate::python::package("botocore")?;
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/simulator/data/services.bin");
    let bytes = build(&botocore)?;
    if std::fs::read(&target).is_ok_and(|current| current == bytes) {
        println!("services: current ({} services, {} KB)", SERVICES.len(), bytes.len() / 1024);
        return Ok(());
    }
    if check {
        let made_from = source_of(&std::fs::read(&target).unwrap_or_default());
        return Err(format!(
            "crates/simulator/data/services.bin is not current: it was made from {}, here is {}; run cargo xtask services",
            made_from.as_deref().unwrap_or("something else"),
            source_of(&bytes).unwrap_or_default(),
        )
        .into());
    }
    std::fs::write(&target, &bytes)?;
    println!("services: wrote {} services, {} KB", SERVICES.len(), bytes.len() / 1024);
    Ok(())
}

fn build(botocore: &Path) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let mut index = Vec::new();
    let mut documents = Vec::new();
    for name in SERVICES {
        let model = read(&newest(&botocore.join("data").join(name))?)?;
        let document = digest(&model);
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(canonical(&document).as_bytes())?;
        let compressed = encoder.finish()?;
        let metadata = document.get("metadata").cloned().unwrap_or_default();
        index.push(json!({"name": name, "length": compressed.len(), "metadata": metadata}));
        documents.extend(compressed);
    }
    let header = json!({"source": format!("botocore {}", version(botocore)?), "services": index});
    let mut bytes = MAGIC.as_bytes().to_vec();
    bytes.extend(canonical(&header).as_bytes());
    bytes.push(b'\n');
    bytes.extend(documents);
    Ok(bytes)
}

/// What a file says that it was made from.
fn source_of(bytes: &[u8]) -> Option<String> {
    let rest = bytes.strip_prefix(MAGIC.as_bytes())?;
    let line = rest.split(|byte| *byte == b'\n').next()?;
    let header: Value = serde_json::from_slice(line).ok()?;
    header.get("source")?.as_str().map(str::to_owned)
}

fn version(botocore: &Path) -> Result<String, Box<dyn std::error::Error>> {
    let text = std::fs::read_to_string(botocore.join("__init__.py"))?;
    text.lines()
        .find_map(|line| line.strip_prefix("__version__ = "))
        .map(|version| version.trim_matches(['\'', '"']).to_owned())
        .ok_or_else(|| "botocore/__init__.py does not say its version".into())
}

/// The model of the newest version of a service's API.
fn newest(folder: &Path) -> Result<PathBuf, Box<dyn std::error::Error>> {
    let mut versions =
        std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>, std::io::Error>>()?;
    versions.sort();
    let newest = versions.pop().ok_or_else(|| format!("{} holds no model", folder.display()))?;
    Ok(newest.join("service-2.json"))
}

/// Reads a model: botocore ships it compressed, its source does not.
fn read(path: &Path) -> Result<Value, Box<dyn std::error::Error>> {
    let packed = path.with_extension("json.gz");
    let text = if packed.exists() {
        let mut text = String::new();
        GzDecoder::new(std::fs::File::open(&packed)?).read_to_string(&mut text)?;
        text
    } else {
        std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?
    };
    Ok(serde_json::from_str(&text)?)
}

/// The facts of a model, without its prose.
fn digest(model: &Value) -> Value {
    let each = |member: &str, kept: fn(&Value) -> Value| -> Value {
        members(model.get(member)).map(|(name, value)| (name.clone(), kept(value))).collect::<Map<_, _>>().into()
    };
    json!({
        "metadata": only(model.get("metadata"), METADATA),
        "operations": each("operations", operation),
        "shapes": each("shapes", shape),
    })
}

fn operation(value: &Value) -> Value {
    let mut kept = only(Some(value), OPERATION);
    for member in ["input", "output"] {
        replace(&mut kept, member, reference);
    }
    replace(&mut kept, "errors", |errors| {
        let names = errors.as_array().into_iter().flatten().filter_map(|error| error.get("shape").cloned());
        names.collect::<Vec<_>>().into()
    });
    replace(&mut kept, "http", |http| Value::Object(only(Some(http), &["method", "requestUri", "responseCode"])));
    kept.into()
}

fn shape(value: &Value) -> Value {
    let mut kept = only(Some(value), SHAPE);
    for member in ["member", "key", "value"] {
        replace(&mut kept, member, reference);
    }
    replace(&mut kept, "members", |value| {
        members(Some(value)).map(|(name, value)| (name.clone(), reference(value))).collect::<Map<_, _>>().into()
    });
    kept.into()
}

fn reference(value: &Value) -> Value {
    only(Some(value), REFERENCE).into()
}

fn members(value: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    value.and_then(Value::as_object).into_iter().flatten()
}

fn only(value: Option<&Value>, kept: &[&str]) -> Map<String, Value> {
    members(value)
        .filter(|(name, _)| kept.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

fn replace(map: &mut Map<String, Value>, member: &str, by: impl Fn(&Value) -> Value) {
    if let Some(value) = map.get_mut(member) {
        *value = by(value);
    }
}

/// The same text whatever order a JSON library keeps members in.
fn canonical(value: &Value) -> String {
    charter_model::canonical_json(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_stay_and_prose_goes() {
        let model = json!({
            "metadata": {"protocol": "json", "serviceFullName": "A Service"},
            "operations": {"Get": {
                "name": "Get", "http": {"method": "POST", "requestUri": "/"}, "documentation": "<p>words</p>",
                "input": {"shape": "GetRequest"}, "errors": [{"shape": "NotFound", "documentation": "words"}],
            }},
            "shapes": {"GetRequest": {
                "type": "structure", "documentation": "words",
                "members": {"documentation": {"shape": "Text", "documentation": "words"}},
            }},
        });
        assert_eq!(
            digest(&model),
            json!({
                "metadata": {"protocol": "json"},
                "operations": {"Get": {
                    "http": {"method": "POST", "requestUri": "/"}, "input": {"shape": "GetRequest"}, "errors": ["NotFound"],
                }},
                "shapes": {"GetRequest": {"type": "structure", "members": {"documentation": {"shape": "Text"}}}},
            })
        );
    }
}
