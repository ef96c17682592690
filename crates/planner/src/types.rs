//! What planning needs to know of each type, looked up once a run. Imports `catalog`, `model`.

use crate::{TypeShape, TypeShapes};
use charter_catalog::{Identity, NameProperty, Tagging};
use charter_model::{Pointer, TypeName, Value};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

/// The facts of one type.
pub(crate) struct TypeFacts {
    pub(crate) schema: Arc<dyn TypeShape>,
    /// Every top-level property and attribute.
    pub(crate) members: Vec<Arc<str>>,
    /// The read-only places that lie deeper, without those inside lists: nobody can tell how many elements there will be.
    pub(crate) deep_read_only: Vec<Pointer>,
    pub(crate) name: Option<NameProperty>,
    pub(crate) identity: Identity,
    pub(crate) tagging: Option<Tagging>,
}

/// All types that a run has met.
pub(crate) struct Types<'a> {
    catalog: &'a dyn TypeShapes,
    known: RefCell<HashMap<TypeName, Option<Rc<TypeFacts>>>>,
}

impl<'a> Types<'a> {
    pub(crate) fn new(catalog: &'a dyn TypeShapes) -> Self {
        Self { catalog, known: RefCell::default() }
    }

    /// The facts of a type; none if the catalogue does not have it.
    pub(crate) fn get(&self, type_name: &TypeName) -> Option<Rc<TypeFacts>> {
        if let Some(facts) = self.known.borrow().get(type_name) {
            return facts.clone();
        }
        let facts = self.catalog.shape(type_name).map(|schema| Rc::new(TypeFacts::new(schema)));
        self.known.borrow_mut().insert(type_name.clone(), facts.clone());
        facts
    }
}

impl TypeFacts {
    pub(crate) fn new(schema: Arc<dyn TypeShape>) -> Self {
        let members = schema.members();
        let deep_read_only = schema
            .read_only()
            .iter()
            .filter(|place| place.segments().len() > 1)
            .filter(|place| place.segments().iter().all(|segment| segment.to_string() != "*"))
            .cloned()
            .collect();
        let (name, identity, tagging) = (schema.name_property(), schema.identity(), schema.tagging().cloned());
        Self { schema, members, deep_read_only, name, identity, tagging }
    }

    /// What tells the resource that is asked for from all others of its type at the same place; none if that is for the service to say.
    pub(crate) fn identity(&self, asked: &Value) -> Option<Identified> {
        let Identity { places, may_lack } = &self.identity;
        let mut parts = Vec::new();
        for place in places {
            parts.push(match asked.at(place) {
                Some(Value::String(text)) => Some(text.to_string()),
                Some(Value::Null) | None if *may_lack => Some(String::new()),
                Some(Value::Null) | None => return None,
                Some(value) => (value.is_known() && !value.has_secret()).then(|| value.to_json().to_string()),
            });
        }
        let is_name = self.name.as_ref().is_some_and(|name| name.unique && places.contains(&name.pointer));
        (!parts.is_empty()).then_some(Identified { parts, is_name })
    }
}

/// What tells a resource from all others of its type at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identified {
    /// The values of the places of [`charter_catalog::TypeSchema::identity`]; none for what is not known yet.
    parts: Vec<Option<String>>,
    /// Whether one of them is a name, which Charter could give.
    pub(crate) is_name: bool,
}

impl Identified {
    /// As one text, if all of it is known.
    pub(crate) fn text(&self) -> Option<String> {
        Some(self.parts.iter().map(Option::as_deref).collect::<Option<Vec<_>>>()?.join("/"))
    }

    /// Whether both may turn out to be the same.
    pub(crate) fn may_be(&self, other: &Self) -> bool {
        let mut parts = self.parts.iter().zip(&other.parts);
        self.parts.len() == other.parts.len()
            && parts.all(|(own, theirs)| own.is_none() || theirs.is_none() || own == theirs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use charter_catalog::Catalog;
    use serde_json::json;

    fn identity(type_name: &str, asked: serde_json::Value) -> Option<String> {
        let types = Types::new(Catalog::embedded());
        let facts = types.get(&type_name.parse().unwrap()).unwrap();
        facts.identity(&Value::from(asked)).and_then(|identity| identity.text())
    }

    #[test]
    fn the_name_of_an_inline_policy_is_unique_within_its_role() {
        let name = |asked| identity("AWS::IAM::RolePolicy", asked);
        assert_eq!(name(json!({"RoleName": "reader", "PolicyName": "read"})).as_deref(), Some("reader/read"));
        assert_eq!(name(json!({"RoleName": "writer", "PolicyName": "read"})).as_deref(), Some("writer/read"));
        assert_eq!(name(json!({"PolicyName": "read"})), None);
    }

    #[test]
    fn a_name_is_unique_by_itself_where_nothing_else_that_is_asked_for_identifies() {
        for (type_name, property) in
            [("AWS::S3::Bucket", "BucketName"), ("AWS::IAM::ManagedPolicy", "ManagedPolicyName")]
        {
            assert_eq!(identity(type_name, json!({property: "n"})).as_deref(), Some("n"), "{type_name}");
        }
    }

    #[test]
    fn what_has_no_name_is_told_by_what_identifies_it() {
        assert_eq!(identity("AWS::S3::BucketPolicy", json!({"Bucket": "b"})).as_deref(), Some("b"));
        assert_eq!(identity("AWS::KMS::Alias", json!({"AliasName": "alias/a"})).as_deref(), Some("alias/a"));
        let unit = json!({"ParentId": "r-1", "Name": "retail"});
        assert_eq!(identity("AWS::Organizations::OrganizationalUnit", unit).as_deref(), Some("r-1/retail"));
        // Which one it is the service says.
        assert_eq!(identity("AWS::EC2::VPC", json!({"CidrBlock": "10.0.0.0/16"})), None);
        let member = |user: &str| {
            let asked =
                json!({"DomainIdentifier": "dzd_1", "ProjectIdentifier": "p", "Member": {"UserIdentifier": user}});
            identity("AWS::DataZone::ProjectMembership", asked)
        };
        assert_ne!(member("ada"), member("bob"));
        assert_eq!(member("ada").as_deref(), Some(r#"dzd_1/p/{"UserIdentifier":"ada"}"#));
        let unknown = charter_model::Value::Unknown(charter_model::Unknown::new("after it is made"));
        let types = Types::new(Catalog::embedded());
        let facts = types.get(&"AWS::S3::BucketPolicy".parse().unwrap()).unwrap();
        let coming = facts.identity(&Value::Map([("Bucket".into(), unknown)].into())).unwrap();
        assert_eq!(coming.text(), None);
        assert!(coming.may_be(&facts.identity(&Value::from(json!({"Bucket": "b"}))).unwrap()));
    }
}
