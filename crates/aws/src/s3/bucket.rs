//! `AWS::S3::Bucket`: its making, its removal, and what it shows. How each property is written and read is in `settings`.

use super::settings::Setting;
use super::{attributes, contents, defaults};
use crate::clients::Clients;
use crate::convert::{get, required};
use crate::errors::{ServiceError, failure, service_code};
use crate::settle::{Change, Removed, Resource, explain_existing, if_found};
use crate::tags::{self, Owner, Tags};
use async_trait::async_trait;
use aws_sdk_s3::operation::head_bucket::{HeadBucketError, HeadBucketOutput};
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration, Tag};
use charter_model::{Pointer, Value as Desired};
use charter_provider::{
    CheckResponse, CreateRequest, DeleteRequest, Failure, FailureCode, ListRequest, ListResponse, Properties,
    RecoverRequest, Recovered,
};
use serde_json::Value;

/// Where buckets go that name no region, and where making one's own again says nothing.
const FIRST_REGION: &str = "us-east-1";

pub(super) struct Bucket;

#[async_trait]
impl Resource for Bucket {
    const TYPE: &'static [&'static str] = &["AWS::S3::Bucket"];

    /// What the adapter cannot do is said, never dropped.
    fn check(&self, desired: &Desired) -> CheckResponse {
        let names = desired.as_map().into_iter().flat_map(|members| members.keys());
        let refused = names.filter(|name| !is_supported(name)).map(|name| {
            let message = format!("{name} of a bucket is not supported by this version of Charter: leave it out");
            (Pointer::root().key(name), message)
        });
        CheckResponse { failures: refused.collect() }
    }

    async fn make(&self, clients: &Clients, request: &CreateRequest) -> Result<String, Failure> {
        let bucket: String = required(&request.properties, "BucketName")?;
        // Making a bucket that one owns succeeds in us-east-1 (S3 API Reference, "CreateBucket", BucketAlreadyOwnedByYou) and
        // would even reset its access control list. So look first.
        match head(clients, &bucket).await {
            Ok(Some(_)) => {
                let message = format!("BucketAlreadyOwnedByYou: the bucket {bucket} exists in this account");
                return Err(explain_existing(Failure::new(FailureCode::AlreadyExists, message), "bucket", &bucket));
            }
            // Another's: S3 says so better itself.
            Ok(None) => {}
            Err(failure) if failure.code == FailureCode::AccessDenied => {}
            Err(failure) => return Err(failure),
        }
        let object_lock: Option<bool> = get(&request.properties, "ObjectLockEnabled")?;
        let list: Vec<Tag> = get(&request.properties, "Tags")?.unwrap_or_default();
        let region = clients.region().as_str();
        // With its tags from the start, it can be told whose it is even if the answer gets lost.
        let mut configuration = CreateBucketConfiguration::builder().set_tags((!list.is_empty()).then_some(list));
        if region != FIRST_REGION {
            configuration = configuration.location_constraint(BucketLocationConstraint::from(region));
        }
        let configuration = configuration.build();
        let is_empty = configuration == CreateBucketConfiguration::builder().build();
        let answer = clients
            .s3()
            .create_bucket()
            .bucket(&bucket)
            .set_create_bucket_configuration((!is_empty).then_some(configuration))
            .set_object_lock_enabled_for_bucket(object_lock.filter(|enabled| *enabled))
            .send()
            .await;
        match answer {
            Ok(_) => Ok(bucket),
            Err(error) => {
                let belongs_to_another = service_code(&error) == Some("BucketAlreadyExists");
                let failure = failure(error);
                Err(if belongs_to_another {
                    let message = format!(
                        "{}. Names of buckets are shared by all accounts: choose another for {bucket}",
                        failure.message.trim_end_matches('.')
                    );
                    Failure { message, ..failure }
                } else {
                    failure
                })
            }
        }
    }

    async fn apply(&self, change: Change<'_>) -> Result<(), Failure> {
        // What cannot be is said before anything is changed, and before S3 refuses what goes with it (to pause versioning).
        let lock = Setting::ObjectLockEnabled;
        if change.has(lock.property()) && change.desired.get(lock.property()) != Some(&Value::Bool(true)) {
            return lock.write(change.clients, change.identifier, change.desired).await;
        }
        for setting in Setting::IN_ORDER {
            if change.has(setting.property()) {
                setting.write(change.clients, change.identifier, change.desired).await?;
            }
        }
        Ok(())
    }

    async fn read(
        &self,
        clients: &Clients,
        identifier: &str,
        recorded: Option<&Properties>,
    ) -> Result<Option<Properties>, Failure> {
        if head(clients, identifier).await?.is_none() {
            return Ok(None);
        }
        let mut properties = Properties::from_iter([("BucketName".to_owned(), Value::String(identifier.to_owned()))]);
        attributes::put(&mut properties, clients, identifier);
        let wanted = Setting::IN_ORDER
            .into_iter()
            .filter(|setting| recorded.is_none_or(|recorded| recorded.contains_key(setting.property())));
        for setting in wanted {
            if let Some(mut value) = setting.read(clients, identifier).await? {
                defaults::align(&mut value, recorded.and_then(|recorded| recorded.get(setting.property())));
                properties.insert(setting.property().to_owned(), value);
            }
        }
        Ok(Some(properties))
    }

    async fn remove(&self, clients: &Clients, request: &DeleteRequest) -> Result<Removed, Failure> {
        let bucket = &request.identifier;
        if request.discard_contents
            && let contents::Emptied::Partly(count) = contents::empty(clients, bucket).await?
        {
            return Ok(Removed::Partly(format!("emptying: {count} objects deleted")));
        }
        match clients.s3().delete_bucket().bucket(bucket).send().await {
            Ok(_) => Ok(Removed::Whole),
            Err(error) if service_code(&error) == Some("BucketNotEmpty") && !request.discard_contents => {
                let failure = failure(error);
                let message = format!(
                    "{}. The bucket {bucket} holds objects, old versions or delete markers. Empty it (aws s3 rm \
                     s3://{bucket} --recursive, and its versions), keep it with `retain: true`, or tear the environment down \
                     as `ephemeral`, which throws contents away",
                    failure.message.trim_end_matches('.')
                );
                // Waiting would not help.
                Err(Failure { code: FailureCode::InvalidRequest, message, ..failure })
            }
            Err(error) => Err(failure(error)),
        }
    }

    async fn list(&self, clients: &Clients, request: &ListRequest) -> Result<ListResponse, Failure> {
        let (names, next) = page(clients, request.page.clone()).await?;
        Ok(ListResponse { identifiers: names, next })
    }

    async fn recover(&self, clients: &Clients, request: &RecoverRequest) -> Result<Recovered, Failure> {
        let bucket: String = required(&request.properties, "BucketName")?;
        match head(clients, &bucket).await {
            Ok(Some(_)) => {}
            Ok(None) => return Ok(Recovered::Absent),
            // Another account's.
            Err(failure) if failure.code == FailureCode::AccessDenied => return Ok(Recovered::Absent),
            Err(failure) => return Err(failure),
        }
        let found = Setting::Tags.read(clients, &bucket).await?;
        let tags: Tags =
            tags::from_property(&found.into_iter().map(|list| ("Tags".to_owned(), list)).collect(), "Tags");
        if tags.is_empty() {
            let reason = format!(
                "a bucket {bucket} without tags stands in this account: it may be what the interrupted creation made, or older. \
                 If it is empty and unknown to you, delete it (aws s3 rb s3://{bucket}); else adopt it with `import: {bucket}`"
            );
            return Ok(Recovered::Ambiguous { candidates: vec![bucket], reason });
        }
        Ok(match tags::owner(&tags, request) {
            Owner::Ours => Recovered::Exists { identifier: bucket },
            Owner::Other(_) => Recovered::Absent,
        })
    }
}

fn is_supported(property: &str) -> bool {
    property == "BucketName" || Setting::IN_ORDER.into_iter().any(|setting| setting.property() == property)
}

/// One page of the buckets of the region.
pub(super) async fn page(clients: &Clients, token: Option<String>) -> Result<(Vec<String>, Option<String>), Failure> {
    let call = clients.s3().list_buckets().bucket_region(clients.region().as_str()).max_buckets(1000);
    let answer = call.set_continuation_token(token).send().await.map_err(failure)?;
    let names = answer.buckets.into_iter().flatten().filter_map(|bucket| bucket.name).collect();
    Ok((names, answer.continuation_token))
}

/// Whether a bucket is there, in this account and region.
pub(super) async fn head(clients: &Clients, bucket: &str) -> Result<Option<HeadBucketOutput>, Failure> {
    let call = clients.s3().head_bucket().bucket(bucket).expected_bucket_owner(clients.account_id().as_str());
    match call.send().await {
        Ok(answer) => Ok(Some(answer)),
        Err(error) => match elsewhere(&error) {
            Some(region) => {
                let message = format!(
                    "the bucket {bucket} is in {region}, not in {}: give the resource `region: {region}`, or choose another name",
                    clients.region()
                );
                Err(Failure::new(FailureCode::InvalidRequest, message))
            }
            None => if_found(Err(failure(error))),
        },
    }
}

/// The region that S3 refers to, in its answer to a request that went to another one.
fn elsewhere(error: &ServiceError<HeadBucketError>) -> Option<String> {
    let response = error.raw_response()?;
    let is_redirect = matches!(response.status().as_u16(), 301 | 307 | 400);
    is_redirect.then(|| response.headers().get("x-amz-bucket-region").map(str::to_owned)).flatten()
}
