//! The floor: the same API calls, in the same order of dependencies and with as many at work at once, by the bare SDK.

use crate::BenchResult;
use crate::record::Exchange;
use aws_config::SdkConfig;
use aws_sdk_iam::types::Tag as IamTag;
use aws_sdk_s3::types as s3;
use serde_json::Value;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

/// The calls of one operation, and the operations that wait for it.
#[derive(Debug, Default)]
pub(crate) struct Unit {
    pub(crate) calls: Vec<Call>,
    pub(crate) before: Vec<usize>,
    pub(crate) missing: usize,
}

/// One call, taken apart.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// `iam`, `s3`, `cloudcontrol`.
    pub(crate) service: &'static str,
    /// `CreateRole`; of S3, the method and what the query names: `PUT versioning`.
    pub(crate) operation: String,
    fields: BTreeMap<String, String>,
}

impl Call {
    pub(crate) fn of(exchange: &Exchange) -> BenchResult<Self> {
        if let Some(target) = &exchange.target {
            let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
            let Value::Object(body) = serde_json::from_slice(&exchange.body)? else { return Err("no object".into()) };
            let fields = body.into_iter().filter_map(|(key, value)| Some((key, value.as_str()?.to_owned()))).collect();
            return Ok(Self { service: "cloudcontrol", operation, fields });
        }
        if exchange.uri.path() == "/" && exchange.method == http::Method::POST {
            let mut fields = form(std::str::from_utf8(&exchange.body)?);
            let operation = fields.remove("Action").unwrap_or_default();
            return Ok(Self { service: "iam", operation, fields });
        }
        let query = form(exchange.uri.query().unwrap_or_default());
        let named = query.keys().find(|key| !key.starts_with("x-id")).cloned().unwrap_or_default();
        let bucket = exchange.uri.path().trim_matches('/').to_owned();
        Ok(Self {
            service: "s3",
            operation: format!("{} {named}", exchange.method).trim_end().to_owned(),
            fields: BTreeMap::from([("Bucket".to_owned(), bucket)]),
        })
    }

    fn field(&self, name: &str) -> String {
        self.fields.get(name).cloned().unwrap_or_default()
    }

    fn tags(&self) -> Vec<IamTag> {
        (1..)
            .map_while(|number| {
                let (key, value) = (format!("Tags.member.{number}.Key"), format!("Tags.member.{number}.Value"));
                IamTag::builder().key(self.fields.get(&key)?).value(self.field(&value)).build().ok()
            })
            .collect()
    }
}

fn form(text: &str) -> BTreeMap<String, String> {
    let decode =
        |part: &str| percent_encoding::percent_decode_str(&part.replace('+', " ")).decode_utf8_lossy().into_owned();
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(key, value)| (decode(key), decode(value)))
        .collect()
}

/// The SDK's clients.
#[derive(Debug)]
pub(crate) struct Clients {
    iam: aws_sdk_iam::Client,
    s3: aws_sdk_s3::Client,
    cloud_control: aws_sdk_cloudcontrol::Client,
}

impl Clients {
    pub(crate) fn new(config: &SdkConfig) -> Self {
        let s3 = aws_sdk_s3::config::Builder::from(config).force_path_style(true).build();
        Self {
            iam: aws_sdk_iam::Client::new(config),
            s3: aws_sdk_s3::Client::from_conf(s3),
            cloud_control: aws_sdk_cloudcontrol::Client::new(config),
        }
    }
}

/// Makes the calls of all units, at most so many units at the same moment.
pub(crate) async fn replay(mut units: Vec<Unit>, clients: Arc<Clients>, at_once: usize) -> BenchResult {
    let mut ready: VecDeque<usize> =
        units.iter().enumerate().filter(|(_, unit)| unit.missing == 0).map(|(number, _)| number).collect();
    let mut running = JoinSet::new();
    let mut done = 0;
    while done < units.len() {
        while running.len() < at_once
            && let Some(number) = ready.pop_front()
        {
            let calls = units.get_mut(number).map(|unit| std::mem::take(&mut unit.calls)).unwrap_or_default();
            let clients = clients.clone();
            running.spawn(async move {
                let mut known = Known::default();
                for call in &calls {
                    send(&clients, call, &mut known).await?;
                }
                Ok::<usize, String>(number)
            });
        }
        let number = running.join_next().await.ok_or("the operations wait for each other")???;
        done += 1;
        for next in units.get_mut(number).map(|unit| std::mem::take(&mut unit.before)).unwrap_or_default() {
            if let Some(unit) = units.get_mut(next) {
                unit.missing -= 1;
                if unit.missing == 0 {
                    ready.push_back(next);
                }
            }
        }
    }
    Ok(())
}

/// What earlier calls of the same unit answered: another cloud gives other tokens and identifiers.
#[derive(Debug, Default)]
struct Known {
    request_token: Option<String>,
    identifier: Option<String>,
}

async fn send(clients: &Clients, call: &Call, known: &mut Known) -> Result<(), String> {
    match call.service {
        "iam" => iam(&clients.iam, call).await,
        "s3" => bucket(&clients.s3, call).await,
        _ => cloud_control(&clients.cloud_control, call, known).await,
    }
}

/// Sends a call; whether it answers with an error is part of what is replayed (a bucket that is looked for and not there).
macro_rules! answered {
    ($call:expr) => {
        match $call.send().await {
            Ok(_) => Ok(()),
            Err(error)
                if error.as_service_error().is_some()
                    && error.raw_response().is_some_and(|raw| raw.status().as_u16() == 404) =>
            {
                Ok(())
            }
            Err(error) => Err(format!("{}: {}", stringify!($call), aws_sdk_iam::error::DisplayErrorContext(error))),
        }
    };
}

async fn iam(client: &aws_sdk_iam::Client, call: &Call) -> Result<(), String> {
    let (role, policy, arn) = (call.field("RoleName"), call.field("PolicyName"), call.field("PolicyArn"));
    match call.operation.as_str() {
        "CreateRole" => {
            let description = call.fields.get("Description").cloned();
            let input = client.create_role().role_name(role).set_description(description).set_tags(Some(call.tags()));
            answered!(input.assume_role_policy_document(call.field("AssumeRolePolicyDocument")))
        }
        "CreatePolicy" => {
            let input = client.create_policy().policy_name(policy).set_tags(Some(call.tags()));
            answered!(input.policy_document(call.field("PolicyDocument")))
        }
        "PutRolePolicy" => {
            let input = client.put_role_policy().role_name(role).policy_name(policy);
            answered!(input.policy_document(call.field("PolicyDocument")))
        }
        "AttachRolePolicy" => answered!(client.attach_role_policy().role_name(role).policy_arn(arn)),
        "GetRole" => answered!(client.get_role().role_name(role)),
        "GetRolePolicy" => answered!(client.get_role_policy().role_name(role).policy_name(policy)),
        "GetPolicy" => answered!(client.get_policy().policy_arn(arn)),
        "GetPolicyVersion" => {
            answered!(client.get_policy_version().policy_arn(arn).version_id(call.field("VersionId")))
        }
        "ListAttachedRolePolicies" => answered!(client.list_attached_role_policies().role_name(role)),
        "ListRolePolicies" => answered!(client.list_role_policies().role_name(role)),
        "ListEntitiesForPolicy" => answered!(client.list_entities_for_policy().policy_arn(arn)),
        "ListPolicyVersions" => answered!(client.list_policy_versions().policy_arn(arn)),
        other => Err(format!("the floor does not know iam {other}: add it to bench/src/floor.rs")),
    }
}

async fn bucket(client: &aws_sdk_s3::Client, call: &Call) -> Result<(), String> {
    let name = call.field("Bucket");
    match call.operation.as_str() {
        "HEAD" => answered!(client.head_bucket().bucket(name)),
        "PUT" => {
            let tags: Vec<s3::Tag> = ["owner", "costCenter", "charter:environment", "charter:stack", "charter:address"]
                .into_iter()
                .filter_map(|key| s3::Tag::builder().key(key).value("bench").build().ok())
                .collect();
            let configuration = s3::CreateBucketConfiguration::builder().set_tags(Some(tags)).build();
            answered!(client.create_bucket().bucket(name).create_bucket_configuration(configuration))
        }
        "PUT versioning" => {
            let versioning = s3::VersioningConfiguration::builder().status(s3::BucketVersioningStatus::Enabled).build();
            answered!(client.put_bucket_versioning().bucket(name).versioning_configuration(versioning))
        }
        "PUT publicAccessBlock" => {
            let block = s3::PublicAccessBlockConfiguration::builder()
                .block_public_acls(true)
                .block_public_policy(true)
                .ignore_public_acls(true)
                .restrict_public_buckets(true)
                .build();
            answered!(client.put_public_access_block().bucket(name).public_access_block_configuration(block))
        }
        "PUT encryption" => {
            let default = s3::ServerSideEncryptionByDefault::builder().sse_algorithm(s3::ServerSideEncryption::AwsKms);
            let rule = s3::ServerSideEncryptionRule::builder()
                .apply_server_side_encryption_by_default(default.build().map_err(|error| error.to_string())?);
            let rules = s3::ServerSideEncryptionConfiguration::builder().rules(rule.build()).build();
            let rules = rules.map_err(|error| error.to_string())?;
            answered!(client.put_bucket_encryption().bucket(name).server_side_encryption_configuration(rules))
        }
        "GET versioning" => answered!(client.get_bucket_versioning().bucket(name)),
        "GET encryption" => answered!(client.get_bucket_encryption().bucket(name)),
        "GET publicAccessBlock" => answered!(client.get_public_access_block().bucket(name)),
        "GET tagging" => answered!(client.get_bucket_tagging().bucket(name)),
        "GET ownershipControls" => answered!(client.get_bucket_ownership_controls().bucket(name)),
        other => Err(format!("the floor does not know s3 {other}: add it to bench/src/floor.rs")),
    }
}

async fn cloud_control(client: &aws_sdk_cloudcontrol::Client, call: &Call, known: &mut Known) -> Result<(), String> {
    let type_name = call.field("TypeName");
    match call.operation.as_str() {
        "CreateResource" => {
            let input = client.create_resource().type_name(type_name).desired_state(call.field("DesiredState"));
            let answer = input.client_token(call.field("ClientToken")).send().await;
            let answer = answer.map_err(|error| aws_sdk_iam::error::DisplayErrorContext(error).to_string())?;
            let event = answer.progress_event.ok_or("no progress event")?;
            known.request_token = event.request_token;
            known.identifier = event.identifier.or(known.identifier.take());
            Ok(())
        }
        "GetResourceRequestStatus" => {
            let token = known.request_token.clone().unwrap_or_else(|| call.field("RequestToken"));
            // The floor does not wait as long as Cloud Control asks for, only until the operation has ended.
            loop {
                let answer = client.get_resource_request_status().request_token(&token).send().await;
                let answer = answer.map_err(|error| aws_sdk_iam::error::DisplayErrorContext(error).to_string())?;
                let event = answer.progress_event.ok_or("no progress event")?;
                known.identifier = event.identifier.or(known.identifier.take());
                if event.operation_status != Some(aws_sdk_cloudcontrol::types::OperationStatus::InProgress) {
                    return Ok(());
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
        "GetResource" => {
            let identifier = known.identifier.clone().unwrap_or_else(|| call.field("Identifier"));
            answered!(client.get_resource().type_name(type_name).identifier(identifier))
        }
        other => Err(format!("the floor does not know cloudcontrol {other}: add it to bench/src/floor.rs")),
    }
}
