//! Guardrails: a draft that is changed in the background, and versions of it that stay as they are.

use super::records::{Guardrail, Settings, Version};
use super::support::{absent, conflict, id_in, invalid, listed, once};
use crate::service::{Call, ServiceError};
use crate::services::shared::{Answer, lower_tags_of};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Seconds. A guardrail is made within some seconds: the public acceptance tests of Terraform's provider wait for it.
const CREATION: f64 = 8.0;
const UPDATE: f64 = 5.0;
const VERSION: f64 = 4.0;
const DELETION: f64 = 4.0;

/// What a policy is called when it is asked for and when it is told, with the names of its parts.
type Renamed = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

/// All policies of a guardrail.
const POLICIES: &[Renamed] = &[
    ("topicPolicyConfig", "topicPolicy", &[("topicsConfig", "topics"), ("tierConfig", "tier")]),
    ("contentPolicyConfig", "contentPolicy", &[("filtersConfig", "filters"), ("tierConfig", "tier")]),
    ("wordPolicyConfig", "wordPolicy", &[("wordsConfig", "words"), ("managedWordListsConfig", "managedWordLists")]),
    (
        "sensitiveInformationPolicyConfig",
        "sensitiveInformationPolicy",
        &[("piiEntitiesConfig", "piiEntities"), ("regexesConfig", "regexes")],
    ),
    ("contextualGroundingPolicyConfig", "contextualGroundingPolicy", &[("filtersConfig", "filters")]),
    ("automatedReasoningPolicyConfig", "automatedReasoningPolicy", &[]),
];

/// What is asked for, as it is told.
fn settings(call: &Call<'_>) -> Settings {
    let mut told = Map::new();
    for name in ["name", "description", "blockedInputMessaging", "blockedOutputsMessaging"] {
        told.extend(call.member(name).map(|value| (name.to_owned(), value.clone())));
    }
    for (asked, name, parts) in POLICIES {
        let Some(Value::Object(policy)) = call.member(asked) else { continue };
        let renamed = policy.iter().map(|(part, value)| {
            let name = parts.iter().find(|(asked, _)| asked == part).map_or(part.as_str(), |(_, told)| *told);
            (name.to_owned(), value.clone())
        });
        told.insert((*name).to_owned(), Value::Object(renamed.collect()));
    }
    if let Some(key) = call.text("kmsKeyId") {
        let arn = if key.starts_with("arn:") { key.to_owned() } else { call.arn("kms", format_args!("key/{key}")) };
        told.insert("kmsKeyArn".to_owned(), arn.into());
    }
    let profile = call.member("crossRegionConfig").and_then(|each| each.get("guardrailProfileIdentifier"));
    if let Some(profile) = profile.and_then(Value::as_str) {
        let id = id_in(profile);
        let arn = call.arn("bedrock", format_args!("guardrail-profile/{id}"));
        told.insert("crossRegionDetails".to_owned(), json!({"guardrailProfileId": id, "guardrailProfileArn": arn}));
    }
    told
}

fn arn(call: &Call<'_>, id: &str) -> String {
    call.arn("bedrock", format_args!("guardrail/{id}"))
}

fn status(call: &Call<'_>, guardrail: &Guardrail) -> String {
    let (until, status) = &guardrail.busy;
    if guardrail.deleted.is_some() {
        "DELETING".to_owned()
    } else if call.now < *until {
        status.clone()
    } else {
        "READY".to_owned()
    }
}

fn keep(call: &mut Call<'_>, guardrail: &Guardrail) {
    call.store.put(call.account, call.region, &guardrail.id, guardrail);
}

fn unknown(identifier: &str) -> ServiceError {
    absent(format!("The guardrail {identifier} was not found."))
}

/// The guardrail that a call is about, the truth.
fn named(call: &Call<'_>) -> Result<Guardrail, ServiceError> {
    let identifier = call.required("guardrailIdentifier");
    call.store.get(call.account, call.region, id_in(identifier)).ok_or_else(|| unknown(identifier))
}

/// The same, if nothing goes on with it.
fn at_rest(call: &Call<'_>) -> Result<Guardrail, ServiceError> {
    let guardrail = named(call)?;
    match status(call, &guardrail).as_str() {
        "READY" => Ok(guardrail),
        status => Err(conflict(format!("The guardrail {} is in the {status} state.", guardrail.id))),
    }
}

fn name_is_free(call: &Call<'_>, own: Option<&str>) -> Result<(), ServiceError> {
    let name = call.member("name");
    let all = call.store.list::<Guardrail>(call.account, call.region);
    let taken = all.iter().any(|(id, held)| held.settings.get("name") == name && own != Some(id.as_str()));
    if taken {
        return Err(conflict(
            "Another guardrail in your account already has this name. Provide a unique name and try again.",
        ));
    }
    Ok(())
}

pub(super) fn create(call: &mut Call<'_>) -> Answer {
    once(call, |call| {
        name_is_free(call, None)?;
        let guardrail = Guardrail {
            id: call.random.lower_alphanumeric(12),
            settings: settings(call),
            tags: lower_tags_of(call.member("tags")),
            created: call.now,
            updated: call.now,
            busy: (call.after(CREATION), "CREATING".to_owned()),
            deleted: None,
            versions: BTreeMap::new(),
            last_version: 0,
        };
        keep(call, &guardrail);
        Ok(json!({
            "guardrailId": guardrail.id,
            "guardrailArn": arn(call, &guardrail.id),
            "version": "DRAFT",
            "createdAt": call.now.to_string(),
        }))
    })
}

pub(super) fn get(call: &mut Call<'_>) -> Answer {
    let identifier = call.required("guardrailIdentifier");
    let found: Option<Guardrail> = call.store.read(call.account, call.region, id_in(identifier));
    let guardrail = found.ok_or_else(|| unknown(identifier))?;
    let version = call.text("guardrailVersion").unwrap_or("DRAFT");
    let (mut shown, created) = match version {
        "DRAFT" => (guardrail.settings.clone(), guardrail.created),
        number => {
            let number: Option<u32> = number.parse().ok();
            let held = number.and_then(|number| guardrail.versions.get(&number));
            let held = held.ok_or_else(|| unknown(&format!("{identifier}:{version}")))?;
            (held.settings.clone(), held.created)
        }
    };
    let own = json!({
        "guardrailId": guardrail.id,
        "guardrailArn": arn(call, &guardrail.id),
        "version": version,
        "status": status(call, &guardrail),
        "createdAt": created.to_string(),
        "updatedAt": guardrail.updated.to_string(),
        "statusReasons": [],
        "failureRecommendations": [],
    });
    shown.extend(own.as_object().cloned().unwrap_or_default());
    Ok(Value::Object(shown))
}

pub(super) fn update(call: &mut Call<'_>) -> Answer {
    let mut guardrail = at_rest(call)?;
    name_is_free(call, Some(&guardrail.id))?;
    guardrail.settings = settings(call);
    guardrail.updated = call.now;
    guardrail.busy = (call.after(UPDATE), "UPDATING".to_owned());
    keep(call, &guardrail);
    Ok(json!({
        "guardrailId": guardrail.id,
        "guardrailArn": arn(call, &guardrail.id),
        "version": "DRAFT",
        "updatedAt": call.now.to_string(),
    }))
}

pub(super) fn create_version(call: &mut Call<'_>) -> Answer {
    once(call, |call| {
        let mut guardrail = at_rest(call)?;
        let number = guardrail.last_version.saturating_add(1);
        let mut settings = guardrail.settings.clone();
        settings.remove("description");
        settings.extend(call.member("description").map(|text| ("description".to_owned(), text.clone())));
        guardrail.versions.insert(number, Version { settings, created: call.now });
        guardrail.last_version = number;
        guardrail.busy = (call.after(VERSION), "VERSIONING".to_owned());
        keep(call, &guardrail);
        Ok(json!({"guardrailId": guardrail.id, "version": number.to_string()}))
    })
}

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let mut guardrail = at_rest(call)?;
    match call.text("guardrailVersion") {
        // Without a version, all of them go along (DeleteGuardrail).
        None => guardrail.deleted = Some(call.after(DELETION)),
        Some(number) => {
            let held = number.parse().ok().and_then(|number: u32| guardrail.versions.remove(&number));
            held.ok_or_else(|| unknown(&format!("{}:{number}", guardrail.id)))?;
        }
    }
    keep(call, &guardrail);
    crate::services::shared::nothing()
}

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let summary = |guardrail: &Guardrail, version: &str, settings: &Settings| {
        json!({
            "id": guardrail.id,
            "arn": arn(call, &guardrail.id),
            "status": status(call, guardrail),
            "name": settings.get("name"),
            "description": settings.get("description"),
            "version": version,
            "createdAt": guardrail.created.to_string(),
            "updatedAt": guardrail.updated.to_string(),
        })
    };
    let items = match call.text("guardrailIdentifier") {
        None => {
            let all = call.store.read_all::<Guardrail>(call.account, call.region).into_iter();
            all.map(|(id, guardrail)| (id, summary(&guardrail, "DRAFT", &guardrail.settings))).collect()
        }
        Some(identifier) => {
            let found: Option<Guardrail> = call.store.read(call.account, call.region, id_in(identifier));
            let guardrail = found.ok_or_else(|| unknown(identifier))?;
            let draft = ("00000000".to_owned(), summary(&guardrail, "DRAFT", &guardrail.settings));
            let versions = guardrail.versions.iter().map(|(number, version)| {
                (format!("{number:08}"), summary(&guardrail, &number.to_string(), &version.settings))
            });
            [draft].into_iter().chain(versions).collect()
        }
    };
    if call.integer("maxResults").is_some_and(|most| most < 1) {
        return Err(invalid("maxResults must be at least 1."));
    }
    listed(call, "guardrails", items)
}
