//! The provider itself: which adapter serves a request, and with which account's clients.

use crate::accounts::Accounts;
use crate::adapter::{Adapter, Step};
use crate::clients::Clients;
use crate::cloud_control::CloudControl;
use crate::configuration::AwsConfiguration;
use crate::errors::failure;
use crate::progress::{decode_handle, pending};
use crate::propagation::{Repeat, given_up, in_vain, is_passing};
use crate::recorded::carry_write_only;
use crate::state_only::StateOnly;
use crate::{
    bedrock, billing, datazone, iam, kendra, lake_formation, manual, organizations, qbusiness, ram, rds, reflecting,
    s3, secrets_manager,
};
use async_trait::async_trait;
use charter_catalog::{Catalog, TypeSchema};
use charter_model::{AccountId, AccountName, Placement, TypeName, Value};
use charter_provider::{
    CheckResponse, CreateRequest, DeleteRequest, Failure, FailureCode, LeftBehind, ListRequest, ListResponse, Observed,
    Operation, PreflightFinding, Progress, Properties, Provider, ReadRequest, RecoverRequest, Recovered,
    ResourcePreflight, StatusRequest, UpdateRequest,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// AWS, reached through the accounts of one environment.
pub struct AwsProvider {
    pub(crate) accounts: Arc<Accounts>,
    catalog: &'static Catalog,
    native: HashMap<&'static str, Arc<dyn Adapter>>,
    cloud_control: Arc<dyn Adapter>,
}

/// What the journal keeps of a pending operation: whose it is, then the adapter's own handle.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Handle {
    /// The adapter follows it.
    Adapter(String),
    /// The call is to be made again once IAM has caught up.
    Repeat(Repeat),
}

impl AwsProvider {
    /// Makes a provider. Nothing is called yet: credentials are fetched when an account is first used.
    pub async fn configure(configuration: AwsConfiguration, catalog: &'static Catalog) -> Result<Self, Failure> {
        let mut native = HashMap::new();
        for adapter in native_adapters(catalog) {
            native.extend(adapter.types().iter().map(|name| (*name, Arc::clone(&adapter))));
        }
        let cloud_control = reflecting::reading(CloudControl::new(catalog), catalog);
        Ok(Self { accounts: Arc::new(Accounts::new(configuration)?), catalog, native, cloud_control })
    }

    /// The types that have an adapter of their own, sorted; Cloud Control serves the rest of the registry.
    pub fn native_types(&self) -> Vec<TypeName> {
        let mut types: Vec<TypeName> = self.native.keys().filter_map(|name| TypeName::new(*name).ok()).collect();
        types.sort();
        types
    }

    /// The adapter of a type; Cloud Control serves the whole registry, but not Charter's own types.
    fn adapter(&self, type_name: &TypeName) -> Result<&Arc<dyn Adapter>, Failure> {
        if let Some(adapter) = self.native.get(type_name.as_str()) {
            return Ok(adapter);
        }
        if self.catalog.schema(type_name).is_none() || type_name.as_str().starts_with("Charter::") {
            let message = format!("{type_name} is not a type that this version of Charter can make");
            return Err(Failure::new(FailureCode::Unsupported, message));
        }
        Ok(&self.cloud_control)
    }

    async fn route(
        &self,
        type_name: &TypeName,
        placement: &Placement,
    ) -> Result<(&Arc<dyn Adapter>, Arc<Clients>), Failure> {
        Ok((self.adapter(type_name)?, self.accounts.clients(placement).await?))
    }

    async fn create_attempt(&self, request: CreateRequest, attempts: u32) -> Step {
        let (adapter, clients) = self.route(&request.type_name, &request.placement).await?;
        let (address, properties) = (request.address.clone(), request.properties.clone());
        let step = adapter.create(&clients, request).await;
        let repeat = Repeat { attempts, address, changed: Vec::new() };
        wrap(step, None, repeat, &clients, &properties).await
    }

    async fn update_attempt(&self, request: UpdateRequest, attempts: u32) -> Step {
        let (adapter, clients) = self.route(&request.type_name, &request.placement).await?;
        let (address, changed) = (request.address.clone(), request.changed.clone());
        let identifier = Some(request.identifier.clone());
        let properties = request.properties.clone();
        let step = adapter.update(&clients, request).await;
        wrap(step, identifier, Repeat { attempts, address, changed }, &clients, &properties).await
    }

    async fn delete_step(&self, request: DeleteRequest) -> Step {
        let (adapter, clients) = self.route(&request.type_name, &request.placement).await?;
        envelope(adapter.delete(&clients, request).await?)
    }

    async fn status_step(&self, request: StatusRequest) -> Step {
        match decode_handle::<Handle>(&request.handle)? {
            Handle::Adapter(handle) => {
                let (adapter, clients) = self.route(&request.type_name, &request.placement).await?;
                envelope(adapter.status(&clients, StatusRequest { handle, ..request }).await?)
            }
            Handle::Repeat(repeat) => self.repeat(request, repeat).await,
        }
    }

    async fn repeat(&self, request: StatusRequest, repeat: Repeat) -> Step {
        request.can_be_asked_again()?;
        let attempts = repeat.attempts.saturating_add(1);
        match (request.operation, request.identifier) {
            (Operation::Update, Some(identifier)) => {
                let read = ReadRequest {
                    type_name: request.type_name.clone(),
                    placement: request.placement.clone(),
                    identifier: identifier.clone(),
                    recorded: None,
                };
                let Observed::Present { properties: observed } = self.read(read).await? else {
                    return Err(crate::progress::not_found(request.type_name.as_str(), &identifier));
                };
                let update = UpdateRequest {
                    address: repeat.address,
                    type_name: request.type_name,
                    placement: request.placement,
                    identifier,
                    observed,
                    properties: request.properties,
                    changed: repeat.changed,
                    token: request.token,
                };
                self.update_attempt(update, attempts).await
            }
            _ => {
                let create = CreateRequest {
                    address: repeat.address,
                    type_name: request.type_name,
                    placement: request.placement,
                    properties: request.properties,
                    token: request.token,
                };
                self.create_attempt(create, attempts).await
            }
        }
    }
}

/// Puts the adapter's handle into ours.
fn envelope(progress: Progress) -> Step {
    match progress {
        Progress::Pending(mut pending) => {
            pending.handle = crate::progress::encode_handle(&Handle::Adapter(pending.handle))?;
            Ok(Progress::Pending(pending))
        }
        other => Ok(other),
    }
}

/// The same, and turns "that role cannot be assumed" into a wait for IAM, as long as that is believable.
async fn wrap(
    step: Step,
    identifier: Option<String>,
    repeat: Repeat,
    clients: &Clients,
    properties: &Properties,
) -> Step {
    let failed = match step {
        Ok(Progress::Failed(failed)) | Err(failed) => failed,
        Ok(progress) => return envelope(progress),
    };
    if !is_passing(&failed) {
        return Err(failed);
    }
    if let Some(told) = in_vain(clients, properties, repeat.attempts, &failed).await {
        return Err(told);
    }
    match repeat.wait() {
        Some(wait) => pending(&Handle::Repeat(repeat), identifier, wait, "waiting for IAM"),
        None => Err(given_up(failed)),
    }
}

fn settle(step: Step) -> Progress {
    step.unwrap_or_else(Progress::Failed)
}

/// What [`Provider::left_behind`] says of each type, without a configuration: for plans that are made without credentials.
pub fn left_behind(catalog: &'static Catalog) -> HashMap<TypeName, LeftBehind> {
    let said = native_adapters(catalog).into_iter().filter_map(|adapter| Some((adapter.left_behind()?, adapter)));
    said.flat_map(|(left, adapter)| {
        adapter.types().iter().filter_map(move |name| Some((TypeName::new(*name).ok()?, left))).collect::<Vec<_>>()
    })
    .collect()
}

/// Every native adapter. A type that none of them names goes to Cloud Control.
fn native_adapters(catalog: &'static Catalog) -> Vec<Arc<dyn Adapter>> {
    let mut adapters: Vec<Arc<dyn Adapter>> = vec![Arc::new(StateOnly(manual::HandOffs))];
    adapters.extend(bedrock::adapters(catalog));
    adapters.extend(billing::adapters(catalog));
    adapters.extend(datazone::adapters(catalog));
    adapters.extend(iam::adapters(catalog));
    adapters.extend(kendra::adapters(catalog));
    adapters.extend(lake_formation::adapters(catalog));
    adapters.extend(organizations::adapters(catalog));
    adapters.extend(qbusiness::adapters(catalog));
    adapters.extend(ram::adapters(catalog));
    adapters.extend(rds::adapters(catalog));
    adapters.extend(s3::adapters(catalog));
    adapters.extend(secrets_manager::adapters(catalog));
    adapters
}

#[async_trait]
impl Provider for AwsProvider {
    fn schema(&self, type_name: &TypeName) -> Option<Arc<TypeSchema>> {
        self.catalog.schema(type_name)
    }

    /// Cloud Control's calls count against its own rate, whatever it is asked for.
    fn service(&self, type_name: &TypeName) -> Arc<str> {
        let native = self.native.contains_key(type_name.as_str());
        if native { type_name.service().into() } else { "CloudControl".into() }
    }

    async fn verify(&self, placement: &Placement) -> Result<(), Failure> {
        self.accounts.verify(placement).await
    }

    fn locate(&self, account: &AccountName, id: &AccountId) -> Result<(), Failure> {
        self.accounts.locate(account, id)
    }

    async fn preflight(&self, placement: &Placement, types: &[TypeName]) -> Result<Vec<PreflightFinding>, Failure> {
        let clients = self.accounts.clients(placement).await?;
        // Each adapter is asked once, with all of its types.
        let mut groups: BTreeMap<&'static str, (&Arc<dyn Adapter>, Vec<TypeName>)> = BTreeMap::new();
        for type_name in types {
            if let Some(adapter) = self.native.get(type_name.as_str())
                && let Some(first) = adapter.types().first()
            {
                groups.entry(*first).or_insert_with(|| (adapter, Vec::new())).1.push(type_name.clone());
            }
        }
        let mut findings = Vec::new();
        for (adapter, types) in groups.values() {
            findings.extend(adapter.preflight(&clients, types).await?);
        }
        Ok(findings)
    }

    async fn preflight_resource(&self, resource: &ResourcePreflight) -> Result<Vec<PreflightFinding>, Failure> {
        let (adapter, clients) = self.route(&resource.type_name, &resource.placement).await?;
        adapter.preflight_resource(&clients, resource).await
    }

    fn check(&self, type_name: &TypeName, desired: &Value) -> CheckResponse {
        self.adapter(type_name).map(|adapter| adapter.check(type_name, desired)).unwrap_or_default()
    }

    fn left_behind(&self, type_name: &TypeName) -> Option<LeftBehind> {
        self.adapter(type_name).ok()?.left_behind()
    }

    async fn create(&self, request: CreateRequest) -> Progress {
        settle(self.create_attempt(request, 1).await)
    }

    async fn read(&self, request: ReadRequest) -> Result<Observed, Failure> {
        let (adapter, clients) = self.route(&request.type_name, &request.placement).await?;
        let (type_name, recorded) = (request.type_name.clone(), request.recorded.clone());
        let mut observed = adapter.read(&clients, request).await?;
        if let (Observed::Present { properties }, Some(schema)) = (&mut observed, self.catalog.schema(&type_name)) {
            carry_write_only(schema.write_only(), recorded.as_ref(), properties);
        }
        Ok(observed)
    }

    async fn update(&self, request: UpdateRequest) -> Progress {
        settle(self.update_attempt(request, 1).await)
    }

    async fn delete(&self, request: DeleteRequest) -> Progress {
        settle(self.delete_step(request).await)
    }

    async fn status(&self, request: StatusRequest) -> Progress {
        settle(self.status_step(request).await)
    }

    async fn list(&self, request: ListRequest) -> Result<ListResponse, Failure> {
        let (adapter, clients) = self.route(&request.type_name, &request.placement).await?;
        adapter.list(&clients, request).await
    }

    async fn recover(&self, request: RecoverRequest) -> Result<Recovered, Failure> {
        let (adapter, clients) = self.route(&request.type_name, &request.placement).await?;
        Ok(match adapter.recover(&clients, request).await? {
            Recovered::Pending(found) => match envelope(Progress::Pending(found))? {
                Progress::Pending(found) => Recovered::Pending(found),
                // An envelope changes nothing but the handle.
                Progress::Done(_) | Progress::Failed(_) => Recovered::Absent,
            },
            other => other,
        })
    }

    async fn secret(&self, placement: &Placement, name: &str) -> Result<String, Failure> {
        let clients = self.accounts.clients(placement).await?;
        let answer = clients.secrets_manager().get_secret_value().secret_id(name).send().await.map_err(failure)?;
        match answer.secret_string {
            Some(text) => Ok(text),
            None => {
                let message = format!("the secret {name} in account {} is binary, not text", placement.account);
                Err(Failure::new(FailureCode::InvalidRequest, message))
            }
        }
    }
}
