//! A cloud with a provider for one account of it: what the contract kit and the tests beyond it stand on.

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use charter_aws::{AwsConfiguration, AwsProvider, in_process};
use charter_catalog::Catalog;
use charter_model::{AccountId, AccountName, AccountTarget, EnvironmentName, Placement, Region};
use charter_provider::Properties;
use charter_simulator::{Organization, Settings, Simulator};
use serde_json::Value;
use std::collections::BTreeMap;

/// The one account of a simulated cloud.
pub(crate) const ACCOUNT: &str = "111111111111";

/// Another account, where there are two. Its role lets the first one in.
pub(crate) const NEIGHBOUR: &str = "222222222222";

/// Where everything is, if nothing else is said.
pub(crate) const REGION: &str = "us-east-1";

/// How a cloud is reached.
pub(crate) struct Reach {
    pub(crate) endpoint: String,
    pub(crate) credentials: Credentials,
    pub(crate) http_client: Option<SharedHttpClient>,
}

/// The simulator, in process, with one account and its neighbour.
pub(crate) fn simulated(settings: Settings) -> Reach {
    simulated_with(settings, &[NEIGHBOUR])
}

/// The simulator, in process, with further accounts of the same organization.
pub(crate) fn simulated_with(settings: Settings, members: &[&str]) -> Reach {
    // For the check of every request and answer by botocore, after the tests.
    let settings = Settings { exchanges: std::env::var_os("CHARTER_EXCHANGES").map(Into::into), ..settings };
    let simulator = Simulator::open(settings, None).expect("a cloud in memory");
    let members = members.iter().map(|member| AccountId::new(*member).unwrap()).collect();
    let organization = Organization { management: AccountId::new(ACCOUNT).unwrap(), members };
    let keys = simulator.seed(&organization).unwrap();
    let http_client = in_process::http_client(move |request| {
        let cloud = simulator.clone();
        async move { cloud.handle(request).await.map_err(std::io::Error::other) }
    });
    Reach {
        endpoint: "http://127.0.0.1:4566".to_owned(),
        credentials: Credentials::new(keys.access_key_id, keys.secret_access_key, None, None, "test"),
        http_client: Some(http_client),
    }
}

/// The provider of an account there, and of its neighbour.
pub(crate) async fn provider(account: &str, region: &str, reach: &Reach) -> AwsProvider {
    let (main, neighbour) = (placement(region), next_door(region));
    provider_of(&[(main.account, account), (neighbour.account, NEIGHBOUR)], main.region, reach).await
}

/// The provider of several accounts. Credentials are of the first, unless that is the neighbour; the others are entered by their role.
pub(crate) async fn provider_of(accounts: &[(AccountName, &str)], region: Region, reach: &Reach) -> AwsProvider {
    provider_knowing(Catalog::embedded(), accounts, region, reach).await
}

/// The same, with a catalogue of its own.
pub(crate) async fn provider_knowing(
    catalog: &'static Catalog,
    accounts: &[(AccountName, &str)],
    region: Region,
    reach: &Reach,
) -> AwsProvider {
    let targets = accounts.iter().enumerate().map(|(place, (name, id))| {
        let role = (place > 0 || *id == NEIGHBOUR).then(|| charter_simulator::ACCESS_ROLE.to_owned());
        let id = AccountId::new(*id).unwrap();
        let target =
            AccountTarget { id: id.into(), role, external_id: None, profile: None, session_tags: BTreeMap::new() };
        (name.clone(), target)
    });
    let mut configuration = AwsConfiguration::new(environment(), targets.collect(), region);
    configuration.endpoint = Some(reach.endpoint.clone());
    configuration.base_credentials = Some(SharedCredentialsProvider::new(reach.credentials.clone()));
    configuration.http_client = reach.http_client.clone();
    AwsProvider::configure(configuration, catalog).await.unwrap()
}

pub(crate) fn environment() -> EnvironmentName {
    EnvironmentName::new("test").unwrap()
}

pub(crate) fn placement(region: &str) -> Placement {
    Placement { account: AccountName::new("main").unwrap(), region: Region::new(region).unwrap() }
}

/// Where the neighbour is.
pub(crate) fn next_door(region: &str) -> Placement {
    Placement { account: AccountName::new("neighbour").unwrap(), ..placement(region) }
}

/// The members of an object.
pub(crate) fn object(value: Value) -> Properties {
    value.as_object().expect("an object").clone()
}
