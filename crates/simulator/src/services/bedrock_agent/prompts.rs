//! Prompts: a draft that is changed, and versions of it that stay as they are.

use super::records::{Prompt, Text, Token};
use crate::service::{Call, ServiceError};
use crate::services::shared::{Answer, Tags, nothing, page, page_size, texts};
use charter_model::content_digest;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

fn error(code: &str, status: u16, message: impl Into<String>) -> ServiceError {
    ServiceError::new(code, message).with_status(status)
}

fn conflict(message: impl Into<String>) -> ServiceError {
    error("ConflictException", 409, message)
}

fn absent(identifier: &str) -> ServiceError {
    error("ResourceNotFoundException", 404, format!("The prompt {identifier} was not found."))
}

/// The id of a prompt and the number of a version, out of an id or ARN.
fn parts(identifier: &str) -> (&str, Option<u32>) {
    let last = identifier.rsplit('/').next().unwrap_or(identifier);
    match last.split_once(':') {
        Some((id, number)) => (id, number.parse().ok()),
        None => (last, None),
    }
}

fn arn(call: &Call<'_>, id: &str, version: Option<u32>) -> String {
    let prompt = call.arn("bedrock", format_args!("prompt/{id}"));
    version.map_or(prompt.clone(), |number| format!("{prompt}:{number}"))
}

fn shown(call: &Call<'_>, id: &str, version: Option<u32>, text: &Text) -> Value {
    let mut shown = text.settings.clone();
    let own = json!({
        "id": id,
        "arn": arn(call, id, version),
        "version": version.map_or_else(|| "DRAFT".to_owned(), |number| number.to_string()),
        "createdAt": text.created.to_string(),
        "updatedAt": text.updated.to_string(),
    });
    shown.extend(own.as_object().cloned().unwrap_or_default());
    Value::Object(shown)
}

fn settings(call: &Call<'_>) -> Map<String, Value> {
    let names = ["name", "description", "customerEncryptionKeyArn", "defaultVariant", "variants"];
    names.iter().filter_map(|name| Some(((*name).to_owned(), call.member(name)?.clone()))).collect()
}

fn given_tags(call: &Call<'_>) -> Tags {
    let tags = call.member("tags").and_then(Value::as_object).cloned().unwrap_or_default();
    tags.into_iter().map(|(key, value)| (key, value.as_str().unwrap_or_default().to_owned())).collect()
}

fn keep(call: &mut Call<'_>, prompt: &Prompt) {
    call.store.put(call.account, call.region, &prompt.id, prompt);
}

fn named(call: &Call<'_>) -> Result<Prompt, ServiceError> {
    let identifier = call.required("promptIdentifier");
    call.store.get(call.account, call.region, parts(identifier).0).ok_or_else(|| absent(identifier))
}

fn once(call: &mut Call<'_>, make: impl FnOnce(&mut Call<'_>) -> Answer) -> Answer {
    let Some(token) = call.text("clientToken").map(|token| format!("{}/{token}", call.operation)) else {
        return make(call);
    };
    let digest = content_digest(&call.input);
    match call.store.get::<Token>(call.account, call.region, &token) {
        Some(held) if held.digest == digest => Ok(held.answer),
        Some(_) => Err(conflict("The client token was used before with other parameters.")),
        None => {
            let answer = make(call)?;
            call.store.put(call.account, call.region, &token, &Token { digest, answer: answer.clone() });
            Ok(answer)
        }
    }
}

fn name_is_free(call: &Call<'_>, own: Option<&str>) -> Result<(), ServiceError> {
    let name = call.member("name");
    let all = call.store.list::<Prompt>(call.account, call.region);
    if all.iter().any(|(id, held)| held.draft.settings.get("name") == name && own != Some(id.as_str())) {
        return Err(conflict("A prompt with the same name already exists."));
    }
    Ok(())
}

pub(super) fn create(call: &mut Call<'_>) -> Answer {
    once(call, |call| {
        name_is_free(call, None)?;
        let prompt = Prompt {
            id: call.random.upper_alphanumeric(10),
            draft: Text { settings: settings(call), tags: given_tags(call), created: call.now, updated: call.now },
            versions: BTreeMap::new(),
            last_version: 0,
        };
        keep(call, &prompt);
        Ok(shown(call, &prompt.id, None, &prompt.draft))
    })
}

pub(super) fn get(call: &mut Call<'_>) -> Answer {
    let identifier = call.required("promptIdentifier");
    let (id, number) = parts(identifier);
    let found: Option<Prompt> = call.store.read(call.account, call.region, id);
    let prompt = found.ok_or_else(|| absent(identifier))?;
    let version = match call.text("promptVersion") {
        Some("DRAFT") | None => number,
        Some(version) => version.parse().ok(),
    };
    let text = match version {
        None => Some(&prompt.draft),
        Some(number) => prompt.versions.get(&number),
    };
    text.map(|text| shown(call, id, version, text)).ok_or_else(|| absent(identifier))
}

pub(super) fn update(call: &mut Call<'_>) -> Answer {
    let mut prompt = named(call)?;
    name_is_free(call, Some(&prompt.id))?;
    prompt.draft.settings = settings(call);
    prompt.draft.updated = call.now;
    keep(call, &prompt);
    Ok(shown(call, &prompt.id, None, &prompt.draft))
}

pub(super) fn create_version(call: &mut Call<'_>) -> Answer {
    once(call, |call| {
        let mut prompt = named(call)?;
        let number = prompt.last_version.saturating_add(1);
        let mut settings = prompt.draft.settings.clone();
        settings.remove("description");
        settings.extend(call.member("description").map(|text| ("description".to_owned(), text.clone())));
        let text = Text { settings, tags: given_tags(call), created: call.now, updated: call.now };
        let answer = shown(call, &prompt.id, Some(number), &text);
        prompt.versions.insert(number, text);
        prompt.last_version = number;
        keep(call, &prompt);
        Ok(answer)
    })
}

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let mut prompt = named(call)?;
    match call.text("promptVersion").map(str::to_owned) {
        // Without a version, all of them go along (DeletePrompt).
        None => {
            call.store.remove::<Prompt>(call.account, call.region, &prompt.id);
            Ok(json!({"id": prompt.id}))
        }
        Some(number) => {
            let held = number.parse().ok().and_then(|number: u32| prompt.versions.remove(&number));
            held.ok_or_else(|| absent(&format!("{}:{number}", prompt.id)))?;
            keep(call, &prompt);
            Ok(json!({"id": prompt.id, "version": number}))
        }
    }
}

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let summary = |id: &str, version: Option<u32>, text: &Text| {
        let mut shown = shown(call, id, version, text);
        if let Some(members) = shown.as_object_mut() {
            members.retain(|name, _| {
                ["name", "description", "id", "arn", "version", "createdAt", "updatedAt"].contains(&name.as_str())
            });
        }
        shown
    };
    let items = match call.text("promptIdentifier") {
        None => {
            let all = call.store.read_all::<Prompt>(call.account, call.region).into_iter();
            all.map(|(id, prompt)| (id.clone(), summary(&id, None, &prompt.draft))).collect()
        }
        Some(identifier) => {
            let found: Option<Prompt> = call.store.read(call.account, call.region, parts(identifier).0);
            let prompt = found.ok_or_else(|| absent(identifier))?;
            let draft = ("00000000".to_owned(), summary(&prompt.id, None, &prompt.draft));
            let versions = prompt.versions.iter();
            let versions =
                versions.map(|(number, text)| (format!("{number:08}"), summary(&prompt.id, Some(*number), text)));
            [draft].into_iter().chain(versions).collect()
        }
    };
    let (items, next) = page(items, call.text("nextToken"), page_size(call, "maxResults", 100))
        .ok_or_else(|| error("ValidationException", 400, "The provided token is invalid."))?;
    Ok(json!({"promptSummaries": items, "nextToken": next}))
}

fn with_tags(call: &mut Call<'_>, work: impl FnOnce(&mut Tags)) -> Result<Tags, ServiceError> {
    let identifier = call.required("resourceArn").to_owned();
    let (id, number) = parts(&identifier);
    let found: Option<Prompt> = call.store.get(call.account, call.region, id);
    let mut prompt = found.ok_or_else(|| absent(&identifier))?;
    let before = prompt.clone();
    let text = match number {
        None => Some(&mut prompt.draft),
        Some(number) => prompt.versions.get_mut(&number),
    };
    let text = text.ok_or_else(|| absent(&identifier))?;
    work(&mut text.tags);
    let tags = text.tags.clone();
    if prompt != before {
        keep(call, &prompt);
    }
    Ok(tags)
}

pub(super) fn tag(call: &mut Call<'_>) -> Answer {
    let new = given_tags(call);
    with_tags(call, |tags| tags.extend(new))?;
    nothing()
}

pub(super) fn untag(call: &mut Call<'_>) -> Answer {
    let keys = texts(call, "tagKeys");
    with_tags(call, |tags| tags.retain(|key, _| !keys.contains(key)))?;
    nothing()
}

pub(super) fn tags(call: &mut Call<'_>) -> Answer {
    Ok(json!({"tags": with_tags(call, |_| ())?}))
}
