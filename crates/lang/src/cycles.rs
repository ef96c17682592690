//! Cycles among resources: the shortest of each knot, with the line of each reference. Imports `model` only.

use charter_model::{
    Address, Binding, Dependency, DesiredResource, Diagnostic, Pointer, PointerSegment, Span, Template,
};
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

/// From how many members of a knot the shortest way back is looked for.
const STARTS: usize = 256;

/// One diagnostic for each knot of resources that need each other.
pub(crate) fn find(resources: &BTreeMap<Address, DesiredResource>) -> Vec<Diagnostic> {
    let order: Vec<&Address> = resources.keys().collect();
    let numbers: HashMap<&Address, usize> =
        order.iter().enumerate().map(|(number, address)| (*address, number)).collect();
    let edges: Vec<Vec<usize>> = resources
        .values()
        .map(|resource| resource.dependencies.iter().filter_map(|edge| numbers.get(&edge.address).copied()).collect())
        .collect();
    knots(&edges)
        .into_iter()
        .filter_map(|knot| shortest(&knot, &edges))
        .map(|cycle| {
            let cycle: Vec<&Address> = cycle.into_iter().filter_map(|number| order.get(number).copied()).collect();
            told(&cycle, resources)
        })
        .collect()
}

/// What is left when everything that can be ordered has been taken away, from both ends: the knots and what lies between
/// them; then split into those that reach each other.
fn knots(edges: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut left: BTreeSet<usize> = (0..edges.len()).collect();
    let mut reverse: Vec<Vec<usize>> = vec![Vec::new(); edges.len()];
    for (from, targets) in edges.iter().enumerate() {
        for target in targets {
            if let Some(list) = reverse.get_mut(*target) {
                list.push(from);
            }
        }
    }
    peel(&mut left, edges, &reverse);
    peel(&mut left, &reverse, edges);
    let mut found = Vec::new();
    while let Some(start) = left.first().copied() {
        let forward = reach(start, edges, &left);
        let backward = reach(start, &reverse, &left);
        let knot: Vec<usize> = forward.intersection(&backward).copied().collect();
        for each in &knot {
            left.remove(each);
        }
        left.remove(&start);
        let own = edges.get(start).is_some_and(|targets| targets.contains(&start));
        if knot.len() > 1 || own {
            found.push(knot);
        }
    }
    found
}

/// Takes away, again and again, what points at nothing that is left.
fn peel(left: &mut BTreeSet<usize>, edges: &[Vec<usize>], reverse: &[Vec<usize>]) {
    let empty = Vec::new();
    let of = |list: &'_ [Vec<usize>], number: usize| list.get(number).unwrap_or(&empty).clone();
    let mut open: HashMap<usize, usize> = left
        .iter()
        .map(|number| (*number, of(edges, *number).iter().filter(|target| left.contains(target)).count()))
        .collect();
    let mut ready: Vec<usize> = open.iter().filter(|(_, count)| **count == 0).map(|(number, _)| *number).collect();
    while let Some(number) = ready.pop() {
        left.remove(&number);
        for from in of(reverse, number) {
            if let Some(count) = open.get_mut(&from).filter(|count| **count > 0) {
                *count -= 1;
                if *count == 0 && left.contains(&from) {
                    ready.push(from);
                }
            }
        }
    }
}

fn reach(start: usize, edges: &[Vec<usize>], within: &BTreeSet<usize>) -> BTreeSet<usize> {
    let mut seen = BTreeSet::from([start]);
    let mut open = vec![start];
    while let Some(number) = open.pop() {
        for target in edges.get(number).into_iter().flatten() {
            if within.contains(target) && seen.insert(*target) {
                open.push(*target);
            }
        }
    }
    seen
}

/// The shortest cycle in a knot; of several as short, the first by address.
fn shortest(knot: &[usize], edges: &[Vec<usize>]) -> Option<Vec<usize>> {
    let within: BTreeSet<usize> = knot.iter().copied().collect();
    let mut best: Option<Vec<usize>> = None;
    for start in knot.iter().take(STARTS) {
        if let Some(cycle) = back_to(*start, edges, &within)
            && best.as_ref().is_none_or(|best| cycle.len() < best.len())
        {
            best = Some(cycle);
        }
    }
    best
}

/// The shortest way from a resource back to itself, breadth first.
fn back_to(start: usize, edges: &[Vec<usize>], within: &BTreeSet<usize>) -> Option<Vec<usize>> {
    let mut before: HashMap<usize, usize> = HashMap::new();
    let mut open = VecDeque::from([start]);
    while let Some(number) = open.pop_front() {
        for target in edges.get(number).into_iter().flatten().filter(|target| within.contains(target)) {
            if *target == start {
                let mut cycle = vec![number];
                let mut place = number;
                while place != start {
                    place = *before.get(&place)?;
                    cycle.push(place);
                }
                cycle.reverse();
                return Some(cycle);
            }
            if !before.contains_key(target) {
                before.insert(*target, number);
                open.push_back(*target);
            }
        }
    }
    None
}

fn told(cycle: &[&Address], resources: &BTreeMap<Address, DesiredResource>) -> Diagnostic {
    let names: Vec<String> = cycle.iter().map(ToString::to_string).collect();
    let first = names.first().cloned().unwrap_or_default();
    let summary = match names.len() {
        1 => format!("{first} needs itself"),
        _ => format!("these resources need each other: {} → {first}", names.join(" → ")),
    };
    let mut diagnostic = Diagnostic::error("cycle", summary);
    for (place, address) in cycle.iter().enumerate() {
        let next = cycle.get(place + 1).or(cycle.first());
        let edge: Option<&Dependency> = resources
            .get(*address)
            .and_then(|resource| resource.dependencies.iter().find(|edge| Some(&&edge.address) == next));
        let (Some(edge), Some(next)) = (edge, next) else { continue };
        let mut way = Vec::new();
        if let Some(template) =
            resources.get(*address).and_then(|from| property(&from.properties, edge.property.as_ref()?))
        {
            spans_to(template, next, &mut way);
        }
        let mut way = way.into_iter();
        if let Some(span) = way.next().or(edge.span) {
            diagnostic = diagnostic.label(span, format!("{address} needs {next}"));
        }
        for span in way.take(2) {
            diagnostic = diagnostic.label(span, "by way of this");
        }
    }
    diagnostic
        .help("take one of the references out: move what both need into a resource of its own, or set it afterwards")
}

/// The part of a resource's properties at a place.
fn property<'t>(template: &'t Template, place: &Pointer) -> Option<&'t Template> {
    place.segments().iter().try_fold(template, |template, segment| match (template, segment) {
        (Template::Map(map), segment) => map.get(segment.to_string().as_str()),
        (Template::List(list), PointerSegment::Index(index)) => list.get(*index),
        _ => None,
    })
}

/// Where the expressions stand that lead to a resource: the one in the property, then those of parameters and outputs.
fn spans_to(template: &Template, address: &Address, way: &mut Vec<Span>) -> bool {
    match template {
        Template::Value(_) | Template::Secret(_) => false,
        Template::List(parts) | Template::Interpolation(parts) => parts.iter().any(|part| spans_to(part, address, way)),
        Template::Map(map) => map.values().any(|part| spans_to(part, address, way)),
        Template::Expression(expression) => {
            let before = way.len();
            way.extend(expression.span);
            let leads = expression.bindings.values().any(|binding| binding_to(binding, address, way));
            if !leads {
                way.truncate(before);
            }
            leads
        }
    }
}

fn binding_to(binding: &Binding, address: &Address, way: &mut Vec<Span>) -> bool {
    match binding {
        Binding::Resource(found) => found == address,
        Binding::Template(template) => spans_to(template, address, way),
        Binding::Members(members) => members.values().any(|member| binding_to(member, address, way)),
    }
}
