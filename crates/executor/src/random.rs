//! Randomness from a seed, so that a run replays.

use std::time::Duration;

/// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", OOPSLA 2014): small, and good enough for
/// spreading retries.
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    /// One stream for each purpose, so that the order in which operations run does not change what each of them draws.
    pub(crate) fn new(seed: u64, stream: u64) -> Self {
        let mut random = Self(seed ^ stream.wrapping_mul(0xD1B5_4A32_D192_ED03));
        random.next();
        random
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Full jitter: anything between nothing and the exponential backoff of this attempt, which counts from 0
    /// (<https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/>).
    pub(crate) fn backoff(&mut self, attempt: u32) -> Duration {
        const BASE: u64 = 500;
        const LONGEST: u64 = 20_000;
        let ceiling = BASE.saturating_mul(1_u64 << attempt.min(16)).min(LONGEST);
        Duration::from_millis(self.next() % (ceiling + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_draws_the_same_and_streams_differ() {
        let draw = |seed, stream| {
            let mut random = Random::new(seed, stream);
            (0..8).map(|attempt| random.backoff(attempt)).collect::<Vec<_>>()
        };
        assert_eq!(draw(1, 2), draw(1, 2));
        assert_ne!(draw(1, 2), draw(1, 3));
        assert_ne!(draw(1, 2), draw(2, 2));
    }

    #[test]
    fn backoff_grows_and_stays_bounded() {
        let mut random = Random::new(7, 0);
        for attempt in 0..40 {
            let longest = Duration::from_millis(500 << attempt.min(16)).min(Duration::from_secs(20));
            assert!(random.backoff(attempt) <= longest);
        }
    }
}
