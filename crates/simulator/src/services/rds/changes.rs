//! What happens to a cluster after its creation: changes, stop and start, deletion.

use super::clusters::{at_rest, check_common, check_scaling, find, given_settings, keep, members, shown};
use super::engines::engine;
use super::parameters::{Of, find as find_parameters};
use super::records::{Change, Cluster, ClusterSnapshot, Instance, Settings};
use super::support::{combination, identifier, named, plain, value};
use super::{secret, timing};
use crate::service::{Call, ServiceError, later};
use crate::services::shared::{Answer, texts_of};
use serde_json::{Value, json};

/// What ModifyDBCluster changes at once, without a `modifying` phase.
const AT_ONCE: &[&str] =
    &["CopyTagsToSnapshot", "DeletionProtection", "PreferredBackupWindow", "PreferredMaintenanceWindow"];

/// What waits for the maintenance window unless the caller says `ApplyImmediately`
/// (<https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.Modifying.html>).
const WAITS: &[&str] =
    &["BackupRetentionPeriod", "EngineVersion", "IAMDatabaseAuthenticationEnabled", "StorageType", "NetworkType"];

pub(super) fn modify(call: &mut Call<'_>) -> Answer {
    let mut cluster = at_rest(call, &["available"])?;
    let Some(engine) = engine(cluster.setting("Engine")) else { return Err(value("Invalid DB engine")) };
    if call.member("NewDBClusterIdentifier").is_some() {
        return Err(call.not_simulated());
    }
    check_common(call, engine)?;
    let now = call.flag("ApplyImmediately").unwrap_or(false);
    let mut given = given_settings(call);
    // For Serverless v2 and provisioned clusters the Data API is turned on by EnableHttpEndpoint; here the member is ignored
    // (<https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/data-api.enabling.html>).
    given.remove("HttpEndpointEnabled");
    if let Some(scaling) = given.get_mut("ServerlessV2ScalingConfiguration") {
        let held = cluster.settings.get("ServerlessV2ScalingConfiguration").and_then(Value::as_object);
        let mut whole = held.cloned().unwrap_or_default();
        whole.extend(scaling.as_object().cloned().unwrap_or_default().into_iter().filter(|(_, held)| !held.is_null()));
        check_scaling(&Value::Object(whole.clone()), held.is_none())?;
        *scaling = Value::Object(whole);
    }
    if let Some(asked) = call.text("EngineVersion") {
        let version = engine.version(Some(asked))?;
        let held = cluster.setting("EngineVersion");
        if engine.family(version) != engine.family(held) && !call.flag("AllowMajorVersionUpgrade").unwrap_or(false) {
            return Err(combination(
                "The AllowMajorVersionUpgrade flag must be present when upgrading to a new major version.",
            ));
        }
        if number(version) < number(held) {
            return Err(combination(format!("Cannot upgrade {} from {held} to {version}", engine.name)));
        }
        given.insert("EngineVersion".to_owned(), json!(version));
    }
    if let Some(name) = call.text("DBClusterParameterGroupName") {
        let group = find_parameters(call, Of::Cluster, name)?;
        let version = given.get("EngineVersion").and_then(Value::as_str).unwrap_or(cluster.setting("EngineVersion"));
        if group.family != engine.family(version) {
            return Err(combination(format!(
                "The Parameter Group {} with DBParameterGroupFamily {} can't be used for this instance.",
                group.name, group.family
            )));
        }
    }
    if let Some(change) = call.member("CloudwatchLogsExportConfiguration") {
        let mut logs = texts_of(cluster.settings.get("EnabledCloudwatchLogsExports"));
        let off = texts_of(change.get("DisableLogTypes"));
        logs.retain(|log| !off.contains(log));
        logs.extend(texts_of(change.get("EnableLogTypes")));
        logs.sort();
        logs.dedup();
        given.insert("EnabledCloudwatchLogsExports".to_owned(), json!(logs));
    }
    passwords(call, &mut cluster)?;
    given.retain(|name, held| cluster.settings.get(name) != Some(held));
    let mut slow = Settings::new();
    for (name, held) in given {
        if AT_ONCE.contains(&name.as_str()) {
            cluster.settings.insert(name, held);
        } else if WAITS.contains(&name.as_str()) && !now {
            cluster.pending.insert(name, held);
        } else {
            slow.insert(name, held);
        }
    }
    if now {
        // A change at once takes with it what was waiting.
        let mut waiting = std::mem::take(&mut cluster.pending);
        waiting.extend(slow);
        slow = waiting;
    }
    if !slow.is_empty() || call.text("MasterUserPassword").is_some() {
        let upgrade = slow.contains_key("EngineVersion");
        let begins = call.after(timing::MODIFICATION_LAG);
        let takes = if upgrade { timing::UPGRADE } else { timing::MODIFICATION };
        cluster.life.change = Some(Change {
            begins,
            ends: later(begins, takes),
            status: if upgrade { "upgrading" } else { "modifying" }.to_owned(),
            values: slow,
            stopped: None,
        });
    }
    keep(call, &cluster);
    Ok(json!({"DBCluster": shown(call, &cluster)}))
}

fn number(version: &str) -> Vec<u32> {
    version.split(|character: char| !character.is_ascii_digit()).filter_map(|part| part.parse().ok()).collect()
}

fn passwords(call: &mut Call<'_>, cluster: &mut Cluster) -> Result<(), ServiceError> {
    match (call.flag("ManageMasterUserPassword"), cluster.secret.is_some()) {
        (Some(true), false) => {
            let user = cluster.setting("MasterUsername").to_owned();
            cluster.secret = Some(secret::create(call, cluster, &user));
            cluster.password_digest = None;
        }
        (Some(false), true) => {
            let Some(password) = call.text("MasterUserPassword") else {
                return Err(combination(
                    "You must specify MasterUserPassword when turning off ManageMasterUserPassword.",
                ));
            };
            cluster.password_digest = Some(secret::digest(password));
            secret::delete(call, cluster);
            cluster.secret = None;
        }
        (_, true) if call.text("MasterUserPassword").is_some() => {
            return Err(combination(
                "You can't specify MasterUserPassword for a DB cluster whose master user password is managed in AWS Secrets Manager.",
            ));
        }
        _ => {
            if let Some(password) = call.text("MasterUserPassword") {
                cluster.password_digest = Some(secret::digest(password));
            }
        }
    }
    if call.flag("RotateMasterUserPassword").unwrap_or(false) {
        if cluster.secret.is_none() {
            return Err(combination("RotateMasterUserPassword needs ManageMasterUserPassword."));
        }
        secret::rotate(call, cluster);
    }
    Ok(())
}

/// `stop` or `start`.
pub(super) fn power(call: &mut Call<'_>, stop: bool) -> Answer {
    let mut cluster = at_rest(call, if stop { &["available"] } else { &["stopped"] })?;
    let (status, takes) = if stop { ("stopping", timing::STOP) } else { ("starting", timing::START) };
    let change = Change {
        begins: call.now,
        ends: call.after(takes),
        status: status.to_owned(),
        values: Settings::new(),
        stopped: Some(stop),
    };
    for mut instance in members(call, &cluster.identifier) {
        if instance.life.deleted.is_none() {
            instance.life.settle(&mut instance.settings, call.now);
            instance.life.change = Some(change.clone());
            call.store.put(call.account, call.region, &instance.identifier, &instance);
        }
    }
    cluster.life.change = Some(change);
    keep(call, &cluster);
    Ok(json!({"DBCluster": shown(call, &cluster)}))
}

/// The Data API of a cluster, on or off.
pub(super) fn http_endpoint(call: &mut Call<'_>, on: bool) -> Answer {
    let name = plain(call.required("ResourceArn"));
    let absent =
        || ServiceError::new("ResourceNotFoundFault", format!("The specified resource {name} can't be found."));
    let mut cluster = find(call, &name).map_err(|_| absent())?;
    if cluster.arn != call.required("ResourceArn") {
        return Err(absent());
    }
    let status = cluster.life.status(call.now);
    if status != "available" {
        return Err(ServiceError::new(
            "InvalidResourceStateFault",
            format!(
                "The DB cluster {name} is in {status} state; the HTTP endpoint can be changed only while it is available."
            ),
        ));
    }
    cluster.settings.insert("HttpEndpointEnabled".to_owned(), json!(on));
    keep(call, &cluster);
    Ok(json!({"ResourceArn": cluster.arn, "HttpEndpointEnabled": on}))
}

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let mut cluster = find(call, &named(call, "DBClusterIdentifier"))?;
    let state = |message: String| ServiceError::new("InvalidDBClusterStateFault", message);
    if cluster.flag("DeletionProtection") {
        return Err(combination("Cannot delete protected Cluster, please disable deletion protection and try again."));
    }
    let status = cluster.life.status(call.now);
    if status == "deleting" {
        return Err(state(format!("DBCluster {} is already being deleted.", cluster.identifier)));
    }
    if !matches!(status, "available" | "stopped" | "creating") {
        return Err(state(format!("DbCluster {} is in {status} state", cluster.identifier)));
    }
    let alive = |instance: &Instance| instance.life.deleted.is_none();
    if members(call, &cluster.identifier).iter().any(alive) {
        return Err(state(
            "Cluster cannot be deleted, it still contains DB instances in non-deleting state.".to_owned(),
        ));
    }
    let skip = call.flag("SkipFinalSnapshot").unwrap_or(false);
    let snapshot = match call.text("FinalDBSnapshotIdentifier") {
        Some(_) if skip => {
            return Err(combination(
                "FinalDBSnapshotIdentifier cannot be specified when deleting a cluster with SkipFinalSnapshot.",
            ));
        }
        Some(_) => Some(identifier(call, "FinalDBSnapshotIdentifier")?),
        None if skip => None,
        None => {
            return Err(combination("FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified."));
        }
    };
    let mut takes = timing::CLUSTER_DELETION;
    if let Some(name) = snapshot {
        if call.store.contains::<ClusterSnapshot>(call.account, call.region, &name) {
            return Err(ServiceError::new(
                "DBClusterSnapshotAlreadyExistsFault",
                format!("Cannot create the snapshot because one with the identifier {name} already exists."),
            ));
        }
        takes += timing::FINAL_SNAPSHOT;
        let snapshot = ClusterSnapshot {
            arn: call.arn("rds", format!("cluster-snapshot:{name}")),
            cluster: cluster.identifier.clone(),
            engine: cluster.setting("Engine").to_owned(),
            engine_version: cluster.setting("EngineVersion").to_owned(),
            created: call.now,
            available: call.after(timing::FINAL_SNAPSHOT),
            tags: if cluster.flag("CopyTagsToSnapshot") { cluster.tags.clone() } else { Default::default() },
            identifier: name,
        };
        call.store.put(call.account, call.region, &snapshot.identifier, &snapshot);
    }
    cluster.life.deleted = Some(call.after(takes));
    secret::delete(call, &cluster);
    keep(call, &cluster);
    Ok(json!({"DBCluster": shown(call, &cluster)}))
}

fn shown_snapshot(call: &Call<'_>, snapshot: &ClusterSnapshot) -> Value {
    let done = call.now >= snapshot.available;
    json!({
        "DBClusterSnapshotIdentifier": snapshot.identifier,
        "DBClusterSnapshotArn": snapshot.arn,
        "DBClusterIdentifier": snapshot.cluster,
        "Engine": snapshot.engine,
        "EngineVersion": snapshot.engine_version,
        "SnapshotCreateTime": snapshot.created.to_string(),
        "Status": if done { "available" } else { "creating" },
        "PercentProgress": if done { 100 } else { 0 },
        "SnapshotType": "manual",
        "TagList": crate::services::shared::tag_list(&snapshot.tags),
    })
}

pub(super) fn describe_snapshots(call: &mut Call<'_>) -> Answer {
    let cluster = call.text("DBClusterIdentifier").map(plain);
    let snapshot = call.text("DBClusterSnapshotIdentifier").map(plain);
    let all = call.store.read_all::<ClusterSnapshot>(call.account, call.region).into_iter();
    let found: Vec<_> = all
        .filter(|(name, held)| {
            cluster.as_ref().is_none_or(|wanted| held.cluster == *wanted)
                && snapshot.as_ref().is_none_or(|wanted| name == wanted)
        })
        .map(|(name, held)| (name, shown_snapshot(call, &held)))
        .collect();
    if let (true, Some(name)) = (found.is_empty(), snapshot) {
        return Err(absent_snapshot(&name));
    }
    super::support::listed(call, "DBClusterSnapshots", found)
}

fn absent_snapshot(name: &str) -> ServiceError {
    ServiceError::new("DBClusterSnapshotNotFoundFault", format!("DBClusterSnapshot {name} not found."))
}

pub(super) fn delete_snapshot(call: &mut Call<'_>) -> Answer {
    let name = named(call, "DBClusterSnapshotIdentifier");
    let snapshot: ClusterSnapshot =
        call.store.get(call.account, call.region, &name).ok_or_else(|| absent_snapshot(&name))?;
    if call.now < snapshot.available {
        return Err(ServiceError::new(
            "InvalidDBClusterSnapshotStateFault",
            format!("DBClusterSnapshot {name} is in creating state"),
        ));
    }
    call.store.remove::<ClusterSnapshot>(call.account, call.region, &name);
    Ok(json!({"DBClusterSnapshot": shown_snapshot(call, &snapshot)}))
}
