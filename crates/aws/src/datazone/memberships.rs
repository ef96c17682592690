//! `AWS::DataZone::ProjectMembership`: a user or group with a designation in a project.
//!
//! The registry identifies memberships by domain and project alone, which tells no two members of a project apart; here the
//! member is part of the identifier (see the catalogue's corrections). DataZone cannot change a designation: it is taken away
//! and given anew.

use super::profiles::{group_id, user_id};
use super::refusals::{done_in, found};
use crate::clients::Clients;
use crate::convert;
use crate::living::{Entity, Found, parts};
use crate::settle::Change;
use async_trait::async_trait;
use aws_sdk_datazone::operation::create_project_membership::builders::CreateProjectMembershipInputBuilder;
use aws_sdk_datazone::types::{Member, MemberDetails};
use charter_provider::{
    CreateRequest, DeleteRequest, Failure, FailureCode, ListRequest, ListResponse, Properties, RecoverRequest,
};
use serde_json::{Value, json};

const TYPE: &str = "AWS::DataZone::ProjectMembership";
const FORM: &str = "DomainIdentifier|ProjectIdentifier|MemberIdentifierType|MemberIdentifier";
const USER: &str = "USER_IDENTIFIER";
const GROUP: &str = "GROUP_IDENTIFIER";

/// Serves memberships.
pub(super) struct Memberships;

/// Which membership.
struct Place {
    domain: String,
    project: String,
    kind: String,
    member: String,
}

impl Place {
    fn of(identifier: &str) -> Result<Self, Failure> {
        let [domain, project, kind, member] = parts(TYPE, FORM, identifier)?;
        Ok(Self { domain, project, kind, member })
    }

    fn identifier(&self) -> String {
        format!("{}|{}|{}|{}", self.domain, self.project, self.kind, self.member)
    }

    fn member(&self) -> Member {
        match self.kind.as_str() {
            GROUP => Member::GroupIdentifier(self.member.clone()),
            _ => Member::UserIdentifier(self.member.clone()),
        }
    }

    /// The place of a membership that was asked for; none if the member has no profile in the domain. Members are asked for by ARN,
    /// name or id, and listed by the id of their profile: hence GetUserProfile and GetGroupProfile, which the policy of a shared
    /// domain must allow to the member account.
    async fn asked_for(clients: &Clients, properties: &Properties) -> Result<Option<Self>, Failure> {
        let domain: String = convert::required(properties, "DomainIdentifier")?;
        let project: String = convert::required(properties, "ProjectIdentifier")?;
        let member = match convert::required::<Member>(properties, "Member")? {
            Member::GroupIdentifier(group) => {
                group_id(clients, &domain, &group).await.map_err(explain_hub)?.map(|id| (GROUP, id))
            }
            Member::UserIdentifier(user) => {
                user_id(clients, &domain, &user).await.map_err(explain_hub)?.map(|id| (USER, id))
            }
            _ => None,
        };
        Ok(member.map(|(kind, member)| Self { domain, project, kind: kind.to_owned(), member }))
    }
}

fn explain_hub(failure: Failure) -> Failure {
    if failure.code != FailureCode::AccessDenied {
        return failure;
    }
    let message = format!(
        "{}. A member is looked up by its profile: the resource share of the domain must allow datazone:GetUserProfile and \
         datazone:GetGroupProfile to this account",
        failure.message.trim_end_matches('.')
    );
    Failure { message, ..failure }
}

/// The designation of each member of a project; none if the project is gone.
async fn members(clients: &Clients, domain: &str, project: &str) -> Result<Option<Vec<(Place, String)>>, Failure> {
    let call = clients.datazone().list_project_memberships().domain_identifier(domain).project_identifier(project);
    let mut pages = call.into_paginator().send();
    let mut members = Vec::new();
    while let Some(page) = pages.next().await {
        let Some(page) = found(clients, domain, page).await? else { return Ok(None) };
        for each in page.members {
            let (kind, member) = match each.member_details {
                Some(MemberDetails::User(user)) => (USER, user.user_id),
                Some(MemberDetails::Group(group)) => (GROUP, group.group_id),
                _ => continue,
            };
            let (domain, project, kind) = (domain.to_owned(), project.to_owned(), kind.to_owned());
            members.push((Place { domain, project, kind, member }, each.designation.as_str().to_owned()));
        }
    }
    Ok(Some(members))
}

async fn designation(clients: &Clients, place: &Place) -> Result<Option<String>, Failure> {
    let members = members(clients, &place.domain, &place.project).await?.unwrap_or_default();
    let own = members.into_iter().find(|(each, _)| each.kind == place.kind && each.member == place.member);
    Ok(own.map(|(_, designation)| designation))
}

#[async_trait]
impl Entity for Memberships {
    const TYPE: &'static [&'static str] = &[TYPE];
    const IS_MADE_ANEW: bool = true;

    async fn make(&self, clients: &Clients, request: &CreateRequest) -> Result<String, Failure> {
        // What a second creation answers is not documented: who is a member is asked before.
        if let Some(place) = Place::asked_for(clients, &request.properties).await?
            && let Some(designation) = designation(clients, &place).await?
        {
            let message = format!(
                "{} is {designation} of the project {} already: adopt the membership with `import: {}`",
                place.member,
                place.project,
                place.identifier()
            );
            return Err(Failure::new(FailureCode::AlreadyExists, message));
        }
        let domain: String = convert::required(&request.properties, "DomainIdentifier")?;
        let input: CreateProjectMembershipInputBuilder = convert::input(&request.properties)?;
        done_in(clients, &domain, input.send_with(clients.datazone()).await).await?;
        // An IAM role or user gets a profile by becoming a member.
        Ok(String::new())
    }

    async fn named(&self, clients: &Clients, properties: &Properties) -> Result<Option<String>, Failure> {
        Ok(Place::asked_for(clients, properties).await?.map(|place| place.identifier()))
    }

    async fn find(
        &self,
        clients: &Clients,
        identifier: &str,
        recorded: Option<&Properties>,
    ) -> Result<Option<Found>, Failure> {
        let place = Place::of(identifier)?;
        let Some(designation) = designation(clients, &place).await? else { return Ok(None) };
        let mut properties = Properties::new();
        let member = match (recorded.and_then(|recorded| recorded.get("Member")), place.kind.as_str()) {
            // As it was asked for: by ARN, say. Which member it is does not change.
            (Some(member), _) => member.clone(),
            (None, GROUP) => json!({"GroupIdentifier": place.member}),
            (None, _) => json!({"UserIdentifier": place.member}),
        };
        let mut put = |name: &str, value: Value| drop(properties.insert(name.to_owned(), value));
        put("Designation", designation.into());
        put("DomainIdentifier", place.domain.into());
        put("Member", member);
        put("MemberIdentifier", place.member.into());
        put("MemberIdentifierType", place.kind.into());
        put("ProjectIdentifier", place.project.into());
        Ok(Some(Found::ready(properties)))
    }

    async fn change(&self, change: Change<'_>) -> Result<(), Failure> {
        if !change.has("Designation") {
            return Ok(());
        }
        let place = Place::of(change.identifier)?;
        let client = change.clients.datazone();
        let (domain, project) = (&place.domain, &place.project);
        if designation(change.clients, &place).await?.is_none() {
            let message = format!("{} is no member of the project {project}", place.member);
            return Err(Failure::new(FailureCode::NotFound, message));
        }
        let call = client.delete_project_membership().domain_identifier(domain).project_identifier(project);
        done_in(change.clients, domain, call.member(place.member()).send().await).await?;
        let input: CreateProjectMembershipInputBuilder = convert::input(change.desired)?;
        done_in(change.clients, domain, input.send_with(client).await).await.map(drop)
    }

    async fn remove(&self, clients: &Clients, request: &DeleteRequest) -> Result<(), Failure> {
        let place = Place::of(&request.identifier)?;
        if designation(clients, &place).await?.is_none() {
            return Err(Failure::new(FailureCode::NotFound, format!("{} is no member", place.member)));
        }
        let call = clients.datazone().delete_project_membership().domain_identifier(&place.domain);
        let call = call.project_identifier(&place.project).member(place.member());
        done_in(clients, &place.domain, call.send().await).await.map(drop)
    }

    async fn list(&self, clients: &Clients, request: &ListRequest) -> Result<ListResponse, Failure> {
        let domain: String = convert::required(&request.filter, "DomainIdentifier")?;
        let project: String = convert::required(&request.filter, "ProjectIdentifier")?;
        let members = members(clients, &domain, &project).await?.unwrap_or_default();
        Ok(ListResponse { identifiers: members.iter().map(|(place, _)| place.identifier()).collect(), next: None })
    }

    async fn candidates(&self, clients: &Clients, request: &RecoverRequest) -> Result<Option<Vec<String>>, Failure> {
        let Some(place) = Place::asked_for(clients, &request.properties).await? else { return Ok(Some(Vec::new())) };
        let there = designation(clients, &place).await?;
        let asked: Option<String> = convert::get(&request.properties, "Designation")?;
        Ok(Some(if there.is_some() && there == asked { vec![place.identifier()] } else { Vec::new() }))
    }
}
