//! Running statements, within a transaction and without.

use super::connection::{bad_request, connect, create, database_name, load, save};
use super::fields::{answer, parameters};
use super::records::{Step, Transaction};
use super::sql::{Context, Database, Outcome, ParseError, SqlError, Typed, execute, parse};
use crate::random::Random;
use crate::service::{Call, ServiceError};
use crate::services::rds::records::Cluster;
use crate::services::shared::Answer;
use serde_json::{Value, json};
use sqlparser::ast::{ObjectName, Statement};
use std::cell::RefCell;
use std::collections::BTreeMap;

fn refused(error: &SqlError) -> ServiceError {
    ServiceError::new("DatabaseErrorException", error.to_string())
}

fn parsed(sql: &str) -> Result<Statement, ServiceError> {
    parse(sql).map_err(|error| match error {
        ParseError::Several => {
            ServiceError::new("ValidationException", "Multistatements aren't supported.").with_status(400)
        }
        ParseError::Refused(error) => refused(&error),
    })
}

/// Time as PostgreSQL prints it.
pub(super) fn time(now: jiff::Timestamp) -> String {
    now.strftime("%Y-%m-%d %H:%M:%S%.6f+00").to_string()
}

/// What a statement runs in.
pub(super) struct Session<'a> {
    pub(super) name: &'a str,
    pub(super) path: &'a [String],
    pub(super) version: &'a str,
    pub(super) now: &'a str,
}

pub(super) fn run(
    database: &mut Database,
    session: &Session<'_>,
    random: &mut Random,
    statement: &Statement,
    parameters: &BTreeMap<String, Typed>,
) -> Result<Outcome, SqlError> {
    let mut uuid = || random.uuid();
    let context = Context {
        parameters,
        now: session.now,
        database: session.name,
        schema: session.path.first().map_or("public", String::as_str),
        version: session.version,
        has_vector: database.has_vector(),
        uuid: RefCell::new(&mut uuid),
    };
    execute(database, session.path, &context, statement)
}

fn path(call: &Call<'_>) -> Vec<String> {
    call.text("schema").map(str::to_owned).into_iter().chain(["public".to_owned()]).collect()
}

fn secret(call: &Call<'_>) -> String {
    call.required("secretArn").to_owned()
}

fn open(call: &mut Call<'_>) -> Result<Cluster, ServiceError> {
    let (resource, secret) = (call.required("resourceArn").to_owned(), secret(call));
    connect(call, &resource, &secret)
}

/// The open transaction that a call names: it must be this cluster's and this secret's.
fn transaction(call: &Call<'_>, cluster: &Cluster) -> Result<Option<(String, Transaction)>, ServiceError> {
    let Some(id) = call.text("transactionId").filter(|id| !id.is_empty()) else { return Ok(None) };
    let held: Option<Transaction> = call.store.get(call.account, call.region, id);
    let held = held
        .ok_or_else(|| ServiceError::new("TransactionNotFoundException", format!("Transaction {id} is not found")))?;
    if held.cluster != cluster.resource_id || held.secret != secret(call) {
        return Err(bad_request("Transaction is associated with a different database or secret"));
    }
    if call.text("database").is_some_and(|name| name != held.name) {
        return Err(bad_request("Database name is not the same as transaction database"));
    }
    Ok(Some((id.to_owned(), held)))
}

/// Runs one statement for each set of parameters; all of them or none.
fn all(
    call: &mut Call<'_>,
    cluster: &Cluster,
    sets: Vec<BTreeMap<String, Typed>>,
) -> Result<Vec<Outcome>, ServiceError> {
    let sql = call.required("sql").to_owned();
    let statement = parsed(&sql)?;
    let now = time(call.now);
    let version = cluster.setting("EngineVersion");
    if let Some((id, mut open)) = transaction(call, cluster)? {
        open.used = call.now;
        let session = Session { name: &open.name.clone(), path: &open.path.clone(), version, now: &time(open.begun) };
        let mut outcomes = Vec::new();
        for parameters in sets {
            let result = match (open.aborted, &statement) {
                (true, _) => Err(SqlError::new(
                    "25P02",
                    "current transaction is aborted, commands ignored until end of transaction block",
                )),
                (_, Statement::CreateDatabase { .. }) => {
                    Err(SqlError::new("25001", "CREATE DATABASE cannot run inside a transaction block"))
                }
                _ => run(&mut open.database, &session, call.random, &statement, &parameters),
            };
            match result {
                Ok(outcome) => outcomes.push(outcome),
                Err(error) => {
                    open.aborted = true;
                    call.store.put(call.account, call.region, &id, &open);
                    return Err(refused(&error));
                }
            }
            if !matches!(statement, Statement::Query(_)) {
                open.steps.push(Step { sql: sql.clone(), path: session.path.to_vec(), parameters });
            }
        }
        call.store.put(call.account, call.region, &id, &open);
        return Ok(outcomes);
    }
    let name = database_name(cluster, call.text("database"));
    if let Statement::CreateDatabase { db_name, .. } = &statement {
        load(call, cluster, &name)?;
        let new = last_name(db_name).map_err(|error| refused(&error))?;
        create(call, cluster, &new)?;
        return Ok(vec![Outcome::Changed(0)]);
    }
    let mut database = load(call, cluster, &name)?;
    let before = database.version;
    let path = path(call);
    let session = Session { name: &name, path: &path, version, now: &now };
    let outcomes = sets
        .iter()
        .map(|parameters| run(&mut database, &session, call.random, &statement, parameters))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| refused(&error))?;
    if database.version != before {
        save(call, cluster, &name, database);
    }
    Ok(outcomes)
}

fn last_name(name: &ObjectName) -> Result<String, SqlError> {
    super::sql::single(name)
}

pub(super) fn execute_statement(call: &mut Call<'_>) -> Answer {
    let cluster = open(call)?;
    let parameters = parameters(call.member("parameters"))?;
    let outcome = all(call, &cluster, vec![parameters])?.pop().unwrap_or(Outcome::Changed(0));
    let metadata = call.flag("includeResultMetadata").unwrap_or(false);
    answer(outcome, metadata, call.text("formatRecordsAs") == Some("JSON"))
}

pub(super) fn batch_execute(call: &mut Call<'_>) -> Answer {
    let cluster = open(call)?;
    let mut sets = call
        .member("parameterSets")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .map(|set| parameters(Some(set)))
        .collect::<Result<Vec<_>, _>>()?;
    if sets.is_empty() {
        sets.push(BTreeMap::new());
    }
    let outcomes = all(call, &cluster, sets)?;
    if outcomes.iter().any(|outcome| matches!(outcome, Outcome::Rows { .. })) {
        return Err(bad_request("Batch statement returned rows: a query can't be run as a batch"));
    }
    Ok(json!({"updateResults": outcomes.iter().map(|_| json!({"generatedFields": []})).collect::<Vec<_>>()}))
}

pub(super) fn begin(call: &mut Call<'_>) -> Answer {
    let cluster = open(call)?;
    let name = database_name(&cluster, call.text("database"));
    let database = load(call, &cluster, &name)?;
    let id = call.random.alphanumeric(184);
    let transaction = Transaction {
        cluster: cluster.resource_id.clone(),
        secret: secret(call),
        name,
        path: path(call),
        version: database.version,
        database,
        steps: Vec::new(),
        begun: call.now,
        used: call.now,
        aborted: false,
    };
    call.store.put(call.account, call.region, &id, &transaction);
    Ok(json!({"transactionId": id}))
}

pub(super) fn end(call: &mut Call<'_>, commit: bool) -> Answer {
    let cluster = open(call)?;
    let Some((id, held)) = transaction(call, &cluster)? else {
        return Err(bad_request("Transaction ID is required"));
    };
    call.store.remove::<Transaction>(call.account, call.region, &id);
    if !commit || held.aborted {
        return Ok(json!({"transactionStatus": if commit { "Transaction Rolledback" } else { "Rollback Complete" }}));
    }
    let mut database = load(call, &cluster, &held.name)?;
    if database.version == held.version {
        if held.database.version != held.version {
            save(call, &cluster, &held.name, held.database);
        }
    } else {
        // Another transaction committed meanwhile: what this one did is done again on top of it.
        let now = time(held.begun);
        for step in &held.steps {
            let session =
                Session { name: &held.name, path: &step.path, version: cluster.setting("EngineVersion"), now: &now };
            let statement = parsed(&step.sql)?;
            run(&mut database, &session, call.random, &statement, &step.parameters).map_err(|error| {
                refused(&SqlError::new(
                    "40001",
                    format!("could not serialize access due to concurrent update ({})", error.message),
                ))
            })?;
        }
        save(call, &cluster, &held.name, database);
    }
    Ok(json!({"transactionStatus": "Transaction Committed"}))
}
