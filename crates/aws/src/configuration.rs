//! What the provider must be told before it can be used.

use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use charter_model::{AccountName, AccountTarget, EnvironmentName, Region};
use std::collections::BTreeMap;

/// Accounts, region, and how to reach AWS: the environment file's part plus the seams that tests and the simulator use.
#[derive(Debug, Clone)]
pub struct AwsConfiguration {
    /// The environment; resources are marked with it.
    pub environment: EnvironmentName,
    /// The accounts by the names that the environment gives them.
    pub accounts: BTreeMap<AccountName, AccountTarget>,
    /// Where roles are assumed, and where resources go that name no region.
    pub default_region: Region,
    /// One endpoint for all services, such as the simulator's `http://127.0.0.1:4566`. None: AWS's own.
    pub endpoint: Option<String>,
    /// The transport. None: TLS by rustls with ring and the system's certificates; proxies from the environment are used
    /// unless an endpoint is given.
    pub http_client: Option<SharedHttpClient>,
    /// The credentials to start from, instead of the default chain and of the accounts' profiles.
    pub base_credentials: Option<SharedCredentialsProvider>,
    /// The name of the sessions of assumed roles, as it shows in CloudTrail: `charter-dev`.
    pub session_name: String,
}

impl AwsConfiguration {
    /// A configuration for AWS itself: default credential chain, own endpoints.
    pub fn new(
        environment: EnvironmentName,
        accounts: BTreeMap<AccountName, AccountTarget>,
        default_region: Region,
    ) -> Self {
        let session_name = format!("charter-{environment}");
        Self {
            environment,
            accounts,
            default_region,
            endpoint: None,
            http_client: None,
            base_credentials: None,
            session_name,
        }
    }
}
