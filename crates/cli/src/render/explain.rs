//! A resource type for a reader: what it takes, what it tells, what a change of it costs.

use crate::ui::{BOLD, CYAN, DIM, MAGENTA, RED, paint};
use charter_catalog::{Property, PropertyTree, ReplacementNeed, TypeSchema};
use charter_model::Pointer;
use std::fmt::Write as _;

/// How deep the tree of properties goes: deeper ones are rare, and repeat themselves.
const DEPTH: usize = 8;

/// Enumerations longer than this are cut: the JSON form has them whole.
const ALLOWED_SHOWN: usize = 12;

/// The whole type as text.
pub(crate) fn render(schema: &TypeSchema) -> String {
    let mut text = format!("{}\n", paint(BOLD, schema.type_name()));
    if let Some(description) = schema.description() {
        let _ = writeln!(text, "{description}");
    }
    let _ = writeln!(text, "  identifier    {}", pointers(schema.primary_identifier()));
    if schema.is_immutable() {
        let _ = writeln!(text, "  updates       none: every change replaces it");
    }
    if let Some(name) = schema.name_property() {
        let _ = writeln!(
            text,
            "  named by      {} ({} characters at most; made up where none is given)",
            name.pointer, name.longest
        );
    }
    if let Some(tagging) = schema.tagging() {
        let _ = writeln!(text, "  tags          {}", tagging.property);
    }
    let trees = schema.property_tree(DEPTH);
    let (told, taken): (Vec<&PropertyTree>, Vec<&PropertyTree>) =
        trees.iter().partition(|tree| tree.property.read_only);
    let _ = writeln!(text, "\n{}", paint(BOLD, "Properties"));
    for tree in taken {
        write_tree(&mut text, tree, 1);
    }
    if !told.is_empty() {
        let _ = writeln!(text, "\n{}", paint(BOLD, "Attributes, known once it exists"));
        for tree in told {
            write_tree(&mut text, tree, 1);
        }
    }
    text.trim_end().to_owned()
}

/// The whole type for a machine.
pub(crate) fn as_json(schema: &TypeSchema) -> serde_json::Value {
    serde_json::json!({
        "typeName": schema.type_name(),
        "primaryIdentifier": schema.primary_identifier(),
        "immutable": schema.is_immutable(),
        "tags": schema.tagging().map(|tagging| &tagging.property),
        "properties": schema.property_tree(DEPTH).iter().map(tree_json).collect::<Vec<_>>(),
    })
}

fn write_tree(text: &mut String, tree: &PropertyTree, depth: usize) {
    let property = &tree.property;
    let indent = "  ".repeat(depth);
    let width = 36usize.saturating_sub(indent.len());
    let name = format!("{:width$}", property.name);
    let name = if property.required { paint(CYAN.bold(), name) } else { paint(CYAN, name) };
    let _ = write!(text, "{indent}{name} {}", kind(property));
    let mut notes = Vec::new();
    if property.required {
        notes.push(paint(BOLD, "required"));
    }
    match property.replacement {
        ReplacementNeed::Yes => notes.push(paint(MAGENTA, "a change replaces the resource")),
        ReplacementNeed::Conditional => notes.push(paint(MAGENTA, "some changes replace the resource")),
        ReplacementNeed::No => {}
    }
    if property.read_only && depth > 1 {
        notes.push("read-only".to_owned());
    }
    if property.write_only {
        notes.push("write-only".to_owned());
    }
    if property.deprecated {
        notes.push(paint(RED, "deprecated"));
    }
    notes.extend(limits(property).into_iter().map(|limit| paint(DIM, limit)));
    if !notes.is_empty() {
        let _ = write!(text, "  {}", notes.join(", "));
    }
    text.push('\n');
    if let Some(description) = &property.description {
        let _ = writeln!(text, "{indent}  {}", paint(DIM, description));
    }
    for member in &tree.members {
        write_tree(text, member, depth + 1);
    }
    if tree.recursive {
        let _ = writeln!(text, "{indent}  {}", paint(DIM, "… as above"));
    }
}

fn kind(property: &Property) -> String {
    let words = |kinds: &[charter_catalog::Kind]| {
        if kinds.is_empty() {
            return "any".to_owned();
        }
        kinds.iter().map(|kind| kind.word()).collect::<Vec<_>>().join(" or ")
    };
    let own = words(&property.kinds);
    if property.element_kinds.is_empty() {
        return own;
    }
    let set = if property.unordered { ", in any order" } else { "" };
    format!("{own} of {}{set}", words(&property.element_kinds))
}

fn limits(property: &Property) -> Vec<String> {
    let mut limits = Vec::new();
    if !property.allowed.is_empty() {
        let mut shown: Vec<String> = property.allowed.iter().take(ALLOWED_SHOWN).map(bare).collect();
        if property.allowed.len() > ALLOWED_SHOWN {
            shown.push(format!("… {} more", property.allowed.len() - ALLOWED_SHOWN));
        }
        limits.push(shown.join(" | "));
    }
    range(&mut limits, property.min_length, property.max_length, "characters");
    range(&mut limits, property.minimum, property.maximum, "");
    range(&mut limits, property.min_items, property.max_items, "elements");
    if let Some(default) = &property.default {
        limits.push(format!("default {}", bare(default)));
    }
    limits
}

fn bare(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn range<T: std::fmt::Display + PartialEq>(limits: &mut Vec<String>, least: Option<T>, most: Option<T>, unit: &str) {
    let text = match (least, most) {
        (Some(least), Some(most)) if least == most => format!("{least} {unit}"),
        (Some(least), Some(most)) => format!("{least} to {most} {unit}"),
        (Some(least), None) => format!("at least {least} {unit}"),
        (None, Some(most)) => format!("at most {most} {unit}"),
        (None, None) => return,
    };
    limits.push(text.trim_end().to_owned());
}

fn pointers(pointers: &[Pointer]) -> String {
    pointers.iter().map(Pointer::to_string).collect::<Vec<_>>().join(" | ")
}

fn tree_json(tree: &PropertyTree) -> serde_json::Value {
    let property = &tree.property;
    let replacement = match property.replacement {
        ReplacementNeed::No => "no",
        ReplacementNeed::Conditional => "conditional",
        ReplacementNeed::Yes => "yes",
    };
    serde_json::json!({
        "name": property.name,
        "pointer": property.pointer,
        "kinds": property.kinds.iter().map(|kind| kind.word()).collect::<Vec<_>>(),
        "required": property.required,
        "readOnly": property.read_only,
        "writeOnly": property.write_only,
        "deprecated": property.deprecated,
        "replacement": replacement,
        "allowed": property.allowed,
        "pattern": property.pattern,
        "default": property.default,
        "members": tree.members.iter().map(tree_json).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use charter_catalog::Catalog;
    use charter_model::TypeName;

    #[test]
    fn a_type_says_what_is_required_and_what_replaces_it() {
        let schema = Catalog::embedded().schema(&TypeName::new("AWS::Kendra::Faq").unwrap()).unwrap();
        insta::assert_snapshot!(anstream::adapter::strip_str(&render(&schema)), @r"
        AWS::Kendra::Faq
          identifier    /Id | /IndexId
          named by      /Name (100 characters at most; made up where none is given)
          tags          /Tags

        Properties
          Description                        string  a change replaces the resource, 1 to 1000 characters
          FileFormat                         string  a change replaces the resource, CSV | CSV_WITH_HEADER | JSON
          IndexId                            string  required, a change replaces the resource, 36 characters
          LanguageCode                       string  2 to 10 characters
          Name                               string  required, a change replaces the resource, 1 to 100 characters
          RoleArn                            string  required, a change replaces the resource, 1 to 1284 characters
          S3Path                             object  required, a change replaces the resource
            Bucket                           string  required, a change replaces the resource, 3 to 63 characters
            Key                              string  required, a change replaces the resource, 1 to 1024 characters
          Tags                               array of object  at most 200 elements
            Key                              string  required, 1 to 128 characters
            Value                            string  required, at most 256 characters

        Attributes, known once it exists
          Arn                                string  at most 1000 characters
          Id                                 string  1 to 100 characters
        ");
    }
}
