//! What a share holds and whom it is for.

use super::permissions;
use super::records::{Association, Invitation, Share};
use super::support::{
    ASSOCIATION, DELIVERY, INVITATION_LONG, INVITATION_SHORT, account_of, anyones, error, keep, listed, malformed,
    moment, not_permitted, own, reaches, remember, resource_type, sharing_organization, unknown,
};
use crate::service::{Call, ServiceError};
use crate::services::datazone;
use crate::services::organizations::records::Unit;
use crate::services::shared::{Answer, texts};
use crate::store::GLOBAL;
use charter_model::AccountId;
use serde_json::{Value, json};

/// Adds resources and principals to a share; returns the principals that have to be invited. The share is not kept yet.
pub(super) fn add(
    call: &mut Call<'_>,
    share: &mut Share,
    resources: &[String],
    principals: &[String],
) -> Result<Vec<AccountId>, ServiceError> {
    let ready = call.after(ASSOCIATION);
    let now = call.now;
    for arn in resources {
        let (owner, resource) = account_of(arn).ok_or_else(|| malformed(arn))?;
        let kind = resource_type(arn).ok_or_else(|| malformed(arn))?;
        if owner != call.account.as_str() {
            // RAM User Guide, "Creating a resource share": "You can share a resource only if you own it"; the code is not told.
            return Err(not_permitted(format!("You can share a resource only if you own it: {arn}")));
        }
        if kind == "datazone:Domain" && !datazone::is_domain(call, resource.trim_start_matches("domain/")) {
            return Err(unknown(&format!("Resource {arn}")));
        }
        permissions::attach_default(share, &kind);
        share.resources.retain(|each| each.entity != *arn || each.counts(now));
        if !share.resources.iter().any(|each| each.entity == *arn) {
            share.resources.push(Association {
                entity: arn.clone(),
                external: false,
                created: now,
                ready: Some(ready),
                expires: None,
                ended: None,
            });
        }
    }
    let mut invited = Vec::new();
    for principal in principals {
        let (external, account) = who(call, principal)?;
        if external && !share.allows_external {
            // As hashicorp/terraform-provider-aws, issue 7769, quotes it.
            return Err(not_permitted(
                "The resource you are attempting to share can only be shared within your AWS Organization. This error may also \
                 occur if you have not enabled sharing with your AWS organization, or that onboarding process is still in progress.",
            ));
        }
        share.principals.retain(|each| each.entity != *principal || each.counts(now));
        if share.principals.iter().any(|each| each.entity == *principal) {
            continue;
        }
        let long = share.resources.iter().any(|each| resource_type(&each.entity).as_deref() == Some("datazone:Domain"));
        let expires = call.after(DELIVERY + if long { INVITATION_LONG } else { INVITATION_SHORT });
        share.principals.push(Association {
            entity: principal.clone(),
            external,
            created: now,
            ready: (!external).then_some(ready),
            expires: external.then_some(expires),
            ended: None,
        });
        invited.extend(account.filter(|_| external));
    }
    Ok(invited)
}

/// Whether a principal has to be invited, and which account that is.
fn who(call: &Call<'_>, principal: &str) -> Result<(bool, Option<AccountId>), ServiceError> {
    let own = sharing_organization(call, call.account);
    let is_external = |account: &AccountId| {
        let same = sharing_organization(call, account).zip(own.as_ref()).is_some_and(|(other, own)| other.id == own.id);
        !same && account != call.account
    };
    let account = |id: &str| AccountId::new(id).ok();
    if let Some(account) = account(principal) {
        return Ok((is_external(&account), Some(account)));
    }
    match (principal.split(':').nth(2), principal.rsplit('/').next()) {
        (Some("iam"), _) => {
            let account = account_of(principal).and_then(|(id, _)| account(id)).ok_or_else(|| malformed(principal))?;
            Ok((is_external(&account), Some(account)))
        }
        // As moto quotes both: also what an organization is told whose sharing is off.
        (Some("organizations"), Some(id)) if principal.contains(":organization/") => match &own {
            Some(tree) if tree.id == id => Ok((false, None)),
            _ => Err(unknown(&format!("Organization {id}"))),
        },
        (Some("organizations"), Some(id)) if principal.contains(":ou/") => {
            let known = own
                .as_ref()
                .is_some_and(|tree| tree.root == id || call.store.contains::<Unit>(&tree.management, GLOBAL, id));
            if known { Ok((false, None)) } else { Err(unknown(&format!("OrganizationalUnit {id}"))) }
        }
        _ => Err(error(
            "InvalidParameterException",
            format!("Principal ID {principal} is malformed. Verify the ID and try again."),
        )),
    }
}

/// Sends the invitations to a share that is kept.
pub(super) fn invite(call: &mut Call<'_>, share: &Share, accounts: &[AccountId]) {
    for receiver in accounts {
        let id = call.random.uuid();
        let expires = share.principals.iter().find(|each| each.entity.contains(receiver.as_str()));
        let invitation = Invitation {
            arn: call.arn("ram", format_args!("resource-share-invitation/{id}")),
            share: share.arn.clone(),
            share_name: share.name.clone(),
            sender: share.owner.clone(),
            receiver: receiver.clone(),
            sent: call.after(DELIVERY),
            expires: expires.and_then(|each| each.expires).unwrap_or(call.now),
            answer: None,
        };
        call.store.put(receiver, call.region, &invitation.arn.clone(), &invitation);
    }
}

fn shown(call: &Call<'_>, share: &Share, kind: &str, each: &Association) -> Value {
    json!({
        "resourceShareArn": share.arn,
        "resourceShareName": share.name,
        "associatedEntity": each.entity,
        "associationType": kind,
        "status": each.status(call.now),
        "creationTime": moment(each.created),
        "lastUpdatedTime": moment(each.ended.or(each.ready).filter(|at| *at <= call.now).unwrap_or(each.created)),
        "external": each.external,
    })
}

fn named(call: &Call<'_>, share: &Share, resources: &[String], principals: &[String]) -> Value {
    let of = |list: &[Association], kind: &str, names: &[String]| -> Vec<Value> {
        list.iter().filter(|each| names.contains(&each.entity)).map(|each| shown(call, share, kind, each)).collect()
    };
    let mut all = of(&share.resources, "RESOURCE", resources);
    all.extend(of(&share.principals, "PRINCIPAL", principals));
    json!({"resourceShareAssociations": all, "clientToken": call.text("clientToken")})
}

pub(super) fn associate(call: &mut Call<'_>) -> Answer {
    let mut share = own(call, call.required("resourceShareArn"))?;
    let (resources, principals) = (texts(call, "resourceArns"), texts(call, "principals"));
    let invited = add(call, &mut share, &resources, &principals)?;
    share.updated = call.now;
    keep(call, &share);
    invite(call, &share, &invited);
    remember(call, &share.arn);
    Ok(named(call, &share, &resources, &principals))
}

pub(super) fn disassociate(call: &mut Call<'_>) -> Answer {
    let arn = call.required("resourceShareArn").to_owned();
    let (resources, principals) = (texts(call, "resourceArns"), texts(call, "principals"));
    let mut share = match anyones(call, &arn) {
        Some(share) if share.owner == *call.account => share,
        // A member leaves a share that it was invited to: RAM User Guide, "Leaving a resource share".
        Some(share) if reaches(call, &share, call.account) => {
            let alone = resources.is_empty() && principals.iter().all(|each| each == call.account.as_str());
            let invited = share.principals.iter().any(|each| each.entity == call.account.as_str() && each.external);
            if !alone || !invited {
                return Err(not_permitted(
                    "You can't leave a resource share that your account has access to through its organization.",
                ));
            }
            share
        }
        _ => return Err(unknown(&format!("ResourceShare {arn}"))),
    };
    let ended = call.after(ASSOCIATION);
    for (list, names) in [(&mut share.resources, &resources), (&mut share.principals, &principals)] {
        for name in names {
            let found = list.iter_mut().find(|each| each.entity == *name && each.ended.is_none());
            found.ok_or_else(|| unknown(&format!("Associated entity {name}")))?.ended = Some(ended);
        }
    }
    // Who is disassociated is not invited any more.
    for entry in call.store.everywhere::<Invitation>() {
        if entry.record.share == share.arn && principals.contains(&entry.account.as_str().to_owned()) {
            call.store.remove::<Invitation>(&entry.account, call.region, &entry.key);
        }
    }
    share.updated = call.now;
    keep(call, &share);
    Ok(named(call, &share, &resources, &principals))
}

pub(super) fn get(call: &mut Call<'_>) -> Answer {
    let kind = call.required("associationType").to_owned();
    let (resource, principal) = (call.text("resourceArn"), call.text("principal"));
    let wrong = match kind.as_str() {
        "PRINCIPAL" if resource.is_some() => {
            Some("You cannot specify a resource ARN when the association type is PRINCIPAL.")
        }
        "RESOURCE" if principal.is_some() => {
            Some("You cannot specify a principal when the association type is RESOURCE.")
        }
        _ => None,
    };
    if let Some(message) = wrong {
        return Err(error("InvalidParameterException", message));
    }
    let wanted = texts(call, "resourceShareArns");
    for arn in &wanted {
        own(call, arn)?;
    }
    let state = call.text("associationStatus");
    let mut items = Vec::new();
    for (arn, share) in call.store.read_all::<Share>(call.account, call.region) {
        if !wanted.is_empty() && !wanted.contains(&arn) {
            continue;
        }
        let list = match kind.as_str() {
            "PRINCIPAL" => &share.principals,
            "RESOURCE" => &share.resources,
            _ => continue,
        };
        let fitting = list
            .iter()
            .filter(|each| resource.or(principal).is_none_or(|entity| entity == each.entity))
            .filter(|each| state.is_none_or(|state| state == each.status(call.now)));
        items.extend(fitting.map(|each| (format!("{arn} {}", each.entity), shown(call, &share, &kind, each))));
    }
    listed(call, "resourceShareAssociations", items)
}
