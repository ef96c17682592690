//! The simulator as a cloud, with the provider in the account `retail`; and the life that every type must be able to live.

use crate::canned::configuration;
use crate::drive::{self, create_request, delete_request, object, read, recover_request, update_request};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use charter_aws::{AwsProvider, in_process};
use charter_catalog::Catalog;
use charter_model::{AccountId, Placement};
use charter_provider::{FailureCode, ListRequest, Observed, Operation, Properties, Provider, Recovered};
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

/// A life by the handler contract: made, read back as made, found again, changed, deleted, gone.
pub(crate) struct Life {
    pub(crate) type_name: &'static str,
    pub(crate) properties: Value,
    /// The changed properties, and what they become.
    pub(crate) change: Value,
    /// Whether the name is the user's, so that a second creation clashes.
    pub(crate) named: bool,
    /// For `list`.
    pub(crate) filter: Value,
}

/// Everything that was asked for must be there, whatever else there is.
pub(crate) fn assert_holds(observed: &Properties, asked: &Properties) {
    for (name, value) in asked {
        assert_eq!(observed.get(name), Some(value), "{name} of {observed:?}");
    }
}

impl Life {
    pub(crate) async fn run(self, cloud: &Cloud) {
        let provider = &cloud.provider;
        let request = create_request(self.type_name, place(), self.properties.clone());

        let nothing = provider.recover(recover_request(Operation::Create, &request, None)).await.unwrap();
        assert!(matches!(nothing, Recovered::Absent | Recovered::Repeat), "{nothing:?}");

        let done = drive::create(provider, request.clone()).await.unwrap();
        let identifier = done.identifier.clone();
        assert_holds(&done.properties, &request.properties);
        let schema = provider.schema(&request.type_name).unwrap();
        assert_eq!(schema.identifier_of(&done.properties).as_deref(), Some(&*identifier), "{:?}", done.properties);

        let observed = object(drive::present(read(provider, &request, &identifier).await));
        assert_eq!(observed, done.properties, "what was said to be done is what is read");

        let found = provider.recover(recover_request(Operation::Create, &request, None)).await.unwrap();
        assert_eq!(found, Recovered::Exists { identifier: identifier.clone() }, "its mark tells whose it is");

        if self.named {
            let mut again = request.clone();
            again.token = drive::token("another");
            let failure = drive::create(provider, again).await.unwrap_err();
            assert_eq!(failure.code, FailureCode::AlreadyExists, "{failure}");
            assert_eq!(failure.identifier, None);
        }

        let list = ListRequest {
            type_name: request.type_name.clone(),
            placement: place(),
            filter: object(self.filter),
            page: None,
        };
        assert!(provider.list(list).await.unwrap().identifiers.contains(&identifier));

        let change = object(self.change);
        let mut desired = request.properties.clone();
        desired.extend(change.clone());
        if !change.is_empty() {
            let names: Vec<&str> = change.keys().map(String::as_str).collect();
            let update = update_request(
                self.type_name,
                place(),
                &identifier,
                Value::Object(observed),
                Value::Object(desired.clone()),
                &names,
            );
            let updated = drive::update(provider, update).await.unwrap();
            assert_eq!(updated.identifier, identifier, "an update keeps the identifier");
            assert_holds(&updated.properties, &desired);
            let mut now = request.clone();
            now.properties = desired.clone();
            assert_eq!(object(drive::present(read(provider, &now, &identifier).await)), updated.properties);
        }

        let delete = || delete_request(self.type_name, place(), &identifier, Value::Object(desired.clone()));
        drive::delete(provider, delete()).await.unwrap();
        assert_eq!(read(provider, &request, &identifier).await, Observed::Absent);
        let failure = drive::delete(provider, delete()).await.unwrap_err();
        assert_eq!(failure.code, FailureCode::NotFound, "{failure}");
    }
}
