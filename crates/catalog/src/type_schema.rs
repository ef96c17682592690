//! What is known of one type: the facts that stand in its schema as they are. Validation, comparison, names and views of the
//! properties each have a module of their own.

use crate::naming::NameProperty;
use crate::node::Arena;
use crate::places::Places;
use crate::tagging::Tagging;
use charter_model::{Pointer, PointerSegment, ReplaceOrder, TypeName};
use serde_json::{Map, Value as Json};
use std::sync::OnceLock;

/// What joins the parts of an identifier (Cloud Control's own way).
const IDENTIFIER_SEPARATOR: char = '|';

/// What is known of one type.
#[derive(Debug)]
pub struct TypeSchema {
    pub(crate) type_name: TypeName,
    pub(crate) arena: Arena,
    pub(crate) places: Places,
    pub(crate) read_only: Vec<Pointer>,
    pub(crate) write_only: Vec<Pointer>,
    pub(crate) create_only: Vec<Pointer>,
    pub(crate) conditional: Vec<Pointer>,
    pub(crate) deprecated: Vec<Pointer>,
    pub(crate) primary_identifier: Vec<Pointer>,
    pub(crate) additional_identifiers: Vec<Vec<Pointer>>,
    pub(crate) replacement: Option<ReplaceOrder>,
    pub(crate) tagging: Option<Tagging>,
    pub(crate) lifecycle: Option<Lifecycle>,
    pub(crate) confirmation: Option<Pointer>,
    /// Found on first use; see `naming`.
    pub(crate) name: OnceLock<Option<NameProperty>>,
}

/// That AWS is taking the type away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lifecycle {
    /// How far it has come.
    pub status: LifecycleStatus,
    /// The day it is about: `2026-10-30`.
    pub date: Option<Box<str>>,
}

/// How far AWS has come with taking a type away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LifecycleStatus {
    /// Works for those who use it, takes no new customers.
    Maintenance,
    /// Will be shut down.
    Sunset,
    /// Is gone.
    Shutdown,
}

impl TypeSchema {
    /// The type's name.
    pub fn type_name(&self) -> &TypeName {
        &self.type_name
    }

    /// What the type is for; only Charter's own types say so.
    pub fn description(&self) -> Option<&str> {
        self.arena.get(Arena::ROOT).description.as_deref()
    }

    /// The places whose values only AWS sets. `*` stands for every element of a list.
    pub fn read_only(&self) -> &[Pointer] {
        &self.read_only
    }

    /// The places whose values are never told.
    pub fn write_only(&self) -> &[Pointer] {
        &self.write_only
    }

    /// The places that can only be set at creation.
    pub fn create_only(&self) -> &[Pointer] {
        &self.create_only
    }

    /// The places of which some changes can be made in place and some only by replacement.
    pub fn conditional_create_only(&self) -> &[Pointer] {
        &self.conditional
    }

    /// The places that AWS advises against.
    pub fn deprecated(&self) -> &[Pointer] {
        &self.deprecated
    }

    /// The places that make up the primary identifier, in order.
    pub fn primary_identifier(&self) -> &[Pointer] {
        &self.primary_identifier
    }

    /// Other sets of places that identify a resource.
    pub fn additional_identifiers(&self) -> &[Vec<Pointer>] {
        &self.additional_identifiers
    }

    /// The primary identifier of a resource: the parts joined by `|`; none if one is missing.
    pub fn identifier_of(&self, properties: &Map<String, Json>) -> Option<String> {
        let mut parts = Vec::new();
        for pointer in &self.primary_identifier {
            let (first, rest) = pointer.segments().split_first()?;
            let rest: Pointer = rest.iter().cloned().collect();
            match properties.get(&first.to_string()).and_then(|value| rest.get(value)) {
                Some(Json::String(text)) if !text.is_empty() => parts.push(text.clone()),
                Some(value @ (Json::Number(_) | Json::Bool(_))) => parts.push(value.to_string()),
                _ => return None,
            }
        }
        (!parts.is_empty()).then(|| parts.join(&IDENTIFIER_SEPARATOR.to_string()))
    }

    /// The properties that an identifier stands for. An identifier with another number of parts than the type's gives none.
    pub fn identifier_properties(&self, identifier: &str) -> Map<String, Json> {
        let parts: Vec<&str> = match self.primary_identifier.len() {
            1 => vec![identifier],
            count => identifier.splitn(count, IDENTIFIER_SEPARATOR).collect(),
        };
        let mut properties = Map::new();
        if parts.len() == self.primary_identifier.len() {
            for (pointer, part) in self.primary_identifier.iter().zip(parts) {
                insert(&mut properties, pointer.segments(), part);
            }
        }
        properties
    }

    /// How the type carries tags; none if it does not.
    pub fn tagging(&self) -> Option<&Tagging> {
        self.tagging.as_ref()
    }

    /// The place that is true once somebody has confirmed that the thing is done; none for types that need nobody. What depends on
    /// such a resource waits until then. A word of Charter's own types (`confirmedBy`).
    pub fn confirmation(&self) -> Option<&Pointer> {
        self.confirmation.as_ref()
    }

    /// The order of replacement that the registry names for the type; none where it leaves CloudFormation's own, create first.
    pub fn replacement_order(&self) -> Option<ReplaceOrder> {
        self.replacement
    }

    /// Whether AWS is taking the type away.
    pub fn lifecycle(&self) -> Option<&Lifecycle> {
        self.lifecycle.as_ref()
    }

    /// Whether nothing of it can be updated in place.
    pub fn is_immutable(&self) -> bool {
        self.arena
            .members(Arena::ROOT)
            .keys()
            .all(|name| self.places.member(name).is_some_and(|place| place.create_only || place.read_only))
    }

    /// The top-level properties that must be given, sorted.
    pub fn required(&self) -> Vec<&str> {
        let mut names: Vec<&str> =
            self.arena.certain_facets(Arena::ROOT).iter().flat_map(|node| &node.required).map(|name| &**name).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

fn insert(properties: &mut Map<String, Json>, path: &[PointerSegment], part: &str) {
    match path {
        [] => {}
        [last] => drop(properties.insert(last.to_string(), part.into())),
        [first, rest @ ..] => {
            let inner = properties.entry(first.to_string()).or_insert_with(|| Json::Object(Map::new()));
            if let Json::Object(inner) = inner {
                insert(inner, rest, part);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Catalog, TagShape};
    use serde_json::json;
    use std::sync::Arc;

    fn schema(name: &str) -> Arc<TypeSchema> {
        Catalog::embedded().schema(&TypeName::new(name).unwrap()).unwrap_or_else(|| panic!("no type {name}"))
    }

    fn identifier(name: &str, properties: Json) -> Option<String> {
        schema(name).identifier_of(properties.as_object().unwrap())
    }

    #[test]
    fn an_identifier_is_made_of_its_parts_and_taken_apart_again() {
        assert_eq!(identifier("AWS::IAM::Role", json!({"RoleName": "a"})).as_deref(), Some("a"));
        let policy = json!({"PolicyName": "p", "RoleName": "r"});
        assert_eq!(identifier("AWS::IAM::RolePolicy", policy.clone()).as_deref(), Some("p|r"));
        assert_eq!(Json::Object(schema("AWS::IAM::RolePolicy").identifier_properties("p|r")), policy);
        assert_eq!(identifier("AWS::IAM::RolePolicy", json!({"PolicyName": "p"})), None);
        assert_eq!(identifier("AWS::IAM::Role", json!({"RoleName": ""})), None);
        let lens = json!({"StorageLensConfiguration": {"Id": "a"}});
        assert_eq!(identifier("AWS::S3::StorageLens", lens.clone()).as_deref(), Some("a"));
        assert_eq!(Json::Object(schema("AWS::S3::StorageLens").identifier_properties("a")), lens);
        assert_eq!(schema("AWS::IAM::RolePolicy").identifier_properties("p"), Map::new());
        let script = json!({"ResourceArn": "arn:a|b", "Database": "d", "Name": "n"});
        assert_eq!(identifier("Charter::RDS::SqlScript", script).as_deref(), Some("arn:a|b|d|n"));
    }

    #[test]
    fn tags_are_found_in_whatever_form_they_have() {
        let tagging = |name: &str| schema(name).tagging().cloned();
        let list = |property: &str, key: &str, value: &str, updatable: bool| {
            let shape = TagShape::List { key: key.to_owned(), value: value.to_owned() };
            Some(Tagging { property: property.parse().unwrap(), shape, updatable })
        };
        let map = |property: &str| {
            Some(Tagging { property: property.parse().unwrap(), shape: TagShape::Map, updatable: true })
        };
        assert_eq!(tagging("AWS::Kendra::Index"), list("/Tags", "Key", "Value", true));
        assert_eq!(tagging("AWS::IAM::Role"), list("/Tags", "Key", "Value", true));
        assert_eq!(tagging("AWS::RDS::DBCluster"), list("/Tags", "Key", "Value", true));
        assert_eq!(tagging("AWS::Bedrock::KnowledgeBase"), map("/Tags"));
        assert_eq!(tagging("AWS::Cognito::UserPool"), map("/UserPoolTags"));
        assert_eq!(tagging("AWS::Route53::HostedZone"), list("/HostedZoneTags", "Key", "Value", true));
        assert_eq!(tagging("AWS::IAM::RolePolicy"), None);
        assert_eq!(tagging("AWS::S3::BucketPolicy"), None);
    }

    #[test]
    fn what_the_registry_says_of_replacement_and_of_the_end_of_a_type_is_kept() {
        assert!(schema("AWS::EC2::SubnetRouteTableAssociation").is_immutable());
        assert!(!schema("AWS::RDS::DBCluster").is_immutable());
        assert!(!schema("Charter::Kendra::Sync").is_immutable());
        assert_eq!(schema("AWS::BedrockAgentCore::Runtime").replacement_order(), Some(ReplaceOrder::CreateFirst));
        assert_eq!(schema("AWS::CleanRooms::AnalysisTemplate").replacement_order(), Some(ReplaceOrder::DeleteFirst));
        assert_eq!(schema("AWS::Kendra::Index").replacement_order(), None);
        let ending = schema("AWS::AppMesh::Mesh").lifecycle().cloned();
        assert_eq!(ending, Some(Lifecycle { status: LifecycleStatus::Sunset, date: Some("2026-09-30".into()) }));
    }
}
