//! What comes first.

use super::{run, show};
use crate::testing::{Cloud, World};
use crate::{Mode, OperationKind};

const CHAIN: &str = "s/a Thing {}\ns/b Thing {\"Link\": \"${a.Arn}\"}\ns/c Thing {\"Link\": \"${b.Arn}\"}";

fn position(log: &[String], line: &str) -> usize {
    log.iter().position(|each| each == line).unwrap_or_else(|| panic!("{line} in {log:?}"))
}

fn in_order(log: &[String], lines: &[&str]) {
    let places: Vec<usize> = lines.iter().map(|line| position(log, line)).collect();
    assert!(places.is_sorted(), "{lines:?} in {log:?}");
}

#[test]
fn what_is_referred_to_comes_first() {
    assert_eq!(run("", CHAIN), ["create s/a", "create s/b", "create s/c"]);
}

#[test]
fn deletion_goes_the_other_way_round() {
    assert_eq!(run(CHAIN, ""), ["delete s/c", "delete s/b", "delete s/a"]);
}

#[test]
fn what_stays_as_it_is_does_not_break_the_order() {
    let text = |link: &str, last: &str| format!("s/z Thing {{\"Link\": \"{link}\"}}\ns/m Thing {{}} after=z\n{last}");
    let last = "s/a Thing {\"Link\": \"${m.Arn}\"}";
    assert_eq!(run(&text("x", ""), &text("y", last)), ["update s/z", "create s/a"]);
}

#[test]
fn what_takes_something_away_waits_for_those_who_had_it() {
    let text = |links: &str, last: &str| format!("s/a Thing {{\"Links\": [{links}]}}\ns/m Thing {{}} after=a\n{last}");
    let last = "s/z Thing {\"Link\": \"${m.Arn}\"}";
    let (one, both) = ("\"us\"", "\"us\", \"them\"");
    assert_eq!(run(&text(both, last), &text(one, "")), ["delete s/z", "update s/a"]);
    // Not for what gives more, and not where a new one waits for the change.
    assert_eq!(run(&text(one, last), &text(both, "")), ["update s/a", "delete s/z"]);
    let moving = |zone: &str| format!("s/z Thing {{\"Link\": \"${{m.Arn}}\", \"Zone\": \"{zone}\"}}");
    assert_eq!(
        run(&text(both, &moving("x")), &text(one, &moving("y"))),
        ["update s/a", "create s/z", "delete-deposed s/z"]
    );
}

#[test]
fn depends_on_orders_without_a_reference() {
    assert_eq!(run("", "s/b Thing {}\ns/a Thing {} after=b"), ["create s/b", "create s/a"]);
    assert_eq!(run("s/b Thing {}\ns/a Thing {} after=b", ""), ["delete s/a", "delete s/b"]);
}

#[test]
fn a_new_dependency_alone_is_recorded_so_that_deletion_knows_it() {
    let mut cloud = Cloud::with("s/b Thing {}\ns/a Thing {}");
    cloud.apply(&World::new("s/b Thing {}\ns/a Thing {} after=b"));
    cloud.log.clear();
    cloud.apply(&World::new(""));
    assert_eq!(cloud.log, ["delete s/a", "delete s/b"]);
}

#[test]
fn create_first_makes_the_new_one_moves_dependants_over_then_deletes_the_old_one() {
    let text = |zone: &str| format!("s/a Thing {{\"Zone\": \"{zone}\"}}\ns/b Thing {{\"Link\": \"${{a.Arn}}\"}}");
    assert_eq!(run(&text("x"), &text("y")), ["create s/a", "update s/b", "delete-deposed s/a"]);
}

#[test]
fn delete_first_where_a_fixed_name_cannot_exist_twice() {
    let text = |zone: &str| format!("s/a Thing {{\"Zone\": \"{zone}\", \"ThingName\": \"n\"}}");
    assert_eq!(run(&text("x"), &text("y")), ["delete s/a", "create s/a"]);
}

#[test]
fn delete_first_where_all_that_identifies_it_stays() {
    let mut cloud = Cloud::with("s/l Link {\"From\": \"x\", \"To\": \"y\"}");
    cloud.recorded_mut("s/l").status = charter_state::RecordStatus::Incomplete { reason: "r".into() };
    cloud.log.clear();
    cloud.apply(&World::new("s/l Link {\"From\": \"x\", \"To\": \"y\"}"));
    assert_eq!(cloud.log, ["delete s/l", "create s/l"]);
    assert_eq!(
        run("s/l Link {\"From\": \"x\", \"To\": \"y\"}", "s/l Link {\"From\": \"x\", \"To\": \"z\"}"),
        ["create s/l", "delete-deposed s/l"]
    );
}

#[test]
fn the_order_that_the_user_asks_for_wins() {
    let text = |zone: &str| format!("s/a Thing {{\"Zone\": \"{zone}\"}} delete-first");
    assert_eq!(run(&text("x"), &text("y")), ["delete s/a", "create s/a"]);
    let text = |zone: &str| format!("s/a Thing {{\"Zone\": \"{zone}\", \"ThingName\": \"{zone}\"}} create-first");
    assert_eq!(run(&text("x"), &text("y")), ["create s/a", "delete-deposed s/a"]);
}

#[test]
fn create_first_with_a_fixed_name_is_refused() {
    let text = |zone: &str| format!("s/a Thing {{\"Zone\": \"{zone}\", \"ThingName\": \"n\"}} create-first");
    insta::assert_snapshot!(Cloud::with(&text("x")).refusal(&World::new(&text("y")), Mode::Apply), @"
    charter::create-first-impossible at stacks/test.yaml:1:1: s/a cannot be replaced create-first: the old and the new one would have the same name
      help: leave the name to Charter, change it too, or write `replace: delete-first`
    ");
}

#[test]
fn what_hangs_on_a_delete_first_replacement_goes_before_it() {
    let text = |zone: &str| {
        format!(
            "s/a Thing {{\"Zone\": \"{zone}\", \"ThingName\": \"n\"}}\ns/b Thing {{\"FixedLink\": \"${{a.Arn}}\"}}\n\
             s/c Thing {{\"FixedLink\": \"${{b.Arn}}\"}}"
        )
    };
    let log = run(&text("x"), &text("y"));
    assert_eq!(log, ["delete s/c", "delete s/b", "delete s/a", "create s/a", "create s/b", "create s/c"]);
}

#[test]
fn what_is_in_something_goes_with_it_though_its_reference_reads_the_same() {
    let text = |zone: &str| {
        format!(
            "s/a Thing {{\"Zone\": \"{zone}\", \"ThingName\": \"n\"}}\ns/b Thing {{\"FixedLink\": \"${{a.ThingName}}\"}}\n\
             s/c Thing {{\"Link\": \"${{a.ThingName}}\"}}"
        )
    };
    let mut cloud = Cloud::with(&text("x"));
    let plan = show(&cloud.plan(&World::new(&text("y"))));
    assert!(
        plan.contains("s/b (s/a is replaced, the old one first, and /FixedLink cannot be changed in place)"),
        "{plan}"
    );
    cloud.log.clear();
    cloud.apply(&World::new(&text("y")));
    in_order(&cloud.log, &["delete s/b", "delete s/a", "create s/a", "create s/b"]);
    assert!(!cloud.log.iter().any(|line| line.ends_with("s/c")), "what can be changed in place stays: {:?}", cloud.log);
}

#[test]
fn create_first_behind_a_delete_first_replacement_is_refused() {
    let text = |zone: &str| {
        format!(
            "s/a Thing {{\"Zone\": \"{zone}\", \"ThingName\": \"n\"}}\ns/b Thing {{\"FixedLink\": \"${{a.Arn}}\"}} create-first"
        )
    };
    let refused = Cloud::with(&text("x")).refusal(&World::new(&text("y")), Mode::Apply);
    assert!(refused.contains("s/b cannot be replaced create-first: s/a, which it depends on, goes first"), "{refused}");
}

/// The old of `x` must go before `y`, `y` before `z`, the old `z` before the new, the new `z` before the new `x`.
#[test]
fn delete_first_reaches_through_what_is_only_deleted() {
    let before = "s/z Thing {\"Zone\": \"1\", \"ThingName\": \"z\"}\ns/y Thing {\"Link\": \"${z.Arn}\"}\ns/x Thing {\"FixedLink\": \"${y.Arn}\"}";
    let after = "s/z Thing {\"Zone\": \"2\", \"ThingName\": \"z\"}\ns/x Thing {\"FixedLink\": \"${z.Arn}\"}";
    let log = run(before, after);
    in_order(&log, &["delete s/x", "delete s/y", "delete s/z", "create s/z", "create s/x"]);
}

#[test]
fn what_lets_go_of_something_does_so_before_that_is_deleted() {
    let before = "s/a Thing {}\ns/b Thing {\"Link\": \"${a.Arn}\"}";
    assert_eq!(run(before, "s/b Thing {\"Link\": \"none\"}"), ["update s/b", "delete s/a"]);
    let before = "s/a Thing {}\ns/b Thing {\"FixedLink\": \"${a.Arn}\"}";
    assert_eq!(run(before, "s/b Thing {\"FixedLink\": \"none\"}"), ["create s/b", "delete-deposed s/b", "delete s/a"]);
}

#[test]
fn a_renamed_block_with_a_fixed_name_is_deleted_first_and_the_move_suggested() {
    let mut cloud = Cloud::with("s/a Thing {\"ThingName\": \"n\"}\ns/l Thing {\"FixedLink\": \"${a.Arn}\"}");
    let world = World::new("s/b Thing {\"ThingName\": \"n\"}\ns/l Thing {\"FixedLink\": \"${b.Arn}\"}");
    let plan = cloud.plan(&world);
    let warning = plan.warnings.iter().next().unwrap();
    assert_eq!(warning.help.as_deref(), Some("if it is the same thing under another name, write `movedFrom: s/a`"));
    cloud.log.clear();
    cloud.run(&world, &plan);
    assert_eq!(cloud.log, ["delete s/l", "delete s/a", "create s/b", "create s/l"]);
    super::settled(&cloud, &world);
}

#[test]
fn destruction_goes_in_reverse_and_leaves_nothing() {
    let text = format!("{CHAIN}\ns/r Thing {{}} retain");
    let mut cloud = Cloud::with(&text);
    cloud.log.clear();
    let plan = cloud.destroy(&World::new(&text));
    in_order(&cloud.log, &["delete s/c", "delete s/b", "delete s/a"]);
    assert!(cloud.log.contains(&"forget s/r".to_owned()));
    assert!(cloud.snapshot.resources.is_empty() && plan.discard_contents);
}

#[test]
fn destruction_does_not_ask_what_the_stacks_say_now() {
    let mut cloud = Cloud::with(CHAIN);
    cloud.destroy(&World::new("s/new Thing {}\ns/b Thing {\"Size\": 4}"));
    assert!(cloud.things.is_empty() && cloud.snapshot.resources.is_empty());
}

#[test]
fn independent_resources_do_not_wait_for_each_other() {
    let plan = Cloud::new().plan(&World::new("s/a Thing {}\ns/b Thing {}"));
    assert!(plan.edges.is_empty(), "{}", show(&plan));
}

#[test]
fn a_companion_comes_before_whatever_else_uses_what_it_completes() {
    // Real types: the policy of a role completes it, and another role stands for what runs under it.
    let catalog = charter_catalog::Catalog::embedded();
    let world = World::new(
        "s/role AWS::IAM::Role {\"AssumeRolePolicyDocument\": {}}\n\
         s/zpolicy AWS::IAM::RolePolicy {\"RoleName\": \"${role.RoleName}\", \"PolicyName\": \"p\", \"PolicyDocument\": {}}\n\
         s/index AWS::Kendra::Index {\"RoleArn\": \"${role.Arn}\", \"Edition\": \"DEVELOPER_EDITION\"}",
    );
    let graph = world.graph();
    let snapshot = Cloud::new().snapshot;
    let (observed, secrets) = Default::default();
    let request = crate::PlanRequest {
        graph: &graph,
        snapshot: &snapshot,
        observed: &observed,
        catalog,
        evaluator: &crate::testing::Paths,
        secrets: &secrets,
        mode: Mode::Apply,
        selection: crate::Selection::default(),
    };
    let plan = crate::plan(request).unwrap();
    let id = |name: &str| plan.operations.iter().position(|each| each.address.local() == name).unwrap();
    assert!(plan.edges.contains(&crate::Edge { before: id("zpolicy"), after: id("index") }));
    let index = &plan.operations[id("index")];
    assert_eq!(index.kind, OperationKind::Create { depose: false });
    assert_eq!(index.next.as_ref().unwrap().dependencies.len(), 2);
}

#[test]
fn a_cycle_in_what_is_recorded_is_reported() {
    let mut cloud = Cloud::with("s/a Thing {}\ns/b Thing {\"Link\": \"${a.Arn}\"}");
    cloud.recorded_mut("s/a").dependencies = vec!["s/b".parse().unwrap()];
    let refused = cloud.refusal(&World::new(""), Mode::Apply);
    assert!(
        refused.starts_with("charter::dependency-cycle: these resources wait for each other: s/a, s/b"),
        "{refused}"
    );
}

#[test]
fn a_cycle_in_what_is_desired_is_reported() {
    let refused = Cloud::new()
        .refusal(&World::new("s/a Thing {\"Link\": \"${b.Arn}\"}\ns/b Thing {\"Link\": \"${a.Arn}\"}"), Mode::Apply);
    assert!(refused.starts_with("charter::dependency-cycle"), "{refused}");
}

/// Of two deletions, the one that lets others go on comes first, so that the other can wait for them.
#[test]
fn a_deletion_waits_for_what_lets_go_even_behind_a_delete_first_replacement() {
    let text = |zone: &str| format!("s/z Thing {{\"Zone\": \"{zone}\", \"ThingName\": \"n\"}}\n");
    let before = format!("{}s/a Thing {{}}\ns/b Thing {{\"Link\": \"${{a.Arn}}\"}}", text("x"));
    let after = format!("{}s/b Thing {{\"Links\": [\"${{z.Id}}\"]}}", text("y"));
    assert_eq!(run(&before, &after), ["delete s/z", "create s/z", "update s/b", "delete s/a"]);
}

/// Both are deleted first; only the one that is not wanted any more can wait for what lets go of it.
#[test]
fn of_two_that_are_deleted_first_the_one_that_is_let_go_of_waits() {
    let text = |zone: &str, link: &str| {
        format!(
            "s/a Thing {{\"Zone\": \"{zone}\", \"ThingName\": \"a\"}}\ns/z Thing {{\"Zone\": \"{zone}\", \"ThingName\": \"z\"}}\n\
             s/m Thing {{\"Link\": \"${{{link}.Arn}}\"}}"
        )
    };
    let log = run(&text("x", "a"), &text("y", "z"));
    assert_eq!(log, ["delete s/z", "create s/z", "update s/m", "delete s/a", "create s/a"]);
}
