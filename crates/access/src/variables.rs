//! Policy variables: `${aws:username}`, `${aws:PrincipalTag/team, 'none'}`, `${*}`. Imports `symbol`, `request`.
//!
//! Source: IAM User Guide, "IAM policy elements: Variables and tags",
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>

use crate::request::{Context, KeyValue};
use crate::symbol::{Atom, Symbol, SymbolKind, plain, wild};

/// The atoms of a pattern with its variables filled in. None: a variable has no value in this request and no default, so that
/// the element matches nothing.
pub(crate) fn pattern(text: &str, wildcards: bool, context: Option<&Context>) -> Option<Vec<Atom>> {
    let atoms = if wildcards { wild } else { plain };
    let Some(context) = context else { return Some(atoms(text)) };
    let mut all = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((variable, after)) = after.split_once('}') else { break };
        all.extend(atoms(before));
        match variable {
            // A character that is otherwise special, as itself.
            "*" | "?" | "$" => all.extend(plain(variable)),
            _ => all.extend(value(variable, context)?),
        }
        rest = after;
    }
    all.extend(atoms(rest));
    Some(all)
}

/// The value of a variable, in which `*` and `?` are characters like any other.
fn value(variable: &str, context: &Context) -> Option<Vec<Atom>> {
    let (key, default) = match variable.split_once(',') {
        Some((key, default)) => {
            (key.trim(), default.trim().strip_prefix('\'').and_then(|text| text.strip_suffix('\'')))
        }
        None => (variable.trim(), None),
    };
    match context.get(key) {
        // Keys of several values cannot be variables.
        KeyValue::Present([only]) => Some(plain(only)),
        KeyValue::Present(_) => None,
        KeyValue::Absent => default.map(plain),
        KeyValue::Open => Some(vec![Atom::Symbol(Symbol::new(SymbolKind::Context, key))]),
    }
}
