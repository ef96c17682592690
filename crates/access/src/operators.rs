//! Condition operators. Imports `answer`, `conditions`, `request`, `symbol`, `variables`.
//!
//! Sources: IAM User Guide, "Condition operators"
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>) and "Set operators for
//! multivalued context keys"
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html>).

use crate::Conditions;
use crate::answer::{Answer, Doubt};
use crate::request::{Context, KeyValue};
use crate::symbol::{Reach, Symbol, bounded, lower, matches, plain};
use crate::variables::pattern;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::net::IpAddr;

/// How the values of a multivalued key are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quantifier {
    One,
    ForAll,
    ForAny,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Text { ignore_case: bool, wildcards: bool },
    Arn,
    Number(Order),
    Date(Order),
    Bool,
    Binary,
    Address,
    Null,
}

/// Which orders of actual and expected value satisfy an operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Order {
    fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        }
    }
}

/// An operator taken apart: `ForAnyValue:StringNotLikeIfExists`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Operator {
    quantifier: Quantifier,
    comparison: Comparison,
    negated: bool,
    if_exists: bool,
}

fn operator(text: &str) -> Option<Operator> {
    let (quantifier, rest) = match text.split_once(':') {
        Some(("ForAllValues", rest)) => (Quantifier::ForAll, rest),
        Some(("ForAnyValue", rest)) => (Quantifier::ForAny, rest),
        Some(_) => return None,
        None => (Quantifier::One, text),
    };
    let (name, if_exists) = match rest.strip_suffix("IfExists") {
        Some(name) => (name, true),
        None => (rest, false),
    };
    let text = |ignore_case, wildcards| Comparison::Text { ignore_case, wildcards };
    let (comparison, negated) = match name {
        "StringEquals" => (text(false, false), false),
        "StringNotEquals" => (text(false, false), true),
        "StringEqualsIgnoreCase" => (text(true, false), false),
        "StringNotEqualsIgnoreCase" => (text(true, false), true),
        "StringLike" => (text(false, true), false),
        "StringNotLike" => (text(false, true), true),
        "NumericEquals" => (Comparison::Number(Order::Equal), false),
        "NumericNotEquals" => (Comparison::Number(Order::Equal), true),
        "NumericLessThan" => (Comparison::Number(Order::Less), false),
        "NumericLessThanEquals" => (Comparison::Number(Order::LessOrEqual), false),
        "NumericGreaterThan" => (Comparison::Number(Order::Greater), false),
        "NumericGreaterThanEquals" => (Comparison::Number(Order::GreaterOrEqual), false),
        "DateEquals" => (Comparison::Date(Order::Equal), false),
        "DateNotEquals" => (Comparison::Date(Order::Equal), true),
        "DateLessThan" => (Comparison::Date(Order::Less), false),
        "DateLessThanEquals" => (Comparison::Date(Order::LessOrEqual), false),
        "DateGreaterThan" => (Comparison::Date(Order::Greater), false),
        "DateGreaterThanEquals" => (Comparison::Date(Order::GreaterOrEqual), false),
        "Bool" => (Comparison::Bool, false),
        "BinaryEquals" => (Comparison::Binary, false),
        "IpAddress" => (Comparison::Address, false),
        "NotIpAddress" => (Comparison::Address, true),
        // Both forms behave alike, with wildcards.
        "ArnEquals" | "ArnLike" => (Comparison::Arn, false),
        "ArnNotEquals" | "ArnNotLike" => (Comparison::Arn, true),
        // IfExists cannot be with Null, nor can a set operator.
        "Null" if !if_exists && quantifier == Quantifier::One => (Comparison::Null, false),
        _ => return None,
    };
    Some(Operator { quantifier, comparison, negated, if_exists })
}

/// Whether AWS knows an operator of this name.
pub(crate) fn is_known(name: &str) -> bool {
    operator(name).is_some()
}

/// Whether all conditions hold. `variables`: whether the policy's version has them.
pub(crate) fn hold(conditions: &Conditions, context: &Context, variables: bool) -> Answer {
    Answer::all(conditions.iter().map(|(name, key, values)| condition(name, key, values, context, variables)))
}

fn condition(name: &str, key: &str, values: &BTreeSet<String>, context: &Context, variables: bool) -> Answer {
    // AWS refuses to store an operator that it does not know.
    let Some(operator) = operator(name) else { return Answer::Depends(Doubt::about_apply(format!("operator {name}"))) };
    let found = context.get(key);
    if operator.comparison == Comparison::Null {
        return match found {
            KeyValue::Open => Answer::Depends(Doubt::about_request(key)),
            KeyValue::Present(found) => Answer::any(values.iter().map(|value| is_text(value, found.is_empty()))),
            KeyValue::Absent => Answer::any(values.iter().map(|value| is_text(value, true))),
        };
    }
    let present = match found {
        KeyValue::Open => return Answer::Depends(Doubt::about_request(key)),
        KeyValue::Present(present) if !present.is_empty() => present,
        _ => return absent(operator),
    };
    let variables = variables.then_some(context);
    let named = |actual: &String| {
        let any = Answer::any(values.iter().map(|expected| compare(operator.comparison, expected, actual, variables)));
        if operator.negated { any.not() } else { any }
    };
    match operator.quantifier {
        Quantifier::ForAll => Answer::all(present.iter().map(named)),
        Quantifier::ForAny => Answer::any(present.iter().map(named)),
        // A key of several values under an operator for one: negated, none may match; else one is enough.
        Quantifier::One if operator.negated => Answer::all(present.iter().map(named)),
        Quantifier::One => Answer::any(present.iter().map(named)),
    }
}

/// "true" of `Null` means that the key is absent.
fn is_text(value: &str, absent: bool) -> Answer {
    match value.to_ascii_lowercase().as_str() {
        "true" => absent.into(),
        "false" => (!absent).into(),
        _ if Symbol::is_in(value) => Answer::Depends(Doubt::about_apply(Symbol::readable(value))),
        _ => Answer::No,
    }
}

/// The key is not in the request.
fn absent(operator: Operator) -> Answer {
    let holds = match operator.quantifier {
        // "returns true if there are no context keys in the request"
        Quantifier::ForAll => true,
        Quantifier::ForAny => operator.if_exists,
        // A negated operator holds for a key that is not there.
        Quantifier::One => operator.if_exists || operator.negated,
    };
    holds.into()
}

fn compare(comparison: Comparison, expected: &str, actual: &str, variables: Option<&Context>) -> Answer {
    // Variables stand in texts and ARNs only.
    let (ignore_case, wildcards) = match comparison {
        Comparison::Text { ignore_case, wildcards } => (ignore_case, wildcards),
        Comparison::Arn => (false, true),
        other => return compare_plain(other, expected, actual),
    };
    let Some(expected) = pattern(expected, wildcards, variables) else { return Answer::No };
    let actual = plain(actual);
    match comparison {
        Comparison::Arn => matches(&bounded(expected, Reach::ArnOperator), &actual),
        _ if ignore_case => matches(&lower(expected), &lower(actual)),
        _ => matches(&expected, &actual),
    }
}

fn compare_plain(comparison: Comparison, expected: &str, actual: &str) -> Answer {
    for text in [expected, actual] {
        if Symbol::is_in(text) {
            return if expected == actual && matches!(comparison, Comparison::Bool | Comparison::Binary) {
                Answer::Yes
            } else {
                Answer::Depends(Doubt::about_apply(Symbol::readable(text)))
            };
        }
    }
    let holds = match comparison {
        Comparison::Number(test) => {
            number(expected).zip(number(actual)).map(|(expected, actual)| test.holds(actual.total_cmp(&expected)))
        }
        Comparison::Date(test) => {
            instant(expected).zip(instant(actual)).map(|(expected, actual)| test.holds(actual.total_cmp(&expected)))
        }
        Comparison::Bool => Some(expected.eq_ignore_ascii_case(actual)),
        Comparison::Binary => STANDARD
            .decode(expected)
            .ok()
            .zip(STANDARD.decode(actual).ok())
            .map(|(expected, actual)| expected == actual),
        Comparison::Address => in_network(expected, actual),
        Comparison::Text { .. } | Comparison::Arn | Comparison::Null => None,
    };
    holds.unwrap_or(false).into()
}

fn number(text: &str) -> Option<f64> {
    text.trim().parse::<f64>().ok().filter(|number| number.is_finite()).map(|number| number + 0.0)
}

/// Seconds since 1970, from ISO 8601 or from such a number.
fn instant(text: &str) -> Option<f64> {
    if let Some(seconds) = number(text) {
        return Some(seconds);
    }
    let stamp = text.parse::<jiff::Timestamp>().ok().or_else(|| {
        let date = text.parse::<jiff::civil::DateTime>().ok()?;
        date.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
    })?;
    // Dates of policies lie far within what a double holds to the millisecond.
    #[allow(clippy::cast_precision_loss, reason = "milliseconds of any date that can be written are below 2^53")]
    Some(stamp.as_millisecond() as f64 / 1000.0)
}

/// Whether an address lies in a network: `203.0.113.0/24`, or one address.
fn in_network(network: &str, address: &str) -> Option<bool> {
    let (base, length) = match network.split_once('/') {
        Some((base, length)) => (base, Some(length.parse::<u32>().ok()?)),
        None => (network, None),
    };
    let bits = |address: IpAddr| match address {
        IpAddr::V4(address) => (u128::from(address.to_bits()) << 96, 32),
        IpAddr::V6(address) => (address.to_bits(), 128),
    };
    let ((base, width), (address, own)) = (bits(base.parse().ok()?), bits(address.parse().ok()?));
    let length = length.unwrap_or(width);
    if length > width {
        return None;
    }
    // A shift by all bits is not one.
    let mask = u128::MAX.checked_shl(128 - length).unwrap_or(0);
    Some(width == own && base & mask == address & mask)
}
