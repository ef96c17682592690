//! DB clusters: what a request must say, and the answer.

use super::engines::{Engine, engine};
use super::network::check_security_groups;
use super::parameters::{Of, find as find_parameters};
use super::records::{Cluster, Instance, Life, Settings};
use super::support::{combination, endpoint_hash, identifier, listed, named, passes, plain, value};
use super::{secret, subnet_groups, timing};
use crate::service::{Call, ServiceError};
use crate::services::shared::{Answer, tag_list, tags_of, texts};
use serde_json::{Value, json};

pub(super) fn absent(name: &str) -> ServiceError {
    ServiceError::new("DBClusterNotFoundFault", format!("DBCluster {name} not found."))
}

/// The truth of a cluster, with what has settled by now.
pub(super) fn find(call: &Call<'_>, name: &str) -> Result<Cluster, ServiceError> {
    let mut cluster: Cluster = call.store.get(call.account, call.region, name).ok_or_else(|| absent(name))?;
    cluster.life.settle(&mut cluster.settings, call.now);
    Ok(cluster)
}

pub(super) fn keep(call: &mut Call<'_>, cluster: &Cluster) {
    call.store.put(call.account, call.region, &cluster.identifier, cluster);
}

/// Input members whose value the answer shows under another name.
const RENAMED: &[(&str, &str)] = &[
    ("EnableIAMDatabaseAuthentication", "IAMDatabaseAuthenticationEnabled"),
    ("EnableCloudwatchLogsExports", "EnabledCloudwatchLogsExports"),
    ("EnableHttpEndpoint", "HttpEndpointEnabled"),
    ("EnablePerformanceInsights", "PerformanceInsightsEnabled"),
    ("EnableGlobalWriteForwarding", "GlobalWriteForwardingRequested"),
    ("DBClusterParameterGroupName", "DBClusterParameterGroup"),
    ("DBSubnetGroupName", "DBSubnetGroup"),
];

/// Input members whose value the answer shows as it is.
const SHOWN: &[&str] = &[
    "AllocatedStorage",
    "AutoMinorVersionUpgrade",
    "AvailabilityZones",
    "BacktrackWindow",
    "BackupRetentionPeriod",
    "CharacterSetName",
    "CopyTagsToSnapshot",
    "DBClusterInstanceClass",
    "DBSystemId",
    "DatabaseInsightsMode",
    "DatabaseName",
    "DeletionProtection",
    "Engine",
    "EngineLifecycleSupport",
    "EngineMode",
    "EngineVersion",
    "GlobalClusterIdentifier",
    "Iops",
    "KmsKeyId",
    "MasterUsername",
    "MonitoringInterval",
    "MonitoringRoleArn",
    "NetworkType",
    "PerformanceInsightsKMSKeyId",
    "PerformanceInsightsRetentionPeriod",
    "Port",
    "PreferredBackupWindow",
    "PreferredMaintenanceWindow",
    "PubliclyAccessible",
    "ServerlessV2ScalingConfiguration",
    "StorageEncrypted",
    "StorageType",
];

/// The settings that the input gives, by the names of the answer.
pub(super) fn given_settings(call: &Call<'_>) -> Settings {
    let mut settings = Settings::new();
    for name in SHOWN {
        settings.extend(call.member(name).map(|held| ((*name).to_owned(), held.clone())));
    }
    for (from, to) in RENAMED {
        settings.extend(call.member(from).map(|held| ((*to).to_owned(), held.clone())));
    }
    for name in ["DBClusterParameterGroup", "DBSubnetGroup", "PreferredMaintenanceWindow"] {
        if let Some(Value::String(text)) = settings.get_mut(name) {
            text.make_ascii_lowercase();
        }
    }
    if call.member("VpcSecurityGroupIds").is_some() {
        settings.insert("VpcSecurityGroups".to_owned(), security_groups(&texts(call, "VpcSecurityGroupIds")));
    }
    settings
}

pub(super) fn security_groups(identifiers: &[String]) -> Value {
    identifiers.iter().map(|group| json!({"VpcSecurityGroupId": group, "Status": "active"})).collect()
}

pub(super) fn check_scaling(scaling: &Value, initial: bool) -> Result<(), ServiceError> {
    let capacity = |name: &str| scaling.get(name).and_then(Value::as_f64);
    let (least, most) = (capacity("MinCapacity"), capacity("MaxCapacity"));
    if initial && (least.is_none() || most.is_none()) {
        return Err(value(
            "Both MinCapacity and MaxCapacity must be specified when you initialize Serverless v2 scaling configuration.",
        ));
    }
    let step = |units: f64| (units * 2.0).fract() == 0.0;
    if let Some(least) = least.filter(|least| !(0.0..=256.0).contains(least) || !step(*least)) {
        return Err(value(format!(
            "Serverless v2 minimum capacity {least:.1} isn't valid. The minimum capacity must be between 0.0 and 256.0 in increments \
             of 0.5."
        )));
    }
    if let Some(most) = most.filter(|most| !(1.0..=256.0).contains(most) || !step(*most)) {
        return Err(value(format!(
            "Serverless v2 maximum capacity {most:.1} isn't valid. The maximum capacity must be between 1.0 and 256.0 in increments of \
             0.5."
        )));
    }
    if let (Some(least), Some(most)) = (least, most)
        && least > most
    {
        return Err(value(format!(
            "Serverless v2 maximum capacity {most:.1} isn't valid. The maximum capacity must be greater than or equal to the minimum \
             capacity {least:.1}."
        )));
    }
    let pause = scaling.get("SecondsUntilAutoPause").and_then(Value::as_i64);
    if let Some(pause) = pause {
        if least.is_some_and(|least| least > 0.0) {
            return Err(combination("SecondsUntilAutoPause can be specified only when the minimum capacity is 0."));
        }
        if !(300..=86_400).contains(&pause) {
            return Err(value("SecondsUntilAutoPause must be between 300 and 86400."));
        }
    }
    Ok(())
}

pub(super) fn check_common(call: &Call<'_>, engine: &Engine) -> Result<(), ServiceError> {
    check_security_groups(call, &texts(call, "VpcSecurityGroupIds"))?;
    if let Some(days) = call.integer("BackupRetentionPeriod").filter(|days| !(1..=35).contains(days)) {
        return Err(value(format!(
            "Invalid backup retention period: {days}. Retention period must be between 1 and 35"
        )));
    }
    if let Some(port) = call.integer("Port").filter(|port| !(1150..=65535).contains(port)) {
        return Err(value(format!("Invalid port {port}: it must be between 1150 and 65535")));
    }
    let logs = texts(call, "EnableCloudwatchLogsExports");
    if let Some(log) = logs.iter().find(|log| !engine.logs.contains(&log.as_str())) {
        return Err(combination(format!(
            "You cannot use the log types '{log}' with engine version {} {}. For supported log types, see the documentation.",
            engine.name,
            call.text("EngineVersion").unwrap_or_default()
        )));
    }
    if let Some(password) = call.text("MasterUserPassword") {
        if call.flag("ManageMasterUserPassword").unwrap_or(false) {
            return Err(combination(
                "You can't specify MasterUserPassword when ManageMasterUserPassword is turned on.",
            ));
        }
        if password.chars().count() < 8 {
            return Err(value(
                "The parameter MasterUserPassword is not a valid password because it is shorter than 8 characters.",
            ));
        }
        if password.contains(['/', '@', '"', ' ']) {
            return Err(value(
                "The parameter MasterUserPassword is not a valid password. Only printable ASCII characters besides '/', '@', '\"', ' ' \
                 may be used.",
            ));
        }
    }
    Ok(())
}

pub(super) fn create(call: &mut Call<'_>) -> Answer {
    let name = identifier(call, "DBClusterIdentifier")?;
    let engine = engine(call.required("Engine"))
        .filter(|engine| engine.is_aurora())
        .ok_or_else(|| value(format!("Invalid DB engine: {}", call.required("Engine"))))?;
    let version = engine.version(call.text("EngineVersion"))?;
    check_common(call, engine)?;
    if let Some(scaling) = call.member("ServerlessV2ScalingConfiguration") {
        check_scaling(scaling, true)?;
    }
    let mode = call.text("EngineMode").unwrap_or("provisioned");
    if mode == "serverless" {
        return Err(value("The engine mode serverless (Aurora Serverless v1) is not available any more."));
    }
    let master = call.text("MasterUsername").map(str::to_owned);
    let managed = call.flag("ManageMasterUserPassword").unwrap_or(false);
    match &master {
        None => return Err(value("The parameter MasterUsername must be provided and must not be blank.")),
        Some(name) if engine.reserved.contains(&name.as_str()) => {
            return Err(value(format!(
                "MasterUsername {name} cannot be used as it is a reserved word used by the engine"
            )));
        }
        Some(_) if !managed && call.text("MasterUserPassword").is_none() => {
            return Err(value("The parameter MasterUserPassword must be provided and must not be blank."));
        }
        Some(_) => {}
    }
    if let Some(database) = call.text("DatabaseName") {
        let sound = database.starts_with(|first: char| first.is_ascii_alphabetic())
            && database.len() <= 63
            && database.chars().all(|character| character.is_ascii_alphanumeric() || character == '_');
        if !sound {
            return Err(value("DatabaseName must begin with a letter and contain only alphanumeric characters."));
        }
    }
    let family = engine.family(version);
    let group = call.text("DBClusterParameterGroupName").map_or_else(|| format!("default.{family}"), str::to_owned);
    let group = find_parameters(call, Of::Cluster, &group)?;
    if group.family != family {
        return Err(combination(format!(
            "The Parameter Group {} with DBParameterGroupFamily {} can't be used for this instance. Please use a Parameter Group with \
             DBParameterGroupFamily {family}",
            group.name, group.family
        )));
    }
    let Some(subnets) = call.text("DBSubnetGroupName") else {
        // The simulated accounts have no default VPC.
        return Err(ServiceError::new(
            "InvalidSubnet",
            "No default subnet detected in VPC. Please contact AWS Support to recreate default Subnets.",
        ));
    };
    let subnets = subnet_groups::find(call, subnets)?;
    if call.store.contains::<Cluster>(call.account, call.region, &name) {
        return Err(ServiceError::new("DBClusterAlreadyExistsFault", "DB Cluster already exists"));
    }

    let mut settings = defaults(call, engine, version, &group.name, &subnets);
    settings.extend(given_settings(call));
    settings.insert("EngineVersion".to_owned(), json!(version));
    settings.insert("Status".to_owned(), Value::Null);
    if settings.get("StorageEncrypted") == Some(&json!(true)) {
        let key = call.text("KmsKeyId").map(str::to_owned).unwrap_or_else(|| default_key(call));
        let key = if key.starts_with("arn:") { key } else { call.arn("kms", format!("key/{key}")) };
        settings.insert("KmsKeyId".to_owned(), json!(key));
    } else if call.member("KmsKeyId").is_some() {
        return Err(combination("A KMS key can be specified only with StorageEncrypted."));
    }
    let mut cluster = Cluster {
        arn: call.arn("rds", format!("cluster:{name}")),
        resource_id: format!("cluster-{}", call.random.base32(26)),
        settings,
        pending: Settings::new(),
        tags: tags_of(call.member("Tags")),
        life: Life::new(call.now, timing::CLUSTER_CREATION),
        secret: None,
        password_digest: call.text("MasterUserPassword").map(secret::digest),
        used: None,
        resuming_until: None,
        identifier: name,
    };
    if managed {
        cluster.secret = Some(secret::create(call, &cluster, master.as_deref().unwrap_or_default()));
    }
    keep(call, &cluster);
    Ok(json!({"DBCluster": shown(call, &cluster)}))
}

/// The key that AWS keeps in every account for RDS.
fn default_key(call: &Call<'_>) -> String {
    let digest = charter_model::content_digest(&json!([call.account.as_str(), call.region, "rds"]));
    let part = |from: usize, to: usize| digest.get(from..to).unwrap_or_default().to_owned();
    let id = [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-");
    call.arn("kms", format!("key/{id}"))
}

fn defaults(
    call: &Call<'_>,
    engine: &Engine,
    version: &str,
    parameters: &str,
    subnets: &super::records::SubnetGroup,
) -> Settings {
    let mut zones: Vec<_> = subnets.subnets.iter().map(|(_, zone)| zone.clone()).collect();
    // Aurora keeps its storage in three zones, whatever the subnets.
    zones.extend(["a", "b", "c", "d"].map(|letter| format!("{}{letter}", call.region)));
    let mut seen = std::collections::BTreeSet::new();
    zones.retain(|zone| seen.insert(zone.clone()));
    zones.truncate(3);
    let defaults = json!({
        "AllocatedStorage": 1,
        "AvailabilityZones": zones,
        "BackupRetentionPeriod": 1,
        "CopyTagsToSnapshot": false,
        "CrossAccountClone": false,
        "DBClusterParameterGroup": parameters,
        "DBSubnetGroup": subnets.name,
        "DatabaseInsightsMode": "standard",
        "DeletionProtection": false,
        "Engine": engine.name,
        "EngineLifecycleSupport": "open-source-rds-extended-support",
        "EngineMode": "provisioned",
        "EngineVersion": version,
        "HostedZoneId": "Z2R2ITUGPM61AM",
        "HttpEndpointEnabled": false,
        "IAMDatabaseAuthenticationEnabled": false,
        "MultiAZ": false,
        "NetworkType": "IPV4",
        "Port": engine.port,
        "PreferredBackupWindow": "07:12-07:42",
        "PreferredMaintenanceWindow": "sun:05:21-sun:05:51",
        "StorageEncrypted": false,
        "VpcSecurityGroups": [],
    });
    defaults.as_object().cloned().unwrap_or_default()
}

/// The instances of a cluster, the writer first: the oldest that still is.
pub(crate) fn members(call: &Call<'_>, cluster: &str) -> Vec<Instance> {
    let instances = call.store.list::<Instance>(call.account, call.region).into_iter();
    let mut members: Vec<Instance> =
        instances.map(|(_, it)| it).filter(|it| it.cluster.as_deref() == Some(cluster)).collect();
    members
        .sort_by_key(|instance| (instance.life.deleted.is_some(), instance.life.created, instance.identifier.clone()));
    members
}

/// Whether something is not the default, and so is shown.
pub(super) fn shown(call: &Call<'_>, cluster: &Cluster) -> Value {
    let mut cluster = cluster.clone();
    cluster.life.settle(&mut cluster.settings, call.now);
    let hash = endpoint_hash(call);
    let endpoint =
        |kind: &str| format!("{}.cluster-{kind}{hash}.{}.rds.amazonaws.com", cluster.identifier, call.region);
    let members: Vec<_> = members(call, &cluster.identifier)
        .iter()
        .enumerate()
        .map(|(place, instance)| {
            json!({
                "DBInstanceIdentifier": instance.identifier,
                "IsClusterWriter": place == 0,
                "DBClusterParameterGroupStatus": "in-sync",
                "PromotionTier": instance.settings.get("PromotionTier").cloned().unwrap_or(json!(1)),
            })
        })
        .collect();
    let mut shown = cluster.settings.clone();
    let own = json!({
        "DBClusterIdentifier": cluster.identifier,
        "DBClusterArn": cluster.arn,
        "DbClusterResourceId": cluster.resource_id,
        "Status": cluster.life.status(call.now),
        "Endpoint": endpoint(""),
        "ReaderEndpoint": endpoint("ro-"),
        "ClusterCreateTime": cluster.life.created.to_string(),
        "EarliestRestorableTime": (call.now >= cluster.life.available).then(|| cluster.life.available.to_string()),
        "LatestRestorableTime": (call.now >= cluster.life.available).then(|| call.now.to_string()),
        "DBClusterMembers": members,
        "AssociatedRoles": [],
        "ReadReplicaIdentifiers": [],
        "DomainMemberships": [],
        "TagList": tag_list(&cluster.tags),
        "MasterUserSecret": secret::shown(call, &cluster),
        "PendingModifiedValues": pending(call, &cluster),
        "ActivityStreamStatus": "stopped",
    });
    shown.extend(own.as_object().cloned().unwrap_or_default());
    Value::Object(shown)
}

/// Only these are told of what is not yet done; of the rest the old value shows until the new one holds.
fn pending(call: &Call<'_>, cluster: &Cluster) -> Option<Value> {
    const TOLD: &[&str] =
        &["BackupRetentionPeriod", "EngineVersion", "IAMDatabaseAuthenticationEnabled", "StorageType"];
    let mut pending = cluster.pending.clone();
    if let Some(change) = &cluster.life.change
        && change.ends > call.now
    {
        pending.extend(change.values.clone());
    }
    pending.retain(|name, _| TOLD.contains(&name.as_str()));
    (!pending.is_empty()).then_some(Value::Object(pending))
}

pub(super) fn describe(call: &mut Call<'_>) -> Answer {
    if let Some(name) = call.text("DBClusterIdentifier").filter(|name| !name.is_empty()) {
        let name = plain(name);
        let cluster: Cluster = call.store.read(call.account, call.region, &name).ok_or_else(|| absent(&name))?;
        return Ok(json!({"DBClusters": [shown(call, &cluster)]}));
    }
    let mut clusters = Vec::new();
    for (name, cluster) in call.store.read_all::<Cluster>(call.account, call.region) {
        let of = |filter: &str| match filter {
            "db-cluster-id" => Some(cluster.identifier.clone()),
            "db-cluster-resource-id" => Some(cluster.resource_id.clone()),
            "engine" => Some(cluster.setting("Engine").to_owned()),
            "clone-group-id" | "domain" => Some(String::new()),
            _ => None,
        };
        if passes(call, of)? {
            clusters.push((name, shown(call, &cluster)));
        }
    }
    listed(call, "DBClusters", clusters)
}

/// The cluster that a change is asked for: it must be there and at rest.
pub(super) fn at_rest(call: &Call<'_>, wanted: &[&str]) -> Result<Cluster, ServiceError> {
    let cluster = find(call, &named(call, "DBClusterIdentifier"))?;
    let status = cluster.life.status(call.now);
    if wanted.contains(&status) {
        return Ok(cluster);
    }
    Err(ServiceError::new(
        "InvalidDBClusterStateFault",
        format!("DbCluster {} is in {status} state", cluster.identifier),
    ))
}
