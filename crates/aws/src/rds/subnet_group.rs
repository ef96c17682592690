//! `AWS::RDS::DBSubnetGroup`: every call finishes at once.

use super::lifecycle::{Found, Handle, LOOKS, Stage, change_tags, recovered, tags_of};
use crate::adapter::{Adapter, Step};
use crate::clients::Clients;
use crate::convert;
use crate::errors::{failure, failure_on, reference_missing};
use crate::progress::{decode_handle, deleted, done, not_found};
use crate::tags::{Tags, to_property};
use async_trait::async_trait;
use aws_sdk_rds::operation::create_db_subnet_group::builders::CreateDbSubnetGroupInputBuilder;
use aws_sdk_rds::operation::modify_db_subnet_group::builders::ModifyDbSubnetGroupInputBuilder;
use aws_sdk_rds::types::DbSubnetGroup;
use charter_provider::{
    CreateRequest, DeleteRequest, Failure, FailureCode, ListRequest, ListResponse, Observed, Properties, ReadRequest,
    RecoverRequest, Recovered, StatusRequest, UpdateRequest,
};
use std::time::Duration;

const TYPE: &str = "AWS::RDS::DBSubnetGroup";
const NAME: &str = "DBSubnetGroupName";
const OWN: &[&str] = &["DBSubnetGroupNotFound"];
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// Serves subnet groups.
pub(crate) struct SubnetGroups;

impl SubnetGroups {
    async fn describe(&self, clients: &Clients, name: &str) -> Result<Option<(DbSubnetGroup, Tags)>, Failure> {
        let answer = clients.rds().describe_db_subnet_groups().db_subnet_group_name(name).send().await;
        let group = match answer {
            Ok(answer) => answer.db_subnet_groups.unwrap_or_default().into_iter().next(),
            Err(error) => match failure_on(error, OWN) {
                failure if failure.code == FailureCode::NotFound => None,
                failure => return Err(failure),
            },
        };
        let Some(group) = group else { return Ok(None) };
        let tags = match &group.db_subnet_group_arn {
            Some(arn) => tags_of(clients, arn).await?,
            None => Tags::new(),
        };
        Ok(Some((group, tags)))
    }

    async fn finished(&self, clients: &Clients, name: &str) -> Step {
        let (group, tags) = self
            .describe(clients, name)
            .await
            .map_err(|failure| failure.with_identifier(name))?
            .ok_or_else(|| not_found(TYPE, name))?;
        Ok(done(name, properties(&group, tags)))
    }

    /// Finished; or made, and not to be seen yet.
    async fn made(&self, clients: &Clients, name: &str, handle: Handle) -> Step {
        match self.finished(clients, name).await {
            Err(failure) if failure.code == FailureCode::NotFound && handle.polls <= LOOKS => {
                handle.pending(name, "not visible yet", LONGEST_WAIT)
            }
            step => step,
        }
    }
}

fn properties(group: &DbSubnetGroup, tags: Tags) -> Properties {
    let mut properties = convert::properties(group);
    if let Some(tags) = to_property(tags) {
        properties.insert("Tags".to_owned(), tags);
    }
    properties
}

#[async_trait]
impl Adapter for SubnetGroups {
    fn types(&self) -> &'static [&'static str] {
        &[TYPE]
    }

    async fn create(&self, clients: &Clients, request: CreateRequest) -> Step {
        let name = convert::required::<String>(&request.properties, NAME)?.to_lowercase();
        let input: CreateDbSubnetGroupInputBuilder = convert::input(&request.properties)?;
        input.send_with(clients.rds()).await.map_err(|error| reference_missing(failure(error)))?;
        self.made(clients, &name, Handle::at(Stage::Creating)).await
    }

    async fn read(&self, clients: &Clients, request: ReadRequest) -> Result<Observed, Failure> {
        let found = self.describe(clients, &request.identifier).await?;
        Ok(found.map_or(Observed::Absent, |(group, tags)| Observed::Present { properties: properties(&group, tags) }))
    }

    async fn update(&self, clients: &Clients, request: UpdateRequest) -> Step {
        let name = &request.identifier;
        let (group, _) = self.describe(clients, name).await?.ok_or_else(|| not_found(TYPE, name))?;
        if let Some(arn) = group.db_subnet_group_arn() {
            change_tags(clients, arn, &request.observed, &request.properties).await?;
        }
        let differs = |property: &str| request.observed.get(property) != request.properties.get(property);
        if differs("SubnetIds") || differs("DBSubnetGroupDescription") {
            let input: ModifyDbSubnetGroupInputBuilder = convert::input(&request.properties)?;
            let input = input.db_subnet_group_name(name);
            input.send_with(clients.rds()).await.map_err(|error| failure_on(error, OWN))?;
        }
        let step = self.finished(clients, name).await;
        step.map_err(|failure| Failure { identifier: None, ..failure })
    }

    async fn delete(&self, clients: &Clients, request: DeleteRequest) -> Step {
        let call = clients.rds().delete_db_subnet_group().db_subnet_group_name(&request.identifier);
        call.send().await.map_err(|error| failure_on(error, OWN))?;
        Ok(deleted(request.identifier))
    }

    async fn status(&self, clients: &Clients, request: StatusRequest) -> Step {
        let mut handle: Handle = decode_handle(&request.handle)?;
        handle.polls = handle.polls.saturating_add(1);
        let name = request.identifier.unwrap_or_default();
        self.made(clients, &name, handle).await
    }

    async fn list(&self, clients: &Clients, request: ListRequest) -> Result<ListResponse, Failure> {
        let call = clients.rds().describe_db_subnet_groups().set_marker(request.page);
        let answer = call.send().await.map_err(failure)?;
        let groups = answer.db_subnet_groups.unwrap_or_default();
        let identifiers = groups.into_iter().filter_map(|group| group.db_subnet_group_name).collect();
        Ok(ListResponse { identifiers, next: answer.marker })
    }

    async fn recover(&self, clients: &Clients, request: RecoverRequest) -> Result<Recovered, Failure> {
        let name = match &request.identifier {
            Some(identifier) => identifier.clone(),
            None => convert::required::<String>(&request.properties, NAME)?.to_lowercase(),
        };
        let found = self.describe(clients, &name).await?;
        Ok(recovered(&request, &name, found.map(|(_, tags)| Found { tags, running: None, deleting: false })))
    }
}
