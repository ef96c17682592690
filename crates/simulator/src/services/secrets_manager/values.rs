//! Versions of a secret's value, their stages, and random passwords.

use super::records::{CURRENT, Secret, Version};
use super::support::{absent, alive, held, invalid_parameter, invalid_request, keep, seen, unowned};
use crate::service::{Call, ServiceError};
use crate::services::shared::{Answer, texts};
use base64::Engine as _;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Bytes of a value (Secrets Manager quotas).
const LIMIT: usize = 65_536;

/// The value in the call, if it holds one.
pub(super) fn given(call: &Call<'_>) -> Result<Option<Version>, ServiceError> {
    let string = call.text("SecretString").map(str::to_owned);
    let binary = call.text("SecretBinary").map(str::to_owned);
    if string.is_some() && binary.is_some() {
        return Err(invalid_parameter("You can't specify both SecretString and SecretBinary."));
    }
    let bytes = binary.as_deref().and_then(|text| base64::engine::general_purpose::STANDARD.decode(text).ok());
    if string.as_ref().map_or(0, String::len).max(bytes.map_or(0, |bytes| bytes.len())) > LIMIT {
        return Err(invalid_parameter(format!("The secret value can't be longer than {LIMIT} bytes.")));
    }
    if string.is_none() && binary.is_none() {
        return Ok(None);
    }
    Ok(Some(Version { string, binary, stages: BTreeSet::new(), created: call.now }))
}

pub(super) fn token(call: &mut Call<'_>) -> String {
    call.text("ClientRequestToken").map(str::to_owned).unwrap_or_else(|| call.random.uuid())
}

/// Adds a version under a token. The same token with the same value adds nothing; with another it is refused.
pub(super) fn add(secret: &mut Secret, token: &str, version: Version, stages: &[String]) -> Result<(), ServiceError> {
    if let Some(held) = secret.versions.get(token) {
        if held.string == version.string && held.binary == version.binary {
            return Ok(());
        }
        return Err(ServiceError::new(
            "ResourceExistsException",
            format!(
                "You can't use ClientRequestToken {token} because that value is already in use for a version of secret {}.",
                secret.arn
            ),
        ));
    }
    secret.changed = version.created;
    secret.versions.insert(token.to_owned(), version);
    stages.iter().for_each(|stage| secret.stage(stage, token));
    Ok(())
}

pub(super) fn put(call: &mut Call<'_>) -> Answer {
    let mut secret = held(call)?;
    alive(&secret)?;
    unowned(&secret)?;
    let version =
        given(call)?.ok_or_else(|| invalid_request("You must provide either SecretString or SecretBinary."))?;
    let token = token(call);
    let mut stages = texts(call, "VersionStages");
    if stages.is_empty() {
        stages.push(CURRENT.to_owned());
    }
    add(&mut secret, &token, version, &stages)?;
    keep(call, &secret);
    let stages = secret.versions.get(&token).map(|version| version.stages.clone()).unwrap_or_default();
    Ok(json!({"ARN": secret.arn, "Name": secret.name, "VersionId": token, "VersionStages": stages}))
}

fn shown(secret: &Secret, id: &str, version: &Version) -> Value {
    json!({
        "ARN": secret.arn,
        "Name": secret.name,
        "VersionId": id,
        "SecretString": version.string,
        "SecretBinary": version.binary,
        "VersionStages": version.stages,
        "CreatedDate": version.created.to_string(),
    })
}

pub(super) fn get(call: &mut Call<'_>) -> Answer {
    let secret = seen(call)?;
    alive(&secret)?;
    let stage = call.text("VersionStage");
    let found = match call.text("VersionId") {
        Some(id) => {
            let found = secret.versions.get_key_value(id);
            if let (Some((_, version)), Some(stage)) = (found, stage)
                && !version.stages.contains(stage)
            {
                return Err(invalid_request(
                    "You provided a VersionStage that is not associated to the provided VersionId.",
                ));
            }
            found.ok_or_else(|| format!("VersionId: {id}"))
        }
        None => {
            let stage = stage.unwrap_or(CURRENT);
            secret.staged(stage).ok_or_else(|| format!("staging label: {stage}"))
        }
    };
    let (id, version) = found.map_err(|what| {
        ServiceError::new(
            "ResourceNotFoundException",
            format!("Secrets Manager can't find the specified secret value for {what}"),
        )
        .with_status(400)
    })?;
    let answer = shown(&secret, id, version);
    // When it was read last is told by the day. The truth may be newer than what was read.
    if let Some(mut truth) = call.store.get::<Secret>(call.account, call.region, &secret.name) {
        let day = |moment: jiff::Timestamp| moment.as_second().div_euclid(86_400);
        if truth.accessed.is_none_or(|last| day(last) != day(call.now)) {
            truth.accessed = Some(call.now);
            keep(call, &truth);
        }
    }
    Ok(answer)
}

pub(super) fn batch(call: &mut Call<'_>) -> Answer {
    let identifiers = texts(call, "SecretIdList");
    if identifiers.is_empty() {
        return Err(call.not_simulated());
    }
    let (mut values, mut errors) = (Vec::new(), Vec::new());
    for identifier in identifiers {
        let found = super::support::named(call, &identifier, true).ok_or_else(absent).and_then(|secret| {
            alive(&secret)?;
            secret.staged(CURRENT).map(|(id, version)| shown(&secret, id, version)).ok_or_else(absent)
        });
        match found {
            Ok(value) => values.push(value),
            Err(error) => {
                errors.push(json!({"SecretId": identifier, "ErrorCode": error.code, "Message": error.message}));
            }
        }
    }
    Ok(json!({"SecretValues": values, "Errors": errors}))
}

pub(super) fn versions(call: &mut Call<'_>) -> Answer {
    let secret = seen(call)?;
    let deprecated = call.flag("IncludeDeprecated").unwrap_or(false);
    let versions: Vec<_> = secret
        .versions
        .iter()
        .filter(|(_, version)| deprecated || !version.stages.is_empty())
        .map(|(id, version)| {
            json!({
                "VersionId": id,
                "VersionStages": (!version.stages.is_empty()).then_some(&version.stages),
                "CreatedDate": version.created.to_string(),
            })
        })
        .collect();
    Ok(json!({"ARN": secret.arn, "Name": secret.name, "Versions": versions}))
}

pub(super) fn move_stage(call: &mut Call<'_>) -> Answer {
    let mut secret = held(call)?;
    alive(&secret)?;
    unowned(&secret)?;
    let stage = call.required("VersionStage").to_owned();
    let holder = secret.staged(&stage).map(|(id, _)| id.clone());
    let from = call.text("RemoveFromVersionId");
    let to = call.text("MoveToVersionId").map(str::to_owned);
    if let Some(to) = &to
        && !secret.versions.contains_key(to)
    {
        return Err(absent());
    }
    match (from, &holder) {
        (Some(from), Some(holder)) if from == holder => {}
        (None, None) => {}
        (None, Some(holder)) if to.as_ref() == Some(holder) => {}
        (from, holder) => {
            return Err(invalid_parameter(format!(
                "The parameter RemoveFromVersionId can't be {}. Staging label {stage} is currently attached to version {}, so you must \
                 explicitly reference that version in RemoveFromVersionId.",
                from.unwrap_or("empty"),
                holder.as_deref().unwrap_or("none")
            )));
        }
    }
    match to {
        Some(to) => secret.stage(&stage, &to),
        None if stage == CURRENT => {
            return Err(invalid_parameter(
                "You can only move staging label AWSCURRENT to a different secret version. It can't be removed.",
            ));
        }
        None => {
            if let Some(version) = holder.and_then(|id| secret.versions.get_mut(&id)) {
                version.stages.remove(&stage);
            }
        }
    }
    secret.changed = call.now;
    keep(call, &secret);
    Ok(json!({"ARN": secret.arn, "Name": secret.name}))
}

pub(super) fn random_password(call: &mut Call<'_>) -> Answer {
    let length = call.integer("PasswordLength").and_then(|length| usize::try_from(length).ok()).unwrap_or(32);
    let excluded = call.text("ExcludeCharacters").unwrap_or_default().to_owned();
    let off = |name: &str| call.flag(name).unwrap_or(false);
    let mut kinds: Vec<Vec<char>> = Vec::new();
    let classes = [
        ("ExcludeLowercase", "abcdefghijklmnopqrstuvwxyz"),
        ("ExcludeUppercase", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
        ("ExcludeNumbers", "0123456789"),
        ("ExcludePunctuation", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"),
    ];
    for (flag, letters) in classes {
        if !off(flag) {
            kinds.push(letters.chars().filter(|letter| !excluded.contains(*letter)).collect());
        }
    }
    if off("IncludeSpace") {
        kinds.push(vec![' ']);
    }
    kinds.retain(|kind| !kind.is_empty());
    let each = call.flag("RequireEachIncludedType").unwrap_or(true);
    if kinds.is_empty() || each && length < kinds.len() {
        return Err(invalid_parameter("Password length is too short based on the required types."));
    }
    let all: Vec<char> = kinds.concat();
    let mut pick = |from: &[char]| {
        let place = usize::try_from(call.random.number()).unwrap_or(0) % from.len().max(1);
        from.get(place).copied().unwrap_or('x')
    };
    let mut password: Vec<char> = if each { kinds.iter().map(|kind| pick(kind)).collect() } else { Vec::new() };
    while password.len() < length {
        password.push(pick(&all));
    }
    // The required ones must not all stand in front.
    for place in (1..password.len()).rev() {
        let other = usize::try_from(call.random.number()).unwrap_or(0) % (place + 1);
        password.swap(place, other);
    }
    Ok(json!({"RandomPassword": password.into_iter().collect::<String>()}))
}
