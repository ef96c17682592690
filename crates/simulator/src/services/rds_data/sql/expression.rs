//! The value of an expression for a row, or for a group of rows. Imports the syntax tree of `sqlparser`.

use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use sqlparser::ast::{
    BinaryOperator, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, UnaryOperator, Value,
};

use super::error::SqlError;
use super::kind::{Kind, kind_of, text_of};
use super::parse::{identifier, single};

/// A value with its type; a literal in quotes has none until its neighbour gives it one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Typed {
    pub(crate) value: Json,
    pub(crate) kind: Option<Kind>,
}

impl Typed {
    pub(crate) fn of(kind: Kind, value: impl Into<Json>) -> Self {
        Self { value: value.into(), kind: Some(kind) }
    }

    fn unknown(value: impl Into<Json>) -> Self {
        Self { value: value.into(), kind: None }
    }
}

/// What a statement may read besides rows.
pub(crate) struct Context<'a> {
    /// Named parameters, without their colon.
    pub(crate) parameters: &'a BTreeMap<String, Typed>,
    /// The time of the transaction, as PostgreSQL prints it.
    pub(crate) now: &'a str,
    pub(crate) database: &'a str,
    pub(crate) schema: &'a str,
    /// The server's version number.
    pub(crate) version: &'a str,
    /// New random UUIDs.
    pub(crate) uuid: RefCell<&'a mut dyn FnMut() -> String>,
    /// The type `vector` is known only once its extension is there.
    pub(crate) has_vector: bool,
}

/// A column that an expression may name.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ScopeColumn {
    pub(crate) table: String,
    pub(crate) name: String,
    pub(crate) kind: Kind,
}

/// The rows that an expression is evaluated for.
pub(crate) struct Scope<'a> {
    pub(crate) columns: &'a [ScopeColumn],
    pub(crate) row: &'a [Json],
    /// The group, where aggregates are allowed.
    pub(crate) group: Option<&'a [&'a [Json]]>,
}

impl Scope<'_> {
    /// Nothing to name: VALUES, a default, a SELECT without FROM.
    pub(crate) const NOTHING: Scope<'static> = Scope { columns: &[], row: &[], group: None };

    fn column(&self, table: Option<&str>, name: &str) -> Result<Typed, SqlError> {
        let mut found = self
            .columns
            .iter()
            .enumerate()
            .filter(|(_, column)| column.name == name && table.is_none_or(|table| column.table == table));
        match (found.next(), found.next()) {
            (Some((place, column)), rest) => {
                if table.is_none() && rest.is_some_and(|(_, other)| other.table != "excluded") {
                    return Err(SqlError::new("42702", format!("column reference \"{name}\" is ambiguous")));
                }
                Ok(Typed::of(column.kind.clone(), self.row.get(place).cloned().unwrap_or(Json::Null)))
            }
            (None, _) => {
                let full = table.map_or_else(|| format!("\"{name}\""), |table| format!("{table}.{name}"));
                Err(SqlError::new("42703", format!("column {full} does not exist")))
            }
        }
    }
}

/// Evaluates an expression.
pub(crate) fn evaluate(context: &Context<'_>, expression: &Expr, scope: &Scope<'_>) -> Result<Typed, SqlError> {
    let value = |inner: &Expr| evaluate(context, inner, scope);
    let truth = |result: bool| Ok(Typed::of(Kind::Boolean, result));
    match expression {
        Expr::Nested(inner) => value(inner),
        Expr::Identifier(name) => scope.column(None, &identifier(name)?),
        Expr::CompoundIdentifier(names) => qualified(scope, names),
        Expr::Value(literal) => self::literal(context, &literal.value),
        Expr::TypedString(typed) => {
            let kind = kind_of(&typed.data_type, context.has_vector)?;
            let text = literal(context, &typed.value.value)?;
            Ok(Typed { value: kind.coerce(&text.value)?, kind: Some(kind) })
        }
        Expr::Cast { expr, data_type, .. } => {
            let kind = kind_of(data_type, context.has_vector)?;
            Ok(Typed { value: kind.coerce(&value(expr)?.value)?, kind: Some(kind) })
        }
        Expr::UnaryOp { op: UnaryOperator::Not, expr } => match as_truth(&value(expr)?)? {
            Some(result) => truth(!result),
            None => Ok(Typed::of(Kind::Boolean, Json::Null)),
        },
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => {
            let zero = Typed::of(Kind::Integer, 0);
            arithmetic(&BinaryOperator::Minus, zero, value(expr)?)
        }
        Expr::UnaryOp { op: UnaryOperator::Plus, expr } => value(expr),
        Expr::IsNull(inner) => truth(value(inner)?.value.is_null()),
        Expr::IsNotNull(inner) => truth(!value(inner)?.value.is_null()),
        Expr::IsTrue(inner) => truth(as_truth(&value(inner)?)? == Some(true)),
        Expr::IsFalse(inner) => truth(as_truth(&value(inner)?)? == Some(false)),
        Expr::InList { expr, list, negated } => {
            let wanted = value(expr)?;
            let mut unknown = wanted.value.is_null();
            for candidate in list {
                match compare(&wanted, &value(candidate)?)? {
                    Some(Ordering::Equal) => return truth(!negated),
                    Some(_) => {}
                    None => unknown = true,
                }
            }
            if unknown { Ok(Typed::of(Kind::Boolean, Json::Null)) } else { truth(*negated) }
        }
        Expr::Between { expr, negated, low, high } => {
            let middle = value(expr)?;
            match (compare(&middle, &value(low)?)?, compare(&middle, &value(high)?)?) {
                (Some(low), Some(high)) => truth((low.is_ge() && high.is_le()) != *negated),
                _ => Ok(Typed::of(Kind::Boolean, Json::Null)),
            }
        }
        Expr::Like { negated, expr, pattern, .. } => Ok(like(&value(expr)?, &value(pattern)?, *negated, str::to_owned)),
        Expr::ILike { negated, expr, pattern, .. } => {
            Ok(like(&value(expr)?, &value(pattern)?, *negated, |text| text.to_lowercase()))
        }
        Expr::BinaryOp { left, op, right } => binary(op, value(left)?, || value(right)),
        Expr::Function(function) => call(context, function, scope),
        other => Err(SqlError::not_simulated(&format!("the expression {other}"))),
    }
}

fn qualified(scope: &Scope<'_>, names: &[Ident]) -> Result<Typed, SqlError> {
    let names = names.iter().map(identifier).collect::<Result<Vec<_>, _>>()?;
    match names.as_slice() {
        [.., table, column] => scope.column(Some(table), column),
        _ => Err(SqlError::syntax(".")),
    }
}

fn literal(context: &Context<'_>, value: &Value) -> Result<Typed, SqlError> {
    Ok(match value {
        Value::Number(text, _) => match text.parse::<i64>() {
            Ok(number) if i32::try_from(number).is_ok() => Typed::of(Kind::Integer, number),
            Ok(number) => Typed::of(Kind::BigInt, number),
            Err(_) => Typed::of(Kind::Numeric, text.as_str()),
        },
        Value::SingleQuotedString(text) | Value::EscapedStringLiteral(text) => Typed::unknown(text.as_str()),
        Value::DollarQuotedString(text) => Typed::unknown(text.value.as_str()),
        Value::Boolean(truth) => Typed::of(Kind::Boolean, *truth),
        Value::Null => Typed::unknown(Json::Null),
        Value::Placeholder(name) => {
            let name = name.trim_start_matches(':');
            context.parameters.get(name).cloned().ok_or_else(|| {
                SqlError::new("42P02", format!("Named parameter \"{name}\" has no value in the request"))
            })?
        }
        other => return Err(SqlError::not_simulated(&format!("the literal {other}"))),
    })
}

/// Three-valued truth of a condition.
pub(crate) fn as_truth(typed: &Typed) -> Result<Option<bool>, SqlError> {
    match (&typed.value, &typed.kind) {
        (Json::Null, _) => Ok(None),
        (Json::Bool(truth), _) => Ok(Some(*truth)),
        (value, None) => Ok(Kind::Boolean.coerce(value)?.as_bool()),
        (_, Some(kind)) => {
            Err(SqlError::new("42804", format!("argument of WHERE must be type boolean, not type {}", kind.name())))
        }
    }
}

fn binary(
    operator: &BinaryOperator,
    left: Typed,
    right: impl FnOnce() -> Result<Typed, SqlError>,
) -> Result<Typed, SqlError> {
    let truth = |result: Option<bool>| Ok(Typed::of(Kind::Boolean, result.map_or(Json::Null, Json::Bool)));
    match operator {
        BinaryOperator::And => match (as_truth(&left)?, as_truth(&right()?)?) {
            (Some(false), _) | (_, Some(false)) => truth(Some(false)),
            (Some(true), Some(true)) => truth(Some(true)),
            _ => truth(None),
        },
        BinaryOperator::Or => match (as_truth(&left)?, as_truth(&right()?)?) {
            (Some(true), _) | (_, Some(true)) => truth(Some(true)),
            (Some(false), Some(false)) => truth(Some(false)),
            _ => truth(None),
        },
        BinaryOperator::Eq => truth(compare(&left, &right()?)?.map(Ordering::is_eq)),
        BinaryOperator::NotEq => truth(compare(&left, &right()?)?.map(Ordering::is_ne)),
        BinaryOperator::Lt => truth(compare(&left, &right()?)?.map(Ordering::is_lt)),
        BinaryOperator::LtEq => truth(compare(&left, &right()?)?.map(Ordering::is_le)),
        BinaryOperator::Gt => truth(compare(&left, &right()?)?.map(Ordering::is_gt)),
        BinaryOperator::GtEq => truth(compare(&left, &right()?)?.map(Ordering::is_ge)),
        BinaryOperator::StringConcat => {
            let right = right()?;
            if left.value.is_null() || right.value.is_null() {
                return Ok(Typed::of(Kind::Text, Json::Null));
            }
            Ok(Typed::of(Kind::Text, text_of(&left.value) + &text_of(&right.value)))
        }
        BinaryOperator::Arrow | BinaryOperator::LongArrow => {
            let key = right()?;
            let document: Json = serde_json::from_str(&text_of(&left.value)).unwrap_or(Json::Null);
            let member = match &key.value {
                Json::Number(place) => {
                    place.as_u64().and_then(|place| usize::try_from(place).ok()).and_then(|place| document.get(place))
                }
                other => document.get(text_of(other)),
            };
            Ok(match (member, operator) {
                (None | Some(Json::Null), _) => Typed::of(Kind::Text, Json::Null),
                (Some(member), BinaryOperator::LongArrow) => Typed::of(Kind::Text, text_of(member)),
                (Some(member), _) => Typed::of(Kind::Jsonb, member.to_string()),
            })
        }
        BinaryOperator::Plus
        | BinaryOperator::Minus
        | BinaryOperator::Multiply
        | BinaryOperator::Divide
        | BinaryOperator::Modulo => arithmetic(operator, left, right()?),
        other => Err(SqlError::not_simulated(&format!("the operator {other}"))),
    }
}

fn arithmetic(operator: &BinaryOperator, left: Typed, right: Typed) -> Result<Typed, SqlError> {
    let number_kind = |kind: &Option<Kind>| kind.as_ref().is_none_or(Kind::is_number);
    if !number_kind(&left.kind) || !number_kind(&right.kind) {
        return Err(undefined(&operator.to_string(), &left, &right));
    }
    let whole = |typed: &Typed| typed.kind.as_ref().is_none_or(Kind::is_whole_number);
    let both_whole = whole(&left) && whole(&right);
    if left.value.is_null() || right.value.is_null() {
        return Ok(Typed::of(if both_whole { Kind::BigInt } else { Kind::Numeric }, Json::Null));
    }
    let by_zero = || SqlError::new("22012", "division by zero");
    let overflow = || SqlError::new("22003", "bigint out of range");
    if both_whole {
        let (Some(one), Some(other)) =
            (Kind::BigInt.coerce(&left.value)?.as_i64(), Kind::BigInt.coerce(&right.value)?.as_i64())
        else {
            return Err(overflow());
        };
        let result = match operator {
            BinaryOperator::Plus => one.checked_add(other),
            BinaryOperator::Minus => one.checked_sub(other),
            BinaryOperator::Multiply => one.checked_mul(other),
            BinaryOperator::Divide if other == 0 => return Err(by_zero()),
            BinaryOperator::Divide => one.checked_div(other),
            _ if other == 0 => return Err(by_zero()),
            _ => one.checked_rem(other),
        };
        return result.map(|result| Typed::of(Kind::BigInt, result)).ok_or_else(overflow);
    }
    let (one, other) = (number(&left.value)?, number(&right.value)?);
    let result = match operator {
        BinaryOperator::Plus => one + other,
        BinaryOperator::Minus => one - other,
        BinaryOperator::Multiply => one * other,
        _ if other == 0.0 => return Err(by_zero()),
        BinaryOperator::Divide => one / other,
        _ => one % other,
    };
    Ok(Typed::of(Kind::Double, result))
}

fn number(value: &Json) -> Result<f64, SqlError> {
    let text = text_of(value);
    text.trim()
        .parse()
        .map_err(|_| SqlError::new("22P02", format!("invalid input syntax for type double precision: \"{text}\"")))
}

fn undefined(operator: &str, left: &Typed, right: &Typed) -> SqlError {
    let name = |typed: &Typed| typed.kind.as_ref().map_or_else(|| "unknown".to_owned(), Kind::name);
    SqlError::new(
        "42883",
        format!(
            "operator does not exist: {} {operator} {}; Hint: No operator matches the given name and argument types. You might \
             need to add explicit type casts.",
            name(left),
            name(right)
        ),
    )
}

/// Order of two values; none where either is NULL.
pub(crate) fn compare(left: &Typed, right: &Typed) -> Result<Option<Ordering>, SqlError> {
    let kind =
        match (&left.kind, &right.kind) {
            (Some(one), Some(other)) if one.comparable_with(other) => {
                if one.is_whole_number() && !other.is_whole_number() { other.clone() } else { one.clone() }
            }
            (Some(_), Some(_)) => return Err(undefined("=", left, right)),
            (Some(kind), None) | (None, Some(kind)) => kind.clone(),
            (None, None) => Kind::Text,
        };
    if left.value.is_null() || right.value.is_null() {
        return Ok(None);
    }
    let loose = if let Kind::Varchar(_) | Kind::Char(_) = kind { Kind::Text } else { kind };
    let (one, other) = (loose.coerce(&left.value)?, loose.coerce(&right.value)?);
    Ok(Some(order(&loose, &one, &other)))
}

/// Order of two values of one type.
pub(crate) fn order(kind: &Kind, left: &Json, right: &Json) -> Ordering {
    match (left, right) {
        (Json::Null, Json::Null) => Ordering::Equal,
        // NULLS LAST, as PostgreSQL sorts.
        (Json::Null, _) => Ordering::Greater,
        (_, Json::Null) => Ordering::Less,
        (Json::Bool(one), Json::Bool(other)) => one.cmp(other),
        (Json::Number(one), Json::Number(other)) if one.is_i64() && other.is_i64() => one.as_i64().cmp(&other.as_i64()),
        _ if kind.is_number() => number(left).unwrap_or(f64::NAN).total_cmp(&number(right).unwrap_or(f64::NAN)),
        _ => text_of(left).cmp(&text_of(right)),
    }
}

fn like(value: &Typed, pattern: &Typed, negated: bool, fold: fn(&str) -> String) -> Typed {
    if value.value.is_null() || pattern.value.is_null() {
        return Typed::of(Kind::Boolean, Json::Null);
    }
    let text: Vec<char> = fold(&text_of(&value.value)).chars().collect();
    let pattern: Vec<char> = fold(&text_of(&pattern.value)).chars().collect();
    Typed::of(Kind::Boolean, matches_pattern(&text, &pattern) != negated)
}

/// `%` and `_`, without recursion: the last `%` is the only place to go back to.
fn matches_pattern(text: &[char], pattern: &[char]) -> bool {
    let (mut at, mut place) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    while at < text.len() {
        match pattern.get(place) {
            Some('%') => {
                back = Some((place, at));
                place += 1;
            }
            Some(expected) if *expected == '_' || text.get(at) == Some(expected) => {
                at += 1;
                place += 1;
            }
            _ => match back {
                Some((percent, from)) => {
                    back = Some((percent, from + 1));
                    place = percent + 1;
                    at = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(place).all(|rest| *rest == '%')
}

/// Whether a function folds many rows into one value.
pub(crate) fn is_aggregate(function: &Function) -> bool {
    matches!(single(&function.name).as_deref(), Ok("count" | "min" | "max" | "sum" | "avg"))
}

fn call(context: &Context<'_>, function: &Function, scope: &Scope<'_>) -> Result<Typed, SqlError> {
    let name = single(&function.name)?;
    let arguments: &[FunctionArg] = match &function.args {
        FunctionArguments::List(list) => &list.args,
        _ => &[],
    };
    if is_aggregate(function) {
        return aggregate(context, &name, arguments, scope);
    }
    let values = arguments
        .iter()
        .map(|argument| match argument {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(inner)) => evaluate(context, inner, scope),
            other => Err(SqlError::not_simulated(&format!("the argument {other}"))),
        })
        .collect::<Result<Vec<_>, _>>()?;
    let text = |typed: &Typed, change: fn(&str) -> String| match &typed.value {
        Json::Null => Typed::of(Kind::Text, Json::Null),
        value => Typed::of(Kind::Text, change(&text_of(value))),
    };
    Ok(match (name.as_str(), values.as_slice()) {
        ("now" | "current_timestamp" | "transaction_timestamp" | "statement_timestamp" | "clock_timestamp", []) => {
            Typed::of(Kind::TimestampWithZone, context.now)
        }
        ("current_date", []) => Typed::of(Kind::Date, context.now.chars().take(10).collect::<String>()),
        ("gen_random_uuid", []) => Typed::of(Kind::Uuid, (context.uuid.borrow_mut())()),
        ("version", []) => Typed::of(
            Kind::Text,
            format!("PostgreSQL {} on x86_64-pc-linux-gnu, compiled by the Charter simulator, 64-bit", context.version),
        ),
        ("current_database", []) => Typed::of(Kind::Text, context.database),
        ("current_schema", []) => Typed::of(Kind::Text, context.schema),
        ("lower", [one]) => text(one, |text| text.to_lowercase()),
        ("upper", [one]) => text(one, |text| text.to_uppercase()),
        ("trim" | "btrim", [one]) => text(one, |text| text.trim().to_owned()),
        ("length" | "char_length", [one]) => match &one.value {
            Json::Null => Typed::of(Kind::Integer, Json::Null),
            value => Typed::of(Kind::Integer, text_of(value).chars().count()),
        },
        ("concat", values) => {
            Typed::of(Kind::Text, values.iter().map(|typed| text_of(&typed.value)).collect::<String>())
        }
        ("coalesce", values @ [first, ..]) => {
            let kind = values.iter().find_map(|typed| typed.kind.clone());
            let found = values.iter().find(|typed| !typed.value.is_null()).unwrap_or(first);
            Typed { value: found.value.clone(), kind }
        }
        _ => {
            let kinds: Vec<String> = values
                .iter()
                .map(|typed| typed.kind.as_ref().map_or_else(|| "unknown".to_owned(), Kind::name))
                .collect();
            return Err(SqlError::new(
                "42883",
                format!(
                    "function {name}({}) does not exist, or the Charter simulator does not simulate it",
                    kinds.join(", ")
                ),
            ));
        }
    })
}

fn aggregate(
    context: &Context<'_>,
    name: &str,
    arguments: &[FunctionArg],
    scope: &Scope<'_>,
) -> Result<Typed, SqlError> {
    let Some(group) = scope.group else {
        return Err(SqlError::new("42803", "aggregate functions are not allowed here"));
    };
    let inner = match arguments {
        [FunctionArg::Unnamed(FunctionArgExpr::Wildcard)] if name == "count" => {
            return Ok(Typed::of(Kind::BigInt, group.len()));
        }
        [FunctionArg::Unnamed(FunctionArgExpr::Expr(inner))] => inner,
        _ => return Err(SqlError::new("42883", format!("function {name}() does not exist"))),
    };
    let values = group
        .iter()
        .map(|row| evaluate(context, inner, &Scope { columns: scope.columns, row, group: None }))
        .collect::<Result<Vec<_>, _>>()?;
    let kind = match values.first() {
        Some(first) => first.kind.clone(),
        None => evaluate(context, inner, &Scope { columns: scope.columns, row: &[], group: None })?.kind,
    }
    .unwrap_or(Kind::Text);
    let present: Vec<&Json> = values.iter().map(|typed| &typed.value).filter(|value| !value.is_null()).collect();
    let least = present.iter().copied().min_by(|one, other| order(&kind, one, other));
    let most = present.iter().copied().max_by(|one, other| order(&kind, one, other));
    Ok(match name {
        "count" => Typed::of(Kind::BigInt, present.len()),
        "min" => Typed { value: least.cloned().unwrap_or(Json::Null), kind: Some(kind) },
        "max" => Typed { value: most.cloned().unwrap_or(Json::Null), kind: Some(kind) },
        _ if !kind.is_number() => {
            return Err(SqlError::new("42883", format!("function {name}({}) does not exist", kind.name())));
        }
        _ if present.is_empty() => Typed::of(Kind::Numeric, Json::Null),
        "sum" if kind.is_whole_number() => {
            let sum = present.iter().filter_map(|value| value.as_i64()).try_fold(0_i64, i64::checked_add);
            Typed::of(Kind::BigInt, sum.ok_or_else(|| SqlError::new("22003", "bigint out of range"))?)
        }
        _ => {
            let sum = present.iter().map(|value| number(value)).sum::<Result<f64, _>>()?;
            let count = u32::try_from(present.len()).map_or(f64::from(u32::MAX), f64::from);
            Typed::of(Kind::Double, if name == "sum" { sum } else { sum / count })
        }
    })
}
