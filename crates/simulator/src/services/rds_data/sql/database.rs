//! What a simulated database holds: schemas, tables, rows. Plain data, kept in the store as it is.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::error::SqlError;
use super::kind::Kind;

/// One database of a cluster.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Database {
    /// Grows with each committed change, so that a transaction sees that another one committed before it.
    pub(crate) version: u64,
    pub(crate) schemas: BTreeMap<String, Schema>,
    pub(crate) extensions: BTreeSet<String>,
}

/// One schema.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Schema {
    pub(crate) tables: BTreeMap<String, Table>,
    pub(crate) indexes: BTreeMap<String, Index>,
}

/// One table with its rows.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Table {
    pub(crate) columns: Vec<Column>,
    pub(crate) unique: Vec<Unique>,
    pub(crate) rows: Vec<Vec<Json>>,
}

/// One column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) not_null: bool,
    /// SQL of the default.
    pub(crate) default: Option<String>,
    pub(crate) counter: Option<Counter>,
}

/// An identity or serial column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Counter {
    /// `GENERATED ALWAYS`: no statement may give a value.
    pub(crate) always: bool,
    pub(crate) next: i64,
}

/// A primary key or another unique constraint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Unique {
    pub(crate) name: String,
    pub(crate) columns: Vec<String>,
    pub(crate) primary: bool,
}

/// An index: only its existence counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Index {
    pub(crate) table: String,
}

impl Default for Database {
    fn default() -> Self {
        Self {
            version: 0,
            schemas: BTreeMap::from([("public".to_owned(), Schema::default())]),
            extensions: BTreeSet::from(["plpgsql".to_owned()]),
        }
    }
}

impl Database {
    /// Where a name points to: given, or the first of the search path that has the table.
    pub(crate) fn resolve(&self, name: &[String], path: &[String]) -> Result<(String, String), SqlError> {
        let missing = |name: &str| SqlError::new("42P01", format!("relation \"{name}\" does not exist"));
        match name {
            [table] => path
                .iter()
                .find(|schema| self.schemas.get(*schema).is_some_and(|schema| schema.tables.contains_key(table)))
                .map(|schema| (schema.clone(), table.clone()))
                .ok_or_else(|| missing(table)),
            [.., schema, table] => {
                let there = self.schemas.get(schema).is_some_and(|schema| schema.tables.contains_key(table));
                if there { Ok((schema.clone(), table.clone())) } else { Err(missing(&format!("{schema}.{table}"))) }
            }
            [] => Err(missing("")),
        }
    }

    /// Where a new relation goes.
    pub(crate) fn place(&self, name: &[String], path: &[String]) -> Result<(String, String), SqlError> {
        let missing = |schema: &str| SqlError::new("3F000", format!("schema \"{schema}\" does not exist"));
        match name {
            [table] => path
                .iter()
                .find(|schema| self.schemas.contains_key(*schema))
                .map(|schema| (schema.clone(), table.clone()))
                .ok_or_else(|| SqlError::new("3F000", "no schema has been selected to create in")),
            [.., schema, table] if self.schemas.contains_key(schema) => Ok((schema.clone(), table.clone())),
            [.., schema, _] => Err(missing(schema)),
            [] => Err(missing("")),
        }
    }

    /// A table that `resolve` found.
    pub(crate) fn table(&self, place: &(String, String)) -> Result<&Table, SqlError> {
        self.schemas
            .get(&place.0)
            .and_then(|schema| schema.tables.get(&place.1))
            .ok_or_else(|| SqlError::new("42P01", format!("relation \"{}\" does not exist", place.1)))
    }

    /// The same, to change it.
    pub(crate) fn table_mut(&mut self, place: &(String, String)) -> Result<&mut Table, SqlError> {
        self.schemas
            .get_mut(&place.0)
            .and_then(|schema| schema.tables.get_mut(&place.1))
            .ok_or_else(|| SqlError::new("42P01", format!("relation \"{}\" does not exist", place.1)))
    }

    pub(crate) fn has_vector(&self) -> bool {
        self.extensions.contains("vector")
    }
}

impl Table {
    pub(crate) fn position(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|candidate| candidate.name == column)
    }

    /// The constraint that a new row breaks, with the row that holds its key, leaving out the row at `except`.
    pub(crate) fn clash(&self, row: &[Json], except: Option<usize>) -> Option<(&Unique, usize)> {
        self.unique.iter().find_map(|unique| {
            let places: Vec<usize> = unique.columns.iter().filter_map(|name| self.position(name)).collect();
            let key: Vec<&Json> = places.iter().filter_map(|place| row.get(*place)).collect();
            if key.iter().any(|value| value.is_null()) {
                return None;
            }
            self.rows
                .iter()
                .enumerate()
                .filter(|(number, _)| Some(*number) != except)
                .find(|(_, other)| places.iter().filter_map(|place| other.get(*place)).eq(key.iter().copied()))
                .map(|(number, _)| (unique, number))
        })
    }

    /// Refuses a row that breaks a NOT NULL.
    pub(crate) fn check_nulls(&self, name: &str, row: &[Json]) -> Result<(), SqlError> {
        for (column, value) in self.columns.iter().zip(row) {
            if column.not_null && value.is_null() {
                return Err(SqlError::new(
                    "23502",
                    format!(
                        "null value in column \"{}\" of relation \"{name}\" violates not-null constraint",
                        column.name
                    ),
                ));
            }
        }
        Ok(())
    }
}

/// The refusal of a second row with the same key.
pub(crate) fn duplicate(unique: &Unique) -> SqlError {
    SqlError::new("23505", format!("duplicate key value violates unique constraint \"{}\"", unique.name))
}
