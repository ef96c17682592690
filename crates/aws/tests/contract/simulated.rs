//! Against the simulator, in process and under paused time.

use crate::cases::{self, Case, assert_kept};
use crate::ground::{Ground, objects};
use crate::shared::{
    ACCOUNT, NEIGHBOUR, REGION, environment, next_door, placement, provider, simulated, simulated_with,
};
use charter_provider::contract::Driver;
use charter_simulator::Settings;
use serde_json::json;
use std::collections::BTreeSet;

/// Each type in a cloud of its own, so that no order matters.
async fn examine(settings: &Settings, fits: impl Fn(&Case) -> bool) {
    let mut reports = Vec::new();
    for case in cases::all().filter(|case| fits(case)) {
        let reach = simulated_with(settings.clone(), &[NEIGHBOUR]);
        let provider = provider(ACCOUNT, REGION, &reach).await;
        let driver = Driver::new(&provider, placement(REGION), environment());
        let neighbour = Driver::new(&provider, next_door(REGION), environment());
        let objects = objects(&reach);
        let mut ground = Ground { driver, account: ACCOUNT, neighbour, subnets: Vec::new(), objects };
        if case.type_name.starts_with("AWS::RDS::") || case.type_name == "Charter::RDS::SqlScript" {
            ground.subnets = subnets(&ground).await;
        }
        reports.push(case.examine(&ground).await);
    }
    assert_kept(&reports, "simulator");
}

async fn subnets(ground: &Ground<'_>) -> Vec<String> {
    let vpc = ground.make("AWS::EC2::VPC", json!({"CidrBlock": "10.0.0.0/16"})).await.unwrap().identifier;
    let mut subnets = Vec::new();
    for (index, zone) in ["us-east-1a", "us-east-1b", "us-east-1c"].into_iter().enumerate() {
        let block = format!("10.0.{index}.0/24");
        let subnet = json!({"VpcId": vpc, "CidrBlock": block, "AvailabilityZone": zone});
        subnets.push(ground.make("AWS::EC2::Subnet", subnet).await.unwrap().identifier);
    }
    subnets
}

fn is_of(service: &str) -> impl Fn(&Case) -> bool {
    let part = format!("::{service}::");
    move |case| case.type_name.contains(&part)
}

#[tokio::test(start_paused = true)]
async fn iam_keeps_the_contract() {
    examine(&Settings::default(), is_of("IAM")).await;
}

#[tokio::test(start_paused = true)]
async fn rds_keeps_the_contract() {
    examine(&Settings::default(), is_of("RDS")).await;
}

#[tokio::test(start_paused = true)]
async fn kendra_keeps_the_contract() {
    examine(&Settings::default(), is_of("Kendra")).await;
}

#[tokio::test(start_paused = true)]
async fn datazone_keeps_the_contract() {
    examine(&Settings::default(), is_of("DataZone")).await;
}

#[tokio::test(start_paused = true)]
async fn bedrock_keeps_the_contract() {
    examine(&Settings::default(), is_of("Bedrock")).await;
}

#[tokio::test(start_paused = true)]
async fn billing_keeps_the_contract() {
    examine(&Settings::default(), |case| is_of("Budgets")(case) || is_of("Billing")(case)).await;
}

#[tokio::test(start_paused = true)]
async fn q_business_keeps_the_contract() {
    examine(&Settings::default(), is_of("QBusiness")).await;
}

#[tokio::test(start_paused = true)]
async fn every_other_type_keeps_the_contract() {
    let grouped = ["IAM", "RDS", "Kendra", "DataZone", "Bedrock", "Budgets", "Billing", "QBusiness"].map(is_of);
    examine(&Settings::default(), |case| !grouped.iter().any(|group| group(case))).await;
}

/// "IAM … achieves high availability by replicating data across multiple servers … changes … must be replicated … which can take
/// some time" (<https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency>); other
/// services do likewise.
#[tokio::test(start_paused = true)]
async fn every_type_keeps_the_contract_though_reads_are_behind() {
    let behind = Settings { eventual_consistency: 3.0, ..Settings::default() };
    examine(&behind, |_| true).await;
}

#[tokio::test]
async fn every_native_type_is_examined() {
    let examined: BTreeSet<&str> = cases::all().map(|case| case.type_name).collect();
    let native = provider(ACCOUNT, REGION, &simulated(Settings::default())).await.native_types();
    // These are in the state only: there is nothing to look at and nothing to list.
    let elsewhere = |name: &&str| ["Charter::Manual::HandOff", "Charter::Bedrock::FineTuning"].contains(name);
    let missing: Vec<&str> =
        native.iter().map(|name| name.as_str()).filter(|name| !examined.contains(name) && !elsewhere(name)).collect();
    assert!(missing.is_empty(), "native types without a case: {missing:?}");
    let declared = crate::exceptions::all().into_iter().map(|exception| exception.type_name);
    let unknown: Vec<&str> = declared.filter(|name| !examined.contains(name)).collect();
    assert!(unknown.is_empty(), "exceptions of types that are not examined: {unknown:?}");
}
