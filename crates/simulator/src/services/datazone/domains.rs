//! Domains and their tags.

use super::records::{
    Action, BuriedEnvironment, Configuration, Connection, DataSource, Domain, DomainUnit, Environment, FormType, Grant,
    GroupProfile, Membership, Profile, Project, ProjectProfile, Run, SubscriptionTarget, UnitOwner, UserProfile,
};
use super::support::{
    Scope, absent, any_domain, can_assume, conflict, denied, invalid, is_shared, kept, listed, made_before, new_id,
    remember, with,
};
use super::timing;
use super::{catalog, subscriptions};
use crate::service::{Call, ServiceError, later};
use crate::services::shared::{Answer, Tags, nothing, texts};
use serde_json::{Value, json};

const KEPT: &[&str] =
    &["name", "description", "singleSignOn", "domainExecutionRole", "kmsKeyIdentifier", "domainVersion", "serviceRole"];

fn keep(call: &mut Call<'_>, domain: &Domain) {
    call.store.put(call.account, call.region, &domain.id, domain);
}

fn shown(call: &Call<'_>, domain: &Domain) -> Value {
    with(
        &domain.settings,
        json!({
            "id": domain.id,
            "arn": domain.arn,
            "rootDomainUnitId": domain.root_unit,
            "status": domain.status(call.now),
            "portalUrl": format!("https://{}.datazone.{}.on.aws", domain.id, call.region),
            "createdAt": domain.created.to_string(),
            "lastUpdatedAt": domain.updated.to_string(),
            "tags": domain.tags,
        }),
    )
}

fn tags_of(call: &Call<'_>) -> Tags {
    let pairs = call.member("tags").and_then(Value::as_object).into_iter().flatten();
    pairs.map(|(key, value)| (key.clone(), value.as_str().unwrap_or_default().to_owned())).collect()
}

/// Refuses roles that DataZone cannot assume: without a word of which, as it does.
fn check_roles(call: &Call<'_>, arn: &str) -> Result<(), ServiceError> {
    for member in ["domainExecutionRole", "serviceRole"] {
        if let Some(role) = call.text(member) {
            can_assume(call, role, Some(arn)).map_err(|_| denied(call))?;
        }
    }
    Ok(())
}

pub(super) fn create(call: &mut Call<'_>) -> Answer {
    if let Some(id) = made_before(call)? {
        let domain: Option<Domain> = call.store.get(call.account, call.region, &id);
        return domain.map(|domain| shown(call, &domain)).ok_or_else(|| absent(format!("Domain {id} not found")));
    }
    let version = call.text("domainVersion").unwrap_or("V1").to_owned();
    if call.text("domainExecutionRole").is_none() {
        return Err(invalid("domainExecutionRole must be specified."));
    }
    let name = call.required("name").to_owned();
    let domains = call.store.list::<Domain>(call.account, call.region);
    if domains.iter().any(|(_, domain)| domain.text("name") == name) {
        // hashicorp/terraform-provider-awscc and aws/context-ontology-accelerator quote it, with 409.
        return Err(conflict("Domain name already exists under this account, please use another one"));
    }
    let separator = if version == "V2" { '-' } else { '_' };
    let id = format!("dzd{separator}{}", new_id(call));
    let arn = call.arn("datazone", format!("domain/{id}"));
    check_roles(call, &arn)?;
    let mut settings = kept(call, KEPT);
    settings.insert("domainVersion".to_owned(), json!(version));
    settings.entry("singleSignOn").or_insert(json!({"type": "DISABLED"}));
    // A key that DataZone cannot use shows only in the end; the domain stands all the same.
    let fails = call.text("kmsKeyIdentifier").is_some_and(|key| {
        let id = key.rsplit('/').next().unwrap_or_default();
        call.store.mentions(call.account, call.region, "cloudcontrol/resource", id).is_empty()
    });
    let domain = Domain {
        root_unit: new_id(call),
        settings,
        tags: tags_of(call),
        created: call.now,
        updated: call.now,
        available: call.after(timing::DOMAIN_CREATION),
        fails,
        deleted: None,
        arn,
        id,
    };
    keep(call, &domain);
    remember(call, &domain.id);
    Ok(shown(call, &domain))
}

pub(super) fn get(call: &mut Call<'_>) -> Answer {
    let id = call.required("identifier").to_owned();
    let scope = any_domain(call, &id)?;
    let told: Option<Domain> = call.store.read(&scope.owner, call.region, &id);
    told.map(|domain| shown(call, &domain)).ok_or_else(|| denied(call))
}

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let own = call.store.read_all::<Domain>(call.account, call.region).into_iter();
    let mut domains: Vec<(String, Domain)> = own.collect();
    let others = call.store.everywhere::<Domain>().into_iter();
    let others = others.filter(|entry| entry.region == call.region && entry.account != *call.account);
    domains.extend(
        others
            .filter(|entry| is_shared(call, &entry.account, &entry.record.arn, call.account))
            .map(|entry| (entry.key, entry.record)),
    );
    domains.sort_by(|(left, _), (right, _)| left.cmp(right));
    let wanted = call.text("status");
    let items = domains
        .into_iter()
        .filter(|(_, domain)| wanted.is_none_or(|wanted| wanted == domain.status(call.now)))
        .map(|(id, domain)| {
            let mut shown = shown(call, &domain);
            let owner = domain.arn.split(':').nth(4).unwrap_or_default();
            if let Some(members) = shown.as_object_mut() {
                members.insert("managedAccountId".to_owned(), json!(owner));
                members.retain(|name, _| {
                    !matches!(
                        name.as_str(),
                        "tags"
                            | "rootDomainUnitId"
                            | "singleSignOn"
                            | "domainExecutionRole"
                            | "serviceRole"
                            | "kmsKeyIdentifier"
                    )
                });
            }
            (id, shown)
        })
        .collect();
    listed(call, "items", items)
}

/// A domain of the caller's own account that is not going.
fn own(call: &Call<'_>) -> Result<Scope, ServiceError> {
    let scope = any_domain(call, call.required("identifier"))?;
    if scope.owner == *call.account { Ok(scope) } else { Err(denied(call)) }
}

pub(super) fn update(call: &mut Call<'_>) -> Answer {
    let mut domain = own(call)?.domain;
    match domain.status(call.now) {
        "AVAILABLE" => {}
        "DELETING" => return Err(denied(call)),
        status => return Err(conflict(format!("Domain {} is in the {status} state", domain.id))),
    }
    check_roles(call, &domain.arn)?;
    domain.settings.extend(kept(call, &["name", "description", "singleSignOn", "domainExecutionRole", "serviceRole"]));
    domain.updated = call.now;
    keep(call, &domain);
    let mut shown = shown(call, &domain);
    if let Some(members) = shown.as_object_mut() {
        members.retain(|name, _| {
            !matches!(
                name.as_str(),
                "arn" | "status" | "portalUrl" | "createdAt" | "tags" | "kmsKeyIdentifier" | "domainVersion"
            )
        });
    }
    Ok(shown)
}

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let scope = own(call)?;
    let mut domain = scope.domain.clone();
    match domain.status(call.now) {
        "AVAILABLE" | "CREATION_FAILED" => {}
        status => return Err(conflict(format!("Domain {} is in the {status} state", domain.id))),
    }
    let held = scope.all::<Project>(call).len();
    if held > 0 && call.flag("skipDeletionCheck") != Some(true) {
        return Err(conflict(format!("Domain {} cannot be deleted: it contains {held} projects", domain.id)));
    }
    let gone = later(call.now, timing::DOMAIN_DELETION);
    domain.deleted = Some(gone);
    keep(call, &domain);
    scope.end::<Project>(call, gone);
    scope.end::<Membership>(call, gone);
    scope.end::<UserProfile>(call, gone);
    scope.end::<GroupProfile>(call, gone);
    scope.end::<Configuration>(call, gone);
    scope.end::<Profile>(call, gone);
    scope.end::<Environment>(call, gone);
    scope.end::<BuriedEnvironment>(call, gone);
    scope.end::<Action>(call, gone);
    scope.end::<SubscriptionTarget>(call, gone);
    scope.end::<DataSource>(call, gone);
    scope.end::<Run>(call, gone);
    catalog::end(call, &scope, gone);
    subscriptions::end_all(call, &scope, gone);
    scope.end::<DomainUnit>(call, gone);
    scope.end::<UnitOwner>(call, gone);
    scope.end::<Grant>(call, gone);
    scope.end::<FormType>(call, gone);
    scope.end::<ProjectProfile>(call, gone);
    scope.end::<Connection>(call, gone);
    Ok(json!({"status": domain.status(call.now)}))
}

fn tagged(call: &mut Call<'_>, work: impl FnOnce(&mut Tags)) -> Result<Tags, ServiceError> {
    let arn = call.required("resourceArn").to_owned();
    let id = arn.strip_prefix(&call.arn("datazone", "domain/")).unwrap_or_default().to_owned();
    let domain: Option<Domain> = call.store.get(call.account, call.region, &id);
    let mut domain = domain.ok_or_else(|| absent(format!("The resource {arn} can't be found.")))?;
    let before = domain.tags.clone();
    work(&mut domain.tags);
    if domain.tags != before {
        keep(call, &domain);
    }
    Ok(domain.tags)
}

pub(super) fn tag(call: &mut Call<'_>) -> Answer {
    let new = tags_of(call);
    tagged(call, |tags| tags.extend(new))?;
    nothing()
}

pub(super) fn untag(call: &mut Call<'_>) -> Answer {
    let keys = texts(call, "tagKeys");
    tagged(call, |tags| tags.retain(|key, _| !keys.contains(key)))?;
    nothing()
}

pub(super) fn list_tags(call: &mut Call<'_>) -> Answer {
    Ok(json!({"tags": tagged(call, |_| ())?}))
}
