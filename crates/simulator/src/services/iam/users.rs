//! Users, their access keys, and groups.

use super::holders::{emptied, held, keep, seen};
use super::records::Group;
use super::support::{add_tags, below, claim, exists, in_use, limit, listed, missing, new_tags, path, release};
use crate::identity::{AccessKey, Caller, CallerKind, User};
use crate::service::{Call, ServiceError};
use crate::services::shared::{Answer, nothing, tag_list, texts};
use crate::store::GLOBAL;
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn shown(user: &User) -> Value {
    json!({
        "Path": user.path,
        "UserName": user.name,
        "UserId": user.id,
        "Arn": user.arn,
        "CreateDate": user.created.to_string(),
        "Tags": (!user.tags.is_empty()).then(|| tag_list(&user.tags)),
    })
}

pub(super) fn create(call: &mut Call<'_>) -> Answer {
    let name = call.required("UserName").to_owned();
    let path = path(call)?;
    let tags = new_tags(call)?;
    if call.member("PermissionsBoundary").is_some() {
        return Err(call.not_simulated());
    }
    if call.store.contains::<User>(call.account, GLOBAL, &name) || !claim(call, "user", &name) {
        return Err(exists(format!("User with name {name} already exists.")));
    }
    let user = User {
        id: format!("AIDA{}", call.random.base32(17)),
        arn: call.global_arn("iam", format!("user{path}{name}")),
        path,
        tags,
        inline_policies: Default::default(),
        attached_policies: Default::default(),
        created: call.now,
        name,
    };
    keep(call, &user);
    Ok(json!({"User": shown(&user)}))
}

/// Without a name: the caller.
fn named(call: &mut Call<'_>) {
    if call.text("UserName").is_none()
        && let CallerKind::User(name) = &call.caller.kind
        && let Some(input) = call.input.as_object_mut()
    {
        input.insert("UserName".to_owned(), json!(name));
    }
}

pub(super) fn get(call: &mut Call<'_>) -> Answer {
    named(call);
    Ok(json!({"User": shown(&seen::<User>(call)?)}))
}

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let users = call.store.read_all::<User>(call.account, GLOBAL).into_iter();
    let users = users.filter(|(_, user)| below(call, &user.path)).map(|(name, user)| (name, shown(&user))).collect();
    listed(call, "Users", users)
}

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let user: User = held(call)?;
    if !keys_of(call, &user.name).is_empty() {
        return Err(in_use("Cannot delete entity, must delete access keys first."));
    }
    let groups = call.store.list::<Group>(call.account, GLOBAL);
    if groups.iter().any(|(_, group)| group.members.contains(&user.name)) {
        return Err(in_use("Cannot delete entity, must remove users from group first."));
    }
    emptied(&user)?;
    call.store.remove::<User>(call.account, GLOBAL, &user.name);
    release(call, "user", &user.name);
    nothing()
}

pub(super) fn tag(call: &mut Call<'_>) -> Answer {
    let mut user: User = held(call)?;
    add_tags(call, &mut user.tags)?;
    keep(call, &user);
    nothing()
}

pub(super) fn untag(call: &mut Call<'_>) -> Answer {
    let mut user: User = held(call)?;
    texts(call, "TagKeys").iter().for_each(|key| drop(user.tags.remove(key)));
    keep(call, &user);
    nothing()
}

pub(super) fn list_tags(call: &mut Call<'_>) -> Answer {
    let tags = seen::<User>(call)?.tags;
    let tags = tags.iter().map(|(key, value)| (key.clone(), json!({"Key": key, "Value": value}))).collect();
    listed(call, "Tags", tags)
}

fn keys_of(call: &Call<'_>, user: &str) -> Vec<AccessKey> {
    let keys = call.store.list::<AccessKey>(call.account, GLOBAL).into_iter().map(|(_, key)| key);
    keys.filter(|key| key.session_token.is_none() && matches!(&key.caller.kind, CallerKind::User(name) if name == user))
        .collect()
}

pub(super) fn create_key(call: &mut Call<'_>) -> Answer {
    named(call);
    let user: User = held(call)?;
    if keys_of(call, &user.name).len() >= 2 {
        return Err(limit("Cannot exceed quota for AccessKeysPerUser: 2".to_owned()));
    }
    let key = AccessKey {
        id: format!("AKIA{}", call.random.base32(16)),
        secret: call.random.alphanumeric(40),
        session_token: None,
        expires: None,
        caller: Caller {
            account: call.account.clone(),
            arn: user.arn.clone(),
            user_id: user.id.clone(),
            kind: CallerKind::User(user.name.clone()),
        },
    };
    call.store.put(call.account, GLOBAL, &key.id, &key);
    Ok(json!({"AccessKey": {
        "UserName": user.name,
        "AccessKeyId": key.id,
        "Status": "Active",
        "SecretAccessKey": key.secret,
        "CreateDate": call.now.to_string(),
    }}))
}

pub(super) fn list_keys(call: &mut Call<'_>) -> Answer {
    named(call);
    let user: User = seen(call)?;
    let keys = keys_of(call, &user.name).into_iter();
    let keys = keys
        .map(|key| {
            let shown = json!({
                "UserName": user.name,
                "AccessKeyId": key.id,
                "Status": "Active",
                "CreateDate": user.created.to_string(),
            });
            (key.id, shown)
        })
        .collect();
    listed(call, "AccessKeyMetadata", keys)
}

pub(super) fn delete_key(call: &mut Call<'_>) -> Answer {
    named(call);
    let user: User = held(call)?;
    let id = call.required("AccessKeyId").to_owned();
    if !keys_of(call, &user.name).iter().any(|key| key.id == id) {
        return Err(missing(format!("The Access Key with id {id} cannot be found.")));
    }
    call.store.remove::<AccessKey>(call.account, GLOBAL, &id);
    nothing()
}

fn shown_group(group: &Group) -> Value {
    json!({
        "Path": group.path,
        "GroupName": group.name,
        "GroupId": group.id,
        "Arn": group.arn,
        "CreateDate": group.created.to_string(),
    })
}

pub(super) fn create_group(call: &mut Call<'_>) -> Answer {
    let name = call.required("GroupName").to_owned();
    let path = path(call)?;
    if !claim(call, "group", &name) {
        return Err(exists(format!("Group with name {name} already exists.")));
    }
    let group = Group {
        id: format!("AGPA{}", call.random.base32(17)),
        arn: call.global_arn("iam", format!("group{path}{name}")),
        path,
        members: BTreeSet::new(),
        inline_policies: Default::default(),
        attached_policies: Default::default(),
        created: call.now,
        name,
    };
    keep(call, &group);
    Ok(json!({"Group": shown_group(&group)}))
}

pub(super) fn get_group(call: &mut Call<'_>) -> Answer {
    let group: Group = seen(call)?;
    let users = group
        .members
        .iter()
        .filter_map(|name| call.store.get::<User>(call.account, GLOBAL, name).map(|user| (name.clone(), shown(&user))));
    let mut answer = listed(call, "Users", users.collect())?;
    if let Some(answer) = answer.as_object_mut() {
        answer.insert("Group".to_owned(), shown_group(&group));
    }
    Ok(answer)
}

pub(super) fn list_groups(call: &mut Call<'_>) -> Answer {
    let groups = call.store.read_all::<Group>(call.account, GLOBAL).into_iter();
    let groups =
        groups.filter(|(_, it)| below(call, &it.path)).map(|(name, group)| (name, shown_group(&group))).collect();
    listed(call, "Groups", groups)
}

pub(super) fn groups_for_user(call: &mut Call<'_>) -> Answer {
    let user: User = seen(call)?;
    let groups = call.store.read_all::<Group>(call.account, GLOBAL).into_iter();
    let groups = groups
        .filter(|(_, group)| group.members.contains(&user.name))
        .map(|(name, group)| (name, shown_group(&group)))
        .collect();
    listed(call, "Groups", groups)
}

pub(super) fn delete_group(call: &mut Call<'_>) -> Answer {
    let group: Group = held(call)?;
    if !group.members.is_empty() {
        return Err(in_use("Cannot delete entity, must remove users from group first."));
    }
    emptied(&group)?;
    call.store.remove::<Group>(call.account, GLOBAL, &group.name);
    release(call, "group", &group.name);
    nothing()
}

fn membership(call: &mut Call<'_>, change: impl FnOnce(&mut Group, &str)) -> Result<Value, ServiceError> {
    let mut group: Group = held(call)?;
    let user: User = held(call)?;
    change(&mut group, &user.name);
    keep(call, &group);
    nothing()
}

pub(super) fn add_to_group(call: &mut Call<'_>) -> Answer {
    membership(call, |group, user| {
        group.members.insert(user.to_owned());
    })
}

pub(super) fn remove_from_group(call: &mut Call<'_>) -> Answer {
    membership(call, |group, user| {
        group.members.remove(user);
    })
}
