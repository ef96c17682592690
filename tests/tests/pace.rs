//! A service that takes so many requests a second is not overrun, and is kept busy: what a call of the contract comes to (several
//! requests, some of them repeated) is paced, not only the call.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test")]

use charter_planner::Mode;
use charter_simulator::{CallRecord, Faults, InjectedFault, Settings};
use charter_tests::generated::{World, text};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::Instant;

/// Requests a second that a service takes.
const RATE: f64 = 10.0;

/// Roles by calls of their own, queues through Cloud Control: a hundred and twenty.
const STACK: &str = r#"
stack: paced
account: retail
resources:
  roles:
    type: AWS::IAM::Role
    forEach: KEYS
    properties: {AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: "sts:AssumeRole"}]}}
  queues: {type: AWS::SQS::Queue, forEach: KEYS, properties: {}}
"#;

#[tokio::test(start_paused = true)]
async fn a_slow_service_is_kept_busy_and_hardly_ever_throttles() {
    let keys: Vec<String> = (0..60).map(|number| format!("k{number}")).collect();
    let keys = serde_json::to_string(&keys).unwrap();
    let stack = STACK.replace("KEYS", &keys);
    let files = BTreeMap::from([
        ("environments/test.yaml".to_owned(), text::ENVIRONMENT.to_owned()),
        ("stacks/paced.yaml".to_owned(), stack),
    ]);
    let calls_per_second = BTreeMap::from([("*".to_owned(), RATE)]);
    let faults = Faults { calls_per_second, latency_milliseconds: 50, ..Faults::default() };
    let mut world = World::new(Settings { faults, ..Settings::default() }).await;
    let graph = world.load(&files).unwrap_or_else(|found| panic!("{found:#?}"));
    let session = world.open(&graph).await;
    let plan = world.plan(&session, &graph, Mode::Apply).await.unwrap();
    let begin = Instant::now();
    let applied = world.apply(&session, &plan).await.unwrap();
    let elapsed = begin.elapsed();
    assert_eq!((applied.summary.created, applied.summary.failed.len()), (120, 0));

    let of = |service: &str| -> (usize, usize) {
        let calls: Vec<&CallRecord> = applied.calls.iter().filter(|call| call.service == service).collect();
        (calls.len(), calls.iter().filter(|call| call.fault == Some(InjectedFault::Throttled)).count())
    };
    for service in ["iam", "cloudcontrol"] {
        let (calls, throttled) = of(service);
        // All sixty begin before anything is known of the rate; of what comes then, hardly any are.
        assert!(throttled < 60 + calls / 10, "{service}: {throttled} of {calls} throttled");
    }
    let taken = ["iam", "cloudcontrol"].map(|service| of(service).0 - of(service).1).into_iter().max().unwrap();
    let bound = Duration::from_secs_f64(taken as f64 / RATE);
    assert!(elapsed < bound.mul_f64(1.4), "{elapsed:?}, and no run can be faster than {bound:?}");
}
