//! Every type that is examined, with what must stand before it.

use crate::exceptions;
use crate::ground::Ground;
use crate::planning::planned;
use crate::{
    bedrock, billing, cloud_control, datazone, iam, kendra, lake_formation, organizations, qbusiness, ram, rds,
    storage, subscriptions,
};
use charter_model::TypeName;
use charter_provider::contract::{Report, Subject, examine, judge};
use futures::future::BoxFuture;
use serde_json::Value;

/// How a type is examined. A type may have several cases: variants of it.
pub(crate) struct Case {
    pub(crate) type_name: &'static str,
    /// Makes the ground, and says what is made on it.
    pub(crate) prepare: for<'a> fn(&'a Ground<'a>) -> BoxFuture<'a, Result<Parts, String>>,
}

/// How it is made, to what it is changed (null: it cannot be), and what its listing must be told.
pub(crate) struct Parts {
    pub(crate) before: Value,
    pub(crate) after: Value,
    pub(crate) filter: Value,
}

/// All of them.
pub(crate) fn all() -> impl Iterator<Item = &'static Case> {
    [
        iam::CASES,
        rds::CASES,
        kendra::CASES,
        lake_formation::CASES,
        datazone::CASES,
        subscriptions::CASES,
        organizations::CASES,
        ram::CASES,
        storage::CASES,
        bedrock::CASES,
        billing::CASES,
        qbusiness::CASES,
        cloud_control::CASES,
    ]
    .into_iter()
    .flatten()
}

/// Whether a type has no adapter of its own.
pub(crate) fn is_by_cloud_control(type_name: &str) -> bool {
    cloud_control::CASES.iter().any(|case| case.type_name == type_name)
}

impl Case {
    /// Examines the type.
    pub(crate) async fn examine(&self, ground: &Ground<'_>) -> Report {
        let type_name = TypeName::new(self.type_name).unwrap();
        match (self.prepare)(ground).await {
            Ok(Parts { before, after, filter }) => {
                let subject = Subject::new(type_name, before, after, filter);
                examine(&ground.driver, &subject, &planned).await
            }
            Err(message) => Report::stopped(type_name, message),
        }
    }
}

/// Everything that is not as declared.
#[track_caller]
pub(crate) fn assert_kept(reports: &[Report], peer: &str) {
    let problems = judge(reports, peer, &exceptions::all());
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}
