//! One mutating call, followed to its end: turns in the bucket, retries with the same token, polling, and what to do when no answer
//! came. Never guesses: what is not certain ends as [`Ended::Open`].

use crate::apply::Interrupt;
use crate::limits::Bucket;
use crate::random::Random;
use crate::run::{Engine, Slot};
use crate::{EventKind, OperationName};
use charter_model::{Address, Placement, TypeName};
use charter_provider::{
    CreateRequest, DeleteRequest, Done, Failure, FailureCode, IdempotencyToken, Observed, Operation, Pending, Progress,
    Properties, ReadRequest, RecoverRequest, Recovered, StatusRequest, UpdateRequest,
};
use charter_state::{Entry, IntentId, StateError};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep_until, timeout_at};

/// How often a call is repeated that failed on the service's side or on the way. (Throttles and conflicts pass; for them only the
/// operation's time counts.)
const MOST_TRIES: u32 = 8;
/// How often to look for what may have been made and is not to be seen yet.
const MOST_LOOKS: u32 = 16;

/// The operation that a call belongs to.
pub(crate) struct Job {
    pub(crate) address: Address,
    pub(crate) type_name: TypeName,
    pub(crate) placement: Placement,
    pub(crate) operation: Operation,
    /// Its name in events.
    pub(crate) name: OperationName,
    pub(crate) intent: IntentId,
    /// For status requests: what was asked for, or what was recorded.
    pub(crate) properties: Properties,
    /// Whether they are without their secrets: an earlier run's are.
    pub(crate) without_secrets: bool,
    /// For look-ups: the same without secrets.
    pub(crate) journalled: Properties,
    /// As far as it is known and journalled.
    pub(crate) identifier: Option<String>,
    /// As far as it is known and journalled.
    pub(crate) handle: Option<String>,
    pub(crate) begin: Instant,
    pub(crate) timeout: Duration,
    /// Whether an earlier call of this intent may have taken effect.
    pub(crate) uncertain: bool,
    pub(crate) random: Random,
}

/// The call.
#[derive(Clone)]
pub(crate) enum Request {
    Create(CreateRequest),
    Update(UpdateRequest),
    Delete(DeleteRequest),
}

/// How it ended.
#[derive(Debug)]
pub(crate) enum Ended {
    Done(Done),
    /// Failed half-way; what stands under the identifier is not whole.
    Half {
        identifier: String,
        properties: Properties,
        failure: Failure,
    },
    /// Failed without leaving anything.
    Failed(Failure),
    /// It is not certain what became of it, or it goes on longer than it may: the intent stays open for the next run.
    Open(Failure),
}

/// What a look-up found.
#[derive(Debug)]
pub(crate) enum Found {
    Done(Done),
    Pending(Pending),
    Absent,
    Repeat,
    Unclear(Failure),
}

impl Job {
    fn deadline(&self) -> Instant {
        self.begin + self.timeout
    }

    pub(crate) fn token(&self) -> IdempotencyToken {
        IdempotencyToken(self.intent.clone())
    }

    fn out_of_time(&self, status: Option<&str>) -> Failure {
        let so_far = status.map(|status| format!(", last seen {status:?}")).unwrap_or_default();
        Failure::new(
            FailureCode::NotStabilized,
            format!(
                "not finished after {} s{so_far}. The next run goes on following it; a longer time can be given with `timeouts`",
                self.timeout.as_secs()
            ),
        )
    }
}

/// Repeats a call that changes nothing until it answers, within reason.
pub(crate) async fn read_with_retries<T, F>(
    bucket: &Arc<Bucket>,
    random: &mut Random,
    mut slot: Option<&mut Slot>,
    mut call: impl FnMut() -> F,
) -> Result<T, Failure>
where
    F: Future<Output = Result<T, Failure>>,
{
    const MOST_THROTTLES: u32 = 60;
    let (mut tries, mut throttles) = (0, 0);
    loop {
        bucket.turn(slot.as_deref_mut()).await;
        let failure = match bucket.call(call(), |answer| answer.as_ref().err()).await {
            Ok(answer) => return Ok(answer),
            Err(failure) => failure,
        };
        if failure.code == FailureCode::Throttling {
            throttles += 1;
        } else {
            tries += 1;
        }
        if !failure.code.is_retryable() || tries > MOST_TRIES || throttles > MOST_THROTTLES {
            return Err(failure);
        }
        // How often a throttled call may be made is the bucket's affair.
        let again = Instant::now() + random.backoff(tries.min(8));
        match slot.as_deref_mut() {
            Some(slot) => slot.rest_until(again).await,
            None => sleep_until(again).await,
        }
    }
}

impl Engine<'_> {
    /// Makes the call and follows it to its end. The intent is durable already.
    pub(crate) async fn call(&self, job: &mut Job, request: Request, slot: &mut Slot) -> Result<Ended, StateError> {
        let ended = self.call_until_answered(job, request, slot).await?;
        self.look_behind(job, ended, slot).await
    }

    /// Goes on following what an earlier call began.
    pub(crate) async fn resume(&self, job: &mut Job, pending: Pending, slot: &mut Slot) -> Result<Ended, StateError> {
        let ended = self.follow(job, pending, slot).await?;
        self.look_behind(job, ended, slot).await
    }

    async fn call_until_answered(&self, job: &mut Job, request: Request, slot: &mut Slot) -> Result<Ended, StateError> {
        let bucket = self.bucket(&job.placement, &job.type_name);
        let creates = job.operation == Operation::Create;
        let (mut attempt, mut hard) = (0, 0);
        loop {
            bucket.turn(Some(slot)).await;
            let call = bucket.call(self.send(request.clone()), Progress::failure);
            let Ok(progress) = timeout_at(job.deadline(), call).await else {
                return Ok(Ended::Open(job.out_of_time(None)));
            };
            let failure = match progress {
                Progress::Done(done) => return Ok(Ended::Done(done)),
                Progress::Pending(pending) => return self.follow(job, pending, slot).await,
                Progress::Failed(failure) => failure,
            };
            if job.operation == Operation::Delete && failure.code == FailureCode::NotFound {
                return Ok(gone(job));
            }
            if creates && job.uncertain && failure.code == FailureCode::AlreadyExists {
                // Ours, most likely: an earlier try of the same intent took effect.
                return self.claim(job, failure, slot).await;
            }
            if failure.identifier.is_some() || !failure.code.is_retryable() {
                // The answer is about this try only; an earlier one may still show its effect.
                let certain = !creates || !job.uncertain || failure.identifier.is_some();
                return Ok(if certain { Ended::Failed(failure) } else { Ended::Open(failure) });
            }
            let effect_open = failure.code.leaves_effect_open();
            job.uncertain |= effect_open;
            hard += u32::from(effect_open);
            if hard > MOST_TRIES || !self.pause(job, attempt, &failure, slot).await {
                return Ok(if job.uncertain { Ended::Open(failure) } else { Ended::Failed(failure) });
            }
            attempt += u32::from(failure.code != FailureCode::Throttling);
            if creates && effect_open {
                match self.find(job, slot).await {
                    Found::Done(done) => return Ok(Ended::Done(done)),
                    Found::Pending(pending) => return self.follow(job, pending, slot).await,
                    Found::Absent | Found::Repeat => {}
                    Found::Unclear(failure) => return Ok(Ended::Open(failure)),
                }
            }
        }
    }

    async fn send(&self, request: Request) -> Progress {
        match request {
            Request::Create(request) => self.provider.create(request).await,
            Request::Update(request) => self.provider.update(request).await,
            Request::Delete(request) => self.provider.delete(request).await,
        }
    }

    async fn follow(&self, job: &mut Job, mut pending: Pending, slot: &mut Slot) -> Result<Ended, StateError> {
        let bucket = self.bucket(&job.placement, &job.type_name);
        let (mut attempt, mut hard) = (0, 0);
        loop {
            self.note_progress(job, &pending).await?;
            self.emitter.emit(EventKind::Waiting {
                address: job.address.clone(),
                operation: job.name,
                identifier: job.identifier.clone(),
                status: pending.status.clone(),
                elapsed: job.begin.elapsed(),
            });
            let wait = poll_after(pending.retry_after, job.begin.elapsed());
            if Instant::now() + wait > job.deadline() {
                return Ok(Ended::Open(job.out_of_time(pending.status.as_deref())));
            }
            slot.rest_until(Instant::now() + wait).await;
            let answer = loop {
                bucket.turn(Some(slot)).await;
                let request = StatusRequest {
                    operation: job.operation,
                    type_name: job.type_name.clone(),
                    placement: job.placement.clone(),
                    handle: pending.handle.clone(),
                    identifier: job.identifier.clone(),
                    properties: job.properties.clone(),
                    without_secrets: job.without_secrets,
                    token: job.token(),
                };
                let call = bucket.call(self.provider.status(request), Progress::failure);
                let Ok(progress) = timeout_at(job.deadline(), call).await else {
                    return Ok(Ended::Open(job.out_of_time(pending.status.as_deref())));
                };
                let failure = match progress {
                    Progress::Failed(failure) => failure,
                    other => {
                        (attempt, hard) = (0, 0);
                        break other;
                    }
                };
                if failure.identifier.is_some() || !failure.code.is_retryable() {
                    break Progress::Failed(failure);
                }
                // Whether the question failed, or the operation with a passing reason, shows when it is asked again. Where the
                // look was to make what could not be made before, it may have.
                job.uncertain |= failure.code.leaves_effect_open();
                hard += u32::from(failure.code != FailureCode::Throttling);
                if hard > MOST_TRIES || !self.pause(job, attempt, &failure, slot).await {
                    return Ok(Ended::Open(failure));
                }
                attempt += u32::from(failure.code != FailureCode::Throttling);
            };
            match answer {
                Progress::Done(done) => return Ok(Ended::Done(done)),
                Progress::Pending(next) => pending = next,
                Progress::Failed(failure)
                    if failure.code == FailureCode::NotFound && job.operation == Operation::Delete =>
                {
                    return Ok(gone(job));
                }
                Progress::Failed(failure) if failure.code == FailureCode::AlreadyExists && job.uncertain => {
                    return self.claim(job, failure, slot).await;
                }
                Progress::Failed(failure) => return Ok(Ended::Failed(failure)),
            }
        }
    }

    /// A failed creation may have left something: what the failure says, or what had an identifier before it failed.
    async fn look_behind(&self, job: &Job, ended: Ended, slot: &mut Slot) -> Result<Ended, StateError> {
        let creates = job.operation == Operation::Create;
        Ok(match ended {
            // The identifier of what exists already is somebody else's: recording it would mean deleting it some day.
            Ended::Failed(failure) if !creates || failure.code == FailureCode::AlreadyExists => Ended::Failed(failure),
            Ended::Failed(failure) => match (failure.identifier.clone(), &job.identifier) {
                (Some(identifier), _) => Ended::Half { identifier, properties: Properties::new(), failure },
                // It had an identifier while it went on; a service may have told one that it never made.
                (None, Some(_)) => match self.find(job, slot).await {
                    Found::Done(done) => {
                        Ended::Half { identifier: done.identifier, properties: done.properties, failure }
                    }
                    // That it cannot be seen, or that a look at it is refused, is no answer of the service that nothing was
                    // made: it may show later.
                    Found::Absent | Found::Repeat
                        if !matches!(failure.code, FailureCode::NotFound | FailureCode::AccessDenied) =>
                    {
                        Ended::Failed(failure)
                    }
                    _ => Ended::Open(failure),
                },
                (None, None) => Ended::Failed(failure),
            },
            other => other,
        })
    }

    /// What exists already may be what an earlier try made: looks until it can be told.
    async fn claim(&self, job: &mut Job, failure: Failure, slot: &mut Slot) -> Result<Ended, StateError> {
        for attempt in 0..MOST_LOOKS {
            match self.find(job, slot).await {
                Found::Done(done) => return Ok(Ended::Done(done)),
                Found::Pending(pending) => return Box::pin(self.follow(job, pending, slot)).await,
                Found::Unclear(failure) => return Ok(Ended::Open(failure)),
                // The look-up may lag behind.
                Found::Absent | Found::Repeat => {
                    if !self.pause(job, attempt, &failure, slot).await {
                        break;
                    }
                }
            }
        }
        Ok(Ended::Open(failure))
    }

    /// Asks what became of the intent. Changes nothing.
    pub(crate) async fn find(&self, job: &Job, slot: &mut Slot) -> Found {
        let bucket = self.bucket(&job.placement, &job.type_name);
        let mut random = job.random.clone();
        let request = || RecoverRequest {
            operation: job.operation,
            address: job.address.clone(),
            environment: self.environment.clone(),
            type_name: job.type_name.clone(),
            placement: job.placement.clone(),
            identifier: job.identifier.clone(),
            properties: job.journalled.clone(),
            token: job.token(),
        };
        let answer =
            match read_with_retries(&bucket, &mut random, Some(slot), || self.provider.recover(request())).await {
                Ok(answer) => self.without_known(job, answer),
                Err(failure) => return Found::Unclear(failure),
            };
        match answer {
            Recovered::Exists { identifier } => self.read_found(job, identifier, slot).await,
            Recovered::Pending(pending) => Found::Pending(pending),
            Recovered::Absent => Found::Absent,
            Recovered::Repeat => Found::Repeat,
            Recovered::Ambiguous { candidates, reason } => Found::Unclear(Failure::new(
                FailureCode::ResourceConflict,
                format!(
                    "cannot tell which of these an interrupted operation made: {}. {reason}",
                    candidates.join(", ")
                ),
            )),
        }
    }

    /// What is recorded already was not made by an open creation: a replacement has the same tags as what it replaces.
    fn without_known(&self, job: &Job, answer: Recovered) -> Recovered {
        if job.operation != Operation::Create {
            return answer;
        }
        let is_known = |identifier: &str| {
            self.state.read(|state| {
                let deposed = state.deposed.iter().map(|deposed| &deposed.record);
                state.resources.get(&job.address).into_iter().chain(deposed).any(|record| {
                    record.type_name == job.type_name
                        && record.placement == job.placement
                        && record.identifier.as_deref() == Some(identifier)
                })
            })
        };
        match answer {
            Recovered::Exists { identifier } if is_known(&identifier) => Recovered::Absent,
            Recovered::Ambiguous { mut candidates, reason } => {
                let before = candidates.len();
                candidates.retain(|candidate| !is_known(candidate));
                match candidates.as_slice() {
                    [] if before > 0 => Recovered::Absent,
                    [identifier] if before > 1 => Recovered::Exists { identifier: identifier.clone() },
                    _ => Recovered::Ambiguous { candidates, reason },
                }
            }
            other => other,
        }
    }

    async fn read_found(&self, job: &Job, identifier: String, slot: &mut Slot) -> Found {
        let mut random = job.random.clone();
        for attempt in 0..MOST_LOOKS {
            match self
                .read(&job.type_name, &job.placement, &identifier, Some(job.journalled.clone()), &mut random, slot)
                .await
            {
                Ok(Observed::Present { properties }) => return Found::Done(Done::new(identifier, properties)),
                Ok(Observed::Absent) => slot.rest_until(Instant::now() + random.backoff(attempt)).await,
                Err(failure) => return Found::Unclear(failure),
            }
        }
        Found::Unclear(Failure::new(
            FailureCode::NotStabilized,
            format!("{identifier} was found but cannot be read yet. Run the same command again in a minute"),
        ))
    }

    /// Reads a resource.
    pub(crate) async fn read(
        &self,
        type_name: &TypeName,
        placement: &Placement,
        identifier: &str,
        recorded: Option<Properties>,
        random: &mut Random,
        slot: &mut Slot,
    ) -> Result<Observed, Failure> {
        let bucket = self.bucket(placement, type_name);
        let request = || ReadRequest {
            type_name: type_name.clone(),
            placement: placement.clone(),
            identifier: identifier.to_owned(),
            recorded: recorded.clone(),
        };
        read_with_retries(&bucket, random, Some(slot), || self.provider.read(request())).await
    }

    /// Makes durable what became known.
    async fn note_progress(&self, job: &mut Job, pending: &Pending) -> Result<(), StateError> {
        let identifier = pending.identifier.clone().filter(|identifier| job.identifier.as_ref() != Some(identifier));
        let handle = Some(pending.handle.clone()).filter(|handle| job.handle.as_ref() != Some(handle));
        if identifier.is_none() && handle.is_none() {
            return Ok(());
        }
        let entry = Entry::Progress { id: job.intent.clone(), identifier: identifier.clone(), handle: handle.clone() };
        self.state.record(vec![entry]).await?;
        job.identifier = identifier.or(job.identifier.take());
        job.handle = handle.or(job.handle.take());
        Ok(())
    }

    /// Waits before a repetition; false if there is no time left for one, or if the user wants to stop and nobody answers.
    async fn pause(&self, job: &mut Job, attempt: u32, failure: &Failure, slot: &mut Slot) -> bool {
        let after = job.random.backoff(attempt);
        let unanswered = failure.code == FailureCode::NetworkFailure;
        let stopping = *self.interrupt.borrow() != Interrupt::None;
        if Instant::now() + after >= job.deadline() || (unanswered && stopping) {
            return false;
        }
        self.emitter.emit(EventKind::Retrying {
            address: job.address.clone(),
            operation: job.name,
            failure: failure.clone(),
            after,
        });
        slot.rest_until(Instant::now() + after).await;
        true
    }
}

fn gone(job: &Job) -> Ended {
    Ended::Done(Done::new(job.identifier.clone().unwrap_or_default(), Properties::new()))
}

/// As the adapter says; but who asks for an hour need not ask every second.
fn poll_after(asked: Duration, elapsed: Duration) -> Duration {
    const SHORTEST: Duration = Duration::from_millis(50);
    const LONGEST: Duration = Duration::from_secs(10);
    asked.max(SHORTEST).max((elapsed / 50).min(LONGEST))
}
