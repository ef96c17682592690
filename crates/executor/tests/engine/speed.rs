//! Bookkeeping must be linear: many operations, no time in the cloud.

use crate::cloud::NAMED;
use crate::world::{Row, World};
use charter_planner::Mode;
use serde_json::json;

#[tokio::test(start_paused = true)]
async fn ten_thousand_operations_take_seconds() {
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
    let begin = std::time::Instant::now();
    let (_keep, interrupt) = tokio::sync::watch::channel(charter_executor::Interrupt::None);
    let summary = world.apply_plan(&session, &plan, interrupt).await.unwrap();
    let took = begin.elapsed();
    println!("10,000 operations in {took:?}");
    assert_eq!(summary.created, 10_000);
    // Twenty times what it takes here unoptimised on one slow core: quadratic bookkeeping would not stay below.
    assert!(took.as_secs() < 60, "{took:?}");
}
