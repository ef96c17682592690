//! The behaviour of the services, read by AWS's own Python SDK with its waiters and paginators. Skipped, and said so, where there is
//! no Python with botocore.

mod support;

use support::check;

const CHECKS: &str = "services_checks.py";
const ASSISTANT: &str = "assistant_checks.py";

#[test]
fn iam_pages_waits_and_refuses() {
    check(CHECKS, "iam");
}

#[test]
fn a_retrieval_system_comes_and_goes() {
    check(CHECKS, "retrieval");
}

#[test]
fn buckets_objects_and_secrets_come_and_go() {
    check(CHECKS, "storage");
}

#[test]
fn a_data_mesh_comes_and_goes() {
    check(CHECKS, "governance");
}

#[test]
fn an_assistant_comes_and_goes() {
    check(ASSISTANT, "assistant");
}

#[test]
fn guardrails_profiles_and_prompts_come_and_go() {
    check(ASSISTANT, "models");
}
