//! Values that still hold expressions: pure data, so that a saved plan can carry them and another process can finish them.
//!
//! The language that expressions are written in is known to one crate only (`lang`), which implements [`Evaluator`]. The
//! planner and the executor finish values through that trait.

use crate::{Address, Span, Value};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

/// A value as desired: constants are already folded, what is left depends on attributes of resources or on secrets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Template {
    /// A constant.
    Value(Value),
    /// A list with at least one element that is not constant.
    List(Vec<Template>),
    /// A map with at least one member that is not constant.
    Map(BTreeMap<Arc<str>, Template>),
    /// One `${…}`: keeps the type of its result.
    Expression(Expression),
    /// Text with `${…}` inside: the parts' results, joined. A part must come out as a text, number or boolean.
    Interpolation(Vec<Template>),
    /// `secret://…`: read at apply time, never before.
    Secret(SecretReference),
}

/// An expression with all that its names stand for: closed, so that it can be evaluated anywhere.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Expression {
    /// The text between `${` and `}`.
    pub text: Arc<str>,
    /// What its free names stand for; only those that it uses.
    pub bindings: BTreeMap<Arc<str>, Binding>,
    /// Where it was written.
    pub span: Option<Span>,
}

/// What a free name of an expression stands for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Binding {
    /// A constant, or a value that is itself not finished: a parameter, an output of a module or of another stack.
    Template(Box<Template>),
    /// A resource: the name is its attributes.
    Resource(Address),
    /// Names below a name: the outputs of a module, the instances of a `forEach` block, `each`, `parameters`.
    Members(BTreeMap<Arc<str>, Binding>),
}

/// Where a secret is kept.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SecretReference {
    /// `secret://secretsmanager/NAME#key`: a member of the JSON object in a secret of AWS Secrets Manager (read in the account
    /// and region of the resource that uses it), or the whole text if no key is given.
    SecretsManager {
        /// Name or ARN.
        name: Arc<str>,
        /// Member of the JSON object.
        key: Option<Arc<str>>,
    },
    /// `secret://env/NAME`: an environment variable of the process that applies.
    Environment {
        /// The variable.
        name: Arc<str>,
    },
}

/// What an expression may see while it is evaluated.
pub trait Scope {
    /// The attributes of a resource as a map: the known ones, and [`Value::Unknown`] for those that only its creation will
    /// tell; or one unknown for the whole.
    fn resource(&self, address: &Address) -> Value;
    /// The value of a secret, as [`Value::Secret`]; or unknown while planning.
    fn secret(&self, reference: &SecretReference) -> Value;
}

/// Finishes templates. Implemented by the language.
pub trait Evaluator: Send + Sync {
    /// Evaluates as far as the scope allows. Unknown and secret spread: a result that depends on an unknown is unknown with the
    /// same reason, one that depends on a secret is secret.
    fn evaluate(&self, template: &Template, scope: &dyn Scope) -> Result<Value, EvaluationError>;
}

/// An expression that failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the expression `{expression}` failed: {reason}")]
pub struct EvaluationError {
    /// Its text.
    pub expression: String,
    /// Why, for a user.
    pub reason: String,
    /// Where it was written.
    pub span: Option<Span>,
}

impl Template {
    /// The constant, if this is one.
    pub fn as_value(&self) -> Option<&Value> {
        match self {
            Self::Value(value) => Some(value),
            _ => None,
        }
    }

    /// Every resource that the value depends on.
    pub fn resources(&self) -> BTreeSet<Address> {
        let mut found = BTreeSet::new();
        self.collect_resources(&mut found);
        found
    }

    fn collect_resources(&self, found: &mut BTreeSet<Address>) {
        match self {
            Self::Value(_) | Self::Secret(_) => {}
            Self::List(parts) | Self::Interpolation(parts) => {
                parts.iter().for_each(|part| part.collect_resources(found));
            }
            Self::Map(map) => map.values().for_each(|part| part.collect_resources(found)),
            Self::Expression(expression) => {
                expression.bindings.values().for_each(|binding| binding.collect_resources(found));
            }
        }
    }
}

impl Binding {
    fn collect_resources(&self, found: &mut BTreeSet<Address>) {
        match self {
            Self::Template(template) => template.collect_resources(found),
            Self::Resource(address) => {
                found.insert(address.clone());
            }
            Self::Members(members) => members.values().for_each(|member| member.collect_resources(found)),
        }
    }
}

impl fmt::Display for SecretReference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SecretsManager { name, key: Some(key) } => write!(formatter, "secret://secretsmanager/{name}#{key}"),
            Self::SecretsManager { name, key: None } => write!(formatter, "secret://secretsmanager/{name}"),
            Self::Environment { name } => write!(formatter, "secret://env/{name}"),
        }
    }
}
