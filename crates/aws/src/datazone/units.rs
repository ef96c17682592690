//! `AWS::DataZone::DomainUnit`, `AWS::DataZone::Owner` and `AWS::DataZone::PolicyGrant`: who may decide and do what, where in a
//! domain.

use super::profiles::{group_id, user_id};
use super::refusals::{done_in, found};
use super::within::{Member, Page, Place};
use crate::clients::Clients;
use crate::convert;
use crate::living::{Entity, Found, parts};
use crate::settle::Change;
use async_trait::async_trait;
use aws_sdk_datazone::operation::add_entity_owner::builders::AddEntityOwnerInputBuilder;
use aws_sdk_datazone::operation::add_policy_grant::builders::AddPolicyGrantInputBuilder;
use aws_sdk_datazone::operation::create_domain_unit::builders::CreateDomainUnitInputBuilder;
use aws_sdk_datazone::operation::update_domain_unit::builders::UpdateDomainUnitInputBuilder;
use aws_sdk_datazone::types::{
    DataZoneEntityType, ManagedPolicyType, OwnerGroupProperties, OwnerProperties, OwnerPropertiesOutput,
    OwnerUserProperties, PolicyGrantMember, TargetEntityType,
};
use charter_provider::{CreateRequest, DeleteRequest, Failure, FailureCode, ListRequest, ListResponse, Properties};
use serde_json::{Value, json};

const OWNER: &str = "AWS::DataZone::Owner";
const GRANT: &str = "AWS::DataZone::PolicyGrant";
const OWNER_FORM: &str = "DomainIdentifier|EntityType|EntityIdentifier|OwnerType|OwnerIdentifier";
const GRANT_FORM: &str = "DomainIdentifier|GrantId|EntityIdentifier|EntityType|PolicyType";
const USER: &str = "USER";
const GROUP: &str = "GROUP";

/// Serves domain units.
pub(super) struct DomainUnits;

/// Serves owners of domain units.
pub(super) struct Owners;

/// Serves grants.
pub(super) struct PolicyGrants;

#[async_trait]
impl Member for DomainUnits {
    const TYPE: &'static [&'static str] = &["AWS::DataZone::DomainUnit"];
    const NOUN: &'static str = "domain unit";
    const HAS_TOKEN: bool = true;

    async fn make(&self, place: &Place<'_>, request: &CreateRequest) -> Result<String, Failure> {
        let input: CreateDomainUnitInputBuilder = convert::input(&request.properties)?;
        let input = input.client_token(&*request.token.0);
        Ok(place.done(input.send_with(place.client()).await).await?.id)
    }

    async fn find(&self, place: &Place<'_>, _recorded: Option<&Properties>) -> Result<Option<Found>, Failure> {
        let call = place.client().get_domain_unit().domain_identifier(&place.domain).identifier(place.id());
        let unit = place.found(call.send().await).await?;
        Ok(unit.map(|unit| Found::ready(convert::properties(&unit))))
    }

    async fn change(&self, place: &Place<'_>, settings: Properties, _change: &Change<'_>) -> Result<(), Failure> {
        let input: UpdateDomainUnitInputBuilder = convert::input(&settings)?;
        let input = input.domain_identifier(&place.domain).identifier(place.id());
        place.done(input.send_with(place.client()).await).await.map(drop)
    }

    async fn remove(&self, place: &Place<'_>, _request: &DeleteRequest) -> Result<(), Failure> {
        let call = place.client().delete_domain_unit().domain_identifier(&place.domain).identifier(place.id());
        place.done(call.send().await).await.map(drop)
    }

    async fn list(&self, place: &Place<'_>, request: &ListRequest) -> Result<Page, Failure> {
        let parent: String = convert::required(&request.filter, "ParentDomainUnitIdentifier")?;
        let call = place.client().list_domain_units_for_parent().domain_identifier(&place.domain);
        let call = call.parent_domain_unit_identifier(parent).set_next_token(request.page.clone());
        let answer = place.done(call.send().await).await?;
        Ok((answer.items.into_iter().map(|each| each.id).collect(), answer.next_token))
    }
}

/// Which owner.
struct Ownership {
    domain: String,
    entity_type: String,
    entity: String,
    kind: String,
    owner: String,
}

impl Ownership {
    fn of(identifier: &str) -> Result<Self, Failure> {
        let [domain, entity_type, entity, kind, owner] = parts(OWNER, OWNER_FORM, identifier)?;
        Ok(Self { domain, entity_type, entity, kind, owner })
    }

    fn identifier(&self) -> String {
        format!("{}|{}|{}|{}|{}", self.domain, self.entity_type, self.entity, self.kind, self.owner)
    }

    /// Owners are asked for by ARN, name or id, and listed by the id of their profile.
    async fn asked_for(clients: &Clients, properties: &Properties) -> Result<Option<Self>, Failure> {
        let domain: String = convert::required(properties, "DomainIdentifier")?;
        let owner = match convert::required::<OwnerProperties>(properties, "Owner")? {
            OwnerProperties::Group(group) => {
                group_id(clients, &domain, group.group_identifier()).await?.map(|id| (GROUP, id))
            }
            OwnerProperties::User(user) => {
                user_id(clients, &domain, user.user_identifier()).await?.map(|id| (USER, id))
            }
            _ => None,
        };
        let entity_type: String = convert::required(properties, "EntityType")?;
        let entity: String = convert::required(properties, "EntityIdentifier")?;
        Ok(owner.map(|(kind, owner)| Self { domain, entity_type, entity, kind: kind.to_owned(), owner }))
    }

    fn owner(&self) -> Result<OwnerProperties, Failure> {
        let incomplete = |error: aws_smithy_types::error::operation::BuildError| {
            Failure::new(FailureCode::InternalFailure, error.to_string())
        };
        Ok(if self.kind == GROUP {
            let group = OwnerGroupProperties::builder().group_identifier(&self.owner).build();
            OwnerProperties::Group(group.map_err(incomplete)?)
        } else {
            let user = OwnerUserProperties::builder().user_identifier(&self.owner).build();
            OwnerProperties::User(user.map_err(incomplete)?)
        })
    }
}

/// The owners of a domain unit; none if it is gone.
async fn owners(clients: &Clients, domain: &str, kind: &str, entity: &str) -> Result<Option<Vec<Ownership>>, Failure> {
    let call = clients.datazone().list_entity_owners().domain_identifier(domain);
    let call = call.entity_type(DataZoneEntityType::from(kind)).entity_identifier(entity);
    let mut pages = call.into_paginator().send();
    let mut owners = Vec::new();
    while let Some(page) = pages.next().await {
        let Some(page) = found(clients, domain, page).await? else { return Ok(None) };
        for each in page.owners {
            let (owner_kind, owner) = match each {
                OwnerPropertiesOutput::User(user) => (USER, user.user_id),
                OwnerPropertiesOutput::Group(group) => (GROUP, group.group_id),
                _ => continue,
            };
            owners.extend(owner.map(|owner| Ownership {
                domain: domain.to_owned(),
                entity_type: kind.to_owned(),
                entity: entity.to_owned(),
                kind: owner_kind.to_owned(),
                owner,
            }));
        }
    }
    Ok(Some(owners))
}

async fn is_owner(clients: &Clients, place: &Ownership) -> Result<bool, Failure> {
    let owners = owners(clients, &place.domain, &place.entity_type, &place.entity).await?;
    Ok(owners.into_iter().flatten().any(|each| each.kind == place.kind && each.owner == place.owner))
}

#[async_trait]
impl Entity for Owners {
    const TYPE: &'static [&'static str] = &[OWNER];

    async fn make(&self, clients: &Clients, request: &CreateRequest) -> Result<String, Failure> {
        let domain: String = convert::required(&request.properties, "DomainIdentifier")?;
        let Some(place) = Ownership::asked_for(clients, &request.properties).await? else {
            let message =
                "the owner has no profile in the domain: make an AWS::DataZone::UserProfile or GroupProfile first";
            return Err(Failure::new(FailureCode::InvalidRequest, message));
        };
        if is_owner(clients, &place).await? {
            let message =
                format!("{} is an owner already: adopt it with `import: {}`", place.owner, place.identifier());
            return Err(Failure::new(FailureCode::AlreadyExists, message));
        }
        let input: AddEntityOwnerInputBuilder = convert::input(&request.properties)?;
        let input = input.client_token(&*request.token.0);
        done_in(clients, &domain, input.send_with(clients.datazone()).await).await?;
        Ok(place.identifier())
    }

    async fn find(
        &self,
        clients: &Clients,
        identifier: &str,
        recorded: Option<&Properties>,
    ) -> Result<Option<Found>, Failure> {
        let place = Ownership::of(identifier)?;
        if !is_owner(clients, &place).await? {
            return Ok(None);
        }
        let owner = match (recorded.and_then(|recorded| recorded.get("Owner")), place.kind.as_str()) {
            (Some(owner), _) => owner.clone(),
            (None, GROUP) => json!({"Group": {"GroupIdentifier": place.owner}}),
            (None, _) => json!({"User": {"UserIdentifier": place.owner}}),
        };
        let mut properties = Properties::new();
        let mut put = |name: &str, value: Value| drop(properties.insert(name.to_owned(), value));
        put("DomainIdentifier", place.domain.into());
        put("EntityIdentifier", place.entity.into());
        put("EntityType", place.entity_type.into());
        put("Owner", owner);
        put("OwnerIdentifier", place.owner.into());
        put("OwnerType", place.kind.into());
        Ok(Some(Found::ready(properties)))
    }

    async fn change(&self, _change: Change<'_>) -> Result<(), Failure> {
        // Nothing of it can change.
        Ok(())
    }

    async fn remove(&self, clients: &Clients, request: &DeleteRequest) -> Result<(), Failure> {
        let place = Ownership::of(&request.identifier)?;
        if !is_owner(clients, &place).await? {
            return Err(Failure::new(FailureCode::NotFound, format!("{} is no owner", place.owner)));
        }
        let call = clients.datazone().remove_entity_owner().domain_identifier(&place.domain);
        let call = call.entity_type(DataZoneEntityType::from(place.entity_type.as_str()));
        let call = call.entity_identifier(&place.entity).owner(place.owner()?).client_token(&*request.token.0);
        done_in(clients, &place.domain, call.send().await).await.map(drop)
    }

    async fn list(&self, clients: &Clients, request: &ListRequest) -> Result<ListResponse, Failure> {
        let text = |name: &str| convert::required::<String>(&request.filter, name);
        let (domain, kind, entity) = (text("DomainIdentifier")?, text("EntityType")?, text("EntityIdentifier")?);
        let owners = owners(clients, &domain, &kind, &entity).await?.unwrap_or_default();
        Ok(ListResponse { identifiers: owners.iter().map(Ownership::identifier).collect(), next: None })
    }
}

/// The grants of a policy; none if what they are on is gone.
async fn grants(
    clients: &Clients,
    domain: &str,
    entity_type: &str,
    entity: &str,
    policy: &str,
) -> Result<Vec<PolicyGrantMember>, Failure> {
    let call = clients.datazone().list_policy_grants().domain_identifier(domain).entity_identifier(entity);
    let call = call.entity_type(TargetEntityType::from(entity_type)).policy_type(ManagedPolicyType::from(policy));
    let mut pages = call.into_paginator().send();
    let mut grants = Vec::new();
    while let Some(page) = pages.next().await {
        let Some(page) = found(clients, domain, page).await? else { return Ok(Vec::new()) };
        grants.extend(page.grant_list);
    }
    Ok(grants)
}

/// `CREATE_DOMAIN_UNIT` as the detail of that name, with nothing in it: DataZone asks for a detail, the registry does not.
fn empty_detail(policy: &str) -> Value {
    let word = |word: &str| {
        let mut letters = word.chars();
        letters.next().map_or_else(String::new, |first| format!("{first}{}", letters.as_str().to_lowercase()))
    };
    json!({ policy.split('_').map(word).collect::<String>(): {} })
}

#[async_trait]
impl Entity for PolicyGrants {
    const TYPE: &'static [&'static str] = &[GRANT];
    const HAS_TOKEN: bool = true;

    async fn make(&self, clients: &Clients, request: &CreateRequest) -> Result<String, Failure> {
        let text = |name: &str| convert::required::<String>(&request.properties, name);
        let (domain, entity) = (text("DomainIdentifier")?, text("EntityIdentifier")?);
        let (entity_type, policy) = (text("EntityType")?, text("PolicyType")?);
        let mut properties = request.properties.clone();
        properties.entry("Detail").or_insert_with(|| empty_detail(&policy));
        let input: AddPolicyGrantInputBuilder = convert::input(&properties)?;
        let input = input.client_token(&*request.token.0);
        let answer = done_in(clients, &domain, input.send_with(clients.datazone()).await).await?;
        Ok(format!("{domain}|{}|{entity}|{entity_type}|{policy}", answer.grant_id.unwrap_or_default()))
    }

    async fn find(
        &self,
        clients: &Clients,
        identifier: &str,
        _recorded: Option<&Properties>,
    ) -> Result<Option<Found>, Failure> {
        let [domain, id, entity, entity_type, policy] = parts(GRANT, GRANT_FORM, identifier)?;
        let grants = grants(clients, &domain, &entity_type, &entity, &policy).await?;
        let grant = grants.into_iter().find(|grant| grant.grant_id.as_deref() == Some(&id));
        Ok(grant.map(|grant| {
            let mut properties = convert::properties(&grant);
            let mut put = |name: &str, value: String| drop(properties.insert(name.to_owned(), value.into()));
            put("DomainIdentifier", domain);
            put("EntityIdentifier", entity);
            put("EntityType", entity_type);
            put("PolicyType", policy);
            Found::ready(properties)
        }))
    }

    async fn change(&self, _change: Change<'_>) -> Result<(), Failure> {
        // Nothing of it can change.
        Ok(())
    }

    async fn remove(&self, clients: &Clients, request: &DeleteRequest) -> Result<(), Failure> {
        let [domain, id, entity, entity_type, policy] = parts(GRANT, GRANT_FORM, &request.identifier)?;
        let grants = grants(clients, &domain, &entity_type, &entity, &policy).await?;
        let Some(grant) = grants.into_iter().find(|grant| grant.grant_id.as_deref() == Some(&id)) else {
            return Err(Failure::new(FailureCode::NotFound, format!("there is no grant {id}")));
        };
        let call = clients.datazone().remove_policy_grant().domain_identifier(&domain).entity_identifier(entity);
        let call = call.entity_type(TargetEntityType::from(entity_type.as_str())).grant_identifier(id);
        let call = call.policy_type(ManagedPolicyType::from(policy.as_str())).set_principal(grant.principal);
        done_in(clients, &domain, call.client_token(&*request.token.0).send().await).await.map(drop)
    }

    async fn list(&self, clients: &Clients, request: &ListRequest) -> Result<ListResponse, Failure> {
        let text = |name: &str| convert::required::<String>(&request.filter, name);
        let (domain, entity) = (text("DomainIdentifier")?, text("EntityIdentifier")?);
        let (entity_type, policy) = (text("EntityType")?, text("PolicyType")?);
        let grants = grants(clients, &domain, &entity_type, &entity, &policy).await?;
        let ids = grants.into_iter().filter_map(|grant| grant.grant_id);
        let identifiers = ids.map(|id| format!("{domain}|{id}|{entity}|{entity_type}|{policy}")).collect();
        Ok(ListResponse { identifiers, next: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_type_names_its_detail() {
        assert_eq!(empty_detail("CREATE_ENVIRONMENT_FROM_BLUEPRINT"), json!({"CreateEnvironmentFromBlueprint": {}}));
        assert_eq!(empty_detail("ADD_TO_PROJECT_MEMBER_POOL"), json!({"AddToProjectMemberPool": {}}));
    }
}
