//! Applies a plan: begins what is ready, the longest chain first, until everything has run, failed, been skipped or been stopped.

use crate::accounts::Made;
use crate::call::Found;
use crate::desired::Values;
use crate::emitter::Emitter;
use crate::limits::{Bucket, Limits};
use crate::operation::{Apply, Outcomes, earlier_job, name_of};
use crate::records::{forget_plain, ready, sealed_attributes};
use crate::recover::bears_mark;
use crate::run::{Engine, Slot, verify};
use crate::schedule::Schedule;
use crate::secrets::{SecretResolver, Secrets};
use crate::{Event, EventKind, FailedOutput, OperationResult, RunSummary};
use charter_catalog::Catalog;
use charter_model::{Address, Evaluator, Placement, StackName, Value};
use charter_planner::{Operation, OperationId, OperationKind, Plan, Stale};
use charter_provider::{Failure, Provider};
use charter_state::{Entry, Intent, Outcome, Session, Stage, StateError};
use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, StreamExt};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::time::{Instant, sleep_until};

/// What an apply needs.
pub struct ApplyRequest<'a> {
    /// What to do. It must have been made from the state as it is now.
    pub plan: &'a Plan,
    /// Makes it real.
    pub provider: &'a dyn Provider,
    /// The state, held open.
    pub state: &'a Session,
    /// Finishes expressions.
    pub evaluator: &'a dyn Evaluator,
    /// What the types look like: the catalogue.
    pub catalog: &'a Catalog,
    /// Where secrets come from that are not in AWS.
    pub secrets: &'a dyn SecretResolver,
    /// How.
    pub options: ApplyOptions,
    /// What happens is told here.
    pub events: mpsc::UnboundedSender<Event>,
    /// The user's wish to stop.
    pub interrupt: watch::Receiver<Interrupt>,
}

/// How to apply.
#[derive(Debug, Clone)]
pub struct ApplyOptions {
    /// A random text, unlike that of any other run: tokens are made from it.
    pub run: Arc<str>,
    /// For the spread of retries.
    pub seed: u64,
    /// How many operations may be at work at the same moment; those that only wait for AWS do not count.
    pub at_work: usize,
    /// How many operations may have begun and not ended, waiting ones too.
    pub in_flight: usize,
}

impl ApplyOptions {
    /// As it suits most runs.
    pub fn new(run: impl Into<Arc<str>>, seed: u64) -> Self {
        Self { run: run.into(), seed, at_work: 64, in_flight: 4096 }
    }
}

/// How far the user wants to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Interrupt {
    /// Not at all.
    #[default]
    None,
    /// Start nothing new, finish what runs.
    Graceful,
    /// Stop now; the next run goes on with what is open.
    Now,
}

/// Why a run as a whole could not go on.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The state is not the one that the plan was made from.
    #[error(transparent)]
    Stale(#[from] Stale),
    /// It is not certain that these are the right accounts. Nothing was touched.
    #[error("could not make sure of the account {} in {}: {failure}. Nothing was touched", .placement.account, .placement.region)]
    Identity {
        /// The first of them.
        placement: Placement,
        /// Why.
        failure: Failure,
    },
    /// The plan makes no sense: a fault of whoever made it. Nothing was touched.
    #[error("the plan cannot be carried out: {0}. Make the plan again; if it happens again, report it")]
    Broken(String),
    /// The state could not be written, or its lock was lost. The run stopped at once; the next one goes on.
    #[error("{cause}")]
    State {
        /// Why.
        #[source]
        cause: StateError,
        /// What had been done until then.
        summary: Box<RunSummary>,
    },
}

/// Applies a plan. Failed operations are part of the summary; an error means that the run as a whole could not begin or go on.
///
/// Worth calling for an empty plan too: it closes what an earlier run left open and is certain to have had no effect.
pub async fn apply(request: ApplyRequest<'_>) -> Result<RunSummary, ApplyError> {
    let ApplyRequest { plan, provider, state, evaluator, catalog, secrets, options, events, interrupt } = request;
    state.read(|snapshot| plan.check_fresh(snapshot))?;
    let schedule = Schedule::new(plan, provider).map_err(ApplyError::Broken)?;
    let limits = Limits::default();
    // An account that the plan makes is entered when it is there.
    let placements = plan
        .operations
        .iter()
        .filter(|operation| calls(operation) && !plan.accounts.contains_key(&operation.placement.account))
        .map(|operation| operation.placement.clone());
    let unsure = verify(provider, &limits, options.seed, placements.collect()).await;
    if let Some((placement, failure)) = unsure.into_iter().next() {
        return Err(ApplyError::Identity { placement, failure });
    }
    let emitter = Emitter::new(events);
    let (environment, salt) = state.read(|snapshot| (snapshot.environment.clone(), snapshot.salt.clone()));
    let wish = interrupt.clone();
    let engine = Engine {
        provider,
        state,
        limits: &limits,
        emitter: &emitter,
        environment,
        seed: options.seed,
        interrupt: wish,
    };
    let secrets = Secrets::new(provider, secrets, &limits, salt.clone(), options.seed);
    let updated = plan.operations.iter().filter(|operation| operation.kind == OperationKind::Update);
    let apply = Apply {
        engine,
        values: Values::new(plan, state, evaluator, secrets, salt.to_string()),
        catalog,
        made: Made::new(&plan.accounts),
        run: options.run.clone(),
        updated: updated.map(|operation| &operation.address).collect(),
        unsettled: state.read(|state| state.open.values().map(|intent| intent.address().clone()).collect()),
        own: Mutex::new(HashSet::new()),
    };
    emitter.emit(EventKind::RunStarted { operations: plan.operations.len() });
    let mut run = Run::new(&apply, plan, schedule, &options);
    let result = run.drive(interrupt).await;
    let mut summary = run.into_summary();
    let finished = match result {
        Ok(()) => apply.finish(plan, &mut summary).await,
        Err(error) => Err(error),
    };
    match finished {
        Ok(outputs) => {
            emitter.emit(EventKind::RunFinished { summary: summary.clone(), outputs });
            Ok(summary)
        }
        Err(cause) => Err(ApplyError::State { cause, summary: Box::new(summary) }),
    }
}

/// Whether an operation calls AWS.
pub(crate) fn calls(operation: &Operation) -> bool {
    !matches!(operation.kind, OperationKind::Record { .. } | OperationKind::Forget)
}

type Running<'r> = FuturesUnordered<BoxFuture<'r, (OperationId, Result<Outcomes, StateError>)>>;

/// The loop of one run.
struct Run<'r> {
    apply: &'r Apply<'r>,
    plan: &'r Plan,
    schedule: Schedule,
    buckets: Vec<Arc<Bucket>>,
    slots: Arc<Semaphore>,
    in_flight: usize,
    running: Running<'r>,
    begun: BTreeMap<OperationId, Instant>,
    summary: RunSummary,
}

impl<'r> Run<'r> {
    fn new(apply: &'r Apply<'r>, plan: &'r Plan, schedule: Schedule, options: &ApplyOptions) -> Self {
        let buckets = schedule.buckets().iter().map(|key| apply.engine.limits.bucket(key.clone())).collect();
        Self {
            apply,
            plan,
            schedule,
            buckets,
            slots: Arc::new(Semaphore::new(options.at_work.max(1))),
            in_flight: options.in_flight.max(1),
            running: FuturesUnordered::new(),
            begun: BTreeMap::new(),
            summary: RunSummary::default(),
        }
    }

    async fn drive(&mut self, mut interrupt: watch::Receiver<Interrupt>) -> Result<(), StateError> {
        let mut lost = self.apply.engine.state.lost();
        let mut heard = true;
        let mut granted = None;
        loop {
            let wish = *interrupt.borrow_and_update();
            if wish == Interrupt::Now {
                self.summary.interrupted = true;
                return Ok(());
            }
            if wish == Interrupt::Graceful && !self.summary.interrupted {
                self.summary.interrupted = true;
                let running = self.running_addresses();
                self.apply.engine.emitter.emit(EventKind::Stopping { running });
            }
            if let Some(error) = lost.borrow_and_update().clone() {
                return Err(error);
            }
            let again = if self.summary.interrupted { None } else { self.begin_ready(granted.take()) };
            if self.running.is_empty() && (self.summary.interrupted || self.schedule.waiting() == 0) {
                return Ok(());
            }
            let wants_slot = self.wants_slot();
            let slots = self.slots.clone();
            // An interrupt or a lost lock is looked at in the next turn of the loop.
            let ended = tokio::select! {
                biased;
                changed = interrupt.changed(), if heard => {
                    heard = changed.is_ok();
                    None
                }
                _ = lost.changed() => None,
                ended = self.running.next(), if !self.running.is_empty() => ended,
                () = sleep_until(again.unwrap_or_else(Instant::now)), if again.is_some() => None,
                // What an operation gives back while it waits.
                permit = slots.clone().acquire_owned(), if wants_slot => {
                    granted = permit.ok().map(|permit| Slot::granted(&slots, permit));
                    None
                }
            };
            if let Some((id, ended)) = ended {
                self.ended(id, ended?);
            }
        }
    }

    fn wants_slot(&self) -> bool {
        !self.summary.interrupted
            && self.running.len() < self.in_flight
            && self.slots.available_permits() == 0
            && self.schedule.ready_buckets().next().is_some()
    }

    /// Begins what may begin; returns when to try again, if a bucket alone is in the way.
    fn begin_ready(&mut self, mut granted: Option<Slot>) -> Option<Instant> {
        while self.running.len() < self.in_flight {
            let slot = granted.take().or_else(|| Slot::try_take(&self.slots))?;
            let buckets = &self.buckets;
            let next =
                self.schedule.next(|bucket| buckets.get(bucket).is_some_and(|bucket| bucket.free_at().is_none()));
            let Some(id) = next else { break };
            let Some(operation) = self.plan.operations.get(id) else { continue };
            self.begun.insert(id, Instant::now());
            self.apply.engine.emitter.emit(EventKind::Started {
                address: operation.address.clone(),
                type_name: operation.type_name.clone(),
                placement: operation.placement.clone(),
                operation: name_of(&operation.kind),
            });
            let apply = self.apply;
            self.running.push(Box::pin(async move { (id, apply.run(id, operation, slot).await) }));
        }
        self.schedule.ready_buckets().filter_map(|bucket| self.buckets.get(bucket)?.free_at()).min()
    }

    fn ended(&mut self, id: OperationId, outcomes: Outcomes) {
        let begin = self.begun.remove(&id);
        let Some(operation) = self.plan.operations.get(id) else { return };
        match &outcomes.result {
            OperationResult::Succeeded => self.count(&operation.kind),
            OperationResult::Unchanged => self.summary.unchanged += 1,
            OperationResult::Failed { failure } => {
                self.summary.failed.push((operation.address.clone(), failure.clone()));
            }
            OperationResult::Skipped { .. } => {}
        }
        if let Some(what) = &outcomes.left_behind {
            self.summary.left_behind.push((operation.address.clone(), what.clone()));
        }
        let failed = matches!(outcomes.result, OperationResult::Failed { .. });
        self.finished(operation, outcomes, begin);
        if failed {
            for skipped in self.schedule.failed(id) {
                self.skip(skipped, Some(operation.address.clone()));
            }
        } else {
            self.schedule.succeeded(id);
        }
    }

    fn skip(&mut self, id: OperationId, because: Option<Address>) {
        let Some(operation) = self.plan.operations.get(id) else { return };
        self.summary.skipped.push((operation.address.clone(), because.clone()));
        let result = OperationResult::Skipped { because };
        let identifier = operation.prior.as_ref().and_then(|prior| prior.identifier.clone());
        self.finished(operation, Outcomes::new(identifier, result), None);
    }

    fn finished(&self, operation: &Operation, outcomes: Outcomes, begin: Option<Instant>) {
        self.apply.engine.emitter.emit(EventKind::Finished {
            address: operation.address.clone(),
            operation: name_of(&operation.kind),
            identifier: outcomes.identifier,
            result: outcomes.result,
            left_behind: outcomes.left_behind,
            elapsed: begin.map(|begin| begin.elapsed()).unwrap_or_default(),
        });
    }

    fn count(&mut self, kind: &OperationKind) {
        let count = match kind {
            OperationKind::Create { .. } => &mut self.summary.created,
            OperationKind::Update => &mut self.summary.updated,
            OperationKind::Delete | OperationKind::DeleteDeposed { .. } => &mut self.summary.deleted,
            OperationKind::Adopt { .. } | OperationKind::Record { .. } | OperationKind::Forget => {
                &mut self.summary.recorded
            }
        };
        *count += 1;
    }

    fn running_addresses(&self) -> Vec<Address> {
        self.begun.keys().filter_map(|id| Some(self.plan.operations.get(*id)?.address.clone())).collect()
    }

    fn into_summary(mut self) -> RunSummary {
        self.summary.unfinished = self.running_addresses();
        let not_begun: Vec<OperationId> = self.schedule.not_begun().collect();
        for id in not_begun {
            self.skip(id, None);
        }
        self.summary
    }
}

impl Apply<'_> {
    /// Closes what is left open without effect, finishes the outputs.
    async fn finish(
        &self,
        plan: &Plan,
        summary: &mut RunSummary,
    ) -> Result<BTreeMap<StackName, BTreeMap<Arc<str>, Value>>, StateError> {
        if summary.interrupted {
            return Ok(self.engine.state.read(|state| state.outputs.clone()));
        }
        self.close_leftovers(plan).await?;
        let mut all = BTreeMap::new();
        let mut entries = Vec::new();
        for (stack, planned) in &plan.outputs {
            let before = self.engine.state.read(|state| state.outputs.get(stack).cloned()).unwrap_or_default();
            let mut values = BTreeMap::new();
            for (name, output) in planned {
                match self.output(output).await {
                    Ok(Some(Value::Null)) => {}
                    Ok(Some(value)) => {
                        values.insert(name.clone(), forget_plain(value));
                    }
                    // What it depends on was not made: it stays as it was.
                    Ok(None) => values.extend(before.get(name).map(|value| (name.clone(), value.clone()))),
                    Err(failure) => {
                        let reason = failure.message;
                        summary.failed_outputs.push(FailedOutput { stack: stack.clone(), name: name.clone(), reason });
                    }
                }
            }
            if values != before {
                entries.push(Entry::Outputs { stack: stack.clone(), values: values.clone() });
            }
            all.insert(stack.clone(), values);
        }
        self.engine.state.record(entries).await?;
        Ok(all)
    }

    async fn output(&self, output: &charter_planner::PlannedOutput) -> Result<Option<Value>, Failure> {
        let secrets = self.values.secrets.of_process(&output.value);
        let value = self.values.evaluate(&output.value, secrets)?;
        Ok(value.is_known().then_some(value))
    }

    /// Creations of earlier runs that no operation of this plan took up: looked for once more, then closed.
    async fn close_leftovers(&self, plan: &Plan) -> Result<(), StateError> {
        let mut left: HashMap<Address, Vec<Intent>> = HashMap::new();
        let own: HashSet<_> = self.own.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        self.engine.state.read(|state| {
            for intent in
                state.open.values().filter(|intent| intent.stage == Stage::Create && !own.contains(&intent.id))
            {
                left.entry(intent.address().clone()).or_default().push(intent.clone());
            }
        });
        let creates: BTreeSet<&Address> = plan
            .operations
            .iter()
            .filter(|operation| matches!(operation.kind, OperationKind::Create { .. }))
            .map(|operation| &operation.address)
            .collect();
        let slots = Arc::new(Semaphore::new(1));
        for (_, intents) in left.into_iter().filter(|(address, _)| !creates.contains(address)) {
            for intent in intents {
                let job = earlier_job(&intent, self.engine.seed);
                let mut slot = Slot::take(&slots).await;
                let taken = self.engine.state.read(|state| state.resources.contains_key(intent.address()));
                let outcome = match self.engine.find(&job, &mut slot).await {
                    Found::Absent => Outcome::Unchanged { reason: "it never took effect".to_owned() },
                    // Looked for by its mark, here and before the plan was made.
                    Found::Repeat if bears_mark(self.catalog, &intent) => {
                        Outcome::Unchanged { reason: "it never took effect".to_owned() }
                    }
                    Found::Done(done) if !taken => {
                        let write_only = self.catalog.schema(intent.type_name());
                        let places = write_only.as_ref().map(|shape| shape.write_only()).unwrap_or_default();
                        let inputs = &intent.record.inputs;
                        let attributes = sealed_attributes(done.properties, inputs, places, &self.values.salt);
                        Outcome::Recorded { record: Box::new(ready(&intent.record, done.identifier, attributes)) }
                    }
                    _ => continue,
                };
                let entry = Entry::Settled { id: intent.id.clone(), outcome: Box::new(outcome) };
                self.engine.state.record(vec![entry]).await?;
            }
        }
        Ok(())
    }
}
