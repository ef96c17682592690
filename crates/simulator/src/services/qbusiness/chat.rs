//! ChatSync: a question, answered from the documents that the caller may read.
//!
//! Who asks is told by the caller's session: applications with IAM federation know people by the session tag `Email` ("email and
//! attributes enforced as STS session tags": the AWS Machine Learning Blog on secure API access to Amazon Q Business with IAM
//! federation, from which the answer to a user without a subscription comes as well).

use super::access::may_read;
use super::records::{Application, ChatControls, Conversation, DataSource, Document, Item, Retriever, Thing};
use super::support::{absent, application, conflict, denied, invalid};
use super::{controls, groups, subscriptions};
use crate::identity::CallerKind;
use crate::service::{Call, ServiceError};
use crate::services::shared::{Answer, texts_of};
use crate::services::sync_runs;
use crate::services::words::{excerpt, score, words};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What Q Business says where no document answers.
const NOTHING_FOUND: &str = "Sorry, I could not find relevant information to complete your request.";
/// Its own words for what an administrator blocked are not documented.
const BLOCKED: &str = "Your administrator does not allow answers about this.";
/// As many passages as one answer shows.
const PASSAGES: usize = 3;

/// Members of a request that change what is answered in ways that are not simulated.
const NOT_SIMULATED: &[&str] = &["attachments", "actionExecution", "authChallengeResponse", "attributeFilter"];

pub(super) fn answer(call: &mut Call<'_>) -> Answer {
    let application = application(call)?;
    let item = application.item();
    let status = item.life.status(call.now);
    if !matches!(status, "ACTIVE" | "UPDATING") {
        let message = format!("Application {} is in the {status} state.", item.id);
        return Err(conflict(message, &item.id, Application::WORD));
    }
    let user = user(call, item)?;
    if !subscriptions::admits(call, &application, &user) {
        return Err(denied("User does not have a subscription for the given application"));
    }
    let plugins = call.text("chatMode") == Some("PLUGIN_MODE");
    if plugins || NOT_SIMULATED.iter().any(|name| call.member(name).is_some()) {
        return Err(call.not_simulated());
    }
    let controls = controls::of(call, &item.id);
    if call.text("chatMode") == Some("CREATOR_MODE") {
        let control = controls.settings.get("creatorModeConfiguration").and_then(|it| it.get("creatorModeControl"));
        return Err(match control.and_then(Value::as_str) {
            Some("ENABLED") => call.not_simulated(),
            _ => invalid("Creator mode is not enabled for this application."),
        });
    }
    let message = call.text("userMessage").unwrap_or_default().to_owned();
    if message.trim().is_empty() {
        return Err(invalid("userMessage must not be empty."));
    }
    let conversation = conversation(call, &item.id, &user)?;
    let (said, sources) = match judged(call, item, &controls, &user, &message) {
        Judgement::Blocked(words) => (words, Vec::new()),
        Judgement::From(sources) => answered(call, item, &user, &message, sources.as_ref()),
    };
    Ok(json!({
        "conversationId": conversation,
        "systemMessage": said,
        "systemMessageId": call.random.uuid(),
        "userMessageId": call.random.uuid(),
        "sourceAttributions": sources,
    }))
}

/// The e-mail address of whoever asks, in lower case.
fn user(call: &Call<'_>, application: &Item) -> Result<String, ServiceError> {
    let kind = application.text("identityType").unwrap_or_default();
    if !kind.starts_with("AWS_IAM_IDP_") {
        return Err(call.not_simulated());
    }
    if call.member("userId").is_some() || call.member("userGroups").is_some() {
        return Err(invalid("userId and userGroups cannot be given: the caller's credentials say who asks."));
    }
    let email = match &call.caller.kind {
        CallerKind::Session { tags, .. } => tags.get("Email").filter(|email| !email.is_empty()),
        CallerKind::User(_) => None,
    };
    let email = email.ok_or_else(|| denied("The credentials do not carry the principal tag Email."))?;
    Ok(email.to_lowercase())
}

fn conversation(call: &mut Call<'_>, application: &str, user: &str) -> Result<String, ServiceError> {
    if let Some(id) = call.text("conversationId") {
        let held: Option<Conversation> = call.store.get(call.account, call.region, &format!("{application}|{id}"));
        return match held.filter(|held| held.email == user) {
            Some(_) => Ok(id.to_owned()),
            None => Err(absent(id, "Conversation")),
        };
    }
    let id = call.random.uuid();
    let record = Conversation { email: user.to_owned(), gone: None };
    call.store.put(call.account, call.region, &format!("{application}|{id}"), &record);
    Ok(id)
}

/// What the chat controls make of a question.
enum Judgement {
    /// It is not answered; this is said instead.
    Blocked(String),
    /// It is, from these data sources only, if any are named.
    From(Option<BTreeSet<String>>),
}

fn judged(call: &Call<'_>, application: &Item, controls: &ChatControls, user: &str, message: &str) -> Judgement {
    let lower = message.to_lowercase();
    if controls.blocked_phrases.iter().any(|phrase| lower.contains(&phrase.to_lowercase())) {
        return Judgement::Blocked(controls.blocked_message.clone().unwrap_or_else(|| BLOCKED.to_owned()));
    }
    let mut sources = None;
    for (name, topic) in controls.topics.iter().filter(|(name, topic)| is_about(message, name, topic)) {
        tracing::debug!(name, "a question is about a topic");
        for rule in topic.get("rules").and_then(Value::as_array).into_iter().flatten() {
            if !is_for(call, application, rule, user) {
                continue;
            }
            let configuration = |pointer: &str| rule.pointer(&format!("/ruleConfiguration/{pointer}"));
            if rule.get("ruleType").and_then(Value::as_str) == Some("CONTENT_BLOCKER_RULE") {
                let words = configuration("contentBlockerRule/systemMessageOverride").and_then(Value::as_str);
                return Judgement::Blocked(words.unwrap_or(BLOCKED).to_owned());
            }
            let eligible = configuration("contentRetrievalRule/eligibleDataSources").and_then(Value::as_array);
            let ids = eligible.into_iter().flatten().filter_map(|it| it.get("dataSourceId")?.as_str());
            sources.get_or_insert_with(BTreeSet::new).extend(ids.map(str::to_owned));
        }
    }
    Judgement::From(sources)
}

/// Q Business recognises variations of a topic by a model; here, a question is about it that holds the words of its name, or half of
/// those of one of its examples.
fn is_about(message: &str, name: &str, topic: &Value) -> bool {
    let whole: BTreeSet<String> = words(&name.replace('-', " ")).collect();
    let named = !whole.is_empty() && score(&whole, message) == whole.len();
    named
        || texts_of(topic.get("exampleChatMessages")).iter().any(|example| {
            let example: BTreeSet<String> = words(example).collect();
            !example.is_empty() && score(&example, message) * 2 >= example.len()
        })
}

fn is_for(call: &Call<'_>, application: &Item, rule: &Value, user: &str) -> bool {
    let named = |member: &str| -> Option<bool> {
        let people = rule.get(member).filter(|people| !people.is_null())?;
        let users = texts_of(people.get("userIds")).iter().any(|id| id.to_lowercase() == user);
        let theirs = all_groups(call, &application.id, user);
        Some(users || texts_of(people.get("userGroups")).iter().any(|group| theirs.contains(group)))
    };
    named("includedUsersAndGroups").unwrap_or(true) && !named("excludedUsersAndGroups").unwrap_or(false)
}

fn all_groups(call: &Call<'_>, application: &str, user: &str) -> BTreeSet<String> {
    let indices = call.store.list::<super::records::Index>(call.account, call.region).into_iter();
    let indices = indices.filter(|(_, index)| index.item().application == application);
    indices.flat_map(|(_, index)| groups::of_user(call, application, &index.item().id, "", user)).collect()
}

/// The answer, and where it is from.
fn answered(
    call: &Call<'_>,
    application: &Item,
    user: &str,
    message: &str,
    eligible: Option<&BTreeSet<String>>,
) -> (String, Vec<Value>) {
    let asked: BTreeSet<String> = words(message).collect();
    let mut found: Vec<(usize, Passage)> = readable(call, application, user)
        .into_iter()
        .filter(|passage| eligible.is_none_or(|eligible| eligible.contains(&passage.source)))
        .map(|it| (score(&asked, &format!("{} {}", it.document.title, it.document.body)), it))
        .filter(|(score, _)| *score > 0)
        .collect();
    found.sort_by(|(one, it), (other, other_it)| other.cmp(one).then_with(|| it.id.cmp(&other_it.id)));
    found.truncate(PASSAGES);
    if found.is_empty() {
        return (NOTHING_FOUND.to_owned(), Vec::new());
    }
    let mut said = String::new();
    let mut sources = Vec::new();
    for (place, (_, passage)) in found.iter().enumerate() {
        let snippet = excerpt(&asked, &passage.document.body, 300);
        let begin = said.chars().count();
        if !said.is_empty() {
            said.push(' ');
        }
        said.push_str(snippet.trim());
        sources.push(json!({
            "title": passage.document.title,
            "snippet": snippet,
            "url": passage.document.uri,
            "citationNumber": place + 1,
            "documentId": passage.id,
            "indexId": passage.index,
            "datasourceId": passage.source,
            "textMessageSegments": [{"beginOffset": begin, "endOffset": said.chars().count()}],
        }));
    }
    (said, sources)
}

struct Passage {
    id: String,
    index: String,
    source: String,
    document: Document,
}

/// The documents that a user may read, in the indices that the application's retrievers read.
fn readable(call: &Call<'_>, application: &Item, user: &str) -> Vec<Passage> {
    let retrievers = call.store.list::<Retriever>(call.account, call.region).into_iter();
    let indices: BTreeSet<String> = retrievers
        .map(|(_, retriever)| retriever)
        .filter(|it| it.item().application == application.id && it.item().life.status(call.now) == "ACTIVE")
        .filter_map(|it| {
            let index = it.item().settings.get("configuration")?.pointer("/nativeIndexConfiguration/indexId")?;
            index.as_str().map(str::to_owned)
        })
        .collect();
    let mut passages = Vec::new();
    for (key, source) in call.store.list::<DataSource>(call.account, call.region) {
        let Some(index) = source.item().index.as_ref().filter(|index| indices.contains(*index)) else { continue };
        let theirs = groups::of_user(call, &application.id, index, &source.item().id, user);
        let documents = sync_runs::synced::<Document>(call, &key).into_iter();
        passages.extend(
            documents.filter(|(_, document)| may_read(document, user, &theirs)).map(|(id, document)| Passage {
                id,
                index: index.clone(),
                source: source.item().id.clone(),
                document,
            }),
        );
    }
    passages
}
