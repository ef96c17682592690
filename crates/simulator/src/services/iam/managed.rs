//! The managed policies of AWS: their names, which is what can be attached. Their documents are AWS's own prose and are not here.

use std::collections::BTreeSet;
use std::sync::LazyLock;

/// Path and name, one a line; from the list that the PyPI package `moto` 5 ships.
static NAMES: LazyLock<BTreeSet<&'static str>> =
    LazyLock::new(|| include_str!("managed_policies.txt").lines().collect());

/// The path and name of an AWS managed policy: `/service-role/AWSLambdaRole`.
pub(crate) fn name(arn: &str) -> Option<&'static str> {
    let name = arn.strip_prefix("arn:")?.split_once(":iam::aws:policy")?.1;
    NAMES.get(name).copied()
}

pub(crate) fn is_known(arn: &str) -> bool {
    name(arn).is_some()
}

/// All of them, sorted.
pub(crate) fn all() -> impl Iterator<Item = &'static str> {
    NAMES.iter().copied()
}
