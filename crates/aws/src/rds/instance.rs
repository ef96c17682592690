//! `AWS::RDS::DBInstance`: in a cluster or by itself; made, copied or restored, changed in place, deleted.

use super::lifecycle::{
    Course, Found, Handle, Stage, change_tags, course, explain_protection, final_snapshot, identifier_of,
    leaving_behind, log_exports, modification, pairs, recovered,
};
use crate::adapter::{Adapter, Step};
use crate::clients::Clients;
use crate::convert;
use crate::errors::{failure, failure_on, reference_missing, service_code};
use crate::progress::{decode_handle, done, not_found};
use crate::recorded::top_level;
use crate::tags::to_property;
use async_trait::async_trait;
use aws_sdk_rds::operation::create_db_instance::builders::CreateDbInstanceInputBuilder;
use aws_sdk_rds::operation::create_db_instance_read_replica::builders::CreateDbInstanceReadReplicaInputBuilder;
use aws_sdk_rds::operation::modify_db_instance::builders::ModifyDbInstanceInputBuilder;
use aws_sdk_rds::operation::restore_db_instance_from_db_snapshot::builders::RestoreDbInstanceFromDbSnapshotInputBuilder;
use aws_sdk_rds::operation::restore_db_instance_to_point_in_time::builders::RestoreDbInstanceToPointInTimeInputBuilder;
use aws_sdk_rds::types::{DbInstance, PendingModifiedValues};
use charter_model::{Pointer, TypeName, Value};
use charter_provider::{
    CheckResponse, CreateRequest, DeleteRequest, Failure, FailureCode, ListRequest, ListResponse, Observed, Properties,
    ReadRequest, RecoverRequest, Recovered, StatusRequest, UpdateRequest,
};
use std::collections::BTreeSet;
use std::time::Duration;

const TYPE: &str = "AWS::RDS::DBInstance";
const NAME: &str = "DBInstanceIdentifier";
const OWN: &[&str] = &["DBInstanceNotFound"];
/// A serverless instance takes some minutes, a restored one or a change of class a quarter of an hour and more.
const LONGEST_WAIT: Duration = Duration::from_secs(20);

/// Changed by calls of their own, or only said in other calls.
const APART: &[&str] =
    &["ApplyImmediately", "AssociatedRoles", "DeleteAutomatedBackups", "EnableCloudwatchLogsExports", "Tags"];

/// Copies of backups in another region are made there, by calls to that region.
const NOT_SERVED: &[&str] = &[
    "AutomaticBackupReplicationKmsKeyId",
    "AutomaticBackupReplicationRegion",
    "AutomaticBackupReplicationRetentionPeriod",
];

/// Serves instances.
pub(crate) struct Instances;

impl Instances {
    async fn describe(&self, clients: &Clients, identifier: &str) -> Result<Option<DbInstance>, Failure> {
        let answer = clients.rds().describe_db_instances().db_instance_identifier(identifier).send().await;
        match answer {
            Ok(answer) => Ok(answer.db_instances.unwrap_or_default().into_iter().next()),
            Err(error) => match failure_on(error, OWN) {
                failure if failure.code == FailureCode::NotFound => Ok(None),
                failure => Err(failure),
            },
        }
    }

    async fn modify(
        &self,
        clients: &Clients,
        identifier: &str,
        mut settings: Properties,
        observed: &Properties,
        desired: &Properties,
    ) -> Result<(), Failure> {
        let exports = log_exports(observed, desired)?;
        if settings.is_empty() && exports.is_none() {
            return Ok(());
        }
        // Said with the change that it is about, though it is no setting itself.
        for with in ["AllowMajorVersionUpgrade", "CertificateRotationRestart"] {
            if let Some(value) = desired.get(with) {
                settings.insert(with.to_owned(), value.clone());
            }
        }
        // Each of the three depends on the others (ModifyDBInstance, `Iops`).
        const STORAGE: [&str; 4] = ["AllocatedStorage", "Iops", "StorageThroughput", "StorageType"];
        if STORAGE.iter().any(|name| settings.contains_key(*name)) {
            for name in STORAGE {
                if let Some(value) = desired.get(name) {
                    settings.insert(name.to_owned(), value.clone());
                }
            }
        }
        let input: ModifyDbInstanceInputBuilder = convert::input(&settings)?;
        input
            .db_instance_identifier(identifier)
            .set_cloudwatch_logs_export_configuration(exports)
            .apply_immediately(true)
            .send_with(clients.rds())
            .await
            .map_err(|error| failure_on(error, OWN))?;
        Ok(())
    }

    async fn change_roles(
        &self,
        clients: &Clients,
        instance: &DbInstance,
        desired: &Properties,
    ) -> Result<(), Failure> {
        let identifier = instance.db_instance_identifier().unwrap_or_default();
        let (present, wanted) = (roles(&convert::properties(instance)), roles(desired));
        for (arn, feature) in wanted.difference(&present) {
            let call = clients.rds().add_role_to_db_instance().db_instance_identifier(identifier);
            match call.role_arn(arn).feature_name(feature).send().await {
                Err(error) if service_code(&error) == Some("DBInstanceRoleAlreadyExists") => {}
                answer => drop(answer.map_err(|error| failure_on(error, OWN))?),
            }
        }
        for (arn, feature) in present.difference(&wanted) {
            let call = clients.rds().remove_role_from_db_instance().db_instance_identifier(identifier);
            match call.role_arn(arn).feature_name(feature).send().await {
                Err(error) if service_code(&error) == Some("DBInstanceRoleNotFound") => {}
                answer => drop(answer.map_err(|error| failure_on(error, OWN))?),
            }
        }
        Ok(())
    }

    async fn settle(&self, clients: &Clients, instance: &DbInstance, mut handle: Handle, desired: &Properties) -> Step {
        let identifier = instance.db_instance_identifier().unwrap_or_default();
        match handle.stage {
            Stage::Restoring => {
                let observed = properties(instance);
                let mut settings = desired.clone();
                settings.retain(|name, value| !APART.contains(&name.as_str()) && observed.get(name) != Some(value));
                self.modify(clients, identifier, settings, &observed, desired).await?;
                Handle::at(Stage::Creating).pending(identifier, "modifying", LONGEST_WAIT)
            }
            Stage::Creating => {
                self.change_roles(clients, instance, desired).await?;
                Handle::at(Stage::Settling).pending(identifier, "finishing", LONGEST_WAIT)
            }
            Stage::Settling | Stage::Deleting => {
                if needs_reboot(instance, desired) && !handle.rebooted {
                    clients
                        .rds()
                        .reboot_db_instance()
                        .db_instance_identifier(identifier)
                        .send()
                        .await
                        .map_err(failure)?;
                    handle.rebooted = true;
                    return handle.pending(identifier, "rebooting", LONGEST_WAIT);
                }
                match unsettled(instance, desired)? {
                    Some(why) => handle.pending(identifier, why, LONGEST_WAIT),
                    None => Ok(done(identifier, properties(instance))),
                }
            }
        }
    }
}

/// Whether a parameter group that was asked for takes effect only after a reboot, as CloudFormation does one for it.
fn needs_reboot(instance: &DbInstance, desired: &Properties) -> bool {
    desired.contains_key("DBParameterGroupName")
        && instance.db_parameter_groups().iter().any(|group| group.parameter_apply_status() == Some("pending-reboot"))
}

fn unsettled(instance: &DbInstance, desired: &Properties) -> Result<Option<&'static str>, Failure> {
    let none = PendingModifiedValues::builder().build();
    if instance.pending_modified_values().is_some_and(|pending| *pending != none) {
        return Ok(Some("applying changes"));
    }
    if instance.associated_roles().iter().any(|role| role.status() == Some("PENDING")) {
        return Ok(Some("associating roles"));
    }
    let managed = convert::get::<bool>(desired, "ManageMasterUserPassword")?.unwrap_or_default();
    let secret = instance.master_user_secret();
    if managed && secret.is_none_or(|secret| secret.secret_arn.is_none() || secret.secret_status() == Some("creating"))
    {
        return Ok(Some("making the master user secret"));
    }
    Ok(None)
}

fn roles(properties: &Properties) -> BTreeSet<(String, String)> {
    let list = properties.get("AssociatedRoles").and_then(serde_json::Value::as_array);
    let text = |role: &serde_json::Value, member: &str| {
        role.get(member).and_then(serde_json::Value::as_str).map(str::to_owned)
    };
    list.into_iter()
        .flatten()
        .filter_map(|role| Some((text(role, "RoleArn")?, text(role, "FeatureName").unwrap_or_default())))
        .collect()
}

fn properties(instance: &DbInstance) -> Properties {
    let mut properties = convert::properties(instance);
    if instance.db_cluster_identifier.is_none() {
        properties.insert("ManageMasterUserPassword".to_owned(), instance.master_user_secret.is_some().into());
    }
    properties.remove("Tags");
    if let Some(tags) = to_property(pairs(instance.tag_list())) {
        properties.insert("Tags".to_owned(), tags);
    }
    properties
}

#[async_trait]
impl Adapter for Instances {
    fn types(&self) -> &'static [&'static str] {
        &[TYPE]
    }

    fn check(&self, _type_name: &TypeName, desired: &Value) -> CheckResponse {
        let failures = NOT_SERVED.iter().filter(|name| desired.get(name).is_some()).map(|name| {
            let message = "copies of backups in another region are not made by Charter; make them with AWS Backup";
            (Pointer::root().key(name), message.to_owned())
        });
        CheckResponse { failures: failures.collect() }
    }

    async fn create(&self, clients: &Clients, request: CreateRequest) -> Step {
        let properties = &request.properties;
        let identifier = convert::required::<String>(properties, NAME)?.to_lowercase();
        let (rds, has) = (clients.rds(), |name: &str| properties.contains_key(name));
        let stage = if has("DBSnapshotIdentifier") || has("DBClusterSnapshotIdentifier") {
            let input: RestoreDbInstanceFromDbSnapshotInputBuilder = convert::input(properties)?;
            input.send_with(rds).await.map_err(|error| reference_missing(failure(error)))?;
            Stage::Restoring
        } else if has("RestoreTime") || has("UseLatestRestorableTime") || has("SourceDBInstanceAutomatedBackupsArn") {
            let input: RestoreDbInstanceToPointInTimeInputBuilder = convert::input(properties)?;
            input.send_with(rds).await.map_err(|error| reference_missing(failure(error)))?;
            Stage::Restoring
        } else if has("SourceDBInstanceIdentifier") || has("SourceDBClusterIdentifier") {
            let input: CreateDbInstanceReadReplicaInputBuilder = convert::input(properties)?;
            input.send_with(rds).await.map_err(|error| reference_missing(failure(error)))?;
            Stage::Restoring
        } else {
            let input: CreateDbInstanceInputBuilder = convert::input(properties)?;
            input.send_with(rds).await.map_err(|error| reference_missing(failure(error)))?;
            Stage::Creating
        };
        Handle::at(stage).pending(&identifier, "creating", LONGEST_WAIT)
    }

    async fn read(&self, clients: &Clients, request: ReadRequest) -> Result<Observed, Failure> {
        let found = self.describe(clients, &request.identifier).await?;
        Ok(found.map_or(Observed::Absent, |instance| {
            let mut properties = properties(&instance);
            // Says how to change it, and is nothing that RDS keeps.
            if let Some(value) = request.recorded.as_ref().and_then(|recorded| recorded.get("ApplyImmediately")) {
                properties.insert("ApplyImmediately".to_owned(), value.clone());
            }
            Observed::Present { properties }
        }))
    }

    async fn update(&self, clients: &Clients, request: UpdateRequest) -> Step {
        let (identifier, desired) = (&request.identifier, &request.properties);
        let instance = self.describe(clients, identifier).await?.ok_or_else(|| not_found(TYPE, identifier))?;
        let observed = properties(&instance);
        let changed = top_level(&request.changed);
        if changed.contains("Tags") {
            change_tags(clients, instance.db_instance_arn().unwrap_or_default(), &observed, desired).await?;
        }
        if changed.contains("AssociatedRoles") {
            self.change_roles(clients, &instance, desired).await?;
        }
        let settings = modification(desired, &request.changed, APART);
        let logs = if changed.contains("EnableCloudwatchLogsExports") { desired } else { &observed };
        self.modify(clients, identifier, settings, &observed, logs).await?;
        Handle::at(Stage::Settling).pending(identifier, "modifying", LONGEST_WAIT)
    }

    async fn delete(&self, clients: &Clients, request: DeleteRequest) -> Step {
        let identifier = &request.identifier;
        let found = self.describe(clients, identifier).await?.ok_or_else(|| not_found(TYPE, identifier))?;
        if found.db_instance_status() == Some("deleting") {
            return Handle::at(Stage::Deleting).pending(identifier, "deleting", LONGEST_WAIT);
        }
        // Data of a cluster is the cluster's, a replica's is its source's: neither takes a snapshot (DeleteDBInstance).
        let own_data = found.db_cluster_identifier.is_none()
            && found.read_replica_source_db_instance_identifier.is_none()
            && found.read_replica_source_db_cluster_identifier.is_none();
        let snapshot = (own_data && !request.discard_contents).then(|| final_snapshot(identifier, &request.token.0));
        let automated_backups = convert::get(&request.recorded, "DeleteAutomatedBackups")?;
        clients
            .rds()
            .delete_db_instance()
            .db_instance_identifier(identifier)
            .skip_final_snapshot(snapshot.is_none())
            .set_final_db_snapshot_identifier(snapshot.clone())
            .set_delete_automated_backups(automated_backups.filter(|_| own_data))
            .send()
            .await
            .map_err(|error| explain_protection(failure_on(error, OWN)))?;
        Handle { snapshot, ..Handle::at(Stage::Deleting) }.pending(identifier, "deleting", LONGEST_WAIT)
    }

    async fn status(&self, clients: &Clients, request: StatusRequest) -> Step {
        let identifier = identifier_of(request.identifier.as_deref(), &request.properties, NAME)?;
        let found = self.describe(clients, &identifier).await?;
        let handle = decode_handle(&request.handle)?;
        match course(TYPE, &identifier, handle, found, DbInstance::db_instance_status, LONGEST_WAIT)? {
            Course::Answer(progress) => Ok(progress),
            Course::Available(handle, instance) => {
                let step = self.settle(clients, &instance, handle, &request.properties).await;
                leaving_behind(step, request.operation, &identifier)
            }
        }
    }

    async fn list(&self, clients: &Clients, request: ListRequest) -> Result<ListResponse, Failure> {
        let answer = clients.rds().describe_db_instances().set_marker(request.page).send().await.map_err(failure)?;
        let instances = answer.db_instances.unwrap_or_default();
        let identifiers = instances.into_iter().filter_map(|instance| instance.db_instance_identifier).collect();
        Ok(ListResponse { identifiers, next: answer.marker })
    }

    async fn recover(&self, clients: &Clients, request: RecoverRequest) -> Result<Recovered, Failure> {
        let identifier = identifier_of(request.identifier.as_deref(), &request.properties, NAME)?;
        let restored = request.properties.keys().any(|name| is_source(name));
        let found = self.describe(clients, &identifier).await?.map(|instance| {
            Found::new(
                &request,
                &identifier,
                instance.db_instance_status(),
                instance.tag_list(),
                restored,
                LONGEST_WAIT,
            )
        });
        Ok(recovered(&request, &identifier, found.transpose()?))
    }
}

fn is_source(property: &str) -> bool {
    matches!(
        property,
        "DBSnapshotIdentifier"
            | "DBClusterSnapshotIdentifier"
            | "RestoreTime"
            | "UseLatestRestorableTime"
            | "SourceDBInstanceAutomatedBackupsArn"
            | "SourceDBInstanceIdentifier"
            | "SourceDBClusterIdentifier"
    )
}
