//! `Charter::RDS::SqlScript`: SQL statements, executed once for each content.
//!
//! The statements and the note that they ran are one transaction, in a table that Charter keeps in the database itself. So a
//! process killed at any point leaves either both or neither, and the note tells which; it carries the idempotency token, so
//! that a repeated creation finds its own work. (Aurora MySQL commits at every data definition; there the note is only as good
//! as the statements are repeatable.)

use super::sql_session::{Reach, Row, Session, SqlFault, for_message, has_ended, master_secret, sql_fault};
use crate::adapter::{Adapter, Step};
use crate::clients::Clients;
use crate::convert;
use crate::progress::{deleted, done, not_found};
use async_trait::async_trait;
use charter_model::content_digest;
use charter_provider::{
    CreateRequest, DeleteRequest, Failure, FailureCode, ListRequest, ListResponse, Observed, Operation, Properties,
    ReadRequest, RecoverRequest, Recovered, StatusRequest, UpdateRequest,
};
use serde_json::{Value, json};

const TYPE: &str = "Charter::RDS::SqlScript";

/// How often a script is begun anew because the answer to one of its statements did not come: what became of it is not known, so
/// the transaction is rolled back. The engine tries a few times more, with longer waits.
const RUNS: u32 = 4;

const MAKE_SCHEMA: &str = "CREATE SCHEMA IF NOT EXISTS charter";
const MAKE_TABLE: &str = "CREATE TABLE IF NOT EXISTS charter.sql_script \
    (name text PRIMARY KEY, content_hash text NOT NULL, executed_at timestamptz NOT NULL, token text NOT NULL)";
const LOOK: &str = "SELECT content_hash, executed_at, token FROM charter.sql_script WHERE name = :name";
const NOTE: &str = "INSERT INTO charter.sql_script (name, content_hash, executed_at, token) \
    VALUES (:name, :hash, now(), :token) \
    ON CONFLICT (name) DO UPDATE SET content_hash = excluded.content_hash, executed_at = excluded.executed_at, \
    token = excluded.token";
const FORGET: &str = "DELETE FROM charter.sql_script WHERE name = :name";
const NAMES: &str = "SELECT name FROM charter.sql_script ORDER BY name";

/// Serves SQL scripts.
pub(crate) struct SqlScripts;

/// A script: which, and what it says.
struct Script {
    resource: String,
    secret: String,
    database: String,
    name: String,
    statements: Vec<String>,
}

/// The note that a script ran.
struct Note {
    hash: String,
    executed_at: String,
    token: String,
}

impl Script {
    fn from_properties(properties: &Properties) -> Result<Self, Failure> {
        Ok(Self {
            resource: convert::required(properties, "ResourceArn")?,
            secret: convert::required(properties, "SecretArn")?,
            database: convert::required(properties, "Database")?,
            name: convert::required(properties, "Name")?,
            statements: convert::get(properties, "Statements")?.unwrap_or_default(),
        })
    }

    /// A script that is known by its identifier; the rest as recorded.
    async fn identified(clients: &Clients, identifier: &str, recorded: Option<&Properties>) -> Result<Self, Failure> {
        let mut parts = identifier.split('|');
        let (Some(resource), Some(database), Some(name), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            let message = format!("{identifier} is not an identifier of {TYPE}: write ResourceArn|Database|Name");
            return Err(Failure::new(FailureCode::InvalidRequest, message));
        };
        let secret = match recorded.map(|recorded| convert::get(recorded, "SecretArn")).transpose()?.flatten() {
            Some(secret) => secret,
            None => master_secret(clients, resource).await?,
        };
        let statements = recorded.map(|recorded| convert::get(recorded, "Statements")).transpose()?.flatten();
        Ok(Self {
            resource: resource.to_owned(),
            secret,
            database: database.to_owned(),
            name: name.to_owned(),
            statements: statements.unwrap_or_default(),
        })
    }

    fn identifier(&self) -> String {
        format!("{}|{}|{}", self.resource, self.database, self.name)
    }

    fn hash(&self) -> String {
        content_digest(&json!(self.statements))
    }

    fn session<'a>(&'a self, clients: &'a Clients) -> Session<'a> {
        Session { clients, resource: &self.resource, secret: &self.secret, database: &self.database }
    }

    async fn note(&self, session: &Session<'_>, transaction: Option<&str>) -> Result<Option<Note>, Failure> {
        let rows = session.execute_repeatable(transaction, LOOK, &[("name", &self.name)]).await?;
        Ok(rows.into_iter().next().and_then(Note::from_row))
    }

    /// Executes the statements and takes the note, in one transaction. `accept` decides on the note that is there already:
    /// nothing more is to be done, or go on, or fail.
    async fn run(
        &self,
        clients: &Clients,
        token: &str,
        accept: impl Fn(Option<&Note>) -> Result<bool, Failure> + Send + Sync,
    ) -> Result<(), Failure> {
        for _ in 1..RUNS {
            match self.run_once(clients, token, &accept).await {
                // What takes longer than the Data API allows takes as long the next time.
                Err(failure) if failure.code.leaves_effect_open() && !is_too_slow(&failure) => {}
                result => return result,
            }
        }
        self.run_once(clients, token, &accept).await
    }

    async fn run_once(
        &self,
        clients: &Clients,
        token: &str,
        accept: &(impl Fn(Option<&Note>) -> Result<bool, Failure> + Send + Sync),
    ) -> Result<(), Failure> {
        let session = self.session(clients);
        let transaction = session.begin().await?;
        let result = async {
            for sql in [MAKE_SCHEMA, MAKE_TABLE] {
                session.execute_repeatable(Some(&transaction), sql, &[]).await.map_err(as_conflict)?;
            }
            let note = self.note(&session, Some(&transaction)).await?;
            if accept(note.as_ref())? {
                return Ok(());
            }
            execute_all(&session, &transaction, &self.statements).await?;
            let values = [("name", self.name.as_str()), ("hash", &self.hash()), ("token", token)];
            session.execute_repeatable(Some(&transaction), NOTE, &values).await.map_err(as_conflict).map(drop)
        }
        .await;
        if let Err(failure) = result {
            session.roll_back(&transaction).await;
            return Err(failure);
        }
        match session.commit(&transaction).await {
            // The commit of which no answer came, most likely: the note tells. Where there is no table for it either, the
            // transaction rolled itself back.
            Err(failure) if has_ended(&failure) => match missing_is_none(self.note(&session, None).await)? {
                Some(note) if note.token == token => Ok(()),
                _ => Err(failure),
            },
            result => result,
        }
    }

    /// Properties as they are now. Statements cannot be read back: they are what was recorded if their digest still is the one
    /// that ran, and left out otherwise, so that a plan sees that they are to run again.
    fn observed(&self, note: &Note, recorded: Option<&Properties>) -> Properties {
        let mut properties = Properties::new();
        for (name, value) in [
            ("ResourceArn", &self.resource),
            ("SecretArn", &self.secret),
            ("Database", &self.database),
            ("Name", &self.name),
            ("ContentHash", &note.hash),
            ("ExecutedAt", &note.executed_at),
        ] {
            properties.insert(name.to_owned(), Value::String(value.clone()));
        }
        let kept = |name: &str| recorded.and_then(|recorded| recorded.get(name)).cloned();
        if note.hash == self.hash()
            && let Some(statements) = kept("Statements")
        {
            properties.insert("Statements".to_owned(), statements);
        }
        if let Some(on_delete) = kept("OnDelete") {
            properties.insert("OnDelete".to_owned(), on_delete);
        }
        properties
    }

    async fn finished(&self, clients: &Clients, desired: &Properties) -> Step {
        let note = self.note(&self.session(clients), None).await?;
        let note = note.ok_or_else(|| not_found(TYPE, &self.identifier()))?;
        Ok(done(self.identifier(), self.observed(&note, Some(desired))))
    }
}

impl Note {
    fn from_row(row: Row) -> Option<Self> {
        let mut fields = row.into_iter();
        let (hash, executed_at, token) = (fields.next()??, fields.next()??, fields.next()??);
        Some(Self { hash, executed_at: as_time(&executed_at), token })
    }
}

/// The Data API writes times as `2026-01-31 12:00:00.5`, in UTC.
fn as_time(text: &str) -> String {
    let text = text.trim();
    let text = text.strip_suffix("+00:00").or_else(|| text.strip_suffix("+00")).unwrap_or(text);
    let text = text.replacen(' ', "T", 1);
    let zone = text.ends_with('Z') || text.get(19..).is_some_and(|rest| rest.contains(['+', '-']));
    if zone { text } else { format!("{text}Z") }
}

async fn execute_all(session: &Session<'_>, transaction: &str, statements: &[String]) -> Result<(), Failure> {
    for (place, statement) in statements.iter().enumerate() {
        session.execute(Some(transaction), statement, &[]).await.map_err(|mut failure| {
            let which = format!("statement {} of {} (`{}`)", place + 1, statements.len(), for_message(statement));
            failure.message = format!("{which} failed, and nothing of the script took effect: {}", failure.message);
            failure
        })?;
    }
    Ok(())
}

fn is_too_slow(failure: &Failure) -> bool {
    failure.message.contains("StatementTimeoutException")
}

/// Two scripts that make the table at once get in each other's way; the later one finds it made.
fn as_conflict(failure: Failure) -> Failure {
    match sql_fault(&failure) {
        SqlFault::Race => Failure { code: FailureCode::ResourceConflict, ..failure },
        SqlFault::Missing | SqlFault::Other => failure,
    }
}

/// What a script that cannot be asked for its note comes to.
enum Unreachable {
    Absent,
    NoInstance(Failure),
    Failed(Failure),
}

async fn unreachable(session: &Session<'_>, failure: Failure) -> Unreachable {
    if sql_fault(&failure) == SqlFault::Missing && failure.code == FailureCode::InvalidRequest {
        return Unreachable::Absent;
    }
    match session.reach().await {
        Ok(Reach::Gone) => Unreachable::Absent,
        Ok(Reach::NoInstance) => Unreachable::NoInstance(failure),
        Ok(Reach::Cluster) | Err(_) => Unreachable::Failed(failure),
    }
}

#[async_trait]
impl Adapter for SqlScripts {
    fn types(&self) -> &'static [&'static str] {
        &[TYPE]
    }

    async fn create(&self, clients: &Clients, request: CreateRequest) -> Step {
        let script = Script::from_properties(&request.properties)?;
        let token = &*request.token.0;
        let identifier = script.identifier();
        let accept = |note: Option<&Note>| match note {
            None => Ok(false),
            Some(note) if note.token == token => Ok(true),
            Some(_) => {
                let message = format!(
                    "a script {} has run in the database {} before; import it as {identifier}, or choose another name",
                    script.name, script.database
                );
                Err(Failure::new(FailureCode::AlreadyExists, message))
            }
        };
        script.run(clients, token, accept).await?;
        script.finished(clients, &request.properties).await.map_err(|failure| failure.with_identifier(&identifier))
    }

    async fn read(&self, clients: &Clients, request: ReadRequest) -> Result<Observed, Failure> {
        let recorded = request.recorded.as_ref();
        let script = match Script::identified(clients, &request.identifier, recorded).await {
            Err(failure) if failure.code == FailureCode::NotFound => return Ok(Observed::Absent),
            script => script?,
        };
        let session = script.session(clients);
        match script.note(&session, None).await {
            Ok(None) => Ok(Observed::Absent),
            Ok(Some(note)) => Ok(Observed::Present { properties: script.observed(&note, recorded) }),
            Err(failure) => match (unreachable(&session, failure).await, recorded) {
                (Unreachable::Absent, _) => Ok(Observed::Absent),
                // Nothing can be read without an instance, and the data is all there: as far as anyone knows, so is the note.
                (Unreachable::NoInstance(_), Some(recorded)) => Ok(Observed::Present { properties: recorded.clone() }),
                (Unreachable::NoInstance(failure) | Unreachable::Failed(failure), _) => Err(failure),
            },
        }
    }

    async fn update(&self, clients: &Clients, request: UpdateRequest) -> Step {
        let script = Script::from_properties(&request.properties)?;
        let (hash, identifier) = (script.hash(), script.identifier());
        let accept = |note: Option<&Note>| match note {
            None => Err(not_found(TYPE, &identifier)),
            Some(note) => Ok(note.hash == hash),
        };
        script.run(clients, &request.token.0, accept).await?;
        script.finished(clients, &request.properties).await
    }

    async fn delete(&self, clients: &Clients, request: DeleteRequest) -> Step {
        let script = match Script::identified(clients, &request.identifier, Some(&request.recorded)).await {
            Err(failure) if failure.code == FailureCode::NotFound => return Err(not_found(TYPE, &request.identifier)),
            script => script?,
        };
        let on_delete: Vec<String> = convert::get(&request.recorded, "OnDelete")?.unwrap_or_default();
        let session = script.session(clients);
        let gone = || not_found(TYPE, &request.identifier);
        let transaction = match session.begin().await {
            Ok(transaction) => transaction,
            Err(failure) => {
                return Err(match unreachable(&session, failure).await {
                    Unreachable::Absent => gone(),
                    Unreachable::NoInstance(failure) | Unreachable::Failed(failure) => failure,
                });
            }
        };
        let result = async {
            let note = missing_is_none(script.note(&session, Some(&transaction)).await)?;
            if note.is_none() {
                return Err(gone());
            }
            execute_all(&session, &transaction, &on_delete).await?;
            session.execute_repeatable(Some(&transaction), FORGET, &[("name", &script.name)]).await.map(drop)
        }
        .await;
        match result {
            Ok(()) => session.commit(&transaction).await?,
            Err(failure) => {
                session.roll_back(&transaction).await;
                return Err(failure);
            }
        }
        Ok(deleted(request.identifier))
    }

    async fn status(&self, clients: &Clients, request: StatusRequest) -> Step {
        Script::from_properties(&request.properties)?.finished(clients, &request.properties).await
    }

    async fn list(&self, clients: &Clients, request: ListRequest) -> Result<ListResponse, Failure> {
        let resource: String = convert::required(&request.filter, "ResourceArn")?;
        let database: String = convert::required(&request.filter, "Database")?;
        let secret = match convert::get(&request.filter, "SecretArn")? {
            Some(secret) => secret,
            None => master_secret(clients, &resource).await?,
        };
        let session = Session { clients, resource: &resource, secret: &secret, database: &database };
        let rows = match session.execute_repeatable(None, NAMES, &[]).await {
            Err(failure) if sql_fault(&failure) == SqlFault::Missing => Vec::new(),
            rows => rows?,
        };
        let names = rows.into_iter().filter_map(|row| row.into_iter().next().flatten());
        Ok(ListResponse {
            identifiers: names.map(|name| format!("{resource}|{database}|{name}")).collect(),
            next: None,
        })
    }

    async fn recover(&self, clients: &Clients, request: RecoverRequest) -> Result<Recovered, Failure> {
        let script = match &request.identifier {
            Some(identifier) => Script::identified(clients, identifier, Some(&request.properties)).await?,
            None => Script::from_properties(&request.properties)?,
        };
        let session = script.session(clients);
        let note = match script.note(&session, None).await {
            Ok(note) => note,
            Err(failure) => match unreachable(&session, failure).await {
                Unreachable::Absent => None,
                Unreachable::NoInstance(failure) | Unreachable::Failed(failure) => return Err(failure),
            },
        };
        let identifier = script.identifier();
        Ok(match (request.operation, note) {
            (Operation::Create, None) => Recovered::Repeat,
            // Another creation's note: ours never took effect.
            (Operation::Create, Some(note)) if note.token != *request.token.0 => Recovered::Absent,
            (_, Some(_)) => Recovered::Exists { identifier },
            (Operation::Update | Operation::Delete, None) => Recovered::Absent,
        })
    }
}

fn missing_is_none(note: Result<Option<Note>, Failure>) -> Result<Option<Note>, Failure> {
    match note {
        Err(failure) if sql_fault(&failure) == SqlFault::Missing => Ok(None),
        note => note,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_the_data_api_become_rfc_3339() {
        assert_eq!(as_time("2026-01-31 12:00:00.5"), "2026-01-31T12:00:00.5Z");
        assert_eq!(as_time("2026-01-31 12:00:00+00"), "2026-01-31T12:00:00Z");
        assert_eq!(as_time("2026-01-31T12:00:00Z"), "2026-01-31T12:00:00Z");
    }
}
