//! `AWS::S3::BucketPolicy`. Its identifier is the bucket's name: a bucket has one policy.

use super::bucket;
use crate::clients::Clients;
use crate::convert::required;
use crate::documents::{decode_plain, same, text};
use crate::errors::{failure, service_code};
use crate::settle::{Change, Removed, Resource, if_found};
use async_trait::async_trait;
use charter_provider::{
    CreateRequest, DeleteRequest, Failure, FailureCode, ListRequest, ListResponse, Properties, RecoverRequest,
    Recovered,
};
use serde_json::Value;

pub(super) struct BucketPolicy;

#[async_trait]
impl Resource for BucketPolicy {
    const TYPE: &'static [&'static str] = &["AWS::S3::BucketPolicy"];

    async fn make(&self, clients: &Clients, request: &CreateRequest) -> Result<String, Failure> {
        let bucket: String = required(&request.properties, "Bucket")?;
        // PutBucketPolicy writes over what is there, whoever's it is.
        if get(clients, &bucket).await?.is_some() {
            let message = format!("the bucket {bucket} has a policy already: adopt it with `import: {bucket}`");
            return Err(Failure::new(FailureCode::AlreadyExists, message));
        }
        put(clients, &bucket, &request.properties).await?;
        Ok(bucket)
    }

    async fn apply(&self, change: Change<'_>) -> Result<(), Failure> {
        // Writing would bring a policy back that is gone.
        if get(change.clients, change.identifier).await?.is_none() {
            return Err(crate::progress::not_found("AWS::S3::BucketPolicy", change.identifier));
        }
        put(change.clients, change.identifier, change.desired).await
    }

    async fn read(
        &self,
        clients: &Clients,
        identifier: &str,
        _recorded: Option<&Properties>,
    ) -> Result<Option<Properties>, Failure> {
        Ok(get(clients, identifier).await?.map(|document| {
            Properties::from_iter([
                ("Bucket".to_owned(), Value::String(identifier.to_owned())),
                ("PolicyDocument".to_owned(), document),
            ])
        }))
    }

    async fn remove(&self, clients: &Clients, request: &DeleteRequest) -> Result<Removed, Failure> {
        let bucket = &request.identifier;
        // Deleting what is not there succeeds.
        if get(clients, bucket).await?.is_none() {
            return Err(crate::progress::not_found("AWS::S3::BucketPolicy", bucket));
        }
        clients.s3().delete_bucket_policy().bucket(bucket).send().await.map_err(failure)?;
        Ok(Removed::Whole)
    }

    async fn list(&self, clients: &Clients, request: &ListRequest) -> Result<ListResponse, Failure> {
        let (buckets, next) = bucket::page(clients, request.page.clone()).await?;
        let mut identifiers = Vec::new();
        for bucket in buckets {
            if get(clients, &bucket).await?.is_some() {
                identifiers.push(bucket);
            }
        }
        Ok(ListResponse { identifiers, next })
    }

    /// A policy carries no mark. One that says what was asked for is taken for what the lost call wrote: had it been there
    /// before, the call would not have been made. Any other is not ours, and repeating says so.
    async fn recover(&self, clients: &Clients, request: &RecoverRequest) -> Result<Recovered, Failure> {
        let bucket: String = required(&request.properties, "Bucket")?;
        let desired = request.properties.get("PolicyDocument").unwrap_or(&Value::Null);
        Ok(match get(clients, &bucket).await? {
            Some(found) if same(&found, desired) => Recovered::Exists { identifier: bucket },
            _ => Recovered::Absent,
        })
    }
}

async fn put(clients: &Clients, bucket: &str, properties: &Properties) -> Result<(), Failure> {
    let document = text(properties, "PolicyDocument")?;
    clients.s3().put_bucket_policy().bucket(bucket).policy(document).send().await.map(drop).map_err(failure)
}

/// The policy; none if there is none, or no such bucket.
async fn get(clients: &Clients, bucket: &str) -> Result<Option<Value>, Failure> {
    let answer = clients.s3().get_bucket_policy().bucket(bucket).send().await;
    // Some implementations answer this without the status of "not found".
    if answer.as_ref().is_err_and(|error| service_code(error) == Some("NoSuchBucketPolicy")) {
        return Ok(None);
    }
    let policy = if_found(answer.map_err(failure))?.and_then(|answer| answer.policy);
    Ok(policy.as_deref().map(decode_plain))
}
