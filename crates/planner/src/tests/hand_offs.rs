//! What waits for people.

use super::{settled, show};
use crate::testing::{Cloud, World};
use charter_model::Value;
use insta::assert_snapshot;

const STACK: &str = "s/server Thing {\"Size\": 1}\n\
                     s/step HandOff {\"Text\": \"enter ${server.Id}\"}\n\
                     s/user Thing {\"Link\": \"x\"} after=step\n\
                     s/last Thing {\"Link\": \"${user.Arn}\"}\n\
                     output s/user ${user.Arn}";

/// What `charter handoff confirm` records.
fn confirm(cloud: &mut Cloud, address: &str) {
    let record = cloud.snapshot.resources.get_mut(&address.parse().unwrap()).unwrap();
    let Value::Map(members) = &mut record.attributes else { panic!("{:?}", record.attributes) };
    members.insert("Confirmed".into(), Value::Bool(true));
    let identifier = record.identifier.clone().unwrap();
    cloud.things.get_mut(&identifier).unwrap().properties.insert("Confirmed".to_owned(), true.into());
}

#[test]
fn what_depends_on_an_open_hand_off_waits_and_the_rest_goes_on() {
    let world = World::new(STACK);
    let mut cloud = Cloud::new();
    let plan = cloud.apply(&world);
    assert_eq!(cloud.log, ["create s/server", "create s/step"]);
    assert_eq!(plan.open_hand_offs, ["s/step".parse().unwrap()]);
    let counts = plan.counts();
    assert_eq!((counts.create, counts.waiting), (2, 2));

    // Still open: nothing to do, and it is said what waits.
    let plan = cloud.plan(&world);
    assert!(plan.operations.is_empty() && !plan.has_changes(), "{plan:#?}");
    assert_snapshot!(show(&plan), @r#"
    create s/last waits for s/step
      /Link = {"$unknown":"after s/user is created"}
    create s/user waits for s/step
      /Link = "x"
    "#);

    confirm(&mut cloud, "s/step");
    let plan = cloud.apply(&world);
    assert!(plan.open_hand_offs.is_empty());
    assert_eq!(cloud.log[2..], ["create s/user", "create s/last"]);
    settled(&cloud, &world);
}

#[test]
fn a_hand_off_that_changes_opens_again_and_holds_changes_of_what_depends_on_it() {
    let world = World::new(STACK);
    let mut cloud = Cloud::new();
    cloud.apply(&world);
    confirm(&mut cloud, "s/step");
    cloud.apply(&world);

    let changed = World::new(&STACK.replace("enter ", "type ").replace("\"x\"", "\"y\""));
    assert_snapshot!(show(&cloud.plan(&changed)), @r#"
    update s/step
      /Text: "enter id-1" -> "type id-1" (configured)
    update s/user waits for s/step
      /Link: "x" -> "y" (configured)
    "#);
    cloud.log.clear();
    cloud.apply(&changed);
    assert_eq!(cloud.log, ["update s/step"]);
    confirm(&mut cloud, "s/step");
    cloud.apply(&changed);
    settled(&cloud, &changed);
    assert_eq!(cloud.log, ["update s/step", "update s/user"]);
}

#[test]
fn what_something_that_waits_still_holds_on_to_does_not_go() {
    let before = "s/old Thing {}\ns/user Thing {\"Link\": \"${old.Id}\"}";
    let mut cloud = Cloud::with(before);
    cloud.log.clear();
    let after = "s/step HandOff {\"Text\": \"t\"}\ns/new Thing {}\n\
                 s/user Thing {\"Link\": \"${new.Id}\"} after=step";
    let world = World::new(after);
    cloud.apply(&world);
    cloud.log.sort();
    assert_eq!(cloud.log, ["create s/new", "create s/step"]);
    confirm(&mut cloud, "s/step");
    cloud.log.clear();
    cloud.apply(&world);
    settled(&cloud, &world);
    assert_eq!(cloud.log, ["update s/user", "delete s/old"]);
}

#[test]
fn a_destruction_waits_for_nobody() {
    let world = World::new(STACK);
    let mut cloud = Cloud::new();
    cloud.apply(&world);
    let plan = cloud.destroy(&world);
    assert!(plan.open_hand_offs.is_empty());
    assert!(cloud.things.is_empty() && cloud.snapshot.resources.is_empty());
}
