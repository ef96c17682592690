//! Settles what an earlier run left open, before anything is planned. Never by guess.

use crate::apply::Interrupt;
use crate::call::{Ended, Found, Job, Request};
use crate::emitter::Emitter;
use crate::limits::Limits;
use crate::operation::earlier_job;
use crate::records::{incomplete, plain_properties, ready, sealed_attributes, uncertain_update};
use crate::run::{Engine, Slot, verify};
use crate::{Event, EventKind, OperationName};
use charter_catalog::Catalog;
use charter_model::{Address, EnvironmentName, Value};
use charter_provider::{CreateRequest, Done, Failure, FailureCode, Pending, Properties, Provider};
use charter_state::{Entry, Intent, Outcome, Session, Stage, StateError};
use futures::stream::{self, StreamExt};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc, watch};

/// How to recover.
#[derive(Debug, Clone, Copy, Default)]
pub struct RecoverOptions<'a> {
    /// For the spread of retries.
    pub seed: u64,
    /// The addresses that are still wanted: a creation at any other is not made again. None: all.
    pub wanted: Option<&'a BTreeSet<Address>>,
}

/// What became of what was open.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RecoveryReport {
    /// Settled, sorted by address.
    pub settled: Vec<Settlement>,
    /// Not settled: operations on these addresses will fail until it is clear what became of this.
    pub blocked: Vec<Blocked>,
}

/// One settled intent.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Settlement {
    /// Which resource.
    pub address: Address,
    /// What the run was in the middle of.
    pub operation: OperationName,
    /// What became of it, for a person.
    pub result: String,
}

/// One intent that could not be settled.
#[derive(Debug, Clone, PartialEq)]
pub struct Blocked {
    /// Which resource.
    pub address: Address,
    /// What the run was in the middle of.
    pub operation: OperationName,
    /// Why; names the candidates where there are several.
    pub failure: Failure,
}

/// Settles all open intents: follows what is still going on, looks for what gave no answer, repeats with the same token what the
/// service knows by its token. What cannot be told apart stays open and blocks its own address only.
///
/// A creation that had no effect stays open too, although it counts as settled: a service may show the effect late, and the next
/// creation at that address repeats the same call, or recognises what it finds.
///
/// What is wanted no longer is looked for and recorded, so that the plan deletes it; it is made again only where there is no other
/// way to find it than to ask by the token, since the type bears no mark.
pub async fn recover(
    provider: &dyn Provider,
    state: &Session,
    catalog: &Catalog,
    options: RecoverOptions<'_>,
    events: mpsc::UnboundedSender<Event>,
) -> Result<RecoveryReport, StateError> {
    const AT_ONCE: usize = 32;
    let (environment, salt, open): (EnvironmentName, Arc<str>, Vec<Intent>) =
        state.read(|state| (state.environment.clone(), state.salt.clone(), state.open.values().cloned().collect()));
    let mut report = RecoveryReport::default();
    if open.is_empty() {
        return Ok(report);
    }
    let (limits, emitter) = (Limits::default(), Emitter::new(events));
    let placements = open.iter().map(|intent| intent.placement().clone()).collect();
    let unsure: BTreeMap<_, _> = verify(provider, &limits, options.seed, placements).await.into_iter().collect();
    let (_never, interrupt) = watch::channel(Interrupt::None);
    let engine =
        Engine { provider, state, limits: &limits, emitter: &emitter, environment, seed: options.seed, interrupt };
    let recovery = &Recovery { engine, catalog, salt, wanted: options.wanted };
    let slots = &Arc::new(Semaphore::new(AT_ONCE));
    let unsure = &unsure;
    // All at once: one that goes on for an hour must not keep the others waiting.
    let mut all = stream::iter(open)
        .map(|intent| async move {
            let job = earlier_job(&intent, recovery.engine.seed);
            let (address, operation) = (job.address.clone(), job.name);
            let result = match unsure.get(intent.placement()) {
                Some(failure) => Ok(Err(failure.clone())),
                None => recovery.settle(intent, job, Slot::take(slots).await).await,
            };
            (address, operation, result)
        })
        .buffer_unordered(usize::MAX >> 1);
    while let Some((address, operation, result)) = all.next().await {
        match result? {
            Ok(result) => {
                emitter.emit(EventKind::Recovered { address: address.clone(), operation, result: result.clone() });
                report.settled.push(Settlement { address, operation, result });
            }
            Err(failure) => report.blocked.push(Blocked { address, operation, failure }),
        }
    }
    report.settled.sort();
    report.blocked.sort_by(|left, right| (&left.address, left.operation).cmp(&(&right.address, right.operation)));
    Ok(report)
}

struct Recovery<'a> {
    engine: Engine<'a>,
    catalog: &'a Catalog,
    salt: Arc<str>,
    wanted: Option<&'a BTreeSet<Address>>,
}

impl Recovery<'_> {
    /// The inner result: what became of it, or why that cannot be told.
    async fn settle(
        &self,
        intent: Intent,
        mut job: Job,
        mut slot: Slot,
    ) -> Result<Result<String, Failure>, StateError> {
        let found = match &intent.handle {
            Some(handle) => {
                let pending = Pending {
                    handle: handle.clone(),
                    identifier: job.identifier.clone(),
                    retry_after: Duration::ZERO,
                    status: None,
                };
                match self.engine.resume(&mut job, pending, &mut slot).await? {
                    // The service may have forgotten the handle: then the resource itself is asked.
                    Ended::Failed(failure) if handle_is_stale(failure.code) => self.engine.find(&job, &mut slot).await,
                    ended => return self.close(&intent, ended).await,
                }
            }
            None => self.engine.find(&job, &mut slot).await,
        };
        match found {
            Found::Done(done) => self.exists(&intent, done).await,
            Found::Pending(pending) => {
                let ended = self.engine.resume(&mut job, pending, &mut slot).await?;
                self.close(&intent, ended).await
            }
            Found::Absent => self.absent(&intent).await,
            Found::Repeat => self.repeat(&intent, job, slot).await,
            Found::Unclear(failure) => Ok(Err(failure)),
        }
    }

    /// Its result is known.
    async fn close(&self, intent: &Intent, ended: Ended) -> Result<Result<String, Failure>, StateError> {
        let (outcome, words) = match (intent.stage, ended) {
            (_, Ended::Open(failure)) => return Ok(Err(failure)),
            (Stage::Delete | Stage::DeleteDeposed, Ended::Done(done)) => {
                let words =
                    done.left_behind.map_or_else(|| "it was deleted".to_owned(), |what| format!("it was {what}"));
                (Outcome::Gone, words)
            }
            // It was brought to its end without them: whether they had been sent before is not known.
            (Stage::Update, Ended::Done(done)) if intent.record.inputs.has_secret() => {
                (self.uncertain(intent, Some(done.properties)), "it was changed".to_owned())
            }
            (Stage::Create | Stage::Update, Ended::Done(done)) => {
                let words = match intent.stage {
                    Stage::Create => format!("it was made: {}", done.identifier),
                    _ => "it was changed".to_owned(),
                };
                (self.recorded(intent, done.identifier, done.properties), words)
            }
            (Stage::Create, Ended::Half { identifier, properties, failure }) => {
                let attributes = self.sealed(intent, properties);
                let words = format!("it is half-made: {failure}");
                (
                    Outcome::Incomplete {
                        record: Box::new(incomplete(&intent.record, identifier, attributes, &failure)),
                    },
                    words,
                )
            }
            (Stage::Update, Ended::Half { failure, .. } | Ended::Failed(failure)) => {
                (self.uncertain(intent, None), format!("it failed: {failure}"))
            }
            (_, Ended::Half { failure, .. } | Ended::Failed(failure)) => {
                (Outcome::Unchanged { reason: failure.to_string() }, format!("it failed: {failure}"))
            }
        };
        self.record(intent, outcome, words).await
    }

    /// The resource is there.
    async fn exists(&self, intent: &Intent, done: Done) -> Result<Result<String, Failure>, StateError> {
        let (outcome, words) = match intent.stage {
            Stage::Create => {
                let words = format!("it was made: {}", done.identifier);
                (self.recorded(intent, done.identifier, done.properties), words)
            }
            Stage::Update => {
                let words = "it may or may not have been changed; it was read again".to_owned();
                (self.uncertain(intent, Some(done.properties)), words)
            }
            Stage::Delete | Stage::DeleteDeposed => {
                let words = "it was not deleted".to_owned();
                (Outcome::Unchanged { reason: words.clone() }, words)
            }
        };
        self.record(intent, outcome, words).await
    }

    /// The resource is not there.
    async fn absent(&self, intent: &Intent) -> Result<Result<String, Failure>, StateError> {
        match intent.stage {
            Stage::Create => self.keep_open(intent, "it was not made").await,
            Stage::Update => self.record(intent, Outcome::Gone, "it is gone".to_owned()).await,
            Stage::Delete | Stage::DeleteDeposed => {
                self.record(intent, Outcome::Gone, "it was deleted".to_owned()).await
            }
        }
    }

    /// The service knows the call by its token.
    async fn repeat(
        &self,
        intent: &Intent,
        mut job: Job,
        mut slot: Slot,
    ) -> Result<Result<String, Failure>, StateError> {
        match intent.stage {
            // Both can be asked for again at any time: the next plan does, if it is still needed.
            Stage::Update => {
                self.record(intent, self.uncertain(intent, None), "it may or may not have been changed".to_owned())
                    .await
            }
            Stage::Delete | Stage::DeleteDeposed => {
                let words = "it may not have been deleted".to_owned();
                self.record(intent, Outcome::Unchanged { reason: words.clone() }, words).await
            }
            Stage::Create if self.is_unwanted(intent) && bears_mark(self.catalog, intent) => {
                self.keep_open(intent, "it was not made, and is not wanted any more").await
            }
            Stage::Create => {
                let Ok(properties) = plain_properties(&intent.record.inputs) else {
                    // Its secrets were never written down; the apply that follows knows them.
                    return self.keep_open(intent, "it is repeated when it is applied").await;
                };
                let request = CreateRequest {
                    address: job.address.clone(),
                    type_name: job.type_name.clone(),
                    placement: job.placement.clone(),
                    properties,
                    token: job.token(),
                };
                let ended = self.engine.call(&mut job, Request::Create(request), &mut slot).await?;
                self.close(intent, ended).await
            }
        }
    }

    fn is_unwanted(&self, intent: &Intent) -> bool {
        self.wanted.is_some_and(|wanted| !wanted.contains(intent.address()))
    }

    /// No effect to be seen. What was deposed for it takes its address again; the intent itself stays, as the evidence by which a
    /// late effect is recognised.
    async fn keep_open(&self, intent: &Intent, words: &str) -> Result<Result<String, Failure>, StateError> {
        if intent.deposed.is_some() {
            let outcome = Outcome::Unchanged { reason: words.to_owned() };
            let closed = Entry::Settled { id: intent.id.clone(), outcome: Box::new(outcome) };
            let again = Intent { deposed: None, ..intent.clone() };
            self.engine.state.record(vec![closed, Entry::Intent(Box::new(again))]).await?;
        }
        Ok(Ok(words.to_owned()))
    }

    async fn record(
        &self,
        intent: &Intent,
        outcome: Outcome,
        words: String,
    ) -> Result<Result<String, Failure>, StateError> {
        let mut entries = Vec::new();
        if intent.stage == Stage::Create && self.is_taken_by_another(intent, &outcome) {
            entries.push(Entry::Depose { address: intent.address().clone() });
        }
        entries.push(Entry::Settled { id: intent.id.clone(), outcome: Box::new(outcome) });
        self.engine.state.record(entries).await?;
        Ok(Ok(words))
    }

    /// Whether another resource has the address of what was made: the old one of a replacement took it back because nothing was to
    /// be seen of the new one at first (see [`Self::keep_open`]). It must not be forgotten over the new one.
    fn is_taken_by_another(&self, intent: &Intent, outcome: &Outcome) -> bool {
        let Some(made) = outcome.record() else { return false };
        self.engine.state.read(|state| {
            let present = state.resources.get(intent.address());
            present.is_some_and(|present| present.identifier.is_some() && present.identifier != made.identifier)
        })
    }

    fn recorded(&self, intent: &Intent, identifier: String, properties: Properties) -> Outcome {
        let attributes = self.sealed(intent, properties);
        Outcome::Recorded { record: Box::new(ready(&intent.record, identifier, attributes)) }
    }

    fn uncertain(&self, intent: &Intent, properties: Option<Properties>) -> Outcome {
        let attributes = properties.map(|properties| self.sealed(intent, properties));
        let prior = self.engine.state.read(|state| state.resources.get(intent.address()).cloned());
        match prior {
            Some(prior) => Outcome::Recorded { record: Box::new(uncertain_update(&prior, &intent.record, attributes)) },
            None => Outcome::Unchanged { reason: "it is not recorded any more".to_owned() },
        }
    }

    fn sealed(&self, intent: &Intent, properties: Properties) -> Value {
        let shape = self.catalog.schema(intent.type_name());
        let write_only = shape.as_ref().map(|shape| shape.write_only()).unwrap_or_default();
        sealed_attributes(properties, &intent.record.inputs, write_only, &self.salt)
    }
}

/// Whether a resource of this type bears Charter's tags, so that it is found without its token.
pub(crate) fn bears_mark(catalog: &Catalog, intent: &Intent) -> bool {
    catalog.schema(intent.type_name()).is_some_and(|shape| shape.tagging().is_some())
}

fn handle_is_stale(code: FailureCode) -> bool {
    matches!(code, FailureCode::NotFound | FailureCode::InvalidRequest)
}
