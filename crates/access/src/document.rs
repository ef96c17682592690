//! Policy documents and their statements. Imports `conditions` and `principal`.

use crate::conditions::{OneOrMany, Scalars};
use crate::{Conditions, Principal};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeSet;

/// The version of the policy language that Charter writes. The older `2008-10-17` has no policy variables.
pub const VERSION: &str = "2012-10-17";

/// A policy document: an identity, resource, trust, boundary or service-control policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PolicyDocument {
    /// The version of the language; AWS reads a document without one as `2008-10-17`.
    #[serde(default = "oldest_version")]
    pub version: String,
    /// Kept as it is; AWS gives it no meaning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The statements, in order. AWS accepts one alone as well as a list.
    #[serde(deserialize_with = "one_or_many_statements")]
    pub statement: Vec<Statement>,
}

/// Whether a statement allows or denies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Effect {
    /// It allows.
    Allow,
    /// It denies, whatever others allow.
    Deny,
}

/// One statement. Of each pair (`action`/`not_action`, …) at most one is filled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Statement {
    /// A name for people and tools; letters and digits in identity policies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// Allow or deny.
    pub effect: Effect,
    /// Whom it is about; none in identity policies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principal: Option<Principal>,
    /// Everybody but these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_principal: Option<Principal>,
    /// `service:Operation`, with `*` and `?`.
    #[serde(
        default,
        skip_serializing_if = "BTreeSet::is_empty",
        serialize_with = "write_texts",
        deserialize_with = "read_texts"
    )]
    pub action: BTreeSet<String>,
    /// Every action but these.
    #[serde(
        default,
        skip_serializing_if = "BTreeSet::is_empty",
        serialize_with = "write_texts",
        deserialize_with = "read_texts"
    )]
    pub not_action: BTreeSet<String>,
    /// ARNs, with `*` and `?`; none in trust policies.
    #[serde(
        default,
        skip_serializing_if = "BTreeSet::is_empty",
        serialize_with = "write_texts",
        deserialize_with = "read_texts"
    )]
    pub resource: BTreeSet<String>,
    /// Every resource but these.
    #[serde(
        default,
        skip_serializing_if = "BTreeSet::is_empty",
        serialize_with = "write_texts",
        deserialize_with = "read_texts"
    )]
    pub not_resource: BTreeSet<String>,
    /// When it applies.
    #[serde(default, skip_serializing_if = "Conditions::is_empty")]
    pub condition: Conditions,
}

/// Why a text is not a policy document.
#[derive(Debug, thiserror::Error)]
#[error("this is not a policy document: {0}")]
pub struct PolicyDocumentError(#[from] serde_json::Error);

impl PolicyDocument {
    /// A document of the current version.
    pub fn new(statements: impl IntoIterator<Item = Statement>) -> Self {
        Self { version: VERSION.to_owned(), id: None, statement: statements.into_iter().collect() }
    }

    /// Reads a document.
    pub fn from_json(text: &str) -> Result<Self, PolicyDocumentError> {
        Ok(serde_json::from_str(text)?)
    }

    /// Reads a document that is already JSON.
    pub fn from_value(value: &serde_json::Value) -> Result<Self, PolicyDocumentError> {
        Ok(Self::deserialize(value)?)
    }

    /// The document as JSON.
    pub fn to_value(&self) -> serde_json::Value {
        // Texts, sets and maps of texts always serialise.
        serde_json::to_value(self).unwrap_or_default()
    }

    /// The normal form: two documents with equal normal forms mean the same. Statements that differ only in their
    /// actions, or only in their resources, are joined; names, order and case of actions and condition keys go.
    #[must_use]
    pub fn normalised(&self) -> Self {
        let mut statements: Vec<Statement> = Vec::new();
        let mut sorted: Vec<Statement> = self.statement.iter().map(Statement::normalised).collect();
        sorted.sort_by_key(Statement::sort_key);
        for statement in sorted {
            match statements.iter_mut().find(|known| known.joins(&statement)) {
                Some(known) => {
                    known.action.extend(statement.action);
                    known.resource.extend(statement.resource);
                }
                None => statements.push(statement),
            }
        }
        statements.sort_by_key(Statement::sort_key);
        Self { version: self.version.clone(), id: None, statement: statements }
    }

    /// Whether two documents mean the same, as far as their normal forms tell.
    pub fn means_the_same_as(&self, other: &Self) -> bool {
        self.normalised() == other.normalised()
    }
}

impl Statement {
    /// A statement that allows.
    pub fn allow<S: Into<String>>(actions: impl IntoIterator<Item = S>) -> Self {
        Self::with_effect(Effect::Allow, actions)
    }

    /// A statement that denies.
    pub fn deny<S: Into<String>>(actions: impl IntoIterator<Item = S>) -> Self {
        Self::with_effect(Effect::Deny, actions)
    }

    fn with_effect<S: Into<String>>(effect: Effect, actions: impl IntoIterator<Item = S>) -> Self {
        Self {
            sid: None,
            effect,
            principal: None,
            not_principal: None,
            action: actions.into_iter().map(Into::into).collect(),
            not_action: BTreeSet::new(),
            resource: BTreeSet::new(),
            not_resource: BTreeSet::new(),
            condition: Conditions::none(),
        }
    }

    /// Names the statement.
    #[must_use]
    pub fn named(mut self, sid: impl Into<String>) -> Self {
        self.sid = Some(sid.into());
        self
    }

    /// On these resources as well.
    #[must_use]
    pub fn on<S: Into<String>>(mut self, resources: impl IntoIterator<Item = S>) -> Self {
        self.resource.extend(resources.into_iter().map(Into::into));
        self
    }

    /// For this principal.
    #[must_use]
    pub fn by(mut self, principal: Principal) -> Self {
        self.principal = Some(principal);
        self
    }

    /// Only if this holds as well.
    #[must_use]
    pub fn when<V: Into<String>>(mut self, operator: &str, key: &str, values: impl IntoIterator<Item = V>) -> Self {
        self.condition = self.condition.and(operator, key, values);
        self
    }

    /// The normal form: no name, actions in lower case (AWS compares them so), principals as AWS stores them.
    #[must_use]
    pub fn normalised(&self) -> Self {
        let lower = |actions: &BTreeSet<String>| actions.iter().map(|action| action.to_ascii_lowercase()).collect();
        Self {
            sid: None,
            effect: self.effect,
            principal: self.principal.as_ref().map(Principal::normalised),
            not_principal: self.not_principal.as_ref().map(Principal::normalised),
            action: lower(&self.action),
            not_action: lower(&self.not_action),
            resource: self.resource.clone(),
            not_resource: self.not_resource.clone(),
            condition: self.condition.normalised(),
        }
    }

    /// Joining keeps the meaning only if at most one of actions and resources differs.
    fn joins(&self, other: &Self) -> bool {
        let frame = self.effect == other.effect
            && self.principal == other.principal
            && self.not_principal == other.not_principal
            && self.not_action == other.not_action
            && self.not_resource == other.not_resource
            && self.condition == other.condition;
        let plain = self.not_action.is_empty() && self.not_resource.is_empty();
        frame
            && ((self.action == other.action && self.resource == other.resource)
                || (plain && (self.action == other.action || self.resource == other.resource)))
    }

    fn sort_key(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

fn oldest_version() -> String {
    "2008-10-17".to_owned()
}

fn write_texts<S: Serializer>(texts: &BTreeSet<String>, serializer: S) -> Result<S::Ok, S::Error> {
    OneOrMany(texts).serialize(serializer)
}

fn read_texts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeSet<String>, D::Error> {
    Ok(Scalars::deserialize(deserializer)?.into_texts())
}

fn one_or_many_statements<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Statement>, D::Error> {
    // Not an untagged enum: its errors would not say which statement is wrong, nor how.
    match serde_json::Value::deserialize(deserializer)? {
        serde_json::Value::Array(list) => list
            .into_iter()
            .enumerate()
            .map(|(place, each)| {
                serde_json::from_value(each)
                    .map_err(|error| serde::de::Error::custom(format!("statement {}: {error}", place + 1)))
            })
            .collect(),
        one => Ok(vec![serde_json::from_value(one).map_err(serde::de::Error::custom)?]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_aws_accepts_reads_and_what_is_written_is_shortest() {
        let document = PolicyDocument::from_value(&json!({
            "Version": "2012-10-17",
            "Statement": {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": "arn:aws:s3:::b/*"}
        }))
        .unwrap();
        assert_eq!(
            document.to_value(),
            json!({"Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}
            ]})
        );
    }

    #[test]
    fn a_misspelt_member_is_an_error_that_names_it() {
        let error =
            PolicyDocument::from_json(r#"{"Statement": [{"Effect": "Allow", "Actions": "s3:*"}]}"#).unwrap_err();
        assert!(error.to_string().contains("unknown field `Actions`"), "{error}");
    }

    #[test]
    fn meaning_survives_order_case_names_and_splitting() {
        let joined =
            PolicyDocument::new([Statement::allow(["s3:GetObject", "s3:PutObject"]).on(["a", "b"]).named("X")]);
        let split = PolicyDocument::new([
            Statement::allow(["s3:putobject"]).on(["b", "a"]),
            Statement::allow(["S3:GetObject"]).on(["a", "b"]),
        ]);
        assert!(joined.means_the_same_as(&split));
    }

    #[test]
    fn statements_that_differ_in_both_are_kept_apart() {
        let apart = PolicyDocument::new([
            Statement::allow(["s3:GetObject"]).on(["a"]),
            Statement::allow(["s3:PutObject"]).on(["b"]),
        ]);
        let wide = PolicyDocument::new([Statement::allow(["s3:GetObject", "s3:PutObject"]).on(["a", "b"])]);
        assert!(!apart.means_the_same_as(&wide));
    }

    #[test]
    fn an_account_is_its_root() {
        let digits = PolicyDocument::new([Statement::allow(["sts:AssumeRole"]).by(Principal::aws(["111111111111"]))]);
        let root = PolicyDocument::new([
            Statement::allow(["sts:AssumeRole"]).by(Principal::aws(["arn:aws:iam::111111111111:root"]))
        ]);
        assert!(digits.means_the_same_as(&root));
    }
}
