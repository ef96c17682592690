//! Shares: made, told, changed, deleted; and sharing within the organization.

use super::associations;
use super::permissions;
use super::records::{BuriedShare, OrganizationSharing, Share};
use super::support::{
    ASSOCIATION, anyones, bury, error, keep, listed, made_before, malformed, moment, not_permitted, own, reaches,
    remember, unknown,
};
use crate::organization::Membership;
use crate::service::{Call, ServiceError};
use crate::services::iam;
use crate::services::organizations::records::Tree;
use crate::services::shared::{Answer, lower_tag_list, lower_tags_of, nothing, texts, texts_of};
use crate::store::GLOBAL;
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn status(call: &Call<'_>, share: &Share) -> &'static str {
    if call.now < share.active { "PENDING" } else { "ACTIVE" }
}

pub(super) fn shown(share: &Share, status: &str) -> Value {
    json!({
        "resourceShareArn": share.arn,
        "name": share.name,
        "owningAccountId": share.owner,
        "allowExternalPrincipals": share.allows_external,
        "status": status,
        "tags": lower_tag_list(&share.tags),
        "creationTime": moment(share.created),
        "lastUpdatedTime": moment(share.updated),
        "featureSet": "STANDARD",
    })
}

pub(super) fn create(call: &mut Call<'_>) -> Answer {
    if let Some(share) = made_before(call)? {
        return Ok(
            json!({"resourceShare": shown(&share, status(call, &share)), "clientToken": call.text("clientToken")}),
        );
    }
    if !texts(call, "sources").is_empty() {
        // Only with service principals.
        return Err(error("InvalidParameterException", "Sources can be specified for service principals only."));
    }
    let id = call.random.uuid();
    let mut share = Share {
        arn: call.arn("ram", format_args!("resource-share/{id}")),
        name: call.required("name").to_owned(),
        owner: call.account.clone(),
        allows_external: call.flag("allowExternalPrincipals").unwrap_or(true),
        resources: Vec::new(),
        principals: Vec::new(),
        permissions: BTreeMap::new(),
        versions: BTreeMap::new(),
        tags: lower_tags_of(call.member("tags")),
        created: call.now,
        updated: call.now,
        active: call.after(ASSOCIATION / 2.0),
    };
    for permission in texts(call, "permissionArns") {
        permissions::attach(call, &mut share, &permission, false)?;
    }
    let (resources, principals) = (texts(call, "resourceArns"), texts(call, "principals"));
    let added = associations::add(call, &mut share, &resources, &principals)?;
    keep(call, &share);
    associations::invite(call, &share, &added);
    remember(call, &share.arn);
    Ok(json!({"resourceShare": shown(&share, status(call, &share)), "clientToken": call.text("clientToken")}))
}

pub(super) fn get(call: &mut Call<'_>) -> Answer {
    let (wanted, name, state) = (texts(call, "resourceShareArns"), call.text("name"), call.text("resourceShareStatus"));
    let filters: Vec<(String, Vec<String>)> = call
        .member("tagFilters")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .map(|filter| {
            let key = filter.get("tagKey").and_then(Value::as_str).unwrap_or_default().to_owned();
            (key, texts_of(filter.get("tagValues")))
        })
        .collect();
    let shares: Vec<(Share, &'static str)> = if call.required("resourceOwner") == "SELF" {
        let there = call.store.read_all::<Share>(call.account, call.region).into_iter();
        let there = there.map(|(_, share)| (status(call, &share), share)).map(|(status, share)| (share, status));
        let buried = call.store.read_all::<BuriedShare>(call.account, call.region).into_iter();
        let buried = buried.map(|(_, buried)| {
            let status = if call.now < buried.deleted { "DELETING" } else { "DELETED" };
            (buried.share, status)
        });
        there.chain(buried).collect()
    } else {
        if !filters.is_empty() {
            // As hashicorp/terraform-provider-aws, issue 40970, quotes it.
            return Err(error(
                "InvalidParameterException",
                "You cannot use resourceOwner set to OTHER-ACCOUNTS and tagFilters in one request. Specify one parameter \
                 and try again.",
            ));
        }
        let others = call.store.everywhere::<Share>().into_iter();
        let others = others.filter(|entry| entry.region == call.region && entry.account != *call.account);
        let mine = others.filter(|entry| reaches(call, &entry.record, call.account));
        mine.map(|entry| (entry.record, "ACTIVE")).collect()
    };
    if let Some(missing) = wanted.iter().find(|arn| !arn.starts_with("arn:")) {
        return Err(malformed(missing));
    }
    if let Some(missing) = wanted.iter().find(|arn| !shares.iter().any(|(share, _)| share.arn == **arn)) {
        return Err(unknown(&format!("ResourceShare {missing}")));
    }
    let tagged = |share: &Share| {
        filters.iter().all(|(key, values)| {
            share.tags.get(key).is_some_and(|value| values.is_empty() || values.iter().any(|each| each == value))
        })
    };
    let items = shares
        .into_iter()
        .filter(|(share, _)| wanted.is_empty() || wanted.contains(&share.arn))
        .filter(|(share, _)| name.is_none_or(|name| name == share.name) && tagged(share))
        .filter(|(_, status)| state.is_none_or(|state| state == *status))
        .map(|(share, status)| (share.arn.clone(), shown(&share, status)))
        .collect();
    listed(call, "resourceShares", items)
}

pub(super) fn update(call: &mut Call<'_>) -> Answer {
    let mut share = own(call, call.required("resourceShareArn"))?;
    if let Some(name) = call.text("name") {
        share.name = name.to_owned();
    }
    if let Some(allows) = call.flag("allowExternalPrincipals") {
        if !allows && share.principals.iter().any(|each| each.external && each.counts(call.now)) {
            return Err(not_permitted("The resource share has external principals. Remove them first."));
        }
        share.allows_external = allows;
    }
    share.updated = call.now;
    keep(call, &share);
    Ok(json!({"resourceShare": shown(&share, status(call, &share)), "clientToken": call.text("clientToken")}))
}

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let arn = call.required("resourceShareArn").to_owned();
    if anyones(call, &arn).is_some_and(|share| share.owner != *call.account) {
        return Err(not_permitted("You don't own this resource share."));
    }
    let share = own(call, &arn)?;
    bury(call, share);
    Ok(json!({"returnValue": true, "clientToken": call.text("clientToken")}))
}

fn named(call: &Call<'_>) -> Result<Share, ServiceError> {
    own(call, call.text("resourceShareArn").or_else(|| call.text("resourceArn")).unwrap_or_default())
}

pub(super) fn tag(call: &mut Call<'_>) -> Answer {
    let mut share = named(call)?;
    share.tags.extend(lower_tags_of(call.member("tags")));
    keep(call, &share);
    nothing()
}

pub(super) fn untag(call: &mut Call<'_>) -> Answer {
    let mut share = named(call)?;
    for key in texts(call, "tagKeys") {
        share.tags.remove(&key);
    }
    keep(call, &share);
    nothing()
}

pub(super) fn enable_organization(call: &mut Call<'_>) -> Answer {
    let management = Membership::of(call.store, call.account).map(|membership| membership.management);
    if management.as_ref() != Some(call.account) {
        return Err(not_permitted("Only the management account of an organization can enable sharing with it."));
    }
    let Some(mut tree) = call.store.get::<Tree>(call.account, GLOBAL, Tree::KEY).filter(|tree| tree.features == "ALL")
    else {
        return Err(not_permitted("All features must be enabled in the organization."));
    };
    // "This operation creates a service-linked role called AWSServiceRoleForResourceAccessManager" (API Reference).
    iam::link(call, "ram.amazonaws.com");
    let now = call.now;
    tree.services.entry("ram.amazonaws.com".to_owned()).or_insert(now);
    call.store.put(call.account, GLOBAL, Tree::KEY, &tree);
    call.store.put(call.account, GLOBAL, OrganizationSharing::KEY, &OrganizationSharing { since: now });
    Ok(json!({"returnValue": true}))
}
