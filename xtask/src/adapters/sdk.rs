//! The SDK's own source: what Rust calls a shape and its members. Reading it, instead of repeating the code generator's rules
//! for names, makes each name that we write one that exists.

use super::normal;
use cargo_metadata::Metadata;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The source of one SDK crate, in the version of Cargo.lock.
pub(crate) struct Sdk {
    /// As written in a path: `aws_sdk_rds`.
    pub(crate) krate: String,
    types: BTreeMap<String, PathBuf>,
    operations: BTreeMap<String, PathBuf>,
}

/// A structure, union or enumeration of the SDK.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Type {
    /// With its crate: `aws_sdk_rds::types::DbCluster`.
    pub(crate) path: String,
    /// Its form.
    pub(crate) form: Form,
}

/// What a type is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Form {
    /// Fields by normal name.
    Structure {
        /// As Rust writes them.
        fields: BTreeMap<String, String>,
        /// Whether building it may fail for want of a required member.
        fallible: bool,
    },
    /// Variants by normal name.
    Union(BTreeMap<String, String>),
    /// Known by their text.
    Enumeration,
}

impl Sdk {
    /// The crate's source, as cargo resolved it.
    pub(crate) fn find(metadata: &Metadata, name: &str) -> Result<Self, String> {
        let package = metadata
            .packages
            .iter()
            .find(|package| package.name.as_str() == name)
            .ok_or_else(|| format!("{name} is not a dependency of the workspace"))?;
        let source = package.manifest_path.as_std_path().with_file_name("src");
        Ok(Self {
            krate: name.replace('-', "_"),
            types: entries(&source.join("types"))?,
            operations: entries(&source.join("operation"))?,
        })
    }

    /// A type by the API's name.
    pub(crate) fn shape(&self, name: &str) -> Result<Type, String> {
        let path = self.types.get(&normal(name)).ok_or_else(|| format!("{} has no type for {name}", self.krate))?;
        let source = read(path)?;
        let (name, form) = parse(&source).ok_or_else(|| format!("{} holds no type", path.display()))?;
        Ok(Type { path: format!("{}::types::{name}", self.krate), form })
    }

    /// The builder of an operation's input.
    pub(crate) fn input(&self, operation: &str) -> Result<Type, String> {
        let (module, structure, form) = self.side(operation, "input")?;
        Ok(Type { path: format!("{}::operation::{module}::builders::{structure}Builder", self.krate), form })
    }

    /// An operation's output.
    pub(crate) fn output(&self, operation: &str) -> Result<Type, String> {
        let (module, structure, form) = self.side(operation, "output")?;
        Ok(Type { path: format!("{}::operation::{module}::{structure}", self.krate), form })
    }

    fn side(&self, operation: &str, side: &str) -> Result<(String, String, Form), String> {
        let folder = self
            .operations
            .get(&normal(operation))
            .filter(|path| path.is_dir())
            .ok_or_else(|| format!("{} has no operation {operation}", self.krate))?;
        let module = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        let path = folder.join(format!("_{module}_{side}.rs"));
        let (structure, form) = parse(&read(&path)?).ok_or_else(|| format!("{} holds no type", path.display()))?;
        Ok((module, structure, form))
    }
}

fn entries(folder: &Path) -> Result<BTreeMap<String, PathBuf>, String> {
    let entries = std::fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut found = BTreeMap::new();
    for entry in entries.flatten() {
        let path = entry.path();
        if let Some(stem) = path.file_stem().and_then(|stem| stem.to_str()) {
            // `operation/create_role.rs` stands beside the folder `create_role`: the folder is what counts.
            if path.is_dir() || !found.contains_key(&normal(stem)) {
                found.insert(normal(stem), path.clone());
            }
        }
    }
    Ok(found)
}

fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// The first type that a generated file declares. The files are formatted by rustfmt, one member a line.
fn parse(source: &str) -> Option<(String, Form)> {
    let mut lines =
        source.lines().skip_while(|line| !line.starts_with("pub struct ") && !line.starts_with("pub enum "));
    let head = lines.next()?;
    let name: String = head.split_whitespace().nth(2)?.chars().take_while(char::is_ascii_alphanumeric).collect();
    let body = lines.take_while(|line| *line != "}").map(str::trim).filter(|line| !line.starts_with(['/', '#']));
    let form = if head.starts_with("pub struct ") {
        let fields = body.filter_map(|line| line.strip_prefix("pub ")?.split_once(':')).map(|(field, _)| field);
        let build = source.split_once("pub fn build(").map_or("", |(_, rest)| rest);
        let fallible = build.split('{').next().is_some_and(|signature| signature.contains("Result<"));
        let fields = if head.ends_with("{}") { BTreeMap::new() } else { by_normal_name(fields) };
        Form::Structure { fields, fallible }
    } else if source.contains("pub fn as_str(&self) -> &str") {
        Form::Enumeration
    } else {
        let variants = body.filter_map(|line| line.split_once('(')).map(|(variant, _)| variant);
        Form::Union(by_normal_name(variants))
    };
    Some((name, form))
}

fn by_normal_name<'a>(names: impl Iterator<Item = &'a str>) -> BTreeMap<String, String> {
    names.map(|name| (normal(name), name.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_structure_is_read_with_its_fields_and_whether_building_it_may_fail() {
        let source = "pub struct DbTag {\n    /// Prose: with a colon.\n    pub r#type: ::std::string::String,\n    pub db_id: i32,\n}\n\
                      impl DbTagBuilder {\n    pub fn build(\n        self,\n    ) -> ::std::result::Result<DbTag, E> {\n    }\n}\n";
        let (name, form) = parse(source).unwrap();
        assert_eq!(name, "DbTag");
        let fields = [("dbid", "db_id"), ("type", "r#type")].map(|(key, value)| (key.to_owned(), value.to_owned()));
        assert_eq!(form, Form::Structure { fields: fields.into(), fallible: true });
    }

    #[test]
    fn unions_and_enumerations_are_told_apart() {
        let union = "pub enum Field {\n    LongValue(i64),\n    #[non_exhaustive]\n    Unknown,\n}\n";
        let variants = [("longvalue".to_owned(), "LongValue".to_owned())];
        assert_eq!(parse(union).unwrap().1, Form::Union(variants.into()));
        let enumeration =
            "pub enum Edition {\n    A,\n}\nimpl Edition {\n    pub fn as_str(&self) -> &str {\n    }\n}\n";
        assert_eq!(parse(enumeration).unwrap().1, Form::Enumeration);
    }
}
