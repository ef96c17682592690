//! One database over the RDS Data API: statements, transactions, and what their errors mean.

use crate::clients::Clients;
use crate::errors::{ServiceError, failure, failure_on};
use aws_sdk_rdsdata::operation::execute_statement::ExecuteStatementOutput;
use aws_sdk_rdsdata::types::{Field, SqlParameter};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use charter_provider::{Failure, FailureCode};
use std::time::Duration;

/// How often one call is made. A transaction that hears nothing for three minutes rolls itself back (RDS Data API Reference,
/// BeginTransaction); the waits between these tries come to less than half a minute.
const TRIES: u32 = 8;
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Where statements go.
pub(super) struct Session<'a> {
    pub(super) clients: &'a Clients,
    pub(super) resource: &'a str,
    pub(super) secret: &'a str,
    pub(super) database: &'a str,
}

/// What there is to talk to.
pub(super) enum Reach {
    /// The cluster is there.
    Cluster,
    /// The cluster is there, but has no instance that could answer.
    NoInstance,
    /// The cluster is gone, and everything in it.
    Gone,
}

/// A row of texts; none for NULL.
pub(super) type Row = Vec<Option<String>>;

impl Session<'_> {
    /// Begins a transaction. One that is never ended, as after a killed process, rolls itself back after three minutes without
    /// a call (RDS Data API Reference, BeginTransaction).
    pub(super) async fn begin(&self) -> Result<String, Failure> {
        // One that was begun unheard ends by itself.
        let answer = patiently(passes, || async {
            let call = self.clients.rds_data().begin_transaction();
            let call = call.resource_arn(self.resource).secret_arn(self.secret).database(self.database);
            call.send().await.map_err(data_failure)
        })
        .await?;
        answer.transaction_id.ok_or_else(|| {
            Failure::new(FailureCode::ServiceInternalError, "the RDS Data API began a transaction without saying which")
        })
    }

    /// Commits. Made again where no answer came: a transaction commits once, and of one that has ended the service says that it
    /// knows none; whether that was a commit is for the caller to find out ([`has_ended`]).
    pub(super) async fn commit(&self, transaction: &str) -> Result<(), Failure> {
        patiently(passes, || async {
            let call = self.clients.rds_data().commit_transaction();
            let call = call.resource_arn(self.resource).secret_arn(self.secret).transaction_id(transaction);
            call.send().await.map(drop).map_err(data_failure)
        })
        .await
    }

    /// Rolls back. A failure of it changes nothing: the transaction then ends by itself.
    pub(super) async fn roll_back(&self, transaction: &str) {
        let call = self.clients.rds_data().rollback_transaction();
        let call = call.resource_arn(self.resource).secret_arn(self.secret).transaction_id(transaction);
        if let Err(error) = call.send().await {
            tracing::debug!(failure = %data_failure(error), "the transaction was left to roll itself back");
        }
    }

    /// Executes one statement with named parameters, once: it is made again only where it surely had no effect.
    pub(super) async fn execute(
        &self,
        transaction: Option<&str>,
        sql: &str,
        parameters: &[(&str, &str)],
    ) -> Result<Vec<Row>, Failure> {
        patiently(had_no_effect, || self.call(transaction, sql, parameters)).await
    }

    /// The same for a statement that does no harm when it is executed twice.
    pub(super) async fn execute_repeatable(
        &self,
        transaction: Option<&str>,
        sql: &str,
        parameters: &[(&str, &str)],
    ) -> Result<Vec<Row>, Failure> {
        patiently(passes, || self.call(transaction, sql, parameters)).await
    }

    async fn call(
        &self,
        transaction: Option<&str>,
        sql: &str,
        parameters: &[(&str, &str)],
    ) -> Result<Vec<Row>, Failure> {
        let parameters = parameters.iter().map(|(name, value)| {
            SqlParameter::builder().name(*name).value(Field::StringValue((*value).to_owned())).build()
        });
        let answer = self
            .clients
            .rds_data()
            .execute_statement()
            .resource_arn(self.resource)
            .secret_arn(self.secret)
            .database(self.database)
            .set_transaction_id(transaction.map(str::to_owned))
            .sql(sql)
            .set_parameters(Some(parameters.collect::<Vec<_>>()).filter(|list| !list.is_empty()))
            .send()
            .await
            .map_err(data_failure)?;
        Ok(rows(answer))
    }

    /// Whether there is anything to talk to: the Data API's own errors do not tell a cluster that is gone from one that may not
    /// be used.
    pub(super) async fn reach(&self) -> Result<Reach, Failure> {
        let call = self.clients.rds().describe_db_clusters().db_cluster_identifier(self.resource);
        match call.send().await {
            Ok(answer) => Ok(match answer.db_clusters().first() {
                None => Reach::Gone,
                Some(cluster) if cluster.db_cluster_members().is_empty() => Reach::NoInstance,
                Some(_) => Reach::Cluster,
            }),
            Err(error) => match failure_on(error, &["DBClusterNotFound"]) {
                failure if failure.code == FailureCode::NotFound => Ok(Reach::Gone),
                failure => Err(failure),
            },
        }
    }
}

/// Makes a call until it succeeds or fails in a way that another try does not mend.
async fn patiently<T, F>(again: fn(&Failure) -> bool, mut call: impl FnMut() -> F + Send) -> Result<T, Failure>
where
    F: Future<Output = Result<T, Failure>> + Send,
{
    let mut wait = FIRST_WAIT;
    for _ in 1..TRIES {
        match call().await {
            Err(failure) if again(&failure) => tokio::time::sleep(wait).await,
            answer => return answer,
        }
        wait = (wait * 2).min(LONGEST_WAIT);
    }
    call().await
}

/// A throttled call was turned away at the door.
fn had_no_effect(failure: &Failure) -> bool {
    failure.code == FailureCode::Throttling
}

fn passes(failure: &Failure) -> bool {
    (had_no_effect(failure) || failure.code.leaves_effect_open()) && !has_ended(failure)
}

/// Whether the transaction is over: it was committed or rolled back, or rolled itself back.
pub(super) fn has_ended(failure: &Failure) -> bool {
    failure.message.starts_with("TransactionNotFoundException")
}

/// Like [`failure`], but "not found" never means the script itself.
fn data_failure<E>(error: ServiceError<E>) -> Failure
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    failure_on(error, &[])
}

/// The secret that RDS keeps the master user's password in, for a script of which no secret was recorded.
pub(super) async fn master_secret(clients: &Clients, resource: &str) -> Result<String, Failure> {
    let answer = clients.rds().describe_db_clusters().db_cluster_identifier(resource).send().await.map_err(failure)?;
    let secret = answer.db_clusters().first().and_then(|cluster| cluster.master_user_secret()?.secret_arn.clone());
    secret.ok_or_else(|| {
        let message = format!("/SecretArn: {resource} has no master user secret; name the secret to use");
        Failure::new(FailureCode::InvalidRequest, message)
    })
}

fn rows(answer: ExecuteStatementOutput) -> Vec<Row> {
    let text = |field: Field| match field {
        Field::StringValue(text) => Some(text),
        Field::LongValue(number) => Some(number.to_string()),
        Field::DoubleValue(number) => Some(number.to_string()),
        Field::BooleanValue(truth) => Some(truth.to_string()),
        _ => None,
    };
    answer.records.unwrap_or_default().into_iter().map(|row| row.into_iter().map(text).collect()).collect()
}

/// What an error says in PostgreSQL's own terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SqlFault {
    /// The table, its schema or the database is not there.
    Missing,
    /// Two sessions made the same thing at once.
    Race,
    /// Anything else.
    Other,
}

/// Reads the SQLSTATE where the message has one, else PostgreSQL's words. Source: PostgreSQL documentation, appendix A; the Data
/// API writes `ERROR: relation "x" does not exist; SQLState: 42P01`.
pub(super) fn sql_fault(failure: &Failure) -> SqlFault {
    let message = &failure.message;
    let state = message.split_once("SQLState: ").and_then(|(_, rest)| rest.get(..5));
    match state {
        Some("42P01" | "3F000" | "3D000") => SqlFault::Missing,
        Some("23505" | "42P06" | "42P07" | "40001" | "40P01") => SqlFault::Race,
        Some("XX000") if message.contains("tuple concurrently updated") => SqlFault::Race,
        Some(_) => SqlFault::Other,
        None if message.contains("does not exist") => SqlFault::Missing,
        None => SqlFault::Other,
    }
}

/// A statement for a message: its first line, with what stands in quotes left out, since that may be a password.
pub(super) fn for_message(statement: &str) -> String {
    const LONGEST: usize = 160;
    let mut shown = String::new();
    let mut inside = false;
    for character in statement.chars() {
        match character {
            '\'' => {
                shown.push_str(if inside { "…'" } else { "'" });
                inside = !inside;
            }
            _ if inside => {}
            // What begins with a dollar quote is text to its end.
            '$' if shown.ends_with('$') => {
                shown.push_str("$…");
                return shown;
            }
            '\n' | '\r' | '\t' => {
                if !shown.ends_with(' ') {
                    shown.push(' ');
                }
            }
            ' ' if shown.ends_with(' ') => {}
            other => shown.push(other),
        }
        if shown.chars().count() >= LONGEST {
            shown.push('…');
            break;
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_told_by_their_state() {
        let fault = |message: &str| sql_fault(&Failure::new(FailureCode::InvalidRequest, message));
        assert_eq!(
            fault("DatabaseErrorException: ERROR: relation \"a\" does not exist; SQLState: 42P01"),
            SqlFault::Missing
        );
        assert_eq!(fault("DatabaseErrorException: ERROR: duplicate key value; SQLState: 23505"), SqlFault::Race);
        assert_eq!(fault("DatabaseErrorException: ERROR: syntax error; SQLState: 42601"), SqlFault::Other);
        assert_eq!(fault("BadRequestException: database \"x\" does not exist"), SqlFault::Missing);
    }

    #[test]
    fn a_statement_in_a_message_shows_no_text_literals() {
        assert_eq!(for_message("ALTER ROLE app\n  PASSWORD 'hunter2' VALID"), "ALTER ROLE app PASSWORD '…' VALID");
        assert_eq!(for_message("DO $$ BEGIN secret; END $$"), "DO $$…");
        assert!(for_message(&"x".repeat(500)).chars().count() < 200);
    }
}
