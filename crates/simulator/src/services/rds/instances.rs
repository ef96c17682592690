//! DB instances: members of a cluster, or on their own.

use super::clusters::{find as find_cluster, members, security_groups};
use super::engines::engine;
use super::network::check_security_groups;
use super::parameters::{Of, find as find_parameters};
use super::records::{Change, Instance, Life, Settings};
use super::subnet_groups;
use super::support::{combination, endpoint_hash, identifier, listed, named, passes, plain, value};
use super::timing;
use crate::service::{Call, ServiceError, later};
use crate::services::shared::{Answer, tag_list, tags_of, texts};
use serde_json::{Value, json};

fn absent(name: &str) -> ServiceError {
    ServiceError::new("DBInstanceNotFound", format!("DBInstance {name} not found."))
}

fn find(call: &Call<'_>, name: &str) -> Result<Instance, ServiceError> {
    let mut instance: Instance = call.store.get(call.account, call.region, name).ok_or_else(|| absent(name))?;
    instance.life.settle(&mut instance.settings, call.now);
    Ok(instance)
}

fn keep(call: &mut Call<'_>, instance: &Instance) {
    call.store.put(call.account, call.region, &instance.identifier, instance);
}

/// Input members that the answer shows as they are, and two that it names otherwise.
const SHOWN: &[&str] = &[
    "AllocatedStorage",
    "AutoMinorVersionUpgrade",
    "AvailabilityZone",
    "BackupRetentionPeriod",
    "CACertificateIdentifier",
    "CopyTagsToSnapshot",
    "DBInstanceClass",
    "DBName",
    "DBParameterGroupName",
    "DBSubnetGroupName",
    "DatabaseInsightsMode",
    "DeletionProtection",
    "Engine",
    "EngineVersion",
    "Iops",
    "KmsKeyId",
    "LicenseModel",
    "MasterUsername",
    "MaxAllocatedStorage",
    "MonitoringInterval",
    "MonitoringRoleArn",
    "MultiAZ",
    "NetworkType",
    "PerformanceInsightsKMSKeyId",
    "PerformanceInsightsRetentionPeriod",
    "PreferredBackupWindow",
    "PreferredMaintenanceWindow",
    "PromotionTier",
    "PubliclyAccessible",
    "StorageEncrypted",
    "StorageThroughput",
    "StorageType",
];

fn given_settings(call: &Call<'_>) -> Settings {
    let mut settings = Settings::new();
    for name in SHOWN {
        settings.extend(call.member(name).map(|held| ((*name).to_owned(), held.clone())));
    }
    for (from, to) in [
        ("EnablePerformanceInsights", "PerformanceInsightsEnabled"),
        ("EnableIAMDatabaseAuthentication", "IAMDatabaseAuthenticationEnabled"),
        ("EnableCloudwatchLogsExports", "EnabledCloudwatchLogsExports"),
        ("Port", "Port"),
        ("DBPortNumber", "Port"),
    ] {
        settings.extend(call.member(from).map(|held| (to.to_owned(), held.clone())));
    }
    if call.member("VpcSecurityGroupIds").is_some() {
        settings.insert("VpcSecurityGroups".to_owned(), security_groups(&texts(call, "VpcSecurityGroupIds")));
    }
    settings
}

fn check_class(class: &str) -> Result<(), ServiceError> {
    let parts: Vec<&str> = class.split('.').collect();
    let sized =
        |size: &str| matches!(size, "micro" | "small" | "medium" | "large" | "metal") || size.ends_with("xlarge");
    match parts.as_slice() {
        ["db", "serverless"] => Ok(()),
        ["db", _, size] if sized(size) => Ok(()),
        _ => Err(value(format!("Invalid DB Instance class: {class}"))),
    }
}

pub(super) fn create(call: &mut Call<'_>) -> Answer {
    let name = identifier(call, "DBInstanceIdentifier")?;
    let engine = engine(call.required("Engine"))
        .ok_or_else(|| value(format!("Invalid DB engine: {}", call.required("Engine"))))?;
    let class = call.required("DBInstanceClass").to_owned();
    check_class(&class)?;
    check_security_groups(call, &texts(call, "VpcSecurityGroupIds"))?;
    let mut settings: Settings = json!({
        "AutoMinorVersionUpgrade": true,
        "BackupRetentionPeriod": 1,
        "CACertificateIdentifier": "rds-ca-rsa2048-g1",
        "CopyTagsToSnapshot": false,
        "DatabaseInsightsMode": "standard",
        "DeletionProtection": false,
        "IAMDatabaseAuthenticationEnabled": false,
        "LicenseModel": if engine.port == 5432 { "postgresql-license" } else { "general-public-license" },
        "MonitoringInterval": 0,
        "MultiAZ": false,
        "NetworkType": "IPV4",
        "PerformanceInsightsEnabled": false,
        "PreferredMaintenanceWindow": "mon:06:12-mon:06:42",
        "PromotionTier": 1,
        "PubliclyAccessible": false,
    })
    .as_object()
    .cloned()
    .unwrap_or_default();
    let cluster = match call.text("DBClusterIdentifier") {
        Some(cluster) => Some(in_cluster(call, &plain(cluster), engine.name, &class, &mut settings)?),
        None if engine.is_aurora() => {
            return Err(combination(format!(
                "The engine {} needs a DB cluster: specify DBClusterIdentifier.",
                engine.name
            )));
        }
        None => {
            alone(call, engine, &mut settings)?;
            None
        }
    };
    let version = settings.get("EngineVersion").and_then(Value::as_str).unwrap_or_default();
    let family = engine.family(version);
    let group = call.text("DBParameterGroupName").map_or_else(|| format!("default.{family}"), str::to_owned);
    let group = find_parameters(call, Of::Instance, &group)?;
    if group.family != family {
        return Err(combination(format!(
            "The Parameter Group {} with DBParameterGroupFamily {} can't be used for this instance. Please use a Parameter Group with \
             DBParameterGroupFamily {family}",
            group.name, group.family
        )));
    }
    if call.store.contains::<Instance>(call.account, call.region, &name) {
        return Err(ServiceError::new("DBInstanceAlreadyExists", "DB instance already exists"));
    }
    let mut given = given_settings(call);
    given.remove("EngineVersion");
    settings.extend(given);
    settings.insert("DBParameterGroupName".to_owned(), json!(group.name));
    let instance = Instance {
        arn: call.arn("rds", format!("db:{name}")),
        resource_id: format!("db-{}", call.random.base32(26)),
        cluster,
        settings,
        pending: Settings::new(),
        tags: tags_of(call.member("Tags")),
        life: Life::new(call.now, timing::INSTANCE_CREATION),
        identifier: name,
    };
    keep(call, &instance);
    Ok(json!({"DBInstance": shown(call, &instance)}))
}

fn in_cluster(
    call: &Call<'_>,
    name: &str,
    engine: &str,
    class: &str,
    settings: &mut Settings,
) -> Result<String, ServiceError> {
    let cluster = find_cluster(call, name)?;
    if cluster.setting("Engine") != engine {
        return Err(combination(format!(
            "The engine name requested for your DB instance ({engine}) doesn't match the engine name of your DB cluster ({}).",
            cluster.setting("Engine")
        )));
    }
    for member in ["MasterUsername", "MasterUserPassword", "AllocatedStorage", "DBName", "BackupRetentionPeriod"] {
        if call.member(member).is_some() {
            return Err(combination(format!(
                "The requested DB Instance will be a member of a DB Cluster. Set {member} for the DB Cluster."
            )));
        }
    }
    if let Some(version) = call.text("EngineVersion").filter(|version| *version != cluster.setting("EngineVersion")) {
        return Err(combination(format!(
            "The engine version that you requested for your DB instance ({version}) does not match the engine version of your DB cluster \
             ({})",
            cluster.setting("EngineVersion")
        )));
    }
    let state = |message: String| Err(ServiceError::new("InvalidDBClusterStateFault", message));
    match cluster.life.status(call.now) {
        "available" | "creating" | "modifying" => {}
        status => return state(format!("DbCluster {name} is in {status} state")),
    }
    if class == "db.serverless" && !cluster.settings.contains_key("ServerlessV2ScalingConfiguration") {
        return state(
            "Set the Serverless v2 scaling configuration on the parent DB cluster before creating a Serverless v2 DB instance."
                .to_owned(),
        );
    }
    if members(call, name).len() >= 16 {
        return Err(ServiceError::new("InstanceQuotaExceeded", "A DB cluster can have up to 16 DB instances."));
    }
    for copied in [
        "AllocatedStorage",
        "DBSubnetGroup",
        "DatabaseName",
        "EngineVersion",
        "KmsKeyId",
        "MasterUsername",
        "Port",
        "PreferredBackupWindow",
        "StorageEncrypted",
        "VpcSecurityGroups",
        "BackupRetentionPeriod",
        "CopyTagsToSnapshot",
    ] {
        let to = match copied {
            "DBSubnetGroup" => "DBSubnetGroupName",
            "DatabaseName" => "DBName",
            other => other,
        };
        settings.extend(cluster.settings.get(copied).map(|held| (to.to_owned(), held.clone())));
    }
    settings.insert(
        "StorageType".to_owned(),
        json!(match cluster.setting("StorageType") {
            "" => "aurora",
            other => other,
        }),
    );
    let zones = cluster.settings.get("AvailabilityZones").and_then(Value::as_array);
    let place = members(call, name).len();
    let zone = zones.and_then(|zones| zones.get(place % zones.len().max(1)));
    settings.extend(zone.map(|zone| ("AvailabilityZone".to_owned(), zone.clone())));
    Ok(cluster.identifier)
}

fn alone(call: &Call<'_>, engine: &super::engines::Engine, settings: &mut Settings) -> Result<(), ServiceError> {
    settings.insert("EngineVersion".to_owned(), json!(engine.version(call.text("EngineVersion"))?));
    if call.integer("AllocatedStorage").is_none() {
        return Err(value("The parameter AllocatedStorage must be provided and must not be blank."));
    }
    if call.text("MasterUsername").is_none() {
        return Err(value("The parameter MasterUsername must be provided and must not be blank."));
    }
    if call.flag("ManageMasterUserPassword").unwrap_or(false) {
        return Err(call.not_simulated());
    }
    if call.text("MasterUserPassword").is_none() {
        return Err(value("The parameter MasterUserPassword must be provided and must not be blank."));
    }
    let group = call.text("DBSubnetGroupName").ok_or_else(|| {
        ServiceError::new(
            "InvalidSubnet",
            "No default subnet detected in VPC. Please contact AWS Support to recreate default Subnets.",
        )
    })?;
    let group = subnet_groups::find(call, group)?;
    settings.insert("Port".to_owned(), json!(engine.port));
    settings.insert("StorageEncrypted".to_owned(), json!(false));
    settings.insert("StorageType".to_owned(), json!("gp2"));
    settings.insert("PreferredBackupWindow".to_owned(), json!("07:12-07:42"));
    settings.insert("VpcSecurityGroups".to_owned(), json!([]));
    let zone = group.subnets.first().map(|(_, zone)| zone.clone());
    settings.extend(zone.map(|zone| ("AvailabilityZone".to_owned(), json!(zone))));
    Ok(())
}

pub(super) fn shown(call: &Call<'_>, instance: &Instance) -> Value {
    let mut instance = instance.clone();
    instance.life.settle(&mut instance.settings, call.now);
    let mut shown = instance.settings.clone();
    let port = shown.remove("Port").unwrap_or(Value::Null);
    let group = shown.remove("DBSubnetGroupName");
    let group = group.as_ref().and_then(Value::as_str).and_then(|name| subnet_groups::find(call, name).ok());
    let parameters = shown.remove("DBParameterGroupName");
    // There is an address only once the instance works.
    let address = (call.now >= instance.life.available).then(|| {
        json!({
            "Address": format!("{}.{}.{}.rds.amazonaws.com", instance.identifier, endpoint_hash(call), call.region),
            "Port": port,
            "HostedZoneId": "Z2R2ITUGPM61AM",
        })
    });
    let own = json!({
        "DBInstanceIdentifier": instance.identifier,
        "DBInstanceArn": instance.arn,
        "DbiResourceId": instance.resource_id,
        "DBInstanceStatus": instance.status(call.now),
        "DBClusterIdentifier": instance.cluster,
        "InstanceCreateTime": (call.now >= instance.life.available).then(|| instance.life.available.to_string()),
        "Endpoint": address,
        "DbInstancePort": 0,
        "DBSecurityGroups": [],
        "DBSubnetGroup": group.as_ref().map(subnet_groups::shown),
        "DBParameterGroups": [{"DBParameterGroupName": parameters, "ParameterApplyStatus": "in-sync"}],
        "PendingModifiedValues": Value::Object(instance.pending.clone()),
        "ReadReplicaDBInstanceIdentifiers": [],
        "DomainMemberships": [],
        "AssociatedRoles": [],
        "TagList": tag_list(&instance.tags),
    });
    shown.extend(own.as_object().cloned().unwrap_or_default());
    Value::Object(shown)
}

pub(super) fn describe(call: &mut Call<'_>) -> Answer {
    if let Some(name) = call.text("DBInstanceIdentifier").filter(|name| !name.is_empty()) {
        let name = plain(name);
        let instance: Instance = call.store.read(call.account, call.region, &name).ok_or_else(|| absent(&name))?;
        return Ok(json!({"DBInstances": [shown(call, &instance)]}));
    }
    let mut instances = Vec::new();
    for (name, instance) in call.store.read_all::<Instance>(call.account, call.region) {
        let of = |filter: &str| match filter {
            "db-instance-id" => Some(instance.identifier.clone()),
            "db-cluster-id" => Some(instance.cluster.clone().unwrap_or_default()),
            "dbi-resource-id" => Some(instance.resource_id.clone()),
            "engine" => instance.settings.get("Engine").and_then(Value::as_str).map(str::to_owned),
            "domain" => Some(String::new()),
            _ => None,
        };
        if passes(call, of)? {
            instances.push((name, shown(call, &instance)));
        }
    }
    listed(call, "DBInstances", instances)
}

fn at_rest(call: &Call<'_>) -> Result<Instance, ServiceError> {
    let instance = find(call, &named(call, "DBInstanceIdentifier"))?;
    match instance.status(call.now) {
        "available" | "stopped" => Ok(instance),
        _ => Err(ServiceError::new(
            "InvalidDBInstanceState",
            format!("Database instance is not in available state: {}", instance.identifier),
        )),
    }
}

pub(super) fn modify(call: &mut Call<'_>) -> Answer {
    let mut instance = at_rest(call)?;
    if call.member("NewDBInstanceIdentifier").is_some() {
        return Err(call.not_simulated());
    }
    check_security_groups(call, &texts(call, "VpcSecurityGroupIds"))?;
    if let Some(class) = call.text("DBInstanceClass") {
        check_class(class)?;
    }
    if let Some(group) = call.text("DBParameterGroupName") {
        find_parameters(call, Of::Instance, group)?;
    }
    let mut given = given_settings(call);
    given.retain(|name, held| instance.settings.get(name) != Some(held));
    const AT_ONCE: &[&str] = &[
        "AutoMinorVersionUpgrade",
        "CopyTagsToSnapshot",
        "DeletionProtection",
        "PreferredBackupWindow",
        "PreferredMaintenanceWindow",
        "PromotionTier",
        "MonitoringInterval",
        "MonitoringRoleArn",
        "PubliclyAccessible",
    ];
    let now = call.flag("ApplyImmediately").unwrap_or(false);
    let mut slow = if now { std::mem::take(&mut instance.pending) } else { Settings::new() };
    for (name, held) in given {
        if AT_ONCE.contains(&name.as_str()) {
            instance.settings.insert(name, held);
        } else if now {
            slow.insert(name, held);
        } else {
            instance.pending.insert(name, held);
        }
    }
    if !slow.is_empty() {
        let begins = call.after(timing::MODIFICATION_LAG);
        instance.life.change = Some(Change {
            begins,
            ends: later(begins, timing::MODIFICATION),
            status: "modifying".to_owned(),
            values: slow,
            stopped: None,
        });
    }
    keep(call, &instance);
    Ok(json!({"DBInstance": shown(call, &instance)}))
}

pub(super) fn reboot(call: &mut Call<'_>) -> Answer {
    let mut instance = at_rest(call)?;
    instance.life.change = Some(Change {
        begins: call.now,
        ends: call.after(timing::REBOOT),
        status: "rebooting".to_owned(),
        values: Settings::new(),
        stopped: None,
    });
    keep(call, &instance);
    Ok(json!({"DBInstance": shown(call, &instance)}))
}

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let mut instance = find(call, &named(call, "DBInstanceIdentifier"))?;
    if instance.settings.get("DeletionProtection") == Some(&json!(true)) {
        return Err(combination(
            "Cannot delete protected DB Instance, please disable deletion protection and try again.",
        ));
    }
    if instance.status(call.now) == "deleting" {
        return Err(ServiceError::new(
            "InvalidDBInstanceState",
            format!("Instance {} is already being deleted.", instance.identifier),
        ));
    }
    let skip = call.flag("SkipFinalSnapshot").unwrap_or(false);
    let snapshot = call.text("FinalDBSnapshotIdentifier");
    match (&instance.cluster, skip, snapshot) {
        (Some(_), _, Some(_)) => {
            return Err(combination(
                "FinalDBSnapshotIdentifier can not be specified when deleting a cluster instance.",
            ));
        }
        (None, true, Some(_)) => {
            return Err(combination(
                "FinalDBSnapshotIdentifier cannot be specified when SkipFinalSnapshot is enabled.",
            ));
        }
        (None, false, None) => {
            return Err(combination("FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified."));
        }
        (None, false, Some(_)) => return Err(call.not_simulated()),
        _ => {}
    }
    instance.life.deleted = Some(call.after(timing::INSTANCE_DELETION));
    keep(call, &instance);
    Ok(json!({"DBInstance": shown(call, &instance)}))
}
