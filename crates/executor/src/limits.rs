//! How fast we may call: one bucket for each account, region and service, which all operations share. It has no limit until the
//! service throttles; then it slows down below what the service was seen to take, comes back to it, stays near it, and tries more
//! the longer nothing is throttled: the cubic growth of TCP (RFC 9438), which AWS's SDKs use for the same purpose
//! (<https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html>, adaptive mode).

use crate::run::Slot;
use charter_model::{Placement, TypeName};
use charter_provider::Provider;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// Calls a second: never slower than this.
const SLOWEST: f64 = 0.5;
/// What is left of the rate after a throttle; as in AWS's SDKs.
const CUT: f64 = 0.7;
/// How steeply the rate grows, in calls a second for each cubed second; as in AWS's SDKs.
const STEEPNESS: f64 = 0.4;
/// By how much it grows at most each second, once it is past what the service took.
const FASTEST: f64 = 1.1;
/// A limit so high that it is none.
const UNLIMITED: f64 = 2_000.0;
/// Throttles within this time are of one burst, and slow down once.
const BURST: Duration = Duration::from_secs(1);

/// What calls share.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct BucketKey {
    pub(crate) placement: Placement,
    pub(crate) service: Arc<str>,
}

impl BucketKey {
    pub(crate) fn of(provider: &dyn Provider, placement: &Placement, type_name: &TypeName) -> Self {
        Self { placement: placement.clone(), service: provider.service(type_name) }
    }
}

/// All buckets of a run.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    buckets: Mutex<HashMap<BucketKey, Arc<Bucket>>>,
}

impl Limits {
    pub(crate) fn bucket(&self, key: BucketKey) -> Arc<Bucket> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        buckets.entry(key).or_insert_with(|| Arc::new(Bucket::new())).clone()
    }
}

/// How fast one service may be called.
#[derive(Debug)]
pub(crate) struct Bucket {
    pace: Mutex<Pace>,
}

#[derive(Debug)]
struct Pace {
    /// Calls a second; none: as many as there are.
    rate: Option<f64>,
    /// When the next call may be made.
    next: Instant,
    /// When it was last slowed down, and what the service took then, in calls a second.
    slowed: Option<(Instant, f64)>,
    /// Successes of the running second and of the one before: what the service takes.
    second: Instant,
    now: u32,
    before: u32,
}

impl Bucket {
    fn new() -> Self {
        let begin = Instant::now();
        Self { pace: Mutex::new(Pace { rate: None, next: begin, slowed: None, second: begin, now: 0, before: 0 }) }
    }

    fn pace(&self) -> MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a turn; returns when it is, if it is not now. Each caller has a turn of its own, so that none wakes in vain.
    pub(crate) fn take_turn(&self) -> Option<Instant> {
        let mut pace = self.pace();
        let rate = pace.rate?;
        let now = Instant::now();
        let turn = pace.next.max(now);
        pace.next = turn + Duration::from_secs_f64(1.0 / rate);
        (turn > now).then_some(turn)
    }

    /// Waits for its turn, without holding a slot if it has one: a service that is slow must not keep others waiting.
    pub(crate) async fn turn(&self, slot: Option<&mut Slot>) {
        match (self.take_turn(), slot) {
            (Some(turn), Some(slot)) => slot.rest_until(turn).await,
            (Some(turn), None) => sleep_until(turn).await,
            (None, _) => {}
        }
    }

    /// When a call could be made; none: at once.
    pub(crate) fn free_at(&self) -> Option<Instant> {
        let pace = self.pace();
        (pace.rate.is_some() && pace.next > Instant::now()).then_some(pace.next)
    }

    /// The service took a call.
    pub(crate) fn succeeded(&self) {
        let mut pace = self.pace();
        pace.tick();
        pace.now = pace.now.saturating_add(1);
        if let Some((since, took)) = pace.slowed
            && let Some(rate) = pace.rate
        {
            // More than twice of what it is seen to take is no finding but a guess.
            let faster = growth(took, since.elapsed()).min(2.0 * f64::from(pace.now.max(pace.before))).max(rate);
            pace.rate = (faster < UNLIMITED).then_some(faster);
        }
    }

    /// The service throttled a call.
    pub(crate) fn throttled(&self) {
        let mut pace = self.pace();
        pace.tick();
        let now = Instant::now();
        if pace.slowed.is_some_and(|(slowed, _)| now < slowed + BURST) {
            return;
        }
        // A service that throttled took fewer calls than it was sent.
        let taken = f64::from(pace.now.max(pace.before)).max(1.0);
        let took = pace.rate.map_or(taken, |rate| rate.min(taken));
        pace.rate = Some((took * CUT).max(SLOWEST));
        pace.slowed = Some((now, took));
        pace.next = pace.next.max(now);
    }

    #[cfg(test)]
    pub(crate) fn rate(&self) -> Option<f64> {
        self.pace().rate
    }
}

/// The rate so long after a throttle: from the cut back to what the service took then, flatter and flatter, and on from there.
fn growth(took: f64, elapsed: Duration) -> f64 {
    let back = (took * (1.0 - CUT) / STEEPNESS).cbrt();
    let past = elapsed.as_secs_f64() - back;
    let cubic = took + STEEPNESS * past.powi(3);
    // A slow service would be overrun by what a fast one hardly notices.
    if past > 0.0 { cubic.min(took * FASTEST.powf(past)) } else { cubic }
}

impl Pace {
    fn tick(&mut self) {
        let elapsed = self.second.elapsed();
        if elapsed >= Duration::from_secs(1) {
            self.before = if elapsed < Duration::from_secs(2) { self.now } else { 0 };
            self.now = 0;
            self.second = Instant::now();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::advance;

    /// A service that takes this many calls a second and throttles the rest; returns how many it took and refused in a time.
    async fn call(bucket: &Bucket, capacity: u32, seconds: u64) -> (u32, u32) {
        let (mut taken, mut refused) = (0, 0);
        let end = Instant::now() + Duration::from_secs(seconds);
        let (mut window, mut used) = (Instant::now(), 0);
        while Instant::now() < end {
            bucket.turn(None).await;
            if window.elapsed() >= Duration::from_secs(1) {
                (window, used) = (Instant::now(), 0);
            }
            used += 1;
            if used <= capacity {
                taken += 1;
                bucket.succeeded();
            } else {
                refused += 1;
                bucket.throttled();
            }
            advance(Duration::from_millis(2)).await;
        }
        (taken, refused)
    }

    #[tokio::test(start_paused = true)]
    async fn there_is_no_limit_until_the_service_throttles() {
        let bucket = Bucket::new();
        let begin = Instant::now();
        for _ in 0..10_000 {
            bucket.turn(None).await;
            bucket.succeeded();
        }
        assert_eq!((begin.elapsed(), bucket.rate()), (Duration::ZERO, None));
    }

    #[tokio::test(start_paused = true)]
    async fn it_settles_near_what_the_service_takes() {
        let bucket = Bucket::new();
        let (taken, refused) = call(&bucket, 20, 120).await;
        assert!(taken > 120 * 20 * 8 / 10, "{taken} calls taken");
        assert!(refused < taken / 20, "{refused} refused, {taken} taken");
    }

    #[tokio::test(start_paused = true)]
    async fn it_recovers_when_the_service_does() {
        let bucket = Bucket::new();
        call(&bucket, 5, 30).await;
        assert!(bucket.rate().unwrap() < 30.0);
        call(&bucket, 100_000, 60).await;
        assert!(bucket.rate().unwrap() > 100.0, "{:?}", bucket.rate());
    }

    #[tokio::test(start_paused = true)]
    async fn one_burst_of_throttles_slows_down_once() {
        let bucket = Bucket::new();
        (0..50).for_each(|_| bucket.succeeded());
        (0..50).for_each(|_| bucket.throttled());
        assert_eq!(bucket.rate(), Some(50.0 * CUT));
        assert!(bucket.free_at().is_none());
        bucket.turn(None).await;
        assert!(bucket.free_at().is_some());
    }
}
