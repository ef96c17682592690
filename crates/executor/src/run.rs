//! What all operations of a run share.

use crate::apply::Interrupt;
use crate::emitter::Emitter;
use crate::limits::{Bucket, BucketKey, Limits};
use charter_model::{EnvironmentName, Placement, TypeName};
use charter_provider::{Failure, Provider};
use charter_state::Session;
use futures::stream::{self, StreamExt};
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::sync::watch;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep_until};

/// What calls, records and reports.
pub(crate) struct Engine<'a> {
    pub(crate) provider: &'a dyn Provider,
    pub(crate) state: &'a Session,
    pub(crate) limits: &'a Limits,
    pub(crate) emitter: &'a Emitter,
    pub(crate) environment: EnvironmentName,
    pub(crate) seed: u64,
    /// The user's wish to stop.
    pub(crate) interrupt: watch::Receiver<Interrupt>,
}

impl Engine<'_> {
    pub(crate) fn bucket(&self, placement: &Placement, type_name: &TypeName) -> Arc<Bucket> {
        self.limits.bucket(BucketKey::of(self.provider, placement, type_name))
    }
}

/// The right to be at work, one of a bounded number; given back while an operation only waits.
pub(crate) struct Slot {
    slots: Arc<Semaphore>,
    permit: Option<OwnedSemaphorePermit>,
}

impl Slot {
    /// None if all are taken.
    pub(crate) fn try_take(slots: &Arc<Semaphore>) -> Option<Self> {
        let permit = slots.clone().try_acquire_owned().ok()?;
        Some(Self { slots: slots.clone(), permit: Some(permit) })
    }

    /// One that was waited for.
    pub(crate) fn granted(slots: &Arc<Semaphore>, permit: OwnedSemaphorePermit) -> Self {
        Self { slots: slots.clone(), permit: Some(permit) }
    }

    /// Waits for one.
    pub(crate) async fn take(slots: &Arc<Semaphore>) -> Self {
        Self { slots: slots.clone(), permit: slots.clone().acquire_owned().await.ok() }
    }

    /// Waits without holding it.
    pub(crate) async fn rest_until(&mut self, moment: Instant) {
        self.permit = None;
        sleep_until(moment).await;
        self.resume().await;
    }

    /// Waits for something else without holding it.
    pub(crate) async fn rest_while<T>(&mut self, awaited: impl Future<Output = T>) -> T {
        self.permit = None;
        let result = awaited.await;
        self.resume().await;
        result
    }

    async fn resume(&mut self) {
        // The semaphore is never closed; were it, the operation would go on without a slot.
        self.permit = self.slots.clone().acquire_owned().await.ok();
    }
}

/// Checks who we are in each placement, before anything is asked or done there. Returns the placements where it is not certain.
pub(crate) async fn verify(
    provider: &dyn Provider,
    limits: &Limits,
    seed: u64,
    placements: BTreeSet<Placement>,
) -> Vec<(Placement, Failure)> {
    const AT_ONCE: usize = 16;
    stream::iter(placements.into_iter().enumerate())
        .map(|(stream, placement)| async move {
            let sure = verify_one(provider, limits, seed, stream as u64, &placement).await;
            sure.err().map(|failure| (placement, failure))
        })
        .buffered(AT_ONCE)
        .filter_map(std::future::ready)
        .collect()
        .await
}

/// Checks who we are in one placement.
pub(crate) async fn verify_one(
    provider: &dyn Provider,
    limits: &Limits,
    seed: u64,
    stream: u64,
    placement: &Placement,
) -> Result<(), Failure> {
    let bucket = limits.bucket(BucketKey { placement: placement.clone(), service: "STS".into() });
    let mut random = crate::random::Random::new(seed, stream);
    crate::call::read_with_retries(&bucket, &mut random, None, || provider.verify(placement)).await
}
