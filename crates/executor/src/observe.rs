//! Reads what is there, before planning.

use crate::call::read_with_retries;
use crate::emitter::Emitter;
use crate::limits::{BucketKey, Limits};
use crate::random::Random;
use crate::run::verify;
use crate::{Event, EventKind};
use charter_model::Address;
use charter_planner::{Observations, ReadTarget};
use charter_provider::{Failure, Provider};
use futures::stream::{self, StreamExt};
use tokio::sync::mpsc;
use tokio::time::{Duration, Instant};

/// Reads every target, at most `concurrency` at the same moment. All failures, not the first. The identity behind each placement is
/// checked first: in the wrong account everything would look as if it were gone.
pub async fn observe(
    provider: &dyn Provider,
    targets: &[ReadTarget],
    concurrency: usize,
    events: mpsc::UnboundedSender<Event>,
) -> Result<Observations, Vec<(Address, Failure)>> {
    /// Often enough for a person, rare enough for a log.
    const BETWEEN_EVENTS: Duration = Duration::from_millis(100);
    let (limits, emitter) = (&Limits::default(), Emitter::new(events));
    let placements = targets.iter().map(|target| target.placement.clone()).collect();
    let unsure = verify(provider, limits, 0, placements).await;
    if !unsure.is_empty() {
        let because = |target: &ReadTarget| {
            let (_, failure) = unsure.iter().find(|(placement, _)| *placement == target.placement)?;
            Some((target.address.clone(), failure.clone()))
        };
        return Err(targets.iter().filter_map(because).collect());
    }
    let total = targets.len();
    emitter.emit(EventKind::Reading { done: 0, total });
    let mut reads = stream::iter(targets.iter().enumerate())
        .map(|(stream, target)| async move {
            let bucket = limits.bucket(BucketKey::of(provider, &target.placement, &target.type_name));
            let mut random = Random::new(0, stream as u64);
            (target, read_with_retries(&bucket, &mut random, None, || provider.read(target.request())).await)
        })
        .buffer_unordered(concurrency.max(1));
    let (mut found, mut failures) = (Observations::default(), Vec::new());
    let (mut done, mut told) = (0, Instant::now());
    while let Some((target, result)) = reads.next().await {
        match result {
            Ok(observed) => found.insert(target, observed),
            Err(failure) => failures.push((target.address.clone(), failure)),
        }
        done += 1;
        if done == total || told.elapsed() >= BETWEEN_EVENTS {
            told = Instant::now();
            emitter.emit(EventKind::Reading { done, total });
        }
    }
    if failures.is_empty() {
        return Ok(found);
    }
    failures.sort_by(|left, right| left.0.cmp(&right.0));
    Err(failures)
}
