//! INSERT, UPDATE, DELETE.

use serde_json::Value as Json;
use sqlparser::ast::{
    Assignment, AssignmentTarget, ConflictTarget, Delete, Expr, FromTable, Insert, OnConflict, OnConflictAction,
    OnInsert, Query, SelectItem, SetExpr, TableFactor, TableObject, TableWithJoins, Update,
};

use super::database::{Column, Database, Table, duplicate};
use super::error::SqlError;
use super::expression::{Context, Scope, ScopeColumn, Typed, as_truth, evaluate};
use super::kind::Kind;
use super::parse::{identifier, parse, parts, single};
use super::query::{self, Relation, filter, scope_columns};
use super::{Outcome, ResultColumn};

/// The value of a column that a statement does not name.
pub(crate) fn default_value(context: &Context<'_>, column: &mut Column) -> Result<Json, SqlError> {
    if let Some(counter) = &mut column.counter {
        let value = counter.next;
        counter.next += 1;
        return column.kind.coerce(&Json::from(value));
    }
    let Some(default) = &column.default else { return Ok(Json::Null) };
    let broken = || SqlError::new("XX000", "a default of the simulated table cannot be read");
    let statement = parse(&format!("VALUES ({default})")).map_err(|_| broken())?;
    let sqlparser::ast::Statement::Query(query) = statement else { return Err(broken()) };
    let SetExpr::Values(values) = *query.body else { return Err(broken()) };
    let expression = values.rows.first().and_then(|row| row.content.first()).ok_or_else(broken)?;
    column.kind.coerce(&evaluate(context, expression, &Scope::NOTHING)?.value)
}

/// A value as the column takes it; PostgreSQL casts some types by itself and refuses the others.
fn assigned(column: &Column, typed: &Typed) -> Result<Json, SqlError> {
    match &typed.kind {
        Some(kind) if !kind.assignable_to(&column.kind) => Err(SqlError::new(
            "42804",
            format!(
                "column \"{}\" is of type {} but expression is of type {}; Hint: You will need to rewrite or cast the \
                 expression.",
                column.name,
                column.kind.name(),
                kind.name()
            ),
        )),
        _ => column.kind.coerce(&typed.value),
    }
}

fn target(database: &Database, path: &[String], from: &TableWithJoins) -> Result<((String, String), String), SqlError> {
    let TableFactor::Table { name, alias, args: None, .. } = &from.relation else {
        return Err(SqlError::not_simulated("a target that is not a table"));
    };
    if !from.joins.is_empty() {
        return Err(SqlError::not_simulated("JOIN"));
    }
    let place = database.resolve(&parts(name)?, path)?;
    let label = match alias {
        Some(alias) => identifier(&alias.name)?,
        None => place.1.clone(),
    };
    Ok((place, label))
}

/// Rows that RETURNING answers with, or their count.
fn outcome(
    context: &Context<'_>,
    columns: &[ScopeColumn],
    returning: Option<&[SelectItem]>,
    rows: &[Vec<Json>],
) -> Result<Outcome, SqlError> {
    let Some(items) = returning else { return Ok(Outcome::Changed(rows.len())) };
    let mut expressions: Vec<(String, Expr)> = Vec::new();
    for item in items {
        match item {
            SelectItem::Wildcard(_) => expressions.extend(columns.iter().map(|column| {
                let ident = sqlparser::ast::Ident::with_quote('"', column.name.clone());
                (column.name.clone(), Expr::Identifier(ident))
            })),
            SelectItem::UnnamedExpr(expression) => expressions.push((expression.to_string(), expression.clone())),
            SelectItem::ExprWithAlias { expr, alias } => expressions.push((identifier(alias)?, expr.clone())),
            other => return Err(SqlError::not_simulated(&format!("RETURNING {other}"))),
        }
    }
    let nothing = vec![Json::Null; columns.len()];
    let evaluate_row = |row: &[Json]| {
        let scope = Scope { columns, row, group: None };
        expressions.iter().map(|(_, item)| evaluate(context, item, &scope)).collect::<Result<Vec<Typed>, SqlError>>()
    };
    let described = evaluate_row(&nothing)?
        .into_iter()
        .zip(&expressions)
        .map(|(typed, (name, _))| ResultColumn { name: name.clone(), kind: typed.kind.unwrap_or(Kind::Text) })
        .collect();
    let rows = rows
        .iter()
        .map(|row| Ok(evaluate_row(row)?.into_iter().map(|typed| typed.value).collect()))
        .collect::<Result<Vec<Vec<Json>>, SqlError>>()?;
    Ok(Outcome::Rows { columns: described, rows })
}

pub(crate) fn insert(
    database: &mut Database,
    path: &[String],
    context: &Context<'_>,
    statement: &Insert,
) -> Result<Outcome, SqlError> {
    let TableObject::TableName(name) = &statement.table else {
        return Err(SqlError::not_simulated("INSERT into something that is not a table"));
    };
    let place = database.resolve(&parts(name)?, path)?;
    let table = database.table(&place)?;
    let named = statement.columns.iter().map(single).collect::<Result<Vec<_>, _>>()?;
    let places = if named.is_empty() {
        (0..table.columns.len()).collect()
    } else {
        named.iter().map(|column| known(table, &place.1, column)).collect::<Result<Vec<_>, _>>()?
    };
    let given: Vec<Vec<Option<Typed>>> = match &statement.source {
        Some(source) => sources(database, path, context, source)?,
        None => vec![vec![None; table.columns.len()]],
    };
    let columns = scope_columns(&place.1, &table.columns);
    let conflict = match &statement.on {
        None => None,
        Some(OnInsert::OnConflict(conflict)) => Some(conflict),
        Some(_) => return Err(SqlError::syntax("ON")),
    };
    let arbiter = conflict.map(|conflict| arbiter(table, conflict)).transpose()?.flatten();
    let mut written = Vec::new();
    for given in given {
        if given.len() > places.len() {
            return Err(SqlError::new("42601", "INSERT has more expressions than target columns"));
        }
        if given.len() < places.len() && !named.is_empty() {
            return Err(SqlError::new("42601", "INSERT has more target columns than expressions"));
        }
        let table = database.table_mut(&place)?;
        let mut given: Vec<(usize, Option<Typed>)> = places.iter().copied().zip(given).collect();
        let mut row = Vec::with_capacity(table.columns.len());
        for (number, column) in table.columns.iter_mut().enumerate() {
            let value = given.iter_mut().find(|(place, _)| *place == number).and_then(|(_, typed)| typed.take());
            row.push(match value {
                Some(_) if column.counter.as_ref().is_some_and(|counter| counter.always) => {
                    return Err(SqlError::new(
                        "428C9",
                        format!(
                            "cannot insert a non-DEFAULT value into column \"{0}\"; Detail: Column \"{0}\" is an identity \
                             column defined as GENERATED ALWAYS.",
                            column.name
                        ),
                    ));
                }
                Some(typed) => assigned(column, &typed)?,
                None => default_value(context, column)?,
            });
        }
        table.check_nulls(&place.1, &row)?;
        let clash = table.clash(&row, None).map(|(unique, number)| (unique.clone(), number));
        match (clash, conflict) {
            (None, _) => {
                table.rows.push(row.clone());
                written.push(row);
            }
            (Some((unique, number)), Some(conflict))
                if arbiter.as_ref().is_none_or(|arbiter| *arbiter == unique.name) =>
            {
                if let Some(row) = on_conflict(table, &place.1, context, &columns, conflict, row, number)? {
                    written.push(row);
                }
            }
            (Some((unique, _)), _) => return Err(duplicate(&unique)),
        }
    }
    outcome(context, &columns, statement.returning.as_deref(), &written)
}

fn known(table: &Table, table_name: &str, column: &str) -> Result<usize, SqlError> {
    table.position(column).ok_or_else(|| {
        SqlError::new("42703", format!("column \"{column}\" of relation \"{table_name}\" does not exist"))
    })
}

/// The values to insert; none stands for DEFAULT.
fn sources(
    database: &Database,
    path: &[String],
    context: &Context<'_>,
    source: &Query,
) -> Result<Vec<Vec<Option<Typed>>>, SqlError> {
    if let SetExpr::Values(values) = source.body.as_ref() {
        let value = |expression: &Expr| match expression {
            Expr::Identifier(name) if name.quote_style.is_none() && name.value.eq_ignore_ascii_case("default") => {
                Ok(None)
            }
            other => evaluate(context, other, &Scope::NOTHING).map(Some),
        };
        return values.rows.iter().map(|row| row.content.iter().map(value).collect()).collect();
    }
    match query::run(database, path, context, source)? {
        Outcome::Rows { columns, rows } => Ok(rows
            .into_iter()
            .map(|row| {
                row.into_iter()
                    .zip(&columns)
                    .map(|(value, column)| Some(Typed::of(column.kind.clone(), value)))
                    .collect()
            })
            .collect()),
        Outcome::Changed(_) => Ok(Vec::new()),
    }
}

/// The constraint that ON CONFLICT names; none where it names nothing.
fn arbiter(table: &Table, conflict: &OnConflict) -> Result<Option<String>, SqlError> {
    let found = match &conflict.conflict_target {
        None => {
            return match conflict.action {
                OnConflictAction::DoNothing => Ok(None),
                OnConflictAction::DoUpdate(_) => Err(SqlError::new(
                    "42601",
                    "ON CONFLICT DO UPDATE requires inference specification or constraint name",
                )),
            };
        }
        Some(ConflictTarget::Columns(columns)) => {
            let mut wanted = columns.iter().map(identifier).collect::<Result<Vec<_>, _>>()?;
            wanted.sort();
            table.unique.iter().find(|unique| {
                let mut held = unique.columns.clone();
                held.sort();
                held == wanted
            })
        }
        Some(ConflictTarget::OnConstraint(name)) => {
            let name = single(name)?;
            table.unique.iter().find(|unique| unique.name == name)
        }
    };
    found.map(|unique| Some(unique.name.clone())).ok_or_else(|| {
        SqlError::new("42P10", "there is no unique or exclusion constraint matching the ON CONFLICT specification")
    })
}

fn on_conflict(
    table: &mut Table,
    table_name: &str,
    context: &Context<'_>,
    columns: &[ScopeColumn],
    conflict: &OnConflict,
    row: Vec<Json>,
    number: usize,
) -> Result<Option<Vec<Json>>, SqlError> {
    let OnConflictAction::DoUpdate(update) = &conflict.action else { return Ok(None) };
    let mut scope_columns = columns.to_vec();
    scope_columns.extend(columns.iter().map(|column| ScopeColumn { table: "excluded".to_owned(), ..column.clone() }));
    let mut both = table.rows.get(number).cloned().unwrap_or_default();
    both.extend(row);
    let scope = Scope { columns: &scope_columns, row: &both, group: None };
    if let Some(condition) = &update.selection
        && as_truth(&evaluate(context, condition, &scope)?)? != Some(true)
    {
        return Ok(None);
    }
    let changed = changed(table, table_name, context, &update.assignments, &scope, number)?;
    if let Some((unique, _)) = table.clash(&changed, Some(number)) {
        return Err(duplicate(unique));
    }
    if let Some(held) = table.rows.get_mut(number) {
        held.clone_from(&changed);
    }
    Ok(Some(changed))
}

fn changed(
    table: &mut Table,
    table_name: &str,
    context: &Context<'_>,
    assignments: &[Assignment],
    scope: &Scope<'_>,
    number: usize,
) -> Result<Vec<Json>, SqlError> {
    let mut row = table.rows.get(number).cloned().unwrap_or_default();
    for assignment in assignments {
        let AssignmentTarget::ColumnName(name) = &assignment.target else {
            return Err(SqlError::not_simulated("SET of several columns at once"));
        };
        let place = known(table, table_name, &single(name)?)?;
        let Some(column) = table.columns.get_mut(place) else { continue };
        let value = match &assignment.value {
            Expr::Identifier(name) if name.quote_style.is_none() && name.value.eq_ignore_ascii_case("default") => {
                default_value(context, column)?
            }
            _ if column.counter.as_ref().is_some_and(|counter| counter.always) => {
                return Err(SqlError::new(
                    "428C9",
                    format!("column \"{}\" can only be updated to DEFAULT", column.name),
                ));
            }
            expression => assigned(column, &evaluate(context, expression, scope)?)?,
        };
        if let Some(held) = row.get_mut(place) {
            *held = value;
        }
    }
    table.check_nulls(table_name, &row)?;
    Ok(row)
}

pub(crate) fn update(
    database: &mut Database,
    path: &[String],
    context: &Context<'_>,
    statement: &Update,
) -> Result<Outcome, SqlError> {
    if statement.from.is_some() {
        return Err(SqlError::not_simulated("UPDATE … FROM"));
    }
    let (place, label) = target(database, path, &statement.table)?;
    let table = database.table_mut(&place)?;
    let relation = Relation { columns: scope_columns(&label, &table.columns), rows: table.rows.clone() };
    let mut written = Vec::new();
    let chosen = filter(context, &relation, statement.selection.as_ref())?;
    for number in &chosen {
        let Some(before) = relation.rows.get(*number) else { continue };
        let scope = Scope { columns: &relation.columns, row: before, group: None };
        let row = changed(table, &place.1, context, &statement.assignments, &scope, *number)?;
        if let Some(held) = table.rows.get_mut(*number) {
            held.clone_from(&row);
        }
        written.push(row);
    }
    for number in chosen {
        let clash = table.rows.get(number).and_then(|row| table.clash(row, Some(number)));
        if let Some((unique, _)) = clash {
            return Err(duplicate(unique));
        }
    }
    outcome(context, &relation.columns, statement.returning.as_deref(), &written)
}

pub(crate) fn delete(
    database: &mut Database,
    path: &[String],
    context: &Context<'_>,
    statement: &Delete,
) -> Result<Outcome, SqlError> {
    let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = &statement.from;
    let [from] = from.as_slice() else { return Err(SqlError::not_simulated("DELETE from several tables")) };
    if statement.using.is_some() {
        return Err(SqlError::not_simulated("DELETE … USING"));
    }
    let (place, label) = target(database, path, from)?;
    let table = database.table_mut(&place)?;
    let relation = Relation { columns: scope_columns(&label, &table.columns), rows: table.rows.clone() };
    let chosen: std::collections::BTreeSet<usize> =
        filter(context, &relation, statement.selection.as_ref())?.into_iter().collect();
    let (mut gone, mut left) = (Vec::new(), Vec::new());
    for (number, row) in relation.rows.into_iter().enumerate() {
        if chosen.contains(&number) { gone.push(row) } else { left.push(row) }
    }
    table.rows = left;
    outcome(context, &relation.columns, statement.returning.as_deref(), &gone)
}
