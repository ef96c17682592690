//! Fine-tuning: an act whose answer is lost is done once, and what it needs stays as long as it is there.

use super::support::{ACCOUNT, World, assert_code, properties};
use crate::shared::{Reach, environment, placement, provider};
use aws_credential_types::Credentials;
use charter_aws::{FineTuningGround, FineTuningOrder, in_process};
use charter_model::AccountId;
use charter_provider::FailureCode;
use charter_provider::contract::Driver;
use charter_simulator::{Organization, Settings, Simulator};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

const REGION: &str = "us-east-1";

/// A cloud whose first answer to the start of a job is lost.
async fn forgetful() -> World {
    let settings = Settings { exchanges: std::env::var_os("CHARTER_EXCHANGES").map(Into::into), ..Settings::default() };
    let simulator = Simulator::open(settings, None).unwrap();
    let organization = Organization { management: AccountId::new(ACCOUNT).unwrap(), members: Vec::new() };
    let keys = simulator.seed(&organization).unwrap();
    let loses = Arc::new(AtomicBool::new(true));
    let http_client = in_process::http_client(move |request| {
        let (cloud, loses) = (simulator.clone(), Arc::clone(&loses));
        async move {
            let starts = request.method() == "POST" && request.uri().path() == "/model-customization-jobs";
            let answer = cloud.handle(request).await.map_err(std::io::Error::other);
            match starts && loses.swap(false, Ordering::SeqCst) {
                true => Err(std::io::Error::other("the answer is lost")),
                false => answer,
            }
        }
    });
    let reach = Reach {
        endpoint: "http://127.0.0.1:4566".to_owned(),
        credentials: Credentials::new(keys.access_key_id, keys.secret_access_key, None, None, "test"),
        http_client: Some(http_client),
    };
    let provider = Box::leak(Box::new(provider(ACCOUNT, REGION, &reach).await));
    World { provider, driver: Driver::new(provider, placement(REGION), environment()) }
}

async fn made(world: &World, type_name: &str, wanted: Value, attribute: &str) -> Value {
    let address = format!("s/{}", type_name.rsplit("::").next().unwrap().to_lowercase());
    let done = world.create(&address, type_name, &properties(wanted)).await.unwrap();
    done.properties[attribute].clone()
}

#[tokio::test(start_paused = true)]
async fn a_job_whose_answer_was_lost_is_started_once_and_keeps_its_ground() {
    let world = forgetful().await;
    let statement =
        |principal: Value, action: &str| json!([{"Effect": "Allow", "Principal": principal, "Action": action}]);
    let trust = json!({"Version": "2012-10-17", "Statement": statement(json!({"Service": "bedrock.amazonaws.com"}), "sts:AssumeRole")});
    let role =
        made(&world, "AWS::IAM::Role", json!({"RoleName": "jobs", "AssumeRolePolicyDocument": trust}), "Arn").await;
    let mut policy = statement(json!({"AWS": format!("arn:aws:iam::{ACCOUNT}:root")}), "kms:*");
    policy[0]["Resource"] = json!("*");
    let key = json!({"KeyPolicy": {"Version": "2012-10-17", "Statement": policy}});
    let key = made(&world, "AWS::KMS::Key", key, "Arn").await;
    let vpc = made(&world, "AWS::EC2::VPC", json!({"CidrBlock": "10.0.0.0/16"}), "VpcId").await;
    let subnet = json!({"VpcId": vpc, "CidrBlock": "10.0.0.0/24"});
    let subnet = made(&world, "AWS::EC2::Subnet", subnet, "SubnetId").await;
    let group = json!({"VpcId": vpc, "GroupDescription": "jobs"});
    let group = made(&world, "AWS::EC2::SecurityGroup", group, "GroupId").await;
    let ground = properties(json!({
        "Name": "tuning", "RoleArn": role, "KmsKeyArn": key, "SubnetIds": [subnet], "SecurityGroupIds": [group],
        "TrainingDataUri": "s3://training/data/", "OutputUri": "s3://training/out/",
        "Tags": [{"Key": "lineOfBusiness", "Value": "retail"}],
    }));
    const TYPE: &str = "Charter::Bedrock::FineTuning";
    let recorded = world.create("s/jobs", TYPE, &ground).await.unwrap();

    let (place, ground) = (world.placement(), FineTuningGround::of(&recorded.properties).unwrap());
    let order = FineTuningOrder {
        name: "tuning-1".to_owned(),
        base_model: "amazon.nova-micro-v1:0:128k".to_owned(),
        training_data: "s3://training/data/reviews.jsonl".to_owned(),
        validation_data: None,
        hyper_parameters: [("epochCount".to_owned(), "2".to_owned())].into(),
        token: "0123456789abcdef".to_owned(),
    };
    let lost = world.provider.start_fine_tuning(&place, &ground, &order).await;
    assert_code(lost, FailureCode::NetworkFailure);
    // Who looks sees it; who asks again is given the same.
    let standing = world.provider.fine_tuning(&place, &ground).await.unwrap();
    let again = world.provider.start_fine_tuning(&place, &ground, &order).await.unwrap();
    let jobs: Vec<&str> = standing.jobs.iter().map(|job| job.arn.as_str()).collect();
    assert_eq!(jobs, [again.as_str()]);

    let held = world.delete(TYPE, "tuning", &recorded.properties, true).await;
    let held = assert_code(held, FailureCode::InvalidRequest);
    assert!(held.message.contains("charter finetune stop tuning-1 -e test --on s/r"), "{held}");
    world.provider.stop_fine_tuning(&place, "tuning-1").await.unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(600)).await;
    world.provider.stop_fine_tuning(&place, "tuning-1").await.unwrap();
    world.delete(TYPE, "tuning", &recorded.properties, true).await.unwrap();
}
