//! Who may read a document, by the access list that the connector found.

use super::records::{AccessEntry, Document};
use serde_json::Value;
use std::collections::BTreeSet;

/// The access lists of a connector's file, by the prefix that they are for.
///
/// <https://docs.aws.amazon.com/amazonq/latest/qbusiness-ug/s3-user-management-2.html>: a list of `{keyPrefix, aclEntries}`, each
/// entry with `Name`, `Type` (`USER`, `GROUP`) and `Access` (`ALLOW`, `DENY`). "The system grants ALL users access to prefixes that
/// do NOT appear in the ACL file."
pub(super) struct AccessFile(Vec<(String, Vec<AccessEntry>)>);

impl AccessFile {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let wrong = |what: &str| format!("The ACL file does not follow its schema: {what}.");
        let file: Value = serde_json::from_str(text).map_err(|_| wrong("it is not JSON"))?;
        let list = file.as_array().ok_or_else(|| wrong("it is not a list"))?;
        let mut prefixes = Vec::new();
        for each in list {
            let prefix =
                each.get("keyPrefix").and_then(Value::as_str).ok_or_else(|| wrong("an entry has no keyPrefix"))?;
            let entries = each.get("aclEntries").and_then(Value::as_array);
            let entries = entries.ok_or_else(|| wrong("an entry has no aclEntries"))?;
            let entries = entries.iter().map(entry).collect::<Option<Vec<_>>>();
            prefixes.push((prefix.to_owned(), entries.ok_or_else(|| wrong("a name, type or access is not valid"))?));
        }
        Ok(Self(prefixes))
    }

    /// The list of a document, by its id `s3://BUCKET/KEY`: that of the longest prefix.
    pub(super) fn of(&self, id: &str) -> Option<Vec<AccessEntry>> {
        let fitting = self.0.iter().filter(|(prefix, _)| id.starts_with(prefix.as_str()));
        fitting.max_by_key(|(prefix, _)| prefix.len()).map(|(_, entries)| entries.clone())
    }
}

/// An entry of a list, as the file and a document's own metadata write it.
pub(super) fn entry(value: &Value) -> Option<AccessEntry> {
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    let is_group = match text("Type")? {
        "USER" => false,
        "GROUP" => true,
        _ => return None,
    };
    let allows = match text("Access")? {
        "ALLOW" => true,
        "DENY" => false,
        _ => return None,
    };
    let name = text("Name").filter(|name| !name.is_empty())?;
    // Users are matched by their e-mail address without regard to case.
    Some(AccessEntry { name: if is_group { name.to_owned() } else { name.to_lowercase() }, is_group, allows })
}

/// Whether a user with these groups may read a document: nobody is let in by a list that does not name them, and a refusal wins.
pub(super) fn may_read(document: &Document, user: &str, groups: &BTreeSet<String>) -> bool {
    let Some(entries) = &document.access else { return true };
    let is_meant = |entry: &&AccessEntry| {
        if entry.is_group { groups.contains(&entry.name) } else { entry.name == user }
    };
    let mut meant = entries.iter().filter(is_meant).peekable();
    meant.peek().is_some() && meant.all(|entry| entry.allows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_longest_prefix_counts_and_a_refusal_wins() {
        let file = json!([
            {"keyPrefix": "s3://b/", "aclEntries": [{"Name": "Mary@Example.com", "Type": "USER", "Access": "ALLOW"}]},
            {"keyPrefix": "s3://b/acme/", "aclEntries": [
                {"Name": "team", "Type": "GROUP", "Access": "ALLOW"}, {"Name": "mary@example.com", "Type": "USER", "Access": "DENY"}]},
        ]);
        let file = AccessFile::parse(&file.to_string()).unwrap();
        let document =
            |id: &str| Document { title: String::new(), body: String::new(), uri: None, access: file.of(id) };
        let team = BTreeSet::from(["team".to_owned()]);
        let none = BTreeSet::new();
        assert!(may_read(&document("s3://b/x"), "mary@example.com", &none));
        assert!(!may_read(&document("s3://b/x"), "mateo@example.com", &none));
        assert!(may_read(&document("s3://b/acme/x"), "mateo@example.com", &team));
        assert!(!may_read(&document("s3://b/acme/x"), "mary@example.com", &team));
        assert!(may_read(&document("s3://other/x"), "anybody@example.com", &none));
        assert!(AccessFile::parse("[{\"keyPrefix\": \"s3://b/\"}]").is_err());
    }
}
