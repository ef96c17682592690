//! `AWS::LakeFormation::Resource`: a location that Lake Formation manages. Identified by the location's ARN, which can be registered
//! once in an account and region; it has no tags.
//!
//! What the registry calls `UseServiceLinkedRole` is told by `RoleArn`. A registration with a role of one's own cannot go over to the
//! service-linked one: AWS takes the call and changes nothing (hashicorp/terraform-provider-aws,
//! internal/service/lakeformation/resource_test.go).

use crate::clients::Clients;
use crate::convert::{self, get, required};
use crate::errors::failure;
use crate::progress::not_found;
use crate::settle::{Change, Removed, Resource, if_found};
use async_trait::async_trait;
use aws_sdk_lakeformation::operation::register_resource::builders::RegisterResourceInputBuilder;
use charter_model::{Pointer, Value};
use charter_provider::{
    CheckResponse, CreateRequest, DeleteRequest, Failure, FailureCode, ListRequest, ListResponse, Properties,
    RecoverRequest, Recovered,
};

const ARN: &str = "ResourceArn";
const ROLE: &str = "RoleArn";
const LINKED: &str = "UseServiceLinkedRole";
const HYBRID: &str = "HybridAccessEnabled";
const FEDERATION: &str = "WithFederation";

/// Serves locations.
pub(super) struct Location;

/// Developer Guide, "Using service-linked roles for Lake Formation": `AWSServiceRoleForLakeFormationDataAccess`.
fn is_linked(role: &str) -> bool {
    role.contains(":role/aws-service-role/lakeformation.amazonaws.com/")
}

async fn present(clients: &Clients, arn: &str) -> Result<Option<Properties>, Failure> {
    let call = clients.lake_formation().describe_resource().resource_arn(arn);
    let answer = if_found(call.send().await.map_err(failure))?;
    let Some(info) = answer.and_then(|answer| answer.resource_info) else { return Ok(None) };
    let mut properties = convert::properties(&info);
    // The ARN may be missing in the answer, and so may what is off.
    for name in [ARN, "Id"] {
        properties.insert(name.to_owned(), arn.into());
    }
    for name in [HYBRID, FEDERATION] {
        properties.entry(name).or_insert(false.into());
    }
    properties.insert(LINKED.to_owned(), info.role_arn.as_deref().is_some_and(is_linked).into());
    Ok(Some(properties))
}

fn existing(arn: &str) -> Failure {
    let message = format!("{arn} is registered with Lake Formation already: adopt that with `import: {arn}`");
    Failure::new(FailureCode::AlreadyExists, message)
}

#[async_trait]
impl Resource for Location {
    const TYPE: &'static [&'static str] = &["AWS::LakeFormation::Resource"];

    /// API Reference, RegisterResource: "If UseServiceLinkedRole is not set to true, you must provide or set the RoleArn".
    fn check(&self, desired: &Value) -> CheckResponse {
        let role = desired.get(ROLE).filter(|role| **role != Value::Null);
        let message = match (desired.get(LINKED), role) {
            (Some(Value::Bool(false)), None) => "is required where `UseServiceLinkedRole` is false",
            (Some(Value::Bool(true)), Some(Value::String(role))) if !is_linked(role) => {
                "is not the role that `UseServiceLinkedRole: true` asks for: write one of the two"
            }
            _ => return CheckResponse::default(),
        };
        CheckResponse { failures: vec![(Pointer::root().key(ROLE), message.to_owned())] }
    }

    async fn make(&self, clients: &Clients, request: &CreateRequest) -> Result<String, Failure> {
        let arn: String = required(&request.properties, ARN)?;
        // Nothing marks a registration: one that is there before our call is another's, who would lose it with ours.
        if present(clients, &arn).await?.is_some() {
            return Err(existing(&arn));
        }
        let input: RegisterResourceInputBuilder = convert::input(&request.properties)?;
        let is_linked = get(&request.properties, LINKED)? == Some(true);
        let role = input.get_role_arn().clone().filter(|_| !is_linked);
        let call = input.set_role_arn(role).send_with(clients.lake_formation());
        match call.await.map_err(failure) {
            Ok(_) => Ok(arn),
            Err(failure) if failure.code == FailureCode::AlreadyExists => Err(existing(&arn)),
            Err(failure) => Err(failure),
        }
    }

    async fn apply(&self, change: Change<'_>) -> Result<(), Failure> {
        if !change.has_any(&[ROLE, LINKED, HYBRID, FEDERATION]) {
            return Ok(());
        }
        // As it is now: whether it may be changed depends on its role.
        let Some(there) = present(change.clients, change.identifier).await? else {
            return Err(not_found(Self::TYPE.first().copied().unwrap_or_default(), change.identifier));
        };
        let observed: Option<String> = get(&there, ROLE)?;
        let wanted: Option<String> = get(change.desired, ROLE)?;
        // The call wants a role whatever changes.
        let role = match get(change.desired, LINKED)? {
            Some(true) if observed.as_deref().is_some_and(is_linked) => observed,
            Some(true) => {
                let message = "a location that is registered with a role of its own keeps it: Lake Formation does not change \
                               over to the service-linked role. With `replace: delete-first` it is registered anew";
                return Err(Failure::new(FailureCode::NotUpdatable, message));
            }
            _ => wanted.or_else(|| observed.filter(|role| !is_linked(role))),
        };
        let Some(role) = role else {
            let message = "RoleArn is required where UseServiceLinkedRole is false";
            return Err(Failure::new(FailureCode::InvalidRequest, message));
        };
        // What is taken out of the block is off again; what was never in it stays.
        let flag = |name: &str| {
            let wanted: Option<bool> = get(change.desired, name)?;
            let left = if change.has(name) { Some(false) } else { get(&there, name)?.filter(|on| *on) };
            Ok::<_, Failure>(wanted.or(left))
        };
        let call = change.clients.lake_formation().update_resource().resource_arn(change.identifier).role_arn(role);
        let call = call.set_hybrid_access_enabled(flag(HYBRID)?).set_with_federation(flag(FEDERATION)?);
        call.send().await.map_err(failure).map(drop)
    }

    async fn read(
        &self,
        clients: &Clients,
        identifier: &str,
        _recorded: Option<&Properties>,
    ) -> Result<Option<Properties>, Failure> {
        present(clients, identifier).await
    }

    async fn remove(&self, clients: &Clients, request: &DeleteRequest) -> Result<Removed, Failure> {
        let call = clients.lake_formation().deregister_resource().resource_arn(&request.identifier);
        call.send().await.map_err(failure)?;
        Ok(Removed::Whole)
    }

    async fn list(&self, clients: &Clients, request: &ListRequest) -> Result<ListResponse, Failure> {
        let call = clients.lake_formation().list_resources().set_next_token(request.page.clone());
        let answer = call.send().await.map_err(failure)?;
        let locations = answer.resource_info_list.into_iter().flatten();
        Ok(ListResponse {
            identifiers: locations.filter_map(|location| location.resource_arn).collect(),
            next: answer.next_token,
        })
    }

    async fn recover(&self, clients: &Clients, request: &RecoverRequest) -> Result<Recovered, Failure> {
        // Nothing marks it; when our call was made there was none, and whoever registered it meanwhile did the same.
        let identifier: String = required(&request.properties, ARN)?;
        let is_there = present(clients, &identifier).await?.is_some();
        Ok(if is_there { Recovered::Exists { identifier } } else { Recovered::Absent })
    }
}
