//! Policy documents as IAM takes them: what it refuses, and in which words. Pure; imports `serde_json` only.
//!
//! IAM names few faults: most are "Syntax errors in policy.". The sentences here were collected from IAM's answers as public
//! issue trackers quote them.

use serde_json::{Map, Value as Json};

/// Where a document is used decides what it may say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// A policy of a role, user or group, or a managed one.
    Identity,
    /// Who may assume a role.
    Trust,
    /// A policy on a bucket, a secret and so on.
    Resource,
}

/// A sound document: its statements.
pub(crate) fn statements(text: &str, usage: Use) -> Result<Vec<Map<String, Json>>, String> {
    let syntax = || "Syntax errors in policy.".to_owned();
    let document: Json = serde_json::from_str(text).map_err(|_| "This policy contains invalid Json".to_owned())?;
    let document = document.as_object().ok_or_else(syntax)?;
    if document.keys().any(|key| !matches!(key.as_str(), "Version" | "Id" | "Statement")) {
        return Err(syntax());
    }
    match document.get("Version") {
        None => {}
        Some(Json::String(version)) if version == "2012-10-17" || version == "2008-10-17" => {}
        Some(_) => return Err(syntax()),
    }
    let list: Vec<&Json> = match document.get("Statement") {
        Some(Json::Array(list)) => list.iter().collect(),
        Some(one @ Json::Object(_)) => vec![one],
        _ => return Err(syntax()),
    };
    if list.is_empty() {
        return Err(syntax());
    }
    let mut identifiers: Vec<&str> = Vec::new();
    let mut sound = Vec::new();
    for statement in list {
        let statement = statement.as_object().ok_or_else(syntax)?;
        check(statement, usage)?;
        if let Some(identifier) = statement.get("Sid").and_then(Json::as_str).filter(|sid| !sid.is_empty()) {
            if identifiers.contains(&identifier) {
                return Err("Statement IDs (SID) in a single policy must be unique.".to_owned());
            }
            identifiers.push(identifier);
        }
        sound.push(statement.clone());
    }
    Ok(sound)
}

fn check(statement: &Map<String, Json>, usage: Use) -> Result<(), String> {
    let syntax = || "Syntax errors in policy.".to_owned();
    const ELEMENTS: &[&str] =
        &["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"];
    if statement.keys().any(|key| !ELEMENTS.contains(&key.as_str())) {
        return Err(syntax());
    }
    let one_of = |left: &str, right: &str| statement.contains_key(left) && statement.contains_key(right);
    if one_of("Action", "NotAction") || one_of("Resource", "NotResource") || one_of("Principal", "NotPrincipal") {
        return Err(syntax());
    }
    if !matches!(statement.get("Effect").and_then(Json::as_str), Some("Allow" | "Deny")) {
        return Err(syntax());
    }
    if let Some(sid) = statement.get("Sid") {
        let sid = sid.as_str().ok_or_else(syntax)?;
        if usage == Use::Identity && !sid.chars().all(|character| character.is_ascii_alphanumeric()) {
            return Err("Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*".to_owned());
        }
    }
    if !statement.get("Condition").is_none_or(is_condition) {
        return Err(syntax());
    }
    let principal = statement.contains_key("Principal") || statement.contains_key("NotPrincipal");
    match usage {
        Use::Identity if principal => return Err("Policy document should not specify a principal.".to_owned()),
        Use::Trust | Use::Resource if !principal => return Err("Missing required field Principal".to_owned()),
        _ => {}
    }
    let actions = statement
        .get("Action")
        .or_else(|| statement.get("NotAction"))
        .ok_or_else(|| "Policy statement must contain actions.".to_owned())?;
    let actions = strings(actions).ok_or_else(syntax)?;
    if actions.is_empty() {
        return Err("Policy statement must contain actions.".to_owned());
    }
    if actions.iter().any(|action| *action != "*" && !vendor_and_name(action)) {
        return Err("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.".to_owned());
    }
    let resources = statement.get("Resource").or_else(|| statement.get("NotResource"));
    match (usage, resources) {
        (Use::Trust, Some(_)) => return Err("Has prohibited field Resource".to_owned()),
        (Use::Trust, None) => {
            let assumes = |action: &&str| {
                action.eq_ignore_ascii_case("sts:*") || {
                    let name = action.to_ascii_lowercase();
                    ["sts:assumerole", "sts:tagsession", "sts:setsourceidentity", "sts:setcontext"]
                        .iter()
                        .any(|known| name.starts_with(known))
                }
            };
            if !actions.iter().all(assumes) {
                return Err("AssumeRole policy may only specify STS AssumeRole actions.".to_owned());
            }
        }
        (_, None) => return Err("Policy statement must contain resources.".to_owned()),
        (_, Some(resources)) => {
            let resources = strings(resources).ok_or_else(syntax)?;
            if resources.is_empty() {
                return Err("Policy statement must contain resources.".to_owned());
            }
            for resource in resources {
                let arn = resource.split(':').count() >= 6 && resource.starts_with("arn:");
                if usage == Use::Identity && resource != "*" && !arn && !resource.contains('*') {
                    return Err(format!("Resource {resource} must be in ARN format or \"*\"."));
                }
            }
        }
    }
    Ok(())
}

fn vendor_and_name(action: &str) -> bool {
    action.split_once(':').is_some_and(|(vendor, name)| {
        !name.is_empty()
            && !vendor.is_empty()
            && vendor.chars().all(|character| character.is_ascii_alphanumeric() || "-*".contains(character))
    })
}

/// `{"operator": {"key": "value" or list}}`.
fn is_condition(condition: &Json) -> bool {
    condition.as_object().is_some_and(|operators| {
        operators.values().all(|keys| {
            keys.as_object().is_some_and(|keys| {
                keys.values().all(|value| match value {
                    Json::Array(list) => list.iter().all(|one| !one.is_object() && !one.is_array()),
                    other => !other.is_object(),
                })
            })
        })
    })
}

/// One string or a list of them.
pub(crate) fn strings(value: &Json) -> Option<Vec<&str>> {
    match value {
        Json::String(one) => Some(vec![one]),
        Json::Array(list) => list.iter().map(Json::as_str).collect(),
        _ => None,
    }
}

/// The principals of a statement: type (`AWS`, `Service`, `Federated`, `CanonicalUser`, `*`) and name.
pub(crate) fn principals(statement: &Map<String, Json>) -> Vec<(&str, &str)> {
    match statement.get("Principal").or_else(|| statement.get("NotPrincipal")) {
        Some(Json::String(all)) => vec![("*", all.as_str())],
        Some(Json::Object(types)) => types
            .iter()
            .flat_map(|(kind, names)| {
                strings(names).unwrap_or_default().into_iter().map(move |name| (kind.as_str(), name))
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// Length as IAM counts it against its quotas: without white space.
pub(crate) fn counted_length(text: &str) -> usize {
    text.chars().filter(|character| !character.is_whitespace()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str, usage: Use) -> String {
        statements(text, usage).unwrap_err()
    }

    #[test]
    fn faults_are_named_as_iam_names_them() {
        let identity =
            |body: &str| refused(&format!(r#"{{"Version":"2012-10-17","Statement":[{body}]}}"#), Use::Identity);
        assert_eq!(refused("{", Use::Identity), "This policy contains invalid Json");
        assert_eq!(refused(r#"{"Version":"2020-01-01","Statement":[]}"#, Use::Identity), "Syntax errors in policy.");
        assert_eq!(identity(r#"{"Effect":"allow","Action":"*","Resource":"*"}"#), "Syntax errors in policy.");
        assert_eq!(identity(r#"{"Effect":"Allow","Action":"s3:*"}"#), "Policy statement must contain resources.");
        assert_eq!(identity(r#"{"Effect":"Allow","Resource":"*"}"#), "Policy statement must contain actions.");
        assert_eq!(
            identity(r#"{"Effect":"Allow","Action":"GetObject","Resource":"*"}"#),
            "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
        );
        assert_eq!(
            identity(r#"{"Effect":"Allow","Action":"s3:*","Resource":"*","Principal":"*"}"#),
            "Policy document should not specify a principal."
        );
        assert_eq!(
            identity(r#"{"Effect":"Allow","Action":"s3:*","Resource":"bucket"}"#),
            "Resource bucket must be in ARN format or \"*\"."
        );
    }

    #[test]
    fn trust_needs_a_principal_and_no_resource() {
        let trust = |body: &str| refused(&format!(r#"{{"Statement":{body}}}"#), Use::Trust);
        assert_eq!(trust(r#"{"Effect":"Allow","Action":"sts:AssumeRole"}"#), "Missing required field Principal");
        assert_eq!(
            trust(r#"{"Effect":"Allow","Action":"sts:AssumeRole","Principal":"*","Resource":"*"}"#),
            "Has prohibited field Resource"
        );
        assert_eq!(
            trust(r#"{"Effect":"Allow","Action":"s3:GetObject","Principal":"*"}"#),
            "AssumeRole policy may only specify STS AssumeRole actions."
        );
    }
}
