//! Groups of people. The service tells of a group when it was changed and whether that is done, never who is in it.

use super::records::{DataSource, Group, Index};
use super::support::{absent, conflict, held, invalid, listed, quota};
use super::timing;
use crate::service::{Call, ServiceError, later};
use crate::services::shared::{Answer, nothing};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const WORD: &str = "Group";

fn key(call: &Call<'_>) -> String {
    let source = call.text("dataSourceId").unwrap_or_default();
    let (application, index) = (call.required("applicationId"), call.required("indexId"));
    format!("{application}|{index}|{source}|{}", call.required("groupName"))
}

/// Its index must be there, and its data source if it has one.
fn check_place(call: &Call<'_>) -> Result<(), ServiceError> {
    held::<Index>(call)?;
    if call.text("dataSourceId").is_some() {
        held::<DataSource>(call)?;
    }
    Ok(())
}

fn names(call: &Call<'_>, list: &str, member: &str) -> BTreeSet<String> {
    let list = call.member("groupMembers").and_then(|members| members.get(list)).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(|each| each.get(member)?.as_str()).map(str::to_owned).collect()
}

pub(super) fn put(call: &mut Call<'_>) -> Answer {
    check_place(call)?;
    let members = call.member("groupMembers");
    if members.and_then(|members| members.get("s3PathForGroupMembers")).is_some_and(|path| !path.is_null()) {
        return Err(call.not_simulated());
    }
    let name = call.required("groupName").to_owned();
    let users: BTreeSet<String> =
        names(call, "memberUsers", "userId").into_iter().map(|user| user.to_lowercase()).collect();
    let groups = names(call, "memberGroups", "groupName");
    if users.len() + groups.len() > timing::INLINE_MEMBERS {
        let message = format!("A group can have {} members that are given inline.", timing::INLINE_MEMBERS);
        return Err(quota(message, &name, WORD));
    }
    if groups.contains(&name) {
        return Err(invalid(format!("The group {name} cannot be a member of itself.")));
    }
    let before: Option<Group> = call.store.get(call.account, call.region, &key(call));
    if before.as_ref().is_some_and(|group| group.gone.is_some()) {
        return Err(conflict(format!("The group {name} is being deleted."), &name, WORD));
    }
    let mut changes = before.map(|group| group.changes).unwrap_or_default();
    changes.push(call.now);
    let data_source = call.text("dataSourceId").map(str::to_owned);
    let group = Group { name, data_source, users, groups, changes, gone: None };
    call.store.put(call.account, call.region, &key(call), &group);
    nothing()
}

fn status(at: Timestamp, now: Timestamp) -> Value {
    let done = later(at, timing::GROUP);
    let (word, moment) = if now < done { ("PROCESSING", at) } else { ("SUCCEEDED", done) };
    json!({"status": word, "lastUpdatedAt": moment.to_string()})
}

pub(super) fn get(call: &mut Call<'_>) -> Answer {
    check_place(call)?;
    let name = call.required("groupName");
    let group: Group = call.store.read(call.account, call.region, &key(call)).ok_or_else(|| absent(name, WORD))?;
    let history: Vec<Value> = group.changes.iter().map(|at| status(*at, call.now)).collect();
    let now = match group.gone {
        Some(gone) => json!({"status": "DELETING", "lastUpdatedAt": later(gone, -timing::GROUP).to_string()}),
        None => history.last().cloned().unwrap_or_default(),
    };
    Ok(json!({"status": now, "statusHistory": history}))
}

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    check_place(call)?;
    let before: Option<Timestamp> = call.required("updatedEarlierThan").parse().ok();
    let source = call.text("dataSourceId");
    let prefix = format!("{}|{}|", call.required("applicationId"), call.required("indexId"));
    let all = call.store.read_prefix::<Group>(call.account, call.region, &prefix).into_iter();
    let items = all
        .filter(|group| group.data_source.as_deref() == source)
        .filter(|group| before.is_none_or(|before| group.changes.last().is_none_or(|at| *at < before)))
        .map(|group| (group.name.clone(), json!({"groupName": group.name})))
        .collect();
    listed(call, "items", items)
}

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    check_place(call)?;
    let name = call.required("groupName");
    let mut group: Group = call.store.get(call.account, call.region, &key(call)).ok_or_else(|| absent(name, WORD))?;
    if group.gone.is_some() {
        return Err(conflict(format!("The group {name} is already being deleted."), name, WORD));
    }
    group.gone = Some(call.after(timing::GROUP));
    call.store.put(call.account, call.region, &key(call), &group);
    nothing()
}

/// The groups that a user is in, themselves or through other groups: those of the index, and those of one data source.
pub(super) fn of_user(call: &Call<'_>, application: &str, index: &str, source: &str, user: &str) -> BTreeSet<String> {
    let prefix = format!("{application}|{index}|");
    let all = call.store.list::<Group>(call.account, call.region).into_iter();
    let groups: Vec<Group> = all
        .filter(|(key, group)| key.starts_with(&prefix) && group.gone.is_none())
        .map(|(_, group)| group)
        .filter(|group| group.data_source.as_deref().is_none_or(|own| own == source))
        .filter(|group| group.changes.last().is_some_and(|at| later(*at, timing::GROUP) <= call.now))
        .collect();
    let mut found: BTreeSet<String> =
        groups.iter().filter(|group| group.users.contains(user)).map(|group| group.name.clone()).collect();
    loop {
        let through: Vec<String> = groups
            .iter()
            .filter(|group| !found.contains(&group.name) && group.groups.iter().any(|inner| found.contains(inner)))
            .map(|group| group.name.clone())
            .collect();
        if through.is_empty() {
            return found;
        }
        found.extend(through);
    }
}
