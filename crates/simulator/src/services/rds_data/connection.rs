//! Who may connect: the cluster must be there, reachable and awake, the endpoint on, the secret right.

use super::records::Held;
use super::sql::Database;
use crate::service::{Call, ServiceError, later};
use crate::services::rds::clusters::members;
use crate::services::rds::records::Cluster;
use crate::services::rds::{secret as master, timing};
use crate::services::secrets_manager::support::named as secret_named;
use serde_json::Value;

fn error(code: &str, message: impl Into<String>) -> ServiceError {
    ServiceError::new(code, message)
}

pub(super) fn bad_request(message: impl Into<String>) -> ServiceError {
    error("BadRequestException", message)
}

/// The cluster that a call names, ready for a statement.
pub(super) fn connect(call: &mut Call<'_>, resource: &str, secret: &str) -> Result<Cluster, ServiceError> {
    let name = resource.strip_prefix(&call.arn("rds", "cluster:"));
    let found = name.and_then(|name| call.store.get::<Cluster>(call.account, call.region, name));
    let mut cluster =
        found.ok_or_else(|| error("DatabaseNotFoundException", format!("DB cluster {resource} is not found")))?;
    cluster.life.settle(&mut cluster.settings, call.now);
    let status = cluster.life.status(call.now).to_owned();
    if !cluster.flag("HttpEndpointEnabled") {
        return Err(error(
            "HttpEndpointNotEnabledException",
            format!("HttpEndpoint is not enabled for cluster {}", cluster.identifier),
        ));
    }
    if !matches!(status.as_str(), "available" | "modifying") {
        return Err(error(
            "InvalidResourceStateException",
            format!("DB cluster {} is not available: it is in the state {status}", cluster.identifier),
        ));
    }
    let writer = members(call, &cluster.identifier).into_iter().next();
    if !writer.is_some_and(|writer| matches!(writer.status(call.now), "available" | "modifying")) {
        return Err(bad_request(format!("DB cluster {} has no available writer instance", cluster.identifier)));
    }
    authenticate(call, &cluster, secret)?;
    wake(call, &mut cluster)?;
    cluster.used = Some(call.now);
    call.store.put(call.account, call.region, &cluster.identifier, &cluster);
    Ok(cluster)
}

/// The secret must exist, hold a user and a password, and they must be the database's.
pub(super) fn authenticate(call: &Call<'_>, cluster: &Cluster, secret: &str) -> Result<(), ServiceError> {
    let secret = secret_named(call, secret, false).filter(|secret| secret.deleted.is_none()).ok_or_else(|| {
        error("SecretsErrorException", "Error fetching secret: Secrets Manager can't find the specified secret.")
    })?;
    let text = secret.current_text().unwrap_or_default();
    let value: Value = serde_json::from_str(text).map_err(|_| {
        error("InvalidSecretException", "The secret value is not a JSON document with username and password")
    })?;
    let part = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default();
    let (user, password) = (part("username"), part("password"));
    if user.is_empty() || password.is_empty() {
        return Err(error("InvalidSecretException", "The secret must hold a username and a password"));
    }
    let right = user == cluster.setting("MasterUsername")
        && match (&cluster.secret, &cluster.password_digest) {
            (Some(managed), _) => call
                .store
                .get::<crate::services::secrets_manager::records::Secret>(call.account, call.region, managed)
                .is_some_and(|held| held.current_text() == Some(text)),
            (None, Some(digest)) => *digest == master::digest(password),
            (None, None) => false,
        };
    if right {
        return Ok(());
    }
    Err(error(
        "DatabaseErrorException",
        format!("FATAL: password authentication failed for user \"{user}\"; SQLState: 28P01"),
    ))
}

/// A cluster with a minimum of 0 ACU pauses when nobody uses it; the first call wakes it, and fails.
fn wake(call: &mut Call<'_>, cluster: &mut Cluster) -> Result<(), ServiceError> {
    let scaling = cluster.settings.get("ServerlessV2ScalingConfiguration");
    let number = |name: &str| scaling.and_then(|scaling| scaling.get(name)).and_then(Value::as_f64);
    if number("MinCapacity") != Some(0.0) {
        return Ok(());
    }
    let idle = number("SecondsUntilAutoPause").unwrap_or(timing::IDLE_UNTIL_PAUSE);
    let resuming = |cluster: &Cluster| {
        error(
            "DatabaseResumingException",
            format!(
                "The Aurora DB instance {} is resuming after being auto-paused. Please wait a few seconds and try again.",
                cluster.identifier
            ),
        )
    };
    if cluster.resuming_until.is_some_and(|until| call.now < until) {
        return Err(resuming(cluster));
    }
    let last = cluster.used.max(cluster.resuming_until).unwrap_or(cluster.life.available);
    if call.now > later(last, idle) {
        cluster.resuming_until = Some(call.after(timing::RESUME));
        call.store.put(call.account, call.region, &cluster.identifier, cluster);
        return Err(resuming(cluster));
    }
    Ok(())
}

fn key(cluster: &Cluster, name: &str) -> String {
    format!("{}/{name}", cluster.resource_id)
}

/// The name of the database that a call is about.
pub(super) fn database_name(cluster: &Cluster, asked: Option<&str>) -> String {
    let default = match cluster.setting("DatabaseName") {
        "" => "postgres",
        name => name,
    };
    asked.filter(|name| !name.is_empty()).unwrap_or(default).to_owned()
}

/// A database of a cluster: `postgres` and the cluster's own are there from the beginning.
pub(super) fn load(call: &Call<'_>, cluster: &Cluster, name: &str) -> Result<Database, ServiceError> {
    if let Some(held) = call.store.get::<Held>(call.account, call.region, &key(cluster, name)) {
        return Ok(held.database);
    }
    if name == "postgres" || name == cluster.setting("DatabaseName") {
        return Ok(Database::default());
    }
    Err(error("DatabaseErrorException", format!("FATAL: database \"{name}\" does not exist; SQLState: 3D000")))
}

pub(super) fn save(call: &mut Call<'_>, cluster: &Cluster, name: &str, database: Database) {
    let held = Held { database };
    call.store.put(call.account, call.region, &key(cluster, name), &held);
}

/// Makes a database.
pub(super) fn create(call: &mut Call<'_>, cluster: &Cluster, name: &str) -> Result<(), ServiceError> {
    if load(call, cluster, name).is_ok() {
        return Err(error(
            "DatabaseErrorException",
            format!("ERROR: database \"{name}\" already exists; SQLState: 42P04"),
        ));
    }
    save(call, cluster, name, Database::default());
    Ok(())
}
