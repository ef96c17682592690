//! Managed permissions: what a share allows on each type of resource that it holds.

use super::records::Share;
use super::support::{anyones, error, keep, listed, moment, own, reaches, resource_type, unknown};
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
fn type_of(arn: &str) -> Option<String> {
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
pub(super) fn attach(share: &mut Share, arn: &str, replaces: bool) -> Result<(), ServiceError> {
    let kind = type_of(arn).ok_or_else(|| unknown(&format!("Permission {arn}")))?;
    // Of other services the name tells the last part of the type only.
    let mut types = share.resources.iter().filter_map(|each| resource_type(&each.entity));
    let kind = types.find(|own| own.rsplit(':').next() == Some(&kind)).unwrap_or(kind);
    if !replaces && share.permissions.get(&kind).is_some_and(|own| own != arn) {
        return Err(error(
            "InvalidParameterException",
            format!("The resource share has a permission for {kind} already. Set replace to true to replace it."),
        ));
    }
    share.permissions.insert(kind, arn.to_owned());
    Ok(())
}

/// Gives a share the default permission of a resource type, if it has none for it.
pub(super) fn attach_default(share: &mut Share, kind: &str) {
    let default = default_for(kind);
    // One that was given before the first resource of its type.
    let named = share.permissions.remove(kind.rsplit(':').next().unwrap_or_default());
    share.permissions.entry(kind.to_owned()).or_insert(named.unwrap_or(default));
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
    let items = all.map(|name| ((*name).to_owned(), shown(DOMAIN, &format!("{PREFIX}{name}")))).collect();
    listed(call, "permissions", items)
}

pub(super) fn get(call: &mut Call<'_>) -> Answer {
    let arn = call.required("permissionArn");
    let kind = type_of(arn).ok_or_else(|| unknown(&format!("Permission {arn}")))?;
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
    let items = share.permissions.iter().map(|(kind, arn)| (arn.clone(), shown(kind, arn))).collect();
    listed(call, "permissions", items)
}

pub(super) fn associate(call: &mut Call<'_>) -> Answer {
    let mut share = own(call, call.required("resourceShareArn"))?;
    attach(&mut share, call.required("permissionArn"), call.flag("replace").unwrap_or(false))?;
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
