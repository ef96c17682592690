//! Managed permissions: what a share allows on each type of resource that it holds.

use super::records::{Permission, Share};
use super::support::{anyones, error, keep, listed, moment, not_permitted, own, reaches, resource_type, unknown};
use crate::service::{Call, ServiceError};
use crate::services::shared::Answer;
use jiff::Timestamp;
use serde_json::{Value, json};

const PREFIX: &str = "arn:aws:ram::aws:permission/";
const DOMAIN: &str = "datazone:Domain";

/// The permissions for DataZone domains that AWS's own policy SageMakerStudioFullAccess names (AWS Managed Policy Reference). The
/// first is the default; a domain takes no customer managed permission (RAM User Guide, "Shareable AWS resources").
const DOMAIN_PERMISSIONS: &[&str] = &[
    "AWSRAMDefaultPermissionAmazonDataZoneDomain",
    "AWSRAMPermissionAmazonDataZoneDomainFullAccessWithPortalAccess",
    "AWSRAMPermissionsAmazonDatazoneDomainExtendedServiceAccess",
    "AWSRAMPermissionsAmazonDatazoneDomainExtendedServiceWithPortalAccess",
];

/// The resource type that a permission is for; none if there is no such permission.
fn type_of(call: &Call<'_>, arn: &str) -> Option<String> {
    if let Some(own) = call.store.get::<Permission>(call.account, call.region, arn) {
        return Some(own.kind);
    }
    let name = arn.strip_prefix(PREFIX)?;
    if DOMAIN_PERMISSIONS.contains(&name) {
        return Some(DOMAIN.to_owned());
    }
    // Of other services only the defaults are known here.
    name.strip_prefix("AWSRAMDefaultPermission").filter(|kind| !kind.contains("DataZone")).map(str::to_owned)
}

fn default_for(kind: &str) -> String {
    match kind {
        DOMAIN => format!("{PREFIX}{}", DOMAIN_PERMISSIONS.first().copied().unwrap_or_default()),
        _ => format!("{PREFIX}AWSRAMDefaultPermission{}", kind.rsplit(':').next().unwrap_or_default()),
    }
}

/// Gives a share a permission.
pub(super) fn attach(call: &Call<'_>, share: &mut Share, arn: &str, replaces: bool) -> Result<(), ServiceError> {
    let kind = type_of(call, arn).ok_or_else(|| unknown(&format!("Permission {arn}")))?;
    // Of other services the name tells the last part of the type only.
    let mut types = share.resources.iter().filter_map(|each| resource_type(&each.entity));
    let kind = types.find(|own| own.rsplit(':').next() == Some(&kind)).unwrap_or(kind);
    if !replaces && share.permissions.get(&kind).is_some_and(|own| own != arn) {
        return Err(error(
            "InvalidParameterException",
            format!("The resource share has a permission for {kind} already. Set replace to true to replace it."),
        ));
    }
    let before = share.permissions.insert(kind, arn.to_owned());
    before.and_then(|before| share.versions.remove(&before));
    // API Reference, AssociateResourceSharePermission: always the version that is the default at the time.
    if let Some(own) = call.store.get::<Permission>(call.account, call.region, arn) {
        share.versions.insert(arn.to_owned(), own.version);
    }
    Ok(())
}

/// Gives a share the default permission of a resource type, if it has none for it.
pub(super) fn attach_default(share: &mut Share, kind: &str) {
    let default = default_for(kind);
    // One that was given before the first resource of its type.
    let named = share.permissions.remove(kind.rsplit(':').next().unwrap_or_default());
    share.permissions.entry(kind.to_owned()).or_insert(named.unwrap_or(default));
}

/// A permission that an account made, in one of its versions.
fn own_shown(own: &Permission, version: i64, status: &str) -> Value {
    json!({
        "arn": own.arn,
        "version": version.to_string(),
        "defaultVersion": version == own.version,
        "name": own.name,
        "resourceType": own.kind,
        "status": status,
        "creationTime": moment(own.created),
        "lastUpdatedTime": moment(own.updated),
        "isResourceTypeDefault": false,
        "permissionType": "CUSTOMER_MANAGED",
        "featureSet": "STANDARD",
    })
}

fn shown(kind: &str, arn: &str) -> Value {
    let name = arn.strip_prefix(PREFIX).unwrap_or(arn);
    let is_default = default_for(kind) == arn;
    json!({
        "arn": arn,
        "version": "1",
        "defaultVersion": true,
        "name": name,
        "resourceType": kind,
        "status": "ASSOCIATED",
        "creationTime": moment(Timestamp::UNIX_EPOCH),
        "lastUpdatedTime": moment(Timestamp::UNIX_EPOCH),
        "isResourceTypeDefault": is_default,
        "permissionType": "AWS_MANAGED",
        "featureSet": "STANDARD",
    })
}

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let wanted = call.text("resourceType");
    let own = call.text("permissionType") == Some("CUSTOMER_MANAGED");
    let all = DOMAIN_PERMISSIONS.iter().filter(|_| !own && wanted.is_none_or(|kind| kind.eq_ignore_ascii_case(DOMAIN)));
    let mut items: Vec<(String, Value)> =
        all.map(|name| ((*name).to_owned(), shown(DOMAIN, &format!("{PREFIX}{name}")))).collect();
    if call.text("permissionType") != Some("AWS_MANAGED") {
        let made = call.store.list::<Permission>(call.account, call.region).into_iter().map(|(_, own)| own);
        let made = made.filter(|own| wanted.is_none_or(|kind| kind.eq_ignore_ascii_case(&own.kind)));
        items.extend(made.map(|own| (own.arn.clone(), own_shown(&own, own.version, "ATTACHABLE"))));
    }
    listed(call, "permissions", items)
}

pub(super) fn get(call: &mut Call<'_>) -> Answer {
    let arn = call.required("permissionArn");
    if let Some(own) = call.store.get::<Permission>(call.account, call.region, arn) {
        return Ok(json!({"permission": own_shown(&own, own.version, "ATTACHABLE")}));
    }
    let kind = type_of(call, arn).ok_or_else(|| unknown(&format!("Permission {arn}")))?;
    let mut shown = shown(&kind, arn);
    if let Some(members) = shown.as_object_mut() {
        members.insert("status".to_owned(), json!("ATTACHABLE"));
    }
    Ok(json!({"permission": shown}))
}

pub(super) fn of_share(call: &mut Call<'_>) -> Answer {
    let arn = call.required("resourceShareArn");
    let share = anyones(call, arn).filter(|share| share.owner == *call.account || reaches(call, share, call.account));
    let share = share.ok_or_else(|| unknown(&format!("ResourceShare {arn}")))?;
    let of = |(kind, arn): (&String, &String)| {
        let own = call.store.get::<Permission>(&share.owner, call.region, arn);
        let told =
            own.map(|own| own_shown(&own, share.versions.get(arn).copied().unwrap_or(own.version), "ASSOCIATED"));
        (arn.clone(), told.unwrap_or_else(|| shown(kind, arn)))
    };
    let items = share.permissions.iter().map(of).collect();
    listed(call, "permissions", items)
}

pub(super) fn associate(call: &mut Call<'_>) -> Answer {
    let mut share = own(call, call.required("resourceShareArn"))?;
    attach(call, &mut share, call.required("permissionArn"), call.flag("replace").unwrap_or(false))?;
    keep(call, &share);
    Ok(json!({"returnValue": true, "clientToken": call.text("clientToken")}))
}

pub(super) fn disassociate(call: &mut Call<'_>) -> Answer {
    let mut share = own(call, call.required("resourceShareArn"))?;
    let arn = call.required("permissionArn");
    let kind = share.permissions.iter().find(|(_, own)| *own == arn).map(|(kind, _)| kind.clone());
    let kind = kind.ok_or_else(|| unknown(&format!("Permission {arn}")))?;
    // API Reference: "only if there are currently no resources of the relevant resource type in the resource share".
    let in_use = |each: &super::records::Association| {
        each.counts(call.now) && resource_type(&each.entity).as_ref() == Some(&kind)
    };
    if share.resources.iter().any(in_use) {
        let message = format!("The resource share holds resources of the type {kind}.");
        return Err(error("InvalidStateTransitionException", message));
    }
    share.permissions.remove(&kind);
    keep(call, &share);
    Ok(json!({"returnValue": true, "clientToken": call.text("clientToken")}))
}

/// The policy template of a permission: what of it can be told wrong at once.
fn check_template(call: &Call<'_>) -> Result<(), ServiceError> {
    let template = serde_json::from_str::<Value>(call.required("policyTemplate")).unwrap_or_default();
    if template.get("Effect").is_some() && template.get("Action").is_some() {
        return Ok(());
    }
    Err(error("MalformedPolicyTemplateException", "The policy template must have the elements Effect and Action."))
}

pub(super) fn create(call: &mut Call<'_>) -> Answer {
    check_template(call)?;
    let (name, kind) = (call.required("name").to_owned(), call.required("resourceType").to_owned());
    if kind == DOMAIN {
        return Err(error("InvalidParameterException", format!("{kind} takes no customer managed permission.")));
    }
    let arn = call.arn("ram", format_args!("permission/{name}"));
    if call.store.contains::<Permission>(call.account, call.region, &arn) {
        return Err(error("PermissionAlreadyExistsException", format!("A permission with the name {name} exists.")));
    }
    let own = Permission { arn, name, kind, version: 1, created: call.now, updated: call.now };
    call.store.put(call.account, call.region, &own.arn, &own);
    Ok(json!({"permission": own_shown(&own, own.version, "ATTACHABLE"), "clientToken": call.text("clientToken")}))
}

fn made(call: &Call<'_>) -> Result<Permission, ServiceError> {
    let arn = call.required("permissionArn");
    let own = call.store.get::<Permission>(call.account, call.region, arn);
    own.ok_or_else(|| unknown(&format!("Permission {arn}")))
}

/// A new version, which is the default from now on; shares keep theirs.
pub(super) fn create_version(call: &mut Call<'_>) -> Answer {
    check_template(call)?;
    let mut own = made(call)?;
    if own.version >= 5 {
        return Err(error("PermissionVersionsLimitExceededException", "A permission has at most 5 versions."));
    }
    own.version += 1;
    own.updated = call.now;
    call.store.put(call.account, call.region, &own.arn, &own);
    Ok(json!({"permission": own_shown(&own, own.version, "ATTACHABLE"), "clientToken": call.text("clientToken")}))
}

pub(super) fn versions(call: &mut Call<'_>) -> Answer {
    let own = made(call)?;
    let items =
        (1..=own.version).map(|version| (version.to_string(), own_shown(&own, version, "ATTACHABLE"))).collect();
    listed(call, "permissions", items)
}

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let own = made(call)?;
    let shares = call.store.list::<Share>(call.account, call.region);
    if shares.iter().any(|(_, share)| share.permissions.values().any(|arn| *arn == own.arn)) {
        return Err(not_permitted("The permission is attached to a resource share."));
    }
    call.store.remove::<Permission>(call.account, call.region, &own.arn);
    Ok(json!({"returnValue": true, "permissionStatus": "DELETED", "clientToken": call.text("clientToken")}))
}
