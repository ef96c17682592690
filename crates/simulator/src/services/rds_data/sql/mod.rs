//! A small, honest PostgreSQL: what it runs, it runs as PostgreSQL would; what it does not run, it says so.
//!
//! Pure: no store, no clock, no randomness but what the caller hands in. Imports `sqlparser`.

pub(crate) mod database;
mod definition;
mod error;
mod expression;
mod kind;
mod manipulation;
mod parse;
mod query;
#[cfg(test)]
mod tests;

use serde_json::Value as Json;
use sqlparser::ast::{Statement, TransactionMode};

pub(crate) use database::Database;
pub(crate) use error::SqlError;
pub(crate) use expression::{Context, Typed};
pub(crate) use kind::{Kind, text_of};
pub(crate) use parse::{ParseError, parse, single};

/// A column of an answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ResultColumn {
    pub(crate) name: String,
    pub(crate) kind: Kind,
}

/// What a statement did.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Outcome {
    /// It answers with rows.
    Rows { columns: Vec<ResultColumn>, rows: Vec<Vec<Json>> },
    /// It changed so many rows.
    Changed(usize),
}

/// Runs one statement. On an error the database is as it was before.
pub(crate) fn execute(
    database: &mut Database,
    path: &[String],
    context: &Context<'_>,
    statement: &Statement,
) -> Result<Outcome, SqlError> {
    if let Statement::Query(query) = statement {
        return query::run(database, path, context, query);
    }
    let mut changed = database.clone();
    let outcome = change(&mut changed, path, context, statement)?;
    if changed != *database {
        changed.version += 1;
        *database = changed;
    }
    Ok(outcome)
}

fn change(
    database: &mut Database,
    path: &[String],
    context: &Context<'_>,
    statement: &Statement,
) -> Result<Outcome, SqlError> {
    let done = |()| Outcome::Changed(0);
    match statement {
        Statement::CreateSchema { schema_name, if_not_exists, .. } => {
            definition::create_schema(database, schema_name, *if_not_exists).map(done)
        }
        Statement::CreateExtension(extension) => definition::create_extension(database, extension).map(done),
        Statement::DropExtension(extension) => definition::drop_extension(database, extension).map(done),
        Statement::CreateTable(table) => definition::create_table(database, path, context, table).map(done),
        Statement::CreateIndex(index) => definition::create_index(database, path, index).map(done),
        Statement::AlterTable(table) => definition::alter_table(database, path, context, table).map(done),
        Statement::Drop { object_type, names, if_exists, cascade, .. } => {
            definition::drop(database, path, object_type, names, *if_exists, *cascade).map(done)
        }
        Statement::Truncate(statement) => definition::truncate(database, path, statement).map(done),
        Statement::Insert(insert) => manipulation::insert(database, path, context, insert),
        Statement::Update(update) => manipulation::update(database, path, context, update),
        Statement::Delete(delete) => manipulation::delete(database, path, context, delete),
        Statement::Analyze(_) => Ok(Outcome::Changed(0)),
        Statement::StartTransaction { modes, .. } => Err(refused_transaction(modes)),
        Statement::Commit { .. } | Statement::Rollback { .. } => Err(refused_transaction(&[])),
        other => {
            let words: Vec<String> = other.to_string().split_whitespace().take(2).map(str::to_owned).collect();
            Err(SqlError::not_simulated(&words.join(" ")))
        }
    }
}

fn refused_transaction(_: &[TransactionMode]) -> SqlError {
    SqlError::new("25001", "transactions are begun and ended by BeginTransaction and CommitTransaction, not by SQL")
}
