//! Texts parts of which are not known yet, and matching them against patterns. Imports `answer`.
//!
//! A planned policy names things that do not exist: the ARN of an index that the same plan makes. Such a part stands in the text
//! as a [`Symbol`], so that the text stays a text through every expression that puts others around it. Two occurrences of one
//! symbol are the same value, whatever it will be; that alone settles most questions about a plan.

use crate::answer::{Answer, Doubt};
use std::collections::HashMap;

const BEGIN: char = '\u{E000}';
const END: char = '\u{E001}';
/// Characters that ARNs are taken apart at, and what stands for them in a label, so that a label is never taken apart.
const SEPARATORS: [(char, char); 2] = [(':', '\u{E002}'), ('/', '\u{E003}')];

fn hidden(label: &str) -> String {
    let hide = |each| SEPARATORS.iter().find(|(shown, _)| *shown == each).map_or(each, |(_, hidden)| *hidden);
    label.chars().map(hide).collect()
}

fn shown(label: &str) -> String {
    let show = |each| SEPARATORS.iter().find(|(_, hidden)| *hidden == each).map_or(each, |(shown, _)| *shown);
    label.chars().map(show).collect()
}

/// What may be said of a value before it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SymbolKind {
    /// An identifier without `:`, `/`, spaces and wildcards that no other resource has.
    Identifier,
    /// The rest of an ARN, of any characters, that no other resource has.
    Rest,
    /// A word without `:`, `/`, spaces and wildcards.
    Word,
    /// Anything at all.
    Any,
    /// The value of a condition key that the request was not given: anything at all.
    Context,
}

impl SymbolKind {
    const ALL: [(Self, char); 5] =
        [(Self::Identifier, 'i'), (Self::Rest, 'r'), (Self::Word, 'w'), (Self::Any, 'a'), (Self::Context, 'c')];

    fn letter(self) -> char {
        Self::ALL.iter().find(|(kind, _)| *kind == self).map_or('a', |(_, letter)| *letter)
    }

    fn is_word(self) -> bool {
        matches!(self, Self::Identifier | Self::Word)
    }

    fn is_unique(self) -> bool {
        matches!(self, Self::Identifier | Self::Rest)
    }
}

/// A value that is not known yet, as part of a text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Symbol {
    /// What may be said of it.
    pub kind: SymbolKind,
    /// What tells it from others, and a reader what it stands for: `product-reviews/knowledge.index.Id`.
    pub label: String,
}

impl Symbol {
    /// A symbol.
    pub fn new(kind: SymbolKind, label: impl Into<String>) -> Self {
        Self { kind, label: label.into() }
    }

    /// Its form inside a text: characters of Unicode's private use area, which no AWS name has, around the label.
    pub fn text(&self) -> String {
        format!("{BEGIN}{}{}{END}", self.kind.letter(), hidden(&self.label))
    }

    /// A text as a person wants to read it: symbols as `‹label›`.
    pub fn readable(text: &str) -> String {
        let mut readable = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once(BEGIN) {
            let (symbol, after) = after.split_once(END).unwrap_or((after, ""));
            readable.push_str(before);
            readable.push('‹');
            readable.push_str(&shown(symbol.get(1..).unwrap_or_default()));
            readable.push('›');
            rest = after;
        }
        readable.push_str(rest);
        readable
    }

    /// Whether a text holds a symbol.
    pub fn is_in(text: &str) -> bool {
        text.contains(BEGIN)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Atom {
    Char(char),
    Symbol(Symbol),
    /// `?`
    One,
    /// `*`; `bounded`: stays within its part of an ARN.
    Many {
        bounded: bool,
    },
}

/// The atoms of a text without wildcards.
pub(crate) fn plain(text: &str) -> Vec<Atom> {
    let mut atoms = Vec::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(each) = rest.next() {
        if each != BEGIN {
            atoms.push(Atom::Char(each));
            continue;
        }
        let letter = rest.next().unwrap_or('a');
        let label: String = rest.by_ref().take_while(|each| *each != END).collect();
        let kind = SymbolKind::ALL.iter().find(|(_, own)| *own == letter).map_or(SymbolKind::Any, |(kind, _)| *kind);
        atoms.push(Atom::Symbol(Symbol { kind, label: shown(&label) }));
    }
    atoms
}

/// The atoms of a text in which `*` and `?` are wildcards.
pub(crate) fn wild(text: &str) -> Vec<Atom> {
    plain(text)
        .into_iter()
        .map(|atom| match atom {
            Atom::Char('*') => Atom::Many { bounded: false },
            Atom::Char('?') => Atom::One,
            atom => atom,
        })
        .collect()
}

/// Actions and some texts compare without regard to case.
pub(crate) fn lower(atoms: Vec<Atom>) -> Vec<Atom> {
    atoms
        .into_iter()
        .flat_map(|atom| match atom {
            Atom::Char(each) => each.to_lowercase().map(Atom::Char).collect(),
            atom => vec![atom],
        })
        .collect()
}

/// How far a `*` of an ARN pattern reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// `Resource`: over colons only where it ends one of the first five parts of the ARN. Source: IAM User Guide, "IAM JSON policy
    /// elements: Resource": a `*` that is the last character of a part can expand to match beyond the colon.
    ResourceElement,
    /// `ArnLike`: never out of its part. Source: IAM User Guide, "Condition operators", "Amazon Resource Name (ARN) condition
    /// operators": each of the six parts is checked separately.
    ArnOperator,
}

/// Limits the wildcards of an ARN pattern to their parts.
pub(crate) fn bounded(mut atoms: Vec<Atom>, reach: Reach) -> Vec<Atom> {
    if atoms.len() == 1 || !matches!(atoms.get(..4), Some([Atom::Char('a'), Atom::Char('r'), Atom::Char('n'), _])) {
        return atoms;
    }
    let mut colons = 0;
    for place in 0..atoms.len() {
        let ends = matches!(atoms.get(place + 1), None | Some(Atom::Char(':')));
        match atoms.get_mut(place) {
            Some(Atom::Char(':')) => colons += 1,
            Some(Atom::Many { bounded }) if colons < 5 => *bounded = reach == Reach::ArnOperator || !ends,
            _ => {}
        }
    }
    atoms
}

/// Whether a text matches a pattern.
pub(crate) fn matches(pattern: &[Atom], text: &[Atom]) -> Answer {
    if certain(pattern, text) {
        return Answer::Yes;
    }
    let symbols: Vec<&Symbol> = pattern
        .iter()
        .chain(text)
        .filter_map(|atom| match atom {
            Atom::Symbol(symbol) => Some(symbol),
            _ => None,
        })
        .collect();
    if symbols.is_empty() || !(Possible { pattern, text, known: HashMap::new() }).from(0, 0) {
        return Answer::No;
    }
    let mut doubt = Doubt::default();
    for symbol in symbols {
        doubt.extend(match symbol.kind {
            SymbolKind::Context => Doubt::about_request(&symbol.label),
            _ => Doubt::about_apply(&symbol.label),
        });
    }
    Answer::Depends(doubt)
}

/// Whether it matches whatever the symbols turn out to be. Linear in space, at most pattern × text in time.
fn certain(pattern: &[Atom], text: &[Atom]) -> bool {
    let mut reached = vec![false; text.len() + 1];
    if let Some(first) = reached.first_mut() {
        *first = true;
    }
    for atom in pattern {
        let mut next = vec![false; text.len() + 1];
        let mut running = false;
        for (place, slot) in next.iter_mut().enumerate() {
            let before = place.checked_sub(1).and_then(|place| text.get(place));
            let came = place.checked_sub(1).and_then(|place| reached.get(place)).copied().unwrap_or(false);
            *slot = match atom {
                Atom::Many { bounded } => {
                    let crosses = *bounded
                        && match before {
                            Some(Atom::Char(each)) => *each == ':',
                            Some(Atom::Symbol(symbol)) => !symbol.kind.is_word(),
                            _ => false,
                        };
                    running = (running && !crosses) || reached.get(place).copied().unwrap_or(false);
                    running
                }
                Atom::One => came && matches!(before, Some(Atom::Char(_))),
                Atom::Char(_) | Atom::Symbol(_) => came && before == Some(atom),
            };
        }
        reached = next;
    }
    reached.last().copied().unwrap_or(false)
}

/// Whether there are values of the symbols with which it matches.
struct Possible<'a> {
    pattern: &'a [Atom],
    text: &'a [Atom],
    known: HashMap<(usize, usize), bool>,
}

impl Possible<'_> {
    fn from(&mut self, one: usize, other: usize) -> bool {
        if let Some(known) = self.known.get(&(one, other)) {
            return *known;
        }
        // While it is being found out: a way that comes back to itself is no way.
        self.known.insert((one, other), false);
        let found = self.search(one, other);
        self.known.insert((one, other), found);
        found
    }

    fn search(&mut self, one: usize, other: usize) -> bool {
        let (pattern, text) = (self.pattern, self.text);
        let (Some(left), right) = (pattern.get(one), text.get(other)) else {
            return other == text.len();
        };
        if let Atom::Many { bounded } = left
            && (self.from(one + 1, other)
                || right.is_some_and(|right| !(*bounded && *right == Atom::Char(':'))) && self.from(one, other + 1))
        {
            return true;
        }
        let Some(right) = right else { return false };
        match (left, right) {
            (Atom::Char(left), Atom::Char(right)) => left == right && self.from(one + 1, other + 1),
            (Atom::One, Atom::Char(_)) => self.from(one + 1, other + 1),
            (Atom::Symbol(left), Atom::Symbol(right)) if left == right => self.from(one + 1, other + 1),
            (_, Atom::Symbol(right)) if self.absorbs_pattern(right, one, other) => true,
            (Atom::Symbol(left), _) => self.absorbs_text(left, one, other),
            _ => false,
        }
    }

    /// The symbol of the text stands for one or more atoms of the pattern.
    fn absorbs_pattern(&mut self, symbol: &Symbol, one: usize, other: usize) -> bool {
        for end in one..self.pattern.len() {
            let Some(atom) = self.pattern.get(end) else { return false };
            if !fits(symbol, atom, end == one) {
                return false;
            }
            // A wildcard that the symbol reaches into may go on behind it.
            if self.from(end + 1, other + 1) || (matches!(atom, Atom::Many { .. }) && self.from(end, other + 1)) {
                return true;
            }
        }
        false
    }

    /// The symbol of the pattern stands for one or more atoms of the text.
    fn absorbs_text(&mut self, symbol: &Symbol, one: usize, other: usize) -> bool {
        for end in other..self.text.len() {
            let Some(atom) = self.text.get(end) else { return false };
            if !fits(symbol, atom, end == other) {
                return false;
            }
            if self.from(one + 1, end + 1) {
                return true;
            }
        }
        false
    }
}

/// Whether a value may hold this atom. `alone`: it is the first that it would hold, so it may be all of it.
fn fits(symbol: &Symbol, atom: &Atom, alone: bool) -> bool {
    match atom {
        Atom::Char(each) => !(symbol.kind.is_word() && matches!(each, ':' | '/' | ' ' | '*' | '?')),
        Atom::One | Atom::Many { .. } => true,
        Atom::Symbol(other) => !(alone && symbol.kind.is_unique() && other.kind.is_unique()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(label: &str) -> String {
        Symbol::new(SymbolKind::Identifier, label).text()
    }

    fn answer(pattern: &str, text: &str) -> Answer {
        matches(&wild(pattern), &plain(text))
    }

    #[test]
    fn what_is_the_same_symbol_is_the_same_value() {
        let index = format!("arn:aws:kendra:us-east-2:333333333333:index/{}", id("a.Id"));
        assert_eq!(answer(&index, &index), Answer::Yes);
        assert_eq!(answer("arn:aws:kendra:*:333333333333:index/*", &index), Answer::Yes);
        assert_eq!(answer(&format!("{index}/*"), &format!("{index}/data-source/x")), Answer::Yes);
    }

    #[test]
    fn an_arn_with_a_symbol_is_taken_apart_at_its_own_separators() {
        let account = id("organization/bank.member:research.AccountId");
        let arn = format!("arn:aws:iam::{account}:role/reader");
        assert_eq!(arn.split(':').collect::<Vec<_>>(), ["arn", "aws", "iam", "", &account, "role/reader"]);
        assert_eq!(Symbol::readable(&arn), "arn:aws:iam::‹organization/bank.member:research.AccountId›:role/reader");
        let caller = crate::Caller::from_arn(&arn);
        assert_eq!(caller, Some(crate::Caller::Role { account, arn: arn.clone(), session: None }));
        assert_eq!(plain(&arn).iter().filter(|atom| matches!(atom, Atom::Symbol(_))).count(), 1);
    }

    #[test]
    fn identifiers_of_two_resources_differ() {
        let index = |label: &str| format!("arn:aws:kendra:us-east-2:333333333333:index/{}", id(label));
        assert_eq!(answer(&index("a.Id"), &index("b.Id")), Answer::No);
        assert_eq!(answer(&format!("{}/*", index("a.Id")), &index("b.Id")), Answer::No);
        assert_eq!(answer("arn:aws:s3:::*", &index("a.Id")), Answer::No);
    }

    #[test]
    fn what_may_turn_out_to_match_depends_on_it() {
        let Answer::Depends(doubt) =
            answer("arn:aws:kendra:*:*:index/0123*", &format!("arn:aws:kendra:r:1:index/{}", id("a")))
        else {
            panic!("it depends on the identifier")
        };
        assert!(doubt.unknown.contains("a"));
        assert_eq!(answer("index/x/y", &format!("index/{}", id("a"))), Answer::No);
    }

    #[test]
    fn a_star_inside_a_part_of_an_arn_does_not_cross_its_colon() {
        let within = |pattern: &str, text: &str, reach| matches(&bounded(wild(pattern), reach), &plain(text));
        let arn = "arn:aws:sqs:us-east-1:111111111111:queue";
        assert_eq!(within("arn:aws:sqs:us*1:queue", arn, Reach::ResourceElement), Answer::No);
        assert_eq!(within("arn:aws:sqs:us-*-1:111111111111:queue", arn, Reach::ResourceElement), Answer::Yes);
        assert_eq!(within("arn:aws:sqs:*:queue", arn, Reach::ResourceElement), Answer::Yes);
        assert_eq!(within("arn:aws:sqs:*:queue", arn, Reach::ArnOperator), Answer::No);
    }

    #[test]
    fn a_reader_sees_labels() {
        assert_eq!(Symbol::readable(&format!("index/{}/x", id("a.Id"))), "index/‹a.Id›/x");
    }
}
