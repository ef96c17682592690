//! The master user's secret, where RDS manages it: a real secret that belongs to RDS and goes with its cluster.

use super::records::Cluster;
use super::timing;
use crate::service::{Call, later};
use crate::services::secrets_manager::records::{CURRENT, Secret, Version};
use charter_model::content_digest;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What stands for a password where only equality counts.
pub(crate) fn digest(password: &str) -> String {
    content_digest(&json!(["password", password]))
}

fn version(call: &mut Call<'_>, user: &str) -> (String, Version) {
    let password = call.random.alphanumeric(28);
    let version = Version {
        string: Some(json!({"username": user, "password": password}).to_string()),
        binary: None,
        stages: BTreeSet::from([CURRENT.to_owned()]),
        created: call.now,
    };
    (call.random.uuid(), version)
}

/// Makes the secret; tells its name.
pub(super) fn create(call: &mut Call<'_>, cluster: &Cluster, user: &str) -> String {
    let name = format!("rds!cluster-{}", call.random.uuid());
    let (id, version) = version(call, user);
    let key = call.text("MasterUserSecretKmsKeyId").map(str::to_owned);
    let suffix = call.random.alphanumeric(6);
    let secret = Secret {
        arn: call.arn("secretsmanager", format!("secret:{name}-{suffix}")),
        description: Some(format!("Secret associated with primary RDS DB cluster: {}", cluster.arn)),
        kms_key: key,
        owning_service: Some("rds".to_owned()),
        tags: BTreeMap::from([
            ("aws:rds:primaryDBClusterArn".to_owned(), cluster.arn.clone()),
            ("aws:secretsmanager:owningService".to_owned(), "rds".to_owned()),
        ]),
        versions: BTreeMap::from([(id, version)]),
        policy: None,
        rotation: Some(json!({"AutomaticallyAfterDays": 7})),
        replicas: Vec::new(),
        created: call.now,
        changed: call.now,
        accessed: None,
        deleted: None,
        purged: None,
        name,
    };
    call.store.put(call.account, call.region, &secret.name, &secret);
    secret.name
}

fn of(call: &Call<'_>, cluster: &Cluster) -> Option<Secret> {
    call.store.get(call.account, call.region, cluster.secret.as_ref()?)
}

/// A new password.
pub(super) fn rotate(call: &mut Call<'_>, cluster: &Cluster) {
    let Some(mut secret) = of(call, cluster) else { return };
    let (id, new) = version(call, cluster.setting("MasterUsername"));
    secret.versions.insert(id.clone(), Version { stages: BTreeSet::new(), ..new });
    secret.stage(CURRENT, &id);
    secret.changed = call.now;
    call.store.put(call.account, call.region, &secret.name, &secret);
}

/// It goes when its cluster goes.
pub(super) fn delete(call: &mut Call<'_>, cluster: &Cluster) {
    let Some(mut secret) = of(call, cluster) else { return };
    secret.purged = cluster.life.deleted.or(Some(call.now));
    call.store.put(call.account, call.region, &secret.name, &secret);
}

/// As a cluster's description tells it.
pub(super) fn shown(call: &Call<'_>, cluster: &Cluster) -> Option<Value> {
    let secret = of(call, cluster)?;
    let active = call.now >= later(secret.created, timing::SECRET_CREATION);
    let key = secret.kms_key.unwrap_or_else(|| call.arn("kms", "alias/aws/secretsmanager"));
    Some(json!({
        "SecretArn": secret.arn,
        "SecretStatus": if active { "active" } else { "creating" },
        "KmsKeyId": key,
    }))
}
