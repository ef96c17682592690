//! How adapters say that something goes on: handles that another process can pick up, and when to ask again.

use charter_provider::{Done, Failure, FailureCode, LeftBehind, Pending, Progress, Properties};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::time::Duration;

/// The first wait between two looks at a pending operation.
const FIRST_WAIT: Duration = Duration::from_secs(1);

/// When to ask again after `polls` looks: a second at first, half as long again each time, never more than `cap`. The cap is
/// the type's: seconds for what takes a minute, half a minute for what takes half an hour.
pub(crate) fn wait_after(polls: u32, cap: Duration) -> Duration {
    // Beyond this many steps every cap is long reached.
    let growth = 1.5_f64.powi(i32::try_from(polls.min(20)).unwrap_or(20));
    FIRST_WAIT.mul_f64(growth).min(cap)
}

/// A handle as the text that the journal keeps.
pub(crate) fn encode_handle(handle: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string(handle)
        .map_err(|error| Failure::new(FailureCode::InternalFailure, format!("a handle could not be written: {error}")))
}

/// A handle from the journal's text.
pub(crate) fn decode_handle<T: DeserializeOwned>(text: &str) -> Result<T, Failure> {
    serde_json::from_str(text).map_err(|error| {
        let message = format!("the journal holds a handle that this version cannot read: {error}");
        Failure::new(FailureCode::InternalFailure, message)
    })
}

/// A pending operation.
pub(crate) fn pending(
    handle: &impl Serialize,
    identifier: Option<String>,
    retry_after: Duration,
    status: impl Into<String>,
) -> Result<Progress, Failure> {
    let status = Some(status.into()).filter(|status: &String| !status.is_empty());
    Ok(Progress::Pending(Pending { handle: encode_handle(handle)?, identifier, retry_after, status }))
}

/// A finished operation.
pub(crate) fn done(identifier: impl Into<String>, properties: Properties) -> Progress {
    Progress::Done(Done::new(identifier, properties))
}

/// A finished deletion.
pub(crate) fn deleted(identifier: impl Into<String>) -> Progress {
    done(identifier, Properties::new())
}

/// A finished deletion that left something behind.
pub(crate) fn deleted_but(identifier: impl Into<String>, left_behind: Option<LeftBehind>) -> Progress {
    let left_behind = left_behind.map(|left| left.what.to_owned());
    Progress::Done(Done { left_behind, ..Done::new(identifier, Properties::new()) })
}

/// What an operation on a resource that is not there comes to.
pub(crate) fn not_found(type_name: &str, identifier: &str) -> Failure {
    Failure::new(FailureCode::NotFound, format!("there is no {type_name} {identifier}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_from_a_second_to_the_cap() {
        let cap = Duration::from_secs(30);
        let waits: Vec<u128> = (0..5).map(|polls| wait_after(polls, cap).as_millis()).collect();
        assert_eq!(waits, [1000, 1500, 2250, 3375, 5062]);
        assert_eq!(wait_after(9, cap), cap);
        assert_eq!(wait_after(u32::MAX, cap), cap);
    }

    #[test]
    fn an_unreadable_handle_is_a_failure_that_says_so() {
        let failure = decode_handle::<Vec<u32>>("{").unwrap_err();
        assert_eq!(failure.code, FailureCode::InternalFailure);
        assert!(failure.message.contains("cannot read"), "{failure}");
    }
}
