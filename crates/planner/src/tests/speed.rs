//! Planning takes time in proportion to what is planned.

use crate::testing::{Cloud, World};

/// Steps of work cannot be counted from outside, so this compares two sizes with each other, with much room for a busy machine:
/// quadratic work would take sixteen times as long for four times as much, linear work four times.
#[test]
fn four_times_as_many_resources_take_about_four_times_as_long() {
    let world = |count: usize| {
        let line = |place: usize| match place % 10 {
            0 => format!("s/r{place} Thing {{}}\n"),
            rest => format!("s/r{place} Thing {{\"Link\": \"${{r{}.Arn}}\", \"Size\": {rest}}}\n", place - rest),
        };
        World::new(&(0..count).map(line).collect::<String>())
    };
    let (small, large) = (world(500), world(2_000));
    let best = |world: &World| {
        let cloud = Cloud::new();
        (0..3)
            .map(|_| {
                let start = std::time::Instant::now();
                assert!(!cloud.plan(world).is_empty());
                start.elapsed()
            })
            .min()
            .unwrap()
    };
    let (fast, slow) = (best(&small), best(&large));
    assert!(slow < fast * 11, "{fast:?} for 500, {slow:?} for 2,000");
}
