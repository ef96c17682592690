//! Where the contract is known not to be kept, and by whose documentation. What is declared here and does not happen fails, and so
//! does what names no source. Operations are named by the permanent links of the API references; `sources.py` looks them up in the
//! service models.

mod datazone;
mod peers;
mod types;

use charter_provider::contract::{Exception, Row};

/// Breaches of one cause: in each of these rows, by each of these types.
pub(crate) struct Breaches {
    /// Who breaks the contract: none, the types themselves.
    peer: Option<&'static str>,
    types: &'static [&'static str],
    /// Each row with part of what the examination notes.
    rows: &'static [(Row, &'static str)],
    /// What is wrong.
    fault: &'static str,
    /// Where it is documented, or what documents the contrary.
    source: &'static str,
}

/// All of them: first those of the types themselves, then those of who stands in for AWS.
pub(crate) fn all() -> Vec<Exception> {
    let mut exceptions = Vec::new();
    for breaches in [types::BREACHES, datazone::BREACHES, peers::BREACHES].into_iter().flatten() {
        let Breaches { peer, types, rows, fault, source } = *breaches;
        for type_name in types {
            for (row, shows) in rows {
                exceptions.push(Exception { peer, type_name, row: *row, shows, fault, source });
            }
        }
    }
    exceptions
}

/// What every creation without a client token breaks.
const NO_TOKEN: &str = "the creation takes no token: recovery finds the first by its marks or its text instead";

/// A type whose creation takes no client token.
const fn without_token(type_name: &'static [&'static str], operation: &'static str) -> Breaches {
    of_type(type_name, &[(Row::SameToken, "AlreadyExists")], NO_TOKEN, operation)
}

const fn of_type(
    types: &'static [&'static str],
    rows: &'static [(Row, &'static str)],
    fault: &'static str,
    source: &'static str,
) -> Breaches {
    Breaches { peer: None, types, rows, fault, source }
}

const fn of_peer(
    peer: &'static str,
    types: &'static [&'static str],
    rows: &'static [(Row, &'static str)],
    fault: &'static str,
    source: &'static str,
) -> Breaches {
    Breaches { peer: Some(peer), types, rows, fault, source }
}

/// The operations that are named exist, and those that take no token take none.
#[test]
fn the_operations_that_are_named_are_in_the_service_models() {
    let Some(python) = std::env::var_os("CHARTER_PYTHON") else {
        eprintln!("skipped: CHARTER_PYTHON names no Python with botocore (cargo xtask test sets it)");
        return;
    };
    let named: Vec<_> = all().iter().map(|each| serde_json::json!([each.source, each.fault == NO_TOKEN])).collect();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/contract/sources.py");
    let ran = std::process::Command::new(python).arg(script).arg(serde_json::json!(named).to_string()).output();
    let ran = ran.expect("the Python of the checks runs");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
}
