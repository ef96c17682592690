//! The desired graph as a picture: Mermaid for Markdown, DOT for Graphviz. Stacks are boxes around their resources.

use charter_model::{Address, DesiredGraph};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// For Markdown.
pub(crate) fn mermaid(graph: &DesiredGraph, keep: impl Fn(&Address) -> bool) -> String {
    let names = names(graph, &keep);
    let mut text = "flowchart LR\n".to_owned();
    for (stack, addresses) in by_stack(&names) {
        let _ = writeln!(text, "  subgraph {}[\"{stack}\"]", stack.replace('-', "_"));
        for address in addresses {
            if let (Some(name), Some(resource)) = (names.get(address), graph.resources.get(address)) {
                let _ = writeln!(text, "    {name}[\"{}<br/>{}\"]", address.local(), resource.type_name);
            }
        }
        text.push_str("  end\n");
    }
    for (from, to) in edges(graph, &names) {
        let _ = writeln!(text, "  {from} --> {to}");
    }
    text
}

/// For Graphviz.
pub(crate) fn dot(graph: &DesiredGraph, keep: impl Fn(&Address) -> bool) -> String {
    let names = names(graph, &keep);
    let mut text = "digraph charter {\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\"];\n".to_owned();
    for (place, (stack, addresses)) in by_stack(&names).into_iter().enumerate() {
        let _ = writeln!(text, "  subgraph cluster_{place} {{\n    label=\"{stack}\";");
        for address in addresses {
            if let (Some(name), Some(resource)) = (names.get(address), graph.resources.get(address)) {
                let _ = writeln!(text, "    {name} [label=\"{}\\n{}\"];", address.local(), resource.type_name);
            }
        }
        text.push_str("  }\n");
    }
    for (from, to) in edges(graph, &names) {
        let _ = writeln!(text, "  {from} -> {to};");
    }
    text.push_str("}\n");
    text
}

fn names<'a>(graph: &'a DesiredGraph, keep: &impl Fn(&Address) -> bool) -> BTreeMap<&'a Address, String> {
    let kept = graph.resources.keys().filter(|address| keep(address));
    kept.enumerate().map(|(place, address)| (address, format!("n{place}"))).collect()
}

fn by_stack<'a>(names: &BTreeMap<&'a Address, String>) -> BTreeMap<String, Vec<&'a Address>> {
    let mut stacks: BTreeMap<String, Vec<&Address>> = BTreeMap::new();
    for address in names.keys() {
        stacks.entry(address.stack().to_string()).or_default().push(address);
    }
    stacks
}

/// From what must exist first to what comes after it.
fn edges(graph: &DesiredGraph, names: &BTreeMap<&Address, String>) -> Vec<(String, String)> {
    let mut edges = Vec::new();
    for (address, name) in names {
        let dependencies = graph.resources.get(address).map(|resource| resource.dependencies.as_slice());
        for dependency in dependencies.unwrap_or_default() {
            if let Some(first) = names.get(&dependency.address) {
                edges.push((first.clone(), name.clone()));
            }
        }
    }
    edges.dedup();
    edges
}
