//! The code of the functions that `functions` lists, and the environment that holds them.
//!
//! All are pure. What depends on where an expression stands (`file`, `partition`, `availabilityZone`) is rewritten while
//! parsing into a look-up among the bindings, so that an expression gives the same result in any process.

use super::convert::{elements, from_cel, members, text, to_cel, whole};
use super::functions::{FILES, REGION};
use super::lazy::Lazy;
use super::network::Network;
use cel::common::ast::{CallExpr, Expr, IdedExpr, operators};
use cel::common::types::{CelBool, CelInt, CelList, CelMap, CelMapKey, CelString, DYN_TYPE, Kind};
use cel::common::value::{CowVal, Val};
use cel::parser::{Macro, MacroExprHelper};
use cel::{DeclarationError, Env, ExecutionError, extensions};
use charter_model::Value;
use sha2::{Digest, Sha256};
use std::collections::HashMap;

type Called<'b, 'v> = Result<CowVal<'b, 'v>, ExecutionError>;

/// The function behind `==`.
pub(crate) const EQUAL: &str = "@equal";

/// More would only be a slip.
const LONGEST_RANGE: i64 = 100_000;

/// CEL's standard library, its extensions, and Charter's functions.
pub(crate) fn environment() -> Env {
    let mut env = Env::stdlib();
    // A name declared twice is a slip that the test of every function's example finds.
    let declared = declare(&mut env);
    debug_assert!(declared.is_ok(), "{declared:?}");
    env
}

fn declare(env: &mut Env) -> Result<(), DeclarationError> {
    env.add_extension(extensions::strings)?;
    env.add_extension(extensions::lists)?;
    env.add_extension(extensions::math)?;
    env.add_extension(extensions::encoders)?;
    let one = || vec![DYN_TYPE];
    let two = || vec![DYN_TYPE, DYN_TYPE];
    let three = || vec![DYN_TYPE, DYN_TYPE, DYN_TYPE];
    env.add_overload("base64", "charter_base64", one(), base64)?;
    env.add_overload("cidrHost", "charter_cidr_host", two(), cidr_host)?;
    env.add_overload("cidrSubnet", "charter_cidr_subnet", three(), cidr_subnet)?;
    env.add_overload("fromJson", "charter_from_json", one(), from_json)?;
    env.add_overload("join", "charter_join", two(), join)?;
    env.add_overload("keys", "charter_keys", one(), keys)?;
    env.add_overload("lower", "charter_lower", one(), lower)?;
    env.add_overload("max", "charter_max", two(), max)?;
    env.add_overload("merge", "charter_merge", two(), merge)?;
    env.add_overload("min", "charter_min", two(), min)?;
    env.add_overload("range", "charter_range", one(), range)?;
    env.add_overload("replace", "charter_replace", three(), replace)?;
    env.add_overload("sha256", "charter_sha256", one(), sha256)?;
    env.add_overload("split", "charter_split", two(), split)?;
    env.add_overload("toJson", "charter_to_json", one(), to_json)?;
    env.add_overload("upper", "charter_upper", one(), upper)?;
    env.add_overload("values", "charter_values", one(), values)?;
    env.add_overload("@availabilityZone", "charter_zone", two(), availability_zone)?;
    env.add_overload(EQUAL, "charter_equal", two(), equal)?;
    env.add_overload("@partition", "charter_partition", one(), partition)?;
    env.add_macro(Macro::global("availabilityZone", 1, |helper, _, arguments| {
        let index = std::mem::take(arguments);
        Ok(Some(call_with(helper, "@availabilityZone", REGION, index)))
    }))?;
    env.add_macro(Macro::global("partition", 0, |helper, _, _| {
        Ok(Some(call_with(helper, "@partition", REGION, Vec::new())))
    }))?;
    env.add_macro(Macro::global("file", 1, |helper, _, arguments| {
        let path = std::mem::take(arguments);
        Ok(Some(call_with(helper, operators::INDEX, FILES, path)))
    }))?;
    Ok(())
}

/// A call whose first argument is a name.
fn call_with(helper: &mut MacroExprHelper<'_>, function: &str, name: &str, rest: Vec<IdedExpr>) -> IdedExpr {
    let mut args = vec![helper.next_expr(Expr::Ident(name.to_owned()))];
    args.extend(rest);
    helper.next_expr(Expr::Call(CallExpr { func_name: function.to_owned(), target: None, args }))
}

fn arguments<'b, 'v, const COUNT: usize>(
    given: Vec<CowVal<'b, 'v>>,
) -> Result<[CowVal<'b, 'v>; COUNT], ExecutionError> {
    given
        .try_into()
        .map_err(|given: Vec<_>| ExecutionError::InvalidArgumentCount { expected: COUNT, actual: given.len() })
}

fn string<'b, 'v>(text: impl Into<String>) -> Called<'b, 'v> {
    Ok(CowVal::owned(CelString::from(text.into())))
}

fn list<'b, 'v>(elements: Vec<Box<dyn Val + 'v>>) -> Called<'b, 'v> {
    Ok(CowVal::owned(CelList::from(elements)))
}

/// `given` as JSON, which looks at everything inside.
fn json(given: &dyn Val) -> Result<serde_json::Value, ExecutionError> {
    Ok(from_cel(given)?.to_plain_json())
}

fn equal<'b, 'v>(given: Vec<CowVal<'b, 'v>>) -> Called<'b, 'v> {
    let [left, right] = arguments(given)?;
    Ok(CowVal::owned(CelBool::from(is_equal(left.as_ref(), right.as_ref()))))
}

/// Maps and lists by what is in them, whoever made them; all else as the interpreter compares it.
fn is_equal(left: &dyn Val, right: &dyn Val) -> bool {
    // They know what in them was looked at.
    if left.downcast_ref::<Lazy>().is_some() {
        return left.equals(right);
    }
    if right.downcast_ref::<Lazy>().is_some() {
        return right.equals(left);
    }
    match (left.get_type().kind(), right.get_type().kind()) {
        (Kind::Map, Kind::Map) => match (members(left), members(right)) {
            (Ok(left), Ok(right)) => {
                left.len() == right.len()
                    && left.iter().zip(&right).all(|((key, member), (other_key, other))| {
                        key == other_key && is_equal(member.as_ref(), other.as_ref())
                    })
            }
            // Keys that have no form as text, of types that no property has.
            _ => left.equals(right),
        },
        (Kind::List, Kind::List) => match (elements(left), elements(right)) {
            (Ok(left), Ok(right)) => {
                left.len() == right.len()
                    && left.iter().zip(&right).all(|(one, other)| is_equal(one.as_ref(), other.as_ref()))
            }
            _ => left.equals(right),
        },
        _ => left.equals(right),
    }
}

fn base64<'b, 'v>(given: Vec<CowVal<'b, 'v>>) -> Called<'b, 'v> {
    let [plain] = arguments(given)?;
    use ::base64::Engine;
    string(::base64::engine::general_purpose::STANDARD.encode(text(plain.as_ref())?))
}

fn cidr_host<'b, 'v>(given: Vec<CowVal<'b, 'v>>) -> Called<'b, 'v> {
    let [network, index] = arguments(given)?;
    let failed = |message| ExecutionError::function_error("cidrHost", message);
    let network = Network::parse(text(network.as_ref())?).map_err(failed)?;
    string(network.host(whole(index.as_ref())?).map_err(failed)?)
}

fn cidr_subnet<'b, 'v>(given: Vec<CowVal<'b, 'v>>) -> Called<'b, 'v> {
    let [network, bits, index] = arguments(given)?;
    let failed = |message| ExecutionError::function_error("cidrSubnet", message);
    let network = Network::parse(text(network.as_ref())?).map_err(failed)?;
    string(network.subnet(whole(bits.as_ref())?, whole(index.as_ref())?).map_err(failed)?.show())
}

fn from_json<'b, 'v>(given: Vec<CowVal<'b, 'v>>) -> Called<'b, 'v> {
    let [plain] = arguments(given)?;
    let parsed: serde_json::Value = serde_json::from_str(text(plain.as_ref())?)
        .map_err(|error| ExecutionError::function_error("fromJson", format!("this is not JSON: {error}")))?;
    Ok(CowVal::Owned(to_cel(&plain_value(parsed))))
}

/// JSON without meaning given to the markers that [`Value`] keeps for unknowns and secrets.
fn plain_value(json: serde_json::Value) -> Value {
    match json {
        serde_json::Value::Array(list) => Value::List(list.into_iter().map(plain_value).collect()),
        serde_json::Value::Object(map) => {
            Value::Map(map.into_iter().map(|(key, value)| (key.into(), plain_value(value))).collect())
        }
        other => other.into(),
    }
}

fn join<'b, 'v>(given: Vec<CowVal<'b, 'v>>) -> Called<'b, 'v> {
    let [parts, separator] = arguments(given)?;
    let separator = text(separator.as_ref())?.to_owned();
    let mut joined = Vec::new();
    for part in elements(parts.as_ref())? {
        joined.push(match json(part.as_ref())? {
            serde_json::Value::String(text) => text,
            other @ (serde_json::Value::Number(_) | serde_json::Value::Bool(_)) => other.to_string(),
            _ => return Err(super::convert::unexpected(part.as_ref(), "a list of texts")),
        });
    }
    string(joined.join(&separator))
}

fn keys<'b, 'v>(given: Vec<CowVal<'b, 'v>>) -> Called<'b, 'v> {
    let [map] = arguments(given)?;
    let iterable = map.as_iterable().ok_or_else(|| super::convert::unexpected(map.as_ref(), "a map"))?;
    if map.get_type().kind() != cel::common::types::Kind::Map {
        return Err(super::convert::unexpected(map.as_ref(), "a map"));
    }
    // Keys are known even where members are not.
    let mut iterator = iterable.iter();
    let mut found = Vec::new();
    while let Some(key) = iterator.next() {
        found.push(text(key)?.to_owned());
    }
    found.sort();
    list(found.into_iter().map(|key| Box::new(CelString::from(key)) as Box<dyn Val>).collect())
}

fn values<'b, 'v>(given: Vec<CowVal<'b, 'v>>) -> Called<'b, 'v> {
    let [map] = arguments(given)?;
    list(members(map.as_ref())?.into_iter().map(|(_, member)| member).collect())
}

fn lower<'b, 'v>(given: Vec<CowVal<'b, 'v>>) -> Called<'b, 'v> {
    let [plain] = arguments(given)?;
    string(text(plain.as_ref())?.to_lowercase())
}

fn upper<'b, 'v>(given: Vec<CowVal<'b, 'v>>) -> Called<'b, 'v> {
    let [plain] = arguments(given)?;
    string(text(plain.as_ref())?.to_uppercase())
}

fn extreme<'b, 'v>(given: Vec<CowVal<'b, 'v>>, wanted: std::cmp::Ordering) -> Called<'b, 'v> {
    let [left, right] = arguments(given)?;
    let comparer = left.as_comparer().ok_or_else(|| super::convert::unexpected(left.as_ref(), "a number"))?;
    let first = comparer.compare(right.as_ref())? == wanted;
    Ok(if first { left } else { right })
}

fn max<'b, 'v>(given: Vec<CowVal<'b, 'v>>) -> Called<'b, 'v> {
    extreme(given, std::cmp::Ordering::Greater)
}

fn min<'b, 'v>(given: Vec<CowVal<'b, 'v>>) -> Called<'b, 'v> {
    extreme(given, std::cmp::Ordering::Less)
}

fn merge<'b, 'v>(given: Vec<CowVal<'b, 'v>>) -> Called<'b, 'v> {
    let [first, second] = arguments(given)?;
    let mut merged: HashMap<CelMapKey<'v>, Box<dyn Val + 'v>> = HashMap::new();
    for (key, member) in members(first.as_ref())?.into_iter().chain(members(second.as_ref())?) {
        merged.insert(CelMapKey::from(key), member);
    }
    Ok(CowVal::owned(CelMap::from(merged)))
}

fn range<'b, 'v>(given: Vec<CowVal<'b, 'v>>) -> Called<'b, 'v> {
    let [count] = arguments(given)?;
    let count = whole(count.as_ref())?;
    if !(0..=LONGEST_RANGE).contains(&count) {
        return Err(ExecutionError::function_error(
            "range",
            format!("the count must lie between 0 and {LONGEST_RANGE}"),
        ));
    }
    list((0..count).map(|number| Box::new(CelInt::from(number)) as Box<dyn Val>).collect())
}

fn replace<'b, 'v>(given: Vec<CowVal<'b, 'v>>) -> Called<'b, 'v> {
    let [plain, from, to] = arguments(given)?;
    string(text(plain.as_ref())?.replace(text(from.as_ref())?, text(to.as_ref())?))
}

fn sha256<'b, 'v>(given: Vec<CowVal<'b, 'v>>) -> Called<'b, 'v> {
    let [plain] = arguments(given)?;
    string(hex::encode(Sha256::digest(text(plain.as_ref())?.as_bytes())))
}

fn split<'b, 'v>(given: Vec<CowVal<'b, 'v>>) -> Called<'b, 'v> {
    let [plain, separator] = arguments(given)?;
    let separator = text(separator.as_ref())?;
    if separator.is_empty() {
        return Err(ExecutionError::function_error("split", "the separator is empty"));
    }
    let parts =
        text(plain.as_ref())?.split(separator).map(|part| Box::new(CelString::from(part.to_owned())) as Box<dyn Val>);
    list(parts.collect())
}

fn to_json<'b, 'v>(given: Vec<CowVal<'b, 'v>>) -> Called<'b, 'v> {
    let [value] = arguments(given)?;
    string(charter_model::canonical_json(&json(value.as_ref())?))
}

fn availability_zone<'b, 'v>(given: Vec<CowVal<'b, 'v>>) -> Called<'b, 'v> {
    let [region, index] = arguments(given)?;
    let index = whole(index.as_ref())?;
    let letter = u8::try_from(index).ok().filter(|index| *index < 26).map(|index| char::from(b'a' + index));
    match letter {
        Some(letter) => string(format!("{}{letter}", text(region.as_ref())?)),
        None => Err(ExecutionError::function_error("availabilityZone", "the index must lie between 0 and 25")),
    }
}

fn partition<'b, 'v>(given: Vec<CowVal<'b, 'v>>) -> Called<'b, 'v> {
    let [region] = arguments(given)?;
    string(partition_of(text(region.as_ref())?))
}

/// The partition of a region, by the prefixes of botocore's `partitions.json`.
pub(crate) fn partition_of(region: &str) -> &'static str {
    const PREFIXES: &[(&str, &str)] = &[
        ("cn-", "aws-cn"),
        ("us-gov-", "aws-us-gov"),
        ("us-isob-", "aws-iso-b"),
        ("us-isof-", "aws-iso-f"),
        ("eu-isoe-", "aws-iso-e"),
        ("us-iso-", "aws-iso"),
        ("eusc-", "aws-eusc"),
    ];
    PREFIXES.iter().find(|(prefix, _)| region.starts_with(prefix)).map_or("aws", |(_, partition)| partition)
}
