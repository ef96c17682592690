//! From an account's name to clients that act in it: credentials, region, endpoint, transport.
//!
//! Credentials are made once for each account and kept by one cache that all its clients share. The first call in an account
//! must be [`Accounts::verify`]: whoever the credentials belong to, they must belong to the account that the environment names.

use crate::clients::Clients;
use crate::configuration::AwsConfiguration;
use crate::errors::failure;
use crate::metering::paced;
use crate::partition::partition_of;
use crate::progress::wait_after;
use crate::retries::retry_config;
use crate::transport;
use aws_config::identity::IdentityCache;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_organizations::types::AccountJoinedMethod;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::identity::SharedIdentityCache;
use charter_model::{AccountId, AccountName, AccountSource, AccountTarget, Placement, Region, did_you_mean};
use charter_provider::{Failure, FailureCode};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::OnceCell;

/// Longest wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest wait for an answer. The slowest answer to be expected is that of a SQL statement over the RDS Data API, which ends
/// it after 45 seconds (Amazon Aurora User Guide, "Using the Amazon RDS Data API": limitations).
const READ_TIMEOUT: Duration = Duration::from_secs(75);

/// How long the role of a new account is waited for: with the waits, about two minutes.
const NEW_ACCOUNT_TRIES: u32 = 15;
const NEW_ACCOUNT_WAIT: Duration = Duration::from_secs(10);
/// How long an account counts as new.
const NEW_ACCOUNT_AGE: Duration = Duration::from_secs(15 * 60);

/// All accounts of an environment.
pub(crate) struct Accounts {
    configuration: AwsConfiguration,
    http_client: SharedHttpClient,
    app_name: AppName,
    sessions: BTreeMap<AccountName, Session>,
    clients: Mutex<HashMap<Placement, Arc<Clients>>>,
}

/// What is known of one account, each found out at most once.
#[derive(Default)]
struct Session {
    /// The id of an account that the stacks make, once it is there.
    made: OnceLock<AccountId>,
    config: OnceCell<SdkConfig>,
    verified: OnceCell<()>,
}

impl Accounts {
    pub(crate) fn new(configuration: AwsConfiguration) -> Result<Self, Failure> {
        let app_name =
            AppName::new("charter").map_err(|error| Failure::new(FailureCode::InternalFailure, error.to_string()))?;
        let http_client = configuration
            .http_client
            .clone()
            .unwrap_or_else(|| transport::https_client(configuration.endpoint.is_none()));
        let sessions = configuration.accounts.keys().map(|name| (name.clone(), Session::default())).collect();
        let http_client = paced(http_client);
        Ok(Self { configuration, http_client, app_name, sessions, clients: Mutex::default() })
    }

    /// The clients for a placement.
    pub(crate) async fn clients(self: &Arc<Self>, placement: &Placement) -> Result<Arc<Clients>, Failure> {
        let known = self.clients.lock().unwrap_or_else(PoisonError::into_inner).get(placement).cloned();
        if let Some(clients) = known {
            return Ok(clients);
        }
        let (target, session) = self.account(&placement.account)?;
        let id = self.id(&placement.account, target, session)?;
        let config = session.config.get_or_init(|| self.account_config(target, id)).await;
        let config = config.to_builder().region(sdk_region(&placement.region)).build();
        let environment = self.configuration.environment.clone();
        let real = config.endpoint_url().is_none() && self.configuration.http_client.is_none();
        let all = Arc::downgrade(self);
        let made = Arc::new(Clients::new(placement.clone(), id.clone(), environment, config, real, all));
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(Arc::clone(clients.entry(placement.clone()).or_insert(made)))
    }

    /// Refuses credentials of another account than the one that the environment names. Asked once for each account: its
    /// regions share the credentials.
    pub(crate) async fn verify(self: &Arc<Self>, placement: &Placement) -> Result<(), Failure> {
        let (target, session) = self.account(&placement.account)?;
        let id = self.id(&placement.account, target, session)?;
        let clients = self.clients(placement).await?;
        let check = || async {
            let mut tries = 0;
            let identity = loop {
                match clients.sts().get_caller_identity().send().await.map_err(failure) {
                    Ok(identity) => break identity,
                    // The role of an account that was made a moment ago is not known to IAM at once.
                    Err(refused) if tries < NEW_ACCOUNT_TRIES && self.is_new(target, id).await => {
                        tokio::time::sleep(wait_after(tries, NEW_ACCOUNT_WAIT)).await;
                        tries = tries.saturating_add(1);
                        tracing::info!(account = %id, %refused, "waiting for the role of a new account");
                    }
                    Err(refused) => return Err(refused),
                }
            };
            match identity.account() {
                Some(account) if account == id.as_str() => Ok(()),
                account => {
                    let who = identity.arn().unwrap_or("unknown");
                    let message = format!(
                        "the environment {} says that account {} is {}, but the credentials are of account {} ({who}). \
                         Use credentials of the right account, or name a role in it as `role` of the account",
                        self.configuration.environment,
                        placement.account,
                        id,
                        account.unwrap_or("unknown"),
                    );
                    Err(Failure::new(FailureCode::InvalidCredentials, message))
                }
            }
        };
        session.verified.get_or_try_init(check).await.copied()
    }

    /// Whether the credentials from which roles are assumed are those of an organization that made an account a moment ago.
    async fn is_new(&self, target: &AccountTarget, id: &AccountId) -> bool {
        if target.role.is_none() {
            return false;
        }
        let organizations = aws_sdk_organizations::Client::new(&self.way_in(target).await);
        let answer = organizations.describe_account().account_id(id.as_str()).send().await;
        let Some(account) = answer.ok().and_then(|answer| answer.account) else { return false };
        let made = account.joined_method == Some(AccountJoinedMethod::Created);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let joined = account.joined_timestamp.and_then(|at| u64::try_from(at.secs()).ok()).map(Duration::from_secs);
        // What stands in for AWS has a clock of its own.
        let is_simulated = self.configuration.endpoint.is_some() || self.configuration.http_client.is_some();
        made && (is_simulated || joined.is_some_and(|joined| now.saturating_sub(joined) < NEW_ACCOUNT_AGE))
    }

    /// The clients for an account of the environment by its id, once its credentials are known to be right.
    pub(crate) async fn of_id(self: &Arc<Self>, id: &str, region: &Region) -> Result<Arc<Clients>, Failure> {
        let made = |name: &AccountName| self.sessions.get(name).and_then(|session| session.made.get());
        let mut accounts = self.configuration.accounts.iter();
        let named = accounts
            .find(|(name, target)| target.known_id().or_else(|| made(name)).is_some_and(|known| known.as_str() == id));
        let (name, _) = named.ok_or_else(|| {
            let message = format!("the environment {} has no account with the id {id}", self.configuration.environment);
            Failure::new(FailureCode::InvalidRequest, message)
        })?;
        let placement = Placement { account: name.clone(), region: region.clone() };
        self.verify(&placement).await?;
        self.clients(&placement).await
    }

    /// The ids of all accounts, those left out that are not made yet.
    pub(crate) fn ids(&self) -> Vec<String> {
        let made = |name: &AccountName| self.sessions.get(name).and_then(|session| session.made.get());
        let accounts = self.configuration.accounts.iter();
        accounts
            .filter_map(|(name, target)| target.known_id().or_else(|| made(name)))
            .map(ToString::to_string)
            .collect()
    }

    fn account(&self, name: &AccountName) -> Result<(&AccountTarget, &Session), Failure> {
        self.configuration.accounts.get(name).zip(self.sessions.get(name)).ok_or_else(|| {
            let names: Vec<&str> = self.configuration.accounts.keys().map(AccountName::as_str).collect();
            let help = match did_you_mean(name.as_str(), names.iter().copied()) {
                Some(meant) => format!("did you mean {meant}?"),
                None => format!("it has {}", names.join(", ")),
            };
            let message = format!("the environment {} has no account {name}; {help}", self.configuration.environment);
            Failure::new(FailureCode::InvalidRequest, message)
        })
    }

    /// Learns which account a name stands for that the stacks make.
    pub(crate) fn locate(&self, name: &AccountName, id: &AccountId) -> Result<(), Failure> {
        let (target, session) = self.account(name)?;
        let known = target.known_id().unwrap_or_else(|| session.made.get_or_init(|| id.clone()));
        if known == id {
            return Ok(());
        }
        let message = format!("account {name} is {known}, and cannot be {id} as well in the same run");
        Err(Failure::new(FailureCode::InvalidRequest, message))
    }

    /// The id of an account: as written, else as it was made.
    fn id<'s>(
        &self,
        name: &AccountName,
        target: &'s AccountTarget,
        session: &'s Session,
    ) -> Result<&'s AccountId, Failure> {
        target.known_id().or_else(|| session.made.get()).ok_or_else(|| {
            let by = target.made_by().map(ToString::to_string).unwrap_or_default();
            Failure::new(FailureCode::InvalidRequest, format!("account {name} is not there yet: {by} makes it"))
        })
    }

    /// What the role of an account is assumed with. The role of an account that Organizations made trusts the management account
    /// and nobody else, so it is assumed from there, by whatever role we have there. Source: Organizations User Guide, "Accessing
    /// member accounts in an organization".
    async fn way_in(&self, target: &AccountTarget) -> SdkConfig {
        if let AccountSource::Made { through: Some(through), .. } = &target.id
            && let Ok((management, session)) = self.account(through)
            && let Some(id) = management.known_id()
        {
            return session.config.get_or_init(|| Box::pin(self.account_config(management, id))).await.clone();
        }
        self.base_config(target).await
    }

    async fn account_config(&self, target: &AccountTarget, id: &AccountId) -> SdkConfig {
        let base = self.way_in(target).await;
        let Some(role) = &target.role else { return base };
        let tags = target.session_tags.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        let mut provider = AssumeRoleProvider::builder(self.role_arn(id, role))
            .configure(&base)
            .session_name(self.configuration.session_name.as_str())
            .tags(tags);
        if let Some(external_id) = &target.external_id {
            provider = provider.external_id(external_id);
        }
        let provider = SharedCredentialsProvider::new(provider.build().await);
        base.to_builder().credentials_provider(provider).identity_cache(identity_cache()).build()
    }

    async fn base_config(&self, target: &AccountTarget) -> SdkConfig {
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .region(sdk_region(&self.configuration.default_region))
            .http_client(self.http_client.clone())
            .app_name(self.app_name.clone())
            .retry_config(retry_config())
            .timeout_config(
                TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT).read_timeout(READ_TIMEOUT).build(),
            )
            // It guards long downloads; nothing here is long, and its timers would run ahead under paused time.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .identity_cache(identity_cache());
        if let Some(endpoint) = &self.configuration.endpoint {
            loader = loader.endpoint_url(endpoint);
        }
        if let Some(credentials) = &self.configuration.base_credentials {
            loader = loader.credentials_provider(credentials.clone());
        } else if let Some(profile) = &target.profile {
            loader = loader.profile_name(profile);
        }
        loader.load().await
    }

    /// A role may be written as its ARN, or by its name (with its path, if it has one) in the account.
    fn role_arn(&self, id: &AccountId, role: &str) -> String {
        if role.starts_with("arn:") {
            return role.to_owned();
        }
        let partition = partition_of(&self.configuration.default_region);
        format!("arn:{partition}:iam::{id}:role/{}", role.trim_start_matches('/'))
    }
}

fn identity_cache() -> SharedIdentityCache {
    IdentityCache::lazy().build()
}

fn sdk_region(region: &Region) -> aws_config::Region {
    aws_config::Region::new(region.as_str().to_owned())
}
