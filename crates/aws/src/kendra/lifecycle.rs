//! What indexes, data sources and FAQs have in common: identifiers, status words, tags, recovery by mark.

use crate::clients::Clients;
use crate::progress::{deleted, not_found, pending, wait_after};
use crate::tags::{Owner, Tags, owner, to_property};
use charter_provider::{Failure, FailureCode, Operation, Pending, Progress, Properties, RecoverRequest, Recovered};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// AWS's codes for "the thing itself is not there".
pub(super) const OWN: &[&str] = &["ResourceNotFoundException"];
/// How many looks a resource may be invisible after its creation was accepted: minutes.
pub(super) const LOOKS: u32 = 40;

/// Where an operation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Stage {
    /// Made; what creation does not take comes once it is active.
    Creating,
    /// Changed; or made, with the last calls done.
    Settling,
    /// Being deleted.
    Deleting,
}

impl Stage {
    pub(super) fn of(operation: Operation) -> Self {
        match operation {
            Operation::Create => Self::Creating,
            Operation::Update => Self::Settling,
            Operation::Delete => Self::Deleting,
        }
    }
}

/// What the journal keeps.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Handle {
    pub(super) stage: Stage,
    #[serde(default)]
    pub(super) polls: u32,
}

impl Handle {
    pub(super) fn at(stage: Stage) -> Self {
        Self { stage, polls: 0 }
    }

    pub(super) fn pending(self, identifier: &str, status: &str, cap: Duration) -> Result<Progress, Failure> {
        let wait = wait_after(self.polls, cap);
        pending(&self, Some(identifier.to_owned()), wait, status.to_lowercase().replace('_', " "))
    }
}

/// What a status word means for whoever waits. Indexes, data sources and FAQs use the same words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Health {
    Ready,
    Waiting,
    Failed,
}

pub(super) fn health(status: &str) -> Health {
    match status {
        // While Kendra updates an index by itself, it serves and takes calls (DescribeIndex, `Status`).
        "ACTIVE" | "SYSTEM_UPDATING" => Health::Ready,
        "FAILED" => Health::Failed,
        _ => Health::Waiting,
    }
}

/// The failure of a resource that Kendra has given up on.
pub(super) fn given_up(type_name: &str, identifier: &str, message: Option<&str>) -> Failure {
    let why = message.unwrap_or("it gives no reason");
    Failure::new(FailureCode::NotStabilized, format!("Kendra gave up on {type_name} {identifier}: {why}"))
        .with_identifier(identifier)
}

/// Judges a look at an operation by what was found: the state of the resource and the reason that it gives, none if it is not
/// there. Says what to answer; none if the resource is ready.
pub(super) fn course(
    type_name: &str,
    identifier: &str,
    mut handle: Handle,
    found: Option<(&str, Option<&str>)>,
    cap: Duration,
) -> Result<Option<Progress>, Failure> {
    handle.polls = handle.polls.saturating_add(1);
    match (handle.stage, found) {
        (Stage::Deleting, None) => Ok(Some(deleted(identifier))),
        (Stage::Creating, None) if handle.polls <= LOOKS => {
            handle.pending(identifier, "not visible yet", cap).map(Some)
        }
        (_, None) => Err(not_found(type_name, identifier)),
        (stage, Some((status, reason))) => match health(status) {
            Health::Failed => Err(given_up(type_name, identifier, reason)),
            Health::Waiting => handle.pending(identifier, status, cap).map(Some),
            Health::Ready if stage == Stage::Deleting => handle.pending(identifier, status, cap).map(Some),
            Health::Ready => Ok(None),
        },
    }
}

/// The two parts of an identifier: its own id, then that of the index.
pub(super) fn parts<'a>(type_name: &str, identifier: &'a str) -> Result<(&'a str, &'a str), Failure> {
    identifier.split_once('|').filter(|(id, index)| !id.is_empty() && !index.is_empty()).ok_or_else(|| {
        let message = format!("{identifier} is not an identifier of {type_name}: write Id|IndexId");
        Failure::new(FailureCode::InvalidRequest, message)
    })
}

/// Service Authorization Reference, "Resource types defined by Amazon Kendra".
pub(super) fn index_arn(clients: &Clients, id: &str) -> String {
    format!("arn:{}:kendra:{}:{}:index/{id}", clients.partition(), clients.region(), clients.account_id())
}

crate::tags::tags_by_arn!(kendra, aws_sdk_kendra::types::Tag);

/// Of what is not there Kendra says "unavailable" when its tags are to be changed (TagResource, `ResourceUnavailableException`),
/// which the engine would wait for.
pub(super) fn gone_if<T>(failure: Failure, found: Option<T>, type_name: &str, identifier: &str) -> Failure {
    match (failure.code, found) {
        (FailureCode::ResourceConflict, None) => not_found(type_name, identifier),
        _ => failure,
    }
}

/// Adds what is not in the description: the ARN and the tags.
pub(super) fn complete(properties: &mut Properties, arn: &str, tags: Tags) {
    properties.insert("Arn".to_owned(), arn.into());
    if let Some(tags) = to_property(tags) {
        properties.insert("Tags".to_owned(), tags);
    }
}

/// One resource of the right name: whose it is and how it is.
pub(super) struct Candidate {
    pub(super) identifier: String,
    pub(super) tags: Tags,
    pub(super) status: String,
}

/// What became of a creation: the one that carries the mark. With none, the same token makes the same resource, or makes it
/// for the first time.
pub(super) fn recovered_creation(
    request: &RecoverRequest,
    candidates: Vec<Candidate>,
    cap: Duration,
) -> Result<Recovered, Failure> {
    let mut ours: Vec<Candidate> =
        candidates.into_iter().filter(|candidate| owner(&candidate.tags, request) == Owner::Ours).collect();
    let Some(found) = ours.pop() else { return Ok(Recovered::Repeat) };
    if !ours.is_empty() {
        ours.push(found);
        return Ok(Recovered::Ambiguous {
            candidates: ours.into_iter().map(|candidate| candidate.identifier).collect(),
            reason: format!("several resources carry the mark of {}; delete those that are not meant", request.address),
        });
    }
    following(Stage::Creating, &found.identifier, &found.status, cap)
}

/// Follows what still goes on; else it just exists.
pub(super) fn following(stage: Stage, identifier: &str, status: &str, cap: Duration) -> Result<Recovered, Failure> {
    let running = health(status) == Health::Waiting && (status == "DELETING") == (stage == Stage::Deleting);
    Ok(match running.then(|| Handle::at(stage).pending(identifier, status, cap)).transpose()?.and_then(as_pending) {
        Some(pending) => Recovered::Pending(pending),
        None => Recovered::Exists { identifier: identifier.to_owned() },
    })
}

fn as_pending(progress: Progress) -> Option<Pending> {
    match progress {
        Progress::Pending(pending) => Some(pending),
        Progress::Done(_) | Progress::Failed(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_has_two_parts() {
        assert_eq!(parts("T", "a|b").unwrap(), ("a", "b"));
        for text in ["a", "a|", "|b", ""] {
            assert!(parts("T", text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_going_on_is_followed_and_what_is_not_exists() {
        let cap = Duration::from_secs(30);
        let of = |stage, status| following(stage, "i", status, cap).unwrap();
        assert!(matches!(of(Stage::Creating, "CREATING"), Recovered::Pending(_)));
        assert!(matches!(of(Stage::Creating, "ACTIVE"), Recovered::Exists { .. }));
        assert!(matches!(of(Stage::Creating, "FAILED"), Recovered::Exists { .. }));
        assert!(matches!(of(Stage::Deleting, "DELETING"), Recovered::Pending(_)));
        assert!(matches!(of(Stage::Deleting, "ACTIVE"), Recovered::Exists { .. }));
    }
}
