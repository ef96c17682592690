//! Runs that bring the documents of a data source into its index, of Kendra and of Q Business, whose API grew out of it.
//!
//! A run has no token and no tags. That is no harm: a second run brings in what the first one did, and a run that is already
//! under way is followed rather than disturbed, since a data source has only one at a time.
//!
//! A [`Connector`] says which calls list, start and stop the runs of one service; [`Syncs`] makes an [`Adapter`] of it.

use crate::adapter::{Adapter, Step};
use crate::clients::Clients;
use crate::convert::{self, ToJson};
use crate::errors::reference_missing;
use crate::progress::{decode_handle, deleted, done, not_found, pending, wait_after};
use async_trait::async_trait;
use aws_smithy_types::DateTime;
use charter_provider::{
    CreateRequest, DeleteRequest, Failure, FailureCode, ListRequest, ListResponse, Observed, Operation, Progress,
    Properties, ReadRequest, RecoverRequest, Recovered, StatusRequest, UpdateRequest,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::Duration;

/// "Could take up to an hour or more, depending on the number of documents" (Kendra API Reference, StartDataSourceSyncJob).
const LONGEST_WAIT: Duration = Duration::from_secs(20);
/// How long a run may be missing from the history that was just started.
const LOOKS: u32 = 10;

/// What a service tells of a run.
#[derive(Debug, Clone, Default)]
pub(crate) struct Run {
    pub(crate) execution: String,
    pub(crate) status: String,
    pub(crate) started: Option<DateTime>,
    pub(crate) ended: Option<DateTime>,
    /// What went wrong: codes, then words.
    pub(crate) error_codes: Vec<String>,
    pub(crate) error_message: Option<String>,
    /// By the property that tells it. Counts are texts in these APIs.
    pub(crate) counts: Vec<(&'static str, Option<String>)>,
}

/// The runs of one service.
#[async_trait]
pub(crate) trait Connector: Send + Sync + 'static {
    /// The type, as the one element of a list.
    const TYPE: &'static [&'static str];
    /// The properties that name a data source, in the order of the identifier.
    const PARTS: &'static [&'static str];
    /// Where an operator finds more about a failed run.
    const LOGS: &'static str;

    /// The history of a data source; `NotFound` if it is gone.
    async fn runs(&self, clients: &Clients, source: &[String]) -> Result<Vec<Run>, Failure>;

    /// Starts a run; its id. `ResourceConflict` if another one is under way, or the data source is busy otherwise.
    async fn start(&self, clients: &Clients, source: &[String]) -> Result<Option<String>, Failure>;

    /// Ends the run that is under way.
    async fn stop(&self, clients: &Clients, source: &[String]) -> Result<(), Failure>;

    /// One page of data sources.
    async fn sources(
        &self,
        clients: &Clients,
        request: ListRequest,
    ) -> Result<(Vec<Vec<String>>, Option<String>), Failure>;
}

/// The adapter of a service's runs.
pub(crate) struct Syncs<C>(pub(crate) C);

/// What the journal keeps.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Handle {
    execution: String,
    #[serde(default)]
    polls: u32,
}

/// How a run ended, if it did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Running,
    Succeeded,
    Failed,
}

fn ending(run: &Run) -> Ending {
    match run.status.as_str() {
        "SUCCEEDED" => Ending::Succeeded,
        "FAILED" | "INCOMPLETE" | "ABORTED" => Ending::Failed,
        _ => Ending::Running,
    }
}

/// Why a run did not bring everything in, with what it did bring in.
fn failed(run: &Run, logs: &str) -> Failure {
    let word = |name: &str| name.trim_start_matches("Documents").to_lowercase();
    let counts: Vec<String> =
        run.counts.iter().map(|(name, count)| format!("{} {}", word(name), count.as_deref().unwrap_or("0"))).collect();
    let counts = if counts.is_empty() { String::new() } else { format!("; documents {}", counts.join(", ")) };
    let code = if run.error_codes.is_empty() { String::new() } else { format!("{}: ", run.error_codes.join(", ")) };
    let silent = format!("the service gives no reason; {logs} may");
    let reason = run.error_message.as_deref().unwrap_or(match run.status.as_str() {
        "ABORTED" => "somebody stopped it",
        "INCOMPLETE" => "some documents could not be read",
        _ => &silent,
    });
    let message = format!("the sync {} ended {}: {code}{reason}{counts}", run.execution, run.status);
    Failure::new(FailureCode::NotStabilized, message)
}

impl<C: Connector> Syncs<C> {
    fn type_name() -> &'static str {
        C::TYPE.first().copied().unwrap_or_default()
    }

    fn from_properties(properties: &Properties) -> Result<Vec<String>, Failure> {
        C::PARTS.iter().map(|part| Ok(convert::required(properties, part)?)).collect()
    }

    fn from_identifier(identifier: &str) -> Result<Vec<String>, Failure> {
        let parts: Vec<String> = identifier.split('|').map(str::to_owned).collect();
        if parts.len() == C::PARTS.len() && parts.iter().all(|part| !part.is_empty()) {
            return Ok(parts);
        }
        let message =
            format!("{identifier} is not an identifier of {}: write {}", Self::type_name(), C::PARTS.join("|"));
        Err(Failure::new(FailureCode::InvalidRequest, message))
    }

    /// The latest run of the history that fits; `NotFound` if the data source is gone.
    async fn find(
        &self,
        clients: &Clients,
        source: &[String],
        fits: impl Fn(&Run) -> bool + Send,
    ) -> Result<Option<Run>, Failure> {
        // The order of the history is not documented.
        let moment = |run: &Run| run.started.map(|at| (at.secs(), at.subsec_nanos()));
        Ok(self.0.runs(clients, source).await?.into_iter().filter(|run| fits(run)).max_by_key(moment))
    }

    async fn running(&self, clients: &Clients, source: &[String]) -> Result<Option<Run>, Failure> {
        self.find(clients, source, |run| ending(run) == Ending::Running).await
    }

    /// Starts a run, or joins the one that is under way.
    async fn start(&self, clients: &Clients, source: &[String]) -> Step {
        let execution = match self.0.start(clients, source).await {
            Ok(execution) => execution.unwrap_or_default(),
            Err(failure) if failure.code == FailureCode::ResourceConflict => {
                match self.running(clients, source).await? {
                    Some(run) if run.status != "STOPPING" => run.execution,
                    // It ends soon, or the data source is busy otherwise: the engine comes back.
                    _ => return Err(failure),
                }
            }
            Err(failure) => return Err(failure),
        };
        Self::pending(source, Handle { execution, polls: 0 }, "syncing")
    }

    fn pending(source: &[String], handle: Handle, status: &str) -> Step {
        let wait = wait_after(handle.polls, LONGEST_WAIT);
        pending(&handle, Some(source.join("|")), wait, status.to_lowercase().replace('_', " "))
    }

    fn properties(source: &[String], run: &Run, trigger: Option<&Value>) -> Properties {
        let mut properties = Properties::new();
        let mut put = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                properties.insert(name.to_owned(), value);
            }
        };
        for (part, value) in C::PARTS.iter().zip(source) {
            put(part, value.to_json());
        }
        put("Trigger", trigger.cloned());
        put("ExecutionId", run.execution.to_json());
        put("Status", Some(run.status.as_str().into()));
        put("StartTime", run.started.to_json());
        put("EndTime", run.ended.to_json());
        put("ErrorMessage", run.error_message.to_json());
        for (name, count) in &run.counts {
            put(name, count.as_deref().and_then(|text| text.parse::<u64>().ok()).map(Value::from));
        }
        properties
    }
}

#[async_trait]
impl<C: Connector> Adapter for Syncs<C> {
    fn types(&self) -> &'static [&'static str] {
        C::TYPE
    }

    async fn create(&self, clients: &Clients, request: CreateRequest) -> Step {
        let source = Self::from_properties(&request.properties)?;
        self.start(clients, &source).await.map_err(reference_missing)
    }

    async fn read(&self, clients: &Clients, request: ReadRequest) -> Result<Observed, Failure> {
        let source = Self::from_identifier(&request.identifier)?;
        let recorded = request.recorded.as_ref();
        let trigger = recorded.and_then(|recorded| recorded.get("Trigger"));
        let execution = recorded.and_then(|recorded| recorded.get("ExecutionId")).and_then(Value::as_str);
        let wanted = |run: &Run| execution.is_none_or(|execution| run.execution == execution);
        match self.find(clients, &source, wanted).await {
            Ok(Some(run)) => Ok(Observed::Present { properties: Self::properties(&source, &run, trigger) }),
            // Old runs are forgotten; what they did stands.
            Ok(None) => Ok(match (recorded, execution) {
                (Some(recorded), Some(_)) => Observed::Present { properties: recorded.clone() },
                _ => Observed::Absent,
            }),
            Err(failure) if failure.code == FailureCode::NotFound => Ok(Observed::Absent),
            Err(failure) => Err(failure),
        }
    }

    async fn update(&self, clients: &Clients, request: UpdateRequest) -> Step {
        // Only the trigger can change in place, and a change of it asks for another run.
        self.start(clients, &Self::from_identifier(&request.identifier)?).await
    }

    async fn delete(&self, clients: &Clients, request: DeleteRequest) -> Step {
        let source = Self::from_identifier(&request.identifier)?;
        // Documents stay in the index until their data source goes; only a run under way is ended.
        let Some(run) = self.running(clients, &source).await? else { return Ok(deleted(request.identifier)) };
        self.0.stop(clients, &source).await?;
        Self::pending(&source, Handle { execution: run.execution, polls: 0 }, "stopping")
    }

    async fn status(&self, clients: &Clients, request: StatusRequest) -> Step {
        let mut handle: Handle = decode_handle(&request.handle)?;
        handle.polls = handle.polls.saturating_add(1);
        let source = match &request.identifier {
            Some(identifier) => Self::from_identifier(identifier)?,
            None => Self::from_properties(&request.properties)?,
        };
        let delete = request.operation == Operation::Delete;
        let found = self.find(clients, &source, |run| run.execution == handle.execution).await;
        let run = match found {
            Ok(Some(run)) => run,
            Ok(None) if delete => return Ok(deleted(source.join("|"))),
            Ok(None) if handle.polls <= LOOKS => return Self::pending(&source, handle, "starting"),
            Ok(None) => return Err(not_found(Self::type_name(), &source.join("|"))),
            Err(failure) if delete && failure.code == FailureCode::NotFound => return Ok(deleted(source.join("|"))),
            Err(failure) => return Err(failure),
        };
        match ending(&run) {
            Ending::Running => Self::pending(&source, handle, &run.status),
            _ if delete => Ok(deleted(source.join("|"))),
            Ending::Succeeded => {
                let properties = Self::properties(&source, &run, request.properties.get("Trigger"));
                Ok(done(source.join("|"), properties))
            }
            Ending::Failed => Err(failed(&run, C::LOGS)),
        }
    }

    async fn list(&self, clients: &Clients, request: ListRequest) -> Result<ListResponse, Failure> {
        let (sources, next) = self.0.sources(clients, request).await?;
        let mut identifiers = Vec::new();
        for source in sources {
            if !self.0.runs(clients, &source).await?.is_empty() {
                identifiers.push(source.join("|"));
            }
        }
        Ok(ListResponse { identifiers, next })
    }

    async fn recover(&self, clients: &Clients, request: RecoverRequest) -> Result<Recovered, Failure> {
        let source = match &request.identifier {
            Some(identifier) => Self::from_identifier(identifier)?,
            None => Self::from_properties(&request.properties)?,
        };
        let running = match self.running(clients, &source).await {
            Err(failure) if failure.code == FailureCode::NotFound => return Ok(Recovered::Absent),
            running => running?,
        };
        let identifier = source.join("|");
        Ok(match (request.operation, running) {
            (Operation::Create | Operation::Update, Some(run)) => {
                let handle = Handle { execution: run.execution, polls: 0 };
                match Self::pending(&source, handle, &run.status)? {
                    Progress::Pending(pending) => Recovered::Pending(pending),
                    Progress::Done(_) | Progress::Failed(_) => Recovered::Repeat,
                }
            }
            // Whether a run that has ended was this one cannot be told, and need not be: another one does no harm.
            (Operation::Create, None) => Recovered::Repeat,
            (Operation::Update, None) | (Operation::Delete, Some(_)) => Recovered::Exists { identifier },
            (Operation::Delete, None) => Recovered::Absent,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Nothing;

    #[async_trait]
    impl Connector for Nothing {
        const TYPE: &'static [&'static str] = &["Charter::Test::Sync"];
        const PARTS: &'static [&'static str] = &["IndexId", "DataSourceId"];
        const LOGS: &'static str = "its log";

        async fn runs(&self, _clients: &Clients, _source: &[String]) -> Result<Vec<Run>, Failure> {
            Ok(Vec::new())
        }

        async fn start(&self, _clients: &Clients, _source: &[String]) -> Result<Option<String>, Failure> {
            Ok(None)
        }

        async fn stop(&self, _clients: &Clients, _source: &[String]) -> Result<(), Failure> {
            Ok(())
        }

        async fn sources(
            &self,
            _clients: &Clients,
            _request: ListRequest,
        ) -> Result<(Vec<Vec<String>>, Option<String>), Failure> {
            Ok((Vec::new(), None))
        }
    }

    fn run(status: &str) -> Run {
        let counts = vec![("DocumentsAdded", Some("3".to_owned())), ("DocumentsFailed", None)];
        Run { execution: "e1".to_owned(), status: status.to_owned(), counts, ..Run::default() }
    }

    #[test]
    fn a_failed_run_says_why_and_what_it_did() {
        let refused = Run {
            error_codes: vec!["InvalidRequest".to_owned()],
            error_message: Some("connection refused".to_owned()),
            ..run("FAILED")
        };
        let said = "the sync e1 ended FAILED: InvalidRequest: connection refused; documents added 3, failed 0";
        assert_eq!(failed(&refused, "its log").message, said);
        let silent = failed(&run("FAILED"), "its log").message;
        assert!(silent.contains("the service gives no reason; its log may"), "{silent}");
    }

    #[test]
    fn counts_are_numbers_in_the_model() {
        let source = ["i".to_owned(), "d".to_owned()];
        assert_eq!(
            Value::Object(Syncs::<Nothing>::properties(&source, &run("SUCCEEDED"), Some(&"t".into()))),
            serde_json::json!({"IndexId": "i", "DataSourceId": "d", "Trigger": "t", "ExecutionId": "e1",
                "Status": "SUCCEEDED", "DocumentsAdded": 3})
        );
    }

    #[test]
    fn an_identifier_has_all_its_parts() {
        assert_eq!(Syncs::<Nothing>::from_identifier("i|d").unwrap(), ["i", "d"]);
        for text in ["i", "i|", "i|d|x"] {
            assert!(Syncs::<Nothing>::from_identifier(text).is_err(), "{text}");
        }
    }
}
