//! `AWS::DataZone::UserProfile` and `AWS::DataZone::GroupProfile`.
//!
//! DataZone has no call that deletes a profile: what a destroy can do is take it out of use, and say so. A later creation finds it
//! ("User Profile already exists for Domain … current status is NOT_ASSIGNED"; awslabs and aws issue trackers, 2026) and takes
//! it into use again.

use super::refusals::{done_in, found};
use crate::clients::Clients;
use crate::convert;
use crate::living::{Entity, Found, parts};
use crate::settle::Change;
use async_trait::async_trait;
use aws_sdk_datazone::operation::create_group_profile::builders::CreateGroupProfileInputBuilder;
use aws_sdk_datazone::operation::create_user_profile::builders::CreateUserProfileInputBuilder;
use aws_sdk_datazone::operation::get_group_profile::GetGroupProfileOutput;
use aws_sdk_datazone::operation::get_user_profile::GetUserProfileOutput;
use aws_sdk_datazone::types::{
    GroupProfileStatus, GroupSearchType, UserProfileDetails, UserProfileStatus, UserProfileType, UserSearchType,
};
use charter_provider::{
    CreateRequest, DeleteRequest, Failure, FailureCode, LeftBehind, ListRequest, ListResponse, Properties,
    RecoverRequest,
};
use serde_json::Value;

const USER: &str = "AWS::DataZone::UserProfile";
const GROUP: &str = "AWS::DataZone::GroupProfile";
const FORM: &str = "DomainId|Id";

/// Serves user profiles.
pub(super) struct UserProfiles;

/// Serves group profiles.
pub(super) struct GroupProfiles;

/// Whether a refusal says that the profile exists. CreateUserProfile and CreateGroupProfile declare no conflict: the words tell.
fn exists(failure: &Failure) -> bool {
    failure.code == FailureCode::AlreadyExists || failure.message.to_lowercase().contains("already exist")
}

fn in_use(what: &str, failed: Failure, identifier: &str) -> Failure {
    let message = format!(
        "{}. The {what} is in use already: adopt it with `import: {identifier}`",
        failed.message.trim_end_matches('.')
    );
    Failure { code: FailureCode::AlreadyExists, message, ..failed }
}

fn gone(what: &str, identifier: &str) -> Failure {
    Failure::new(FailureCode::NotFound, format!("the {what} {identifier} is not in use"))
}

/// What was asked for under a name, if it was asked for.
fn text<'a>(properties: Option<&'a Properties>, name: &str) -> Option<&'a str> {
    properties?.get(name)?.as_str()
}

async fn user(clients: &Clients, domain: &str, user: &str) -> Result<Option<GetUserProfileOutput>, Failure> {
    let call = clients.datazone().get_user_profile().domain_identifier(domain).user_identifier(user);
    found(clients, domain, call.send().await).await
}

/// The id of a user's profile; none if the user has none in the domain.
pub(super) async fn user_id(clients: &Clients, domain: &str, name: &str) -> Result<Option<String>, Failure> {
    Ok(user(clients, domain, name).await?.and_then(|profile| profile.id))
}

/// The id of a group's profile; none if the group has none in the domain.
pub(super) async fn group_id(clients: &Clients, domain: &str, name: &str) -> Result<Option<String>, Failure> {
    Ok(group(clients, domain, name).await?.and_then(|profile| profile.id))
}

/// Whether a profile is out of use, as a deletion leaves it.
fn is_out(status: Option<&UserProfileStatus>) -> bool {
    matches!(status, Some(UserProfileStatus::Deactivated | UserProfileStatus::NotAssigned))
}

/// The status of a profile in use, or out of it. Profiles of IAM are activated, those of Identity Center assigned.
fn status(kind: Option<&UserProfileType>, in_use: bool) -> UserProfileStatus {
    match (kind, in_use) {
        (Some(UserProfileType::Iam), true) => UserProfileStatus::Activated,
        (Some(UserProfileType::Iam), false) => UserProfileStatus::Deactivated,
        (_, true) => UserProfileStatus::Assigned,
        (_, false) => UserProfileStatus::NotAssigned,
    }
}

async fn set_user(
    clients: &Clients,
    domain: &str,
    profile: &GetUserProfileOutput,
    status: UserProfileStatus,
) -> Result<(), Failure> {
    let call = clients.datazone().update_user_profile().domain_identifier(domain).status(status);
    let call = call.set_user_identifier(profile.id.clone()).set_type(profile.r#type.clone());
    done_in(clients, domain, call.send().await).await.map(drop)
}

fn user_properties(profile: &GetUserProfileOutput, recorded: Option<&Properties>) -> Properties {
    let mut properties = convert::properties(profile);
    // Users are asked for by ARN, name or id; told is who it is. As it was asked for, if it is the same one.
    let names = match &profile.details {
        Some(UserProfileDetails::Iam(iam)) => vec![iam.arn.clone(), profile.id.clone()],
        Some(UserProfileDetails::Sso(sso)) => vec![sso.username.clone(), profile.id.clone()],
        _ => vec![profile.id.clone()],
    };
    let names: Vec<String> = names.into_iter().flatten().collect();
    let asked = text(recorded, "UserIdentifier").filter(|asked| names.iter().any(|name| name == asked));
    if let Some(name) = asked.or(names.first().map(String::as_str)) {
        properties.insert("UserIdentifier".to_owned(), name.into());
    }
    let (kind, session) = match &profile.details {
        Some(UserProfileDetails::Iam(iam)) if iam.session_name.is_some() => {
            ("IAM_ROLE_SESSION", iam.session_name.as_deref())
        }
        Some(UserProfileDetails::Iam(iam)) if iam.arn.as_deref().is_some_and(|arn| arn.contains(":role/")) => {
            ("IAM_ROLE", None)
        }
        Some(UserProfileDetails::Iam(_)) => ("IAM_USER", None),
        _ => ("SSO_USER", None),
    };
    properties.insert("UserType".to_owned(), kind.into());
    if let Some(session) = session {
        properties.insert("SessionName".to_owned(), session.into());
    }
    properties
}

#[async_trait]
impl Entity for UserProfiles {
    const TYPE: &'static [&'static str] = &[USER];
    const AFTERWARDS: &'static [&'static str] = &["Status"];
    const LEFT_BEHIND: Option<LeftBehind> = Some(LeftBehind {
        what: "deactivated: AWS deletes no user profile; it stays in the domain until the domain goes",
        within: "DomainIdentifier",
    });
    const HAS_TOKEN: bool = true;

    async fn make(&self, clients: &Clients, request: &CreateRequest) -> Result<String, Failure> {
        let domain: String = convert::required(&request.properties, "DomainIdentifier")?;
        let asked: String = convert::required(&request.properties, "UserIdentifier")?;
        let input: CreateUserProfileInputBuilder = convert::input(&request.properties)?;
        let input = input.client_token(&*request.token.0);
        let failed = match done_in(clients, &domain, input.send_with(clients.datazone()).await).await {
            Ok(answer) => return Ok(format!("{domain}|{}", answer.id.unwrap_or_default())),
            Err(failure) => failure,
        };
        if !exists(&failed) {
            return Err(failed);
        }
        let Some(profile) = user(clients, &domain, &asked).await? else { return Err(failed) };
        let identifier = format!("{domain}|{}", profile.id.clone().unwrap_or_default());
        if !is_out(profile.status.as_ref()) {
            return Err(in_use("user profile", failed, &identifier));
        }
        set_user(clients, &domain, &profile, status(profile.r#type.as_ref(), true)).await?;
        Ok(identifier)
    }

    async fn find(
        &self,
        clients: &Clients,
        identifier: &str,
        recorded: Option<&Properties>,
    ) -> Result<Option<Found>, Failure> {
        let [domain, id] = parts(USER, FORM, identifier)?;
        let Some(profile) = user(clients, &domain, &id).await? else { return Ok(None) };
        // Out of use counts as deleted, unless that is how it was asked for.
        let status = profile.status.as_ref().map(UserProfileStatus::as_str);
        if is_out(profile.status.as_ref()) && text(recorded, "Status") != status {
            return Ok(None);
        }
        Ok(Some(Found::ready(user_properties(&profile, recorded))))
    }

    async fn change(&self, change: Change<'_>) -> Result<(), Failure> {
        let [domain, id] = parts(USER, FORM, change.identifier)?;
        let profile = user(change.clients, &domain, &id).await?.ok_or_else(|| gone("user profile", &id))?;
        if is_out(profile.status.as_ref())
            && text(Some(change.observed), "Status") != profile.status.as_ref().map(UserProfileStatus::as_str)
        {
            return Err(gone("user profile", &id));
        }
        match text(Some(change.desired), "Status") {
            Some(wanted) if change.has("Status") => {
                set_user(change.clients, &domain, &profile, UserProfileStatus::from(wanted)).await
            }
            _ => Ok(()),
        }
    }

    async fn remove(&self, clients: &Clients, request: &DeleteRequest) -> Result<(), Failure> {
        let [domain, id] = parts(USER, FORM, &request.identifier)?;
        let profile = user(clients, &domain, &id).await?.ok_or_else(|| gone("user profile", &id))?;
        if is_out(profile.status.as_ref()) {
            return Err(gone("user profile", &id));
        }
        set_user(clients, &domain, &profile, status(profile.r#type.as_ref(), false)).await
    }

    async fn list(&self, clients: &Clients, request: &ListRequest) -> Result<ListResponse, Failure> {
        let domain: String = convert::required(&request.filter, "DomainIdentifier")?;
        let mut identifiers = Vec::new();
        for kind in [UserSearchType::DatazoneIamUser, UserSearchType::DatazoneSsoUser] {
            let call = clients.datazone().search_user_profiles().domain_identifier(&domain).user_type(kind);
            let mut pages = call.into_paginator().send();
            while let Some(page) = pages.next().await {
                let page = done_in(clients, &domain, page).await?;
                let there = page.items.unwrap_or_default().into_iter().filter(|each| !is_out(each.status.as_ref()));
                identifiers.extend(there.filter_map(|each| Some(format!("{domain}|{}", each.id?))));
            }
        }
        Ok(ListResponse { identifiers, next: None })
    }

    async fn candidates(&self, clients: &Clients, request: &RecoverRequest) -> Result<Option<Vec<String>>, Failure> {
        let domain: String = convert::required(&request.properties, "DomainIdentifier")?;
        let asked: String = convert::required(&request.properties, "UserIdentifier")?;
        let profile = user(clients, &domain, &asked).await?.filter(|profile| !is_out(profile.status.as_ref()));
        Ok(Some(profile.and_then(|profile| profile.id).map(|id| format!("{domain}|{id}")).into_iter().collect()))
    }
}

async fn group(clients: &Clients, domain: &str, group: &str) -> Result<Option<GetGroupProfileOutput>, Failure> {
    let call = clients.datazone().get_group_profile().domain_identifier(domain).group_identifier(group);
    found(clients, domain, call.send().await).await
}

async fn set_group(clients: &Clients, domain: &str, id: &str, status: GroupProfileStatus) -> Result<(), Failure> {
    let call = clients.datazone().update_group_profile().domain_identifier(domain).group_identifier(id);
    done_in(clients, domain, call.status(status).send().await).await.map(drop)
}

/// What a group is asked for by: its id or name in Identity Center, or the role whose sessions are its members.
fn asked_for(properties: &Properties) -> Result<String, Failure> {
    let by: Option<String> = convert::get(properties, "GroupIdentifier")?;
    let by = by.map_or_else(|| convert::get(properties, "RolePrincipalArn"), |by| Ok(Some(by)))?;
    by.ok_or_else(|| Failure::new(FailureCode::InvalidRequest, "GroupIdentifier or RolePrincipalArn is required"))
}

fn group_properties(profile: &GetGroupProfileOutput, recorded: Option<&Properties>) -> Properties {
    let mut properties = convert::properties(profile);
    if profile.role_principal_arn.is_some() {
        properties.insert("GroupType".to_owned(), "IAM_ROLE_SESSION_GROUP".into());
        return properties;
    }
    properties.insert("GroupType".to_owned(), "DATAZONE_SSO_GROUP".into());
    let names = [profile.group_name.as_deref(), profile.id.as_deref()];
    let asked = text(recorded, "GroupIdentifier").filter(|asked| names.contains(&Some(*asked)));
    if let Some(name) = asked.or(names.into_iter().flatten().next()) {
        properties.insert("GroupIdentifier".to_owned(), Value::from(name));
    }
    properties
}

#[async_trait]
impl Entity for GroupProfiles {
    const TYPE: &'static [&'static str] = &[GROUP];
    const AFTERWARDS: &'static [&'static str] = &["Status"];
    const LEFT_BEHIND: Option<LeftBehind> = Some(LeftBehind {
        what: "unassigned: AWS deletes no group profile; it stays in the domain until the domain goes",
        within: "DomainIdentifier",
    });
    const HAS_TOKEN: bool = true;

    async fn make(&self, clients: &Clients, request: &CreateRequest) -> Result<String, Failure> {
        let domain: String = convert::required(&request.properties, "DomainIdentifier")?;
        let asked = asked_for(&request.properties)?;
        let input: CreateGroupProfileInputBuilder = convert::input(&request.properties)?;
        let input = input.client_token(&*request.token.0);
        let failed = match done_in(clients, &domain, input.send_with(clients.datazone()).await).await {
            Ok(answer) => return Ok(format!("{domain}|{}", answer.id.unwrap_or_default())),
            Err(failure) => failure,
        };
        if !exists(&failed) {
            return Err(failed);
        }
        let Some(profile) = group(clients, &domain, &asked).await? else { return Err(failed) };
        let id = profile.id.unwrap_or_default();
        if profile.status != Some(GroupProfileStatus::NotAssigned) {
            return Err(in_use("group profile", failed, &format!("{domain}|{id}")));
        }
        set_group(clients, &domain, &id, GroupProfileStatus::Assigned).await?;
        Ok(format!("{domain}|{id}"))
    }

    async fn find(
        &self,
        clients: &Clients,
        identifier: &str,
        recorded: Option<&Properties>,
    ) -> Result<Option<Found>, Failure> {
        let [domain, id] = parts(GROUP, FORM, identifier)?;
        let Some(profile) = group(clients, &domain, &id).await? else { return Ok(None) };
        let is_out = profile.status == Some(GroupProfileStatus::NotAssigned);
        if is_out && text(recorded, "Status") != Some("NOT_ASSIGNED") {
            return Ok(None);
        }
        Ok(Some(Found::ready(group_properties(&profile, recorded))))
    }

    async fn change(&self, change: Change<'_>) -> Result<(), Failure> {
        let [domain, id] = parts(GROUP, FORM, change.identifier)?;
        if self.find(change.clients, change.identifier, Some(change.observed)).await?.is_none() {
            return Err(gone("group profile", &id));
        }
        match text(Some(change.desired), "Status") {
            Some(wanted) if change.has("Status") => {
                set_group(change.clients, &domain, &id, GroupProfileStatus::from(wanted)).await
            }
            _ => Ok(()),
        }
    }

    async fn remove(&self, clients: &Clients, request: &DeleteRequest) -> Result<(), Failure> {
        let [domain, id] = parts(GROUP, FORM, &request.identifier)?;
        let profile = group(clients, &domain, &id).await?.ok_or_else(|| gone("group profile", &id))?;
        if profile.status == Some(GroupProfileStatus::NotAssigned) {
            return Err(gone("group profile", &id));
        }
        set_group(clients, &domain, &id, GroupProfileStatus::NotAssigned).await
    }

    async fn list(&self, clients: &Clients, request: &ListRequest) -> Result<ListResponse, Failure> {
        let domain: String = convert::required(&request.filter, "DomainIdentifier")?;
        let mut identifiers = Vec::new();
        for kind in [GroupSearchType::DatazoneSsoGroup, GroupSearchType::IamRoleSessionGroup] {
            let call = clients.datazone().search_group_profiles().domain_identifier(&domain).group_type(kind);
            let mut pages = call.into_paginator().send();
            while let Some(page) = pages.next().await {
                let page = done_in(clients, &domain, page).await?;
                let there = page.items.unwrap_or_default().into_iter();
                let there = there.filter(|each| each.status != Some(GroupProfileStatus::NotAssigned));
                identifiers.extend(there.filter_map(|each| Some(format!("{domain}|{}", each.id?))));
            }
        }
        Ok(ListResponse { identifiers, next: None })
    }

    async fn candidates(&self, clients: &Clients, request: &RecoverRequest) -> Result<Option<Vec<String>>, Failure> {
        let domain: String = convert::required(&request.properties, "DomainIdentifier")?;
        let profile = group(clients, &domain, &asked_for(&request.properties)?).await?;
        let profile = profile.filter(|profile| profile.status != Some(GroupProfileStatus::NotAssigned));
        Ok(Some(profile.and_then(|profile| profile.id).map(|id| format!("{domain}|{id}")).into_iter().collect()))
    }
}
