//! How each property of a bucket is written, read and taken away.

use super::reshape;
use crate::clients::Clients;
use crate::convert::{self, FromJson, ToJson, properties as to_properties};
use crate::errors::failure;
use crate::settle::{gone_is_fine, if_found};
use crate::tags;
use aws_sdk_s3::types::{
    AccelerateConfiguration, BucketAccelerateStatus, BucketLifecycleConfiguration, BucketLoggingStatus,
    BucketVersioningStatus, CorsConfiguration, LoggingEnabled, NotificationConfiguration, ObjectLockConfiguration,
    ObjectLockEnabled, OwnershipControls, PublicAccessBlockConfiguration, ReplicationConfiguration,
    ServerSideEncryptionConfiguration, Tagging, TransitionDefaultMinimumObjectSize, VersioningConfiguration,
    WebsiteConfiguration,
};
use charter_provider::{Failure, FailureCode, Properties};
use serde_json::{Value, json};

/// A property with operations of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Setting {
    Ownership,
    PublicAccessBlock,
    Encryption,
    Versioning,
    ObjectLockEnabled,
    ObjectLock,
    Tags,
    Lifecycle,
    Cors,
    Logging,
    Website,
    Accelerate,
    Notification,
    Replication,
}

impl Setting {
    /// In the order of writing: who may see it first of all, and versioning before what needs it (object lock, replication).
    pub(super) const IN_ORDER: [Self; 14] = [
        Self::Ownership,
        Self::PublicAccessBlock,
        Self::Encryption,
        Self::Versioning,
        Self::ObjectLockEnabled,
        Self::ObjectLock,
        Self::Tags,
        Self::Lifecycle,
        Self::Cors,
        Self::Logging,
        Self::Website,
        Self::Accelerate,
        Self::Notification,
        Self::Replication,
    ];

    /// The registry's name.
    pub(super) fn property(self) -> &'static str {
        match self {
            Self::Ownership => "OwnershipControls",
            Self::PublicAccessBlock => "PublicAccessBlockConfiguration",
            Self::Encryption => "BucketEncryption",
            Self::Versioning => "VersioningConfiguration",
            Self::ObjectLockEnabled => "ObjectLockEnabled",
            Self::ObjectLock => "ObjectLockConfiguration",
            Self::Tags => "Tags",
            Self::Lifecycle => "LifecycleConfiguration",
            Self::Cors => "CorsConfiguration",
            Self::Logging => "LoggingConfiguration",
            Self::Website => "WebsiteConfiguration",
            Self::Accelerate => "AccelerateConfiguration",
            Self::Notification => "NotificationConfiguration",
            Self::Replication => "ReplicationConfiguration",
        }
    }

    /// Writes the property as it is in `desired`; takes it away if it is not there.
    pub(super) async fn write(self, clients: &Clients, bucket: &str, desired: &Properties) -> Result<(), Failure> {
        let value = desired.get(self.property()).filter(|value| !value.is_null());
        match value {
            Some(value) => self.put(clients, bucket, value).await,
            None => self.delete(clients, bucket).await,
        }
    }

    async fn put(self, clients: &Clients, bucket: &str, value: &Value) -> Result<(), Failure> {
        let s3 = clients.s3();
        match self {
            Self::Ownership => {
                let input: OwnershipControls = self.convert(value)?;
                s3.put_bucket_ownership_controls()
                    .bucket(bucket)
                    .ownership_controls(input)
                    .send()
                    .await
                    .map_err(failure)?;
            }
            Self::PublicAccessBlock => {
                let input: PublicAccessBlockConfiguration = self.convert(value)?;
                let call = s3.put_public_access_block().bucket(bucket).public_access_block_configuration(input);
                call.send().await.map_err(failure)?;
            }
            Self::Encryption => {
                let input: ServerSideEncryptionConfiguration = self.convert(value)?;
                let call = s3.put_bucket_encryption().bucket(bucket).server_side_encryption_configuration(input);
                call.send().await.map_err(failure)?;
            }
            Self::Versioning => {
                let status = text(value, "Status");
                set_versioning(clients, bucket, BucketVersioningStatus::from(status.as_str())).await?;
            }
            Self::ObjectLockEnabled => {
                let enabled: bool = self.convert(value)?;
                if !enabled {
                    return self.delete(clients, bucket).await;
                }
                put_object_lock(clients, bucket, None).await?;
            }
            Self::ObjectLock => put_object_lock(clients, bucket, Some(self.convert(value)?)).await?,
            Self::Tags => {
                let tagging = Tagging::builder().set_tag_set(Some(self.convert(value)?)).build().map_err(incomplete)?;
                s3.put_bucket_tagging().bucket(bucket).tagging(tagging).send().await.map_err(failure)?;
            }
            Self::Lifecycle => {
                let input: BucketLifecycleConfiguration = self.convert(&reshape::lifecycle_to_api(value))?;
                let smallest = value.get("TransitionDefaultMinimumObjectSize").and_then(Value::as_str);
                let call = s3.put_bucket_lifecycle_configuration().bucket(bucket).lifecycle_configuration(input);
                let smallest = smallest.map(TransitionDefaultMinimumObjectSize::from);
                call.set_transition_default_minimum_object_size(smallest).send().await.map_err(failure)?;
            }
            Self::Cors => {
                let input: CorsConfiguration = self.convert(value)?;
                s3.put_bucket_cors().bucket(bucket).cors_configuration(input).send().await.map_err(failure)?;
            }
            Self::Logging => {
                let input: LoggingEnabled = self.convert(&reshape::logging_to_api(value, bucket))?;
                let status = BucketLoggingStatus::builder().logging_enabled(input).build();
                s3.put_bucket_logging().bucket(bucket).bucket_logging_status(status).send().await.map_err(failure)?;
            }
            Self::Website => {
                let input: WebsiteConfiguration = self.convert(&reshape::website_to_api(value))?;
                s3.put_bucket_website().bucket(bucket).website_configuration(input).send().await.map_err(failure)?;
            }
            Self::Accelerate => {
                let status = text(value, "AccelerationStatus");
                set_acceleration(clients, bucket, BucketAccelerateStatus::from(status.as_str())).await?;
            }
            Self::Notification => {
                let input: NotificationConfiguration = self.convert(&reshape::notification_to_api(value))?;
                let call = s3.put_bucket_notification_configuration().bucket(bucket).notification_configuration(input);
                call.send().await.map_err(failure)?;
            }
            Self::Replication => {
                let input: ReplicationConfiguration = self.convert(value)?;
                let call = s3.put_bucket_replication().bucket(bucket).replication_configuration(input);
                call.send().await.map_err(failure)?;
            }
        }
        Ok(())
    }

    async fn delete(self, clients: &Clients, bucket: &str) -> Result<(), Failure> {
        let s3 = clients.s3();
        match self {
            Self::Ownership => {
                gone_is_fine(s3.delete_bucket_ownership_controls().bucket(bucket).send().await.map_err(failure))
            }
            Self::PublicAccessBlock => {
                gone_is_fine(s3.delete_public_access_block().bucket(bucket).send().await.map_err(failure))
            }
            Self::Encryption => {
                gone_is_fine(s3.delete_bucket_encryption().bucket(bucket).send().await.map_err(failure))
            }
            // It can be paused, but never be as if it had not been.
            Self::Versioning => set_versioning(clients, bucket, BucketVersioningStatus::Suspended).await,
            Self::ObjectLockEnabled => {
                let message = format!(
                    "object lock of the bucket {bucket} cannot be turned off again: AWS does not offer it. Keep \
                     ObjectLockEnabled: true, or replace the bucket"
                );
                Err(Failure::new(FailureCode::NotUpdatable, message))
            }
            // Without a rule: nothing is locked by default any more.
            Self::ObjectLock => put_object_lock(clients, bucket, None).await,
            Self::Tags => gone_is_fine(s3.delete_bucket_tagging().bucket(bucket).send().await.map_err(failure)),
            Self::Lifecycle => gone_is_fine(s3.delete_bucket_lifecycle().bucket(bucket).send().await.map_err(failure)),
            Self::Cors => gone_is_fine(s3.delete_bucket_cors().bucket(bucket).send().await.map_err(failure)),
            Self::Logging => {
                let none = BucketLoggingStatus::builder().build();
                s3.put_bucket_logging().bucket(bucket).bucket_logging_status(none).send().await.map_err(failure)?;
                Ok(())
            }
            Self::Website => gone_is_fine(s3.delete_bucket_website().bucket(bucket).send().await.map_err(failure)),
            Self::Accelerate => set_acceleration(clients, bucket, BucketAccelerateStatus::Suspended).await,
            Self::Notification => {
                let none = NotificationConfiguration::builder().build();
                let call = s3.put_bucket_notification_configuration().bucket(bucket).notification_configuration(none);
                call.send().await.map(drop).map_err(failure)
            }
            Self::Replication => {
                gone_is_fine(s3.delete_bucket_replication().bucket(bucket).send().await.map_err(failure))
            }
        }
    }

    /// Reads the property; none if nothing is set. S3 says "not found" of most settings that were never made.
    pub(super) async fn read(self, clients: &Clients, bucket: &str) -> Result<Option<Value>, Failure> {
        let s3 = clients.s3();
        Ok(match self {
            Self::Ownership => {
                let answer = s3.get_bucket_ownership_controls().bucket(bucket).send().await.map_err(failure);
                if_found(answer)?.and_then(|answer| answer.ownership_controls.to_json())
            }
            Self::PublicAccessBlock => {
                let answer = s3.get_public_access_block().bucket(bucket).send().await.map_err(failure);
                if_found(answer)?.and_then(|answer| answer.public_access_block_configuration.to_json())
            }
            Self::Encryption => {
                let answer = s3.get_bucket_encryption().bucket(bucket).send().await.map_err(failure);
                if_found(answer)?.and_then(|answer| answer.server_side_encryption_configuration.to_json())
            }
            Self::Versioning => {
                let answer = s3.get_bucket_versioning().bucket(bucket).send().await.map_err(failure)?;
                answer.status.map(|status| json!({"Status": status.as_str()}))
            }
            Self::ObjectLockEnabled => object_lock(clients, bucket).await?.map(|_| Value::Bool(true)),
            Self::ObjectLock => object_lock(clients, bucket).await?.and_then(|lock| lock.to_json()),
            Self::Tags => {
                let answer = s3.get_bucket_tagging().bucket(bucket).send().await.map_err(failure);
                let list = if_found(answer)?.map(|answer| answer.tag_set).unwrap_or_default();
                tags::to_property(list.into_iter().map(|tag| (tag.key, tag.value)))
            }
            Self::Lifecycle => {
                let answer = s3.get_bucket_lifecycle_configuration().bucket(bucket).send().await.map_err(failure);
                if_found(answer)?.map(|answer| reshape::lifecycle_from_api(&to_properties(&answer)))
            }
            Self::Cors => {
                let answer = s3.get_bucket_cors().bucket(bucket).send().await.map_err(failure);
                if_found(answer)?.and_then(|answer| answer.to_json())
            }
            Self::Logging => {
                let answer = s3.get_bucket_logging().bucket(bucket).send().await.map_err(failure)?;
                answer.logging_enabled.to_json()
            }
            Self::Website => {
                let answer = s3.get_bucket_website().bucket(bucket).send().await.map_err(failure);
                if_found(answer)?.map(|answer| reshape::website_from_api(&to_properties(&answer)))
            }
            Self::Accelerate => {
                let answer = s3.get_bucket_accelerate_configuration().bucket(bucket).send().await.map_err(failure)?;
                answer.status.map(|status| json!({"AccelerationStatus": status.as_str()}))
            }
            Self::Notification => {
                let answer = s3.get_bucket_notification_configuration().bucket(bucket).send().await.map_err(failure)?;
                let found = NotificationConfiguration::builder()
                    .set_topic_configurations(answer.topic_configurations)
                    .set_queue_configurations(answer.queue_configurations)
                    .set_lambda_function_configurations(answer.lambda_function_configurations)
                    .set_event_bridge_configuration(answer.event_bridge_configuration)
                    .build();
                reshape::notification_from_api(&to_properties(&found))
            }
            Self::Replication => {
                let answer = s3.get_bucket_replication().bucket(bucket).send().await.map_err(failure);
                if_found(answer)?.and_then(|answer| answer.replication_configuration.to_json())
            }
        })
    }

    fn convert<T: FromJson>(self, value: &Value) -> Result<T, Failure> {
        let step = charter_model::PointerSegment::Key(self.property().into());
        T::from_json(value).map_err(|error| error.below(step).into())
    }
}

fn incomplete(error: aws_smithy_types::error::operation::BuildError) -> Failure {
    convert::incomplete(error).into()
}

fn text(value: &Value, member: &str) -> String {
    value.get(member).and_then(Value::as_str).unwrap_or_default().to_owned()
}

async fn set_versioning(clients: &Clients, bucket: &str, status: BucketVersioningStatus) -> Result<(), Failure> {
    let configuration = VersioningConfiguration::builder().status(status).build();
    let call = clients.s3().put_bucket_versioning().bucket(bucket).versioning_configuration(configuration);
    call.send().await.map(drop).map_err(failure)
}

async fn set_acceleration(clients: &Clients, bucket: &str, status: BucketAccelerateStatus) -> Result<(), Failure> {
    let configuration = AccelerateConfiguration::builder().status(status).build();
    let call =
        clients.s3().put_bucket_accelerate_configuration().bucket(bucket).accelerate_configuration(configuration);
    call.send().await.map(drop).map_err(failure)
}

/// Turns object lock on, with the rule that is given.
async fn put_object_lock(
    clients: &Clients,
    bucket: &str,
    configuration: Option<ObjectLockConfiguration>,
) -> Result<(), Failure> {
    let rule = configuration.and_then(|configuration| configuration.rule);
    let configuration =
        ObjectLockConfiguration::builder().object_lock_enabled(ObjectLockEnabled::Enabled).set_rule(rule).build();
    let call = clients.s3().put_object_lock_configuration().bucket(bucket).object_lock_configuration(configuration);
    call.send().await.map(drop).map_err(failure)
}

async fn object_lock(clients: &Clients, bucket: &str) -> Result<Option<ObjectLockConfiguration>, Failure> {
    let answer = clients.s3().get_object_lock_configuration().bucket(bucket).send().await.map_err(failure);
    Ok(if_found(answer)?.and_then(|answer| answer.object_lock_configuration))
}
