//! The RDS Data API: one statement a call, over HTTP, on clusters that have their endpoint on.

mod connection;
mod fields;
mod records;
mod sql;
mod statements;
#[cfg(test)]
pub(crate) mod tests;

use crate::random::Random;
use crate::service::{Call, Service};
use crate::services::rds::clusters::members;
use crate::services::rds::records::Cluster;
use crate::services::shared::Answer;
use sqlparser::ast::Statement;
use std::collections::BTreeMap;

/// The behaviour of the RDS Data API.
pub(crate) struct RdsData;

impl Service for RdsData {
    fn call(&self, call: &mut Call<'_>) -> Answer {
        match call.operation {
            "ExecuteStatement" => statements::execute_statement(call),
            "BatchExecuteStatement" => statements::batch_execute(call),
            "BeginTransaction" => statements::begin(call),
            "CommitTransaction" => statements::end(call, true),
            "RollbackTransaction" => statements::end(call, false),
            _ => Err(call.not_simulated()),
        }
    }
}

/// What a connector that logs in at a host reads: rows by column name, or why it reads nothing.
pub(crate) fn read(
    call: &Call<'_>,
    host: &str,
    database: &str,
    secret: &str,
    query: &str,
) -> Result<Vec<BTreeMap<String, String>>, String> {
    let unreachable =
        || format!("Could not connect to the database at {host}. Check the host, the port and the network.");
    let (name, rest) = host.split_once('.').ok_or_else(unreachable)?;
    let clusters = call.store.list::<Cluster>(call.account, call.region).into_iter().map(|(_, cluster)| cluster);
    let mut cluster = clusters
        .into_iter()
        .find(|cluster| {
            if rest.starts_with("cluster-") {
                cluster.identifier == name
            } else {
                members(call, &cluster.identifier).iter().any(|instance| instance.identifier == name)
            }
        })
        .filter(|_| rest.ends_with(&format!(".{}.rds.amazonaws.com", call.region)))
        .ok_or_else(unreachable)?;
    cluster.life.settle(&mut cluster.settings, call.now);
    let writer = members(call, &cluster.identifier).into_iter().next();
    if !writer.is_some_and(|writer| matches!(writer.status(call.now), "available" | "modifying")) {
        return Err(unreachable());
    }
    connection::authenticate(call, &cluster, secret).map_err(|error| error.message)?;
    let mut held = connection::load(call, &cluster, database).map_err(|error| error.message)?;
    let statement = match sql::parse(query) {
        Ok(statement @ Statement::Query(_)) => statement,
        Ok(_) | Err(sql::ParseError::Several) => return Err("The SQL query must be one SELECT statement.".to_owned()),
        Err(sql::ParseError::Refused(error)) => return Err(error.to_string()),
    };
    let (now, path) = (statements::time(call.now), ["public".to_owned()]);
    let session =
        statements::Session { name: database, path: &path, version: cluster.setting("EngineVersion"), now: &now };
    let mut random = Random::new(call.settings.seed, "connector");
    match statements::run(&mut held, &session, &mut random, &statement, &BTreeMap::new()) {
        Ok(sql::Outcome::Rows { columns, rows }) => Ok(rows
            .iter()
            .map(|row| {
                columns.iter().zip(row).map(|(column, value)| (column.name.clone(), sql::text_of(value))).collect()
            })
            .collect()),
        Ok(sql::Outcome::Changed(_)) => Ok(Vec::new()),
        Err(error) => Err(error.to_string()),
    }
}
