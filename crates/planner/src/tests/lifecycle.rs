//! How resources live and die.

use super::{edit, run, settled, show};
use crate::testing::{Cloud, World};
use crate::{Mode, OperationKind, Plan, Selection};
use charter_state::RecordStatus;
use insta::assert_snapshot;
use std::collections::BTreeSet;

#[test]
fn a_removed_block_is_deleted() {
    assert_snapshot!(edit("s/a Thing {}\ns/b Thing {}", "s/b Thing {}"), @"delete s/a (its block was removed)");
    assert_eq!(run("s/a Thing {}", ""), ["delete s/a"]);
}

#[test]
fn what_was_deleted_behind_our_back_is_made_again() {
    let mut cloud = Cloud::with("s/a Thing {\"Size\": 1}\ns/b Thing {\"Link\": \"${a.Arn}\"}");
    cloud.vanish("s/a");
    let world = World::new("s/a Thing {\"Size\": 1}\ns/b Thing {\"Link\": \"${a.Arn}\"}");
    assert_snapshot!(show(&cloud.plan(&world)), @r#"
    create s/a (it was deleted behind our back)
      /Size = 1
    update s/b
      /Link: "arn:id-1" -> {"$unknown":"after s/a is created"} (reference)
    "#);
    cloud.apply(&world);
    settled(&cloud, &world);
    cloud.assert_accounted();
}

#[test]
fn a_name_that_a_deleted_one_keeps_is_never_given_again() {
    let environment = |zone: &str| World::new(&format!("s/a AWS::DataZone::Environment {{\"Zone\": \"{zone}\"}}"));
    let mut cloud = Cloud::new();
    let mut names = BTreeSet::new();
    let mut apply = |cloud: &mut Cloud, zone: &str| {
        cloud.apply(&environment(zone));
        settled(cloud, &environment(zone));
        let name = cloud.things.values().next().unwrap().properties["Name"].clone();
        assert!(names.insert(name.to_string()), "{name} was given before: {names:?}");
    };
    apply(&mut cloud, "x");
    apply(&mut cloud, "y");
    cloud.vanish("s/a");
    apply(&mut cloud, "y");
    // Its block, or all that was recorded of it, is gone for a while: a run was stopped between the deletion and the creation.
    cloud.apply(&World::new(""));
    apply(&mut cloud, "y");
}

#[test]
fn an_orphan_that_is_gone_already_is_forgotten() {
    let mut cloud = Cloud::with("s/a Thing {}");
    cloud.vanish("s/a");
    assert_snapshot!(show(&cloud.plan(&World::new(""))), @"forget s/a (its block was removed; it is already gone)");
}

#[test]
fn protect_survives_removal_of_the_block() {
    let cloud = Cloud::with("s/a Thing {} protect");
    assert_snapshot!(cloud.refusal(&World::new(""), Mode::Apply), @"
    charter::protected: s/a is protected and would be deleted
      help: its block is gone, its protection is kept in the state: put the block back, with `protect: false` if it may be deleted; or leave the real one alone and forget it with `charter state rm s/a`
    ");
}

#[test]
fn protect_refuses_replacement() {
    let cloud = Cloud::with("s/a Thing {\"Zone\": \"x\"} protect");
    assert_snapshot!(cloud.refusal(&World::new("s/a Thing {\"Zone\": \"y\"} protect"), Mode::Apply), @"
    charter::protected at stacks/test.yaml:1:1: s/a is protected and would be replaced
      help: undo the change, or set `protect: false` on it if it may be deleted and made anew
    ");
}

#[test]
fn protect_refuses_destruction_of_all_at_once() {
    let text = "s/a Thing {} protect\ns/b Thing {}\ns/c Thing {} protect";
    let refused = Cloud::with(text).refusal(&World::new(text), Mode::Destroy);
    assert_eq!(refused.matches("charter::protected").count(), 2);
}

#[test]
fn protect_allows_updates_and_is_switched_off_by_the_block() {
    let mut cloud = Cloud::with("s/a Thing {\"Size\": 1} protect");
    cloud.apply(&World::new("s/a Thing {\"Size\": 2} protect"));
    assert!(cloud.recorded("s/a").protect);
    let world = World::new("s/a Thing {\"Size\": 2}");
    assert_snapshot!(show(&cloud.plan(&world)), @"none s/a (its protection is switched off)");
    cloud.apply(&world);
    assert!(!cloud.recorded("s/a").protect);
    cloud.apply(&World::new(""));
    cloud.assert_accounted();
}

#[test]
fn a_retained_resource_is_forgotten_not_deleted() {
    let mut cloud = Cloud::with("s/a Thing {} retain");
    assert_snapshot!(show(&cloud.plan(&World::new(""))), @"forget s/a (its block was removed; it is retained: the real one stays)");
    cloud.apply(&World::new(""));
    assert!(cloud.snapshot.resources.is_empty() && cloud.things.len() == 1);
}

#[test]
fn a_retained_resource_is_left_behind_when_it_is_replaced() {
    let mut cloud = Cloud::with("s/a Thing {\"Zone\": \"x\"} retain");
    cloud.log.clear();
    cloud.apply(&World::new("s/a Thing {\"Zone\": \"y\"} retain"));
    assert_eq!(cloud.log, ["forget s/a", "create s/a"]);
    assert_eq!(cloud.things.len(), 2);
    settled(&cloud, &World::new("s/a Thing {\"Zone\": \"y\"} retain"));
}

#[test]
fn a_retained_resource_with_a_fixed_name_cannot_be_replaced() {
    let text = |zone: &str| format!("s/a Thing {{\"Zone\": \"{zone}\", \"ThingName\": \"n\"}} retain");
    let refused = Cloud::with(&text("x")).refusal(&World::new(&text("y")), Mode::Apply);
    assert!(refused.starts_with("charter::retained-name"), "{refused}");
}

#[test]
fn a_move_is_recorded_and_only_the_address_tag_changes() {
    let mut cloud = Cloud::with("s/a Thing {\"Size\": 1}\ns/c Thing {\"Link\": \"${a.Arn}\"}");
    let name = cloud.there("s/a")["ThingName"].clone();
    let world = World::new("s/b Thing {\"Size\": 1} movedFrom=s/a\ns/c Thing {\"Link\": \"${b.Arn}\"}");
    let plan = cloud.plan(&world);
    assert_eq!((plan.counts().moved, plan.counts().update, plan.counts().delete), (1, 1, 0));
    cloud.log.clear();
    cloud.apply(&world);
    assert_eq!(cloud.log.iter().filter(|line| line.ends_with("s/b")).collect::<Vec<_>>(), ["record s/b", "update s/b"]);
    assert_eq!(cloud.there("s/b")["ThingName"], name);
    // The word may stay in the stacks.
    settled(&cloud, &world);
    cloud.assert_accounted();
}

#[test]
fn a_move_can_come_with_a_change_and_with_a_replacement() {
    let mut cloud = Cloud::with("s/a Thing {\"Size\": 1}");
    let world = World::new("t/b Thing {\"Size\": 2} movedFrom=s/a");
    assert!(show(&cloud.plan(&world)).contains("/Size: 1 -> 2 (configured)"));
    cloud.apply(&world);
    settled(&cloud, &world);
    let world = World::new("t/c Thing {\"Size\": 2, \"Zone\": \"z\"} movedFrom=t/b");
    let plan = cloud.plan(&world);
    assert_eq!(plan.steps[0].reason.as_deref(), Some("it stood at t/b"));
    cloud.apply(&world);
    settled(&cloud, &world);
    cloud.assert_accounted();
}

#[test]
fn moves_that_conflict_are_refused() {
    let cloud = Cloud::with("s/a Thing {}\ns/b Thing {}\ns/o Other {}");
    assert_snapshot!(cloud.refusal(&World::new("s/a Thing {}\ns/c Thing {} movedFrom=s/a"), Mode::Apply), @"
    charter::move-conflict at stacks/test.yaml:2:1: s/c cannot take over from s/a: that is still in the stacks
      help: remove the old block, or the `movedFrom`
    ");
    let refused = cloud.refusal(
        &World::new("s/b Thing {} movedFrom=s/a\ns/x Thing {} movedFrom=s/o\ns/y Other {} movedFrom=s/o"),
        Mode::Apply,
    );
    assert_eq!(refused.matches("charter::move-conflict").count(), 3, "{refused}");
}

#[test]
fn a_move_from_what_never_was_is_a_creation() {
    assert!(edit("", "s/b Thing {} movedFrom=s/a").starts_with("create s/b\n"));
}

#[test]
fn an_import_adopts_and_then_changes_in_place() {
    let mut cloud = Cloud::with("s/a Thing {\"Size\": 1, \"ThingName\": \"there\"}");
    cloud.snapshot.resources.clear();
    let world = World::new("s/b Thing {\"Size\": 2} import=id-1");
    assert!(show(&cloud.plan(&world)).contains("adopt s/b\n  /Size: 1 -> 2 (configured)\n"));
    cloud.log.clear();
    cloud.apply(&world);
    assert_eq!(cloud.log, ["adopt s/b", "update s/b"]);
    assert_eq!(cloud.there("s/b")["ThingName"], "there");
    settled(&cloud, &world);
    cloud.assert_accounted();
}

#[test]
fn an_import_of_what_is_not_there_is_refused() {
    assert_snapshot!(Cloud::new().refusal(&World::new("s/b Thing {} import=id-9"), Mode::Apply), @r#"
    charter::import-target-absent at stacks/test.yaml:1:1: s/b cannot adopt "id-9": there is no such Test::A::Thing
      help: check the identifier, the account (main) and the region (us-east-1); without `import` it is created
    "#);
}

#[test]
fn an_import_that_would_replace_is_refused() {
    let mut cloud = Cloud::with("s/a Thing {\"Zone\": \"x\"}");
    cloud.snapshot.resources.clear();
    let refused = cloud.refusal(&World::new("s/b Thing {\"Zone\": \"y\"} import=id-1"), Mode::Apply);
    assert!(refused.contains("charter::import-would-replace") && refused.contains("/Zone"), "{refused}");
}

#[test]
fn an_import_of_something_else_than_what_is_recorded_is_refused() {
    let refused = Cloud::with("s/a Thing {}").refusal(&World::new("s/a Thing {} import=id-9"), Mode::Apply);
    assert!(refused.starts_with("charter::import-conflict"), "{refused}");
}

#[test]
fn an_import_that_was_not_read_says_so() {
    let plan = Cloud::new().plan_offline(&World::new("s/b Thing {} import=id-1"));
    assert_snapshot!(show(&plan), @"adopt s/b (it was not read: what differs shows once it is)");
}

#[test]
fn what_failed_half_way_is_replaced_old_one_first() {
    let mut cloud = Cloud::with("s/a Thing {}");
    cloud.recorded_mut("s/a").status = RecordStatus::Incomplete { reason: "it never became active".into() };
    let world = World::new("s/a Thing {}");
    assert!(
        show(&cloud.plan(&world))
            .starts_with("replace DeleteFirst s/a (its creation failed half-way: it never became active)\n")
    );
    cloud.log.clear();
    cloud.apply(&world);
    assert_eq!(cloud.log, ["delete s/a", "create s/a"]);
    settled(&cloud, &world);
}

#[test]
fn what_failed_half_way_never_keeps_its_name_from_its_successor() {
    // Even where the user asked for the new one first: that is meant for what serves somebody.
    let text = "s/a Thing {\"ThingName\": \"n\"} create-first";
    let mut cloud = Cloud::with(text);
    cloud.recorded_mut("s/a").status = RecordStatus::Incomplete { reason: "it never became active".into() };
    cloud.log.clear();
    cloud.apply(&World::new(text));
    assert_eq!(cloud.log, ["delete s/a", "create s/a"]);
    settled(&cloud, &World::new(text));
}

#[test]
fn what_failed_half_way_goes_first_with_what_is_in_it_whatever_order_was_asked_for() {
    let text = |zone: &str| {
        format!(
            "s/a Thing {{}}\ns/b Thing {{\"FixedLink\": \"${{a.Arn}}\"}}\n\
             s/c Thing {{\"Zone\": \"{zone}\", \"FixedLink\": \"${{b.Arn}}\"}} create-first"
        )
    };
    let mut cloud = Cloud::with(&text("x"));
    cloud.recorded_mut("s/a").status = RecordStatus::Incomplete { reason: "it never became active".into() };
    cloud.log.clear();
    cloud.apply(&World::new(&text("y")));
    assert_eq!(cloud.log, ["delete s/c", "delete s/b", "delete s/a", "create s/a", "create s/b", "create s/c"]);
    settled(&cloud, &World::new(&text("y")));
}

#[test]
fn what_failed_before_it_had_an_identifier_is_created() {
    let mut cloud = Cloud::with("s/a Thing {}\ns/b Thing {}");
    cloud.things.clear();
    for address in ["s/a", "s/b"] {
        cloud.recorded_mut(address).identifier = None;
        cloud.recorded_mut(address).status = RecordStatus::Incomplete { reason: "refused".into() };
    }
    let world = World::new("s/a Thing {}");
    assert_snapshot!(show(&cloud.plan(&world)), @"
    create s/a (its creation failed before it had an identifier)
    forget s/b (its block was removed; its creation failed before it had an identifier)
    ");
    cloud.apply(&world);
    settled(&cloud, &world);
}

#[test]
fn another_type_or_account_replaces() {
    let shown = edit("s/a Thing {}", "s/a Other {}");
    assert!(shown.starts_with("replace CreateFirst s/a (its type was Test::A::Thing)\n"), "{shown}");
    assert_eq!(run("s/a Thing {}", "s/a Other {}"), ["create s/a", "delete-deposed s/a"]);
    let shown = edit("s/a Thing {}", "s/a Thing {} account=other");
    assert!(shown.starts_with("replace CreateFirst s/a (it was in main us-east-1)\n"), "{shown}");
    assert_eq!(run("s/a Thing {}", "s/a Thing {} account=other"), ["create s/a", "delete-deposed s/a"]);
}

#[test]
fn a_type_that_is_not_known_is_refused_and_an_orphan_of_one_is_deleted() {
    let refused = Cloud::new().refusal(&World::new("s/a Test::No::Such {}"), Mode::Apply);
    assert!(refused.starts_with("charter::unknown-type"), "{refused}");
    let mut cloud = Cloud::with("s/a Thing {}");
    let strange: charter_model::TypeName = "Test::No::Such".parse().unwrap();
    cloud.recorded_mut("s/a").type_name = strange;
    let plan = cloud.plan(&World::new(""));
    assert_eq!((plan.counts().delete, plan.warnings.len()), (1, 1));
}

#[test]
fn two_resources_cannot_have_one_name() {
    let world = World::new(
        "s/a Thing {\"ThingName\": \"n\"}\ns/b Thing {\"ThingName\": \"n\"}\ns/c Other {\"OtherName\": \"n\"}\ns/d Thing {\"ThingName\": \"n\"} account=other",
    );
    assert_snapshot!(Cloud::new().refusal(&world, Mode::Apply), @r#"
    charter::duplicate-name at stacks/test.yaml:2:1: s/a and s/b would both be Test::A::Thing "n"
      help: give one of them another name, or leave the name to Charter
    "#);
}

#[test]
fn two_resources_cannot_be_the_same_thing() {
    let world = World::new(
        "s/a Link {\"From\": \"x\", \"To\": \"y\"}\ns/b Link {\"From\": \"x\", \"To\": \"y\", \"Note\": \"n\"}",
    );
    assert_snapshot!(Cloud::new().refusal(&world, Mode::Apply), @r#"
    charter::duplicate-resource at stacks/test.yaml:2:1: s/a and s/b would both be Test::A::Link "x/y"
      help: there can be but one with the same From and To: keep one of them
    "#);
}

#[test]
fn what_is_made_anew_under_another_name_goes_first() {
    let before = "s/z Link {\"From\": \"x\", \"To\": \"y\"}";
    let mut cloud = Cloud::with(before);
    cloud.log.clear();
    let plan = cloud.apply(&World::new("s/a Link {\"From\": \"x\", \"To\": \"y\"}"));
    assert_eq!(cloud.log, ["delete s/z", "create s/a"]);
    let warned: Vec<_> = plan.warnings.iter().map(|warning| warning.summary.as_str()).collect();
    assert_eq!(warned, ["s/a would be the same Test::A::Link as s/z, which is deleted first"]);
    // What is to be known only later may be the same.
    let after = "s/t Thing {}\ns/a Link {\"From\": \"x\", \"To\": \"${t.Arn}\"}";
    assert_eq!(run(before, after), ["create s/t", "delete s/z", "create s/a"]);
}

#[test]
fn all_errors_come_at_once() {
    let cloud = Cloud::with("s/a Thing {} protect\ns/b Thing {\"Zone\": \"x\"} protect");
    let world =
        World::new("s/b Thing {\"Zone\": \"y\"} protect\ns/c Thing {} import=id-9\ns/d Thing {\"Link\": \"${c.Arn}\"}");
    let refused = cloud.refusal(&world, Mode::Apply);
    for code in ["protected", "import-target-absent"] {
        assert!(refused.contains(code), "{refused}");
    }
    assert_eq!(refused.matches("charter::").count(), 3, "{refused}");
}

#[test]
fn what_a_replacement_left_is_deleted() {
    let text = |zone: &str| format!("s/a Thing {{\"Zone\": \"{zone}\"}}\ns/b Thing {{\"Link\": \"${{a.Arn}}\"}}");
    let mut cloud = Cloud::with(&text("x"));
    let old = cloud.recorded("s/a").clone();
    let thing = cloud.things[old.identifier.as_ref().unwrap()].clone();
    cloud.apply(&World::new(&text("y")));
    cloud.things.insert(old.identifier.clone().unwrap(), thing);
    cloud.snapshot.deposed.push(charter_state::Deposed { record: old });
    let plan = cloud.plan(&World::new(&text("y")));
    assert_snapshot!(show(&plan), @"none s/a (id-1, left by an earlier replacement, is deleted)");
    assert!(plan.has_changes());
    assert_eq!(plan.counts().deposed, 1);
    cloud.apply(&World::new(&text("y")));
    cloud.assert_accounted();
    settled(&cloud, &World::new(&text("y")));
}

#[test]
fn an_interrupted_run_is_mentioned() {
    let mut cloud = Cloud::with("s/a Thing {}");
    let record = cloud.recorded("s/a").clone();
    let stage = charter_state::Stage::Update;
    cloud
        .snapshot
        .open
        .insert("i".into(), charter_state::Intent { id: "i".into(), stage, record, handle: None, deposed: None });
    let plan = cloud.plan(&World::new("s/a Thing {}"));
    assert_eq!(plan.warnings.iter().next().unwrap().summary, "an earlier run was interrupted in the middle of s/a");
}

#[test]
fn a_creation_that_may_show_late_is_asked_for_again_under_its_name() {
    let world = World::new("s/a Thing {}");
    let mut cloud = Cloud::with("s/a Thing {}");
    cloud.recorded_mut("s/a").status = RecordStatus::Incomplete { reason: "refused".into() };
    let begun = |plan: &Plan| {
        let creates = |kind: &OperationKind| matches!(kind, OperationKind::Create { .. });
        let creation = plan.operations.iter().find(|operation| creates(&operation.kind)).unwrap();
        creation.next.clone().unwrap()
    };
    let record = begun(&cloud.plan(&world));
    // The run was stopped after the old one was gone; whether there is a new one cannot be seen yet.
    let address = record.address.clone();
    let (id, stage) = ("i".into(), charter_state::Stage::Create);
    let intent = charter_state::Intent { id, stage, record: record.clone(), handle: None, deposed: None };
    cloud.snapshot.open.insert("i".into(), intent);
    cloud.snapshot.resources.remove(&address);
    cloud.things.clear();
    let again = begun(&cloud.plan(&world));
    assert_eq!((again.generation, &again.inputs), (record.generation, &record.inputs));
}

#[test]
fn the_state_of_another_environment_is_refused() {
    let mut cloud = Cloud::new();
    cloud.snapshot.environment = "prod".parse().unwrap();
    let found = cloud.try_plan(&World::new(""), Mode::Apply, Selection::default()).unwrap_err();
    assert_eq!(found.iter().next().unwrap().code, "charter::wrong-state");
}
