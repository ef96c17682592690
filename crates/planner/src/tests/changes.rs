//! What differs, and why.

use super::{edit, settled, show};
use crate::testing::{Cloud, World};
use insta::assert_snapshot;
use serde_json::json;

#[test]
fn a_first_plan_creates_with_names_tags_and_places() {
    let plan = Cloud::new().plan(&World::new("s/a Thing {\"Size\": 1}").tagged("owner", "me"));
    let step = &plan.steps[0];
    assert_eq!(step.location.as_ref().unwrap().to_string(), "stacks/test.yaml:1:1");
    let text: Vec<String> = step
        .changes
        .iter()
        .map(|each| format!("{} {}", each.pointer, each.after.as_ref().unwrap().to_json()))
        .collect();
    assert_snapshot!(text.join("\n"), @r#"
    /Size 1
    /Tags [{"Key":"charter:address","Value":"s/a"},{"Key":"charter:environment","Value":"test"},{"Key":"charter:stack","Value":"s"},{"Key":"owner","Value":"me"}]
    /ThingName "test-s-a-bebb6a0e"
    "#);
}

#[test]
fn second_plan_changes_nothing() {
    let text = "s/a Thing {\"Size\": 1, \"Password\": \"p\", \"Settings\": {\"Mode\": \"x\"}}\n\
                s/b Thing {\"Link\": \"${a.Arn}\", \"Links\": [\"${a.Id}\", \"x\"]}\n\
                s/l Link {\"From\": \"${a.Id}\", \"To\": \"${b.Id}\"}\noutput s/arn ${a.Arn}";
    let mut cloud = Cloud::new();
    let world = World::new(text);
    cloud.apply(&world);
    settled(&cloud, &world);
    assert!(cloud.plan_offline(&world).is_empty());
}

#[test]
fn an_edit_shows_exactly_that_change() {
    assert_snapshot!(edit("s/a Thing {\"Size\": 1, \"Link\": \"x\"}", "s/a Thing {\"Size\": 2, \"Link\": \"x\"}"), @"
    update s/a
      /Size: 1 -> 2 (configured)
    ");
}

#[test]
fn a_deep_edit_shows_its_place() {
    let settings = |level: &str| format!("s/a Thing {{\"Settings\": {{\"Mode\": \"m\", \"Level\": \"{level}\"}}}}");
    assert_snapshot!(edit(&settings("low"), &settings("high")), @r#"
    update s/a
      /Settings/Level: "low" -> "high" (configured)
    "#);
}

#[test]
fn a_property_that_is_no_longer_asked_for_is_taken_away() {
    assert_snapshot!(edit("s/a Thing {\"Size\": 1}", "s/a Thing {}"), @"
    update s/a
      /Size: 1 -> - (configured)
    ");
}

#[test]
fn a_property_that_aws_filled_in_is_left_alone() {
    let mut cloud = Cloud::with("s/a Thing {}");
    cloud.change("s/a", "Size", json!(7));
    let world = World::new("s/a Thing {}");
    assert_snapshot!(show(&cloud.plan(&world)), @"nothing");
    // It is recorded all the same, without a call.
    cloud.apply(&world);
    settled(&cloud, &world);
    assert_eq!(cloud.recorded("s/a").attributes.get("Size").unwrap().to_json(), json!(7));
}

#[test]
fn drift_is_put_back() {
    let mut cloud = Cloud::with("s/a Thing {\"Size\": 1}");
    cloud.change("s/a", "Size", json!(5));
    let world = World::new("s/a Thing {\"Size\": 1}");
    assert_snapshot!(show(&cloud.plan(&world)), @"
    update s/a
      /Size: 5 -> 1 (drifted)
    ");
    cloud.apply(&world);
    settled(&cloud, &world);
}

#[test]
fn a_change_on_both_sides_says_so() {
    let mut cloud = Cloud::with("s/a Thing {\"Size\": 1}");
    cloud.change("s/a", "Size", json!(5));
    assert_snapshot!(show(&cloud.plan(&World::new("s/a Thing {\"Size\": 2}"))), @"
    update s/a
      /Size: 5 -> 2 (both)
    ");
}

#[test]
fn drift_to_what_is_now_desired_is_only_recorded() {
    let mut cloud = Cloud::with("s/a Thing {\"Size\": 1}");
    cloud.change("s/a", "Size", json!(2));
    let world = World::new("s/a Thing {\"Size\": 2}");
    let plan = cloud.plan(&world);
    assert!(!plan.has_changes() && !plan.is_empty());
    cloud.apply(&world);
    assert_eq!(cloud.log.last().unwrap(), "record s/a");
    settled(&cloud, &world);
}

#[test]
fn a_property_removed_behind_our_back_is_drift() {
    let mut cloud = Cloud::with("s/a Thing {\"Size\": 1}");
    cloud.change("s/a", "Size", json!(null));
    assert_snapshot!(show(&cloud.plan(&World::new("s/a Thing {\"Size\": 1}"))), @"
    update s/a
      /Size: - -> 1 (drifted)
    ");
}

#[test]
fn lists_without_order_compare_as_sets() {
    let mut cloud = Cloud::with("s/a Thing {\"Links\": [\"x\", \"y\"]}");
    cloud.change("s/a", "Links", json!(["y", "x"]));
    assert_snapshot!(show(&cloud.plan(&World::new("s/a Thing {\"Links\": [\"x\", \"y\"]}"))), @"nothing");
}

#[test]
fn a_create_only_change_replaces() {
    let shown = edit("s/a Thing {\"Zone\": \"x\"}", "s/a Thing {\"Zone\": \"y\"}");
    assert_snapshot!(shown, @r#"
    replace CreateFirst s/a
      /ThingName: "test-s-a-bebb6a0e" -> "test-s-a-42ee9293" (configured, forces replacement)
      /Zone: "x" -> "y" (configured, forces replacement)
    "#);
}

#[test]
fn a_dependant_of_a_replaced_resource_follows() {
    let dependant = "s/b Thing {\"Link\": \"${a.Arn}\"}";
    let shown = edit(
        &format!("s/a Thing {{\"Zone\": \"x\", \"ThingName\": \"a\"}}\n{dependant}"),
        &format!("s/a Thing {{\"Zone\": \"y\", \"ThingName\": \"a2\"}}\n{dependant}"),
    );
    assert_snapshot!(shown, @r#"
    replace CreateFirst s/a
      /ThingName: "a" -> "a2" (configured, forces replacement)
      /Zone: "x" -> "y" (configured, forces replacement)
    update s/b
      /Link: "arn:id-1" -> {"$unknown":"after s/a is replaced"} (reference)
    "#);
}

#[test]
fn a_dependant_whose_reference_cannot_change_is_replaced_too() {
    let dependant = "s/b Thing {\"FixedLink\": \"${a.Arn}\", \"ThingName\": \"b\"}";
    let shown = edit(
        &format!("s/a Thing {{\"Zone\": \"x\", \"ThingName\": \"a\"}}\n{dependant}"),
        &format!("s/a Thing {{\"Zone\": \"y\", \"ThingName\": \"a2\"}}\n{dependant}"),
    );
    assert_snapshot!(shown, @r#"
    replace CreateFirst s/a
      /ThingName: "a" -> "a2" (configured, forces replacement)
      /Zone: "x" -> "y" (configured, forces replacement)
    replace DeleteFirst s/b
      /FixedLink: "arn:id-1" -> {"$unknown":"after s/a is replaced"} (reference, forces replacement)
    "#);
}

#[test]
fn a_dependant_of_an_updated_resource_sees_the_new_value_and_the_old_attributes() {
    let dependant = "s/b Thing {\"Link\": \"${a.Link}\", \"Links\": [\"${a.Arn}\"]}";
    let shown = edit(
        &format!("s/a Thing {{\"Link\": \"x\"}}\n{dependant}"),
        &format!("s/a Thing {{\"Link\": \"y\"}}\n{dependant}"),
    );
    assert_snapshot!(shown, @r#"
    update s/a
      /Link: "x" -> "y" (configured)
    update s/b
      /Link: "x" -> "y" (reference)
    "#);
}

#[test]
fn a_write_only_value_shows_nowhere_and_its_change_is_seen() {
    let world = |word: &str| World::new(&format!("s/a Thing {{\"Password\": \"{word}\"}}"));
    let mut cloud = Cloud::new();
    let first = cloud.apply(&world("secret-one"));
    settled(&cloud, &world("secret-one"));
    let plan = cloud.plan(&world("secret-two"));
    assert_eq!(plan.steps[0].changes[0].pointer.to_string(), "/Password");
    for text in [
        first.to_json().unwrap(),
        plan.to_json().unwrap(),
        format!("{plan:?}{first:?}"),
        format!("{:?}", cloud.snapshot),
    ] {
        assert!(!text.contains("secret-one") && !text.contains("secret-two"), "{text}");
    }
    cloud.apply(&world("secret-two"));
    assert_eq!(cloud.there("s/a")["Password"], json!("secret-two"));
    settled(&cloud, &world("secret-two"));
}

#[test]
fn a_first_write_only_value_is_a_change() {
    let plan = Cloud::with("s/a Thing {}").plan(&World::new("s/a Thing {\"Password\": \"p\"}"));
    let change = &plan.steps[0].changes[0];
    assert_eq!((change.pointer.to_string().as_str(), &change.before), ("/Password", &None));
}

#[test]
fn an_unchanged_secret_reference_is_no_change() {
    let text = "s/a Thing {\"Password\": \"secret://env/PASSWORD\", \"Link\": \"secret://env/PASSWORD\"}";
    let mut cloud = Cloud::new();
    let world = World::new(text);
    let plan = cloud.apply(&world);
    settled(&cloud, &world);
    assert!(cloud.plan_offline(&world).is_empty());
    assert!(!format!("{:?}{}", cloud.snapshot, plan.to_json().unwrap()).contains("hunter2"));
    assert_eq!(cloud.there("s/a")["Link"], json!("hunter2"));
}

#[test]
fn a_secret_with_another_value_is_a_change_when_it_can_be_read() {
    let text = "s/a Thing {\"Password\": \"secret://env/PASSWORD\"}";
    let mut cloud = Cloud::new();
    cloud.apply(&World::new(text));
    let world = World::new(text).with_secret("another");
    let plan = cloud.plan(&world);
    assert_eq!(plan.counts().update, 1);
    assert!(cloud.plan_offline(&world).is_empty());
    cloud.apply(&world);
    assert_eq!(cloud.there("s/a")["Password"], json!("another"));
    settled(&cloud, &world);
}

#[test]
fn another_secret_reference_is_compared_when_it_is_applied() {
    let mut cloud = Cloud::new();
    cloud.apply(&World::new("s/a Thing {\"Password\": \"secret://env/PASSWORD\"}"));
    let plan = cloud.plan_offline(&World::new("s/a Thing {\"Password\": \"secret://env/OTHER\"}"));
    let after = plan.steps[0].changes[0].after.as_ref().unwrap().to_json();
    assert_eq!(after, json!({"$unknown": "a secret, compared when it is applied"}));
}

#[test]
fn drift_of_what_was_given_as_a_secret_is_seen_and_not_shown() {
    let world = World::new("s/a Thing {\"Link\": \"secret://env/PASSWORD\"}");
    let mut cloud = Cloud::new();
    cloud.apply(&world);
    cloud.change("s/a", "Link", json!("tampered"));
    let plan = cloud.plan(&world);
    assert_eq!(plan.counts().update, 1);
    assert!(!plan.to_json().unwrap().contains("tampered"), "{}", show(&plan));
}

#[test]
fn ignored_differences_are_not_acted_on_nor_undone_by_another_change() {
    let text = |size: u32| {
        format!(
            "s/a Thing {{\"Size\": {size}, \"Settings\": {{\"Mode\": \"m\", \"Level\": \"low\"}}}} ignore=/Settings/Level"
        )
    };
    let mut cloud = Cloud::with(&text(1));
    cloud.change("s/a", "Settings", json!({"Mode": "m", "Level": "scaled"}));
    assert_snapshot!(show(&cloud.plan(&World::new(&text(1)))), @"nothing");
    let world = World::new(&text(2));
    assert_snapshot!(show(&cloud.plan(&world)), @"
    update s/a
      /Size: 1 -> 2 (configured)
    ");
    cloud.apply(&world);
    assert_eq!(cloud.there("s/a")["Settings"]["Level"], json!("scaled"));
    settled(&cloud, &world);
}

#[test]
fn a_name_given_up_by_the_user_stays_while_the_resource_lives() {
    assert_snapshot!(edit("s/a Thing {\"ThingName\": \"mine\"}", "s/a Thing {}"), @"nothing");
}

#[test]
fn tags_of_the_user_win_and_those_of_charter_are_reserved() {
    let mut cloud = Cloud::new();
    let tags = "s/a Thing {\"Tags\": [{\"Key\": \"owner\", \"Value\": \"us\"}]}";
    let world = World::new(tags).tagged("owner", "them");
    cloud.apply(&world);
    assert!(cloud.there("s/a")["Tags"].to_string().contains("\"us\""));
    assert!(!cloud.there("s/a")["Tags"].to_string().contains("them"));
    settled(&cloud, &world);
    let refused = Cloud::new().refusal(
        &World::new("s/a Thing {\"Tags\": [{\"Key\": \"charter:stack\", \"Value\": \"x\"}]}"),
        crate::Mode::Apply,
    );
    assert_snapshot!(refused, @r#"
    charter::reserved-tag at stacks/test.yaml:1:1: the tag "charter:stack" cannot be set: tags that begin with "charter:" are Charter's own
      help: give the tag another name
    "#);
}

#[test]
fn tags_that_cannot_change_are_given_to_new_resources_only() {
    let mut cloud = Cloud::with("s/a Stiff {}");
    assert!(cloud.there("s/a")["Tags"].to_string().contains("charter:address"));
    let plan = cloud.plan(&World::new("s/a Stiff {}").tagged("owner", "new"));
    assert_snapshot!(show(&plan), @"nothing");
    // Nor does a move rewrite them.
    let world = World::new("s/b Stiff {} movedFrom=s/a");
    assert_snapshot!(show(&cloud.plan(&world)), @"move from s/a s/b");
    cloud.apply(&world);
    settled(&cloud, &world);
}

#[test]
fn an_expression_that_fails_is_reported_once_for_each_resource() {
    let refused =
        Cloud::new().refusal(&World::new("s/a Thing {}\ns/b Thing {\"Link\": \"${a.Nothing}\"}"), crate::Mode::Apply);
    assert_snapshot!(refused, @"
    charter::expression-failed: s/b: the expression `a.Nothing` failed: there is no Nothing
      help: correct the expression, or the resource that it refers to
    ");
}
