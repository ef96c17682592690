//! Runs about a part of it all.

use super::show;
use crate::testing::{Cloud, World};
use crate::{Mode, PulledIn, Selection, reads};
use insta::assert_snapshot;

fn stack(name: &str) -> Selection {
    Selection { stacks: [name.parse().unwrap()].into(), ..Selection::default() }
}

fn address(name: &str) -> Selection {
    Selection { addresses: [name.parse().unwrap()].into(), ..Selection::default() }
}

const TWO: &str = "base/net Thing {}\nbase/other Thing {}\napp/web Thing {\"Link\": \"${base/net.Arn}\"}";

#[test]
fn a_selection_pulls_in_what_it_depends_on_and_says_so() {
    let plan = Cloud::new().try_plan(&World::new(TWO), Mode::Apply, stack("app")).unwrap();
    assert_snapshot!(show(&plan), @r#"
    create app/web
      /Link = {"$unknown":"after base/net is created"}
    create base/net
    "#);
    let why = PulledIn::NeededBy { address: "app/web".parse().unwrap() };
    assert_eq!(plan.pulled_in, [("base/net".parse().unwrap(), why)].into());
}

#[test]
fn what_is_not_selected_is_left_alone() {
    let cloud = Cloud::with(TWO);
    let world = World::new("base/other Thing {\"Size\": 3}\napp/web Thing {\"Size\": 1}");
    let plan = cloud.try_plan(&world, Mode::Apply, stack("app")).unwrap();
    assert!(show(&plan).starts_with("update app/web"), "{}", show(&plan));
    assert_eq!(plan.steps.len(), 1);
}

#[test]
fn what_depends_on_something_that_goes_is_pulled_in() {
    let cloud = Cloud::with(TWO);
    let world = World::new("base/other Thing {}\napp/web Thing {\"Link\": \"none\"}");
    let plan = cloud.try_plan(&world, Mode::Apply, stack("base")).unwrap();
    assert_snapshot!(show(&plan), @r#"
    update app/web
      /Link: "arn:id-2" -> "none" (configured)
    delete base/net (its block was removed)
    "#);
    let why = PulledIn::DependsOn { address: "base/net".parse().unwrap() };
    assert_eq!(plan.pulled_in, [("app/web".parse().unwrap(), why)].into());
}

#[test]
fn destroying_a_part_takes_what_depends_on_it() {
    let mut cloud = Cloud::with(TWO);
    let world = World::new(TWO);
    let plan = cloud.try_plan(&world, Mode::Destroy, address("base/net")).unwrap();
    assert_snapshot!(show(&plan), @"
    delete app/web
    delete base/net
    ");
    cloud.run(&world, &plan);
    assert_eq!(cloud.things.len(), 1);
}

#[test]
fn a_name_stands_for_all_that_is_below_it() {
    let text = "s/m.a Thing {}\ns/m.b Thing {}\ns/n:x Thing {}\ns/n:y.c Thing {}\ns/mm Thing {}";
    let world = World::new(text);
    let chosen = |name: &str| {
        let plan = Cloud::new().try_plan(&world, Mode::Apply, address(name)).unwrap();
        plan.steps.iter().map(|step| step.address.local()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(chosen("s/m"), "m.a m.b");
    assert_eq!(chosen("s/n"), "n:x n:y.c");
    assert_eq!(chosen("s/n:y"), "n:y.c");
    assert_eq!(chosen("s/m.a"), "m.a");
}

#[test]
fn what_is_selected_and_is_not_there_is_an_error() {
    let found = Cloud::new().try_plan(&World::new(TWO), Mode::Apply, stack("bse")).unwrap_err();
    assert_eq!(found.iter().next().unwrap().help.as_deref(), Some("did you mean base?"));
    let found = Cloud::new().try_plan(&World::new(TWO), Mode::Apply, address("base/ntt")).unwrap_err();
    assert_eq!(found.iter().next().unwrap().help.as_deref(), Some("did you mean base/net?"));
}

#[test]
fn only_what_takes_part_is_read() {
    let cloud = Cloud::with(TWO);
    let graph = World::new(&format!("{TWO}\napp/more Thing {{}} import=id-7")).graph();
    let all = |selection: &Selection| {
        let targets = reads(&graph, &cloud.snapshot, selection);
        targets.iter().map(|each| format!("{} {}", each.address, each.identifier)).collect::<Vec<_>>()
    };
    assert_eq!(all(&Selection::default()).len(), 4);
    assert_eq!(all(&stack("app")), ["app/web id-3", "base/net id-2", "app/more id-7"]);
    assert_eq!(all(&address("base/other")), ["base/other id-1"]);
}

#[test]
fn outputs_of_other_stacks_stay_and_those_that_cannot_be_told_stay_too() {
    let text = format!("{TWO}\noutput base/arn ${{net.Arn}}\noutput app/arn ${{web.Arn}}");
    let mut cloud = Cloud::new();
    let world = World::new(&text);
    let plan = cloud.try_plan(&world, Mode::Apply, address("base/other")).unwrap();
    assert!(plan.outputs.is_empty(), "{:?}", plan.outputs);
    cloud.apply(&world);
    let plan = cloud.try_plan(&world, Mode::Apply, stack("app")).unwrap();
    assert!(!plan.has_changes());
    cloud.run(&world, &plan);
    assert_eq!(cloud.snapshot.outputs.len(), 2);
}
