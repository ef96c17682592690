//! The files that a user writes (stacks, modules, environments), and the expressions in them: from YAML and CEL to the
//! desired graph, with every problem of a run told at once, where it stands.
//!
//! May import `model`, `catalog` and `access`. Files are read through one seam (`files`); nothing is printed.
//!
//! The way of a value: text → `yaml` → node → `reader` → declared → `lower` → template; and from there, in any
//! process, [`Language`] → value.

mod accounts;
mod checks;
mod cycles;
mod declared;
mod environment;
mod expand;
mod expressions;
mod files;
mod frame;
mod grants;
mod load;
mod lower;
mod modules;
mod names;
mod node;
mod parameters;
mod reader;
mod resources;
mod schema;
mod settings;
mod stack;
mod text;
mod timeout;
mod yaml;

pub use expressions::{FUNCTIONS, Function, Language};
pub use files::environments;
pub use load::{LoadOptions, Loaded, load};
pub use schema::{FileKind, json_schema, json_schema_with};
pub use settings::{EnvironmentSettings, StateSettings};
