//! How a denial is worded.
//!
//! Source of the words: IAM User Guide, "Troubleshoot access denied error messages"
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>); Amazon EC2 API Reference, "Error codes",
//! `UnauthorizedOperation`.

use super::Question;
use crate::model::Protocol;
use crate::service::{Call, ServiceError};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use charter_access::{Decision, Denial, Layer};

/// `User: … is not authorized to perform: … on resource: … because no identity-based policy allows the … action`
pub(super) fn words(call: &Call<'_>, question: &Question, decision: &Decision) -> String {
    let (who, action) = (&call.caller.arn, &question.action);
    // S3 alone puts the resource in quotes.
    let resource = match call.service {
        "s3" => format!("\"{}\"", question.resource),
        _ => question.resource.clone(),
    };
    let because = match (&decision.denial, decision.deciding.first()) {
        (Some(Denial::Explicit), Some(deciding)) => {
            format!("with an explicit deny in {} {}", article(deciding.layer), named(deciding.layer))
        }
        (Some(Denial::Implicit(layer)), _) => {
            format!("because no {} allows the {action} action", named(*layer))
        }
        _ => format!("because no {} allows the {action} action", named(Layer::Identity)),
    };
    format!("User: {who} is not authorized to perform: {action} on resource: {resource} {because}")
}

fn named(layer: Layer) -> &'static str {
    match layer {
        Layer::Identity => "identity-based policy",
        Layer::Resource => "resource-based policy",
        other => other.word(),
    }
}

fn article(layer: Layer) -> &'static str {
    if layer == Layer::Identity { "an" } else { "a" }
}

pub(super) fn refuse(protocol: Protocol, because: String) -> ServiceError {
    match protocol {
        Protocol::Ec2 => {
            // AWS seals the details; whoever may call sts:DecodeAuthorizationMessage can read them.
            let sealed = URL_SAFE_NO_PAD.encode(&because);
            let message = format!(
                "You are not authorized to perform this operation. {because}. Encoded authorization failure message: {sealed}"
            );
            ServiceError::new("UnauthorizedOperation", message).with_status(403)
        }
        Protocol::Query | Protocol::RestXml => ServiceError::new("AccessDenied", because).with_status(403),
        Protocol::Json => ServiceError::new("AccessDeniedException", because).with_status(400),
        Protocol::RestJson => ServiceError::new("AccessDeniedException", because).with_status(403),
    }
}
