//! What planning needs to know of each type, looked up once a run. Imports `catalog`, `model`.

use crate::{TypeShape, TypeShapes};
use charter_catalog::{NameProperty, Tagging};
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
        let (name, tagging) = (schema.name_property(), schema.tagging().cloned());
        Self { schema, members, deep_read_only, name, tagging }
    }

    /// The name that no other resource of the type can have at the same place; none if there is none, or if it is not known yet.
    /// A name that is only a part of the primary identifier is unique within the rest of it: an inline policy's within its role.
    pub(crate) fn unique_name(&self, asked: &Value) -> Option<String> {
        let name = self.name.as_ref().filter(|name| name.unique)?;
        let text = |place: &Pointer| asked.at(place).and_then(Value::as_str);
        let around = self.schema.primary_identifier().iter().filter(|place| **place != name.pointer);
        let written = around.filter(|place| !self.schema.read_only().contains(place));
        let mut parts = written.map(text).collect::<Option<Vec<&str>>>()?;
        parts.push(text(&name.pointer)?);
        Some(parts.join("/"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use charter_catalog::Catalog;
    use serde_json::json;

    #[test]
    fn the_name_of_an_inline_policy_is_unique_within_its_role() {
        let types = Types::new(Catalog::embedded());
        let facts = types.get(&"AWS::IAM::RolePolicy".parse().unwrap()).unwrap();
        let name = |asked| facts.unique_name(&Value::from(asked));
        assert_eq!(name(json!({"RoleName": "reader", "PolicyName": "read"})).as_deref(), Some("reader/read"));
        assert_eq!(name(json!({"RoleName": "writer", "PolicyName": "read"})).as_deref(), Some("writer/read"));
        assert_eq!(name(json!({"PolicyName": "read"})), None);
    }

    #[test]
    fn a_name_is_unique_by_itself_where_nothing_else_that_is_asked_for_identifies() {
        let types = Types::new(Catalog::embedded());
        for (type_name, property) in
            [("AWS::S3::Bucket", "BucketName"), ("AWS::IAM::ManagedPolicy", "ManagedPolicyName")]
        {
            let facts = types.get(&type_name.parse().unwrap()).unwrap();
            assert_eq!(facts.unique_name(&Value::from(json!({property: "n"}))).as_deref(), Some("n"), "{type_name}");
        }
    }
}
