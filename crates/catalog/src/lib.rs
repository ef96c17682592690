//! Every resource type of the AWS registry, and Charter's own, offline: what a type looks like, whether properties are valid,
//! and how two values of a property compare.
//!
//! The data is a digest of facts made by `cargo xtask catalog`; only the types that a run uses are decoded. Imports `model` only.
//!
//! ```
//! use charter_catalog::Catalog;
//! use charter_model::TypeName;
//!
//! let index = Catalog::embedded().schema(&TypeName::new("AWS::Kendra::Index")?).ok_or("no such type")?;
//! let properties = serde_json::json!({"Editon": "DEVELOPER_EDITION", "RoleArn": "arn:aws:iam::111111111111:role/kendra"});
//! let violations = index.validate(&properties.into());
//! assert_eq!(violations[0].message, "`Editon` is not a property of AWS::Kendra::Index");
//! assert_eq!(violations[0].help.as_deref(), Some("did you mean Edition?"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod archive;
mod catalog;
mod compare;
mod compile;
mod corrections;
mod editor;
mod foundation_models;
mod identity;
mod losses;
mod naming;
mod node;
mod pattern;
mod place;
mod places;
mod prices;
mod property;
mod provisioning;
mod tagging;
mod transform;
mod type_schema;
mod validate;

pub use archive::{ArchiveError, ArchiveHeader, write_archive};
pub use catalog::Catalog;
pub use compare::{Difference, ReplacementNeed};
pub use compile::{SchemaError, understands};
pub use corrections::DOMAIN_ACCOUNT;
pub use foundation_models::{
    FoundationModel, FoundationModels, ModelLife, SystemProfile, foundation_models, geography, model_violations,
    models_of_source, named_models,
};
pub use identity::Identity;
pub use naming::NameProperty;
pub use node::{Kind, Relationship};
pub use prices::{
    HOURS_A_MONTH, Price, PriceFound, PriceRange, PriceUnit, has_price, price_dates, price_number, price_of,
    price_region,
};
pub use property::{AttributeKind, Property, PropertyTree, UnknownAttribute};
pub use provisioning::{GATHERED, only_by_cloudformation};
pub use tagging::{TagShape, Tagging};
pub use type_schema::{Lifecycle, LifecycleStatus, TypeSchema};
pub use validate::{VIOLATION_CODES, Violation};
