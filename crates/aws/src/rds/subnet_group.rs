//! `AWS::RDS::DBSubnetGroup`: every call finishes at once.

use super::lifecycle::{Found, arn, change_tags, identifier_of, recovered, tags_of};
use crate::clients::Clients;
use crate::convert;
use crate::errors::{failure, failure_on};
use crate::settle::{Change, Removed, Resource, if_found};
use crate::tags::to_property;
use async_trait::async_trait;
use aws_sdk_rds::operation::create_db_subnet_group::builders::CreateDbSubnetGroupInputBuilder;
use aws_sdk_rds::operation::modify_db_subnet_group::builders::ModifyDbSubnetGroupInputBuilder;
use aws_sdk_rds::types::DbSubnetGroup;
use charter_provider::{
    CreateRequest, DeleteRequest, Failure, ListRequest, ListResponse, Properties, RecoverRequest, Recovered,
};

const NAME: &str = "DBSubnetGroupName";
const OWN: &[&str] = &["DBSubnetGroupNotFound"];
/// In the ARN.
const KIND: &str = "subgrp";

/// Serves subnet groups.
pub(crate) struct SubnetGroups;

async fn describe(clients: &Clients, name: &str) -> Result<Option<DbSubnetGroup>, Failure> {
    let answer = clients.rds().describe_db_subnet_groups().db_subnet_group_name(name).send().await;
    let found = if_found(answer.map_err(|error| failure_on(error, OWN)))?;
    Ok(found.and_then(|answer| answer.db_subnet_groups.unwrap_or_default().into_iter().next()))
}

#[async_trait]
impl Resource for SubnetGroups {
    const TYPE: &'static [&'static str] = &["AWS::RDS::DBSubnetGroup"];

    async fn make(&self, clients: &Clients, request: &CreateRequest) -> Result<String, Failure> {
        let input: CreateDbSubnetGroupInputBuilder = convert::input(&request.properties)?;
        input.send_with(clients.rds()).await.map_err(failure)?;
        identifier_of(None, &request.properties, NAME)
    }

    async fn apply(&self, change: Change<'_>) -> Result<(), Failure> {
        let Change { clients, identifier, observed, desired, .. } = change;
        if change.has_any(&["SubnetIds", "DBSubnetGroupDescription"]) {
            let input: ModifyDbSubnetGroupInputBuilder = convert::input(desired)?;
            let input = input.db_subnet_group_name(identifier);
            input.send_with(clients.rds()).await.map_err(|error| failure_on(error, OWN))?;
        }
        change_tags(clients, &arn(clients, KIND, identifier), observed, desired).await
    }

    async fn read(
        &self,
        clients: &Clients,
        identifier: &str,
        _recorded: Option<&Properties>,
    ) -> Result<Option<Properties>, Failure> {
        let Some(group) = describe(clients, identifier).await? else { return Ok(None) };
        let mut properties = convert::properties(&group);
        let tags = to_property(tags_of(clients, &arn(clients, KIND, identifier)).await?);
        properties.extend(tags.map(|tags| ("Tags".to_owned(), tags)));
        Ok(Some(properties))
    }

    async fn remove(&self, clients: &Clients, request: &DeleteRequest) -> Result<Removed, Failure> {
        let call = clients.rds().delete_db_subnet_group().db_subnet_group_name(&request.identifier);
        call.send().await.map_err(|error| failure_on(error, OWN))?;
        Ok(Removed::Whole)
    }

    async fn list(&self, clients: &Clients, request: &ListRequest) -> Result<ListResponse, Failure> {
        let call = clients.rds().describe_db_subnet_groups().set_marker(request.page.clone());
        let answer = call.send().await.map_err(failure)?;
        let groups = answer.db_subnet_groups.unwrap_or_default();
        let identifiers = groups.into_iter().filter_map(|group| group.db_subnet_group_name).collect();
        Ok(ListResponse { identifiers, next: answer.marker })
    }

    async fn recover(&self, clients: &Clients, request: &RecoverRequest) -> Result<Recovered, Failure> {
        let name = identifier_of(request.identifier.as_deref(), &request.properties, NAME)?;
        let found = match describe(clients, &name).await? {
            Some(_) => Some(Found::at_rest(tags_of(clients, &arn(clients, KIND, &name)).await?)),
            None => None,
        };
        Ok(recovered(request, &name, found))
    }
}
