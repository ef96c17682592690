//! What planning needs to know of each type, looked up once a run. Imports `catalog`, `model`.

use crate::{TypeShape, TypeShapes};
use charter_catalog::{NameProperty, Tagging};
use charter_model::{Pointer, TypeName};
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
}
