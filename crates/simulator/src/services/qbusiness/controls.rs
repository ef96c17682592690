//! Chat controls: one set for each application, changed by what is added to it and taken from it.

use super::records::{ChatControls, Settings};
use super::support::{active_application, application, invalid};
use crate::service::Call;
use crate::services::shared::{Answer, nothing, page, page_size, texts_of};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// As many topics as the model lets one update name (`TopicConfigurations`).
const TOPICS: usize = 10;

const PLAIN: &[&str] =
    &["responseScope", "orchestrationConfiguration", "creatorModeConfiguration", "hallucinationReductionConfiguration"];

/// What holds for an application.
pub(super) fn of(call: &Call<'_>, application: &str) -> ChatControls {
    call.store.get(call.account, call.region, application).unwrap_or_default()
}

pub(super) fn get(call: &mut Call<'_>) -> Answer {
    application(call)?;
    let controls: ChatControls =
        call.store.read(call.account, call.region, call.required("applicationId")).unwrap_or_default();
    let topics = controls.topics.into_iter().collect();
    let (topics, next) = page(topics, call.text("nextToken"), page_size(call, "maxResults", 50))
        .ok_or_else(|| invalid("The nextToken is not valid."))?;
    let mut answer = controls.settings;
    answer.entry("responseScope").or_insert(json!("ENTERPRISE_CONTENT_ONLY"));
    // Phrases come with the first page; the pages are those of the topics.
    let phrases = if call.text("nextToken").is_none() { controls.blocked_phrases } else { BTreeSet::new() };
    answer.insert(
        "blockedPhrases".to_owned(),
        json!({"blockedPhrases": phrases, "systemMessageOverride": controls.blocked_message}),
    );
    answer.insert("topicConfigurations".to_owned(), json!(topics));
    answer.insert("nextToken".to_owned(), json!(next));
    Ok(Value::Object(answer))
}

fn topics(call: &Call<'_>, member: &str) -> Vec<(String, Value)> {
    let list = call.member(member).and_then(Value::as_array).into_iter().flatten();
    list.filter_map(|topic| Some((topic.get("name")?.as_str()?.to_owned(), topic.clone()))).collect()
}

pub(super) fn update(call: &mut Call<'_>) -> Answer {
    active_application(call)?;
    let id = call.required("applicationId").to_owned();
    let mut controls = of(call, &id);
    let plain: Settings =
        PLAIN.iter().filter_map(|name| Some(((*name).to_owned(), call.member(name)?.clone()))).collect();
    controls.settings.extend(plain);
    if let Some(change) = call.member("blockedPhrasesConfigurationUpdate") {
        let phrases = |name: &str| texts_of(change.get(name));
        let (added, taken) = (phrases("blockedPhrasesToCreateOrUpdate"), phrases("blockedPhrasesToDelete"));
        // The case of letters means nothing.
        let among = |list: &[String], phrase: &str| list.iter().any(|it| it.to_lowercase() == phrase.to_lowercase());
        if let Some(both) = added.iter().find(|phrase| among(&taken, phrase)) {
            return Err(invalid(format!("The phrase {both} cannot be both created and deleted.")));
        }
        if let Some(message) = change.get("systemMessageOverride").and_then(Value::as_str) {
            controls.blocked_message = (!message.is_empty()).then(|| message.to_owned());
        }
        controls.blocked_phrases.retain(|phrase| !among(&taken, phrase) && !among(&added, phrase));
        controls.blocked_phrases.extend(added);
    }
    let (added, taken) =
        (topics(call, "topicConfigurationsToCreateOrUpdate"), topics(call, "topicConfigurationsToDelete"));
    for (name, topic) in &added {
        if taken.iter().any(|(gone, _)| gone == name) {
            return Err(invalid(format!("The topic {name} cannot be both created and deleted.")));
        }
        check_rules(name, topic).map_err(invalid)?;
    }
    controls.topics.retain(|name, _| !taken.iter().any(|(gone, _)| gone == name));
    controls.topics.extend(added);
    if controls.topics.len() > TOPICS {
        return Err(super::support::quota(format!("An application can have {TOPICS} topics."), &id, "Topic"));
    }
    call.store.put(call.account, call.region, &id, &controls);
    nothing()
}

/// The configuration of a rule must be of the rule's own type.
fn check_rules(name: &str, topic: &Value) -> Result<(), String> {
    for rule in topic.get("rules").and_then(Value::as_array).into_iter().flatten() {
        let kind = rule.get("ruleType").and_then(Value::as_str).unwrap_or_default();
        let configured =
            |member: &str| rule.pointer(&format!("/ruleConfiguration/{member}")).is_some_and(|it| !it.is_null());
        let other = match kind {
            "CONTENT_BLOCKER_RULE" => configured("contentRetrievalRule"),
            _ => configured("contentBlockerRule"),
        };
        if other {
            return Err(format!("The configuration of a rule of the topic {name} does not fit its type {kind}."));
        }
    }
    Ok(())
}

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    active_application(call)?;
    let id = call.required("applicationId").to_owned();
    call.store.remove::<ChatControls>(call.account, call.region, &id);
    nothing()
}
