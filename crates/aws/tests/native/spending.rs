//! What was spent, and what fine-tuning leaves: told by calls that no resource makes.

use super::support::{World, assert_code, properties};
use charter_aws::SpendingRequest;
use charter_provider::FailureCode;
use charter_simulator::Settings;
use serde_json::json;
use std::time::Duration;

const KEY: &str = "AWS::KMS::Key";
const TAGS: &str = "Charter::Billing::CostAllocationTags";
const DAY: Duration = Duration::from_secs(86_400);

fn request(from: &str, to: &str, daily: bool) -> SpendingRequest {
    SpendingRequest { tag_key: "lineOfBusiness".to_owned(), from: from.to_owned(), to: to.to_owned(), daily }
}

fn key(line: &str) -> charter_provider::Properties {
    let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111111111111:root"},
        "Action": "kms:*", "Resource": "*"}]});
    properties(json!({"KeyPolicy": policy, "Tags": [{"Key": "lineOfBusiness", "Value": line}]}))
}

#[tokio::test(start_paused = true)]
async fn what_was_spent_is_told_by_line_of_business_over_all_pages() {
    let world = World::new(Settings::default(), "us-east-1").await;
    for line in ["cards", "mortgages", "retail"] {
        world.create(&format!("s/{line}"), KEY, &key(line)).await.unwrap();
    }
    let january = request("2026-01-01", "2026-02-01", false);
    let before = world.provider.spending(&world.placement(), &january).await.unwrap();
    assert!(!before.is_active && before.is_available, "{before:?}");

    world.create("s/tags", TAGS, &properties(json!({"TagKeys": ["lineOfBusiness"]}))).await.unwrap();
    tokio::time::sleep(60 * DAY).await;
    // Three groups a day: more than one page holds.
    let days = request("2026-01-02", "2026-03-01", true);
    let spending = world.provider.spending(&world.placement(), &days).await.unwrap();
    assert!(spending.is_active && spending.requests > 1, "{}", spending.requests);
    assert_eq!(spending.periods.len(), 58);
    let per_day = 24.0 / 730.0;
    let of = |line: &str| {
        let rows = spending.rows.iter().filter(|row| row.tag_value.as_deref() == Some(line));
        rows.map(|row| row.amount).sum::<f64>()
    };
    for line in ["cards", "mortgages", "retail"] {
        assert!((of(line) - 58.0 * per_day).abs() < 0.001, "{line}: {}", of(line));
    }
    assert_eq!(spending.currency.as_deref(), Some("USD"));
    assert!(spending.rows.iter().all(|row| row.service == "AWS Key Management Service"));
    // The bill of a month that is over is closed.
    let both = request("2026-01-01", "2026-03-03", false);
    let months = world.provider.spending(&world.placement(), &both).await.unwrap();
    let estimated: Vec<bool> = months.periods.values().copied().collect();
    assert_eq!(estimated, [false, false, true], "{:?}", months.periods);
}

#[tokio::test(start_paused = true)]
async fn there_may_be_no_data_yet_and_a_period_may_be_refused() {
    let behind = Settings { eventual_consistency: 3.0, ..Settings::default() };
    let world = World::new(behind, "us-east-1").await;
    let january = request("2026-01-01", "2026-01-02", false);
    let first = world.provider.spending(&world.placement(), &january).await.unwrap();
    assert!(!first.is_available && first.rows.is_empty());
    tokio::time::sleep(2 * DAY).await;
    assert!(world.provider.spending(&world.placement(), &january).await.unwrap().is_available);
    let old = request("2020-01-01", "2026-01-02", false);
    let refused = assert_code(world.provider.spending(&world.placement(), &old).await, FailureCode::InvalidRequest);
    assert!(refused.message.contains("14 months"), "{refused}");
}
