//! What exists already, as blocks of a stack: read as a plan would read it, without what only AWS sets, without defaults, and with
//! what is inside of it.
//!
//! What is inside of a thing follows from the types' own identifiers: an index is in an application whose `ApplicationId` is part of
//! its own identifier, and which AWS assigned.

use crate::command_error::{CommandError, ExitCode};
use crate::ui::Ui;
use charter_catalog::{Catalog, TypeSchema};
use charter_model::{Placement, Pointer, PointerSegment, TypeName};
use charter_provider::{Failure, FailureCode, ListRequest, Observed, Properties, Provider, ReadRequest};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Types of runs: what happened is nothing to keep.
const RUNS: &[&str] = &["Charter::DataZone::DataSourceRun", "Charter::Kendra::Sync", "Charter::QBusiness::Sync"];

/// Properties that a service takes and never tells, with what that means for a block that adopts.
const UNTOLD: &[(&str, &str, &str)] = &[(
    "Charter::QBusiness::Group",
    "GroupMembers",
    "GroupMembers cannot be read: Q Business never tells who is in a group. Without them the group stays as it is; written here, they \
     replace whoever is in it.",
)];

/// One block of a stack.
#[derive(Debug)]
pub(crate) struct Block {
    /// Its name in the stack: `webExperience`.
    pub(crate) name: String,
    pub(crate) type_name: TypeName,
    pub(crate) identifier: String,
    pub(crate) properties: Properties,
    /// Whether its tags stay as they are: Charter would add its own.
    pub(crate) keeps_tags: bool,
    /// Properties that must be given and that nobody can read.
    pub(crate) unreadable: Vec<String>,
    /// What else the reader must know of it.
    pub(crate) notes: Vec<&'static str>,
}

/// Finds what exists, and makes blocks of it.
pub(crate) struct Finder<'a> {
    pub(crate) ui: Ui,
    pub(crate) provider: &'a dyn Provider,
    pub(crate) placement: Placement,
}

impl Finder<'_> {
    /// The blocks of a resource and of what is inside of it, each after what it is inside of.
    pub(crate) async fn blocks(&self, type_name: &TypeName, identifier: &str) -> Result<Vec<Block>, CommandError> {
        let mut blocks = Vec::new();
        // What AWS assigned to a block, by its value: other blocks refer to it.
        let mut assigned: BTreeMap<String, String> = BTreeMap::new();
        let mut waiting = VecDeque::from([(type_name.clone(), identifier.to_owned())]);
        while let Some((type_name, identifier)) = waiting.pop_front() {
            let schema = schema(&type_name)?;
            let Some(observed) = self.read(&type_name, &identifier).await? else {
                if blocks.is_empty() {
                    return Err(self.absent(&type_name, &identifier));
                }
                // Gone meanwhile.
                continue;
            };
            let name = free_name(&blocks, &type_name);
            let mut properties = settable(&schema, &observed);
            for value in properties.values_mut() {
                refer(value, &assigned);
            }
            for place in schema.primary_identifier().iter().filter(|place| schema.read_only().contains(place)) {
                if let (Some(Value::String(id)), [PointerSegment::Key(property)]) =
                    (place.get(&Value::Object(observed.clone())).cloned(), place.segments())
                {
                    assigned.insert(id, format!("${{{name}.{property}}}"));
                }
            }
            for child in children(&type_name, &schema) {
                for found in self.list(&child, &schema, &identifier).await? {
                    waiting.push_back((child.clone(), found));
                }
            }
            blocks.push(Block {
                name,
                keeps_tags: schema.tagging().is_some(),
                unreadable: unreadable(&schema, &properties),
                notes: untold(&type_name, &properties),
                type_name,
                identifier,
                properties,
            });
        }
        Ok(blocks)
    }

    async fn read(&self, type_name: &TypeName, identifier: &str) -> Result<Option<Properties>, CommandError> {
        let request = ReadRequest {
            type_name: type_name.clone(),
            placement: self.placement.clone(),
            identifier: identifier.to_owned(),
            recorded: None,
        };
        match self.provider.read(request).await.map_err(|failure| failed(type_name, &failure))? {
            Observed::Present { properties } => Ok(Some(properties)),
            Observed::Absent => Ok(None),
        }
    }

    /// The identifiers of a type inside of something. What cannot be listed is said and left out.
    async fn list(
        &self,
        type_name: &TypeName,
        parent: &TypeSchema,
        identifier: &str,
    ) -> Result<Vec<String>, CommandError> {
        let mut identifiers = Vec::new();
        let mut page = None;
        loop {
            let request = ListRequest {
                type_name: type_name.clone(),
                placement: self.placement.clone(),
                filter: parent.identifier_properties(identifier),
                page,
            };
            let answer = match self.provider.list(request).await {
                Ok(answer) => answer,
                Err(failure) if failure.code == FailureCode::NotFound => return Ok(identifiers),
                Err(failure) if failure.code == FailureCode::InvalidCredentials => {
                    return Err(failed(type_name, &failure));
                }
                Err(failure) => {
                    self.ui.say(&format!("{type_name} of {identifier} cannot be listed and are left out: {failure}"));
                    return Ok(identifiers);
                }
            };
            identifiers.extend(answer.identifiers);
            page = answer.next;
            if page.is_none() {
                return Ok(identifiers);
            }
        }
    }

    fn absent(&self, type_name: &TypeName, identifier: &str) -> CommandError {
        let Placement { account, region } = &self.placement;
        CommandError::new(ExitCode::InvalidInput, format!("there is no {type_name} {identifier:?}"))
            .help(format!("check the identifier, the account ({account}) and the region ({region})"))
    }
}

fn failed(type_name: &TypeName, failure: &Failure) -> CommandError {
    let code = match failure.code {
        FailureCode::InvalidCredentials => ExitCode::Credentials,
        _ => ExitCode::Unexpected,
    };
    CommandError::new(code, format!("{type_name} cannot be read: {failure}"))
}

/// The schema of a type that the user named.
pub(crate) fn schema(type_name: &TypeName) -> Result<std::sync::Arc<TypeSchema>, CommandError> {
    let catalog = Catalog::embedded();
    catalog.schema(type_name).ok_or_else(|| {
        let error = CommandError::new(ExitCode::InvalidInput, format!("there is no type {type_name}"));
        match catalog.suggest(type_name.as_str()) {
            Some(meant) => error.help(format!("did you mean {meant}?")),
            None => error,
        }
    })
}

fn service(name: &str) -> &str {
    name.split("::").nth(1).unwrap_or_default()
}

/// The names of the properties that identify a resource of a type, where they are plain.
fn identity(schema: &TypeSchema) -> BTreeSet<&str> {
    let names = schema.primary_identifier().iter().map(|place| match place.segments() {
        [PointerSegment::Key(name)] => Some(&**name),
        _ => None,
    });
    names.collect::<Option<BTreeSet<_>>>().unwrap_or_default()
}

/// The types whose resources are inside of one of a type, with no other type between.
fn children(parent: &TypeName, schema: &TypeSchema) -> Vec<TypeName> {
    let ours = identity(schema);
    let is_assigned = |schema: &TypeSchema, name: &str| schema.read_only().contains(&Pointer::root().key(name));
    // A name that the user gave may be that of anything.
    if ours.is_empty() || !ours.iter().any(|name| is_assigned(schema, name)) {
        return Vec::new();
    }
    let catalog = Catalog::embedded();
    let names = catalog.type_names().filter(|name| service(name) == service(parent.as_str()));
    let inside: Vec<_> = names
        .filter(|name| *name != parent.as_str() && !RUNS.contains(name))
        .filter_map(|name| Some((TypeName::new(name).ok()?, catalog.schema(&TypeName::new(name).ok()?)?)))
        .filter(|(_, inner)| {
            let theirs = identity(inner);
            ours.iter().all(|name| theirs.contains(name) && !is_assigned(inner, name))
        })
        .collect();
    let between = |inner: &TypeSchema| {
        let theirs = identity(inner);
        inside.iter().any(|(_, other)| {
            let others = identity(other);
            others.len() > ours.len() && others.len() < theirs.len() && others.is_subset(&theirs)
        })
    };
    inside.iter().filter(|(_, inner)| !between(inner)).map(|(name, _)| name.clone()).collect()
}

/// What a block would say of what was read.
fn settable(schema: &TypeSchema, observed: &Properties) -> Properties {
    let mut whole = Value::Object(observed.clone());
    for place in schema.read_only().iter().chain(schema.write_only()) {
        take(place.segments(), &mut whole);
    }
    if let Some(tagging) = schema.tagging() {
        take(tagging.property.segments(), &mut whole);
    }
    let Value::Object(mut properties) = whole else { return Properties::new() };
    properties.retain(|name, value| {
        let default = schema.property_at(&Pointer::root().key(name)).and_then(|property| property.default);
        default.as_ref() != Some(value) && !value.is_null()
    });
    properties
}

/// Takes a place out; `*` stands for every element.
fn take(path: &[PointerSegment], value: &mut Value) {
    match (path, value) {
        ([PointerSegment::Key(step), rest @ ..], Value::Array(list)) if &**step == "*" => {
            list.iter_mut().for_each(|element| take(rest, element));
        }
        ([PointerSegment::Key(step)], Value::Object(members)) => drop(members.remove(&**step)),
        ([PointerSegment::Key(step), rest @ ..], Value::Object(members)) => {
            if let Some(member) = members.get_mut(&**step) {
                take(rest, member);
                if member.as_object().is_some_and(serde_json::Map::is_empty) {
                    members.remove(&**step);
                }
            }
        }
        _ => {}
    }
}

/// Properties that must be given and were not read.
fn unreadable(schema: &TypeSchema, properties: &Properties) -> Vec<String> {
    schema.required().into_iter().filter(|name| !properties.contains_key(*name)).map(str::to_owned).collect()
}

/// What is to be said of properties that were not told.
fn untold(type_name: &TypeName, properties: &Properties) -> Vec<&'static str> {
    let own = UNTOLD.iter().filter(|(owner, name, _)| *owner == type_name.as_str() && !properties.contains_key(*name));
    own.map(|(_, _, words)| *words).collect()
}

/// Writes what AWS assigned to another block as a reference to it; what looks like an expression as text.
fn refer(value: &mut Value, assigned: &BTreeMap<String, String>) {
    match value {
        Value::String(text) => {
            *text = assigned.get(text).cloned().unwrap_or_else(|| text.replace("${", "$${"));
        }
        Value::Array(list) => list.iter_mut().for_each(|element| refer(element, assigned)),
        Value::Object(members) => members.values_mut().for_each(|member| refer(member, assigned)),
        _ => {}
    }
}

/// `AWS::QBusiness::WebExperience` → `webExperience`, `webExperience2`, ….
fn free_name(blocks: &[Block], type_name: &TypeName) -> String {
    let last = type_name.as_str().rsplit("::").next().unwrap_or_default();
    // `DBCluster` → `dbCluster`, `Index` → `index`.
    let upper = last.chars().take_while(char::is_ascii_uppercase).count();
    let lowered = if upper > 1 && upper < last.len() { upper - 1 } else { upper };
    let stem: String = last
        .chars()
        .enumerate()
        .map(|(place, character)| if place < lowered { character.to_ascii_lowercase() } else { character })
        .collect();
    let taken = |name: &str| blocks.iter().any(|block| block.name == name);
    let numbered = (2..).map(|number| format!("{stem}{number}"));
    std::iter::once(stem.clone()).chain(numbered).find(|name| !taken(name)).unwrap_or(stem)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn type_name(name: &str) -> TypeName {
        TypeName::new(name).unwrap()
    }

    fn inside(name: &str) -> Vec<String> {
        let name = type_name(name);
        children(&name, &schema(&name).unwrap()).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_is_inside_follows_from_the_identifiers() {
        assert_eq!(
            inside("AWS::QBusiness::Application"),
            [
                "AWS::QBusiness::DataAccessor",
                "AWS::QBusiness::Index",
                "AWS::QBusiness::Permission",
                "AWS::QBusiness::Plugin",
                "AWS::QBusiness::Retriever",
                "AWS::QBusiness::WebExperience",
                "Charter::QBusiness::ChatControls",
                "Charter::QBusiness::Subscription",
            ]
        );
        assert_eq!(inside("AWS::QBusiness::Index"), ["AWS::QBusiness::DataSource", "Charter::QBusiness::Group"]);
        for alone in ["AWS::IAM::Role", "AWS::S3::Bucket", "AWS::DataZone::Domain", "AWS::QBusiness::Plugin"] {
            assert_eq!(inside(alone), [""; 0], "{alone}");
        }
    }

    #[test]
    fn a_block_says_what_can_be_set_and_refers_to_others() {
        let observed = json!({"ApplicationId": "a", "IndexId": "i", "IndexArn": "arn", "DisplayName": "${x}",
            "Status": "ACTIVE", "Tags": [{"Key": "k", "Value": "v"}]});
        let schema = schema(&type_name("AWS::QBusiness::Index")).unwrap();
        let mut block = Value::Object(settable(&schema, observed.as_object().unwrap()));
        refer(&mut block, &BTreeMap::from([("a".to_owned(), "${application.ApplicationId}".to_owned())]));
        assert_eq!(block, json!({"ApplicationId": "${application.ApplicationId}", "DisplayName": "$${x}"}));
        let name = |type_name_text: &str| free_name(&[], &type_name(type_name_text));
        assert_eq!(name("AWS::QBusiness::WebExperience"), "webExperience");
        assert_eq!(name("AWS::RDS::DBCluster"), "dbCluster");
        assert_eq!(name("AWS::EC2::VPC"), "vpc");
    }
}
