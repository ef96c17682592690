//! Between the values of `model` and those of the crate `cel`.

use super::lazy::Lazy;
use super::ordered::OrderedMap;
use cel::ExecutionError;
use cel::common::types::{CelBool, CelDouble, CelInt, CelList, CelNull, CelOptional, CelString, CelUInt, Kind};
use cel::common::value::Val;
use charter_model::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Beyond this a double is not an exact whole number.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// A value without unknowns and secrets, for the interpreter.
pub(crate) fn to_cel(value: &Value) -> Box<dyn Val> {
    match value {
        Value::Null | Value::Unknown(_) | Value::Secret(_) => Box::new(CelNull),
        Value::Bool(value) => Box::new(CelBool::from(*value)),
        Value::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(number), ..) => Box::new(CelInt::from(number)),
            (_, Some(number), _) => Box::new(CelUInt::from(number)),
            (.., number) => Box::new(CelDouble::from(number.unwrap_or(f64::NAN))),
        },
        Value::String(text) => Box::new(CelString::from(text.as_ref().to_owned())),
        Value::List(list) => Box::new(CelList::from(list.iter().map(to_cel).collect::<Vec<_>>())),
        Value::Map(map) => {
            Box::new(OrderedMap::new(map.iter().map(|(key, value)| (key.as_ref().to_owned(), to_cel(value)))))
        }
    }
}

/// What the interpreter came to. Fails on what has no form in JSON, and where something unknown is inside.
pub(crate) fn from_cel(value: &dyn Val) -> Result<Value, ExecutionError> {
    let kind = value.get_type().kind();
    if let Some(lazy) = value.downcast_ref::<Lazy>() {
        return lazy.to_value();
    }
    Ok(match kind {
        Kind::NullType => Value::Null,
        Kind::Boolean => Value::Bool(value.downcast_ref::<CelBool>().is_some_and(|value| *value.inner())),
        Kind::Int => Value::Number((*inner::<CelInt>(value)?.inner()).into()),
        Kind::UInt => Value::Number((*inner::<CelUInt>(value)?.inner()).into()),
        Kind::Double => Value::Number(double(*inner::<CelDouble>(value)?.inner())?),
        Kind::String => Value::String(text(value)?.into()),
        Kind::List => {
            Value::List(elements(value)?.iter().map(|each| from_cel(each.as_ref())).collect::<Result<_, _>>()?)
        }
        Kind::Map => {
            let mut map = BTreeMap::new();
            for (key, member) in members(value)? {
                map.insert(Arc::from(key), from_cel(member.as_ref())?);
            }
            map.into()
        }
        _ => match value.downcast_ref::<CelOptional>() {
            Some(optional) => optional.option().map_or(Ok(Value::Null), from_cel)?,
            None => {
                let message = format!("a value of type {} has no form in a property", value.get_type().name());
                return Err(ExecutionError::function_error("result", message));
            }
        },
    })
}

fn inner<'b, T: cel::common::value::FromVal<'b, 'b>>(value: &'b (dyn Val + 'b)) -> Result<&'b T, ExecutionError> {
    value.downcast_ref::<T>().ok_or_else(|| unexpected(value, "a value of its own type"))
}

/// Whole doubles are whole numbers, as JSON sees them.
fn double(number: f64) -> Result<serde_json::Number, ExecutionError> {
    if number.fract() == 0.0 && number.abs() < EXACT {
        // In range, and whole.
        #[allow(clippy::cast_possible_truncation)]
        return Ok((number as i64).into());
    }
    serde_json::Number::from_f64(number)
        .ok_or_else(|| ExecutionError::function_error("result", "the number is not finite"))
}

/// A text argument.
pub(crate) fn text<'b>(value: &'b (dyn Val + '_)) -> Result<&'b str, ExecutionError> {
    value.downcast_ref::<CelString<'_>>().map(CelString::inner).ok_or_else(|| unexpected(value, "a string"))
}

/// A whole number argument.
pub(crate) fn whole(value: &dyn Val) -> Result<i64, ExecutionError> {
    if let Some(number) = value.downcast_ref::<CelInt>() {
        return Ok(*number.inner());
    }
    Err(unexpected(value, "a whole number"))
}

/// The elements of a list argument.
pub(crate) fn elements<'v>(value: &(dyn Val + 'v)) -> Result<Vec<Box<dyn Val + 'v>>, ExecutionError> {
    let iterable = value
        .as_iterable()
        .filter(|_| value.get_type().kind() == Kind::List)
        .ok_or_else(|| unexpected(value, "a list"))?;
    let mut iterator = iterable.iter();
    let mut found = Vec::new();
    while let Some(element) = iterator.next() {
        found.push(element.clone_as_boxed());
    }
    Ok(found)
}

type Members<'v> = Vec<(String, Box<dyn Val + 'v>)>;

/// The members of a map argument; keys as texts.
pub(crate) fn members<'v>(value: &(dyn Val + 'v)) -> Result<Members<'v>, ExecutionError> {
    let (Some(iterable), Some(indexer)) = (value.as_iterable(), value.as_indexer()) else {
        return Err(unexpected(value, "a map"));
    };
    if value.get_type().kind() != Kind::Map {
        return Err(unexpected(value, "a map"));
    }
    let mut iterator = iterable.iter();
    let mut found = Vec::new();
    while let Some(key) = iterator.next() {
        let member = indexer.get(key)?.into_owned();
        found.push((key_text(key)?, member));
    }
    found.sort_by(|left, right| left.0.cmp(&right.0));
    Ok(found)
}

fn key_text(key: &dyn Val) -> Result<String, ExecutionError> {
    match from_cel(key)? {
        Value::String(text) => Ok(text.as_ref().to_owned()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(value) => Ok(value.to_string()),
        _ => Err(unexpected(key, "a string as a key")),
    }
}

pub(crate) fn unexpected(value: &dyn Val, want: &str) -> ExecutionError {
    ExecutionError::UnexpectedType { got: value.get_type().name().to_owned(), want: want.to_owned() }
}
