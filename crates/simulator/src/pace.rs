//! How many calls a service takes: one bucket for each account, region and service, as AWS keeps them. Imports `model` only.

use charter_model::AccountId;
use std::collections::HashMap;
use tokio::time::Instant;

/// All buckets.
#[derive(Debug, Default)]
pub(crate) struct Paces {
    buckets: HashMap<(AccountId, String, String), Bucket>,
}

#[derive(Debug)]
struct Bucket {
    /// How many calls it takes now.
    left: f64,
    seen: Instant,
}

impl Paces {
    /// Whether a service takes one more call, at so many a second; a second's worth may come at once.
    pub(crate) fn takes(&mut self, account: &AccountId, region: &str, service: &str, pace: f64) -> bool {
        let most = pace.max(1.0);
        let now = Instant::now();
        let key = (account.clone(), region.to_owned(), service.to_owned());
        let bucket = self.buckets.entry(key).or_insert(Bucket { left: most, seen: now });
        bucket.left = (bucket.left + now.duration_since(bucket.seen).as_secs_f64() * pace).min(most);
        bucket.seen = now;
        let takes = bucket.left >= 1.0;
        if takes {
            bucket.left -= 1.0;
        }
        takes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test(start_paused = true)]
    async fn a_second_s_worth_comes_at_once_and_then_as_many_as_the_pace() {
        let mut paces = Paces::default();
        let (one, other) = (AccountId::new("111111111111").unwrap(), AccountId::new("222222222222").unwrap());
        let mut taken = |account, calls| (0..calls).filter(|_| paces.takes(account, "us-east-1", "iam", 5.0)).count();
        assert_eq!(taken(&one, 20), 5);
        assert_eq!(taken(&other, 20), 5);
        tokio::time::advance(Duration::from_millis(400)).await;
        assert_eq!(taken(&one, 20), 2);
        tokio::time::advance(Duration::from_secs(60)).await;
        assert_eq!(taken(&one, 20), 5);
    }
}
