//! `AWS::RDS::DBCluster`: made, restored, changed in place, deleted with or without a last snapshot.

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
use aws_sdk_rds::operation::create_db_cluster::builders::CreateDbClusterInputBuilder;
use aws_sdk_rds::operation::modify_db_cluster::builders::ModifyDbClusterInputBuilder;
use aws_sdk_rds::operation::restore_db_cluster_from_snapshot::builders::RestoreDbClusterFromSnapshotInputBuilder;
use aws_sdk_rds::operation::restore_db_cluster_to_point_in_time::builders::RestoreDbClusterToPointInTimeInputBuilder;
use aws_sdk_rds::types::{ClusterPendingModifiedValues, DbCluster};
use charter_provider::{
    CreateRequest, DeleteRequest, Failure, FailureCode, ListRequest, ListResponse, Observed, Properties, ReadRequest,
    RecoverRequest, Recovered, StatusRequest, UpdateRequest,
};
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::Duration;

const TYPE: &str = "AWS::RDS::DBCluster";
const NAME: &str = "DBClusterIdentifier";
const OWN: &[&str] = &["DBClusterNotFound"];
/// An empty Aurora cluster takes a minute or two, an upgrade a quarter of an hour.
const LONGEST_WAIT: Duration = Duration::from_secs(15);

/// Changed by calls of their own.
const APART: &[&str] =
    &["AssociatedRoles", "DeleteAutomatedBackups", "EnableCloudwatchLogsExports", "EnableHttpEndpoint", "Tags"];

/// Serves clusters.
pub(crate) struct Clusters;

/// A role and the feature that uses it.
type Role = (String, Option<String>);

impl Clusters {
    async fn describe(&self, clients: &Clients, identifier: &str) -> Result<Option<DbCluster>, Failure> {
        let answer = clients.rds().describe_db_clusters().db_cluster_identifier(identifier).send().await;
        match answer {
            Ok(answer) => Ok(answer.db_clusters.unwrap_or_default().into_iter().next()),
            Err(error) => match failure_on(error, OWN) {
                failure if failure.code == FailureCode::NotFound => Ok(None),
                failure => Err(failure),
            },
        }
    }

    /// Changes settings; `changed` may be any of them, those of [`APART`] are left out.
    async fn modify(
        &self,
        clients: &Clients,
        identifier: &str,
        settings: Properties,
        observed: &Properties,
        desired: &Properties,
    ) -> Result<bool, Failure> {
        let exports = log_exports(observed, desired)?;
        if settings.is_empty() && exports.is_none() {
            return Ok(false);
        }
        let input: ModifyDbClusterInputBuilder = convert::input(&settings)?;
        // Whoever writes another major version asks for the upgrade; RDS wants it said twice.
        let upgrade = settings.contains_key("EngineVersion").then_some(true);
        input
            .db_cluster_identifier(identifier)
            .set_cloudwatch_logs_export_configuration(exports)
            .set_allow_major_version_upgrade(upgrade)
            .apply_immediately(true)
            .send_with(clients.rds())
            .await
            .map_err(|error| failure_on(error, OWN))?;
        Ok(true)
    }

    /// Brings the associated roles to what is desired; says whether a call was made.
    async fn change_roles(
        &self,
        clients: &Clients,
        cluster: &DbCluster,
        desired: &Properties,
    ) -> Result<bool, Failure> {
        let identifier = cluster.db_cluster_identifier().unwrap_or_default();
        let (present, wanted) = (roles(&convert::properties(cluster)), roles(desired));
        for (arn, feature) in wanted.difference(&present) {
            let call = clients.rds().add_role_to_db_cluster().db_cluster_identifier(identifier).role_arn(arn);
            match call.set_feature_name(feature.clone()).send().await {
                Err(error) if service_code(&error) == Some("DBClusterRoleAlreadyExists") => {}
                answer => drop(answer.map_err(|error| failure_on(error, OWN))?),
            }
        }
        for (arn, feature) in present.difference(&wanted) {
            let call = clients.rds().remove_role_from_db_cluster().db_cluster_identifier(identifier).role_arn(arn);
            match call.set_feature_name(feature.clone()).send().await {
                Err(error) if service_code(&error) == Some("DBClusterRoleNotFound") => {}
                answer => drop(answer.map_err(|error| failure_on(error, OWN))?),
            }
        }
        Ok(wanted != present)
    }

    /// The Data API of Serverless v2 and provisioned clusters has operations of its own; ModifyDBCluster takes the setting for
    /// Serverless v1 only (Amazon RDS API Reference, ModifyDBCluster, `EnableHttpEndpoint`).
    async fn change_http_endpoint(
        &self,
        clients: &Clients,
        cluster: &DbCluster,
        desired: &Properties,
    ) -> Result<(), Failure> {
        let wanted = convert::get::<bool>(desired, "EnableHttpEndpoint")?.unwrap_or_default();
        if cluster.http_endpoint_enabled().unwrap_or_default() == wanted {
            return Ok(());
        }
        if cluster.engine_mode() == Some("serverless") {
            let call =
                clients.rds().modify_db_cluster().set_db_cluster_identifier(cluster.db_cluster_identifier.clone());
            call.enable_http_endpoint(wanted).apply_immediately(true).send().await.map_err(failure)?;
            return Ok(());
        }
        let arn = cluster.db_cluster_arn().unwrap_or_default();
        if wanted {
            clients.rds().enable_http_endpoint().resource_arn(arn).send().await.map_err(failure)?;
        } else {
            clients.rds().disable_http_endpoint().resource_arn(arn).send().await.map_err(failure)?;
        }
        Ok(())
    }

    /// What a cluster that is available still lacks: the calls that its creation could not carry, then patience.
    async fn settle(&self, clients: &Clients, cluster: &DbCluster, handle: Handle, desired: &Properties) -> Step {
        let identifier = cluster.db_cluster_identifier().unwrap_or_default();
        match handle.stage {
            Stage::Restoring => {
                let observed = properties(cluster);
                let mut settings = desired.clone();
                settings.retain(|name, value| !APART.contains(&name.as_str()) && observed.get(name) != Some(value));
                self.modify(clients, identifier, settings, &observed, desired).await?;
                Handle::at(Stage::Creating).pending(identifier, "modifying", LONGEST_WAIT)
            }
            Stage::Creating => {
                self.change_roles(clients, cluster, desired).await?;
                Handle::at(Stage::Settling).pending(identifier, "finishing", LONGEST_WAIT)
            }
            Stage::Settling | Stage::Deleting => match unsettled(cluster, desired)? {
                Some(why) => handle.pending(identifier, why, LONGEST_WAIT),
                None => Ok(done(identifier, properties(cluster))),
            },
        }
    }
}

/// Why a cluster that is available has not settled.
fn unsettled(cluster: &DbCluster, desired: &Properties) -> Result<Option<&'static str>, Failure> {
    let none = ClusterPendingModifiedValues::builder().build();
    if cluster.pending_modified_values().is_some_and(|pending| *pending != none) {
        return Ok(Some("applying changes"));
    }
    if cluster.associated_roles().iter().any(|role| role.status() == Some("PENDING")) {
        return Ok(Some("associating roles"));
    }
    let managed = convert::get::<bool>(desired, "ManageMasterUserPassword")?.unwrap_or_default();
    let secret = cluster.master_user_secret();
    if managed && secret.is_none_or(|secret| secret.secret_arn.is_none() || secret.secret_status() == Some("creating"))
    {
        return Ok(Some("making the master user secret"));
    }
    Ok(None)
}

fn roles(properties: &Properties) -> BTreeSet<Role> {
    let list = properties.get("AssociatedRoles").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let text = |role: &Value, member: &str| {
        role.get(member).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
    };
    list.iter().filter_map(|role| Some((text(role, "RoleArn")?, text(role, "FeatureName")))).collect()
}

fn properties(cluster: &DbCluster) -> Properties {
    let mut properties = convert::properties(cluster);
    properties.insert("ManageMasterUserPassword".to_owned(), cluster.master_user_secret.is_some().into());
    if let Some(status) = cluster.local_write_forwarding_status() {
        let on = matches!(status.as_str(), "enabled" | "enabling" | "requested");
        properties.insert("EnableLocalWriteForwarding".to_owned(), on.into());
    }
    properties.remove("Tags");
    if let Some(tags) = to_property(pairs(cluster.tag_list())) {
        properties.insert("Tags".to_owned(), tags);
    }
    properties
}

#[async_trait]
impl Adapter for Clusters {
    fn types(&self) -> &'static [&'static str] {
        &[TYPE]
    }

    async fn create(&self, clients: &Clients, request: CreateRequest) -> Step {
        let properties = &request.properties;
        let identifier = convert::required::<String>(properties, NAME)?.to_lowercase();
        let (rds, has) = (clients.rds(), |name: &str| properties.contains_key(name));
        let stage = if has("SnapshotIdentifier") {
            let input: RestoreDbClusterFromSnapshotInputBuilder = convert::input(properties)?;
            input.send_with(rds).await.map_err(|error| reference_missing(failure(error)))?;
            Stage::Restoring
        } else if has("SourceDBClusterIdentifier") || has("SourceDbClusterResourceId") {
            let input: RestoreDbClusterToPointInTimeInputBuilder = convert::input(properties)?;
            input.send_with(rds).await.map_err(|error| reference_missing(failure(error)))?;
            Stage::Restoring
        } else {
            let input: CreateDbClusterInputBuilder = convert::input(properties)?;
            input.send_with(rds).await.map_err(|error| reference_missing(failure(error)))?;
            Stage::Creating
        };
        Handle::at(stage).pending(&identifier, "creating", LONGEST_WAIT)
    }

    async fn read(&self, clients: &Clients, request: ReadRequest) -> Result<Observed, Failure> {
        let found = self.describe(clients, &request.identifier).await?;
        Ok(found.map_or(Observed::Absent, |cluster| Observed::Present { properties: properties(&cluster) }))
    }

    async fn update(&self, clients: &Clients, request: UpdateRequest) -> Step {
        let (identifier, desired) = (&request.identifier, &request.properties);
        let cluster = self.describe(clients, identifier).await?.ok_or_else(|| not_found(TYPE, identifier))?;
        let observed = properties(&cluster);
        let changed = top_level(&request.changed);
        // In this order, since each but the last leaves the cluster available, and a repetition finds them done.
        if changed.contains("Tags") {
            change_tags(clients, cluster.db_cluster_arn().unwrap_or_default(), &observed, desired).await?;
        }
        if changed.contains("EnableHttpEndpoint") {
            self.change_http_endpoint(clients, &cluster, desired).await?;
        }
        if changed.contains("AssociatedRoles") {
            self.change_roles(clients, &cluster, desired).await?;
        }
        let settings = modification(desired, &request.changed, APART);
        let logs = if changed.contains("EnableCloudwatchLogsExports") { desired } else { &observed };
        self.modify(clients, identifier, settings, &observed, logs).await?;
        Handle::at(Stage::Settling).pending(identifier, "modifying", LONGEST_WAIT)
    }

    async fn delete(&self, clients: &Clients, request: DeleteRequest) -> Step {
        let identifier = &request.identifier;
        let snapshot = (!request.discard_contents).then(|| final_snapshot(identifier, &request.token.0));
        let handle = Handle { snapshot: snapshot.clone(), ..Handle::at(Stage::Deleting) };
        let answer = clients
            .rds()
            .delete_db_cluster()
            .db_cluster_identifier(identifier)
            .skip_final_snapshot(snapshot.is_none())
            .set_final_db_snapshot_identifier(snapshot)
            .set_delete_automated_backups(convert::get(&request.recorded, "DeleteAutomatedBackups")?)
            .send()
            .await;
        match answer.map_err(|error| explain_protection(failure_on(error, OWN))) {
            Ok(_) => handle.pending(identifier, "deleting", LONGEST_WAIT),
            // The deletion may be our own, of which no answer came.
            Err(failure) if failure.code == FailureCode::ResourceConflict => {
                let found = self.describe(clients, identifier).await?;
                match found.as_ref().and_then(DbCluster::status) {
                    Some("deleting") => handle.pending(identifier, "deleting", LONGEST_WAIT),
                    _ => Err(failure),
                }
            }
            Err(failure) => Err(failure),
        }
    }

    async fn status(&self, clients: &Clients, request: StatusRequest) -> Step {
        let identifier = identifier_of(request.identifier.as_deref(), &request.properties, NAME)?;
        let found = self.describe(clients, &identifier).await?;
        let handle = decode_handle(&request.handle)?;
        match course(TYPE, &identifier, handle, found, DbCluster::status, LONGEST_WAIT)? {
            Course::Answer(progress) => Ok(progress),
            Course::Available(handle, cluster) => {
                let step = self.settle(clients, &cluster, handle, &request.properties).await;
                leaving_behind(step, request.operation, &identifier)
            }
        }
    }

    async fn list(&self, clients: &Clients, request: ListRequest) -> Result<ListResponse, Failure> {
        let answer = clients.rds().describe_db_clusters().set_marker(request.page).send().await.map_err(failure)?;
        let clusters = answer.db_clusters.unwrap_or_default();
        let identifiers = clusters.into_iter().filter_map(|cluster| cluster.db_cluster_identifier).collect();
        Ok(ListResponse { identifiers, next: answer.marker })
    }

    async fn recover(&self, clients: &Clients, request: RecoverRequest) -> Result<Recovered, Failure> {
        let identifier = identifier_of(request.identifier.as_deref(), &request.properties, NAME)?;
        let restored = request.properties.keys().any(|name| is_source(name));
        let found = self.describe(clients, &identifier).await?.map(|cluster| {
            Found::new(&request, &identifier, cluster.status(), cluster.tag_list(), restored, LONGEST_WAIT)
        });
        Ok(recovered(&request, &identifier, found.transpose()?))
    }
}

fn is_source(property: &str) -> bool {
    matches!(property, "SnapshotIdentifier" | "SourceDBClusterIdentifier" | "SourceDbClusterResourceId")
}
