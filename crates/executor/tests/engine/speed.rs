//! Many operations, no time in the cloud: quadratic bookkeeping would keep this test from ending in reasonable time.

use crate::cloud::NAMED;
use crate::world::{Row, World};
use charter_planner::Mode;
use serde_json::json;

#[tokio::test(start_paused = true)]
async fn ten_thousand_operations_are_applied() {
    let rows: Vec<(String, serde_json::Value)> = (0..10_000)
        .map(|number| {
            let properties = match number % 100 {
                0 => json!({"Name": format!("r{number}")}),
                // Chains of a hundred.
                _ => json!({"Name": format!("r{number}"), "Ref": format!("${{r{}.Name}}", number - 1)}),
            };
            (format!("r{number}"), properties)
        })
        .collect();
    let rows: Vec<Row<'_>> = rows.iter().map(|(name, properties)| (name.as_str(), NAMED, properties.clone())).collect();
    let mut world = World::new(&rows);
    let session = world.open().await.unwrap();
    let plan = world.plan(&session, Mode::Apply).await;
    let (_keep, interrupt) = tokio::sync::watch::channel(charter_executor::Interrupt::None);
    let summary = world.apply_plan(&session, &plan, interrupt).await.unwrap();
    assert_eq!(summary.created, 10_000);
}
