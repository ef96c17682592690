//! Which module includes which, and whether each is given what it asks for: told by the files alone.
//! Imports `declared`.

use crate::declared::{BlockKind, Body, ModuleBlock, ModuleFile, StackFile};
use charter_model::{Diagnostic, Diagnostics, Span, StackName, did_you_mean};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

type Modules = BTreeMap<Arc<str>, ModuleFile>;

/// Tells unknown modules, wrong arguments, and modules that include themselves. `broken` are modules whose file could not
/// be read: told already. Returns the modules that have no end: those that include themselves, directly or by others.
pub(crate) fn check(
    stacks: &BTreeMap<StackName, StackFile>,
    modules: &Modules,
    broken: &BTreeSet<Arc<str>>,
    diagnostics: &mut Diagnostics,
) -> BTreeSet<Arc<str>> {
    let bodies = stacks.values().map(|stack| &stack.body).chain(modules.values().map(|module| &module.body));
    for body in bodies {
        for (name, block, span) in inclusions(body) {
            match modules.get(&block.module.value) {
                Some(module) => check_arguments(name, span, block, module, diagnostics),
                None if broken.contains(&block.module.value) => {}
                None => {
                    let wanted = &block.module.value;
                    let diagnostic = Diagnostic::error("unknown-module", format!("there is no module `{wanted}`"))
                        .label(block.module.span, "unknown module");
                    let known = modules.keys().map(|known| &**known);
                    diagnostics.push(match did_you_mean(wanted, known) {
                        Some(suggestion) => diagnostic.help(format!("did you mean `{suggestion}`?")),
                        None => diagnostic.help(format!("create modules/{wanted}/module.yaml")),
                    });
                }
            }
        }
    }
    let mut told = BTreeSet::new();
    for name in modules.keys() {
        let mut path = Vec::new();
        find_cycle(name, modules, &mut path, &mut told, &mut BTreeSet::new(), diagnostics);
    }
    told.into_iter().flatten().collect()
}

fn inclusions(body: &Body) -> impl Iterator<Item = (&Arc<str>, &ModuleBlock, Span)> {
    body.blocks.iter().filter_map(|(name, block)| match &block.kind {
        BlockKind::Module(module) => Some((name, module, block.name_span)),
        BlockKind::Resource(_) => None,
    })
}

fn check_arguments(name: &str, span: Span, block: &ModuleBlock, module: &ModuleFile, diagnostics: &mut Diagnostics) {
    let parameters = &module.body.parameters;
    let wanted = &block.module.value;
    for (argument, (argument_span, _)) in &block.with {
        if !parameters.contains_key(argument) {
            let diagnostic =
                Diagnostic::error("unknown-parameter", format!("the module `{wanted}` has no parameter `{argument}`"))
                    .label(*argument_span, "unknown parameter");
            let known: Vec<&str> = parameters.keys().map(|known| &**known).collect();
            diagnostics.push(match did_you_mean(argument, known.iter().copied()) {
                Some(suggestion) => diagnostic.help(format!("did you mean `{suggestion}`?")),
                None if known.is_empty() => diagnostic.help("the module has no parameters"),
                None => diagnostic.help(format!("parameters: {}", known.join(", "))),
            });
        }
    }
    for (parameter, declaration) in parameters {
        let near = || {
            block
                .with
                .keys()
                .any(|given| !parameters.contains_key(given) && did_you_mean(given, [&**parameter]).is_some())
        };
        if declaration.required && !block.with.contains_key(parameter) && !near() {
            diagnostics.push(
                Diagnostic::error("missing-parameter", format!("`{name}` does not give the parameter `{parameter}`"))
                    .label(span, format!("`{wanted}` needs `{parameter}`"))
                    .label(declaration.name_span, "declared here, without a default")
                    .help(format!("add `{parameter}: …` below `with`")),
            );
        }
    }
}

/// Depth first; a module met again on its own path closes a cycle, told once.
fn find_cycle<'a>(
    name: &'a Arc<str>,
    modules: &'a Modules,
    path: &mut Vec<(&'a Arc<str>, Span)>,
    told: &mut BTreeSet<BTreeSet<Arc<str>>>,
    done: &mut BTreeSet<Arc<str>>,
    diagnostics: &mut Diagnostics,
) {
    let Some(module) = modules.get(name) else { return };
    if !done.insert(name.clone()) {
        return;
    }
    for (_, block, _) in inclusions(&module.body) {
        let next = &block.module.value;
        path.push((name, block.module.span));
        match path.iter().position(|(known, _)| *known == next) {
            Some(start) => {
                let cycle = path.get(start..).unwrap_or_default();
                if told.insert(cycle.iter().map(|(known, _)| (*known).clone()).collect()) {
                    diagnostics.push(cycle_of(cycle));
                }
            }
            None => {
                if let Some((next, _)) = modules.get_key_value(next) {
                    find_cycle(next, modules, path, told, done, diagnostics);
                }
            }
        }
        path.pop();
    }
}

fn cycle_of(cycle: &[(&Arc<str>, Span)]) -> Diagnostic {
    let names: Vec<&str> = cycle.iter().map(|(name, _)| &***name).collect();
    let first = names.first().copied().unwrap_or_default();
    let summary = format!("the module `{first}` includes itself: {} → {first}", names.join(" → "));
    let mut diagnostic = Diagnostic::error("module-cycle", summary);
    for (place, (name, span)) in cycle.iter().enumerate() {
        let next = names.get(place + 1).copied().unwrap_or(first);
        diagnostic = diagnostic.label(*span, format!("`{name}` includes `{next}`"));
    }
    diagnostic.help("move what they share into a module of its own")
}
