//! `AWS::IAM::RolePolicy`: one inline policy of a role. Its identifier is `PolicyName|RoleName`.

use super::attachments::{Kind, Principal};
use crate::clients::Clients;
use crate::convert::required;
use crate::documents::{decode, same, text};
use crate::errors::failure;
use crate::settle::{Change, Removed, Resource, if_found};
use async_trait::async_trait;
use charter_provider::{
    CreateRequest, DeleteRequest, Failure, FailureCode, ListRequest, ListResponse, Properties, RecoverRequest,
    Recovered,
};
use serde_json::Value;

pub(super) struct RolePolicy;

#[async_trait]
impl Resource for RolePolicy {
    const TYPE: &'static [&'static str] = &["AWS::IAM::RolePolicy"];

    async fn make(&self, clients: &Clients, request: &CreateRequest) -> Result<String, Failure> {
        let place = Place::of(&request.properties)?;
        // PutRolePolicy writes over what is there, whoever's it is.
        if place.read(clients).await?.is_some() {
            let message = format!("the role {} has an inline policy {} already", place.role.name, place.policy);
            return Err(Failure::new(FailureCode::AlreadyExists, message));
        }
        place.role.put_inline(clients, &place.policy, &text(&request.properties, "PolicyDocument")?).await?;
        Ok(place.identifier())
    }

    async fn apply(&self, change: Change<'_>) -> Result<(), Failure> {
        let place = Place::parse(change.identifier)?;
        // Writing would bring a policy back that is gone.
        place.role.get_inline(change.clients, &place.policy).await?;
        place.role.put_inline(change.clients, &place.policy, &text(change.desired, "PolicyDocument")?).await
    }

    async fn read(
        &self,
        clients: &Clients,
        identifier: &str,
        _recorded: Option<&Properties>,
    ) -> Result<Option<Properties>, Failure> {
        let place = Place::parse(identifier)?;
        let Some(document) = place.read(clients).await? else { return Ok(None) };
        Ok(Some(Properties::from_iter([
            ("PolicyName".to_owned(), Value::String(place.policy)),
            ("RoleName".to_owned(), Value::String(place.role.name)),
            ("PolicyDocument".to_owned(), document),
        ])))
    }

    async fn remove(&self, clients: &Clients, request: &DeleteRequest) -> Result<Removed, Failure> {
        let place = Place::parse(&request.identifier)?;
        place.role.delete_inline(clients, &place.policy).await?;
        Ok(Removed::Whole)
    }

    async fn list(&self, clients: &Clients, request: &ListRequest) -> Result<ListResponse, Failure> {
        let role: String = required(&request.filter, "RoleName")?;
        let call = clients.iam().list_role_policies().role_name(&role).set_marker(request.page.clone());
        let answer = call.send().await.map_err(failure)?;
        let next = answer.marker.filter(|_| answer.is_truncated);
        let identifiers = answer.policy_names.into_iter().map(|policy| format!("{policy}|{role}")).collect();
        Ok(ListResponse { identifiers, next })
    }

    /// An inline policy carries no mark. One that says what was asked for is taken for what the lost call wrote: had it been
    /// there before, the call would not have been made. Any other is not ours, and repeating says so.
    async fn recover(&self, clients: &Clients, request: &RecoverRequest) -> Result<Recovered, Failure> {
        let place = Place::of(&request.properties)?;
        let desired = request.properties.get("PolicyDocument").unwrap_or(&Value::Null);
        Ok(match place.read(clients).await? {
            Some(found) if same(&found, desired) => Recovered::Exists { identifier: place.identifier() },
            _ => Recovered::Absent,
        })
    }
}

/// Which policy of which role.
struct Place {
    policy: String,
    role: Principal,
}

impl Place {
    fn new(policy: String, role: String) -> Self {
        Self { policy, role: Principal { kind: Kind::Role, name: role } }
    }

    fn of(properties: &Properties) -> Result<Self, Failure> {
        Ok(Self::new(required(properties, "PolicyName")?, required(properties, "RoleName")?))
    }

    fn parse(identifier: &str) -> Result<Self, Failure> {
        let (policy, role) = identifier.split_once('|').ok_or_else(|| {
            let message = format!("{identifier:?} is not PolicyName|RoleName, such as read-index|reader");
            Failure::new(FailureCode::InvalidRequest, message)
        })?;
        Ok(Self::new(policy.to_owned(), role.to_owned()))
    }

    fn identifier(&self) -> String {
        format!("{}|{}", self.policy, self.role.name)
    }

    async fn read(&self, clients: &Clients) -> Result<Option<Value>, Failure> {
        Ok(if_found(self.role.get_inline(clients, &self.policy).await)?.map(|document| decode(&document)))
    }
}
