//! `AWS::DataZone::Connection`.
//!
//! GetConnection tells the properties of a connection in an own shape (botocore: ConnectionPropertiesOutput): without credentials as
//! long as `withSecret` is not asked for, with a status, with what AWS fills in. Two kinds are told elsewhere, in the physical
//! endpoint: all of a connection through AWS Glue (GlueConnection; the properties have its status alone), and host and port of
//! Amazon Redshift. What of them nobody tells counts as it was recorded.

use super::within::{Member, Page, Place};
use crate::convert;
use crate::living::{Found, Health, optional};
use crate::recorded::{carry_write_only, drop_write_only};
use crate::settle::Change;
use async_trait::async_trait;
use aws_sdk_datazone::operation::create_connection::builders::CreateConnectionInputBuilder;
use aws_sdk_datazone::operation::get_connection::GetConnectionOutput;
use aws_sdk_datazone::operation::update_connection::builders::UpdateConnectionInputBuilder;
use aws_sdk_datazone::types::{ConnectionPropertiesOutput, ConnectionStatus, GlueConnection};
use charter_catalog::{Catalog, TypeSchema};
use charter_model::{Pointer, TypeName};
use charter_provider::{CreateRequest, DeleteRequest, Failure, FailureCode, ListRequest, Properties};
use serde_json::{Value, json};
use std::sync::Arc;

const TYPE: &str = "AWS::DataZone::Connection";
const PROPS: &str = "Props";
const CONFIGURATIONS: &str = "Configurations";
const GLUE: &str = "GlueProperties";
const GLUE_INPUT: &str = "GlueConnectionInput";
const REDSHIFT: &str = "RedshiftProperties";

/// What UpdateConnection takes of `Props` (botocore: ConnectionPropertiesPatch and the shapes in it): all of these kinds, but of one
/// through AWS Glue some parts. The other kinds have no patch.
const CHANGEABLE: &[&str] = &[
    "AmazonQProperties",
    "AthenaProperties",
    "GlueProperties/GlueConnectionInput/AuthenticationConfiguration/BasicAuthenticationCredentials",
    "GlueProperties/GlueConnectionInput/AuthenticationConfiguration/SecretArn",
    "GlueProperties/GlueConnectionInput/ConnectionProperties",
    "GlueProperties/GlueConnectionInput/Description",
    "IamProperties",
    "LakehouseProperties",
    "MlflowProperties",
    "RedshiftProperties",
    "S3Properties",
    "SparkEmrProperties",
];

/// Serves connections.
pub(super) struct Connections {
    pub(super) catalog: &'static Catalog,
}

/// Where the physical endpoint may tell nothing, though it was asked for.
fn told_by_the_endpoint() -> [Pointer; 3] {
    let root = Pointer::root().key(PROPS);
    let redshift = root.key(REDSHIFT);
    [root.key(GLUE).key(GLUE_INPUT), redshift.key("Host"), redshift.key("Port")]
}

/// A connection of AWS Glue as it was asked for: there the match criteria are one text.
fn glue_input(told: &GlueConnection) -> Properties {
    let mut input = convert::properties(told);
    if let [criterion] = told.match_criteria() {
        input.insert("MatchCriteria".to_owned(), json!(criterion));
    }
    input
}

fn properties(connection: &GetConnectionOutput) -> Properties {
    let mut properties = convert::properties(connection);
    let kind = |properties: &mut Properties, name: &str, more: Properties| {
        let props = properties.entry(PROPS).or_insert_with(|| json!({})).as_object_mut();
        let kind = props.and_then(|props| props.entry(name).or_insert_with(|| json!({})).as_object_mut());
        if let Some(kind) = kind {
            kind.extend(more);
        }
    };
    let endpoints = connection.physical_endpoints();
    match connection.props() {
        Some(ConnectionPropertiesOutput::GlueProperties(_)) => {
            if let Some(told) = endpoints.iter().find_map(|endpoint| endpoint.glue_connection()) {
                let input = json!(glue_input(told));
                kind(&mut properties, GLUE, Properties::from_iter([(GLUE_INPUT.to_owned(), input)]));
            }
        }
        Some(ConnectionPropertiesOutput::RedshiftProperties(_)) => {
            if let Some(endpoint) = endpoints.iter().find(|endpoint| endpoint.host().is_some()) {
                let host = endpoint.host().map(|host| ("Host".to_owned(), json!(host)));
                let port = endpoint.port().map(|port| ("Port".to_owned(), json!(port)));
                kind(&mut properties, REDSHIFT, host.into_iter().chain(port).collect());
            }
        }
        _ => {}
    }
    properties
}

/// Where its creation or last change stands, for the kinds that say so.
fn health(connection: &GetConnectionOutput) -> (String, Health) {
    let (status, why) = match connection.props() {
        Some(ConnectionPropertiesOutput::GlueProperties(glue)) => (glue.status(), glue.error_message()),
        Some(ConnectionPropertiesOutput::RedshiftProperties(redshift)) => (redshift.status(), None),
        Some(ConnectionPropertiesOutput::S3Properties(bucket)) => (bucket.status(), bucket.error_message()),
        _ => (None, None),
    };
    let health = match status {
        Some(ConnectionStatus::Creating | ConnectionStatus::Updating | ConnectionStatus::Deleting) => Health::Waiting,
        Some(ConnectionStatus::CreateFailed | ConnectionStatus::UpdateFailed | ConnectionStatus::DeleteFailed) => {
            Health::Failed(why.map(str::to_owned))
        }
        _ => Health::Ready,
    };
    (status.map_or_else(String::new, |status| status.as_str().to_owned()), health)
}

/// The first place of the properties that would have to change and that UpdateConnection has no member for.
fn unchangeable(schema: &TypeSchema, observed: &Properties, desired: &Properties) -> Option<Pointer> {
    let root = Pointer::root().key(PROPS);
    let only = |properties: &Properties| {
        let props = properties.get(PROPS).cloned().map(|props| (PROPS.to_owned(), props));
        charter_model::Value::from(Value::Object(props.into_iter().collect()))
    };
    let (observed, wanted) = (only(observed), only(desired));
    let takes = |place: &Pointer| {
        let changeable = |path: &&&str| path.split('/').fold(root.clone(), |place, step| place.key(step));
        CHANGEABLE.iter().map(|path| changeable(&path)).any(|part| part.contains(place) || place.contains(&part))
    };
    let kind = desired.get(PROPS).and_then(Value::as_object).and_then(|props| props.keys().next());
    let kind = kind.map(|kind| root.key(kind)).filter(|kind| !takes(kind));
    let differs = || {
        let differences = schema.differences(&observed, &wanted, &wanted).into_iter();
        differences.map(|difference| difference.pointer).find(|place| !takes(place))
    };
    kind.or_else(differs)
}

impl Connections {
    fn schema(&self) -> Result<Arc<TypeSchema>, Failure> {
        let schema = TypeName::new(TYPE).ok().and_then(|name| self.catalog.schema(&name));
        schema.ok_or_else(|| Failure::new(FailureCode::Unsupported, format!("{TYPE} is not in the catalogue of types")))
    }
}

#[async_trait]
impl Member for Connections {
    const TYPE: &'static [&'static str] = &[TYPE];
    const NOUN: &'static str = "connection";
    const FORM: &'static str = "DomainId|ConnectionId";
    const HAS_TOKEN: bool = true;

    async fn make(&self, place: &Place<'_>, request: &CreateRequest) -> Result<String, Failure> {
        let input: CreateConnectionInputBuilder = convert::input(&request.properties)?;
        let input = input.client_token(&*request.token.0);
        Ok(place.done(input.send_with(place.client()).await).await?.connection_id)
    }

    async fn find(&self, place: &Place<'_>, recorded: Option<&Properties>) -> Result<Option<Found>, Failure> {
        let call = place.client().get_connection().domain_identifier(&place.domain).identifier(place.id());
        // Without the secret: what is not asked for cannot be recorded.
        let Some(connection) = place.found(call.with_secret(false).send().await).await? else { return Ok(None) };
        let mut properties = properties(&connection);
        carry_write_only(&told_by_the_endpoint(), recorded, &mut properties);
        // The catalogue says what is never told: credentials among others.
        drop_write_only(self.schema()?.write_only(), &mut properties);
        let (status, health) = health(&connection);
        Ok(Some(Found { properties, status, health }))
    }

    async fn change(&self, place: &Place<'_>, mut settings: Properties, change: &Change<'_>) -> Result<(), Failure> {
        if change.has(PROPS)
            && let Some(what) = unchangeable(&*self.schema()?, change.observed, change.desired)
        {
            let message = format!(
                "DataZone cannot change {what} of a connection that is there (UpdateConnection does not take it): give it another \
                 `Name`, so that it is made anew"
            );
            return Err(Failure::new(FailureCode::NotUpdatable, message));
        }
        if change.has(CONFIGURATIONS) && !change.desired.contains_key(CONFIGURATIONS) {
            settings.insert(CONFIGURATIONS.to_owned(), json!([]));
        }
        let input: UpdateConnectionInputBuilder = convert::input(&settings)?;
        let input = input.domain_identifier(&place.domain).identifier(place.id());
        place.done(input.send_with(place.client()).await).await.map(drop)
    }

    async fn remove(&self, place: &Place<'_>, _request: &DeleteRequest) -> Result<(), Failure> {
        let call = place.client().delete_connection().domain_identifier(&place.domain).identifier(place.id());
        place.done(call.send().await).await.map(drop)
    }

    async fn list(&self, place: &Place<'_>, request: &ListRequest) -> Result<Page, Failure> {
        let call = place.client().list_connections().domain_identifier(&place.domain);
        let call = call.set_name(optional(request, "Name")).set_next_token(request.page.clone());
        let call = call.set_environment_identifier(optional(request, "EnvironmentIdentifier"));
        let call = call.set_project_identifier(optional(request, "ProjectIdentifier"));
        let answer = place.done(call.send().await).await?;
        Ok((answer.items.into_iter().map(|each| each.connection_id).collect(), answer.next_token))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_datazone::types::{GluePropertiesOutput, PhysicalEndpoint, RedshiftPropertiesOutput};

    fn connection(props: ConnectionPropertiesOutput, endpoint: PhysicalEndpoint) -> GetConnectionOutput {
        let connection = GetConnectionOutput::builder().connection_id("c").domain_id("dzd_1").domain_unit_id("u");
        let connection = connection.name("cards").r#type("POSTGRESQL".into());
        connection.props(props).physical_endpoints(endpoint).build().unwrap()
    }

    fn read(connection: &GetConnectionOutput, recorded: &Value) -> Value {
        let mut properties = properties(connection);
        carry_write_only(&told_by_the_endpoint(), recorded.as_object(), &mut properties);
        properties.remove(PROPS).unwrap()
    }

    #[test]
    fn what_the_endpoint_tells_stands_and_what_it_leaves_out_is_as_recorded() {
        let recorded =
            json!({"Props": {"GlueProperties": {"GlueConnectionInput": {"Name": "cards", "MatchCriteria": "a"}}}});
        let glue = || ConnectionPropertiesOutput::GlueProperties(GluePropertiesOutput::builder().build());
        let told = GlueConnection::builder().name("loans").match_criteria("b").build();
        let endpoint = PhysicalEndpoint::builder().glue_connection(told).build();
        assert_eq!(
            read(&connection(glue(), endpoint), &recorded),
            json!({"GlueProperties": {"GlueConnectionInput": {"Name": "loans", "MatchCriteria": "b"}}})
        );
        assert_eq!(read(&connection(glue(), PhysicalEndpoint::builder().build()), &recorded), recorded["Props"]);

        let recorded = json!({"Props": {"RedshiftProperties": {"Host": "one", "Port": 1, "DatabaseName": "cards"}}});
        let redshift = RedshiftPropertiesOutput::builder().database_name("loans").jdbc_url("jdbc:x").build();
        let redshift = ConnectionPropertiesOutput::RedshiftProperties(redshift);
        let endpoint = PhysicalEndpoint::builder().host("two").build();
        // The port is not told; the URL is nothing that can be asked for.
        assert_eq!(
            read(&connection(redshift, endpoint), &recorded),
            json!({"RedshiftProperties": {"Host": "two", "Port": 1, "DatabaseName": "loans"}})
        );
    }

    #[test]
    fn a_connection_that_is_being_made_is_waited_for_and_one_that_failed_says_why() {
        let glue = |status: ConnectionStatus| {
            let glue = GluePropertiesOutput::builder().status(status).error_message("no route").build();
            health(&connection(ConnectionPropertiesOutput::GlueProperties(glue), PhysicalEndpoint::builder().build())).1
        };
        assert_eq!(glue(ConnectionStatus::Creating), Health::Waiting);
        assert_eq!(glue(ConnectionStatus::Ready), Health::Ready);
        assert_eq!(glue(ConnectionStatus::UpdateFailed), Health::Failed(Some("no route".to_owned())));
    }
}
