//! A provider whose AWS is the simulator, in process and under paused time.

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use charter_aws::in_process::http_client;
use charter_aws::{AwsConfiguration, AwsProvider};
use charter_catalog::Catalog;
use charter_model::{
    AccountId, AccountName, AccountTarget, Address, EnvironmentName, Placement, Pointer, Region, TypeName, Value,
};
use charter_provider::{
    CreateRequest, DeleteRequest, Done, Failure, FailureCode, IdempotencyToken, ListRequest, Observed, Operation,
    Progress, Properties, Provider, ReadRequest, RecoverRequest, Recovered, StatusRequest, UpdateRequest,
};
use charter_simulator::{Organization, Settings, Simulator};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// The one account.
pub(crate) const ACCOUNT: &str = "111111111111";

/// A simulated account with a provider for it.
pub(crate) struct World {
    pub(crate) provider: AwsProvider,
    region: Region,
    tokens: std::cell::Cell<u64>,
}

/// An object.
pub(crate) fn properties(value: Json) -> Properties {
    value.as_object().expect("an object").clone()
}

impl World {
    pub(crate) async fn new(settings: Settings, region: &str) -> Self {
        // For the check of every request and answer by botocore, after the tests.
        let settings = Settings { exchanges: std::env::var_os("CHARTER_EXCHANGES").map(Into::into), ..settings };
        let simulator = Simulator::open(settings, None).expect("a cloud in memory");
        let account = AccountId::new(ACCOUNT).unwrap();
        let organization = Organization { management: account.clone(), members: Vec::new() };
        let keys = simulator.seed(&organization).unwrap();
        let region = Region::new(region).unwrap();
        let target =
            AccountTarget { id: account, role: None, external_id: None, profile: None, session_tags: BTreeMap::new() };
        let accounts = BTreeMap::from([(AccountName::new("main").unwrap(), target)]);
        let mut configuration = AwsConfiguration::new(EnvironmentName::new("test").unwrap(), accounts, region.clone());
        configuration.endpoint = Some("http://127.0.0.1:4566".to_owned());
        configuration.http_client = Some(http_client(move |request| {
            let cloud = simulator.clone();
            async move { cloud.handle(request).await.map_err(std::io::Error::other) }
        }));
        let credentials = Credentials::new(keys.access_key_id, keys.secret_access_key, None, None, "test");
        configuration.base_credentials = Some(SharedCredentialsProvider::new(credentials));
        let provider = AwsProvider::configure(configuration, Catalog::embedded()).await.unwrap();
        Self { provider, region, tokens: std::cell::Cell::new(0) }
    }

    pub(crate) fn placement(&self) -> Placement {
        Placement { account: AccountName::new("main").unwrap(), region: self.region.clone() }
    }

    /// As many different tokens as there are calls of this.
    pub(crate) fn token(&self) -> IdempotencyToken {
        self.tokens.set(self.tokens.get() + 1);
        IdempotencyToken(format!("{:064x}", self.tokens.get()).into())
    }

    /// Follows an operation to its end, waiting as the engine does.
    pub(crate) async fn follow(
        &self,
        mut progress: Progress,
        operation: Operation,
        type_name: &str,
        properties: &Properties,
        token: &IdempotencyToken,
    ) -> Result<Done, Failure> {
        for _ in 0..200 {
            match progress {
                Progress::Done(done) => return Ok(done),
                Progress::Failed(failure) => return Err(failure),
                Progress::Pending(pending) => {
                    tokio::time::sleep(pending.retry_after).await;
                    let request = StatusRequest {
                        operation,
                        type_name: TypeName::new(type_name).unwrap(),
                        placement: self.placement(),
                        handle: pending.handle,
                        identifier: pending.identifier,
                        properties: properties.clone(),
                        token: token.clone(),
                    };
                    progress = self.provider.status(request).await;
                }
            }
        }
        panic!("{type_name}: it never ends");
    }

    pub(crate) async fn create_with(
        &self,
        address: &str,
        type_name: &str,
        properties: &Properties,
        token: IdempotencyToken,
    ) -> Result<Done, Failure> {
        let request = CreateRequest {
            address: address.parse().unwrap(),
            type_name: TypeName::new(type_name).unwrap(),
            placement: self.placement(),
            properties: properties.clone(),
            token: token.clone(),
        };
        let progress = self.provider.create(request).await;
        self.follow(progress, Operation::Create, type_name, properties, &token).await
    }

    /// Begins a creation and hears no more of it.
    pub(crate) async fn start(
        &self,
        properties: &Properties,
        type_name: &str,
        address: &str,
        token: &IdempotencyToken,
    ) {
        let request = CreateRequest {
            address: address.parse().unwrap(),
            type_name: TypeName::new(type_name).unwrap(),
            placement: self.placement(),
            properties: properties.clone(),
            token: token.clone(),
        };
        let progress = self.provider.create(request).await;
        assert!(matches!(progress, Progress::Pending(_)), "{progress:?}");
    }

    pub(crate) async fn create(
        &self,
        address: &str,
        type_name: &str,
        properties: &Properties,
    ) -> Result<Done, Failure> {
        self.create_with(address, type_name, properties, self.token()).await
    }

    pub(crate) async fn read(
        &self,
        type_name: &str,
        identifier: &str,
        recorded: Option<&Properties>,
    ) -> Result<Option<Properties>, Failure> {
        let request = ReadRequest {
            type_name: TypeName::new(type_name).unwrap(),
            placement: self.placement(),
            identifier: identifier.to_owned(),
            recorded: recorded.cloned(),
        };
        Ok(match self.provider.read(request).await? {
            Observed::Present { properties } => Some(properties),
            Observed::Absent => None,
        })
    }

    pub(crate) async fn update(
        &self,
        type_name: &str,
        identifier: &str,
        before: &Properties,
        after: &Properties,
    ) -> Result<Done, Failure> {
        let observed = self.read(type_name, identifier, Some(before)).await?.unwrap_or_else(|| before.clone());
        let token = self.token();
        let names = before.keys().chain(after.keys()).filter(|name| before.get(*name) != after.get(*name));
        let mut changed: Vec<Pointer> = names.map(|name| Pointer::root().key(name)).collect();
        changed.dedup();
        let request = UpdateRequest {
            address: "s/r".parse().unwrap(),
            type_name: TypeName::new(type_name).unwrap(),
            placement: self.placement(),
            identifier: identifier.to_owned(),
            observed,
            properties: after.clone(),
            changed,
            token: token.clone(),
        };
        let progress = self.provider.update(request).await;
        self.follow(progress, Operation::Update, type_name, after, &token).await
    }

    pub(crate) async fn delete(
        &self,
        type_name: &str,
        identifier: &str,
        recorded: &Properties,
        discard_contents: bool,
    ) -> Result<Done, Failure> {
        let token = self.token();
        let request = DeleteRequest {
            address: "s/r".parse().unwrap(),
            type_name: TypeName::new(type_name).unwrap(),
            placement: self.placement(),
            identifier: identifier.to_owned(),
            recorded: recorded.clone(),
            discard_contents,
            token: token.clone(),
        };
        let progress = self.provider.delete(request).await;
        self.follow(progress, Operation::Delete, type_name, recorded, &token).await
    }

    pub(crate) async fn list(&self, type_name: &str, filter: Json) -> Result<Vec<String>, Failure> {
        let mut found = Vec::new();
        let mut page = None;
        loop {
            let request = ListRequest {
                type_name: TypeName::new(type_name).unwrap(),
                placement: self.placement(),
                filter: properties(filter.clone()),
                page,
            };
            let answer = self.provider.list(request).await?;
            found.extend(answer.identifiers);
            page = answer.next;
            if page.is_none() {
                return Ok(found);
            }
        }
    }

    /// What became of a creation of which nothing was heard.
    pub(crate) async fn recover(
        &self,
        address: &str,
        type_name: &str,
        properties: &Properties,
        token: &IdempotencyToken,
    ) -> Recovered {
        let request = RecoverRequest {
            operation: Operation::Create,
            address: address.parse::<Address>().unwrap(),
            environment: EnvironmentName::new("test").unwrap(),
            type_name: TypeName::new(type_name).unwrap(),
            placement: self.placement(),
            identifier: None,
            properties: properties.clone(),
            token: token.clone(),
        };
        self.provider.recover(request).await.unwrap()
    }
}

/// Properties with the tags that the engine adds.
pub(crate) fn tagged(mut wanted: Properties, address: &str) -> Properties {
    let tags = wanted.entry("Tags").or_insert_with(|| json!([])).as_array_mut().unwrap();
    tags.push(json!({"Key": "charter:address", "Value": address}));
    tags.push(json!({"Key": "charter:environment", "Value": "test"}));
    wanted
}

/// What is there is what was asked for, as the planner compares; and nothing is null.
#[track_caller]
pub(crate) fn assert_reflects(type_name: &str, observed: &Properties, desired: &Properties) {
    let schema = Catalog::embedded().schema(&TypeName::new(type_name).unwrap()).unwrap();
    let value = |properties: &Properties| Value::from(Json::Object(properties.clone()));
    let differences = schema.differences(&value(observed), &value(desired), &value(desired));
    assert!(differences.is_empty(), "{type_name}: {differences:#?}\nobserved {observed:#?}");
    assert!(!Json::Object(observed.clone()).to_string().contains(":null"), "{observed:#?}");
}

#[track_caller]
pub(crate) fn assert_code<T: std::fmt::Debug>(result: Result<T, Failure>, code: FailureCode) -> Failure {
    let failure = result.expect_err("it must fail");
    assert_eq!(failure.code, code, "{failure}");
    failure
}
