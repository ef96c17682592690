//! A journal cut at any byte: what is loaded is what had been written whole.

use charter_planner::Mode;
use charter_state::Snapshot;
use charter_tests::crash::case::paused;
use charter_tests::crash::recorder::Orders;
use charter_tests::crash::scenario::{Reviews, reviews};
use charter_tests::crash::world::Watched;
use std::sync::Arc;

/// A part of all bytes, every time another: lines are long, and parsing the whole journal for each byte of them takes its time.
const STRIDE: usize = 97;

#[test]
fn a_journal_cut_anywhere_holds_the_whole_lines_before_the_cut() {
    paused(async {
        let scenario = reviews(Reviews::Apply, 1, &Arc::default()).await.unwrap();
        let mut world = scenario.start.fork();
        // Stopped late, with a long journal.
        let mut calm = world.fork();
        let Watched::Ended(_, recorder) = calm.watch(Mode::Apply, Orders::default()).await else { panic!("it died") };
        let stop_at = Some(recorder.steps() * 9 / 10);
        let Watched::Died(_) = world.watch(Mode::Apply, Orders { stop_at, ..Orders::default() }).await else {
            panic!("it was to die")
        };
        let journal = world.state_file("journal");
        let whole = world.files.content(&journal).unwrap();
        let mut ends: Vec<usize> =
            whole.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(index, _)| index + 1).collect();
        ends.insert(0, 0);
        assert!(ends.len() > 30, "only {} lines", ends.len());
        let cut = |length: usize| {
            let world = world.fork();
            world.files.set_content(&journal, whole[..length].to_vec());
            async move { world.recorded().await.unwrap() }
        };
        let mut at_ends: Vec<Snapshot> = Vec::new();
        for end in &ends {
            at_ends.push(cut(*end).await);
        }
        // Each end, the bytes beside it, and a stride through the rest.
        let beside = ends.iter().flat_map(|end| [end.saturating_sub(1), *end, end + 1]);
        for length in beside.chain((0..whole.len()).step_by(STRIDE)).filter(|length| *length <= whole.len()) {
            let lines = ends.iter().filter(|end| **end <= length).count();
            let expected = &at_ends[lines - 1];
            // A line is whole without its newline too, or it is ignored: both are a state that was written.
            let found = cut(length).await;
            let also = at_ends.get(lines).filter(|_| ends.get(lines) == Some(&(length + 1)));
            assert!(found == *expected || Some(&found) == also, "cut at {length}");
        }
    });
}
