//! `AWS::DataZone::Domain`: of DataZone itself (V1) and of SageMaker Unified Studio (V2).

use super::refusals::{done_in, found};
use crate::clients::Clients;
use crate::convert;
use crate::errors::{failure, reference_missing};
use crate::living::{Entity, Found, Health, settings};
use crate::settle::{Change, explain_existing};
use crate::tags::{Owner, TagChange, Tags, from_property, owner, to_property};
use async_trait::async_trait;
use aws_sdk_datazone::operation::create_domain::builders::CreateDomainInputBuilder;
use aws_sdk_datazone::operation::get_domain::GetDomainOutput;
use aws_sdk_datazone::operation::update_domain::builders::UpdateDomainInputBuilder;
use aws_sdk_datazone::types::{DomainStatus, DomainSummary};
use charter_provider::{
    CreateRequest, DeleteRequest, Failure, FailureCode, ListRequest, ListResponse, Properties, RecoverRequest,
};
use std::collections::HashMap;
use std::time::Duration;

/// Serves domains.
pub(super) struct Domains;

/// Every domain that the account knows of: its own, and those that it is associated with.
async fn all(clients: &Clients) -> Result<Vec<DomainSummary>, Failure> {
    let mut pages = clients.datazone().list_domains().into_paginator().send();
    let mut domains = Vec::new();
    while let Some(page) = pages.next().await {
        domains.extend(page.map_err(failure)?.items);
    }
    Ok(domains)
}

/// The account that a domain is of, as the account that asks sees it; none if it does not see the domain.
pub(super) async fn owner_of(clients: &Clients, domain: &str) -> Option<String> {
    let domains = all(clients).await.ok()?;
    domains.into_iter().find(|each| each.id == domain).map(|each| each.managed_account_id)
}

/// What is known of a domain in which a call was refused.
pub(super) enum Standing {
    /// It is going or gone.
    Going,
    /// The account knows it, and it stands: a permission is missing.
    Stands,
    /// It stands in this account, and the one that asked knows it no longer: what was shared was taken back.
    Withdrawn { owner: String },
    /// The account does not know it, and its owner is no account of the environment, or was never heard of.
    Foreign { owner: Option<String> },
    /// The account does not know it, and these could not be asked whether it is theirs.
    Unclear { unasked: Vec<String> },
}

/// Whether a domain is going or gone. To callers, DataZone answers 403 for both ("User is not permitted to perform operation:
/// GetDomain"; terraform-provider-aws, internal/service/datazone/errors.go), as it does where a permission is missing or where the
/// domain is no longer shared with the account: so lists of domains, which need no permission inside a domain, have to tell, and in
/// the end those of its owner ([`super::ownership`]). Where nobody knows the owner, all accounts of the environment are asked.
///
/// # Errors
///
/// A list that may answer when it is asked again.
pub(super) async fn standing(clients: &Clients, domain: &str) -> Result<Standing, Failure> {
    let own = clients.account_id().to_string();
    match status_in(clients, domain).await {
        Ok(Some(status)) if has_ended(&status) => return Ok(Standing::Going),
        Ok(Some(_)) => return Ok(Standing::Stands),
        Ok(None) => {}
        Err(failure) if failure.code.is_retryable() => return Err(failure),
        Err(_) => return Ok(Standing::Unclear { unasked: vec![own] }),
    }
    let owner = clients.domain_owners().of(domain);
    let mut asked = clients.account_ids();
    if let Some(owner) = &owner {
        if !asked.contains(owner) {
            return Ok(Standing::Foreign { owner: Some(owner.clone()) });
        }
        asked.retain(|account| account == owner);
    }
    let mut unasked = Vec::new();
    for other in asked.into_iter().filter(|other| *other != own) {
        let status = match clients.of_account(&other).await {
            Ok(theirs) => status_in(&theirs, domain).await,
            Err(failure) => Err(failure),
        };
        match status {
            Ok(Some(status)) if has_ended(&status) => return Ok(Standing::Going),
            Ok(Some(_)) => return Ok(Standing::Withdrawn { owner: other }),
            Ok(None) => {}
            Err(failure) if failure.code.is_retryable() => return Err(failure),
            Err(_) => unasked.push(other),
        }
    }
    Ok(match (unasked.is_empty(), owner) {
        (false, _) => Standing::Unclear { unasked },
        (true, Some(_)) => Standing::Going,
        (true, None) => Standing::Foreign { owner: None },
    })
}

async fn status_in(clients: &Clients, domain: &str) -> Result<Option<DomainStatus>, Failure> {
    Ok(all(clients).await?.into_iter().find(|each| each.id == domain).map(|each| each.status))
}

fn has_ended(status: &DomainStatus) -> bool {
    matches!(status, DomainStatus::Deleting | DomainStatus::Deleted)
}

fn health(status: &DomainStatus) -> Health {
    match status {
        DomainStatus::Available => Health::Ready,
        DomainStatus::CreationFailed => Health::Failed(Some(
            "the domain stands half-made and keeps its name until it is deleted; check its roles and its key"
                .to_owned(),
        )),
        DomainStatus::DeletionFailed => Health::Failed(None),
        _ => Health::Waiting,
    }
}

fn properties(domain: &GetDomainOutput) -> Properties {
    let mut properties = convert::properties(domain);
    let owner = domain.arn().and_then(|arn| arn.split(':').nth(4));
    if let Some(owner) = owner {
        properties.insert("ManagedAccountId".to_owned(), owner.into());
    }
    let tags = domain.tags().into_iter().flatten().map(|(key, value)| (key.clone(), value.clone()));
    match to_property(tags) {
        Some(tags) => drop(properties.insert("Tags".to_owned(), tags)),
        None => drop(properties.remove("Tags")),
    }
    properties
}

/// A domain is of the account that it was made in.
fn is_own(clients: &Clients, domain: &str) {
    clients.domain_owners().learn(domain, clients.account_id().as_str());
}

#[async_trait]
impl Entity for Domains {
    const TYPE: &'static [&'static str] = &["AWS::DataZone::Domain"];
    const LONGEST_WAIT: Duration = Duration::from_secs(10);
    const HAS_TOKEN: bool = true;

    async fn make(&self, clients: &Clients, request: &CreateRequest) -> Result<String, Failure> {
        let input: CreateDomainInputBuilder = convert::input(&request.properties)?;
        let input = input.client_token(&*request.token.0);
        match input.send_with(clients.datazone()).await {
            Ok(answer) => Ok(answer.id),
            Err(error) => {
                let name = convert::get::<String>(&request.properties, "Name")?.unwrap_or_default();
                Err(name_taken(clients, failure(error), &name).await)
            }
        }
    }

    async fn find(
        &self,
        clients: &Clients,
        identifier: &str,
        _recorded: Option<&Properties>,
    ) -> Result<Option<Found>, Failure> {
        is_own(clients, identifier);
        let answer = clients.datazone().get_domain().identifier(identifier).send().await;
        let domain = found(clients, identifier, answer).await?;
        let domain = domain.filter(|domain| *domain.status() != DomainStatus::Deleted);
        Ok(domain.map(|domain| Found {
            properties: properties(&domain),
            status: domain.status().as_str().to_owned(),
            health: health(domain.status()),
        }))
    }

    async fn change(&self, change: Change<'_>) -> Result<(), Failure> {
        let (clients, domain) = (change.clients, change.identifier);
        is_own(clients, domain);
        if change.has("Tags") {
            let (partition, region, account) = (clients.partition(), clients.region(), clients.account_id());
            let arn = format!("arn:{partition}:datazone:{region}:{account}:domain/{domain}");
            let tags = |properties| from_property(properties, "Tags");
            change_tags(clients, domain, &arn, &tags(change.observed), &tags(change.desired)).await?;
        }
        if change.changed.iter().any(|name| name != "Tags") {
            let input: UpdateDomainInputBuilder = convert::input(&settings(&change, &["Description"]))?;
            let input = input.identifier(domain).client_token(&*change.token.0);
            done_in(clients, domain, input.send_with(clients.datazone()).await).await?;
        }
        Ok(())
    }

    async fn remove(&self, clients: &Clients, request: &DeleteRequest) -> Result<(), Failure> {
        let domain = &request.identifier;
        is_own(clients, domain);
        let call = clients.datazone().delete_domain().identifier(domain).client_token(&*request.token.0);
        // Without the check, what is left in the domain goes with it (DeleteDomain, skipDeletionCheck).
        let call = call.skip_deletion_check(request.discard_contents);
        match done_in(clients, domain, call.send().await).await {
            Ok(_) => Ok(()),
            // The deletion may be our own, of which no answer came.
            Err(failure) if failure.code == FailureCode::ResourceConflict => {
                let own = all(clients).await?.into_iter().find(|each| each.id == *domain);
                if own.is_some_and(|own| has_ended(&own.status)) { Ok(()) } else { Err(failure) }
            }
            Err(failure) => Err(failure),
        }
    }

    async fn list(&self, clients: &Clients, request: &ListRequest) -> Result<ListResponse, Failure> {
        let call = clients.datazone().list_domains().set_next_token(request.page.clone());
        let answer = call.send().await.map_err(failure)?;
        let there = answer.items.into_iter().filter(|each| each.status != DomainStatus::Deleted);
        Ok(ListResponse { identifiers: there.map(|each| each.id).collect(), next: answer.next_token })
    }

    async fn candidates(&self, clients: &Clients, request: &RecoverRequest) -> Result<Option<Vec<String>>, Failure> {
        let name: Option<String> = convert::get(&request.properties, "Name")?;
        let mut ours = Vec::new();
        for domain in all(clients).await? {
            if Some(&domain.name) == name.as_ref()
                && !has_ended(&domain.status)
                && owner(&tags_of(clients, &domain.arn).await?, request) == Owner::Ours
            {
                ours.push(domain.id);
            }
        }
        Ok(Some(ours))
    }
}

/// Says more about a name that is taken: by a domain whose creation failed, it is taken as well.
async fn name_taken(clients: &Clients, failed: Failure, name: &str) -> Failure {
    if failed.code != FailureCode::AlreadyExists {
        return failed;
    }
    let domains = all(clients).await.unwrap_or_default();
    let left = domains.iter().find(|each| each.name == name && each.status == DomainStatus::CreationFailed);
    match left {
        Some(left) => {
            let message = format!(
                "{} It is the domain {}, whose creation failed and which stands all the same: delete it with `aws datazone \
                 delete-domain --skip-deletion-check --identifier {}`, then apply again",
                failed.message, left.id, left.id
            );
            Failure { message, ..failed }
        }
        None => {
            let taken = domains.iter().find(|each| each.name == name && !has_ended(&each.status));
            explain_existing(failed, "domain", taken.map_or(name, |taken| &taken.id))
        }
    }
}

async fn tags_of(clients: &Clients, arn: &str) -> Result<Tags, Failure> {
    let answer = clients.datazone().list_tags_for_resource().resource_arn(arn).send().await.map_err(failure)?;
    Ok(answer.tags.unwrap_or_default().into_iter().collect())
}

async fn change_tags(
    clients: &Clients,
    domain: &str,
    arn: &str,
    present: &Tags,
    desired: &Tags,
) -> Result<(), Failure> {
    let change = TagChange::between(present, desired);
    if !change.set.is_empty() {
        let tags: HashMap<String, String> = change.set.into_iter().collect();
        let call = clients.datazone().tag_resource().resource_arn(arn).set_tags(Some(tags));
        done_in(clients, domain, call.send().await).await?;
    }
    if !change.remove.is_empty() {
        let call = clients.datazone().untag_resource().resource_arn(arn).set_tag_keys(Some(change.remove));
        done_in(clients, domain, call.send().await).await.map_err(reference_missing)?;
    }
    Ok(())
}
