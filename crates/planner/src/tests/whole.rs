//! The plan as a whole: drift, outputs, its saved form.

use super::{settled, show};
use crate::testing::{Cloud, World};
use crate::{Mode, Plan, PlanFileError, Selection, Stale, restore_secrets};
use insta::assert_snapshot;
use serde_json::json;

#[test]
fn drift_looks_at_what_was_set_and_at_nothing_of_the_stacks() {
    let mut cloud = Cloud::with("s/a Thing {\"Size\": 1}\ns/b Thing {}\ns/c Thing {}");
    cloud.change("s/a", "Size", json!(9));
    cloud.change("s/b", "Size", json!(9));
    cloud.vanish("s/c");
    let world = World::new("s/a Thing {\"Size\": 44}\ns/new Thing {}");
    let plan = cloud.try_plan(&world, Mode::Drift, Selection::default()).unwrap();
    assert_snapshot!(show(&plan), @"
    none s/a (it was changed behind our back)
      /Size: 1 -> 9 (drifted)
    forget s/c (it was deleted behind our back)
    ");
    assert_eq!((plan.counts().drifted, plan.counts().forget, plan.has_changes()), (1, 1, true));
}

#[test]
fn accepted_drift_is_recorded_without_a_call_and_still_put_back_by_the_next_apply() {
    let text = "s/a Thing {\"Size\": 1}";
    let mut cloud = Cloud::with(text);
    cloud.change("s/a", "Size", json!(9));
    let world = World::new(text);
    let plan = cloud.try_plan(&world, Mode::Drift, Selection::default()).unwrap();
    cloud.log.clear();
    cloud.run(&world, &plan);
    assert_eq!(cloud.log, ["record s/a"]);
    assert_eq!(cloud.there("s/a")["Size"], json!(9));
    assert_snapshot!(show(&cloud.plan(&world)), @"
    update s/a
      /Size: 9 -> 1 (drifted)
    ");
}

#[test]
fn without_drift_a_plan_of_drift_is_empty() {
    let text = "s/a Thing {\"Size\": 1, \"Password\": \"secret://env/PASSWORD\"}\ns/b Thing {\"Link\": \"${a.Arn}\"}";
    let cloud = Cloud::with(text);
    let plan = cloud.try_plan(&World::new(text), Mode::Drift, Selection::default()).unwrap();
    assert!(plan.is_empty(), "{}", show(&plan));
}

#[test]
fn outputs_appear_change_and_go() {
    let mut cloud = Cloud::new();
    let world = World::new("s/a Thing {\"Size\": 1}\noutput s/arn ${a.Arn}\noutput s/size ${a.Size}");
    assert_snapshot!(show(&cloud.plan(&world)), @r#"
    create s/a
      /Size = 1
    output s/arn: - -> {"$unknown":"after s/a is created"}
    output s/size: - -> 1
    "#);
    cloud.apply(&world);
    settled(&cloud, &world);
    let world = World::new("s/a Thing {\"Size\": 2}\noutput s/size ${a.Size}");
    assert_snapshot!(show(&cloud.plan(&world)), @r#"
    update s/a
      /Size: 1 -> 2 (configured)
    output s/arn: "arn:id-1" -> null
    output s/size: 1 -> 2
    "#);
    cloud.apply(&world);
    settled(&cloud, &world);
    cloud.destroy(&world);
    assert!(cloud.snapshot.outputs.is_empty());
}

#[test]
fn an_output_alone_is_a_change() {
    let mut cloud = Cloud::with("s/a Thing {}");
    let world = World::new("s/a Thing {}\noutput s/arn ${a.Arn}");
    let plan = cloud.apply(&world);
    assert!(plan.has_changes() && !plan.is_empty() && plan.operations.is_empty());
    settled(&cloud, &world);
}

#[test]
fn a_saved_plan_reads_back_as_it_was() {
    let mut cloud = Cloud::with("s/a Thing {\"Zone\": \"x\"}\ns/b Thing {\"Link\": \"${a.Arn}\"}");
    let world = World::new("s/a Thing {\"Zone\": \"y\"}\ns/b Thing {\"Link\": \"${a.Arn}\"}\noutput s/arn ${b.Arn}");
    let plan = cloud.plan(&world);
    let back = Plan::from_json(&plan.to_json().unwrap()).unwrap();
    assert_eq!(back, plan);
    cloud.run(&world, &back);
    settled(&cloud, &world);
}

#[test]
fn a_saved_plan_holds_no_secret_and_takes_it_from_the_stacks_again() {
    let text = "s/a Thing {\"Password\": \"in-the-clear\", \"Size\": 1}";
    let mut cloud = Cloud::new();
    let world = World::new(text);
    let json = cloud.plan(&world).to_json().unwrap();
    assert!(!json.contains("in-the-clear"), "{json}");
    let mut back = Plan::from_json(&json).unwrap();
    let catalog = crate::testing::types();
    let other = World::new("s/a Thing {\"Password\": \"changed-since\", \"Size\": 1}");
    assert!(restore_secrets(&mut back.clone(), &other.graph(), &catalog, "salt").is_err());
    restore_secrets(&mut back, &world.graph(), &catalog, "salt").unwrap();
    cloud.run(&world, &back);
    assert_eq!(cloud.there("s/a")["Password"], json!("in-the-clear"));
    settled(&cloud, &world);
}

#[test]
fn a_plan_made_from_another_state_is_stale() {
    let mut cloud = Cloud::with("s/a Thing {}");
    let world = World::new("s/a Thing {\"Size\": 2}");
    let plan = cloud.plan(&world);
    assert_eq!(plan.check_fresh(&cloud.snapshot), Ok(()));
    cloud.recorded_mut("s/a").protect = true;
    assert_eq!(plan.check_fresh(&cloud.snapshot), Err(Stale::Content));
    cloud.snapshot.serial += 1;
    assert!(matches!(plan.check_fresh(&cloud.snapshot), Err(Stale::Serial { .. })));
    cloud.snapshot.lineage = "other".into();
    assert_eq!(plan.check_fresh(&cloud.snapshot), Err(Stale::Lineage));
    cloud.snapshot.environment = "prod".parse().unwrap();
    assert!(matches!(plan.check_fresh(&cloud.snapshot), Err(Stale::Environment { .. })));
}

#[test]
fn a_plan_of_another_version_or_of_something_else_is_refused() {
    let json = Cloud::new().plan(&World::new("s/a Thing {}")).to_json().unwrap();
    let newer = json.replacen("\"version\": 1", "\"version\": 99", 1);
    assert!(matches!(Plan::from_json(&newer), Err(PlanFileError::Version { found: 99 })));
    assert!(matches!(Plan::from_json("{\"version\": 1}"), Err(PlanFileError::NotAPlan(_))));
    assert!(matches!(Plan::from_json("nothing"), Err(PlanFileError::NotAPlan(_))));
}

#[test]
fn the_same_input_gives_the_same_plan() {
    let text = "s/a Thing {}\ns/b Thing {\"Link\": \"${a.Arn}\"}\ns/c Other {\"Link\": \"${a.Id}\"}";
    let one = Cloud::new().plan(&World::new(text)).to_json().unwrap();
    assert_eq!(one, Cloud::new().plan(&World::new(text)).to_json().unwrap());
}

#[test]
fn the_checker_sees_what_is_wrong_with_a_plan() {
    let cloud = Cloud::with("s/a Thing {}\ns/b Thing {\"Link\": \"${a.Arn}\"}\ns/p Thing {}");
    let world = World::new("s/p Thing {}");
    let good = cloud.plan(&world);
    let breaches = |change: &dyn Fn(&mut Plan, &mut charter_state::Snapshot)| {
        let (mut plan, mut snapshot) = (good.clone(), cloud.snapshot.clone());
        change(&mut plan, &mut snapshot);
        crate::verify(&plan, &world.graph(), &snapshot).unwrap_err().iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert!(breaches(&|plan, _| plan.edges.clear())[0].contains("made after it"));
    assert!(breaches(&|plan, _| plan.edges.push(crate::Edge { before: 7, after: 0 }))[0].contains("nowhere"));
    assert!(
        breaches(&|plan, _| {
            let edge = plan.edges[0];
            plan.edges.push(crate::Edge { before: edge.after, after: edge.before });
        })[0]
            .contains("wait for each other")
    );
    assert!(breaches(&|plan, _| plan.steps.reverse())[0].contains("not sorted"));
    assert!(breaches(&|plan, _| drop(plan.steps.pop()))[0].contains("does not speak of it"));
    assert!(
        breaches(&|plan, _| {
            let again = plan.operations[0].clone();
            plan.operations.push(again);
        })
        .iter()
        .any(|text| text.contains("do not go together"))
    );
    assert!(
        breaches(&|plan, _| {
            for operation in &mut plan.operations {
                operation.prior.as_mut().unwrap().protect = true;
            }
        })
        .iter()
        .any(|text| text.contains("is protected"))
    );
    assert!(
        breaches(&|plan, _| {
            plan.operations.clear();
            plan.edges.clear();
        })[0]
            .contains("no operation carries out")
    );
    assert!(
        breaches(&|_, snapshot| {
            let record = snapshot.resources.values().next().unwrap().clone();
            snapshot.deposed.push(charter_state::Deposed { record });
        })
        .iter()
        .any(|text| text.contains("left is not deleted"))
    );
}
