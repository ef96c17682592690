//! `AWS::RDS::DBParameterGroup` and `AWS::RDS::DBClusterParameterGroup`: the same thing for an instance and for a cluster.

use super::lifecycle::{Found, arn, change_tags, identifier_of, recovered, tags_of};
use super::parameters;
use crate::clients::Clients;
use crate::convert;
use crate::errors::{failure, failure_on};
use crate::settle::{Change, Removed, Resource, if_found};
use crate::tags::to_property;
use async_trait::async_trait;
use aws_sdk_rds::operation::create_db_cluster_parameter_group::builders::CreateDbClusterParameterGroupInputBuilder;
use aws_sdk_rds::operation::create_db_parameter_group::builders::CreateDbParameterGroupInputBuilder;
use charter_provider::{
    CreateRequest, DeleteRequest, Failure, ListRequest, ListResponse, Properties, RecoverRequest, Recovered,
};

/// Whose parameters they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Cluster,
    Instance,
}

impl Kind {
    fn name_property(self) -> &'static str {
        match self {
            Self::Cluster => "DBClusterParameterGroupName",
            Self::Instance => "DBParameterGroupName",
        }
    }

    fn arn(self, clients: &Clients, name: &str) -> String {
        match self {
            Self::Cluster => arn(clients, "cluster-pg", name),
            Self::Instance => arn(clients, "pg", name),
        }
    }

    /// Both kinds say `DBParameterGroupNotFound`; describing one of a cluster has its own word as well.
    pub(super) fn own(self) -> &'static [&'static str] {
        &["DBParameterGroupNotFound", "DBClusterParameterGroupNotFound"]
    }
}

/// Serves the parameter groups of clusters, or those of instances.
pub(crate) struct ParameterGroups<const OF_CLUSTERS: bool>;

impl<const OF_CLUSTERS: bool> ParameterGroups<OF_CLUSTERS> {
    const KIND: Kind = if OF_CLUSTERS { Kind::Cluster } else { Kind::Instance };

    /// The group without its parameters and tags.
    async fn describe(clients: &Clients, name: &str) -> Result<Option<Properties>, Failure> {
        match Self::KIND {
            Kind::Cluster => {
                let call = clients.rds().describe_db_cluster_parameter_groups().db_cluster_parameter_group_name(name);
                let found = if_found(call.send().await.map_err(|error| failure_on(error, Self::KIND.own())))?;
                let groups = found.and_then(|answer| answer.db_cluster_parameter_groups).unwrap_or_default();
                Ok(groups.first().map(convert::properties))
            }
            Kind::Instance => {
                let call = clients.rds().describe_db_parameter_groups().db_parameter_group_name(name);
                let found = if_found(call.send().await.map_err(|error| failure_on(error, Self::KIND.own())))?;
                let groups = found.and_then(|answer| answer.db_parameter_groups).unwrap_or_default();
                Ok(groups.first().map(convert::properties))
            }
        }
    }
}

#[async_trait]
impl<const OF_CLUSTERS: bool> Resource for ParameterGroups<OF_CLUSTERS> {
    const TYPE: &'static [&'static str] =
        if OF_CLUSTERS { &["AWS::RDS::DBClusterParameterGroup"] } else { &["AWS::RDS::DBParameterGroup"] };

    async fn make(&self, clients: &Clients, request: &CreateRequest) -> Result<String, Failure> {
        let desired = &request.properties;
        // What is no object of parameters is refused before anything stands.
        parameters::wanted(desired)?;
        match Self::KIND {
            Kind::Cluster => {
                let input: CreateDbClusterParameterGroupInputBuilder = convert::input(desired)?;
                input.send_with(clients.rds()).await.map_err(failure)?;
            }
            Kind::Instance => {
                let input: CreateDbParameterGroupInputBuilder = convert::input(desired)?;
                input.send_with(clients.rds()).await.map_err(failure)?;
            }
        }
        identifier_of(None, desired, Self::KIND.name_property())
    }

    async fn apply(&self, change: Change<'_>) -> Result<(), Failure> {
        let Change { clients, identifier, observed, desired, .. } = change;
        if change.has("Parameters") {
            let present = parameters::values(parameters::read(clients, Self::KIND, identifier, true).await?);
            let wanted = parameters::wanted(desired)?;
            parameters::apply(clients, Self::KIND, identifier, &present, &wanted).await?;
        }
        change_tags(clients, &Self::KIND.arn(clients, identifier), observed, desired).await
    }

    async fn read(
        &self,
        clients: &Clients,
        identifier: &str,
        recorded: Option<&Properties>,
    ) -> Result<Option<Properties>, Failure> {
        let Some(mut properties) = Self::describe(clients, identifier).await? else { return Ok(None) };
        let set = parameters::values(parameters::read(clients, Self::KIND, identifier, true).await?);
        // A cluster's group must have the property, be it empty; an instance's need not.
        if !set.is_empty()
            || Self::KIND == Kind::Cluster
            || recorded.is_some_and(|recorded| recorded.contains_key("Parameters"))
        {
            properties.insert("Parameters".to_owned(), parameters::as_recorded(&set, recorded));
        }
        let tags = to_property(tags_of(clients, &Self::KIND.arn(clients, identifier)).await?);
        properties.extend(tags.map(|tags| ("Tags".to_owned(), tags)));
        Ok(Some(properties))
    }

    async fn remove(&self, clients: &Clients, request: &DeleteRequest) -> Result<Removed, Failure> {
        let (name, own) = (&request.identifier, Self::KIND.own());
        match Self::KIND {
            Kind::Cluster => {
                let call = clients.rds().delete_db_cluster_parameter_group().db_cluster_parameter_group_name(name);
                call.send().await.map_err(|error| failure_on(error, own))?;
            }
            Kind::Instance => {
                let call = clients.rds().delete_db_parameter_group().db_parameter_group_name(name);
                call.send().await.map_err(|error| failure_on(error, own))?;
            }
        }
        Ok(Removed::Whole)
    }

    async fn list(&self, clients: &Clients, request: &ListRequest) -> Result<ListResponse, Failure> {
        let page = request.page.clone();
        Ok(match Self::KIND {
            Kind::Cluster => {
                let call = clients.rds().describe_db_cluster_parameter_groups().set_marker(page);
                let answer = call.send().await.map_err(failure)?;
                let groups = answer.db_cluster_parameter_groups.unwrap_or_default();
                let names = groups.into_iter().filter_map(|group| group.db_cluster_parameter_group_name);
                ListResponse { identifiers: names.collect(), next: answer.marker }
            }
            Kind::Instance => {
                let call = clients.rds().describe_db_parameter_groups().set_marker(page);
                let answer = call.send().await.map_err(failure)?;
                let groups = answer.db_parameter_groups.unwrap_or_default();
                let names = groups.into_iter().filter_map(|group| group.db_parameter_group_name);
                ListResponse { identifiers: names.collect(), next: answer.marker }
            }
        })
    }

    async fn recover(&self, clients: &Clients, request: &RecoverRequest) -> Result<Recovered, Failure> {
        let (identifier, property) = (request.identifier.as_deref(), Self::KIND.name_property());
        let name = identifier_of(identifier, &request.properties, property)?;
        let found = match Self::describe(clients, &name).await? {
            Some(_) => Some(Found::at_rest(tags_of(clients, &Self::KIND.arn(clients, &name)).await?)),
            None => None,
        };
        Ok(recovered(request, &name, found))
    }
}
