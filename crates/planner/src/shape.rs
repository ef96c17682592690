//! What planning and applying ask of a resource type. The catalogue answers. Imports `model`, `catalog`.

use charter_catalog::{Catalog, Difference, Identity, NameProperty, Tagging, TypeSchema};
use charter_model::{Pointer, ReplaceOrder, TypeName, Value};
use std::sync::Arc;

/// One resource type, as far as planning goes. The contracts are those of [`TypeSchema`].
pub trait TypeShape: Send + Sync {
    /// See [`TypeSchema::differences`].
    fn differences(&self, before: &Value, after: &Value, owned: &Value) -> Vec<Difference>;
    /// See [`TypeSchema::equivalent`].
    fn equivalent(&self, pointer: &Pointer, left: &Value, right: &Value) -> bool;
    /// See [`TypeSchema::create_only`].
    fn create_only(&self) -> &[Pointer];
    /// See [`TypeSchema::read_only`].
    fn read_only(&self) -> &[Pointer];
    /// See [`TypeSchema::write_only`].
    fn write_only(&self) -> &[Pointer];
    /// See [`TypeSchema::name_property`].
    fn name_property(&self) -> Option<NameProperty>;
    /// See [`TypeSchema::identity`].
    fn identity(&self) -> Identity;
    /// See [`TypeSchema::tagging`].
    fn tagging(&self) -> Option<&Tagging>;
    /// See [`TypeSchema::replacement_order`].
    fn replacement_order(&self) -> Option<ReplaceOrder>;
    /// See [`TypeSchema::lost_with_it`].
    fn lost_with_it(&self) -> Option<&'static str>;
    /// See [`TypeSchema::confirmation`].
    fn confirmation(&self) -> Option<&Pointer>;
    /// The names of the top-level properties and attributes, sorted.
    fn members(&self) -> Vec<Arc<str>>;
}

/// The types that there are.
pub trait TypeShapes: Send + Sync {
    /// One of them; none if it is not known.
    fn shape(&self, type_name: &TypeName) -> Option<Arc<dyn TypeShape>>;
}

impl TypeShapes for Catalog {
    fn shape(&self, type_name: &TypeName) -> Option<Arc<dyn TypeShape>> {
        self.schema(type_name).map(|schema| schema as Arc<dyn TypeShape>)
    }
}

impl TypeShape for TypeSchema {
    fn differences(&self, before: &Value, after: &Value, owned: &Value) -> Vec<Difference> {
        Self::differences(self, before, after, owned)
    }

    fn equivalent(&self, pointer: &Pointer, left: &Value, right: &Value) -> bool {
        Self::equivalent(self, pointer, left, right)
    }

    fn create_only(&self) -> &[Pointer] {
        Self::create_only(self)
    }

    fn read_only(&self) -> &[Pointer] {
        Self::read_only(self)
    }

    fn write_only(&self) -> &[Pointer] {
        Self::write_only(self)
    }

    fn name_property(&self) -> Option<NameProperty> {
        Self::name_property(self)
    }

    fn identity(&self) -> Identity {
        Self::identity(self)
    }

    fn tagging(&self) -> Option<&Tagging> {
        Self::tagging(self)
    }

    fn replacement_order(&self) -> Option<ReplaceOrder> {
        Self::replacement_order(self)
    }

    fn lost_with_it(&self) -> Option<&'static str> {
        Self::lost_with_it(self)
    }

    fn confirmation(&self) -> Option<&Pointer> {
        Self::confirmation(self)
    }

    fn members(&self) -> Vec<Arc<str>> {
        self.properties().into_iter().map(|property| property.name).collect()
    }
}
