//! One operation of a plan, from its first thought to its durable result.

use crate::accounts::Made;
use crate::apply::calls;
use crate::call::{Ended, Found, Job, Request};
use crate::desired::{Values, no_longer_holds, set_at};
use crate::random::Random;
use crate::records::{
    incomplete, plain_properties, properties, ready, sealed_attributes, uncertain_update, without_secrets,
};
use crate::run::{Engine, Slot};
use crate::{OperationName, OperationResult};
use charter_catalog::{Catalog, TypeSchema};
use charter_model::{Address, Pointer, Value, content_digest};
use charter_planner::{Operation, OperationId, OperationKind};
use charter_provider::{
    CreateRequest, DEFAULT_TIMEOUT, DeleteRequest, Done, Failure, FailureCode, Observed, Operation as Mutation,
    Properties, UpdateRequest,
};
use charter_state::{Entry, Intent, IntentId, Outcome, Record, RecordStatus, Stage, StateError};
use std::collections::{BTreeSet, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// What the operations of one apply share.
pub(crate) struct Apply<'a> {
    pub(crate) engine: Engine<'a>,
    pub(crate) values: Values<'a>,
    pub(crate) catalog: &'a Catalog,
    /// The accounts that the plan makes.
    pub(crate) made: Made<'a>,
    pub(crate) run: Arc<str>,
    /// Addresses that are adopted and then updated.
    pub(crate) updated: HashSet<&'a Address>,
    /// Where an earlier run left something open. Seldom anywhere: so no operation goes through all that is open now.
    pub(crate) unsettled: HashSet<Address>,
    /// The intents of this run: whatever else is open was left by an earlier one.
    pub(crate) own: Mutex<HashSet<IntentId>>,
}

/// How an operation ended.
#[derive(Debug)]
pub(crate) struct Outcomes {
    pub(crate) identifier: Option<String>,
    pub(crate) result: OperationResult,
    /// What a deletion left behind.
    pub(crate) left_behind: Option<String>,
}

/// Either goes on, or the operation has ended already.
enum Step<T> {
    Go(T),
    End(Outcomes),
}

/// What an earlier run left of the same creation.
#[derive(Default)]
struct Earlier {
    /// The intent, still open: its call may have taken effect and not be seen yet.
    intent: Option<Intent>,
}

impl Outcomes {
    pub(crate) fn new(identifier: Option<String>, result: OperationResult) -> Self {
        Self { identifier, result, left_behind: None }
    }

    fn succeeded(identifier: Option<String>) -> Self {
        Self::new(identifier, OperationResult::Succeeded)
    }

    fn unchanged(identifier: Option<String>) -> Self {
        Self::new(identifier, OperationResult::Unchanged)
    }

    fn failed(identifier: Option<String>, failure: Failure) -> Self {
        Self::new(identifier, OperationResult::Failed { failure })
    }
}

/// The name of an operation in events.
pub(crate) fn name_of(kind: &OperationKind) -> OperationName {
    match kind {
        OperationKind::Create { .. } => OperationName::Create,
        OperationKind::Update => OperationName::Update,
        OperationKind::Delete => OperationName::Delete,
        OperationKind::DeleteDeposed { .. } => OperationName::DeleteDeposed,
        OperationKind::Adopt { .. } => OperationName::Adopt,
        OperationKind::Record { .. } => OperationName::Record,
        OperationKind::Forget => OperationName::Forget,
    }
}

impl Apply<'_> {
    /// Runs one operation. An error of the state ends the whole run.
    pub(crate) async fn run(
        &self,
        id: OperationId,
        operation: &Operation,
        mut slot: Slot,
    ) -> Result<Outcomes, StateError> {
        if calls(operation)
            && let Err(failure) = self.enter(operation, &mut slot).await?
        {
            let identifier = operation.prior.as_ref().and_then(|prior| prior.identifier.clone());
            return Ok(Outcomes::failed(identifier, failure));
        }
        match &operation.kind {
            OperationKind::Create { depose } => self.create(id, operation, *depose, &mut slot).await,
            OperationKind::Update => self.update(id, operation, &mut slot).await,
            OperationKind::Delete => self.delete(id, operation, None, &mut slot).await,
            OperationKind::DeleteDeposed { generation } => {
                self.delete(id, operation, Some(*generation), &mut slot).await
            }
            OperationKind::Adopt { identifier } => self.adopt(operation, identifier, id, &mut slot).await,
            OperationKind::Record { from } => self.record(operation, from.as_ref()).await,
            OperationKind::Forget => {
                self.engine.state.record(vec![Entry::Forget { address: operation.address.clone() }]).await?;
                Ok(Outcomes::succeeded(operation.prior.as_ref().and_then(|prior| prior.identifier.clone())))
            }
        }
    }

    async fn create(
        &self,
        id: OperationId,
        operation: &Operation,
        depose: bool,
        slot: &mut Slot,
    ) -> Result<Outcomes, StateError> {
        let begin = Instant::now();
        let (shape, next) = match self.prepare(operation) {
            Ok(prepared) => prepared,
            Err(failure) => return Ok(Outcomes::failed(None, failure)),
        };
        let earlier = match self.settle_earlier(operation, slot).await? {
            Step::Go(earlier) => earlier,
            Step::End(end) => return Ok(end),
        };
        let desired = match self.values.desired(operation, shape.as_ref()).await {
            Ok(desired) => desired,
            Err(failure) => return Ok(Outcomes::failed(None, failure)),
        };
        let request = match plain_properties(&desired.plain) {
            Ok(properties) => properties,
            Err(failure) => return Ok(Outcomes::failed(None, failure)),
        };
        let record = Record {
            identifier: None,
            inputs: desired.sealed.clone(),
            attributes: Value::empty_map(),
            status: RecordStatus::Ready,
            ..next.clone()
        };
        let mut entries = Vec::new();
        let mut intent = Intent {
            id: self.token(operation, Stage::Create, id),
            stage: Stage::Create,
            record,
            handle: None,
            deposed: None,
        };
        let uncertain = earlier.intent.is_some();
        if let Some(earlier) = earlier.intent {
            if earlier.record.inputs == intent.record.inputs {
                // The same call again: should the first one take effect after all, the service knows both by one token.
                intent.id = earlier.id;
            } else {
                let reason = "tried again with other properties".to_owned();
                entries.push(Entry::Settled { id: earlier.id, outcome: Box::new(Outcome::Unchanged { reason }) });
            }
        }
        if depose && let Some(present) = self.present(&operation.address) {
            intent.deposed = Some(present.generation);
            entries.push(Entry::Depose { address: operation.address.clone() });
        }
        let timeout = operation.timeouts.create.unwrap_or(DEFAULT_TIMEOUT);
        let mut job = self.job(id, operation, &intent, Mutation::Create, (begin, timeout), request.clone());
        job.uncertain = uncertain;
        self.open(entries, intent.clone()).await?;
        let call = Request::Create(CreateRequest {
            address: operation.address.clone(),
            type_name: operation.type_name.clone(),
            placement: operation.placement.clone(),
            properties: request,
            token: job.token(),
        });
        let ended = self.engine.call(&mut job, call, slot).await?;
        let (outcome, end) = match ended {
            Ended::Done(Done { identifier, properties, .. }) => {
                let attributes = self.sealed(properties, &desired.sealed, shape.as_ref());
                self.values.publish(&operation.address, &attributes, &desired.plain);
                let record = Box::new(ready(&intent.record, identifier.clone(), attributes));
                (Outcome::Recorded { record }, Outcomes::succeeded(Some(identifier)))
            }
            Ended::Half { identifier, properties, failure } => {
                let attributes = self.sealed(properties, &desired.sealed, shape.as_ref());
                let record = Box::new(incomplete(&intent.record, identifier.clone(), attributes, &failure));
                (Outcome::Incomplete { record }, Outcomes::failed(Some(identifier), failure))
            }
            Ended::Failed(failure) => {
                (Outcome::Unchanged { reason: failure.to_string() }, Outcomes::failed(None, advise(failure)))
            }
            Ended::Open(failure) => return Ok(Outcomes::failed(job.identifier, failure)),
        };
        self.settle(&intent.id, outcome).await?;
        Ok(end)
    }

    async fn update(&self, id: OperationId, operation: &Operation, slot: &mut Slot) -> Result<Outcomes, StateError> {
        let begin = Instant::now();
        let (shape, next) = match self.prepare(operation) {
            Ok(prepared) => prepared,
            Err(failure) => return Ok(Outcomes::failed(None, failure)),
        };
        if let Step::End(end) = self.settle_earlier(operation, slot).await? {
            return Ok(end);
        }
        let present = self.present(&operation.address).or_else(|| operation.prior.clone());
        let Some((present, identifier)) =
            present.and_then(|present| present.identifier.clone().map(|identifier| (present, identifier)))
        else {
            return Ok(Outcomes::failed(None, no_longer_holds("the resource is not recorded any more")));
        };
        let failed = |failure| Ok(Outcomes::failed(Some(identifier.clone()), failure));
        let desired = match self.values.desired(operation, shape.as_ref()).await {
            Ok(desired) => desired,
            Err(failure) => return failed(failure),
        };
        let mut random = Random::new(self.engine.seed, id as u64);
        let recorded = Some(properties(&present.attributes)).filter(|recorded| !recorded.is_empty());
        let read =
            self.engine.read(&operation.type_name, &operation.placement, &identifier, recorded, &mut random, slot);
        let observed = match read.await {
            Ok(Observed::Present { properties }) => properties,
            Ok(Observed::Absent) => return failed(no_longer_holds(&format!("{identifier} is gone"))),
            Err(failure) => return failed(failure),
        };
        let attributes = self.sealed(observed.clone(), &present.inputs, shape.as_ref());
        let record = Record {
            identifier: Some(identifier.clone()),
            inputs: desired.sealed.clone(),
            attributes: attributes.clone(),
            status: present.status.clone(),
            generation: present.generation,
            ..next.clone()
        };
        let seen = with_recorded_secrets(attributes.clone(), &present.inputs);
        let (asked, changed) =
            self.shown_differences(operation, shape.as_ref(), &seen, &desired.plain, &desired.sealed, &present.inputs);
        if changed.is_empty() {
            self.values.publish(&operation.address, &attributes, &desired.plain);
            self.engine.state.record(vec![Entry::Put { record: Box::new(record) }]).await?;
            return Ok(Outcomes::unchanged(Some(identifier)));
        }
        let request = match plain_properties(&asked) {
            Ok(properties) => properties,
            Err(failure) => return failed(failure),
        };
        let intent = Intent {
            id: self.token(operation, Stage::Update, id),
            stage: Stage::Update,
            record,
            handle: None,
            deposed: None,
        };
        let timeout = operation.timeouts.update.unwrap_or(DEFAULT_TIMEOUT);
        let mut job = self.job(id, operation, &intent, Mutation::Update, (begin, timeout), request.clone());
        self.open(Vec::new(), intent.clone()).await?;
        let call = Request::Update(UpdateRequest {
            address: operation.address.clone(),
            type_name: operation.type_name.clone(),
            placement: operation.placement.clone(),
            identifier: identifier.clone(),
            observed,
            properties: request,
            changed,
            token: job.token(),
        });
        let ended = self.engine.call(&mut job, call, slot).await?;
        let (outcome, end) = match ended {
            Ended::Done(Done { properties, .. }) => {
                let attributes = self.sealed(properties, &desired.sealed, shape.as_ref());
                self.values.publish(&operation.address, &attributes, &desired.plain);
                let record = Box::new(ready(&intent.record, identifier.clone(), attributes));
                (Outcome::Recorded { record }, Outcomes::succeeded(Some(identifier)))
            }
            Ended::Half { failure, .. } | Ended::Failed(failure) => {
                let outcome = if refused(failure.code) {
                    Outcome::Unchanged { reason: failure.to_string() }
                } else {
                    Outcome::Recorded { record: Box::new(uncertain_update(&present, &intent.record, None)) }
                };
                (outcome, Outcomes::failed(Some(identifier), advise(failure)))
            }
            Ended::Open(failure) => return Ok(Outcomes::failed(Some(identifier), failure)),
        };
        self.settle(&intent.id, outcome).await?;
        Ok(end)
    }

    /// What to ask for and the top-level properties that differ. A difference that the plan did not show is left as it is: it is
    /// ignored by the user's wish, or it came up after the plan.
    fn shown_differences(
        &self,
        operation: &Operation,
        shape: &TypeSchema,
        seen: &Value,
        plain: &Value,
        sealed: &Value,
        owned: &Value,
    ) -> (Value, Vec<Pointer>) {
        let shown = self.values.shown(&operation.address);
        let is_shown = |place: &Pointer| {
            shown.is_empty()
                || shown.iter().any(|change| change.pointer.contains(place) || place.contains(&change.pointer))
        };
        let mut asked = plain.clone();
        let mut changed = BTreeSet::new();
        for difference in shape.differences(seen, sealed, owned) {
            if is_shown(&difference.pointer) {
                changed.extend(difference.pointer.segments().first().map(|first| Pointer::root().with(first.clone())));
            } else {
                set_at(&mut asked, &difference.pointer, difference.before);
            }
        }
        (asked, changed.into_iter().collect())
    }

    async fn delete(
        &self,
        id: OperationId,
        operation: &Operation,
        deposed: Option<u32>,
        slot: &mut Slot,
    ) -> Result<Outcomes, StateError> {
        let begin = Instant::now();
        let address = &operation.address;
        if let Step::End(end) = self.settle_earlier(operation, slot).await? {
            return Ok(end);
        }
        let present = self.engine.state.read(|state| match deposed {
            Some(generation) => state.deposed_at(address, generation).cloned(),
            None => state.resources.get(address).cloned(),
        });
        let Some(present) = present else { return Ok(Outcomes::unchanged(None)) };
        let forget = match deposed {
            Some(generation) => Entry::ForgetDeposed { address: address.clone(), generation },
            None => Entry::Forget { address: address.clone() },
        };
        let Some(identifier) = present.identifier.clone() else {
            // Its creation failed before it was anything.
            self.engine.state.record(vec![forget]).await?;
            return Ok(Outcomes::succeeded(None));
        };
        if self.is_recorded_again(&present, deposed.is_some()) {
            // Where what identifies it was not known to the plan, the new one may have turned out to be the old one.
            self.engine.state.record(vec![forget]).await?;
            return Ok(Outcomes::unchanged(Some(identifier)));
        }
        let stage = if deposed.is_some() { Stage::DeleteDeposed } else { Stage::Delete };
        let recorded = match properties(&present.attributes) {
            recorded if recorded.is_empty() => properties(&present.inputs),
            recorded => recorded,
        };
        let intent =
            Intent { id: self.token(operation, stage, id), stage, record: present, handle: None, deposed: None };
        let timeout = operation.timeouts.delete.unwrap_or(DEFAULT_TIMEOUT);
        let mut job = self.job(id, operation, &intent, Mutation::Delete, (begin, timeout), recorded.clone());
        self.open(Vec::new(), intent.clone()).await?;
        let call = Request::Delete(DeleteRequest {
            address: address.clone(),
            type_name: operation.type_name.clone(),
            placement: operation.placement.clone(),
            identifier: identifier.clone(),
            recorded,
            discard_contents: self.values.plan.discard_contents,
            token: job.token(),
        });
        let (outcome, end) = match self.engine.call(&mut job, call, slot).await? {
            Ended::Done(Done { left_behind, .. }) => {
                // The plan has seen whether what it is in goes as well.
                let left_behind = left_behind.filter(|_| !operation.goes_whole);
                (Outcome::Gone, Outcomes { left_behind, ..Outcomes::succeeded(Some(identifier)) })
            }
            Ended::Half { failure, .. } | Ended::Failed(failure) => {
                (Outcome::Unchanged { reason: failure.to_string() }, Outcomes::failed(Some(identifier), failure))
            }
            Ended::Open(failure) => return Ok(Outcomes::failed(Some(identifier), failure)),
        };
        self.settle(&intent.id, outcome).await?;
        Ok(end)
    }

    async fn adopt(
        &self,
        operation: &Operation,
        identifier: &str,
        id: OperationId,
        slot: &mut Slot,
    ) -> Result<Outcomes, StateError> {
        let failed = |failure| Ok(Outcomes::failed(Some(identifier.to_owned()), failure));
        let (shape, next) = match self.prepare(operation) {
            Ok(prepared) => prepared,
            Err(failure) => return failed(failure),
        };
        let mut random = Random::new(self.engine.seed, id as u64);
        let read = self.engine.read(&operation.type_name, &operation.placement, identifier, None, &mut random, slot);
        let observed = match read.await {
            Ok(Observed::Present { properties }) => properties,
            Ok(Observed::Absent) => {
                let message = format!("{identifier} does not exist, so it cannot be adopted: check the identifier");
                return failed(Failure::new(FailureCode::NotFound, message));
            }
            Err(failure) => return failed(failure),
        };
        // What is about to be changed was not asked for yet; and a secret that was never sent must not look as if it had been.
        let (plain, inputs) = if operation.properties.is_some() && !self.updated.contains(&operation.address) {
            match self.values.desired(operation, shape.as_ref()).await {
                Ok(desired) => (desired.plain, desired.sealed),
                Err(failure) => return failed(failure),
            }
        } else {
            (Value::empty_map(), next.inputs.clone())
        };
        let attributes = self.sealed(observed, &inputs, shape.as_ref());
        self.values.publish(&operation.address, &attributes, &plain);
        let record = Record { inputs, ..ready(next, identifier.to_owned(), attributes) };
        self.engine.state.record(vec![Entry::Put { record: Box::new(record) }]).await?;
        Ok(Outcomes::succeeded(Some(identifier.to_owned())))
    }

    async fn record(&self, operation: &Operation, from: Option<&Address>) -> Result<Outcomes, StateError> {
        let Some(next) = &operation.next else {
            return Ok(Outcomes::failed(None, broken("a record")));
        };
        self.values.publish(&operation.address, &next.attributes, &next.inputs);
        let mut entries = vec![Entry::Put { record: Box::new(next.clone()) }];
        entries.extend(from.map(|from| Entry::Forget { address: from.clone() }));
        self.engine.state.record(entries).await?;
        Ok(Outcomes::succeeded(next.identifier.clone()))
    }

    /// Deals with what an earlier run left open at the address.
    async fn settle_earlier(&self, operation: &Operation, slot: &mut Slot) -> Result<Step<Earlier>, StateError> {
        if !self.unsettled.contains(&operation.address) {
            return Ok(Step::Go(Earlier::default()));
        }
        let deposed = match operation.kind {
            OperationKind::DeleteDeposed { generation } => Some(generation),
            _ => None,
        };
        let open: Vec<Intent> = self.engine.state.read(|state| {
            let own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
            state
                .open_at(&operation.address)
                .filter(|intent| !own.contains(&intent.id))
                .filter(|intent| {
                    let generation = (intent.stage == Stage::DeleteDeposed).then_some(intent.record.generation);
                    generation == deposed
                })
                .cloned()
                .collect()
        });
        let creates = matches!(operation.kind, OperationKind::Create { .. });
        let mut earlier = Earlier::default();
        for intent in open {
            if intent.stage == Stage::Create && !creates {
                // Its effect was looked for and is not there; the resource that is recorded is another one.
                continue;
            }
            let again = |what: &str| {
                let message =
                    format!("an earlier run left its {:?} open: {what}. Run the same command again", intent.stage);
                Ok(Step::End(Outcomes::failed(
                    intent.record.identifier.clone(),
                    Failure::new(FailureCode::ResourceConflict, message),
                )))
            };
            if intent.stage != Stage::Create {
                return again("what became of it is not known yet");
            }
            let job = earlier_job(&intent, self.engine.seed);
            match self.engine.find(&job, slot).await {
                Found::Absent | Found::Repeat => earlier.intent = Some(intent),
                Found::Done(_) => return again("it has shown its effect only now"),
                Found::Pending(_) => return again("it is still going on"),
                Found::Unclear(failure) => {
                    return Ok(Step::End(Outcomes::failed(intent.record.identifier.clone(), failure)));
                }
            }
        }
        Ok(Step::Go(earlier))
    }

    fn prepare<'o>(&self, operation: &'o Operation) -> Result<(Arc<TypeSchema>, &'o Record), Failure> {
        let shape = self.catalog.schema(&operation.type_name).ok_or_else(|| {
            Failure::new(FailureCode::Unsupported, format!("{} is not a known type", operation.type_name))
        })?;
        let next = operation.next.as_ref().ok_or_else(|| broken("the record that it leads to"))?;
        Ok((shape, next))
    }

    fn present(&self, address: &Address) -> Option<Record> {
        self.engine.state.read(|state| state.resources.get(address).cloned())
    }

    /// Whether another resource that stays is the very thing that a record is about: it must not be deleted with that.
    fn is_recorded_again(&self, record: &Record, is_deposed: bool) -> bool {
        let is_same = |other: &Record| {
            other.identifier == record.identifier
                && other.type_name == record.type_name
                && other.placement == record.placement
                && (is_deposed || other.address != record.address)
        };
        self.engine.state.read(|state| state.resources.values().any(is_same))
    }

    fn sealed(&self, properties: Properties, inputs: &Value, shape: &TypeSchema) -> Value {
        sealed_attributes(properties, inputs, shape.write_only(), &self.values.salt)
    }

    /// Unique over all runs, and the same whenever this run says it.
    fn token(&self, operation: &Operation, stage: Stage, id: OperationId) -> IntentId {
        content_digest(&serde_json::json!([&*self.run, operation.address.to_string(), stage, id])).into()
    }

    fn job(
        &self,
        id: OperationId,
        operation: &Operation,
        intent: &Intent,
        mutation: Mutation,
        (begin, timeout): (Instant, Duration),
        properties: Properties,
    ) -> Job {
        let journalled = match mutation {
            Mutation::Delete => without_secrets(&intent.record.attributes),
            Mutation::Create | Mutation::Update => without_secrets(&intent.record.inputs),
        };
        Job {
            address: operation.address.clone(),
            type_name: operation.type_name.clone(),
            placement: operation.placement.clone(),
            operation: mutation,
            name: name_of(&operation.kind),
            intent: intent.id.clone(),
            properties,
            without_secrets: false,
            journalled,
            identifier: intent.record.identifier.clone(),
            handle: None,
            begin,
            timeout,
            uncertain: false,
            random: Random::new(self.engine.seed, id as u64),
        }
    }

    async fn open(&self, mut entries: Vec<Entry>, intent: Intent) -> Result<(), StateError> {
        self.own.lock().unwrap_or_else(PoisonError::into_inner).insert(intent.id.clone());
        entries.push(Entry::Intent(Box::new(intent)));
        self.engine.state.record(entries).await
    }

    async fn settle(&self, id: &IntentId, outcome: Outcome) -> Result<(), StateError> {
        self.engine.state.record(vec![Entry::Settled { id: id.clone(), outcome: Box::new(outcome) }]).await
    }
}

/// The job of an intent that an earlier run left.
pub(crate) fn earlier_job(intent: &Intent, seed: u64) -> Job {
    let (operation, name) = match intent.stage {
        Stage::Create => (Mutation::Create, OperationName::Create),
        Stage::Update => (Mutation::Update, OperationName::Update),
        Stage::Delete => (Mutation::Delete, OperationName::Delete),
        Stage::DeleteDeposed => (Mutation::Delete, OperationName::DeleteDeposed),
    };
    let asked = match operation {
        Mutation::Delete => &intent.record.attributes,
        Mutation::Create | Mutation::Update => &intent.record.inputs,
    };
    let stream = intent.id.bytes().fold(0_u64, |mixed, byte| mixed.rotate_left(5) ^ u64::from(byte));
    Job {
        address: intent.address().clone(),
        type_name: intent.type_name().clone(),
        placement: intent.placement().clone(),
        operation,
        name,
        intent: intent.id.clone(),
        properties: without_secrets(asked),
        without_secrets: operation != Mutation::Delete && asked.has_secret(),
        journalled: without_secrets(asked),
        identifier: intent.record.identifier.clone(),
        handle: intent.handle.clone(),
        begin: Instant::now(),
        timeout: DEFAULT_TIMEOUT,
        uncertain: true,
        random: Random::new(seed, stream),
    }
}

/// What was sent as a secret and is not told: as far as we know, it is as it was.
fn with_recorded_secrets(observed: Value, recorded: &Value) -> Value {
    match (observed, recorded) {
        (Value::Map(mut members), Value::Map(recorded)) => {
            for (key, recorded) in recorded {
                match members.remove(key) {
                    Some(member) => {
                        members.insert(key.clone(), with_recorded_secrets(member, recorded));
                    }
                    None if matches!(recorded, Value::Secret(_)) => {
                        members.insert(key.clone(), recorded.clone());
                    }
                    None => {}
                }
            }
            Value::Map(members)
        }
        (observed, _) => observed,
    }
}

/// Whether an update that failed so changed nothing.
fn refused(code: FailureCode) -> bool {
    matches!(
        code,
        FailureCode::NotUpdatable
            | FailureCode::InvalidRequest
            | FailureCode::AccessDenied
            | FailureCode::InvalidCredentials
            | FailureCode::NotFound
            | FailureCode::Throttling
            | FailureCode::Unsupported
    )
}

/// The next step, where the service's words do not say it.
fn advise(mut failure: Failure) -> Failure {
    let advice = match failure.code {
        FailureCode::NotUpdatable => {
            "It cannot be changed in place. Set `replace: create-first` or `replace: delete-first` on the resource to have a new one \
             made, or leave the property as it is"
        }
        FailureCode::AlreadyExists => {
            "It was not made by this environment. Adopt it with `import: IDENTIFIER` on the resource, or give another name"
        }
        _ => return failure,
    };
    failure.message = format!("{}. {advice}", failure.message.trim_end_matches('.'));
    failure
}

fn broken(missing: &str) -> Failure {
    Failure::new(FailureCode::InternalFailure, format!("the plan lacks {missing} for this operation"))
}
