//! `AWS::SecretsManager::Secret`. Its identifier is its ARN.
//!
//! The token of the journal is the version id of what a creation writes, so that a lost answer is told from a stranger's secret
//! beyond doubt. A deleted secret keeps its name through its recovery window; reads count it as gone.

use super::password::secret_string;
use crate::clients::Clients;
use crate::convert::{self, get, required};
use crate::errors::{failure, service_code};
use crate::progress::not_found;
use crate::settle::{Change, Removed, Resource, explain_existing, if_found};
use crate::tags::{self, Owner, TagChange, Tags};
use async_trait::async_trait;
use aws_sdk_secretsmanager::operation::create_secret::builders::CreateSecretInputBuilder;
use aws_sdk_secretsmanager::operation::describe_secret::DescribeSecretOutput;
use aws_sdk_secretsmanager::types::{ReplicaRegionType, Tag};
use charter_provider::{
    CreateRequest, DeleteRequest, Failure, FailureCode, ListRequest, ListResponse, Properties, RecoverRequest,
    Recovered,
};
use std::collections::BTreeMap;

pub(super) struct Secret;

#[async_trait]
impl Resource for Secret {
    const TYPE: &'static [&'static str] = &["AWS::SecretsManager::Secret"];

    async fn make(&self, clients: &Clients, request: &CreateRequest) -> Result<String, Failure> {
        let input: CreateSecretInputBuilder = convert::input(&request.properties)?;
        let name = input.get_name().clone().unwrap_or_default();
        let text = secret_string(clients, &request.properties).await?;
        let input = input.set_secret_string(text).client_request_token(&*request.token.0);
        let failure = match input.send_with(clients.secrets_manager()).await {
            Ok(answer) => {
                return answer.arn.ok_or_else(|| {
                    Failure::new(
                        FailureCode::ServiceInternalError,
                        format!("the secret {name} was made without an ARN"),
                    )
                });
            }
            Err(error) => failure(error),
        };
        if is_scheduled_for_deletion(&failure) {
            // One in its recovery window can still be described. One deleted for good cannot, but its name is held for some
            // seconds more (Secrets Manager API Reference, "DeleteSecret", ForceDeleteWithoutRecovery): that passes.
            let is_recoverable = describe(clients, &name).await?.is_some();
            return Err(if is_recoverable {
                name_is_held(&failure, &name)
            } else {
                Failure { code: FailureCode::ResourceConflict, ..failure }
            });
        }
        if failure.code == FailureCode::AlreadyExists
            && let Some(found) = describe(clients, &name).await?
            && has_version(&found, &request.token.0)
        {
            // An earlier try of this very creation, with another generated password: the first one stands.
            return found.arn.ok_or(failure);
        }
        Err(explain_existing(failure, "secret", &name))
    }

    async fn apply(&self, change: Change<'_>) -> Result<(), Failure> {
        let (client, desired) = (change.clients.secrets_manager(), change.desired);
        let metadata = ["Description", "KmsKeyId", "Type"];
        let content = ["SecretString", "GenerateSecretString"];
        if change.has_any(&metadata) || change.has_any(&content) {
            let mut call = client.update_secret().secret_id(change.identifier);
            // What is not given any more is reset: an empty key means AWS's own (Secrets Manager API Reference, "UpdateSecret").
            let text = |name: &str| get::<String>(desired, name).map(Option::unwrap_or_default);
            if change.has("Description") {
                call = call.description(text("Description")?);
            }
            if change.has("KmsKeyId") {
                call = call.kms_key_id(text("KmsKeyId")?);
            }
            if change.has("Type") {
                call = call.set_type(get(desired, "Type")?);
            }
            if change.has_any(&content)
                && let Some(text) = secret_string(change.clients, desired).await?
            {
                call = call.secret_string(text).client_request_token(&*change.token.0);
            }
            match call.send().await {
                Ok(_) => {}
                // The same token with another generated password: an earlier try of this very change took effect.
                Err(error) if service_code(&error) == Some("ResourceExistsException") => {}
                Err(error) => return Err(failure(error)),
            }
        }
        if change.has("Tags") {
            apply_tags(&change).await?;
        }
        if change.has("ReplicaRegions") {
            apply_replicas(&change).await?;
        }
        Ok(())
    }

    async fn read(
        &self,
        clients: &Clients,
        identifier: &str,
        _recorded: Option<&Properties>,
    ) -> Result<Option<Properties>, Failure> {
        let Some(found) = describe(clients, identifier).await?.filter(|found| found.deleted_date.is_none()) else {
            return Ok(None);
        };
        let mut properties = convert::properties(&found);
        properties.remove("Tags");
        if let Some(tags) = tags::to_property(tags_of(&found)) {
            properties.insert("Tags".to_owned(), tags);
        }
        Ok(Some(properties))
    }

    async fn remove(&self, clients: &Clients, request: &DeleteRequest) -> Result<Removed, Failure> {
        let (client, arn) = (clients.secrets_manager(), &request.identifier);
        let found = describe(clients, arn).await?.filter(|found| found.deleted_date.is_none());
        let found = found.ok_or_else(|| not_found("AWS::SecretsManager::Secret", arn))?;
        let replicas: Vec<String> =
            found.replication_status.into_iter().flatten().filter_map(|status| status.region).collect();
        if !replicas.is_empty() {
            let call =
                client.remove_regions_from_replication().secret_id(arn).set_remove_replica_regions(Some(replicas));
            call.send().await.map_err(failure)?;
        }
        // Thrown away at once only where contents may be: otherwise it can be restored for thirty days.
        let call = client.delete_secret().secret_id(arn);
        let call = if request.discard_contents { call.force_delete_without_recovery(true) } else { call };
        call.send().await.map_err(failure)?;
        Ok(Removed::Whole)
    }

    async fn list(&self, clients: &Clients, request: &ListRequest) -> Result<ListResponse, Failure> {
        let call = clients.secrets_manager().list_secrets().set_next_token(request.page.clone());
        let answer = call.send().await.map_err(failure)?;
        let identifiers = answer.secret_list.into_iter().flatten().filter_map(|secret| secret.arn).collect();
        Ok(ListResponse { identifiers, next: answer.next_token })
    }

    async fn recover(&self, clients: &Clients, request: &RecoverRequest) -> Result<Recovered, Failure> {
        let name: String = required(&request.properties, "Name")?;
        let Some(found) = describe(clients, &name).await? else { return Ok(Recovered::Absent) };
        let is_ours = has_version(&found, &request.token.0) || tags::owner(&tags_of(&found), request) == Owner::Ours;
        Ok(match found.arn {
            Some(identifier) if is_ours && found.deleted_date.is_none() => Recovered::Exists { identifier },
            // Another's, or one that is being deleted: our call took no effect, and repeating says so.
            _ => Recovered::Absent,
        })
    }
}

async fn describe(clients: &Clients, id: &str) -> Result<Option<DescribeSecretOutput>, Failure> {
    if_found(clients.secrets_manager().describe_secret().secret_id(id).send().await.map_err(failure))
}

fn tags_of(found: &DescribeSecretOutput) -> Tags {
    let pairs = found.tags().iter().map(|tag| Some((tag.key.clone()?, tag.value.clone().unwrap_or_default())));
    pairs.flatten().collect()
}

fn has_version(found: &DescribeSecretOutput, version: &str) -> bool {
    found.version_ids_to_stages.as_ref().is_some_and(|versions| versions.contains_key(version))
}

fn is_scheduled_for_deletion(failure: &Failure) -> bool {
    failure.message.to_lowercase().contains("scheduled for deletion")
}

/// Waiting would take up to thirty days, so this is not the conflict that the code says it is.
fn name_is_held(failure: &Failure, name: &str) -> Failure {
    let message = format!(
        "{}. A deleted secret keeps its name through its recovery window. Restore it (aws secretsmanager restore-secret \
         --secret-id {name}) and adopt it with `import`, delete it for good (aws secretsmanager delete-secret --secret-id {name} \
         --force-delete-without-recovery), or choose another name",
        failure.message.trim_end_matches('.')
    );
    Failure { code: FailureCode::AlreadyExists, message, ..failure.clone() }
}

async fn apply_tags(change: &Change<'_>) -> Result<(), Failure> {
    let (client, arn) = (change.clients.secrets_manager(), change.identifier);
    let tags =
        TagChange::between(&tags::from_property(change.observed, "Tags"), &tags::from_property(change.desired, "Tags"));
    if !tags.set.is_empty() {
        let list = tags.set.into_iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect();
        client.tag_resource().secret_id(arn).set_tags(Some(list)).send().await.map_err(failure)?;
    }
    if !tags.remove.is_empty() {
        client.untag_resource().secret_id(arn).set_tag_keys(Some(tags.remove)).send().await.map_err(failure)?;
    }
    Ok(())
}

async fn apply_replicas(change: &Change<'_>) -> Result<(), Failure> {
    let (client, arn) = (change.clients.secrets_manager(), change.identifier);
    let (present, desired) = (replicas(change.observed)?, replicas(change.desired)?);
    // A key cannot be changed in place: such a replica is taken away and made anew. One whose key nobody names keeps it.
    let stays = |region: &String, key: &Option<String>| match (desired.get(region), key) {
        (Some(Some(wanted)), Some(key)) => wanted == key,
        (wanted, _) => wanted.is_some(),
    };
    let remove: Vec<String> =
        present.iter().filter(|(region, key)| !stays(region, key)).map(|(region, _)| region.clone()).collect();
    let add: Vec<ReplicaRegionType> = desired
        .iter()
        .filter(|(region, _)| !present.contains_key(*region) || remove.contains(*region))
        .map(|(region, key)| ReplicaRegionType::builder().region(region).set_kms_key_id(key.clone()).build())
        .collect();
    if !remove.is_empty() {
        let call = client.remove_regions_from_replication().secret_id(arn).set_remove_replica_regions(Some(remove));
        call.send().await.map_err(failure)?;
    }
    if !add.is_empty() {
        let call = client.replicate_secret_to_regions().secret_id(arn).set_add_replica_regions(Some(add));
        call.send().await.map_err(failure)?;
    }
    Ok(())
}

/// Replicas by region, with their keys.
fn replicas(properties: &Properties) -> Result<BTreeMap<String, Option<String>>, Failure> {
    let list: Vec<Properties> = get(properties, "ReplicaRegions")?.unwrap_or_default();
    let pairs = list.iter().map(|replica| Ok((required(replica, "Region")?, get(replica, "KmsKeyId")?)));
    pairs.collect()
}
