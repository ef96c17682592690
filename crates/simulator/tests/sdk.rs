//! Every waiter and paginator that botocore has for the services of the simulator. Skipped, and said so, where there is no Python
//! with botocore.

mod support;

#[test]
fn every_waiter_of_what_is_simulated_ends() {
    support::check_and_leave("sdk_checks.py", "waiters");
}

#[test]
fn every_paginator_of_what_is_simulated_agrees_with_the_whole() {
    support::check_and_leave("sdk_checks.py", "paginators");
}
