//! What a resource is examined on: a provider in one account, and what must stand there before.

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use charter_aws::{AwsConfiguration, AwsProvider};
use charter_catalog::Catalog;
use charter_model::{AccountId, AccountName, AccountTarget, Address, EnvironmentName, Placement, Region, TypeName};
use charter_provider::contract::Driver;
use charter_provider::{Done, Properties};
use serde_json::Value;
use std::collections::BTreeMap;

/// A driver in one account of one cloud.
pub(crate) struct Ground<'a> {
    pub(crate) driver: Driver<'a>,
    pub(crate) account: &'a str,
    /// Two subnets at least, in different zones.
    pub(crate) subnets: Vec<String>,
    /// For what no type of the registry makes: objects in buckets.
    pub(crate) objects: aws_sdk_s3::Client,
}

impl Ground<'_> {
    /// Makes something that the subject needs.
    pub(crate) async fn make(&self, type_name: &str, properties: Value) -> Result<Done, String> {
        let address: Address = format!("ground/{}", properties_digest(&properties)).parse().unwrap();
        let (name, properties) = (TypeName::new(type_name).unwrap(), object(properties));
        let token = self.driver.token();
        let made = self.driver.create(&address, &name, &properties, &token).await;
        made.map_err(|failure| format!("the ground, {type_name}: {failure}"))
    }

    /// Puts an object into a bucket.
    pub(crate) async fn put(&self, bucket: &str, key: &str, text: &str) -> Result<(), String> {
        let body = text.to_owned().into_bytes().into();
        self.objects
            .put_object()
            .bucket(bucket)
            .key(key)
            .body(body)
            .send()
            .await
            .map(drop)
            .map_err(|error| format!("the ground, {bucket}/{key}: {error:?}"))
    }

    /// A role that a service may assume; its ARN.
    pub(crate) async fn role(&self, name: &str, service: &str) -> Result<Value, String> {
        let role = serde_json::json!({"RoleName": name, "AssumeRolePolicyDocument": crate::iam::trust(service)});
        Ok(self.make("AWS::IAM::Role", role).await?.properties["Arn"].clone())
    }
}

fn properties_digest(properties: &Value) -> String {
    format!("n{}", &charter_model::content_digest(properties)[..12])
}

pub(crate) fn object(value: Value) -> Properties {
    value.as_object().expect("an object").clone()
}

pub(crate) fn environment() -> EnvironmentName {
    EnvironmentName::new("test").unwrap()
}

pub(crate) fn placement() -> Placement {
    Placement { account: AccountName::new("main").unwrap(), region: region() }
}

fn region() -> Region {
    Region::new("us-east-1").unwrap()
}

/// How a cloud is reached.
pub(crate) struct Reach {
    pub(crate) endpoint: String,
    pub(crate) credentials: Credentials,
    pub(crate) http_client: Option<SharedHttpClient>,
}

/// The provider of one account there.
pub(crate) async fn provider(account: &str, reach: &Reach) -> AwsProvider {
    let id = AccountId::new(account).unwrap();
    let target = AccountTarget { id, role: None, external_id: None, profile: None, session_tags: BTreeMap::new() };
    let accounts = BTreeMap::from([(AccountName::new("main").unwrap(), target)]);
    let mut configuration = AwsConfiguration::new(environment(), accounts, region());
    configuration.endpoint = Some(reach.endpoint.clone());
    configuration.base_credentials = Some(SharedCredentialsProvider::new(reach.credentials.clone()));
    configuration.http_client = reach.http_client.clone();
    AwsProvider::configure(configuration, Catalog::embedded()).await.unwrap()
}

/// A client for objects there.
pub(crate) fn objects(reach: &Reach) -> aws_sdk_s3::Client {
    let mut builder = aws_sdk_s3::Config::builder()
        .behavior_version_latest()
        .region(aws_sdk_s3::config::Region::new(region().as_str().to_owned()))
        .endpoint_url(&reach.endpoint)
        .credentials_provider(reach.credentials.clone())
        .force_path_style(true);
    builder.set_http_client(reach.http_client.clone());
    aws_sdk_s3::Client::from_conf(builder.build())
}
