//! Generated projects: a typed [`model`] of stacks over real types of the catalogue, those of AWS Organizations and Amazon DataZone
//! among them ([`governed`]), the YAML text of it ([`text`]), valid
//! [`values`] for properties, and a [`World`] in which the project is planned and applied to the in-process simulator under
//! paused time. The model's strategies shrink, and everything follows from their values: the same case replays.

pub mod governed;
pub mod model;
pub mod text;
pub mod values;
pub mod world;

pub use model::{Block, Edit, Project, Shape, edited, edits, project};
pub use world::{Applied, World};
