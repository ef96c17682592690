//! A simulated cloud in memory, with what is needed to call it: by Charter's provider, or by the bare SDK.

use crate::BenchResult;
use crate::record::{Calls, Exchange, Recorder};
use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use bytes::Bytes;
use charter_aws::in_process::http_client;
use charter_aws::{AwsConfiguration, AwsProvider};
use charter_catalog::Catalog;
use charter_model::DesiredGraph;
use charter_simulator::{Organization, Settings, Simulator, StaticCredentials};
use std::sync::Arc;

/// No socket listens there: requests go to the simulator in this process.
const ENDPOINT: &str = "http://127.0.0.1:4566";

/// A cloud of its own.
pub(crate) struct Cloud {
    simulator: Simulator,
    credentials: Credentials,
    pub(crate) calls: Arc<Calls>,
}

impl Cloud {
    pub(crate) fn new(graph: &DesiredGraph, settings: Settings) -> BenchResult<Self> {
        let simulator = Simulator::open(settings, None)?;
        let mut ids = graph.accounts.values().filter_map(|account| account.known_id().cloned());
        let management = ids.next().ok_or("no account")?;
        let StaticCredentials { access_key_id, secret_access_key } =
            simulator.seed(&Organization { management, members: ids.collect() })?;
        let credentials = Credentials::new(access_key_id, secret_access_key, None, None, "bench");
        Ok(Self { simulator, credentials, calls: Arc::default() })
    }

    /// Charter's provider for this cloud.
    pub(crate) async fn provider(&self, graph: &DesiredGraph) -> BenchResult<Recorder> {
        let mut configuration =
            AwsConfiguration::new(graph.environment.clone(), graph.accounts.clone(), graph.region.clone());
        configuration.endpoint = Some(ENDPOINT.to_owned());
        configuration.base_credentials = Some(SharedCredentialsProvider::new(self.credentials.clone()));
        configuration.http_client = Some(self.http_client());
        let provider = AwsProvider::configure(configuration, Catalog::embedded()).await;
        Ok(Recorder::new(provider.map_err(|failure| failure.to_string())?))
    }

    /// The SDK's own configuration for this cloud.
    pub(crate) async fn sdk_config(&self, graph: &DesiredGraph) -> SdkConfig {
        aws_config::defaults(BehaviorVersion::latest())
            .region(aws_config::Region::new(graph.region.to_string()))
            .endpoint_url(ENDPOINT)
            .credentials_provider(self.credentials.clone())
            // Its own client-side rate, and as much patience as Charter has.
            .retry_config(RetryConfig::adaptive().with_max_attempts(1_000))
            .http_client(self.http_client())
            .load()
            .await
    }

    /// The cloud works in tasks of its own, as it does in reality: the caller's task only waits for it.
    fn http_client(&self) -> SharedHttpClient {
        let (simulator, calls) = (self.simulator.clone(), self.calls.clone());
        http_client(move |request: http::Request<Bytes>| {
            let (simulator, calls, unit) = (simulator.clone(), calls.clone(), Calls::unit());
            async move {
                let exchange = Exchange {
                    method: request.method().clone(),
                    uri: request.uri().clone(),
                    target: request
                        .headers()
                        .get("x-amz-target")
                        .and_then(|value| Some(value.to_str().ok()?.to_owned())),
                    body: request.body().clone(),
                };
                let answer = tokio::spawn(async move { simulator.handle(request).await }).await;
                let response = answer.map_err(std::io::Error::other)?.map_err(std::io::Error::other)?;
                if is_throttle(&response) {
                    calls.throttled()
                } else {
                    calls.add(unit, exchange)
                }
                Ok(response)
            }
        })
    }
}

fn is_throttle(response: &http::Response<Bytes>) -> bool {
    let contains = |word: &[u8]| response.body().windows(word.len()).any(|part| part == word);
    response.status().is_client_error() && (contains(b"Rate exceeded") || contains(b"SlowDown"))
        || response.status() == http::StatusCode::SERVICE_UNAVAILABLE
}
