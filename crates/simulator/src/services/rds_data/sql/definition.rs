//! CREATE, ALTER, DROP, TRUNCATE: all of them transactional, as in PostgreSQL.

use serde_json::Value as Json;
use sqlparser::ast::{
    AlterTable, AlterTableOperation, ColumnDef, ColumnOption, CreateExtension, CreateIndex, CreateTable, DropExtension,
    Expr, GeneratedAs, IndexColumn, ObjectName, ObjectType, ReferentialAction, SchemaName, TableConstraint, Truncate,
};

use super::database::{Column, Counter, Database, Index, Schema, Table, Unique, duplicate};
use super::error::SqlError;
use super::expression::{Context, Scope, evaluate};
use super::kind::declared;
use super::parse::{identifier, parts, single};

/// The extensions that Aurora PostgreSQL 15 offers and that retrieval systems ask for
/// (<https://docs.aws.amazon.com/AmazonRDS/latest/AuroraPostgreSQLReleaseNotes/AuroraPostgreSQL.Extensions.html>).
const EXTENSIONS: &[&str] = &[
    "aws_commons",
    "aws_lambda",
    "aws_ml",
    "aws_s3",
    "btree_gin",
    "btree_gist",
    "citext",
    "fuzzystrmatch",
    "hstore",
    "ltree",
    "pg_cron",
    "pg_stat_statements",
    "pg_trgm",
    "pgcrypto",
    "plpgsql",
    "postgis",
    "postgres_fdw",
    "tablefunc",
    "unaccent",
    "uuid-ossp",
    "vector",
];

pub(crate) fn create_schema(database: &mut Database, name: &SchemaName, if_not_exists: bool) -> Result<(), SqlError> {
    let name = match name {
        SchemaName::Simple(name) | SchemaName::NamedAuthorization(name, _) => single(name)?,
        SchemaName::UnnamedAuthorization(owner) => identifier(owner)?,
    };
    if name.starts_with("pg_") {
        return Err(SqlError::new("42939", format!("unacceptable schema name \"{name}\"")));
    }
    if database.schemas.contains_key(&name) {
        return if if_not_exists {
            Ok(())
        } else {
            Err(SqlError::new("42P06", format!("schema \"{name}\" already exists")))
        };
    }
    database.schemas.insert(name, Schema::default());
    Ok(())
}

pub(crate) fn create_extension(database: &mut Database, statement: &CreateExtension) -> Result<(), SqlError> {
    let name = identifier(&statement.name)?;
    if !EXTENSIONS.contains(&name.as_str()) {
        return Err(SqlError::new("0A000", format!("extension \"{name}\" is not available")));
    }
    if !database.extensions.insert(name.clone()) && !statement.if_not_exists {
        return Err(SqlError::new("42710", format!("extension \"{name}\" already exists")));
    }
    Ok(())
}

pub(crate) fn drop_extension(database: &mut Database, statement: &DropExtension) -> Result<(), SqlError> {
    for name in &statement.names {
        let name = identifier(name)?;
        let used =
            name == "vector"
                && database.schemas.values().flat_map(|schema| schema.tables.values()).any(|table| {
                    table.columns.iter().any(|column| matches!(column.kind, super::kind::Kind::Vector(_)))
                });
        if used {
            if statement.cascade_or_restrict == Some(ReferentialAction::Cascade) {
                return Err(SqlError::not_simulated("DROP EXTENSION … CASCADE of a type in use"));
            }
            return Err(SqlError::new(
                "2BP01",
                format!("cannot drop extension {name} because other objects depend on it"),
            ));
        }
        if !database.extensions.remove(&name) && !statement.if_exists {
            return Err(SqlError::new("42704", format!("extension \"{name}\" does not exist")));
        }
    }
    Ok(())
}

pub(crate) fn create_table(
    database: &mut Database,
    path: &[String],
    context: &Context<'_>,
    statement: &CreateTable,
) -> Result<(), SqlError> {
    if statement.query.is_some() || statement.like.is_some() || statement.inherits.is_some() || statement.temporary {
        return Err(SqlError::not_simulated("CREATE TABLE from another table, or a temporary one"));
    }
    let place = database.place(&parts(&statement.name)?, path)?;
    if exists(database, &place) {
        return if statement.if_not_exists { Ok(()) } else { Err(already(&place.1)) };
    }
    let mut table = Table::default();
    for definition in &statement.columns {
        add_column(&mut table, &place.1, context, definition)?;
    }
    for constraint in &statement.constraints {
        add_constraint(&mut table, &place.1, constraint)?;
    }
    if let Some(schema) = database.schemas.get_mut(&place.0) {
        schema.tables.insert(place.1, table);
    }
    Ok(())
}

fn already(name: &str) -> SqlError {
    SqlError::new("42P07", format!("relation \"{name}\" already exists"))
}

/// Tables and indexes of a schema share their names.
fn exists(database: &Database, place: &(String, String)) -> bool {
    database
        .schemas
        .get(&place.0)
        .is_some_and(|schema| schema.tables.contains_key(&place.1) || schema.indexes.contains_key(&place.1))
}

fn add_column(
    table: &mut Table,
    table_name: &str,
    context: &Context<'_>,
    definition: &ColumnDef,
) -> Result<(), SqlError> {
    let name = identifier(&definition.name)?;
    if table.position(&name).is_some() {
        return Err(SqlError::new("42701", format!("column \"{name}\" specified more than once")));
    }
    let (kind, serial) = declared(&definition.data_type, context.has_vector)?;
    let mut column = Column {
        name: name.clone(),
        kind,
        not_null: serial,
        default: None,
        counter: serial.then_some(Counter { always: false, next: 1 }),
    };
    let mut keys = Vec::new();
    for option in &definition.options {
        match &option.option {
            ColumnOption::Null => {}
            ColumnOption::NotNull => column.not_null = true,
            ColumnOption::Default(value) => {
                let typed = evaluate(context, value, &Scope::NOTHING)?;
                column.kind.coerce(&typed.value)?;
                column.default = Some(value.to_string());
            }
            ColumnOption::PrimaryKey(_) => {
                column.not_null = true;
                keys.push(true);
            }
            ColumnOption::Unique(_) => keys.push(false),
            ColumnOption::Generated { generated_as, generation_expr: None, .. } => {
                if !column.kind.is_whole_number() {
                    return Err(SqlError::new("22023", "identity column type must be smallint, integer, or bigint"));
                }
                column.not_null = true;
                column.counter = Some(Counter { always: matches!(generated_as, GeneratedAs::Always), next: 1 });
            }
            ColumnOption::ForeignKey(_) => return Err(SqlError::not_simulated("foreign keys")),
            other => return Err(SqlError::not_simulated(&format!("the column option {other}"))),
        }
    }
    table.columns.push(column);
    for primary in keys {
        add_unique(table, table_name, None, vec![name.clone()], primary)?;
    }
    Ok(())
}

fn columns_of(columns: &[IndexColumn]) -> Result<Vec<String>, SqlError> {
    columns
        .iter()
        .map(|column| match &column.column.expr {
            Expr::Identifier(name) => identifier(name),
            other => Err(SqlError::not_simulated(&format!("a key on {other}"))),
        })
        .collect()
}

fn add_constraint(table: &mut Table, table_name: &str, constraint: &TableConstraint) -> Result<(), SqlError> {
    let (name, columns, primary) = match constraint {
        TableConstraint::PrimaryKey(key) => (&key.name, &key.columns, true),
        TableConstraint::Unique(key) => (&key.name, &key.columns, false),
        other => return Err(SqlError::not_simulated(&format!("the constraint {other}"))),
    };
    let name = name.as_ref().map(identifier).transpose()?;
    add_unique(table, table_name, name, columns_of(columns)?, primary)
}

fn add_unique(
    table: &mut Table,
    table_name: &str,
    name: Option<String>,
    columns: Vec<String>,
    primary: bool,
) -> Result<(), SqlError> {
    if primary && table.unique.iter().any(|unique| unique.primary) {
        return Err(SqlError::new(
            "42P16",
            format!("multiple primary keys for table \"{table_name}\" are not allowed"),
        ));
    }
    for column in &columns {
        let Some(found) = table.columns.iter_mut().find(|found| found.name == *column) else {
            return Err(SqlError::new("42703", format!("column \"{column}\" named in key does not exist")));
        };
        found.not_null |= primary;
    }
    let name = name.unwrap_or_else(|| match primary {
        true => format!("{table_name}_pkey"),
        false => format!("{table_name}_{}_key", columns.join("_")),
    });
    table.unique.push(Unique { name, columns, primary });
    let clash = table.rows.iter().enumerate().find_map(|(number, row)| table.clash(row, Some(number)));
    match clash {
        Some((unique, _)) => Err(duplicate(unique)),
        None => table.rows.iter().try_for_each(|row| table.check_nulls(table_name, row)),
    }
}

pub(crate) fn create_index(database: &mut Database, path: &[String], statement: &CreateIndex) -> Result<(), SqlError> {
    let place = database.resolve(&parts(&statement.table_name)?, path)?;
    let table = database.table(&place)?;
    let mut words = vec![place.1.clone()];
    for column in &statement.columns {
        match &column.column.expr {
            Expr::Identifier(name) => {
                let name = identifier(name)?;
                if table.position(&name).is_none() {
                    return Err(SqlError::new("42703", format!("column \"{name}\" does not exist")));
                }
                words.push(name);
            }
            Expr::Function(function) => words.push(parts(&function.name)?.pop().unwrap_or_default()),
            _ => words.push("expr".to_owned()),
        }
    }
    let method = statement.using.as_ref().map(|method| method.to_string().to_lowercase());
    let known = match method.as_deref() {
        None | Some("btree" | "hash" | "gin" | "gist" | "brin" | "spgist") => true,
        Some("hnsw" | "ivfflat") => database.has_vector(),
        Some(_) => false,
    };
    if !known {
        let method = method.unwrap_or_default();
        return Err(SqlError::new("42704", format!("access method \"{method}\" does not exist")));
    }
    let name = match &statement.name {
        Some(name) => single(name)?,
        None => {
            let stem = format!("{}_idx", words.join("_"));
            let free = |name: &String| !exists(database, &(place.0.clone(), name.clone()));
            (0..)
                .map(|number| if number == 0 { stem.clone() } else { format!("{stem}{number}") })
                .find(free)
                .unwrap_or(stem)
        }
    };
    if exists(database, &(place.0.clone(), name.clone())) {
        return if statement.if_not_exists { Ok(()) } else { Err(already(&name)) };
    }
    if statement.unique {
        let columns = columns_of(&statement.columns)?;
        let table = database.table_mut(&place)?;
        add_unique(table, &place.1, Some(name.clone()), columns, false)?;
    }
    if let Some(schema) = database.schemas.get_mut(&place.0) {
        schema.indexes.insert(name, Index { table: place.1 });
    }
    Ok(())
}

pub(crate) fn alter_table(
    database: &mut Database,
    path: &[String],
    context: &Context<'_>,
    statement: &AlterTable,
) -> Result<(), SqlError> {
    let place = match database.resolve(&parts(&statement.name)?, path) {
        Err(_) if statement.if_exists => return Ok(()),
        place => place?,
    };
    for operation in &statement.operations {
        let table = database.table_mut(&place)?;
        match operation {
            AlterTableOperation::AddColumn { if_not_exists, column_def, .. } => {
                let name = identifier(&column_def.name)?;
                if table.position(&name).is_some() {
                    if *if_not_exists {
                        continue;
                    }
                    return Err(SqlError::new(
                        "42701",
                        format!("column \"{name}\" of relation \"{}\" already exists", place.1),
                    ));
                }
                // The new column gets its value in the rows first, so that a key over it sees them.
                let mut probe = Table::default();
                add_column(&mut probe, &place.1, context, column_def)?;
                for number in 0..table.rows.len() {
                    let value = match probe.columns.first_mut() {
                        Some(column) => super::manipulation::default_value(context, column)?,
                        None => Json::Null,
                    };
                    if let Some(row) = table.rows.get_mut(number) {
                        row.push(value);
                    }
                }
                table.columns.append(&mut probe.columns);
                for unique in probe.unique {
                    add_unique(table, &place.1, Some(unique.name), unique.columns, unique.primary)?;
                }
                let table = database.table(&place)?;
                table.rows.iter().try_for_each(|row| table.check_nulls(&place.1, row))?;
            }
            AlterTableOperation::DropColumn { column_names, if_exists, .. } => {
                for name in column_names {
                    let name = identifier(name)?;
                    match table.position(&name) {
                        Some(at) => {
                            table.columns.remove(at);
                            table.rows.iter_mut().for_each(|row| {
                                row.remove(at);
                            });
                            table.unique.retain(|unique| !unique.columns.contains(&name));
                        }
                        None if *if_exists => {}
                        None => {
                            return Err(SqlError::new(
                                "42703",
                                format!("column \"{name}\" of relation \"{}\" does not exist", place.1),
                            ));
                        }
                    }
                }
            }
            AlterTableOperation::AddConstraint { constraint, .. } => add_constraint(table, &place.1, constraint)?,
            other => return Err(SqlError::not_simulated(&format!("ALTER TABLE … {other}"))),
        }
    }
    Ok(())
}

pub(crate) fn drop(
    database: &mut Database,
    path: &[String],
    object_type: &ObjectType,
    names: &[ObjectName],
    if_exists: bool,
    cascade: bool,
) -> Result<(), SqlError> {
    for name in names {
        let dropped = match object_type {
            ObjectType::Schema => drop_schema(database, &single(name)?, cascade),
            ObjectType::Table => {
                database.resolve(&parts(name)?, path).map_err(|_| missing("table", name)).map(|place| {
                    if let Some(schema) = database.schemas.get_mut(&place.0) {
                        schema.tables.remove(&place.1);
                        schema.indexes.retain(|_, index| index.table != place.1);
                    }
                })
            }
            ObjectType::Index => drop_index(database, path, name),
            other => return Err(SqlError::not_simulated(&format!("DROP {other}"))),
        };
        match dropped {
            Err(error) if if_exists && matches!(error.state, "42P01" | "3F000" | "42704") => {}
            other => other?,
        }
    }
    Ok(())
}

fn missing(what: &str, name: &ObjectName) -> SqlError {
    let name = parts(name).unwrap_or_default().join(".");
    SqlError::new(if what == "index" { "42704" } else { "42P01" }, format!("{what} \"{name}\" does not exist"))
}

fn drop_schema(database: &mut Database, name: &str, cascade: bool) -> Result<(), SqlError> {
    match database.schemas.get(name) {
        None => Err(SqlError::new("3F000", format!("schema \"{name}\" does not exist"))),
        Some(schema) if !schema.tables.is_empty() && !cascade => Err(SqlError::new(
            "2BP01",
            format!(
                "cannot drop schema {name} because other objects depend on it; Hint: Use DROP ... CASCADE to drop the dependent objects too."
            ),
        )),
        Some(_) => {
            database.schemas.remove(name);
            Ok(())
        }
    }
}

fn drop_index(database: &mut Database, path: &[String], name: &ObjectName) -> Result<(), SqlError> {
    let words = parts(name)?;
    let (schemas, index) = match words.as_slice() {
        [.., schema, index] => (vec![schema.clone()], index),
        [index] => (path.to_vec(), index),
        [] => return Err(missing("index", name)),
    };
    for schema in schemas {
        let Some(schema) = database.schemas.get_mut(&schema) else { continue };
        if schema.indexes.remove(index).is_some() {
            schema.tables.values_mut().for_each(|table| table.unique.retain(|unique| unique.name != *index));
            return Ok(());
        }
    }
    Err(missing("index", name))
}

pub(crate) fn truncate(database: &mut Database, path: &[String], statement: &Truncate) -> Result<(), SqlError> {
    for target in &statement.table_names {
        let place = database.resolve(&parts(&target.name)?, path)?;
        database.table_mut(&place)?.rows.clear();
    }
    Ok(())
}
