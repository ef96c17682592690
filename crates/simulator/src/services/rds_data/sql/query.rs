//! SELECT over one table, with filters, groups, order and limits; and the catalogue tables that scripts ask.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};
use sqlparser::ast::{
    Expr, GroupByExpr, LimitClause, OrderByKind, OrderBySort, Query, Select, SelectItem, SetExpr, TableFactor,
    TableWithJoins,
};

use super::database::Database;
use super::error::SqlError;
use super::expression::{Context, Scope, ScopeColumn, Typed, as_truth, evaluate, is_aggregate, order};
use super::kind::Kind;
use super::parse::{identifier, parts};
use super::{Outcome, ResultColumn};

/// A table with its rows, read for one statement.
pub(crate) struct Relation {
    pub(crate) columns: Vec<ScopeColumn>,
    pub(crate) rows: Vec<Vec<Json>>,
}

/// Runs a query.
pub(crate) fn run(
    database: &Database,
    path: &[String],
    context: &Context<'_>,
    query: &Query,
) -> Result<Outcome, SqlError> {
    if query.with.is_some() {
        return Err(SqlError::not_simulated("WITH"));
    }
    match query.body.as_ref() {
        SetExpr::Select(select) => select_rows(database, path, context, query, select),
        SetExpr::Values(values) => {
            let rows = values
                .rows
                .iter()
                .map(|row| row.content.iter().map(|value| evaluate(context, value, &Scope::NOTHING)).collect())
                .collect::<Result<Vec<Vec<Typed>>, SqlError>>()?;
            let columns = rows.first().map(|row| row.as_slice()).unwrap_or_default();
            let columns = columns
                .iter()
                .enumerate()
                .map(|(place, typed)| result_column(format!("column{}", place + 1), typed))
                .collect();
            let rows = rows.into_iter().map(|row| row.into_iter().map(|typed| typed.value).collect()).collect();
            Ok(Outcome::Rows { columns, rows })
        }
        other => Err(SqlError::not_simulated(&format!("the query {other}"))),
    }
}

fn select_rows(
    database: &Database,
    path: &[String],
    context: &Context<'_>,
    query: &Query,
    select: &Select,
) -> Result<Outcome, SqlError> {
    if select.distinct.is_some() || select.having.is_some() || select.into.is_some() {
        return Err(SqlError::not_simulated("DISTINCT, HAVING and INTO"));
    }
    let relation = match select.from.as_slice() {
        [] => Relation { columns: Vec::new(), rows: vec![Vec::new()] },
        [one] => relation(database, path, context, one)?,
        _ => return Err(SqlError::not_simulated("a SELECT from several tables")),
    };
    let chosen = filter(context, &relation, select.selection.as_ref())?;
    let rows: Vec<&[Json]> = chosen.iter().filter_map(|place| relation.rows.get(*place)).map(Vec::as_slice).collect();
    let keys: &[Expr] = match &select.group_by {
        GroupByExpr::Expressions(keys, _) => keys,
        GroupByExpr::All(_) => return Err(SqlError::not_simulated("GROUP BY ALL")),
    };
    let items = projection(&relation.columns, select)?;
    let nothing = vec![Json::Null; relation.columns.len()];
    let aggregates = !keys.is_empty() || items.iter().any(|(_, item)| has_aggregate(item));
    let groups: Vec<Vec<&[Json]>> = match (aggregates, keys) {
        (false, _) => rows.iter().map(|row| vec![*row]).collect(),
        (true, []) => vec![rows],
        (true, keys) => {
            let mut groups: BTreeMap<String, Vec<&[Json]>> = BTreeMap::new();
            for row in rows {
                let scope = Scope { columns: &relation.columns, row, group: None };
                let key = keys
                    .iter()
                    .map(|key| evaluate(context, key, &scope).map(|typed| typed.value))
                    .collect::<Result<Vec<_>, _>>()?;
                groups.entry(Json::Array(key).to_string()).or_default().push(row);
            }
            groups.into_values().collect()
        }
    };
    let scope = |group| scope_of(&relation.columns, group, &nothing, aggregates);
    let empty = Vec::new();
    let mut columns = Vec::new();
    for (name, item) in &items {
        let typed = evaluate(context, item, &scope(groups.first().unwrap_or(&empty)))?;
        columns.push(result_column(name.clone(), &typed));
    }
    let mut sorted = Vec::new();
    for group in &groups {
        let scope = scope(group);
        let row = items
            .iter()
            .map(|(_, item)| evaluate(context, item, &scope).map(|typed| typed.value))
            .collect::<Result<Vec<_>, _>>()?;
        sorted.push((sort_key(context, query, &items, &row, &scope)?, row));
    }
    sorted.sort_by(|(one, _), (other, _)| {
        one.iter()
            .zip(other)
            .map(|((kind, left, descending), (_, right, _))| {
                let ordering = order(kind, left, right);
                if *descending { ordering.reverse() } else { ordering }
            })
            .find(|ordering| ordering.is_ne())
            .unwrap_or(std::cmp::Ordering::Equal)
    });
    let (limit, offset) = bounds(context, query)?;
    let rows = sorted.into_iter().map(|(_, row)| row).skip(offset).take(limit).collect();
    Ok(Outcome::Rows { columns, rows })
}

fn scope_of<'a>(
    columns: &'a [ScopeColumn],
    group: &'a [&'a [Json]],
    nothing: &'a [Json],
    aggregates: bool,
) -> Scope<'a> {
    Scope { columns, row: group.first().copied().unwrap_or(nothing), group: aggregates.then_some(group) }
}

type SortKey = Vec<(Kind, Json, bool)>;

fn sort_key(
    context: &Context<'_>,
    query: &Query,
    items: &[(String, Expr)],
    row: &[Json],
    scope: &Scope<'_>,
) -> Result<SortKey, SqlError> {
    let Some(order_by) = &query.order_by else { return Ok(Vec::new()) };
    let OrderByKind::Expressions(expressions) = &order_by.kind else {
        return Err(SqlError::not_simulated("ORDER BY ALL"));
    };
    expressions
        .iter()
        .map(|key| {
            let descending = key.options.sort.as_ref().is_some_and(|sort| matches!(sort, OrderBySort::Desc));
            // A number means a column of the result, a name may be an alias.
            let place = match &key.expr {
                Expr::Value(value) => value.to_string().parse::<usize>().ok().and_then(|place| place.checked_sub(1)),
                Expr::Identifier(name) => {
                    let name = identifier(name)?;
                    items.iter().position(|(alias, _)| *alias == name)
                }
                _ => None,
            };
            let typed = match place.and_then(|place| items.get(place).zip(row.get(place))) {
                Some(((_, item), value)) => Typed { value: value.clone(), kind: evaluate(context, item, scope)?.kind },
                None => evaluate(context, &key.expr, scope)?,
            };
            Ok((typed.kind.unwrap_or(Kind::Text), typed.value, descending))
        })
        .collect()
}

fn bounds(context: &Context<'_>, query: &Query) -> Result<(usize, usize), SqlError> {
    let number = |expression: &Expr| {
        let typed = evaluate(context, expression, &Scope::NOTHING)?;
        let number = Kind::BigInt.coerce(&typed.value)?;
        if number.is_null() {
            return Ok(None);
        }
        number
            .as_u64()
            .and_then(|number| usize::try_from(number).ok())
            .map(Some)
            .ok_or_else(|| SqlError::new("2201W", "LIMIT must not be negative"))
    };
    match &query.limit_clause {
        Some(LimitClause::LimitOffset { limit, offset, .. }) => {
            let limit = limit.as_ref().map(number).transpose()?.flatten().unwrap_or(usize::MAX);
            let offset = offset.as_ref().map(|offset| number(&offset.value)).transpose()?.flatten().unwrap_or(0);
            Ok((limit, offset))
        }
        Some(LimitClause::OffsetCommaLimit { .. }) => Err(SqlError::syntax(",")),
        None => Ok((usize::MAX, 0)),
    }
}

fn has_aggregate(expression: &Expr) -> bool {
    match expression {
        Expr::Function(function) => is_aggregate(function),
        Expr::Nested(inner) | Expr::Cast { expr: inner, .. } => has_aggregate(inner),
        Expr::BinaryOp { left, right, .. } => has_aggregate(left) || has_aggregate(right),
        _ => false,
    }
}

fn projection(columns: &[ScopeColumn], select: &Select) -> Result<Vec<(String, Expr)>, SqlError> {
    let mut items = Vec::new();
    for item in &select.projection {
        match item {
            SelectItem::UnnamedExpr(expression) => items.push((name_of(expression)?, expression.clone())),
            SelectItem::ExprWithAlias { expr, alias } => items.push((identifier(alias)?, expr.clone())),
            SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..) => {
                if columns.is_empty() {
                    return Err(SqlError::new("42601", "SELECT * with no tables specified is not valid"));
                }
                for column in columns {
                    let ident = sqlparser::ast::Ident::with_quote('"', column.name.clone());
                    items.push((column.name.clone(), Expr::Identifier(ident)));
                }
            }
            other => return Err(SqlError::not_simulated(&format!("the column {other}"))),
        }
    }
    Ok(items)
}

fn name_of(expression: &Expr) -> Result<String, SqlError> {
    match expression {
        Expr::Identifier(name) => identifier(name),
        Expr::CompoundIdentifier(names) => names.last().map_or_else(|| Ok(String::new()), identifier),
        Expr::Function(function) => Ok(parts(&function.name)?.pop().unwrap_or_default()),
        Expr::Cast { expr, .. } => name_of(expr),
        _ => Ok("?column?".to_owned()),
    }
}

fn result_column(name: String, typed: &Typed) -> ResultColumn {
    ResultColumn { name, kind: typed.kind.clone().unwrap_or(Kind::Text) }
}

/// The numbers of the rows that a condition chooses.
pub(crate) fn filter(
    context: &Context<'_>,
    relation: &Relation,
    condition: Option<&Expr>,
) -> Result<Vec<usize>, SqlError> {
    let Some(condition) = condition else { return Ok((0..relation.rows.len()).collect()) };
    // An unknown column is an error also where there is no row.
    let nothing = vec![Json::Null; relation.columns.len()];
    as_truth(&evaluate(context, condition, &Scope { columns: &relation.columns, row: &nothing, group: None })?)?;
    let mut chosen = Vec::new();
    for (place, row) in relation.rows.iter().enumerate() {
        let scope = Scope { columns: &relation.columns, row, group: None };
        if as_truth(&evaluate(context, condition, &scope)?)? == Some(true) {
            chosen.push(place);
        }
    }
    Ok(chosen)
}

fn relation(
    database: &Database,
    path: &[String],
    context: &Context<'_>,
    from: &TableWithJoins,
) -> Result<Relation, SqlError> {
    if !from.joins.is_empty() {
        return Err(SqlError::not_simulated("JOIN"));
    }
    let TableFactor::Table { name, alias, args: None, .. } = &from.relation else {
        return Err(SqlError::not_simulated("a FROM that is not a table"));
    };
    let name = parts(name)?;
    let alias = alias.as_ref().map(|alias| identifier(&alias.name)).transpose()?;
    if let Some(relation) = catalogue(database, context, &name) {
        return Ok(relation);
    }
    let place = database.resolve(&name, path)?;
    let table = database.table(&place)?;
    let label = alias.unwrap_or_else(|| place.1.clone());
    Ok(Relation { columns: scope_columns(&label, &table.columns), rows: table.rows.clone() })
}

/// The columns of a table, as expressions may name them.
pub(crate) fn scope_columns(label: &str, columns: &[super::database::Column]) -> Vec<ScopeColumn> {
    columns
        .iter()
        .map(|column| ScopeColumn { table: label.to_owned(), name: column.name.clone(), kind: column.kind.clone() })
        .collect()
}

fn catalogue(database: &Database, context: &Context<'_>, name: &[String]) -> Option<Relation> {
    let names: Vec<&str> = name.iter().map(String::as_str).collect();
    let tables = || database.schemas.iter().flat_map(|(schema, held)| held.tables.iter().map(move |it| (schema, it)));
    let (columns, rows): (&[&str], Vec<Vec<Json>>) = match names.as_slice() {
        ["information_schema", "schemata"] => (
            &["catalog_name", "schema_name"],
            database.schemas.keys().map(|schema| vec![json!(context.database), json!(schema)]).collect(),
        ),
        ["information_schema", "tables"] => (
            &["table_catalog", "table_schema", "table_name", "table_type"],
            tables()
                .map(|(schema, (table, _))| {
                    vec![json!(context.database), json!(schema), json!(table), json!("BASE TABLE")]
                })
                .collect(),
        ),
        ["information_schema", "columns"] => (
            &["table_catalog", "table_schema", "table_name", "column_name", "data_type", "is_nullable"],
            tables()
                .flat_map(|(schema, (table, held))| {
                    held.columns.iter().map(move |column| {
                        vec![
                            json!(context.database),
                            json!(schema),
                            json!(table),
                            json!(column.name),
                            json!(column.kind.name()),
                            json!(if column.not_null { "NO" } else { "YES" }),
                        ]
                    })
                })
                .collect(),
        ),
        ["pg_extension"] | ["pg_catalog", "pg_extension"] => {
            (&["extname"], database.extensions.iter().map(|extension| vec![json!(extension)]).collect())
        }
        ["pg_tables"] | ["pg_catalog", "pg_tables"] => (
            &["schemaname", "tablename"],
            tables().map(|(schema, (table, _))| vec![json!(schema), json!(table)]).collect(),
        ),
        ["pg_indexes"] | ["pg_catalog", "pg_indexes"] => (
            &["schemaname", "tablename", "indexname"],
            database
                .schemas
                .iter()
                .flat_map(|(schema, held)| {
                    held.indexes.iter().map(move |(name, index)| vec![json!(schema), json!(index.table), json!(name)])
                })
                .collect(),
        ),
        _ => return None,
    };
    let label = name.last().cloned().unwrap_or_default();
    let columns = columns
        .iter()
        .map(|column| ScopeColumn { table: label.clone(), name: (*column).to_owned(), kind: Kind::Text })
        .collect();
    Some(Relation { columns, rows })
}
