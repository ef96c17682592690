//! Text that matches a pattern of a schema, for ids that only AWS makes.

use crate::random::Random;
use fancy_regex::Regex;
use regex_syntax::hir::{Class, Hir, HirKind};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// What a repetition without end makes of its part.
const UNBOUNDED: u32 = 8;
const LONGEST: usize = 256;

/// A text that matches, or none if the pattern is one that only other languages know.
pub(super) fn text(pattern: &str, random: &mut Random) -> Option<String> {
    let hir = regex_syntax::parse(&pattern.replace(r"\Z", "$")).ok()?;
    let mut text = String::new();
    write(&hir, random, &mut text);
    matches(pattern, &text).then_some(text)
}

/// Whether a text matches a schema's pattern; true for a pattern that only other languages know.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    static COMPILED: Mutex<BTreeMap<String, Option<Regex>>> = Mutex::new(BTreeMap::new());
    let mut compiled = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    let regex = compiled.entry(pattern.to_owned()).or_insert_with(|| Regex::new(&pattern.replace(r"\Z", "$")).ok());
    regex.as_ref().is_none_or(|regex| regex.is_match(text).unwrap_or(true))
}

fn write(hir: &Hir, random: &mut Random, text: &mut String) {
    if text.len() > LONGEST {
        return;
    }
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => text.push_str(&String::from_utf8_lossy(&literal.0)),
        HirKind::Class(class) => text.extend(pick(class, random)),
        HirKind::Repetition(repetition) => {
            let most = repetition.max.unwrap_or(repetition.min.max(UNBOUNDED));
            // What may be left out is left out; ids of a range of lengths get a length in its middle.
            let count = if repetition.min == 0 && repetition.max == Some(1) {
                0
            } else {
                most.min(repetition.min.max(UNBOUNDED))
            };
            for _ in 0..count {
                write(&repetition.sub, random, text);
            }
        }
        HirKind::Capture(capture) => write(&capture.sub, random, text),
        HirKind::Concat(parts) => parts.iter().for_each(|part| write(part, random, text)),
        HirKind::Alternation(choices) => {
            if let Some(first) = choices.first() {
                write(first, random, text);
            }
        }
    }
}

fn pick(class: &Class, random: &mut Random) -> Option<char> {
    let Class::Unicode(class) = class else { return None };
    let ranges = class.ranges();
    let allowed = |each: char| ranges.iter().any(|range| (range.start()..=range.end()).contains(&each));
    // Letters and digits where they are allowed; a class of others only, its first.
    let plain: Vec<char> = ('a'..='z').chain('0'..='9').filter(|each| allowed(*each)).collect();
    let plain = if plain.is_empty() { ('A'..='Z').filter(|each| allowed(*each)).collect() } else { plain };
    let place = usize::try_from(random.number()).unwrap_or(0).checked_rem(plain.len());
    place.and_then(|place| plain.get(place).copied()).or_else(|| ranges.first().map(|range| range.start()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_match_the_pattern_they_were_made_from() {
        let mut random = Random::new(1, "patterns");
        let patterns = [
            "^[0-9a-zA-Z]{10}$",
            "^dzd[-_][a-zA-Z0-9_-]{1,36}$",
            r"^arn:aws(|-cn|-us-gov):bedrock:[a-zA-Z0-9-]*:[0-9]{12}:knowledge-base/[0-9a-zA-Z]+$",
            r"^[.\-_/#A-Za-z0-9]{1,512}\Z",
            "[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}",
        ];
        for pattern in patterns {
            let text = text(pattern, &mut random).unwrap_or_else(|| panic!("{pattern}"));
            assert!(matches(pattern, &text), "{pattern}: {text}");
        }
    }

    #[test]
    fn a_pattern_with_look_around_makes_nothing() {
        assert_eq!(text("^(?!aws:)[a-z]+$", &mut Random::new(1, "patterns")), None);
        assert!(matches("^(?!aws:)[a-z]+$", "name") && !matches("^(?!aws:)[a-z:]+$", "aws:name"));
    }
}
