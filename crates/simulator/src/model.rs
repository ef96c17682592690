//! What AWS's own service models say: operations, how they are bound to HTTP, shapes and their constraints. Made by
//! `cargo xtask services`; a service is inflated and decoded when it is first called.

use flate2::read::ZlibDecoder;
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

const EMBEDDED: &[u8] = include_bytes!("../data/services.bin");
const MAGIC: &[u8] = b"charter-services 1\n";

/// All services.
#[derive(Debug)]
pub(crate) struct Models {
    entries: Vec<ModelEntry>,
    /// The version of botocore that the models come from.
    source: String,
}

#[derive(Debug)]
struct ModelEntry {
    name: String,
    metadata: Metadata,
    document: &'static [u8],
    decoded: OnceLock<Option<ServiceModel>>,
}

/// What is known of a service without decoding it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Metadata {
    pub(crate) endpoint_prefix: String,
    pub(crate) json_version: Option<String>,
    pub(crate) protocol: Protocol,
    pub(crate) signing_name: Option<String>,
    pub(crate) target_prefix: Option<String>,
    pub(crate) xml_namespace: Option<String>,
    /// Present if errors also carry the code that the service's older query protocol had.
    pub(crate) aws_query_compatible: Option<serde_json::Value>,
}

/// How requests and responses look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Protocol {
    Query,
    Ec2,
    #[default]
    Json,
    RestJson,
    RestXml,
}

/// One service.
#[derive(Debug, Deserialize)]
pub(crate) struct ServiceModel {
    #[serde(skip)]
    pub(crate) name: String,
    pub(crate) metadata: Metadata,
    pub(crate) operations: BTreeMap<String, Operation>,
    pub(crate) shapes: BTreeMap<String, Shape>,
    /// Patterns, compiled when first met. None: not a pattern that this machine's language knows; everything passes.
    #[serde(skip)]
    patterns: Mutex<BTreeMap<String, Option<Arc<fancy_regex::Regex>>>>,
}

/// One operation.
#[derive(Debug, Deserialize)]
pub(crate) struct Operation {
    pub(crate) http: Http,
    pub(crate) input: Option<Reference>,
    pub(crate) output: Option<Reference>,
    #[serde(default)]
    pub(crate) errors: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Http {
    pub(crate) method: String,
    pub(crate) request_uri: String,
    pub(crate) response_code: Option<u16>,
}

/// A reference to a shape, with what is said of it there.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Reference {
    pub(crate) shape: String,
    pub(crate) location: Option<Location>,
    pub(crate) location_name: Option<String>,
    pub(crate) flattened: bool,
    pub(crate) query_name: Option<String>,
    pub(crate) result_wrapper: Option<String>,
    pub(crate) timestamp_format: Option<TimestampFormat>,
    pub(crate) xml_attribute: bool,
    pub(crate) xml_namespace: Option<XmlNamespace>,
}

/// Where in the request or response a member is, if not in the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Location {
    Uri,
    Querystring,
    Header,
    Headers,
    StatusCode,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum TimestampFormat {
    Iso8601,
    Rfc822,
    UnixTimestamp,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum XmlNamespace {
    Plain(String),
    Prefixed {
        uri: String,
        #[serde(default)]
        prefix: Option<String>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ShapeKind {
    Structure,
    List,
    Map,
    String,
    Character,
    Integer,
    Long,
    Float,
    Double,
    #[serde(rename = "bigdecimal")]
    BigDecimal,
    Boolean,
    Blob,
    Timestamp,
}

/// One shape.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Shape {
    #[serde(rename = "type")]
    pub(crate) kind: ShapeKind,
    #[serde(default)]
    pub(crate) members: BTreeMap<String, Reference>,
    #[serde(default)]
    pub(crate) required: Vec<String>,
    #[serde(default, rename = "enum")]
    pub(crate) values: Vec<String>,
    #[serde(default, deserialize_with = "number")]
    pub(crate) min: Option<f64>,
    #[serde(default, deserialize_with = "number")]
    pub(crate) max: Option<f64>,
    pub(crate) pattern: Option<String>,
    pub(crate) member: Option<Reference>,
    pub(crate) key: Option<Reference>,
    pub(crate) value: Option<Reference>,
    pub(crate) payload: Option<String>,
    #[serde(default)]
    pub(crate) flattened: bool,
    /// Any JSON.
    #[serde(default)]
    pub(crate) document: bool,
    pub(crate) error: Option<ErrorTrait>,
    #[serde(default)]
    pub(crate) exception: bool,
    /// The service's fault, not the caller's.
    #[serde(default)]
    pub(crate) fault: bool,
    pub(crate) timestamp_format: Option<TimestampFormat>,
    pub(crate) location_name: Option<String>,
    pub(crate) xml_namespace: Option<XmlNamespace>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ErrorTrait {
    pub(crate) code: Option<String>,
    pub(crate) http_status_code: Option<u16>,
    pub(crate) sender_fault: Option<bool>,
}

/// A few models write bounds as text.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    Ok(match Option::<serde_json::Value>::deserialize(deserializer)? {
        Some(serde_json::Value::Number(number)) => number.as_f64(),
        Some(serde_json::Value::String(text)) => text.parse().ok(),
        _ => None,
    })
}

#[derive(Deserialize)]
struct Header {
    source: String,
    services: Vec<HeaderEntry>,
}

#[derive(Deserialize)]
struct HeaderEntry {
    name: String,
    length: usize,
    metadata: Metadata,
}

impl Models {
    /// The services embedded in this binary. Empty only if the file is damaged, which a test of this crate rules out.
    pub(crate) fn embedded() -> &'static Self {
        static MODELS: OnceLock<Models> = OnceLock::new();
        MODELS.get_or_init(|| Self::parse(EMBEDDED).unwrap_or(Self { entries: Vec::new(), source: String::new() }))
    }

    fn parse(bytes: &'static [u8]) -> Option<Self> {
        let rest = bytes.strip_prefix(MAGIC)?;
        let end = rest.iter().position(|byte| *byte == b'\n')?;
        let (header, documents) = rest.split_at_checked(end)?;
        let header: Header = serde_json::from_slice(header).ok()?;
        let mut documents = documents.get(1..)?;
        let mut entries = Vec::new();
        for HeaderEntry { name, length, metadata } in header.services {
            let (document, rest) = documents.split_at_checked(length)?;
            documents = rest;
            entries.push(ModelEntry { name, metadata, document, decoded: OnceLock::new() });
        }
        Some(Self { entries, source: header.source })
    }

    /// The services that sign with a name: `bedrock` is the name of three.
    pub(crate) fn signed_as(&self, name: &str) -> impl Iterator<Item = &ServiceModel> {
        self.entries
            .iter()
            .filter(move |entry| {
                entry.metadata.signing_name.as_deref().unwrap_or(&entry.metadata.endpoint_prefix) == name
            })
            .filter_map(ModelEntry::model)
    }

    /// Their folder names in botocore.
    #[cfg(test)]
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|entry| entry.name.as_str())
    }

    /// A service by its folder name in botocore.
    #[cfg(test)]
    pub(crate) fn service(&self, name: &str) -> Option<&ServiceModel> {
        self.entries.iter().find(|entry| entry.name == name)?.model()
    }
}

/// What the service models in this binary come from: `botocore 1.43.50`.
pub fn service_models() -> &'static str {
    &Models::embedded().source
}

impl ModelEntry {
    fn model(&self) -> Option<&ServiceModel> {
        let decode = || {
            let reader = std::io::BufReader::new(ZlibDecoder::new(self.document));
            match serde_json::from_reader::<_, ServiceModel>(reader) {
                Ok(model) => Some(ServiceModel { name: self.name.clone(), ..model }.without_false_bounds()),
                Err(error) => {
                    tracing::error!(service = self.name, %error, "a service's model does not decode");
                    None
                }
            }
        };
        self.decoded.get_or_init(decode).as_ref()
    }
}

/// Bounds that the models state and the services cannot hold to: the service and the shape.
const FALSE_BOUNDS: &[(&str, &str)] = &[
    // At most 100 characters by the model, but the ARN of a secret that RDS manages (`rds!cluster-UUID-xxxxxx`) has 108 in us-east-1:
    // held to, the bound would keep the Data API from every cluster with a managed password. Not confirmed against AWS.
    ("rds-data", "Arn"),
];

impl ServiceModel {
    fn without_false_bounds(mut self) -> Self {
        for (_, shape) in FALSE_BOUNDS.iter().filter(|(service, _)| *service == self.name) {
            if let Some(shape) = self.shapes.get_mut(*shape) {
                shape.max = None;
            }
        }
        self
    }

    pub(crate) fn shape(&self, name: &str) -> Option<&Shape> {
        self.shapes.get(name)
    }

    /// The shape of an operation's input.
    pub(crate) fn input(&self, operation: &Operation) -> Option<&Shape> {
        self.shape(&operation.input.as_ref()?.shape)
    }

    pub(crate) fn protocol(&self) -> Protocol {
        self.metadata.protocol
    }

    /// The error of a code, given as it is answered or as the name of its shape; first among the operation's own.
    pub(crate) fn error(&self, operation: Option<&Operation>, code: &str) -> Option<(&str, &Shape)> {
        let matches = |name: &str, shape: &Shape| {
            shape.exception
                && (name == code || shape.error.as_ref().is_some_and(|error| error.code.as_deref() == Some(code)))
        };
        let own = operation.into_iter().flat_map(|operation| &operation.errors);
        own.filter_map(|name| self.shapes.get_key_value(name))
            .chain(&self.shapes)
            .find(|(name, shape)| matches(name, shape))
            .map(|(name, shape)| (name.as_str(), shape))
    }

    /// A pattern that must match from end to end, as AWS's services take theirs.
    pub(crate) fn pattern(&self, pattern: &str) -> Option<Arc<fancy_regex::Regex>> {
        let mut patterns = self.patterns.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = patterns.get(pattern) {
            return known.clone();
        }
        // Java writes what lies beyond the first plane as pairs of surrogates.
        let translated = pattern.replace(r"\uD800\uDC00-\uDBFF\uDFFF", r"\x{10000}-\x{10FFFF}");
        let compiled = fancy_regex::Regex::new(&format!("^(?:{translated})$")).ok().map(Arc::new);
        patterns.insert(pattern.to_owned(), compiled.clone());
        compiled
    }
}

impl Reference {
    /// The name of the member on the wire, where the protocol has no rule of its own.
    pub(crate) fn wire_name<'a>(&'a self, member: &'a str) -> &'a str {
        self.location_name.as_deref().unwrap_or(member)
    }
}

impl Shape {
    /// The member that is the whole body.
    pub(crate) fn payload_member(&self) -> Option<(&str, &Reference)> {
        let name = self.payload.as_deref()?;
        self.members.get_key_value(name).map(|(name, member)| (name.as_str(), member))
    }

    pub(crate) fn is_number(&self) -> bool {
        matches!(
            self.kind,
            ShapeKind::Integer | ShapeKind::Long | ShapeKind::Float | ShapeKind::Double | ShapeKind::BigDecimal
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_embedded_service_decodes_and_every_reference_leads_somewhere() {
        let models = Models::embedded();
        assert!(service_models().starts_with("botocore "), "{}", service_models());
        assert!(models.entries.len() >= 31);
        for entry in &models.entries {
            let model = entry.model().unwrap_or_else(|| panic!("{} does not decode", entry.name));
            assert!(!model.operations.is_empty(), "{}", entry.name);
            let operations =
                model.operations.values().flat_map(|operation| operation.input.iter().chain(&operation.output));
            let shapes = model
                .shapes
                .values()
                .flat_map(|shape| shape.members.values().chain(&shape.member).chain(&shape.key).chain(&shape.value));
            for reference in operations.chain(shapes) {
                assert!(model.shape(&reference.shape).is_some(), "{}: {}", entry.name, reference.shape);
            }
        }
    }

    #[test]
    fn nearly_every_pattern_compiles() {
        let models = Models::embedded();
        let (mut compiled, mut skipped) = (0, Vec::new());
        for model in models.entries.iter().filter_map(ModelEntry::model) {
            for pattern in model.shapes.values().filter_map(|shape| shape.pattern.as_deref()) {
                match model.pattern(pattern) {
                    Some(_) => compiled += 1,
                    None => skipped.push((&model.name, pattern)),
                }
            }
        }
        assert!(skipped.len() * 100 < compiled, "{compiled} compiled; not: {skipped:?}");
    }

    #[test]
    fn an_error_is_found_by_code_and_by_shape() {
        let rds = Models::embedded().service("rds").unwrap();
        let (by_shape, _) = rds.error(None, "DBClusterNotFoundFault").unwrap();
        let (by_code, shape) = rds.error(None, "DBSubnetGroupNotFoundFault").unwrap();
        assert_eq!(by_shape, "DBClusterNotFoundFault");
        assert_eq!(by_code, "DBSubnetGroupNotFoundFault");
        assert_eq!(shape.error.as_ref().unwrap().http_status_code, Some(404));
    }
}
