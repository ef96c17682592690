//! Who paces calls is asked before each request that they come to, and hears what came of it: one call of the contract may be many
//! requests, and some of them may be repeated below it.

use async_trait::async_trait;
use std::future::Future;
use std::sync::Arc;

/// Paces requests.
#[async_trait]
pub trait Meter: Send + Sync {
    /// Waits until a request may be made.
    async fn turn(&self);

    /// A service answered a request: it took it, or throttled it.
    fn answered(&self, throttled: bool);
}

tokio::task_local! {
    static METER: Arc<dyn Meter>;
}

/// Does something whose requests a meter paces. A provider that starts tasks of its own is not heard from there.
pub async fn metered<F: Future>(meter: Arc<dyn Meter>, work: F) -> F::Output {
    METER.scope(meter, work).await
}

/// For providers: waits until a request may be made. Where nobody paces, at once.
pub async fn turn() {
    if let Ok(meter) = METER.try_with(Arc::clone) {
        meter.turn().await;
    }
}

/// For providers: a service answered a request.
pub fn answered(throttled: bool) {
    // Where nobody listens there is nothing to say.
    let _nobody = METER.try_with(|meter| meter.answered(throttled));
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    #[derive(Default)]
    struct Notes(Mutex<Vec<bool>>);

    #[async_trait]
    impl Meter for Notes {
        async fn turn(&self) {
            tokio::task::yield_now().await;
        }

        fn answered(&self, throttled: bool) {
            self.0.lock().unwrap().push(throttled);
        }
    }

    #[tokio::test]
    async fn who_asked_hears_of_its_own_requests_only() {
        let (one, other) = (Arc::new(Notes::default()), Arc::new(Notes::default()));
        let work = |throttled: bool| async move {
            turn().await;
            answered(throttled);
            answered(false);
        };
        tokio::join!(metered(one.clone(), work(true)), metered(other.clone(), work(false)));
        answered(true);
        assert_eq!(*one.0.lock().unwrap(), [true, false]);
        assert_eq!(*other.0.lock().unwrap(), [false, false]);
    }
}
