//! `Charter::QBusiness::ChatControls`: what an application may answer.
//!
//! An application always has controls; they are there for Charter when they say anything that holds not anyway. They are changed by
//! what is added and what is taken away, in one call.

use crate::clients::Clients;
use crate::convert::{self, ToJson};
use crate::errors::failure;
use crate::living::{Entity, Found, settings};
use crate::progress::not_found;
use crate::settle::{Change, explain_existing, if_found};
use async_trait::async_trait;
use aws_sdk_qbusiness::operation::update_chat_controls_configuration::builders::UpdateChatControlsConfigurationInputBuilder;
use aws_sdk_qbusiness::types::{BlockedPhrasesConfigurationUpdate, TopicConfiguration};
use charter_model::Value as ModelValue;
use charter_provider::{
    CheckResponse, CreateRequest, DeleteRequest, Failure, FailureCode, ListRequest, ListResponse, Properties,
    RecoverRequest,
};
use serde_json::{Value, json};

const TYPE: &str = "Charter::QBusiness::ChatControls";
const PHRASES: &str = "BlockedPhrases";
const TOPICS: &str = "TopicConfigurations";
/// What holds where nothing is said, and what each control becomes that is no longer asked for.
const DEFAULTS: &[(&str, &str, &str)] = &[
    ("ResponseScope", "", "ENTERPRISE_CONTENT_ONLY"),
    ("OrchestrationConfiguration", "Control", "DISABLED"),
    ("CreatorModeConfiguration", "CreatorModeControl", "DISABLED"),
    ("HallucinationReductionConfiguration", "HallucinationReductionControl", "DISABLED"),
];

/// Serves chat controls.
pub(super) struct ChatControls;

fn default_of(member: &str, value: &str) -> Value {
    if member.is_empty() { value.into() } else { json!({member: value}) }
}

/// Whether controls say anything that holds not anyway.
fn says_something(properties: &Properties) -> bool {
    properties.contains_key(PHRASES)
        || properties.contains_key(TOPICS)
        || DEFAULTS
            .iter()
            .any(|(name, member, value)| properties.get(*name).is_some_and(|said| *said != default_of(member, value)))
}

/// The phrases of a property, as they are written.
fn phrases(properties: &Properties) -> Vec<String> {
    let list = properties.get(PHRASES).and_then(|it| it.get(PHRASES)).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The phrases that are in one list and not in the other; upper and lower case are one.
fn beyond(list: &[String], other: &[String]) -> Vec<String> {
    let held: Vec<String> = other.iter().map(|phrase| phrase.to_lowercase()).collect();
    list.iter().filter(|phrase| !held.contains(&phrase.to_lowercase())).cloned().collect()
}

/// What changes of the phrases; none if nothing does.
fn phrases_update(observed: &Properties, desired: &Properties) -> Option<BlockedPhrasesConfigurationUpdate> {
    let (before, after) = (phrases(observed), phrases(desired));
    let message = |properties: &Properties| -> Option<String> {
        properties.get(PHRASES)?.get("SystemMessageOverride")?.as_str().map(str::to_owned)
    };
    let (added, taken) = (beyond(&after, &before), beyond(&before, &after));
    let message =
        Some(message(desired).unwrap_or_default()).filter(|new| *new != message(observed).unwrap_or_default());
    if added.is_empty() && taken.is_empty() && message.is_none() {
        return None;
    }
    let some = |list: Vec<String>| (!list.is_empty()).then_some(list);
    let update = BlockedPhrasesConfigurationUpdate::builder()
        .set_blocked_phrases_to_create_or_update(some(added))
        .set_blocked_phrases_to_delete(some(taken))
        .set_system_message_override(message);
    Some(update.build())
}

/// The topics of a property, by name.
fn topics(properties: &Properties) -> Vec<(String, Value)> {
    let list = properties.get(TOPICS).and_then(Value::as_array).into_iter().flatten();
    list.filter_map(|topic| Some((topic.get("Name")?.as_str()?.to_owned(), topic.clone()))).collect()
}

fn topics_of(list: Vec<Value>) -> Result<Option<Vec<TopicConfiguration>>, Failure> {
    let properties = Properties::from_iter([(TOPICS.to_owned(), Value::Array(list))]);
    let topics: Option<Vec<TopicConfiguration>> = convert::get(&properties, TOPICS)?;
    Ok(topics.filter(|list| !list.is_empty()))
}

/// The call that brings controls from one state to another.
fn update(
    observed: &Properties,
    desired: &Properties,
    mut settings: Properties,
) -> Result<UpdateChatControlsConfigurationInputBuilder, Failure> {
    settings.remove(TOPICS);
    settings.remove(PHRASES);
    let (before, after) = (topics(observed), topics(desired));
    let named = |list: &[(String, Value)], name: &String| list.iter().any(|(other, _)| other == name);
    let added = after.iter().filter(|topic| !before.contains(topic)).map(|(_, topic)| topic.clone()).collect();
    let taken = before.iter().filter(|(name, _)| !named(&after, name)).map(|(_, topic)| topic.clone()).collect();
    let input: UpdateChatControlsConfigurationInputBuilder = convert::input(&settings)?;
    Ok(input
        .set_topic_configurations_to_create_or_update(topics_of(added)?)
        .set_topic_configurations_to_delete(topics_of(taken)?)
        .set_blocked_phrases_configuration_update(phrases_update(observed, desired)))
}

async fn read(
    clients: &Clients,
    application: &str,
    recorded: Option<&Properties>,
) -> Result<Option<Properties>, Failure> {
    let mut properties = Properties::new();
    let mut topics: Vec<Value> = Vec::new();
    let mut blocked: Vec<String> = Vec::new();
    let mut page = None;
    loop {
        let call = clients.q_business().get_chat_controls_configuration().application_id(application);
        let call = call.set_next_token(page);
        let Some(answer) = if_found(call.send().await.map_err(failure))? else { return Ok(None) };
        let mut told = convert::properties(&answer);
        if let Some(Value::Array(list)) = told.remove(TOPICS) {
            topics.extend(list);
        }
        blocked.extend(phrases(&told));
        for (name, value) in told {
            properties.entry(name).or_insert(value);
        }
        page = answer.next_token;
        if page.is_none() {
            break;
        }
    }
    // A phrase is told as it was asked for: the case of its letters means nothing.
    let asked = recorded.map(phrases).unwrap_or_default();
    let blocked: Vec<Value> = blocked
        .into_iter()
        .map(|phrase| asked.iter().find(|it| it.to_lowercase() == phrase.to_lowercase()).cloned().unwrap_or(phrase))
        .map(Value::from)
        .collect();
    let mut configuration = properties.remove(PHRASES).unwrap_or_else(|| json!({}));
    if let Value::Object(members) = &mut configuration {
        members.remove(PHRASES);
        if !blocked.is_empty() {
            members.insert(PHRASES.to_owned(), blocked.into());
        }
        if !members.is_empty() {
            properties.insert(PHRASES.to_owned(), configuration);
        }
    }
    if !topics.is_empty() {
        properties.insert(TOPICS.to_owned(), topics.into());
    }
    // What holds anyway is told to whoever asked for it.
    for (name, member, value) in DEFAULTS {
        let is_asked = recorded.is_some_and(|recorded| recorded.contains_key(*name));
        if !is_asked && properties.get(*name) == Some(&default_of(member, value)) {
            properties.remove(*name);
        }
    }
    if !says_something(&properties) {
        return Ok(None);
    }
    if let Some(id) = application.to_owned().to_json() {
        properties.insert("ApplicationId".to_owned(), id);
    }
    Ok(Some(properties))
}

#[async_trait]
impl Entity for ChatControls {
    const TYPE: &'static [&'static str] = &[TYPE];
    // Without them, an application has those that hold anyway.
    const IS_HISTORY: bool = true;

    fn check(&self, desired: &ModelValue) -> CheckResponse {
        let mut response = CheckResponse::default();
        let properties = desired.to_json();
        // A control that is not known yet may say anything.
        if let Value::Object(properties) = &properties
            && !says_something(properties)
        {
            let message = "these chat controls say nothing but what holds anyway: block a phrase, add a topic or choose \
                           another response scope, or leave them out";
            response.failures.push((charter_model::Pointer::root(), message.to_owned()));
        }
        response
    }

    async fn make(&self, clients: &Clients, request: &CreateRequest) -> Result<String, Failure> {
        let application: String = convert::required(&request.properties, "ApplicationId")?;
        if read(clients, &application, None).await?.is_some() {
            let message = format!("the application {application} has chat controls");
            let failure = Failure::new(FailureCode::AlreadyExists, message);
            return Err(explain_existing(failure, "set of chat controls", &application));
        }
        let input = update(&Properties::new(), &request.properties, request.properties.clone())?;
        let call = input.client_token(&*request.token.0).send_with(clients.q_business());
        call.await.map_err(failure)?;
        Ok(application)
    }

    async fn find(
        &self,
        clients: &Clients,
        identifier: &str,
        recorded: Option<&Properties>,
    ) -> Result<Option<Found>, Failure> {
        Ok(read(clients, identifier, recorded).await?.map(Found::ready))
    }

    async fn change(&self, change: Change<'_>) -> Result<(), Failure> {
        let Change { clients, identifier, observed, desired, .. } = change;
        // Of those that are gone, it would make new ones.
        if read(clients, identifier, None).await?.is_none() {
            return Err(not_found(TYPE, identifier));
        }
        let mut settings = settings(&change, &[]);
        for (name, member, value) in DEFAULTS {
            if change.has(name) && !desired.contains_key(*name) {
                settings.insert((*name).to_owned(), default_of(member, value));
            }
        }
        let input = update(observed, desired, settings)?;
        let call = input.application_id(identifier).client_token(&*change.token.0).send_with(clients.q_business());
        call.await.map(drop).map_err(failure)
    }

    async fn remove(&self, clients: &Clients, request: &DeleteRequest) -> Result<(), Failure> {
        if read(clients, &request.identifier, None).await?.is_none() {
            return Err(not_found(TYPE, &request.identifier));
        }
        let call = clients.q_business().delete_chat_controls_configuration().application_id(&request.identifier);
        call.send().await.map(drop).map_err(failure)
    }

    async fn list(&self, clients: &Clients, request: &ListRequest) -> Result<ListResponse, Failure> {
        let application: String = convert::required(&request.filter, "ApplicationId")?;
        let identifiers = read(clients, &application, None).await?.map(|_| application).into_iter().collect();
        Ok(ListResponse { identifiers, next: None })
    }

    async fn candidates(&self, clients: &Clients, request: &RecoverRequest) -> Result<Option<Vec<String>>, Failure> {
        let application: String = convert::required(&request.properties, "ApplicationId")?;
        Ok(Some(read(clients, &application, None).await?.map(|_| application).into_iter().collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn properties(value: Value) -> Properties {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn only_what_differs_is_added_and_taken_and_case_means_nothing() {
        let before = properties(
            json!({"BlockedPhrases": {"BlockedPhrases": ["Insider", "gone"], "SystemMessageOverride": "a"}}),
        );
        let after = properties(json!({"BlockedPhrases": {"BlockedPhrases": ["insider", "new"]}}));
        let update = phrases_update(&before, &after).unwrap();
        assert_eq!(update.blocked_phrases_to_create_or_update(), ["new"]);
        assert_eq!(update.blocked_phrases_to_delete(), ["gone"]);
        assert_eq!(update.system_message_override(), Some(""));
        assert!(phrases_update(&before, &before).is_none());
    }

    #[test]
    fn a_changed_topic_is_sent_whole_and_a_missing_one_taken() {
        let topic = |name: &str, text: &str| json!({"Name": name, "Description": text, "Rules": []});
        let before = properties(json!({"TopicConfigurations": [topic("a", "1"), topic("b", "1"), topic("c", "1")]}));
        let after = properties(json!({"TopicConfigurations": [topic("a", "1"), topic("b", "2")]}));
        let input = update(&before, &after, Properties::new()).unwrap();
        let names = |list: &Option<Vec<TopicConfiguration>>| {
            list.iter().flatten().map(|topic| topic.name().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(names(input.get_topic_configurations_to_create_or_update()), ["b"]);
        assert_eq!(names(input.get_topic_configurations_to_delete()), ["c"]);
    }
}
