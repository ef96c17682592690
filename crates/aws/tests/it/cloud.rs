//! The simulator as a cloud, with the provider in the account `retail`.

use crate::canned::configuration;
use crate::drive::{self, create_request, read};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use charter_aws::{AwsProvider, in_process};
use charter_catalog::Catalog;
use charter_model::{AccountId, Placement};
use charter_provider::{Observed, Properties};
use charter_simulator::{ACCESS_ROLE, Organization, Settings, Simulator};
use serde_json::Value;

pub(crate) struct Cloud {
    pub(crate) simulator: Simulator,
    pub(crate) provider: AwsProvider,
}

pub(crate) fn place() -> Placement {
    crate::canned::retail()
}

impl Cloud {
    pub(crate) async fn new() -> Self {
        Self::with(Settings::default()).await
    }

    pub(crate) async fn with(settings: Settings) -> Self {
        Self::open(settings, None).await
    }

    /// A cloud that is kept in a file.
    pub(crate) async fn open(settings: Settings, store: Option<&std::path::Path>) -> Self {
        // For the check of every request and answer by botocore, after the tests.
        let settings = Settings { exchanges: std::env::var_os("CHARTER_EXCHANGES").map(Into::into), ..settings };
        let simulator = Simulator::open(settings, store).unwrap();
        let account = |id: &str| AccountId::new(id).unwrap();
        let organization = Organization {
            management: account("111111111111"),
            members: vec![account("333333333333"), account("444444444444")],
        };
        let keys = simulator.seed(&organization).unwrap();
        let credentials = Credentials::new(keys.access_key_id, keys.secret_access_key, None, None, "simulator");
        let mut configuration = configuration();
        for target in configuration.accounts.values_mut() {
            target.role = Some(ACCESS_ROLE.into());
        }
        configuration.base_credentials = Some(SharedCredentialsProvider::new(credentials));
        let cloud = simulator.clone();
        configuration.http_client = Some(in_process::http_client(move |request| {
            let cloud = cloud.clone();
            async move { cloud.handle(request).await.map_err(std::io::Error::other) }
        }));
        let provider = AwsProvider::configure(configuration, Catalog::embedded()).await.unwrap();
        Self { simulator, provider }
    }

    /// Makes something that others need; what comes back is what it is like.
    pub(crate) async fn make(&self, type_name: &str, properties: Value) -> (String, Properties) {
        let mut request = create_request(type_name, place(), properties.clone());
        // One intent, one token.
        request.token = drive::token(&charter_model::content_digest(&serde_json::json!([type_name, properties])));
        match drive::create(&self.provider, request).await {
            Ok(done) => (done.identifier, done.properties),
            Err(failure) => panic!("{type_name}: {failure}"),
        }
    }

    /// What an identifier shows.
    pub(crate) async fn look(&self, type_name: &str, identifier: &str, recorded: Value) -> Observed {
        read(&self.provider, &create_request(type_name, place(), recorded), identifier).await
    }
}

/// Everything that was asked for must be there, whatever else there is.
pub(crate) fn assert_holds(observed: &Properties, asked: &Properties) {
    for (name, value) in asked {
        assert_eq!(observed.get(name), Some(value), "{name} of {observed:?}");
    }
}
