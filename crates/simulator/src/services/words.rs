//! Search by plain words over what was indexed. No meaning is understood here.

use std::collections::BTreeSet;

/// Words that say nothing.
const EMPTY: &[&str] = &[
    "a", "an", "and", "are", "as", "at", "be", "by", "do", "does", "for", "from", "has", "how", "i", "in", "is", "it",
    "of", "on", "or", "that", "the", "this", "to", "was", "what", "when", "where", "which", "who", "why", "with",
];

/// The words of a text that say something, in lower case.
pub(crate) fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|character: char| !character.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .filter(|word| !EMPTY.contains(&word.as_str()))
}

/// How many of the asked words a text holds.
pub(crate) fn score(asked: &BTreeSet<String>, text: &str) -> usize {
    let held: BTreeSet<String> = words(text).collect();
    asked.iter().filter(|word| held.contains(*word)).count()
}

/// The part of a text around the first asked word.
pub(crate) fn excerpt(asked: &BTreeSet<String>, text: &str, length: usize) -> String {
    let lower = text.to_lowercase();
    let place = asked.iter().filter_map(|word| lower.find(word.as_str())).min().unwrap_or(0);
    let start = lower.get(..place).map_or(0, |before| before.chars().count()).saturating_sub(length / 4);
    text.chars().skip(start).take(length).collect()
}
