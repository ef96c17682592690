//! What an application has: indices, retrievers, data sources, web experiences, plugins and data accessors live alike.

use super::checks::Check;
use super::records::{DataSource, Document, Group, Index, Item, Settings, Thing};
use super::support::{
    absent, active_application, application, arn, at_rest, conflict, held, keep, kept, key, listed, made_before,
    remember,
};
use crate::service::{Call, ServiceError};
use crate::services::life::Life;
use crate::services::shared::{Answer, lower_tags_of, nothing};
use crate::services::sync_runs;
use jiff::Timestamp;
use serde_json::{Value, json};

/// The status word of a thing in the service's own set, by the member that tells it.
fn status<T: Thing>(item: &Item, now: Timestamp) -> Option<(&'static str, &'static str)> {
    let word = item.life.status(now);
    match T::PATH {
        "data-accessor" => None,
        "plugin" => Some((
            "buildStatus",
            match word {
                "CREATING" => "CREATE_IN_PROGRESS",
                "UPDATING" => "UPDATE_IN_PROGRESS",
                "DELETING" => "DELETE_IN_PROGRESS",
                "FAILED" => "CREATE_FAILED",
                _ => "READY",
            },
        )),
        // Users cannot sign in before it knows how.
        "web-experience" if word == "ACTIVE" && item.settings.contains_key("pendingAuthentication") => {
            Some(("status", "PENDING_AUTH_CONFIG"))
        }
        _ => Some(("status", word)),
    }
}

/// What a reader is told of a thing.
pub(super) fn shown<T: Thing>(call: &Call<'_>, item: &Item) -> Settings {
    let mut shown = item.settings.clone();
    for own in ["pendingAuthentication", "keptAttributes"] {
        shown.remove(own);
    }
    shown.insert(T::ID.to_owned(), json!(item.id));
    shown.insert(T::ARN.to_owned(), json!(arn(call, item, T::PATH)));
    shown.insert("applicationId".to_owned(), json!(item.application));
    if let Some(index) = &item.index {
        shown.insert("indexId".to_owned(), json!(index));
    }
    shown.extend(life::<T>(call, item));
    if let Some(fault) = item.life.fault.as_ref().filter(|_| item.life.status(call.now) == "FAILED") {
        shown.insert("error".to_owned(), json!({"errorCode": "InvalidRequest", "errorMessage": fault}));
    }
    shown
}

fn life<T: Thing>(call: &Call<'_>, item: &Item) -> Settings {
    let mut life = Settings::new();
    life.insert("createdAt".to_owned(), json!(item.life.created.to_string()));
    life.insert("updatedAt".to_owned(), json!(item.life.updated.to_string()));
    if let Some((member, word)) = status::<T>(item, call.now) {
        life.insert(member.to_owned(), json!(word));
    }
    life
}

/// An entry of a listing.
pub(super) fn summary<T: Thing>(call: &Call<'_>, item: &Item) -> Value {
    let mut shown: Settings =
        T::SUMMARY.iter().filter_map(|name| Some(((*name).to_owned(), item.settings.get(*name)?.clone()))).collect();
    shown.insert(T::ID.to_owned(), json!(item.id));
    if T::PATH == "data-accessor" {
        shown.insert(T::ARN.to_owned(), json!(arn(call, item, T::PATH)));
    }
    shown.extend(life::<T>(call, item));
    if T::PATH == "retriever" {
        for moment in ["createdAt", "updatedAt"] {
            shown.remove(moment);
        }
        shown.insert("applicationId".to_owned(), json!(item.application));
    }
    Value::Object(shown)
}

/// What a creation answers.
fn made<T: Thing>(call: &Call<'_>, item: &Item) -> Value {
    let mut answer = json!({T::ID: item.id, T::ARN: arn(call, item, T::PATH)});
    if let Some(answer) = answer.as_object_mut() {
        let told = ["idcApplicationArn"].into_iter().filter_map(|name| Some((name, item.settings.get(name)?.clone())));
        answer.extend(told.map(|(name, value)| (name.to_owned(), value)));
        if T::PATH == "plugin" {
            answer.extend(status::<T>(item, call.now).map(|(name, word)| (name.to_owned(), json!(word))));
        }
    }
    answer
}

pub(super) fn create<T: Thing>(call: &mut Call<'_>, check: Check) -> Answer {
    let application = active_application(call)?;
    if let Some(id) = made_before(call, T::WORD)? {
        let before: T = call
            .store
            .get(call.account, call.region, &key::<T>(call, &id))
            .ok_or_else(|| conflict("What this client token made is gone.", &id, T::WORD))?;
        return Ok(made::<T>(call, before.item()));
    }
    let index = (T::PATH == "data-source").then(|| held::<Index>(call)).transpose()?;
    if let Some(index) = &index {
        at_rest(call, index)?;
    }
    let mut settings = kept(call, T::KEPT);
    check(call, application.item(), &mut settings)?;
    let item = Item {
        id: call.random.uuid(),
        application: application.item().id.clone(),
        index: index.map(|index| index.item().id.clone()),
        settings,
        tags: lower_tags_of(call.member("tags")),
        life: Life::new(call.now, T::TIMES.creation, None),
    };
    let thing = T::of(item);
    keep(call, &thing);
    remember(call, &thing.item().id);
    Ok(made::<T>(call, thing.item()))
}

pub(super) fn get<T: Thing>(call: &mut Call<'_>, more: fn(&Call<'_>, &Item, &mut Settings)) -> Answer {
    application(call)?;
    let id = call.required(T::ID);
    let thing: T =
        call.store.read(call.account, call.region, &key::<T>(call, id)).ok_or_else(|| absent(id, T::WORD))?;
    let mut answer = shown::<T>(call, thing.item());
    more(call, thing.item(), &mut answer);
    Ok(Value::Object(answer))
}

pub(super) fn nothing_more(_call: &Call<'_>, _item: &Item, _answer: &mut Settings) {}

/// How much an index holds.
pub(super) fn index_statistics(call: &Call<'_>, item: &Item, answer: &mut Settings) {
    let sources = call.store.list::<DataSource>(call.account, call.region).into_iter();
    let (mut count, mut bytes) = (0, 0);
    for (key, _) in sources.filter(|(_, source)| source.item().index.as_deref() == Some(&item.id)) {
        let documents = sync_runs::synced::<Document>(call, &key);
        count += documents.len();
        bytes += documents.values().map(|document| document.body.len()).sum::<usize>();
    }
    let statistics = json!({"textDocumentStatistics": {"indexedTextDocumentCount": count, "indexedTextBytes": bytes}});
    answer.insert("indexStatistics".to_owned(), statistics);
}

pub(super) fn list<T: Thing>(call: &mut Call<'_>) -> Answer {
    application(call)?;
    let prefix = key::<T>(call, "");
    if T::PATH == "data-source" {
        held::<Index>(call)?;
    }
    let all = call.store.read_prefix::<T>(call.account, call.region, &prefix).into_iter();
    let items = all.map(|thing| (thing.item().key(), summary::<T>(call, thing.item()))).collect();
    listed(call, T::LIST, items)
}

pub(super) fn update<T: Thing>(call: &mut Call<'_>, check: Check) -> Answer {
    let application = application(call)?;
    let mut thing: T = held(call)?;
    at_rest(call, &thing)?;
    let mut settings = thing.item().settings.clone();
    settings.extend(kept(call, T::KEPT));
    settings.extend(kept(call, T::UPDATED));
    check(call, application.item(), &mut settings)?;
    let until = call.after(T::TIMES.update);
    let item = thing.item_mut();
    item.settings = settings;
    item.life.updated = call.now;
    item.life.updating_until = (until > call.now).then_some(until);
    keep(call, &thing);
    nothing()
}

pub(super) fn delete<T: Thing>(call: &mut Call<'_>) -> Answer {
    remove::<T>(call)?;
    nothing()
}

/// Marks a thing as going; when it will be gone.
fn remove<T: Thing>(call: &mut Call<'_>) -> Result<(T, Timestamp), ServiceError> {
    let application = application(call)?;
    let mut thing: T = held(call)?;
    for (status, id, word) in [
        (application.item().life.status(call.now), &application.item().id, "Application"),
        (thing.item().life.status(call.now), &thing.item().id, T::WORD),
    ] {
        if !matches!(status, "ACTIVE" | "FAILED") {
            return Err(conflict(format!("{word} {id} is in the {status} state."), id, word));
        }
    }
    let gone = call.after(T::TIMES.deletion);
    thing.item_mut().life.deleted = Some(gone);
    keep(call, &thing);
    Ok((thing, gone))
}

pub(super) fn delete_data_source(call: &mut Call<'_>) -> Answer {
    let (source, gone) = remove::<DataSource>(call)?;
    sync_runs::forget::<Document>(call, &format!("{}|", source.item().key()), gone);
    nothing()
}

/// What is in an index goes with it.
pub(super) fn delete_index(call: &mut Call<'_>) -> Answer {
    let (index, gone) = remove::<Index>(call)?;
    let prefix = format!("{}|", index.item().key());
    all_go::<DataSource>(call, &prefix, gone);
    sync_runs::forget::<Document>(call, &prefix, gone);
    for (key, mut group) in call.store.list::<Group>(call.account, call.region) {
        if key.starts_with(&prefix) {
            group.gone = Some(gone);
            call.store.put(call.account, call.region, &key, &group);
        }
    }
    nothing()
}

/// Lets every thing of a kind go whose key begins so.
pub(super) fn all_go<T: Thing>(call: &mut Call<'_>, prefix: &str, gone: Timestamp) {
    for (key, mut thing) in call.store.list::<T>(call.account, call.region) {
        if key.starts_with(prefix) {
            let life = &mut thing.item_mut().life;
            life.deleted = Some(life.deleted.map_or(gone, |earlier| earlier.min(gone)));
            keep(call, &thing);
        }
    }
}
