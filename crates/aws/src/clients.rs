//! The SDK's clients for one placement, each built when it is first used.
//!
//! This is the only place that makes clients: credentials, region, endpoint, transport and retries are settled by
//! [`crate::accounts`], so no adapter can call the wrong account.

use crate::accounts::Accounts;
use crate::datazone::DomainOwners;
use crate::metering::Metering;
use crate::partition::partition_of;
use crate::retries::OneAttemptUnlessReading;
use aws_types::SdkConfig;
use charter_model::{AccountId, EnvironmentName, Placement, Region};
use charter_provider::{Failure, FailureCode};
use std::sync::{Arc, OnceLock, Weak};

/// The client of one service, made when it is first asked for: with what all clients have, and what this one has besides.
macro_rules! client {
    ($self:ident.$service:ident, $sdk:ident) => {
        client!($self.$service, $sdk, |builder| builder)
    };
    ($self:ident.$service:ident, $sdk:ident, |$builder:ident| $more:expr) => {
        $self.$service.get_or_init(|| {
            let $builder = $sdk::config::Builder::from(&$self.config);
            $sdk::Client::from_conf($more.interceptor(OneAttemptUnlessReading).interceptor(Metering).build())
        })
    };
}

/// The clients for one account and region.
pub(crate) struct Clients {
    real: bool,
    placement: Placement,
    account: AccountId,
    environment: EnvironmentName,
    config: SdkConfig,
    all: Weak<Accounts>,
    domain_owners: DomainOwners,
    bedrock: OnceLock<aws_sdk_bedrock::Client>,
    bedrock_agent: OnceLock<aws_sdk_bedrockagent::Client>,
    budgets: OnceLock<aws_sdk_budgets::Client>,
    cloud_control: OnceLock<aws_sdk_cloudcontrol::Client>,
    cost_explorer: OnceLock<aws_sdk_costexplorer::Client>,
    datazone: OnceLock<aws_sdk_datazone::Client>,
    iam: OnceLock<aws_sdk_iam::Client>,
    kendra: OnceLock<aws_sdk_kendra::Client>,
    lake_formation: OnceLock<aws_sdk_lakeformation::Client>,
    organizations: OnceLock<aws_sdk_organizations::Client>,
    ram: OnceLock<aws_sdk_ram::Client>,
    q_business: OnceLock<aws_sdk_qbusiness::Client>,
    rds: OnceLock<aws_sdk_rds::Client>,
    rds_data: OnceLock<aws_sdk_rdsdata::Client>,
    s3: OnceLock<aws_sdk_s3::Client>,
    secrets_manager: OnceLock<aws_sdk_secretsmanager::Client>,
    sts: OnceLock<aws_sdk_sts::Client>,
}

impl Clients {
    pub(crate) fn new(
        placement: Placement,
        account: AccountId,
        environment: EnvironmentName,
        config: SdkConfig,
        real: bool,
        all: Weak<Accounts>,
    ) -> Self {
        Self {
            real,
            placement,
            account,
            environment,
            config,
            all,
            domain_owners: DomainOwners::default(),
            bedrock: OnceLock::new(),
            bedrock_agent: OnceLock::new(),
            budgets: OnceLock::new(),
            cloud_control: OnceLock::new(),
            cost_explorer: OnceLock::new(),
            datazone: OnceLock::new(),
            iam: OnceLock::new(),
            kendra: OnceLock::new(),
            lake_formation: OnceLock::new(),
            organizations: OnceLock::new(),
            ram: OnceLock::new(),
            q_business: OnceLock::new(),
            rds: OnceLock::new(),
            rds_data: OnceLock::new(),
            s3: OnceLock::new(),
            secrets_manager: OnceLock::new(),
            sts: OnceLock::new(),
        }
    }

    /// The account that the environment names; [`charter_provider::Provider::verify`] holds the credentials against it.
    pub(crate) fn account_id(&self) -> &AccountId {
        &self.account
    }

    /// The region of every call that is not to a global service.
    pub(crate) fn region(&self) -> &Region {
        &self.placement.region
    }

    /// The environment that resources are marked with.
    pub(crate) fn environment(&self) -> &EnvironmentName {
        &self.environment
    }

    /// The clients for another account of the environment, in the same region: what one account asks for and another grants.
    pub(crate) async fn of_account(&self, id: &str) -> Result<Arc<Self>, Failure> {
        let gone = || Failure::new(FailureCode::InternalFailure, "the provider is gone");
        self.all.upgrade().ok_or_else(gone)?.of_id(id, self.region()).await
    }

    /// The ids of all accounts of the environment that are there.
    pub(crate) fn account_ids(&self) -> Vec<String> {
        self.all.upgrade().map(|all| all.ids()).unwrap_or_default()
    }

    /// Whose the DataZone domains are that were heard of.
    pub(crate) fn domain_owners(&self) -> &DomainOwners {
        &self.domain_owners
    }

    /// Whether calls go to AWS itself, not to an endpoint that stands in for it.
    pub(crate) fn is_aws(&self) -> bool {
        self.real
    }

    /// The second part of every ARN here: `aws`, `aws-cn`, …
    pub(crate) fn partition(&self) -> &'static str {
        partition_of(&self.placement.region)
    }

    pub(crate) fn bedrock(&self) -> &aws_sdk_bedrock::Client {
        client!(self.bedrock, aws_sdk_bedrock)
    }

    pub(crate) fn bedrock_agent(&self) -> &aws_sdk_bedrockagent::Client {
        client!(self.bedrock_agent, aws_sdk_bedrockagent)
    }

    pub(crate) fn budgets(&self) -> &aws_sdk_budgets::Client {
        client!(self.budgets, aws_sdk_budgets)
    }

    pub(crate) fn cloud_control(&self) -> &aws_sdk_cloudcontrol::Client {
        client!(self.cloud_control, aws_sdk_cloudcontrol)
    }

    pub(crate) fn cost_explorer(&self) -> &aws_sdk_costexplorer::Client {
        client!(self.cost_explorer, aws_sdk_costexplorer)
    }

    pub(crate) fn datazone(&self) -> &aws_sdk_datazone::Client {
        client!(self.datazone, aws_sdk_datazone)
    }

    pub(crate) fn iam(&self) -> &aws_sdk_iam::Client {
        client!(self.iam, aws_sdk_iam)
    }

    pub(crate) fn kendra(&self) -> &aws_sdk_kendra::Client {
        client!(self.kendra, aws_sdk_kendra)
    }

    pub(crate) fn lake_formation(&self) -> &aws_sdk_lakeformation::Client {
        client!(self.lake_formation, aws_sdk_lakeformation)
    }

    pub(crate) fn organizations(&self) -> &aws_sdk_organizations::Client {
        client!(self.organizations, aws_sdk_organizations)
    }

    pub(crate) fn ram(&self) -> &aws_sdk_ram::Client {
        client!(self.ram, aws_sdk_ram)
    }

    pub(crate) fn q_business(&self) -> &aws_sdk_qbusiness::Client {
        client!(self.q_business, aws_sdk_qbusiness)
    }

    pub(crate) fn rds(&self) -> &aws_sdk_rds::Client {
        client!(self.rds, aws_sdk_rds)
    }

    pub(crate) fn rds_data(&self) -> &aws_sdk_rdsdata::Client {
        client!(self.rds_data, aws_sdk_rdsdata)
    }

    pub(crate) fn s3(&self) -> &aws_sdk_s3::Client {
        // Behind one endpoint for all services there is no DNS name for each bucket.
        client!(self.s3, aws_sdk_s3, |builder| builder.force_path_style(self.config.endpoint_url().is_some()))
    }

    pub(crate) fn secrets_manager(&self) -> &aws_sdk_secretsmanager::Client {
        client!(self.secrets_manager, aws_sdk_secretsmanager)
    }

    pub(crate) fn sts(&self) -> &aws_sdk_sts::Client {
        client!(self.sts, aws_sdk_sts)
    }
}
