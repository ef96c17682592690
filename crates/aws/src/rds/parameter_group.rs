//! `AWS::RDS::DBParameterGroup` and `AWS::RDS::DBClusterParameterGroup`: the same thing for an instance and for a cluster.

use super::lifecycle::{Found, change_tags, recovered, tags_of};
use super::parameters;
use crate::adapter::{Adapter, Step};
use crate::clients::Clients;
use crate::convert;
use crate::errors::{failure, failure_on, reference_missing};
use crate::progress::{deleted, done, not_found};
use crate::tags::to_property;
use async_trait::async_trait;
use aws_sdk_rds::operation::create_db_cluster_parameter_group::builders::CreateDbClusterParameterGroupInputBuilder;
use aws_sdk_rds::operation::create_db_parameter_group::builders::CreateDbParameterGroupInputBuilder;
use charter_model::TypeName;
use charter_provider::{
    CreateRequest, DeleteRequest, Failure, FailureCode, ListRequest, ListResponse, Observed, Properties, ReadRequest,
    RecoverRequest, Recovered, StatusRequest, UpdateRequest,
};

const INSTANCE: &str = "AWS::RDS::DBParameterGroup";
const CLUSTER: &str = "AWS::RDS::DBClusterParameterGroup";

/// Whose parameters they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Cluster,
    Instance,
}

impl Kind {
    fn of(type_name: &TypeName) -> Self {
        if type_name.as_str() == CLUSTER { Self::Cluster } else { Self::Instance }
    }

    fn type_name(self) -> &'static str {
        match self {
            Self::Cluster => CLUSTER,
            Self::Instance => INSTANCE,
        }
    }

    fn name_property(self) -> &'static str {
        match self {
            Self::Cluster => "DBClusterParameterGroupName",
            Self::Instance => "DBParameterGroupName",
        }
    }

    /// Both kinds say `DBParameterGroupNotFound`; describing one of a cluster has its own word as well.
    pub(super) fn own(self) -> &'static [&'static str] {
        &["DBParameterGroupNotFound", "DBClusterParameterGroupNotFound"]
    }
}

/// Serves parameter groups.
pub(crate) struct ParameterGroups;

/// A group without its parameters.
struct Group {
    arn: String,
    properties: Properties,
}

impl ParameterGroups {
    async fn describe(&self, clients: &Clients, kind: Kind, name: &str) -> Result<Option<Group>, Failure> {
        let answer = match kind {
            Kind::Cluster => {
                let call = clients.rds().describe_db_cluster_parameter_groups().db_cluster_parameter_group_name(name);
                call.send().await.map_err(|error| failure_on(error, kind.own())).map(|answer| {
                    let group = answer.db_cluster_parameter_groups.unwrap_or_default().into_iter().next()?;
                    let properties = convert::properties(&group);
                    Some(Group { arn: group.db_cluster_parameter_group_arn.unwrap_or_default(), properties })
                })
            }
            Kind::Instance => {
                let call = clients.rds().describe_db_parameter_groups().db_parameter_group_name(name);
                call.send().await.map_err(|error| failure_on(error, kind.own())).map(|answer| {
                    let group = answer.db_parameter_groups.unwrap_or_default().into_iter().next()?;
                    let properties = convert::properties(&group);
                    Some(Group { arn: group.db_parameter_group_arn.unwrap_or_default(), properties })
                })
            }
        };
        match answer {
            Err(failure) if failure.code == FailureCode::NotFound => Ok(None),
            answer => answer,
        }
    }

    async fn observe(
        &self,
        clients: &Clients,
        kind: Kind,
        name: &str,
        recorded: Option<&Properties>,
    ) -> Result<Option<Properties>, Failure> {
        let Some(Group { arn, mut properties }) = self.describe(clients, kind, name).await? else { return Ok(None) };
        let set = parameters::values(parameters::read(clients, kind, name, true).await?);
        // A cluster's group must have the property, be it empty; an instance's need not.
        if !set.is_empty()
            || kind == Kind::Cluster
            || recorded.is_some_and(|recorded| recorded.contains_key("Parameters"))
        {
            properties.insert("Parameters".to_owned(), parameters::as_recorded(&set, recorded));
        }
        if let Some(tags) = to_property(tags_of(clients, &arn).await?) {
            properties.insert("Tags".to_owned(), tags);
        }
        Ok(Some(properties))
    }

    async fn finished(&self, clients: &Clients, kind: Kind, name: &str, desired: &Properties) -> Step {
        let found = self.observe(clients, kind, name, Some(desired)).await?;
        Ok(done(name, found.ok_or_else(|| not_found(kind.type_name(), name))?))
    }
}

#[async_trait]
impl Adapter for ParameterGroups {
    fn types(&self) -> &'static [&'static str] {
        &[INSTANCE, CLUSTER]
    }

    async fn create(&self, clients: &Clients, request: CreateRequest) -> Step {
        let kind = Kind::of(&request.type_name);
        let desired = &request.properties;
        let name = convert::required::<String>(desired, kind.name_property())?.to_lowercase();
        let wanted = parameters::wanted(desired)?;
        match kind {
            Kind::Cluster => {
                let input: CreateDbClusterParameterGroupInputBuilder = convert::input(desired)?;
                input.send_with(clients.rds()).await.map_err(|error| reference_missing(failure(error)))?;
            }
            Kind::Instance => {
                let input: CreateDbParameterGroupInputBuilder = convert::input(desired)?;
                input.send_with(clients.rds()).await.map_err(|error| reference_missing(failure(error)))?;
            }
        }
        // From here on the group stands, whatever fails.
        let parameters = parameters::apply(clients, kind, &name, &parameters::Parameters::new(), &wanted).await;
        parameters.map_err(|failure| failure.with_identifier(&name))?;
        let step = self.finished(clients, kind, &name, desired).await;
        step.map_err(|failure| failure.with_identifier(&name))
    }

    async fn read(&self, clients: &Clients, request: ReadRequest) -> Result<Observed, Failure> {
        let kind = Kind::of(&request.type_name);
        let found = self.observe(clients, kind, &request.identifier, request.recorded.as_ref()).await?;
        Ok(found.map_or(Observed::Absent, |properties| Observed::Present { properties }))
    }

    async fn update(&self, clients: &Clients, request: UpdateRequest) -> Step {
        let (kind, name) = (Kind::of(&request.type_name), &request.identifier);
        let group = self.describe(clients, kind, name).await?.ok_or_else(|| not_found(kind.type_name(), name))?;
        let wanted = parameters::wanted(&request.properties)?;
        let present = parameters::values(parameters::read(clients, kind, name, true).await?);
        parameters::apply(clients, kind, name, &present, &wanted).await?;
        change_tags(clients, &group.arn, &request.observed, &request.properties).await?;
        self.finished(clients, kind, name, &request.properties).await
    }

    async fn delete(&self, clients: &Clients, request: DeleteRequest) -> Step {
        let (kind, name) = (Kind::of(&request.type_name), &request.identifier);
        match kind {
            Kind::Cluster => {
                let call = clients.rds().delete_db_cluster_parameter_group().db_cluster_parameter_group_name(name);
                call.send().await.map_err(|error| failure_on(error, kind.own()))?;
            }
            Kind::Instance => {
                let call = clients.rds().delete_db_parameter_group().db_parameter_group_name(name);
                call.send().await.map_err(|error| failure_on(error, kind.own()))?;
            }
        }
        Ok(deleted(request.identifier))
    }

    async fn status(&self, clients: &Clients, request: StatusRequest) -> Step {
        let name = request.identifier.unwrap_or_default();
        self.finished(clients, Kind::of(&request.type_name), &name, &request.properties).await
    }

    async fn list(&self, clients: &Clients, request: ListRequest) -> Result<ListResponse, Failure> {
        Ok(match Kind::of(&request.type_name) {
            Kind::Cluster => {
                let call = clients.rds().describe_db_cluster_parameter_groups().set_marker(request.page);
                let answer = call.send().await.map_err(failure)?;
                let groups = answer.db_cluster_parameter_groups.unwrap_or_default();
                let names = groups.into_iter().filter_map(|group| group.db_cluster_parameter_group_name);
                ListResponse { identifiers: names.collect(), next: answer.marker }
            }
            Kind::Instance => {
                let call = clients.rds().describe_db_parameter_groups().set_marker(request.page);
                let answer = call.send().await.map_err(failure)?;
                let groups = answer.db_parameter_groups.unwrap_or_default();
                let names = groups.into_iter().filter_map(|group| group.db_parameter_group_name);
                ListResponse { identifiers: names.collect(), next: answer.marker }
            }
        })
    }

    async fn recover(&self, clients: &Clients, request: RecoverRequest) -> Result<Recovered, Failure> {
        let kind = Kind::of(&request.type_name);
        let name = match &request.identifier {
            Some(identifier) => identifier.clone(),
            None => convert::required::<String>(&request.properties, kind.name_property())?.to_lowercase(),
        };
        let found = match self.describe(clients, kind, &name).await? {
            Some(group) => Some(Found { tags: tags_of(clients, &group.arn).await?, running: None, deleting: false }),
            None => None,
        };
        Ok(recovered(&request, &name, found))
    }
}
