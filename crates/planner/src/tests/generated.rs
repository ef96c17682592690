//! Whatever the stacks were and whatever they become: the plan is sound, applying it leads there, and then nothing is left to do.

use super::settled;
use crate::testing::{Cloud, World};
use crate::{Mode, Selection};
use proptest::prelude::*;

/// One resource of a generated stack; it may refer to those before it in `rank`, which changes from stack to stack.
#[derive(Debug, Clone)]
struct Block {
    present: bool,
    kind: u8,
    size: u8,
    zone: u8,
    named: u8,
    links: Vec<(u8, u8)>,
    life: u8,
}

fn block() -> impl Strategy<Value = Block> {
    (
        prop::bool::weighted(0.8),
        0..2_u8,
        0..3_u8,
        0..2_u8,
        0..4_u8,
        prop::collection::vec((0..8_u8, 0..4_u8), 0..3),
        0..12_u8,
    )
        .prop_map(|(present, kind, size, zone, named, links, life)| Block {
            present,
            kind,
            size,
            zone,
            named,
            links,
            life,
        })
}

fn stack() -> impl Strategy<Value = (Vec<Block>, Vec<usize>)> {
    (prop::collection::vec(block(), 8), Just((0..8_usize).collect::<Vec<_>>()).prop_shuffle())
}

/// The text of a stack. `order` says who may refer to whom.
fn text((blocks, order): &(Vec<Block>, Vec<usize>)) -> String {
    let mut lines = String::new();
    for (rank, place) in order.iter().enumerate() {
        let block = &blocks[*place];
        if !block.present {
            continue;
        }
        let kind = ["Thing", "Other"][usize::from(block.kind)];
        let mut properties = vec![format!("\"Size\": {}", block.size), format!("\"Zone\": \"z{}\"", block.zone)];
        if block.named == 0 {
            properties.push(format!("\"{kind}Name\": \"fixed-{place}\""));
        }
        let mut after = String::new();
        let mut used = [false; 4];
        for (target, how) in &block.links {
            let target = usize::from(*target);
            let earlier = order.iter().position(|each| *each == target).is_some_and(|other| other < rank);
            if !earlier || !blocks[target].present || std::mem::replace(&mut used[usize::from(*how)], true) {
                continue;
            }
            match how {
                0 => properties.push(format!("\"Link\": \"${{r{target}.Arn}}\"")),
                1 => properties.push(format!("\"FixedLink\": \"${{r{target}.Arn}}\"")),
                2 => properties.push(format!("\"Links\": [\"${{r{target}.Id}}\", \"plain\"]")),
                _ => after = format!(" after=r{target}"),
            }
        }
        let life = match block.life {
            0 => " delete-first",
            1 => " ignore=/Size",
            _ => "",
        };
        lines += &format!("s/r{place} {kind} {{{}}}{after}{life}\n", properties.join(", "));
    }
    lines
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_edit_leads_to_what_is_desired_in_any_order(stacks in prop::collection::vec(stack(), 1..4), seed: u64) {
        let mut cloud = Cloud::new();
        cloud.seed = seed;
        for stack in &stacks {
            let world = World::new(&text(stack));
            cloud.apply(&world);
            cloud.assert_accounted();
            settled(&cloud, &world);
        }
        let world = World::new("");
        cloud.apply(&world);
        prop_assert!(cloud.things.is_empty());
    }

    #[test]
    fn whatever_order_operations_run_in_the_outcome_is_the_same(one in stack(), other in stack(), seed: u64) {
        let (first, second) = (World::new(&text(&one)), World::new(&text(&other)));
        let outcome = |seed: u64| {
            let mut cloud = Cloud::new();
            cloud.apply(&first);
            cloud.seed = seed;
            cloud.apply(&second);
            let records = cloud.snapshot.resources.values();
            records.map(|record| (record.address.clone(), record.generation, record.dependencies.clone())).collect::<Vec<_>>()
        };
        prop_assert_eq!(outcome(0), outcome(seed));
    }

    #[test]
    fn a_part_of_an_edit_is_sound_too(one in stack(), other in stack(), chosen in 0..8_usize, destroy: bool, seed: u64) {
        let mut cloud = Cloud::new();
        cloud.apply(&World::new(&text(&one)));
        cloud.seed = seed;
        let world = World::new(&text(&other));
        let address = format!("s/r{chosen}").parse().unwrap();
        let selection = Selection { addresses: [address].into(), ..Selection::default() };
        let mode = if destroy { Mode::Destroy } else { Mode::Apply };
        if let Ok(plan) = cloud.try_plan(&world, mode, selection) {
            cloud.run(&world, &plan);
            cloud.assert_accounted();
        }
        cloud.apply(&world);
        settled(&cloud, &world);
    }

    #[test]
    fn drift_is_always_put_back(one in stack(), drifted in prop::collection::vec((0..8_usize, 0..3_u8), 0..4), seed: u64) {
        let world = World::new(&text(&one));
        let mut cloud = Cloud::new();
        cloud.apply(&world);
        cloud.seed = seed;
        for (place, how) in drifted {
            let address = format!("s/r{place}");
            if !cloud.snapshot.resources.contains_key(&address.parse().unwrap()) || !cloud.things.contains_key(&cloud.identifier(&address)) {
                continue;
            }
            match how {
                0 => cloud.change(&address, "Size", serde_json::json!(99)),
                1 => cloud.change(&address, "Tags", serde_json::json!([])),
                _ => cloud.vanish(&address),
            }
        }
        cloud.apply(&world);
        cloud.assert_accounted();
        settled(&cloud, &world);
    }
}
