//! A stack file from blocks. Only what a block can hold is printed; reading YAML is `lang`'s affair.

use crate::existing::Block;
use serde_json::Value;
use std::fmt::Write as _;

/// The file: blocks that adopt what exists and change nothing.
pub(crate) fn render(stack: &str, account: &str, region: Option<&str>, blocks: &[Block]) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "stack: {}", scalar(&stack.into()));
    let _ = writeln!(out, "account: {}", scalar(&account.into()));
    if blocks.iter().any(|block| block.keeps_tags) {
        out.push_str("# Tags stay as they are. Without its `ignoreChanges`, a block gets those of the environment and Charter's own.\n");
    }
    out.push_str("resources:\n");
    for block in blocks {
        let _ = writeln!(out, "  {}:", block.name);
        let _ = writeln!(out, "    type: {}", block.type_name);
        let _ = writeln!(out, "    import: {}", scalar(&block.identifier.as_str().into()));
        if let Some(region) = region {
            let _ = writeln!(out, "    region: {}", scalar(&region.into()));
        }
        if block.keeps_tags {
            out.push_str("    ignoreChanges: [/Tags]\n");
        }
        for name in &block.unreadable {
            let _ = writeln!(out, "    # {name} cannot be read; write it among the properties.");
        }
        for note in &block.notes {
            let _ = writeln!(out, "    # {note}");
        }
        if !block.properties.is_empty() {
            out.push_str("    properties:\n");
            members(&mut out, &block.properties, 6);
        }
    }
    out
}

fn members(out: &mut String, members: &serde_json::Map<String, Value>, indent: usize) {
    for (name, value) in members {
        let _ = write!(out, "{:indent$}{}:", "", key(name));
        below(out, value, indent);
    }
}

/// The rest of a line that ends in a colon or a dash, and what is below it.
fn below(out: &mut String, value: &Value, indent: usize) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            out.push('\n');
            members(out, map, indent.saturating_add(2));
        }
        Value::Array(list) if !list.is_empty() => {
            out.push('\n');
            for element in list {
                let _ = write!(out, "{:width$}-", "", width = indent.saturating_add(2));
                below(out, element, indent.saturating_add(2));
            }
        }
        other => {
            let _ = writeln!(out, " {}", scalar(other));
        }
    }
}

/// JSON's own form, which YAML reads as it is; texts that cannot be taken for anything else without quotes.
fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) if is_plain(text) => text.clone(),
        other => other.to_string(),
    }
}

fn key(name: &str) -> String {
    if is_plain(name) { name.to_owned() } else { Value::from(name).to_string() }
}

/// Letters first, then what has no meaning in YAML; and none of its words.
fn is_plain(text: &str) -> bool {
    const WORDS: &[&str] = &["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"];
    let first = text.chars().next().is_some_and(|first| first.is_ascii_alphabetic());
    let rest = text.chars().all(|each| each.is_ascii_alphanumeric() || matches!(each, '-' | '_' | '.' | '/'));
    first && rest && !WORDS.contains(&text.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use charter_model::TypeName;
    use serde_json::json;

    #[test]
    fn a_file_is_what_a_person_would_write() {
        let properties = json!({"ApplicationId": "${application.ApplicationId}", "Units": 2, "Empty": {}, "On": "yes",
            "List": [{"Name": "a", "More": ["x y"]}, "b"]});
        let block = Block {
            name: "index".to_owned(),
            type_name: TypeName::new("AWS::QBusiness::Index").unwrap(),
            identifier: "a|i".to_owned(),
            properties: properties.as_object().cloned().unwrap(),
            keeps_tags: true,
            unreadable: vec!["DisplayName".to_owned()],
            notes: vec!["It is told of no reader."],
        };
        let text = render("imported", "retail", None, &[block]);
        let expected = r#"stack: imported
account: retail
# Tags stay as they are. Without its `ignoreChanges`, a block gets those of the environment and Charter's own.
resources:
  index:
    type: AWS::QBusiness::Index
    import: "a|i"
    ignoreChanges: [/Tags]
    # DisplayName cannot be read; write it among the properties.
    # It is told of no reader.
    properties:
      ApplicationId: "${application.ApplicationId}"
      Empty: {}
      List:
        -
          More:
            - "x y"
          Name: a
        - b
      "On": "yes"
      Units: 2
"#;
        assert_eq!(text, expected);
    }
}
