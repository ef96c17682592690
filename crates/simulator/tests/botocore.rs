//! What the simulator answers, read by AWS's own Python SDK: an independent reader of the same protocols. Skipped, and said so,
//! where there is no Python with botocore.

mod support;

use support::check;

const CHECKS: &str = "botocore_checks.py";

#[test]
fn callers_are_known_and_roles_assumed() {
    check(CHECKS, "identity");
}

#[test]
fn errors_are_those_of_the_model() {
    check(CHECKS, "errors");
}

#[test]
fn cloud_control_makes_reads_updates_lists_and_deletes() {
    check(CHECKS, "cloud_control");
}
