//! `AWS::IAM::Policy`: one inline policy, written to each of the roles, users and groups that it names.
//!
//! The registry leaves the form of its `Id` to the service. Ours is `POLICY|KIND/NAME`, with the first of those that it was
//! written to, so that it can be found without a record; it stays when the policy moves on to others.

use super::attachments::{self, Principal, principals};
use crate::clients::Clients;
use crate::convert::{get, required};
use crate::documents::{decode, same, text};
use crate::progress::not_found;
use crate::settle::{Change, Removed, Resource, gone_is_fine, if_found};
use async_trait::async_trait;
use charter_model::{Pointer, Value as Desired};
use charter_provider::{
    CheckResponse, CreateRequest, DeleteRequest, Failure, FailureCode, ListRequest, ListResponse, Properties,
    RecoverRequest, Recovered,
};
use serde_json::Value;
use std::collections::BTreeSet;

pub(super) struct Policy;

#[async_trait]
impl Resource for Policy {
    const TYPE: &'static [&'static str] = &["AWS::IAM::Policy"];

    fn check(&self, desired: &Desired) -> CheckResponse {
        let names_nobody = ["Groups", "Roles", "Users"].iter().all(|property| match desired.get(property) {
            None | Some(Desired::Null) => true,
            Some(Desired::List(list)) => list.is_empty(),
            Some(_) => false,
        });
        let message =
            "names no role, user or group: give at least one of Roles, Users, Groups, or use AWS::IAM::ManagedPolicy";
        let failures = if names_nobody { vec![(Pointer::root(), message.to_owned())] } else { Vec::new() };
        CheckResponse { failures }
    }

    async fn make(&self, clients: &Clients, request: &CreateRequest) -> Result<String, Failure> {
        let name: String = required(&request.properties, "PolicyName")?;
        let document = text(&request.properties, "PolicyDocument")?;
        let targets = principals(&request.properties);
        for target in &targets {
            if if_found(target.get_inline(clients, &name).await)?.is_some() {
                let message = format!("{target} has an inline policy {name} already");
                return Err(Failure::new(FailureCode::AlreadyExists, message));
            }
        }
        // One is enough to exist; the others follow once the identifier is known.
        let anchor = targets.first().ok_or_else(|| {
            Failure::new(FailureCode::InvalidRequest, format!("the policy {name} names no role, user or group"))
        })?;
        anchor.put_inline(clients, &name, &document).await?;
        Ok(format!("{name}|{anchor}"))
    }

    async fn apply(&self, change: Change<'_>) -> Result<(), Failure> {
        let name: String = required(change.desired, "PolicyName")?;
        let document = text(change.desired, "PolicyDocument")?;
        let desired = principals(change.desired);
        let (old_name, present) = self.found(change.clients, change.identifier, Some(change.observed)).await?;
        if present.is_empty() {
            return Err(not_found("AWS::IAM::Policy", change.identifier));
        }
        for target in &desired {
            target.put_inline(change.clients, &name, &document).await?;
        }
        for (target, _) in present {
            if old_name != name || !desired.contains(&target) {
                gone_is_fine(target.delete_inline(change.clients, &old_name).await)?;
            }
        }
        Ok(())
    }

    async fn read(
        &self,
        clients: &Clients,
        identifier: &str,
        recorded: Option<&Properties>,
    ) -> Result<Option<Properties>, Failure> {
        let (name, found) = self.found(clients, identifier, recorded).await?;
        // Where the copies differ, one that is not what was recorded is shown: drift must not hide behind the others.
        let expected = recorded.and_then(|recorded| recorded.get("PolicyDocument"));
        let differs = |document: &Value| expected.is_some_and(|expected| !same(document, expected));
        let shown = found.iter().find(|(_, document)| differs(document)).or_else(|| found.first());
        let Some((_, document)) = shown else { return Ok(None) };
        let mut properties = Properties::from_iter([
            ("Id".to_owned(), Value::String(identifier.to_owned())),
            ("PolicyName".to_owned(), Value::String(name)),
            ("PolicyDocument".to_owned(), document.clone()),
        ]);
        let targets: BTreeSet<Principal> = found.into_iter().map(|(target, _)| target).collect();
        attachments::put(&mut properties, &targets);
        Ok(Some(properties))
    }

    async fn remove(&self, clients: &Clients, request: &DeleteRequest) -> Result<Removed, Failure> {
        let (name, found) = self.found(clients, &request.identifier, Some(&request.recorded)).await?;
        if found.is_empty() {
            return Err(not_found("AWS::IAM::Policy", &request.identifier));
        }
        for (target, _) in found {
            gone_is_fine(target.delete_inline(clients, &name).await)?;
        }
        Ok(Removed::Whole)
    }

    async fn list(&self, _clients: &Clients, _request: &ListRequest) -> Result<ListResponse, Failure> {
        let message = "AWS::IAM::Policy cannot be listed: inline policies belong to roles, users and groups; list \
                       AWS::IAM::RolePolicy of a role instead";
        Err(Failure::new(FailureCode::Unsupported, message))
    }

    /// As for `AWS::IAM::RolePolicy`: what says what was asked for is what the lost call wrote.
    async fn recover(&self, clients: &Clients, request: &RecoverRequest) -> Result<Recovered, Failure> {
        let name: String = required(&request.properties, "PolicyName")?;
        let desired = request.properties.get("PolicyDocument").unwrap_or(&Value::Null);
        let Some(anchor) = principals(&request.properties).into_iter().next() else { return Ok(Recovered::Absent) };
        let found = if_found(anchor.get_inline(clients, &name).await)?;
        Ok(match found {
            Some(found) if same(&decode(&found), desired) => {
                Recovered::Exists { identifier: format!("{name}|{anchor}") }
            }
            _ => Recovered::Absent,
        })
    }
}

impl Policy {
    /// The policy's present name, and the documents under it, by whom they are written to.
    async fn found(
        &self,
        clients: &Clients,
        identifier: &str,
        recorded: Option<&Properties>,
    ) -> Result<(String, Vec<(Principal, Value)>), Failure> {
        let malformed = || {
            let message = format!("{identifier:?} is not POLICY|KIND/NAME, such as read-index|role/reader");
            Failure::new(FailureCode::InvalidRequest, message)
        };
        let (name, anchor) = identifier.split_once('|').ok_or_else(malformed)?;
        let mut targets = recorded.map(principals).unwrap_or_default();
        if targets.is_empty() {
            targets.insert(anchor.parse().map_err(|()| malformed())?);
        }
        let recorded_name: Option<String> = recorded.map(|recorded| get(recorded, "PolicyName")).transpose()?.flatten();
        let name = recorded_name.unwrap_or_else(|| name.to_owned());
        let mut found = Vec::new();
        for target in targets {
            if let Some(document) = if_found(target.get_inline(clients, &name).await)? {
                found.push((target, decode(&document)));
            }
        }
        Ok((name, found))
    }
}
