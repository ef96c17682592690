//! Answers without a cloud: a closure sees each call and says what comes back; all calls are kept.

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use bytes::Bytes;
use charter_aws::{AwsConfiguration, AwsProvider, in_process};
use charter_catalog::Catalog;
use charter_model::{AccountId, AccountName, AccountTarget, EnvironmentName, Placement, Region};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex};

/// One call as it went out.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// `CreateResource`
    pub(crate) operation: String,
    /// The JSON body, or the parameters of a query as an object.
    pub(crate) body: Value,
    pub(crate) user_agent: String,
    pub(crate) host: String,
}

/// What comes back.
pub(crate) enum Reply {
    Json(Value),
    /// HTTP status, AWS's code, message.
    Error(u16, &'static str, &'static str),
    Xml(String),
    Broken,
}

pub(crate) struct Canned {
    pub(crate) provider: AwsProvider,
    pub(crate) calls: Arc<Mutex<Vec<Call>>>,
}

impl Canned {
    pub(crate) async fn new(reply: impl Fn(&Call) -> Reply + Send + Sync + 'static) -> Self {
        Self::with(|_| {}, reply).await
    }

    pub(crate) async fn with(
        change: impl FnOnce(&mut AwsConfiguration),
        reply: impl Fn(&Call) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let calls = Arc::new(Mutex::new(Vec::new()));
        let (kept, reply) = (Arc::clone(&calls), Arc::new(reply));
        let http_client = in_process::http_client(move |request| {
            let (kept, reply) = (Arc::clone(&kept), Arc::clone(&reply));
            async move {
                let call = call(&request);
                let answer = reply(&call);
                kept.lock().unwrap().push(call);
                respond(answer)
            }
        });
        let mut configuration = configuration();
        configuration.http_client = Some(http_client);
        change(&mut configuration);
        let provider = AwsProvider::configure(configuration, Catalog::embedded()).await.unwrap();
        Self { provider, calls }
    }

    pub(crate) fn calls(&self, operation: &str) -> Vec<Call> {
        self.calls.lock().unwrap().iter().filter(|call| call.operation == operation).cloned().collect()
    }
}

pub(crate) fn configuration() -> AwsConfiguration {
    let target = |id: &str| AccountTarget {
        id: AccountId::new(id).unwrap().into(),
        role: None,
        external_id: None,
        profile: None,
        session_tags: BTreeMap::new(),
    };
    let accounts = [("retail", "333333333333"), ("other", "444444444444")]
        .map(|(name, id)| (AccountName::new(name).unwrap(), target(id)))
        .into();
    let environment = EnvironmentName::new("test").unwrap();
    let mut configuration = AwsConfiguration::new(environment, accounts, Region::new("us-east-1").unwrap());
    let credentials = Credentials::new("AKIATESTTESTTESTTEST", "secret", None, None, "test");
    configuration.base_credentials = Some(SharedCredentialsProvider::new(credentials));
    configuration
}

pub(crate) fn placement(account: &str, region: &str) -> Placement {
    Placement { account: AccountName::new(account).unwrap(), region: Region::new(region).unwrap() }
}

pub(crate) fn retail() -> Placement {
    placement("retail", "us-east-1")
}

fn call(request: &http::Request<Bytes>) -> Call {
    let header = |name: &str| request.headers().get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
    let target = header("x-amz-target");
    let (operation, body) = match target.rsplit_once('.') {
        Some((_, operation)) => (operation.to_owned(), serde_json::from_slice(request.body()).unwrap()),
        None => {
            let pairs: serde_json::Map<String, Value> = String::from_utf8_lossy(request.body())
                .split('&')
                .filter_map(|pair| pair.split_once('='))
                .map(|(name, value)| {
                    let value = percent_encoding::percent_decode_str(value).decode_utf8_lossy().into_owned();
                    (name.to_owned(), Value::String(value))
                })
                .collect();
            (pairs.get("Action").and_then(Value::as_str).unwrap_or_default().to_owned(), Value::Object(pairs))
        }
    };
    Call {
        operation,
        body,
        user_agent: header("user-agent"),
        host: request.uri().host().unwrap_or_default().to_owned(),
    }
}

fn respond(reply: Reply) -> io::Result<http::Response<Bytes>> {
    let response = http::Response::builder().header("x-amzn-requestid", "request-1");
    let built = match reply {
        Reply::Json(body) => response.status(200).body(Bytes::from(body.to_string())),
        Reply::Error(status, code, message) => {
            let body = serde_json::json!({"__type": code, "message": message, "Message": message});
            response.status(status).body(Bytes::from(body.to_string()))
        }
        Reply::Xml(body) => response.status(200).body(Bytes::from(body)),
        Reply::Broken => return Err(io::Error::new(io::ErrorKind::ConnectionReset, "connection reset by peer")),
    };
    built.map_err(io::Error::other)
}

pub(crate) fn identity(account: &str) -> Reply {
    Reply::Xml(format!(
        "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>{account}</Account>\
         <Arn>arn:aws:iam::{account}:user/u</Arn><UserId>AIDA</UserId></GetCallerIdentityResult></GetCallerIdentityResponse>"
    ))
}
