//! How fast we may call: one bucket for each account, region and service, which all operations share. What it counts are requests, as
//! the service does: a call of the contract waits for the turn of its first request before it begins, and each further request waits
//! for its own. It has no limit until the service throttles; then it slows down below what the service was seen to take, comes back
//! to it, stays near it, and tries more the longer nothing is throttled: the cubic growth of TCP (RFC 9438), which AWS's SDKs use for
//! the same purpose (<https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html>, adaptive mode).

use crate::run::Slot;
use async_trait::async_trait;
use charter_model::{Placement, TypeName};
use charter_provider::{Failure, FailureCode, Meter, Provider, metered};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// Requests a second: never slower than this.
const SLOWEST: f64 = 0.5;
/// What is left of the rate after a throttle; as in AWS's SDKs.
const CUT: f64 = 0.7;
/// How steeply the rate grows, in requests a second for each cubed second; as in AWS's SDKs.
const STEEPNESS: f64 = 0.4;
/// By how much it grows at most each second, once it is past what the service took.
const FASTEST: f64 = 1.06;
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
    /// Requests a second; none: as many as there are.
    rate: Option<f64>,
    /// When the next request may be made.
    next: Instant,
    /// When it was last slowed down, and what the service took then, in requests a second.
    slowed: Option<(Instant, f64)>,
    /// How often it was slowed down.
    cuts: u32,
    /// Successes of the running second and of the one before: what the service takes.
    second: Instant,
    now: u32,
    before: u32,
}

impl Bucket {
    fn new() -> Self {
        let begin = Instant::now();
        Self {
            pace: Mutex::new(Pace { rate: None, next: begin, slowed: None, cuts: 0, second: begin, now: 0, before: 0 }),
        }
    }

    fn pace(&self) -> MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a turn; returns when it is, if it is not now, and at which pace it was given. Each caller has a turn of its own, so that
    /// none wakes in vain.
    fn take_turn(&self) -> Option<(Instant, u32)> {
        let mut pace = self.pace();
        let rate = pace.rate?;
        let now = Instant::now();
        let turn = pace.next.max(now);
        pace.next = turn + Duration::from_secs_f64(1.0 / rate);
        (turn > now).then_some((turn, pace.cuts))
    }

    /// Waits for its turn, without holding a slot if it has one: a service that is slow must not keep others waiting. Turns that were
    /// given before the service throttled are given again, at the new pace.
    pub(crate) async fn turn(&self, mut slot: Option<&mut Slot>) {
        while let Some((turn, cuts)) = self.take_turn() {
            match slot.as_deref_mut() {
                Some(slot) => slot.rest_until(turn).await,
                None => sleep_until(turn).await,
            }
            if self.pace().cuts == cuts {
                return;
            }
        }
    }

    /// When a call could be made; none: at once.
    pub(crate) fn free_at(&self) -> Option<Instant> {
        let pace = self.pace();
        (pace.rate.is_some() && pace.next > Instant::now()).then_some(pace.next)
    }

    /// Makes a call whose turn it is; what it comes to beyond one request waits for turns of its own. A provider that does not tell of
    /// requests is taken for one that makes one for each call; `failure` says what came of that.
    pub(crate) async fn call<T>(
        self: &Arc<Self>,
        call: impl Future<Output = T>,
        failure: impl FnOnce(&T) -> Option<&Failure>,
    ) -> T {
        let turn = Arc::new(Turn { bucket: self.clone(), is_used: AtomicBool::new(false) });
        let outcome = metered(turn.clone(), call).await;
        if !turn.is_used.load(Ordering::Relaxed) {
            turn.answered(failure(&outcome).is_some_and(|failure| failure.code == FailureCode::Throttling));
        }
        outcome
    }

    /// The service took a request.
    fn succeeded(&self) {
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

    /// The service throttled a request.
    fn throttled(&self) {
        let mut pace = self.pace();
        pace.tick();
        let now = Instant::now();
        if pace.slowed.is_some_and(|(slowed, _)| now < slowed + BURST) {
            return;
        }
        // A service that throttled took fewer requests than it was sent.
        let taken = f64::from(pace.now.max(pace.before)).max(1.0);
        let took = pace.rate.map_or(taken, |rate| rate.min(taken));
        pace.rate = Some((took * CUT).max(SLOWEST));
        pace.slowed = Some((now, took));
        pace.cuts = pace.cuts.wrapping_add(1);
        pace.next = now;
    }

    #[cfg(test)]
    pub(crate) fn rate(&self) -> Option<f64> {
        self.pace().rate
    }
}

/// A call's turn in a bucket: its first request is what the turn was for.
struct Turn {
    bucket: Arc<Bucket>,
    is_used: AtomicBool,
}

#[async_trait]
impl Meter for Turn {
    async fn turn(&self) {
        if self.is_used.swap(true, Ordering::Relaxed) {
            self.bucket.turn(None).await;
        }
    }

    fn answered(&self, throttled: bool) {
        if throttled { self.bucket.throttled() } else { self.bucket.succeeded() }
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
    use charter_provider::answered;
    use tokio::time::advance;

    /// A service that takes this many requests a second and throttles the rest. Each call comes to so many; returns how many it took
    /// and refused in a time.
    async fn call(bucket: &Arc<Bucket>, requests: u32, capacity: u32, seconds: u64) -> (u32, u32) {
        let (mut taken, mut refused) = (0, 0);
        let end = Instant::now() + Duration::from_secs(seconds);
        let (mut window, mut used) = (Instant::now(), 0);
        while Instant::now() < end {
            bucket.turn(None).await;
            let work = async {
                for _ in 0..requests {
                    charter_provider::turn().await;
                    if window.elapsed() >= Duration::from_secs(1) {
                        (window, used) = (Instant::now(), 0);
                    }
                    used += 1;
                    let takes = used <= capacity;
                    answered(!takes);
                    *(if takes { &mut taken } else { &mut refused }) += 1;
                    advance(Duration::from_millis(2)).await;
                }
            };
            bucket.call(work, |()| None).await;
        }
        (taken, refused)
    }

    #[tokio::test(start_paused = true)]
    async fn there_is_no_limit_until_the_service_throttles() {
        let bucket = Arc::new(Bucket::new());
        let begin = Instant::now();
        for _ in 0..10_000 {
            bucket.turn(None).await;
            bucket.call(async {}, |()| None).await;
        }
        assert_eq!((begin.elapsed(), bucket.rate()), (Duration::ZERO, None));
    }

    #[tokio::test(start_paused = true)]
    async fn it_settles_near_what_the_service_takes() {
        for requests in [1, 4] {
            let bucket = Arc::new(Bucket::new());
            let (taken, refused) = call(&bucket, requests, 20, 120).await;
            assert!(taken > 120 * 20 * 8 / 10, "{requests} for each call: {taken} taken");
            assert!(refused < taken / 20, "{requests} for each call: {refused} refused, {taken} taken");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn it_recovers_when_the_service_does() {
        let bucket = Arc::new(Bucket::new());
        call(&bucket, 1, 5, 30).await;
        assert!(bucket.rate().unwrap() < 30.0);
        call(&bucket, 1, 100_000, 60).await;
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
