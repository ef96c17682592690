//! What a resource is examined on: a provider in one account, and what must stand there before.

use crate::shared::{REGION, Reach, object};
use charter_model::{Address, TypeName};
use charter_provider::contract::Driver;
use charter_provider::{Done, Observed};
use serde_json::Value;

/// A driver in one account of one cloud.
pub(crate) struct Ground<'a> {
    pub(crate) driver: Driver<'a>,
    pub(crate) account: &'a str,
    /// Another account of the same cloud.
    pub(crate) neighbour: Driver<'a>,
    /// Two subnets at least, in different zones.
    pub(crate) subnets: Vec<String>,
    /// For what no type of the registry makes: objects in buckets.
    pub(crate) objects: aws_sdk_s3::Client,
}

impl Ground<'_> {
    /// Makes something that the subject needs.
    pub(crate) async fn make(&self, type_name: &str, properties: Value) -> Result<Done, String> {
        Self::make_with(&self.driver, type_name, properties).await
    }

    /// Makes something in the other account.
    pub(crate) async fn make_next_door(&self, type_name: &str, properties: Value) -> Result<Done, String> {
        Self::make_with(&self.neighbour, type_name, properties).await
    }

    async fn make_with(driver: &Driver<'_>, type_name: &str, properties: Value) -> Result<Done, String> {
        let address: Address = format!("ground/{}", properties_digest(&properties)).parse().unwrap();
        let (name, properties) = (TypeName::new(type_name).unwrap(), object(properties));
        let token = driver.token();
        let made = driver.create(&address, &name, &properties, &token).await;
        made.map_err(|failure| format!("the ground, {type_name}: {failure}"))
    }

    /// What is there shows of itself under a name.
    pub(crate) async fn look(&self, type_name: &str, identifier: &str, attribute: &str) -> Result<Value, String> {
        let found = self.driver.read(&TypeName::new(type_name).unwrap(), identifier, None).await;
        match found.map_err(|failure| format!("the ground, {identifier}: {failure}"))? {
            Observed::Present { properties } => Ok(properties[attribute].clone()),
            Observed::Absent => Err(format!("the ground, {identifier} is absent")),
        }
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

/// A client for objects there.
pub(crate) fn objects(reach: &Reach) -> aws_sdk_s3::Client {
    let mut builder = aws_sdk_s3::Config::builder()
        .behavior_version_latest()
        .region(aws_sdk_s3::config::Region::new(REGION))
        .endpoint_url(&reach.endpoint)
        .credentials_provider(reach.credentials.clone())
        .force_path_style(true);
    builder.set_http_client(reach.http_client.clone());
    aws_sdk_s3::Client::from_conf(builder.build())
}
