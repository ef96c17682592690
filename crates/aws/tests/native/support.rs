//! A provider whose AWS is the simulator, in process and under paused time, driven as the contract kit drives it.

pub(crate) use crate::shared::{ACCOUNT, object as properties};
use crate::shared::{Reach, environment, placement, provider, provider_knowing, simulated, simulated_with};
use charter_aws::AwsProvider;
use charter_catalog::Catalog;
use charter_model::{Placement, TypeName, Value};
use charter_provider::contract::Driver;
use charter_provider::{
    CreateRequest, Done, Failure, FailureCode, IdempotencyToken, Observed, Progress, Properties, Provider, Recovered,
};
use charter_simulator::Settings;
use serde_json::{Value as Json, json};

/// A simulated account with a provider for it.
pub(crate) struct World {
    pub(crate) provider: &'static AwsProvider,
    pub(crate) driver: Driver<'static>,
}

/// A type by its name.
pub(crate) fn named(type_name: &str) -> TypeName {
    TypeName::new(type_name).unwrap()
}

impl World {
    pub(crate) async fn new(settings: Settings, region: &str) -> Self {
        Self::over(&simulated(settings), region).await
    }

    /// In an organization that nobody else is in.
    pub(crate) async fn alone(settings: Settings, region: &str) -> Self {
        Self::over(&simulated_with(settings, &[]), region).await
    }

    pub(crate) async fn over(reach: &Reach, region: &str) -> Self {
        Self::of(provider(ACCOUNT, region, reach).await, region)
    }

    /// The same cloud to a provider that goes by another catalogue.
    pub(crate) async fn knowing(catalog: &'static Catalog, reach: &Reach, region: &str) -> Self {
        let placement = placement(region);
        let accounts = [(placement.account, ACCOUNT)];
        Self::of(provider_knowing(catalog, &accounts, placement.region, reach).await, region)
    }

    fn of(provider: AwsProvider, region: &str) -> Self {
        // It lives as long as the test; so does what borrows it.
        let provider: &AwsProvider = Box::leak(Box::new(provider));
        Self { provider, driver: Driver::new(provider, placement(region), environment()) }
    }

    pub(crate) fn placement(&self) -> Placement {
        self.driver.placement.clone()
    }

    /// As many different tokens as there are calls of this.
    pub(crate) fn token(&self) -> IdempotencyToken {
        self.driver.token()
    }

    pub(crate) async fn create_with(
        &self,
        address: &str,
        type_name: &str,
        properties: &Properties,
        token: IdempotencyToken,
    ) -> Result<Done, Failure> {
        self.driver.create(&address.parse().unwrap(), &named(type_name), properties, &token).await
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
            type_name: named(type_name),
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
        Ok(match self.driver.read(&named(type_name), identifier, recorded).await? {
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
        self.driver.update(&"s/r".parse().unwrap(), &named(type_name), identifier, before, after).await
    }

    pub(crate) async fn delete(
        &self,
        type_name: &str,
        identifier: &str,
        recorded: &Properties,
        discard_contents: bool,
    ) -> Result<Done, Failure> {
        let address = "s/r".parse().unwrap();
        self.driver.delete(&address, &named(type_name), identifier, recorded, discard_contents).await
    }

    pub(crate) async fn list(&self, type_name: &str, filter: Json) -> Result<Vec<String>, Failure> {
        self.driver.list(&named(type_name), &properties(filter)).await
    }

    /// What became of a creation of which nothing was heard.
    pub(crate) async fn recover(
        &self,
        address: &str,
        type_name: &str,
        properties: &Properties,
        token: &IdempotencyToken,
    ) -> Recovered {
        self.driver.recover(&address.parse().unwrap(), &named(type_name), properties, token).await.unwrap()
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
    let schema = Catalog::embedded().schema(&named(type_name)).unwrap();
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
