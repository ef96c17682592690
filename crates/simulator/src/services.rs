//! The behaviour of services: one module each, and the list of them.

mod bedrock;
mod bedrock_agent;
mod budgets;
mod cloud_control;
mod cost_explorer;
mod datazone;
mod ec2;
mod iam;
mod kendra;
mod lake_formation;
mod life;
mod lookup;
pub(crate) mod organizations;
mod qbusiness;
mod ram;
mod rds;
mod rds_data;
mod s3;
mod secrets_manager;
mod shared;
mod sts;
mod sync_runs;
#[cfg(test)]
pub(crate) mod testing;
mod words;

use crate::service::Service;

pub(crate) use lookup::{
    bucket_owner, control_policy, control_properties, group_policies, managed_policy, resource_policy, secret_named,
};
pub(crate) use sts::unsigned_caller;

/// The behaviour of a service, by its folder name in botocore. None: every call is answered as not simulated.
pub(crate) fn behaviour(service: &str) -> Option<&'static dyn Service> {
    match service {
        "bedrock" => Some(&bedrock::Bedrock),
        "bedrock-agent" => Some(&bedrock_agent::BedrockAgent),
        "budgets" => Some(&budgets::Budgets),
        "ce" => Some(&cost_explorer::CostExplorer),
        "cloudcontrol" => Some(&cloud_control::CloudControl),
        "datazone" => Some(&datazone::DataZone),
        "ec2" => Some(&ec2::Ec2),
        "iam" => Some(&iam::Iam),
        "kendra" => Some(&kendra::Kendra),
        "lakeformation" => Some(&lake_formation::LakeFormation),
        "organizations" => Some(&organizations::Organizations),
        "qbusiness" => Some(&qbusiness::QBusiness),
        "ram" => Some(&ram::Ram),
        "rds" => Some(&rds::Rds),
        "rds-data" => Some(&rds_data::RdsData),
        "s3" => Some(&s3::S3),
        "secretsmanager" => Some(&secrets_manager::SecretsManager),
        "sts" => Some(&sts::Sts),
        _ => None,
    }
}
