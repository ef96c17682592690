//! Instance profiles.

use super::holders::{absent as absent_holder, held as held_role};
use super::records::InstanceProfile;
use super::roles::embedded;
use super::support::{add_tags, below, claim, exists, in_use, limit, listed, missing, new_tags, path, release};
use crate::identity::Role;
use crate::service::{Call, ServiceError};
use crate::services::shared::{Answer, nothing, tag_list, texts};
use crate::store::GLOBAL;
use serde_json::{Value, json};

fn absent(name: &str) -> ServiceError {
    missing(format!("Instance Profile {name} cannot be found."))
}

fn held(call: &Call<'_>) -> Result<InstanceProfile, ServiceError> {
    let name = call.required("InstanceProfileName");
    call.store.get(call.account, GLOBAL, name).ok_or_else(|| absent(name))
}

fn seen(call: &Call<'_>) -> Result<InstanceProfile, ServiceError> {
    let name = call.required("InstanceProfileName");
    call.store.read(call.account, GLOBAL, name).ok_or_else(|| absent(name))
}

fn keep(call: &mut Call<'_>, profile: &InstanceProfile) {
    call.store.put(call.account, GLOBAL, &profile.name, profile);
}

fn shown(call: &Call<'_>, profile: &InstanceProfile) -> Value {
    let role: Option<Role> = profile.role.as_ref().and_then(|name| call.store.get(call.account, GLOBAL, name));
    json!({
        "Path": profile.path,
        "InstanceProfileName": profile.name,
        "InstanceProfileId": profile.id,
        "Arn": profile.arn,
        "CreateDate": profile.created.to_string(),
        "Roles": role.iter().map(embedded).collect::<Vec<_>>(),
        "Tags": tag_list(&profile.tags),
    })
}

pub(super) fn create(call: &mut Call<'_>) -> Answer {
    let name = call.required("InstanceProfileName").to_owned();
    let path = path(call)?;
    let tags = new_tags(call)?;
    if !claim(call, "instance-profile", &name) {
        return Err(exists(format!("Instance Profile {name} already exists.")));
    }
    let profile = InstanceProfile {
        id: format!("AIPA{}", call.random.base32(17)),
        arn: call.global_arn("iam", format!("instance-profile{path}{name}")),
        path,
        role: None,
        tags,
        created: call.now,
        name,
    };
    keep(call, &profile);
    Ok(json!({"InstanceProfile": shown(call, &profile)}))
}

pub(super) fn get(call: &mut Call<'_>) -> Answer {
    let profile = seen(call)?;
    Ok(json!({"InstanceProfile": shown(call, &profile)}))
}

fn all(call: &Call<'_>, wanted: impl Fn(&InstanceProfile) -> bool) -> Answer {
    let profiles = call.store.read_all::<InstanceProfile>(call.account, GLOBAL).into_iter();
    let profiles = profiles.filter(|(_, it)| wanted(it)).map(|(name, profile)| (name, shown(call, &profile))).collect();
    listed(call, "InstanceProfiles", profiles)
}

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    all(call, |profile| below(call, &profile.path))
}

pub(super) fn list_for_role(call: &mut Call<'_>) -> Answer {
    let role: Role = super::holders::seen(call)?;
    all(call, |profile| profile.role.as_deref() == Some(role.name.as_str()))
}

pub(super) fn add_role(call: &mut Call<'_>) -> Answer {
    let mut profile = held(call)?;
    let role: Role = held_role(call)?;
    if profile.role.is_some() {
        return Err(limit("Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1".to_owned()));
    }
    profile.role = Some(role.name);
    keep(call, &profile);
    nothing()
}

pub(super) fn remove_role(call: &mut Call<'_>) -> Answer {
    let mut profile = held(call)?;
    let role = call.required("RoleName");
    if profile.role.as_deref() != Some(role) {
        return Err(absent_holder::<Role>(role));
    }
    profile.role = None;
    keep(call, &profile);
    nothing()
}

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let profile = held(call)?;
    if profile.role.is_some() {
        return Err(in_use("Cannot delete entity, must remove roles from instance profile first."));
    }
    call.store.remove::<InstanceProfile>(call.account, GLOBAL, &profile.name);
    release(call, "instance-profile", &profile.name);
    nothing()
}

pub(super) fn tag(call: &mut Call<'_>) -> Answer {
    let mut profile = held(call)?;
    add_tags(call, &mut profile.tags)?;
    keep(call, &profile);
    nothing()
}

pub(super) fn untag(call: &mut Call<'_>) -> Answer {
    let mut profile = held(call)?;
    texts(call, "TagKeys").iter().for_each(|key| drop(profile.tags.remove(key)));
    keep(call, &profile);
    nothing()
}

pub(super) fn list_tags(call: &mut Call<'_>) -> Answer {
    let tags = seen(call)?.tags;
    let tags = tags.iter().map(|(key, value)| (key.clone(), json!({"Key": key, "Value": value}))).collect();
    listed(call, "Tags", tags)
}
