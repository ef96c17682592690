//! Policies that limit a session, as they are passed when it is opened.
//!
//! Sources: STS API Reference, AssumeRole (`Policy`, `PolicyArns`: up to ten, in the account of the role; 2,048 characters of plain
//! text); IAM User Guide, "Policies and permissions", session policies; AWS re:Post, "How can I avoid getting a PackedPolicyTooLarge
//! error when I assume an IAM role via AWS STS?" (the words).

use crate::identity::SessionPolicies;
use crate::service::{Call, ServiceError};
use crate::services::iam::document::{Use, statements};
use serde_json::Value;

const MOST_CHARACTERS: usize = 2048;
const MOST_ARNS: usize = 10;

/// What the call passes; none: nothing.
pub(super) fn passed(call: &Call<'_>) -> Result<Option<SessionPolicies>, ServiceError> {
    let inline = call.text("Policy").map(str::to_owned);
    let arns = call.member("PolicyArns").and_then(Value::as_array).into_iter().flatten();
    let managed: Vec<String> = arns.filter_map(|each| Some(each.get("arn")?.as_str()?.to_owned())).collect();
    if managed.len() > MOST_ARNS {
        let message = format!("A session takes at most {MOST_ARNS} managed policies.");
        return Err(ServiceError::new("ValidationError", message));
    }
    if let Some(text) = &inline {
        let length = text.chars().count();
        if length > MOST_CHARACTERS {
            let share = length * 100 / MOST_CHARACTERS;
            let message = format!("Packed policy consumes {share}% of allotted space, please use smaller policy.");
            return Err(ServiceError::new("PackedPolicyTooLarge", message).with_status(400));
        }
        statements(text, Use::Identity).map_err(|reason| ServiceError::new("MalformedPolicyDocument", reason))?;
    }
    let any = inline.is_some() || !managed.is_empty();
    Ok(any.then_some(SessionPolicies { inline, managed }))
}
