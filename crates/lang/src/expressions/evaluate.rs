//! Evaluation: templates to values, with unknown and secret spreading no further than they must.

use super::compile::{CompileError, Compiled, Step};
use super::convert::from_cel;
use super::lazy::{Seen, Shape, Touched};
use super::library;
use cel::common::value::CowVal;
use cel::context::VariableResolver;
use cel::{Context, ExecutionError};
use charter_model::{Binding, EvaluationError, Evaluator, Expression, Scope, Secret, Template, Unknown, Value};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

type Cached = Result<Arc<Compiled>, CompileError>;

/// The language of expressions: CEL with Charter's functions ([`super::FUNCTIONS`]). Each text is compiled once.
pub struct Language {
    environment: Arc<cel::Env>,
    compiled: RwLock<HashMap<Arc<str>, Cached>>,
}

impl Default for Language {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Language {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Language").finish_non_exhaustive()
    }
}

impl Evaluator for Language {
    fn evaluate(&self, template: &Template, scope: &dyn Scope) -> Result<Value, EvaluationError> {
        match template {
            Template::Value(value) => Ok(value.clone()),
            Template::List(list) => {
                Ok(Value::List(list.iter().map(|each| self.evaluate(each, scope)).collect::<Result<_, _>>()?))
            }
            Template::Map(map) => {
                let mut members = BTreeMap::new();
                for (key, each) in map {
                    let value = self.evaluate(each, scope)?;
                    // An expression that comes to null leaves the property out, as `AWS::NoValue` does.
                    if !(value == Value::Null && matches!(each, Template::Expression(_))) {
                        members.insert(key.clone(), value);
                    }
                }
                Ok(members.into())
            }
            Template::Expression(expression) => self.expression(expression, scope),
            Template::Interpolation(parts) => self.interpolation(parts, scope),
            Template::Secret(reference) => Ok(scope.secret(reference)),
        }
    }
}

impl Language {
    /// A language with an empty cache.
    pub fn new() -> Self {
        Self { environment: Arc::new(library::environment()), compiled: RwLock::default() }
    }

    pub(crate) fn compile(&self, text: &str) -> Cached {
        if let Some(known) = self.compiled.read().unwrap_or_else(PoisonError::into_inner).get(text) {
            return known.clone();
        }
        let compiled = Compiled::new(text, &self.environment).map(Arc::new);
        self.compiled.write().unwrap_or_else(PoisonError::into_inner).insert(text.into(), compiled.clone());
        compiled
    }

    fn expression(&self, expression: &Expression, scope: &dyn Scope) -> Result<Value, EvaluationError> {
        let failure =
            |reason: String| EvaluationError { expression: expression.text.to_string(), reason, span: expression.span };
        let compiled = self.compile(&expression.text).map_err(|error| failure(error.message))?;
        self.run(&compiled, &expression.bindings, scope).map_err(failure)
    }

    fn interpolation(&self, parts: &[Template], scope: &dyn Scope) -> Result<Value, EvaluationError> {
        let mut text = String::new();
        let mut unknown: Option<Unknown> = None;
        let mut secrets = Vec::new();
        for part in parts {
            let mut value = self.evaluate(part, scope)?;
            if let Value::Secret(secret) = &value {
                secrets.push(secret.fingerprint().to_owned());
                value = match secret.reveal() {
                    Some(plain) => plain.clone(),
                    None => Value::Unknown(Unknown::new("after the secret is read")),
                };
            }
            match &value {
                Value::String(piece) => text.push_str(piece),
                Value::Number(number) => text.push_str(&number.to_string()),
                Value::Bool(value) => text.push_str(if *value { "true" } else { "false" }),
                Value::Unknown(found) => unknown = unknown.or_else(|| Some(found.clone())),
                other => return Err(not_a_text(part, other)),
            }
        }
        Ok(match unknown {
            Some(unknown) => Value::Unknown(unknown),
            None => sealed(Value::String(text.into()), secrets),
        })
    }

    /// Evaluates with the names bound; the error is the reason, for a person.
    pub(crate) fn run(
        &self,
        compiled: &Compiled,
        bindings: &BTreeMap<Arc<str>, Binding>,
        scope: &dyn Scope,
    ) -> Result<Value, String> {
        if compiled.direct
            && let [chain] = compiled.chains.as_slice()
            && let Some(binding) = bindings.get(&chain.root)
        {
            return self.follow(binding, &chain.root, &chain.steps, bindings, scope);
        }
        self.interpret(compiled, bindings, scope)
    }

    /// Follows a chain without the interpreter.
    fn follow(
        &self,
        binding: &Binding,
        name: &str,
        steps: &[Step],
        bindings: &BTreeMap<Arc<str>, Binding>,
        scope: &dyn Scope,
    ) -> Result<Value, String> {
        match binding {
            Binding::Members(members) => {
                let Some((step, rest)) = steps.split_first() else {
                    return Ok(self.binding_value(binding, scope));
                };
                let key = match self.step_key(step, bindings, scope)? {
                    Ok(key) => key,
                    Err(unknown) => return Ok(Value::Unknown(unknown)),
                };
                match members.get(key.as_str()) {
                    Some(member) => self.follow(member, &format!("{name}.{key}"), rest, bindings, scope),
                    None => Err(format!("`{name}` has no member \"{key}\"")),
                }
            }
            Binding::Resource(address) => {
                self.walk(scope.resource(address), &address.to_string(), steps, bindings, scope)
            }
            Binding::Template(template) => {
                // Into the member that is asked for, and past those that are not.
                if let (Template::Map(map), Some((Step::Key(key, _), rest))) = (&**template, steps.split_first())
                    && let Some(member) = map.get(key)
                {
                    let value = self.evaluate(member, scope).map_err(|error| error.reason)?;
                    return self.walk(value, &format!("{name}.{key}"), rest, bindings, scope);
                }
                let value = self.evaluate(template, scope).map_err(|error| error.reason)?;
                self.walk(value, name, steps, bindings, scope)
            }
        }
    }

    fn walk(
        &self,
        value: Value,
        name: &str,
        steps: &[Step],
        bindings: &BTreeMap<Arc<str>, Binding>,
        scope: &dyn Scope,
    ) -> Result<Value, String> {
        let Some((step, rest)) = steps.split_first() else { return Ok(value) };
        match value {
            Value::Unknown(_) => Ok(value),
            Value::Secret(secret) => match secret.reveal() {
                Some(plain) => {
                    let inner = self.walk(plain.clone(), name, steps, bindings, scope)?;
                    Ok(sealed(inner, vec![secret.fingerprint().to_owned()]))
                }
                None => Ok(Value::Unknown(Unknown::new("after the secret is read"))),
            },
            Value::Map(mut map) => {
                let key = match self.step_key(step, bindings, scope)? {
                    Ok(key) => key,
                    Err(unknown) => return Ok(Value::Unknown(unknown)),
                };
                match map.remove(key.as_str()) {
                    Some(member) => self.walk(member, &format!("{name}.{key}"), rest, bindings, scope),
                    None => Err(format!("`{name}` has no value for \"{key}\"")),
                }
            }
            Value::List(mut list) => {
                let key = match self.step_key(step, bindings, scope)? {
                    Ok(key) => key,
                    Err(unknown) => return Ok(Value::Unknown(unknown)),
                };
                match key.parse::<usize>().ok().filter(|index| *index < list.len()) {
                    Some(index) => {
                        self.walk(list.swap_remove(index), &format!("{name}[{index}]"), rest, bindings, scope)
                    }
                    None => Err(format!("`{name}` has {} elements and none at [{key}]; the first is [0]", list.len())),
                }
            }
            other => Err(format!("`{name}` is {} and has no members", noun(&other))),
        }
    }

    /// The name or number that a step stands for, as a text.
    fn step_key(
        &self,
        step: &Step,
        bindings: &BTreeMap<Arc<str>, Binding>,
        scope: &dyn Scope,
    ) -> Result<Result<String, Unknown>, String> {
        match step {
            Step::Key(key, _) => Ok(Ok(key.to_string())),
            Step::Index(index) => Ok(Ok(index.to_string())),
            Step::Computed(None) => Err("an index must be a text or a whole number from zero".to_owned()),
            Step::Computed(Some(compiled)) => match self.run(compiled, bindings, scope)? {
                Value::String(text) => Ok(Ok(text.to_string())),
                Value::Number(number) => Ok(Ok(number.to_string())),
                Value::Unknown(unknown) => Ok(Err(unknown)),
                other => Err(format!("{} cannot be an index", noun(&other))),
            },
        }
    }

    /// All that a binding stands for, as one value.
    fn binding_value(&self, binding: &Binding, scope: &dyn Scope) -> Value {
        match binding {
            Binding::Resource(address) => scope.resource(address),
            Binding::Template(template) => self.evaluate(template, scope).unwrap_or(Value::Null),
            Binding::Members(members) => {
                Value::Map(members.iter().map(|(key, each)| (key.clone(), self.binding_value(each, scope))).collect())
            }
        }
    }

    fn shape(&self, binding: &Binding, scope: &dyn Scope) -> Shape {
        match binding {
            Binding::Resource(address) => Shape::new(scope.resource(address)),
            Binding::Template(template) => match self.evaluate(template, scope) {
                Ok(value) => Shape::new(value),
                Err(error) => Shape::Failed(error.reason),
            },
            Binding::Members(members) => {
                Shape::Map(members.iter().map(|(key, each)| (key.clone(), Arc::new(self.shape(each, scope)))).collect())
            }
        }
    }

    fn interpret(
        &self,
        compiled: &Compiled,
        bindings: &BTreeMap<Arc<str>, Binding>,
        scope: &dyn Scope,
    ) -> Result<Value, String> {
        let touched = Arc::new(Touched::default());
        let shapes = bindings.iter().map(|(name, each)| (name.clone(), Arc::new(self.shape(each, scope)))).collect();
        let resolver = Resolver { shapes, touched: touched.clone() };
        let mut context = Context::with_env(self.environment.clone());
        context.set_variable_resolver(&resolver);
        let result = cel::Value::resolve_val(&compiled.expression, &context).and_then(|value| from_cel(value.as_ref()));
        let Seen { unknown, spoilt, secrets, failed } = touched.seen();
        match (result, unknown) {
            (Ok(_), Some(unknown)) if spoilt || compiled.tests_presence => Ok(Value::Unknown(unknown)),
            (Ok(value), _) => Ok(sealed(value, secrets.into_iter().collect())),
            (Err(_), Some(unknown)) => Ok(Value::Unknown(unknown)),
            (Err(error), None) => Err(match failed {
                Some(reason) => reason,
                None if secrets.is_empty() => reason(&error),
                None => "it failed on a secret, so the details are not shown".to_owned(),
            }),
        }
    }
}

struct Resolver {
    shapes: HashMap<Arc<str>, Arc<Shape>>,
    touched: Arc<Touched>,
}

impl VariableResolver for Resolver {
    fn resolve<'b>(&'b self, variable: &str) -> Option<CowVal<'b, 'b>> {
        let shape = self.shapes.get(variable)?;
        shape.present(&self.touched).ok().map(CowVal::Owned)
    }
}

/// A value that secrets went into is secret. Their fingerprints are salted, so a fingerprint over them is too.
fn sealed(value: Value, mut secrets: Vec<String>) -> Value {
    if secrets.is_empty() || matches!(value, Value::Unknown(_)) {
        return value;
    }
    secrets.sort();
    secrets.dedup();
    Value::Secret(Secret::new(value, &secrets.join(" ")))
}

fn not_a_text(part: &Template, value: &Value) -> EvaluationError {
    let (expression, span) = match part {
        Template::Expression(expression) => (expression.text.to_string(), expression.span),
        _ => (String::new(), None),
    };
    let reason = format!("it is {}, and only texts, numbers and booleans can stand inside a text", noun(value));
    EvaluationError { expression, reason, span }
}

/// What a value is, with an article.
pub(crate) fn noun(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::List(_) => "a list",
        Value::Map(_) => "a map",
        Value::Unknown(_) => "not known yet",
        Value::Secret(_) => "a secret",
    }
}

/// The interpreter's error in words that do not presume knowledge of it.
fn reason(error: &ExecutionError) -> String {
    match error {
        ExecutionError::NoSuchKey(key) => format!("there is no member \"{key}\""),
        ExecutionError::UndeclaredReference(name) => format!("`{name}` is not known here"),
        ExecutionError::FunctionError { function, message } if function == "result" => message.clone(),
        ExecutionError::FunctionError { function, message } => format!("`{function}`: {message}"),
        ExecutionError::NoSuchOverload(overload) => {
            let name = overload.function().trim_matches(|each| each == '_' || each == '@');
            let types = overload.argument_types().join(" and ");
            format!("`{name}` does not take {types}; convert one with int(), double() or string()")
        }
        ExecutionError::UnsupportedBinaryOperator(name, left, right) => format!(
            "`{name}` does not take {} and {}; convert one with int(), double() or string()",
            left.type_of(),
            right.type_of()
        ),
        ExecutionError::UnexpectedType { got, want } => format!("{want} is needed, not {got}"),
        ExecutionError::ValuesNotComparable(left, right) => {
            format!("{} and {} cannot be compared", left.type_of(), right.type_of())
        }
        ExecutionError::DivisionByZero(_) | ExecutionError::RemainderByZero(_) => "a division by zero".to_owned(),
        ExecutionError::Overflow(..) => "the number becomes too large".to_owned(),
        ExecutionError::IndexOutOfBounds(_) => "the index is outside the list".to_owned(),
        ExecutionError::InvalidArgumentCount { expected, actual } => {
            format!("{expected} arguments are needed, not {actual}")
        }
        other => other.to_string(),
    }
}
