//! Reading a policy document with every problem told, and where it is. Imports `document`, `operators`.
//!
//! Source: IAM User Guide, "Grammar of the IAM JSON policy language",
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>

use crate::{PolicyDocument, VERSION, operators};
use serde_json::{Map, Value};
use std::fmt;

/// What a document is for: not every element may stand in every kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyKind {
    /// Of a user, group or role; a boundary, a session or a service control policy.
    Identity,
    /// Of a resource.
    Resource,
    /// Of a role: who may assume it.
    Trust,
}

/// One thing that is wrong with a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyProblem {
    /// Where, as a JSON pointer into the document: `/Statement/0/Effect`.
    pub pointer: String,
    /// What.
    pub message: String,
}

impl fmt::Display for PolicyProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pointer.as_str() {
            "" => formatter.write_str(&self.message),
            pointer => write!(formatter, "{pointer}: {}", self.message),
        }
    }
}

/// Reads a document; all that is wrong if it cannot be read.
pub fn parse(value: &Value, kind: PolicyKind) -> Result<PolicyDocument, Vec<PolicyProblem>> {
    let mut check = Check { kind, found: Vec::new() };
    check.document(value);
    if !check.found.is_empty() {
        return Err(check.found);
    }
    PolicyDocument::from_value(value)
        .map_err(|error| vec![PolicyProblem { pointer: String::new(), message: error.to_string() }])
}

struct Check {
    kind: PolicyKind,
    found: Vec<PolicyProblem>,
}

impl Check {
    fn tell(&mut self, pointer: &str, message: impl Into<String>) {
        self.found.push(PolicyProblem { pointer: pointer.to_owned(), message: message.into() });
    }

    fn document(&mut self, value: &Value) {
        let Some(members) = value.as_object() else { return self.tell("", "a policy document is an object") };
        match members.get("Version") {
            None => {}
            Some(Value::String(version)) if version == VERSION || version == "2008-10-17" => {}
            Some(_) => self.tell("/Version", format!("there are the versions {VERSION} and 2008-10-17")),
        }
        for key in members.keys().filter(|key| !["Version", "Id", "Statement"].contains(&key.as_str())) {
            self.tell(&format!("/{key}"), "not an element of a policy document");
        }
        match members.get("Statement") {
            None => self.tell("", "there is no Statement"),
            Some(Value::Array(list)) => {
                for (place, each) in list.iter().enumerate() {
                    self.statement(each, &format!("/Statement/{place}"));
                }
            }
            Some(one) => self.statement(one, "/Statement"),
        }
    }

    fn statement(&mut self, value: &Value, at: &str) {
        let Some(members) = value.as_object() else { return self.tell(at, "a statement is an object") };
        match members.get("Effect").and_then(Value::as_str) {
            Some("Allow" | "Deny") => {}
            Some(other) => self.tell(&format!("{at}/Effect"), format!("{other:?} is neither Allow nor Deny")),
            None => self.tell(at, "there is no Effect: Allow or Deny"),
        }
        self.pair(members, at, "Action", "NotAction", true);
        self.pair(members, at, "Resource", "NotResource", self.kind != PolicyKind::Trust);
        self.pair(members, at, "Principal", "NotPrincipal", self.kind != PolicyKind::Identity);
        for key in ["Action", "NotAction", "Resource", "NotResource"] {
            if let Some(value) = members.get(key) {
                self.texts(value, &format!("{at}/{key}"));
            }
        }
        if let Some(condition) = members.get("Condition") {
            self.condition(condition, &format!("{at}/Condition"));
        }
    }

    /// One of both; neither where it is not wanted.
    fn pair(&mut self, members: &Map<String, Value>, at: &str, one: &str, other: &str, wanted: bool) {
        match (members.contains_key(one), members.contains_key(other), wanted) {
            (true, true, _) => self.tell(at, format!("{one} and {other} exclude each other")),
            (false, false, true) => self.tell(at, format!("there is neither {one} nor {other}")),
            (true, _, false) => self.tell(&format!("{at}/{one}"), "not in a policy of this kind"),
            (_, true, false) => self.tell(&format!("{at}/{other}"), "not in a policy of this kind"),
            _ => {}
        }
    }

    fn texts(&mut self, value: &Value, at: &str) {
        match value {
            Value::String(_) => {}
            Value::Array(list) if list.iter().all(Value::is_string) => {}
            _ => self.tell(at, "a text, or a list of texts"),
        }
    }

    fn condition(&mut self, value: &Value, at: &str) {
        let Some(operators) = value.as_object() else {
            return self.tell(at, "conditions are an object of operators");
        };
        for (operator, keys) in operators {
            let at = format!("{at}/{operator}");
            if !operators::is_known(operator) {
                self.tell(&at, "there is no such condition operator");
            }
            let Some(keys) = keys.as_object() else {
                self.tell(&at, "an operator holds an object of condition keys");
                continue;
            };
            for (key, values) in keys {
                let scalar = |value: &Value| matches!(value, Value::String(_) | Value::Bool(_) | Value::Number(_));
                if !(scalar(values) || values.as_array().is_some_and(|list| list.iter().all(scalar))) {
                    self.tell(&format!("{at}/{key}"), "a value, or a list of values");
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn problems(value: Value, kind: PolicyKind) -> Vec<String> {
        parse(&value, kind).unwrap_err().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn everything_wrong_is_told_with_its_place() {
        let found = problems(
            json!({"Version": "2012-10-18", "Statement": [
                {"Effect": "allow", "Action": "s3:*", "NotAction": "s3:*", "Resource": 1,
                 "Condition": {"StringEqual": {"aws:username": "a"}, "Bool": {"aws:SecureTransport": {}}}},
                {"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Principal": "*"}
            ]}),
            PolicyKind::Identity,
        );
        assert_eq!(
            found,
            [
                "/Version: there are the versions 2012-10-17 and 2008-10-17",
                "/Statement/0/Effect: \"allow\" is neither Allow nor Deny",
                "/Statement/0: Action and NotAction exclude each other",
                "/Statement/0/Resource: a text, or a list of texts",
                "/Statement/0/Condition/Bool/aws:SecureTransport: a value, or a list of values",
                "/Statement/0/Condition/StringEqual: there is no such condition operator",
                "/Statement/1/Principal: not in a policy of this kind",
            ]
        );
    }

    #[test]
    fn a_trust_policy_has_principals_and_no_resource() {
        let trust =
            json!({"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "x"}}});
        assert!(parse(&trust, PolicyKind::Trust).is_ok());
        assert_eq!(problems(trust, PolicyKind::Identity).len(), 2);
    }
}
