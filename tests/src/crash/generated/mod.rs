//! Stacks made at random, small on purpose: what matters is how they are disturbed. Each is made of kinds of resources that refer to
//! each other; the next version of it changes some in place, replaces some in either order, drops some, and adds some.
//!
//! There are two families: the services of one account ([`shop`]), and what governs many ([`governed`]: AWS Organizations, Amazon
//! DataZone), of which a data mesh is drawn too.
//!
//! Not one with [`crate::generated`], whose blocks refer to each other by any attribute and are of any type, with what stands around
//! them in the language (modules, `forEach`, accounts): here it is the cloud that matters. A reference is one that the cloud minds
//! (an index and its role, a subnet and its network, a profile that holds a role, a project and its domain), types are those whose
//! life is long or whose name is kept, and the order of replacements is drawn. And a case is its seed: another generator would make
//! another case of every seed that ever failed. So whatever is changed here must draw the same from the same kinds.

pub(crate) mod governed;
pub(crate) mod shop;

use crate::TestProject;
use crate::crash::random::Random;
use crate::crash::scenario::graph;
use charter_model::DesiredGraph;
use std::fmt::Write;

/// What is said of the order of a replacement, if anything.
pub(crate) type Order = Option<&'static str>;

const ANY_ORDER: &[Order] = &[None, Some("create-first"), Some("delete-first")];

/// Of what cannot be deleted while others refer to it.
const NOT_FIRST: &[Order] = &[None, Some("create-first")];

/// Kinds of resources that stacks are made of.
pub(crate) trait Family: Copy + PartialEq + 'static {
    /// Those that are drawn.
    const ALL: &'static [Self];
    /// The environment that the stacks are for.
    const ENVIRONMENT: &'static str;
    /// How each begins.
    const STACK: &'static str;

    /// Begins the names of its resources.
    fn name(self) -> &'static str;

    /// What it refers to and cannot be without: made where it is not there.
    fn needs(self) -> &'static [Self];

    /// What it may refer to besides.
    fn may_name(self, other: Self) -> bool;

    /// The orders in which it can be replaced.
    fn orders(self) -> &'static [Order];

    /// Whether there can be but one of it in a stack.
    fn is_single(self) -> bool {
        false
    }

    /// Whether there can be but one of it for the same references.
    fn is_single_for_its_references(self) -> bool {
        false
    }

    /// A resource as it stands in its stack: its type, what else is said of it (`account: management`, a line each), its properties.
    fn entry(row: &Row<Self>, rows: &[Row<Self>]) -> (&'static str, String);

    /// What else is said of a resource, a line each: where it is, whether it is kept.
    fn words(self) -> &'static [&'static str] {
        &[]
    }
}

/// One resource of a stack.
#[derive(Debug, Clone)]
pub(crate) struct Row<F> {
    name: String,
    kind: F,
    /// What can be changed in place.
    variant: usize,
    /// What cannot.
    fixed: usize,
    order: Order,
    /// Names of what it refers to.
    refers: Vec<(String, F)>,
}

impl<F: Family> Row<F> {
    /// The names of what it refers to of a kind.
    fn named(&self, kind: F) -> impl Iterator<Item = &str> {
        self.refers.iter().filter(move |(_, other)| *other == kind).map(|(name, _)| name.as_str())
    }

    fn refers_to(&self, name: &str) -> bool {
        self.refers.iter().any(|(referred, _)| referred == name)
    }
}

/// A stack and its next version.
#[derive(Debug, Clone)]
pub(crate) struct Generated {
    /// As files of the stack.
    pub(crate) versions: [String; 2],
    environment: &'static str,
}

/// A resource refers to so many others at most by choice.
const MOST_NAMED: usize = 4;

impl Generated {
    /// Of these kinds, from a seed's stream.
    pub(crate) fn new<F: Family>(kinds: &[F], random: &mut Random) -> Self {
        let mut rows: Vec<Row<F>> = Vec::new();
        let count = 3 + random.below(8);
        for number in 0..count {
            add(kinds, &mut rows, number, &[], random);
        }
        let mut next = rows.clone();
        for row in &mut next {
            match random.below(5) {
                0 => row.variant += 1,
                1 => row.fixed += 1,
                2 => {
                    row.variant += 1;
                    row.fixed += random.below(2);
                }
                _ => {}
            }
        }
        // What nothing refers to may go.
        let mut gone = Vec::new();
        for _ in 0..random.below(3) {
            let free: Vec<usize> = (0..next.len())
                .filter(|index| {
                    let name = next.get(*index).map(|row| row.name.clone()).unwrap_or_default();
                    !next.iter().any(|row| row.refers_to(&name))
                })
                .collect();
            if next.len() > 1 && !free.is_empty() {
                gone.push(next.remove(*random.choose(&free)));
            }
        }
        for number in count..count + random.below(3) {
            add(kinds, &mut next, number, &gone, random);
        }
        Self { versions: [text(&rows), text(&next)], environment: F::ENVIRONMENT }
    }

    /// Loads both.
    pub(crate) fn graphs(&self) -> Result<[DesiredGraph; 2], String> {
        let load = |stack: &str| {
            let project = TestProject::empty();
            project.write("environments/local.yaml", self.environment);
            project.write("stacks/stack.yaml", stack);
            graph(&project).map_err(|error| format!("{error}\n{stack}"))
        };
        let [first, second] = &self.versions;
        Ok([load(first)?, load(second)?])
    }
}

/// One more, with what it needs and is not there; nothing where there can be but one, which is there or is `gone` only now.
fn add<F: Family>(kinds: &[F], rows: &mut Vec<Row<F>>, number: usize, gone: &[Row<F>], random: &mut Random) {
    let kind = *random.choose(kinds);
    if kind.is_single() && rows.iter().any(|row| row.kind == kind) {
        return;
    }
    let before = rows.len();
    let mut refers = needed(rows, kind, number, random);
    for row in rows.iter().filter(|row| kind.may_name(row.kind)) {
        if refers.len() < MOST_NAMED && random.percent(50) {
            refers.push((row.name.clone(), row.kind));
        }
    }
    let order = *random.choose(kind.orders());
    rows.push(Row { name: format!("{}{number}", kind.name()), kind, variant: 0, fixed: 0, order, refers });
    let (old, new) = rows.split_at(before);
    let is_there = |new: &Row<F>| {
        let mut others = old.iter().chain(gone);
        new.kind.is_single_for_its_references() && others.any(|old| old.kind == new.kind && old.refers == new.refers)
    };
    if new.iter().any(is_there) {
        rows.truncate(before);
    }
}

/// What a kind needs: chosen from what is there, or made.
fn needed<F: Family>(rows: &mut Vec<Row<F>>, kind: F, number: usize, random: &mut Random) -> Vec<(String, F)> {
    let mut refers = Vec::new();
    for need in kind.needs() {
        let there: Vec<String> = rows.iter().filter(|row| row.kind == *need).map(|row| row.name.clone()).collect();
        if there.is_empty() {
            let name = format!("{}For{number}", need.name());
            let own = needed(rows, *need, number, random);
            rows.push(Row { name: name.clone(), kind: *need, variant: 0, fixed: 0, order: None, refers: own });
            refers.push((name, *need));
        } else {
            refers.push((random.choose(&there).clone(), *need));
        }
    }
    refers
}

fn text<F: Family>(rows: &[Row<F>]) -> String {
    let mut text = F::STACK.to_owned();
    for row in rows {
        let (type_name, properties) = F::entry(row, rows);
        let order = row.order.map(|order| format!("    replace: {order}\n")).unwrap_or_default();
        let words: String = row.kind.words().iter().map(|word| format!("    {word}\n")).collect();
        writeln!(text, "  {}:\n    type: {type_name}\n{words}{order}    properties: {properties}", row.name)
            .expect("a text can be written to");
    }
    text
}
