//! Who repeats a failed call: the SDK for calls that only read, the engine for all others.
//!
//! The SDK would repeat any call after a lost connection or a 5xx, also a creation without a token that may already have
//! taken effect: a second `rds:CreateDBInstance` then fails with "already exists" and the first one's resource looks like
//! somebody else's. The engine knows better: it journals an intent before the call and settles it by recovery. So a call that
//! may change something is made once. A read is repeated here, since it harms nothing, and a step of several calls would
//! otherwise fail half-way for a passing fault; the engine paces these repetitions too ([`crate::metering`]).

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeSerializationInterceptorContextMut;
use aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint;
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::retry::RetryConfig;

/// How often the SDK makes a call that only reads, the first time included.
const READ_ATTEMPTS: u32 = 4;

/// How the names of operations begin that change nothing, in every service that has a client here. Source: the operations of
/// the service models in botocore 1.43; operations named otherwise (`Query`, `Retrieve`, `Select`) are not used.
const READING: &[&str] = &["Describe", "Get", "Head", "List"];

/// The configuration of all clients; [`OneAttemptUnlessReading`] narrows it.
pub(crate) fn retry_config() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(READ_ATTEMPTS)
}

/// Lets the SDK repeat only what reads.
#[derive(Debug)]
pub(crate) struct OneAttemptUnlessReading;

#[dyn_dispatch_hint]
impl Intercept for OneAttemptUnlessReading {
    fn name(&self) -> &'static str {
        "OneAttemptUnlessReading"
    }

    fn modify_before_serialization(
        &self,
        _context: &mut BeforeSerializationInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        // Without a name the call counts as one that changes something.
        let reads = config.load::<Metadata>().is_some_and(|operation| is_reading(operation.name()));
        if !reads {
            config.interceptor_state().store_put(RetryConfig::disabled());
        }
        Ok(())
    }
}

fn is_reading(operation: &str) -> bool {
    READING.iter().any(|prefix| operation.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_something_is_not_read() {
        for reading in ["DescribeDBClusters", "GetResource", "ListIndices", "HeadBucket"] {
            assert!(is_reading(reading), "{reading}");
        }
        for changing in
            ["CreateDBCluster", "ExecuteStatement", "BeginTransaction", "PutBucketPolicy", "StartDataSourceSyncJob"]
        {
            assert!(!is_reading(changing), "{changing}");
        }
    }
}
