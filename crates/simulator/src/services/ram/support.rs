//! RAM's words and habits: errors, tokens, who a principal is, which type a resource is of.

use super::records::{BuriedShare, Invitation, OrganizationSharing, Share, Token};
use crate::organization::Membership;
use crate::service::{Call, ServiceError};
use crate::services::organizations::records::{Member, Tree, Unit};
use crate::services::shared::{Answer, page, page_size};
use crate::store::GLOBAL;
use charter_model::{AccountId, content_digest};
use jiff::Timestamp;
use serde_json::{Value, json};

/// `PENDING` → `ACTIVE`, `ASSOCIATING` → `ASSOCIATED` and back, in seconds. Public code waits for up to a minute, with looks five
/// seconds apart.
pub(super) const ASSOCIATION: f64 = 8.0;
/// Until an invitation can be seen.
pub(super) const DELIVERY: f64 = 5.0;
/// How long a deleted share is told as `DELETED`: hours, as public code has to filter it out; an estimate.
pub(super) const REMEMBRANCE: f64 = 7200.0;
/// How long an invitation to a DataZone domain stands: DataZone User Guide, "Request association with other AWS accounts".
pub(super) const INVITATION_LONG: f64 = 7.0 * 86400.0;
/// How long one to most other types does: RAM User Guide, "Accepting and rejecting resource share invitations".
pub(super) const INVITATION_SHORT: f64 = 12.0 * 3600.0;

pub(super) fn error(code: &str, message: impl Into<String>) -> ServiceError {
    ServiceError::new(code, message).with_status(400)
}

pub(super) fn unknown(what: &str) -> ServiceError {
    error("UnknownResourceException", format!("{what} could not be found."))
}

pub(super) fn not_permitted(message: impl Into<String>) -> ServiceError {
    error("OperationNotPermittedException", message)
}

pub(super) fn malformed(arn: &str) -> ServiceError {
    error(
        "MalformedArnException",
        format!("The specified resource ARN {arn} is not valid. Verify the ARN and try again."),
    )
}

/// The account and what follows it, of an ARN.
pub(super) fn account_of(arn: &str) -> Option<(&str, &str)> {
    let mut parts = arn.splitn(6, ':');
    let account = parts.nth(4).filter(|account| account.len() == 12)?;
    Some((account, parts.next()?))
}

/// The type of a shared resource as RAM writes it: `datazone:Domain`.
pub(super) fn resource_type(arn: &str) -> Option<String> {
    let service = arn.split(':').nth(2).filter(|service| !service.is_empty())?;
    let (_, resource) = account_of(arn)?;
    let kind = resource.split(['/', ':']).next().filter(|kind| !kind.is_empty())?;
    let words = kind.split('-').map(|word| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect::<String>()
    });
    Some(format!("{service}:{}", words.collect::<String>()))
}

/// The caller's own share of an ARN, by the truth.
pub(super) fn own(call: &Call<'_>, arn: &str) -> Result<Share, ServiceError> {
    if !arn.starts_with("arn:") {
        return Err(malformed(arn));
    }
    let share = call.store.get::<Share>(call.account, call.region, arn);
    share.ok_or_else(|| unknown(&format!("ResourceShare {arn}")))
}

/// The share of an ARN, whoever owns it.
pub(super) fn anyones(call: &Call<'_>, arn: &str) -> Option<Share> {
    call.store.anywhere::<Share>(call.region, arn)
}

pub(super) fn keep(call: &mut Call<'_>, share: &Share) {
    call.store.put(&share.owner, call.region, &share.arn, share);
}

/// Takes a share out of the world. Its invitations go with it.
pub(super) fn bury(call: &mut Call<'_>, share: Share) {
    let buried = BuriedShare { deleted: call.after(ASSOCIATION), forgotten: call.after(REMEMBRANCE), share };
    let arn = buried.share.arn.clone();
    call.store.remove::<Share>(&buried.share.owner, call.region, &arn);
    for entry in call.store.everywhere::<Invitation>() {
        if entry.record.share == arn {
            call.store.remove::<Invitation>(&entry.account, call.region, &entry.key);
        }
    }
    call.store.put(&buried.share.owner, call.region, &arn, &buried);
}

/// The organization of an account, if sharing within it is on.
pub(super) fn sharing_organization(call: &Call<'_>, account: &AccountId) -> Option<Tree> {
    let management = Membership::of(call.store, account)?.management;
    let is_on = call.store.contains::<OrganizationSharing>(&management, GLOBAL, OrganizationSharing::KEY);
    let tree = call.store.get::<Tree>(&management, GLOBAL, Tree::KEY).filter(|_| is_on);
    // RAM User Guide, "Enable resource sharing within AWS Organizations": it ends with the trusted access.
    tree.filter(|tree| tree.services.contains_key("ram.amazonaws.com"))
}

/// Whether an account stands below a root or unit.
fn is_below(call: &Call<'_>, tree: &Tree, account: &AccountId, unit: &str) -> bool {
    let member = call.store.get::<Member>(&tree.management, GLOBAL, account.as_str());
    let mut parent = member.map(|member| member.parent);
    while let Some(at) = parent {
        if at == unit {
            return true;
        }
        parent = call.store.get::<Unit>(&tree.management, GLOBAL, &at).map(|unit| unit.parent);
    }
    false
}

/// Whether a principal is an account or holds it.
pub(super) fn covers(call: &Call<'_>, owner: &AccountId, principal: &str, account: &AccountId) -> bool {
    if principal == account.as_str() {
        return true;
    }
    match principal.split(':').nth(2) {
        Some("iam") => account_of(principal).is_some_and(|(own, _)| own == account.as_str()),
        Some("organizations") => {
            let Some(tree) = sharing_organization(call, owner) else { return false };
            let shares_it = sharing_organization(call, account).is_some_and(|other| other.id == tree.id);
            let id = principal.rsplit('/').next().unwrap_or_default();
            shares_it && (id == tree.id || is_below(call, &tree, account, id))
        }
        _ => false,
    }
}

/// Whether a share gives what it holds to an account.
pub(super) fn reaches(call: &Call<'_>, share: &Share, account: &AccountId) -> bool {
    let there = |status: &str| status == "ASSOCIATED";
    let mut principals = share.principals.iter().filter(|each| there(each.status(call.now)));
    share.active <= call.now && principals.any(|each| covers(call, &share.owner, &each.entity, account))
}

/// What a token made before; the same token with another request is refused.
pub(super) fn made_before(call: &Call<'_>) -> Result<Option<Share>, ServiceError> {
    let Some(token) = call.text("clientToken") else { return Ok(None) };
    let key = format!("{}/{token}", call.operation);
    match call.store.get::<Token>(call.account, call.region, &key) {
        None => Ok(None),
        Some(held) if held.digest == content_digest(&call.input) => {
            Ok(call.store.get::<Share>(call.account, call.region, &held.share))
        }
        Some(_) => {
            Err(error("IdempotentParameterMismatchException", "The client token has been used with other parameters."))
        }
    }
}

pub(super) fn remember(call: &mut Call<'_>, share: &str) {
    if let Some(token) = call.text("clientToken") {
        let key = format!("{}/{token}", call.operation);
        let record = Token { digest: content_digest(&call.input), share: share.to_owned() };
        call.store.put(call.account, call.region, &key, &record);
    }
}

/// Seconds since 1970 as RAM tells moments.
pub(super) fn moment(at: Timestamp) -> Value {
    json!(at.to_string())
}

pub(super) fn listed(call: &Call<'_>, member: &str, items: Vec<(String, Value)>) -> Answer {
    let mut items = items;
    items.sort_by(|left, right| left.0.cmp(&right.0));
    let (items, next) = page(items, call.text("nextToken"), page_size(call, "maxResults", 100))
        .ok_or_else(|| error("InvalidNextTokenException", "The specified value for NextToken isn't valid."))?;
    Ok(json!({ member: items, "nextToken": next }))
}
