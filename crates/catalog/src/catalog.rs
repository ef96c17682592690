//! All types: those of the registry from the embedded archive, Charter's own from their documents.

use crate::archive::{Archive, ArchiveError, ArchiveHeader};
use crate::compile::{SchemaError, compile};
use crate::type_schema::TypeSchema;
use charter_model::{TypeName, did_you_mean};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

/// Made by `cargo xtask catalog`.
const EMBEDDED: &[u8] = include_bytes!("../data/types.bin");

/// Charter's own types, written by hand in the form of the registry's schemas.
const OWN: &[(&str, &str)] = &[
    ("Charter::Bedrock::FineTuning", include_str!("../charter-types/bedrock-fine-tuning.json")),
    ("Charter::Bedrock::InvocationLogging", include_str!("../charter-types/bedrock-invocation-logging.json")),
    ("Charter::Bedrock::ModelAccess", include_str!("../charter-types/bedrock-model-access.json")),
    ("Charter::Billing::CostAllocationTags", include_str!("../charter-types/billing-cost-allocation-tags.json")),
    ("Charter::DataZone::DataSourceRun", include_str!("../charter-types/datazone-data-source-run.json")),
    ("Charter::DataZone::Listing", include_str!("../charter-types/datazone-listing.json")),
    ("Charter::DataZone::Subscription", include_str!("../charter-types/datazone-subscription.json")),
    ("Charter::Kendra::Sync", include_str!("../charter-types/kendra-sync.json")),
    ("Charter::Manual::HandOff", include_str!("../charter-types/manual-hand-off.json")),
    ("Charter::Organizations::ServiceAccess", include_str!("../charter-types/organizations-service-access.json")),
    ("Charter::RAM::OrganizationSharing", include_str!("../charter-types/ram-organization-sharing.json")),
    ("Charter::RAM::ShareAcceptance", include_str!("../charter-types/ram-share-acceptance.json")),
    ("Charter::QBusiness::ChatControls", include_str!("../charter-types/qbusiness-chat-controls.json")),
    ("Charter::QBusiness::Group", include_str!("../charter-types/qbusiness-group.json")),
    ("Charter::QBusiness::Subscription", include_str!("../charter-types/qbusiness-subscription.json")),
    ("Charter::QBusiness::Sync", include_str!("../charter-types/qbusiness-sync.json")),
    ("Charter::RDS::SqlScript", include_str!("../charter-types/rds-sql-script.json")),
];

/// All types. Each is decoded on first use and kept; clones share what is decoded.
#[derive(Debug, Default)]
pub struct Catalog {
    archive: Archive,
    /// By name; a type of this map hides one of the archive.
    types: BTreeMap<Box<str>, Slot>,
}

#[derive(Debug)]
struct Slot {
    source: Source,
    schema: OnceLock<Option<Arc<TypeSchema>>>,
}

#[derive(Debug)]
enum Source {
    Archive,
    Text(&'static str),
    Document(Box<Json>),
}

impl Catalog {
    /// The types embedded in this binary.
    pub fn embedded() -> &'static Self {
        static CATALOG: OnceLock<Catalog> = OnceLock::new();
        // The embedded file is checked by the tests of this crate, each type of it.
        CATALOG.get_or_init(|| Self::from_archive(EMBEDDED).unwrap_or_default())
    }

    /// The types of an archive that [`crate::write_archive`] made, and Charter's own.
    pub fn from_archive(bytes: &'static [u8]) -> Result<Self, ArchiveError> {
        let archive = Archive::parse(bytes)?;
        let registry = archive.names().map(|name| (Box::from(name), Slot::new(Source::Archive)));
        let own = OWN.iter().map(|(name, text)| (Box::from(*name), Slot::new(Source::Text(text))));
        let types = registry.chain(own).collect();
        Ok(Self { archive, types })
    }

    /// A catalogue of these documents alone, for tests of what needs a few types of a certain make.
    pub fn from_documents(documents: impl IntoIterator<Item = Json>) -> Result<Self, SchemaError> {
        let mut types = BTreeMap::new();
        for document in documents {
            let name = compile(&document)?.type_name().as_str().into();
            types.insert(name, Slot::new(Source::Document(Box::new(document))));
        }
        Ok(Self { archive: Archive::default(), types })
    }

    /// Where the registry's types come from, and how many there are.
    pub fn header(&self) -> &ArchiveHeader {
        self.archive.header()
    }

    /// Every type name, sorted.
    pub fn type_names(&self) -> impl Iterator<Item = &str> {
        self.types.keys().map(|name| &**name)
    }

    /// Whether there is such a type; decodes nothing.
    pub fn contains(&self, type_name: &TypeName) -> bool {
        self.types.contains_key(type_name.as_str())
    }

    /// The schema of a type, decoded on first use and kept.
    pub fn schema(&self, type_name: &TypeName) -> Option<Arc<TypeSchema>> {
        let slot = self.types.get(type_name.as_str())?;
        slot.schema.get_or_init(|| self.decode(type_name.as_str()).ok().flatten().map(Arc::new)).clone()
    }

    /// The type that was meant by a name that is none: near in spelling, else the only one with the same last part.
    pub fn suggest(&self, name: &str) -> Option<&str> {
        let resource = name.rsplit("::").next().unwrap_or(name).to_lowercase();
        did_you_mean(name, self.type_names()).or_else(|| {
            let mut same = self
                .type_names()
                .filter(|each| each.rsplit("::").next().is_some_and(|last| last.to_lowercase() == resource));
            let first = same.next()?;
            same.next().is_none().then_some(first)
        })
    }

    /// What the registry says of a type, uncorrected.
    #[cfg(test)]
    pub(crate) fn registry_document(&self, type_name: &TypeName) -> Option<Json> {
        serde_json::from_slice(self.archive.document(type_name.as_str())?).ok()
    }

    fn decode(&self, name: &str) -> Result<Option<TypeSchema>, SchemaError> {
        let parse = |bytes: &[u8]| -> Result<Json, SchemaError> {
            serde_json::from_slice(bytes).map_err(|error| SchemaError {
                type_name: name.to_owned(),
                place: String::new(),
                reason: error.to_string(),
            })
        };
        let document = match self.types.get(name).map(|slot| &slot.source) {
            Some(Source::Archive) => match self.archive.document(name) {
                Some(bytes) => {
                    let mut document = parse(bytes)?;
                    crate::corrections::apply(name, &mut document);
                    document
                }
                None => return Ok(None),
            },
            Some(Source::Text(text)) => parse(text.as_bytes())?,
            Some(Source::Document(document)) => return compile(document).map(Some),
            None => return Ok(None),
        };
        compile(&document).map(Some)
    }
}

impl Slot {
    fn new(source: Source) -> Self {
        Self { source, schema: OnceLock::new() }
    }
}

#[cfg(test)]
mod tests;
