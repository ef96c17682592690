//! New inputs from old ones. What parses as JSON, whole or one line of it, is changed as JSON: nodes of one entry take the
//! place of nodes of another. Everything is changed as text, by lines and by words, and as bytes. The same seed makes the same inputs.

mod bytes;
mod json;
mod words;

use fastrand::Rng;

/// Inputs grow no longer than this.
pub const LONGEST: usize = 64 << 10;

/// Makes inputs from a corpus.
#[derive(Debug)]
pub struct Mutator {
    entries: Vec<Vec<u8>>,
    random: Rng,
}

impl Mutator {
    /// A mutator over these entries.
    pub fn new(entries: Vec<Vec<u8>>, seed: u64) -> Self {
        Self { entries, random: Rng::with_seed(seed) }
    }

    /// The next input.
    pub fn next_input(&mut self) -> Vec<u8> {
        let mut input = pick(&mut self.random, &self.entries).cloned().unwrap_or_default();
        let mut changes = 1;
        while changes < 8 && self.random.bool() {
            changes += 1;
        }
        for _ in 0..changes {
            let other = pick(&mut self.random, &self.entries).cloned().unwrap_or_default();
            input = self.changed(input, &other);
            input.truncate(LONGEST);
        }
        input
    }

    fn changed(&mut self, input: Vec<u8>, other: &[u8]) -> Vec<u8> {
        let random = &mut self.random;
        let kind = random.u8(0..10);
        if kind < 5
            && let Some(changed) = json::change(random, &input, other)
        {
            return changed;
        }
        if kind < 8
            && let (Ok(text), Ok(other)) = (std::str::from_utf8(&input), std::str::from_utf8(other))
        {
            return words::change(random, text, other).into_bytes();
        }
        bytes::change(random, input, other)
    }
}

fn pick<'a, T>(random: &mut Rng, from: &'a [T]) -> Option<&'a T> {
    if from.is_empty() { None } else { from.get(random.usize(0..from.len())) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn inputs(seed: u64) -> Vec<Vec<u8>> {
        let entries: [&[u8]; 3] =
            [b"{\"a\": [1, {\"b\": null}]}", b"stack: shop\nresources:\n  a: {type: b}\n", b"\xff\x00"];
        let mut mutator = Mutator::new(entries.map(<[u8]>::to_vec).to_vec(), seed);
        (0..500).map(|_| mutator.next_input()).collect()
    }

    #[test]
    fn the_same_seed_makes_the_same_inputs_and_another_makes_others() {
        assert_eq!(inputs(1), inputs(1));
        assert_ne!(inputs(1), inputs(2));
    }

    #[test]
    fn inputs_differ_and_stay_short() {
        let inputs = inputs(3);
        assert!(inputs.iter().all(|input| input.len() <= LONGEST));
        assert!(inputs.iter().collect::<BTreeSet<_>>().len() > 400);
        assert!(inputs.iter().any(|input| serde_json::from_slice::<serde_json::Value>(input).is_ok()));
    }
}
