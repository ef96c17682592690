//! What clusters, instances and groups have in common: how their status is read, tags, and recovery by name and mark.

use crate::adapter::Step;
use crate::clients::Clients;
use crate::convert;
use crate::errors::failure;
use crate::progress::{deleted, not_found, pending, wait_after};
use crate::recorded::top_level;
use crate::tags::{Owner, TagChange, Tags, from_property, owner};
use aws_sdk_rds::types::{CloudwatchLogsExportConfiguration, Tag};
use charter_model::Pointer;
use charter_provider::{Failure, FailureCode, Operation, Pending, Progress, Properties, RecoverRequest, Recovered};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

/// Where an operation on a cluster or an instance stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Stage {
    /// Made; what creation does not take comes once it is available.
    Creating,
    /// Restored from a backup, whose settings it has; the desired ones come once it is available.
    Restoring,
    /// Changed; or made, with the last calls done.
    Settling,
    /// Being deleted.
    Deleting,
}

/// What the journal keeps.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Handle {
    pub(super) stage: Stage,
    /// How often it was looked at.
    #[serde(default)]
    pub(super) polls: u32,
    /// Whether it was rebooted so that a parameter group takes effect.
    #[serde(default)]
    pub(super) rebooted: bool,
    /// The final snapshot of a deletion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) snapshot: Option<String>,
}

/// How many looks a resource may be invisible after its creation was accepted: minutes.
pub(super) const LOOKS: u32 = 40;

impl Handle {
    pub(super) fn at(stage: Stage) -> Self {
        Self { stage, polls: 0, rebooted: false, snapshot: None }
    }

    /// What to say while it goes on.
    pub(super) fn pending(self, identifier: &str, status: &str, cap: Duration) -> Result<Progress, Failure> {
        let status = match &self.snapshot {
            Some(snapshot) => format!("{status}, final snapshot {snapshot}"),
            None => status.to_owned(),
        };
        let wait = wait_after(self.polls, cap);
        pending(&self, Some(identifier.to_owned()), wait, status)
    }
}

/// What a status word of a cluster or an instance means for whoever waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Health {
    Ready,
    Waiting,
    Failed,
}

/// Source: Amazon Aurora User Guide, "Viewing DB cluster status" and "Viewing DB instance status": the words that do not pass
/// without somebody's help.
const FAILED: &[&str] = &[
    "cloning-failed",
    "failed",
    "insufficient-capacity",
    "migration-failed",
    "restore-error",
    "storage-full",
    "storage-config-upgrade-failed",
    "upgrade-failed",
];

fn health(status: &str) -> Health {
    match status {
        // During storage optimization an instance is fully operational (same source).
        "available" | "storage-optimization" => Health::Ready,
        _ if FAILED.contains(&status)
            || status.starts_with("incompatible-")
            || status.starts_with("inaccessible-encryption-credentials") =>
        {
            Health::Failed
        }
        _ => Health::Waiting,
    }
}

/// The failure of a resource that ended in a state that does not pass.
fn stuck(type_name: &str, identifier: &str, status: &str) -> Failure {
    let message = format!(
        "{type_name} {identifier} is in the state {status}, which does not pass by itself. Its events say why: \
         aws rds describe-events"
    );
    Failure::new(FailureCode::NotStabilized, message).with_identifier(identifier)
}

/// What a look at an operation comes to.
pub(super) enum Course<R> {
    /// It goes on, or has ended.
    Answer(Progress),
    /// The resource is available: what is left may be done.
    Available(Handle, R),
}

/// Judges a look at an operation by what was found.
pub(super) fn course<R>(
    type_name: &str,
    identifier: &str,
    mut handle: Handle,
    found: Option<R>,
    status: impl Fn(&R) -> Option<&str>,
    cap: Duration,
) -> Result<Course<R>, Failure> {
    handle.polls = handle.polls.saturating_add(1);
    let Some(resource) = found else {
        return match handle.stage {
            Stage::Deleting => Ok(Course::Answer(deleted(identifier))),
            Stage::Creating | Stage::Restoring if handle.polls <= LOOKS => {
                handle.pending(identifier, "not visible yet", cap).map(Course::Answer)
            }
            _ => Err(not_found(type_name, identifier)),
        };
    };
    let word = status(&resource).unwrap_or("unknown");
    match (handle.stage, health(word)) {
        (Stage::Deleting, _) | (_, Health::Waiting) => handle.pending(identifier, word, cap).map(Course::Answer),
        (_, Health::Failed) => Err(stuck(type_name, identifier, word)),
        (_, Health::Ready) => Ok(Course::Available(handle, resource)),
    }
}

/// Whatever fails once a new resource is available leaves it behind.
pub(super) fn leaving_behind(step: Step, operation: Operation, identifier: &str) -> Step {
    step.map_err(|failure| match operation {
        Operation::Create if !failure.code.is_retryable() => failure.with_identifier(identifier),
        _ => failure,
    })
}

/// The identifier, which RDS keeps in lower case; until it is journalled, the name that was asked for.
pub(super) fn identifier_of(identifier: Option<&str>, properties: &Properties, name: &str) -> Result<String, Failure> {
    match identifier {
        Some(identifier) => Ok(identifier.to_owned()),
        None => Ok(convert::required::<String>(properties, name)?.to_lowercase()),
    }
}

/// The final snapshot's name: unique for each deletion, at most 255 characters, no hyphen at the end (DeleteDBCluster).
pub(super) fn final_snapshot(identifier: &str, token: &str) -> String {
    let token: String = token.chars().take(12).collect();
    let identifier: String = identifier.chars().take(200).collect();
    format!("{}-final-{token}", identifier.trim_end_matches('-'))
}

/// What to say when a resource refuses to be deleted because it is protected. RDS says so in the message only:
/// "Cannot delete protected Cluster, please disable deletion protection and try again."
pub(super) fn explain_protection(mut failure: Failure) -> Failure {
    let message = failure.message.to_lowercase();
    if message.contains("deletion protection") {
        failure.code = FailureCode::InvalidRequest;
        failure.message.push_str(" Set `DeletionProtection: false` and apply before it is deleted");
    }
    failure
}

/// Brings the tags of a resource to what is desired.
pub(super) async fn change_tags(
    clients: &Clients,
    arn: &str,
    observed: &Properties,
    desired: &Properties,
) -> Result<(), Failure> {
    let change = TagChange::between(&from_property(observed, "Tags"), &from_property(desired, "Tags"));
    if !change.set.is_empty() {
        let tags = change.set.into_iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect();
        let call = clients.rds().add_tags_to_resource().resource_name(arn).set_tags(Some(tags));
        call.send().await.map_err(failure)?;
    }
    if !change.remove.is_empty() {
        let call = clients.rds().remove_tags_from_resource().resource_name(arn).set_tag_keys(Some(change.remove));
        call.send().await.map_err(failure)?;
    }
    Ok(())
}

/// The ARN of a resource of a kind, by its name
/// (<https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Tagging.ARN.Constructing.html>).
pub(super) fn arn(clients: &Clients, kind: &str, name: &str) -> String {
    format!("arn:{}:rds:{}:{}:{kind}:{name}", clients.partition(), clients.region(), clients.account_id())
}

/// The tags of a resource whose description does not carry them.
pub(super) async fn tags_of(clients: &Clients, arn: &str) -> Result<Tags, Failure> {
    let answer = clients.rds().list_tags_for_resource().resource_name(arn).send().await.map_err(failure)?;
    Ok(pairs(answer.tag_list()))
}

/// Tags by key.
pub(super) fn pairs(tags: &[Tag]) -> Tags {
    tags.iter().filter_map(|tag| Some((tag.key.clone()?, tag.value.clone().unwrap_or_default()))).collect()
}

/// Settings that the service has a neutral value for, which stands when a stack no longer asks for one. Others stay as they
/// are when their property is left out. Source: the defaults in CreateDBCluster and CreateDBInstance.
fn neutral(property: &str) -> Option<Value> {
    Some(match property {
        "AutoMinorVersionUpgrade" => json!(true),
        "BackupRetentionPeriod" => json!(1),
        "BacktrackWindow" | "MonitoringInterval" => json!(0),
        "CopyTagsToSnapshot"
        | "DeletionProtection"
        | "EnableGlobalWriteForwarding"
        | "EnableIAMDatabaseAuthentication"
        | "EnableLocalWriteForwarding"
        | "EnablePerformanceInsights"
        | "MultiAZ"
        | "PerformanceInsightsEnabled" => json!(false),
        _ => return None,
    })
}

/// The properties of a modification: the changed ones, less `apart`, with what always belongs to them.
pub(super) fn modification(desired: &Properties, changed: &[Pointer], apart: &[&str]) -> Properties {
    let mut names: BTreeSet<String> = top_level(changed);
    if names.contains("ManageMasterUserPassword") || names.contains("MasterUserSecret") {
        // The key of the secret can be named only together with the wish for one, a password only where there is none.
        names.extend(["ManageMasterUserPassword", "MasterUserSecret", "MasterUserPassword"].map(str::to_owned));
    }
    names.retain(|name| !apart.contains(&name.as_str()));
    names
        .into_iter()
        .filter_map(|name| {
            let value = desired.get(&name).cloned().or_else(|| neutral(&name))?;
            Some((name, value))
        })
        .collect()
}

/// Which logs to begin and to end to export.
pub(super) fn log_exports(
    observed: &Properties,
    desired: &Properties,
) -> Result<Option<CloudwatchLogsExportConfiguration>, Failure> {
    const PROPERTY: &str = "EnableCloudwatchLogsExports";
    let present: BTreeSet<String> =
        convert::get::<Vec<String>>(observed, PROPERTY)?.unwrap_or_default().into_iter().collect();
    let wanted: BTreeSet<String> =
        convert::get::<Vec<String>>(desired, PROPERTY)?.unwrap_or_default().into_iter().collect();
    if present == wanted {
        return Ok(None);
    }
    let list = |names: &BTreeSet<String>, without: &BTreeSet<String>| {
        Some(names.difference(without).cloned().collect::<Vec<_>>()).filter(|list| !list.is_empty())
    };
    Ok(Some(
        CloudwatchLogsExportConfiguration::builder()
            .set_enable_log_types(list(&wanted, &present))
            .set_disable_log_types(list(&present, &wanted))
            .build(),
    ))
}

/// What was found under the exact name.
pub(super) struct Found {
    pub(super) tags: Tags,
    /// Set if an operation on it still goes on.
    pub(super) running: Option<Pending>,
    /// Whether that operation is its deletion.
    pub(super) deleting: bool,
}

impl Found {
    /// Something that no operation goes on with.
    pub(super) fn at_rest(tags: Tags) -> Self {
        Self { tags, running: None, deleting: false }
    }

    /// What a recovery finds of a resource in a state. `restored`: its creation was to begin from a backup.
    pub(super) fn new(
        request: &RecoverRequest,
        identifier: &str,
        status: Option<&str>,
        tags: &[Tag],
        restored: bool,
        cap: Duration,
    ) -> Result<Self, Failure> {
        let status = status.unwrap_or("unknown");
        let stage = match request.operation {
            Operation::Delete => Stage::Deleting,
            Operation::Update => Stage::Settling,
            Operation::Create if restored => Stage::Restoring,
            Operation::Create => Stage::Creating,
        };
        let running = (health(status) == Health::Waiting)
            .then(|| Handle::at(stage).pending(identifier, status, cap))
            .transpose()?
            .and_then(as_pending);
        Ok(Self { tags: pairs(tags), running, deleting: status == "deleting" })
    }
}

/// What became of an intent, by what stands under the exact name.
pub(super) fn recovered(request: &RecoverRequest, identifier: &str, found: Option<Found>) -> Recovered {
    let Some(found) = found else { return Recovered::Absent };
    let exists = || Recovered::Exists { identifier: identifier.to_owned() };
    match request.operation {
        Operation::Create => match owner(&found.tags, request) {
            Owner::Ours => found.running.map_or_else(exists, Recovered::Pending),
            Owner::Other(whose) => Recovered::Ambiguous {
                candidates: vec![identifier.to_owned()],
                reason: format!(
                    "{} {identifier} exists, but {whose}. Import it if it is meant, or give the new one another name",
                    request.type_name
                ),
            },
        },
        Operation::Update => found.running.map_or_else(exists, Recovered::Pending),
        Operation::Delete if found.deleting => found.running.map_or_else(exists, Recovered::Pending),
        Operation::Delete => exists(),
    }
}

/// The pending part of a step that is known to go on.
fn as_pending(progress: Progress) -> Option<Pending> {
    match progress {
        Progress::Pending(pending) => Some(pending),
        Progress::Done(_) | Progress::Failed(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(value: Value) -> Properties {
        match value {
            Value::Object(members) => members,
            _ => panic!("an object"),
        }
    }

    #[test]
    fn status_words_are_ready_waiting_or_failed() {
        for (word, expected) in [
            ("available", Health::Ready),
            ("storage-optimization", Health::Ready),
            ("creating", Health::Waiting),
            ("resetting-master-credentials", Health::Waiting),
            ("incompatible-network", Health::Failed),
            ("inaccessible-encryption-credentials-recoverable", Health::Failed),
        ] {
            assert_eq!(health(word), expected, "{word}");
        }
    }

    #[test]
    fn a_modification_holds_what_changed_and_the_neutral_value_of_what_was_dropped() {
        let desired = object(json!({"BackupRetentionPeriod": 7, "EngineVersion": "15.5", "Port": 5432}));
        let changed: Vec<Pointer> = ["/EngineVersion", "/DeletionProtection", "/PreferredBackupWindow", "/Tags/0"]
            .map(|text| text.parse().unwrap())
            .into();
        assert_eq!(
            Value::Object(modification(&desired, &changed, &["Tags"])),
            json!({"EngineVersion": "15.5", "DeletionProtection": false})
        );
    }

    #[test]
    fn log_exports_are_begun_and_ended_by_difference() {
        let observed = object(json!({"EnableCloudwatchLogsExports": ["audit", "error"]}));
        let desired = object(json!({"EnableCloudwatchLogsExports": ["error", "postgresql"]}));
        let change = log_exports(&observed, &desired).unwrap().unwrap();
        assert_eq!(change.enable_log_types(), ["postgresql"]);
        assert_eq!(change.disable_log_types(), ["audit"]);
        assert!(log_exports(&observed, &observed).unwrap().is_none());
    }

    #[test]
    fn a_final_snapshot_has_a_valid_name() {
        assert_eq!(final_snapshot("reviews-db-", "0123456789abcdef"), "reviews-db-final-0123456789ab");
    }
}
