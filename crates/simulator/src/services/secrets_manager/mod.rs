//! Secrets Manager: versions with stages, recovery windows, names that stay taken.

pub(crate) mod records;
mod secrets;
pub(crate) mod support;
#[cfg(test)]
mod tests;
mod timing;
mod values;

use crate::service::{Call, Service};
use crate::services::shared::Answer;

/// The behaviour of Secrets Manager.
pub(crate) struct SecretsManager;

impl Service for SecretsManager {
    fn call(&self, call: &mut Call<'_>) -> Answer {
        match call.operation {
            "CreateSecret" => secrets::create(call),
            "DescribeSecret" => secrets::describe(call),
            "ListSecrets" => secrets::list(call),
            "UpdateSecret" => secrets::update(call),
            "DeleteSecret" => secrets::delete(call),
            "RestoreSecret" => secrets::restore(call),
            "TagResource" => secrets::tag(call),
            "UntagResource" => secrets::untag(call),
            "PutResourcePolicy" => secrets::put_policy(call),
            "GetResourcePolicy" => secrets::get_policy(call),
            "DeleteResourcePolicy" => secrets::delete_policy(call),
            "ValidateResourcePolicy" => secrets::validate_policy(call),
            "PutSecretValue" => values::put(call),
            "GetSecretValue" => values::get(call),
            "BatchGetSecretValue" => values::batch(call),
            "ListSecretVersionIds" => values::versions(call),
            "UpdateSecretVersionStage" => values::move_stage(call),
            "GetRandomPassword" => values::random_password(call),
            _ => Err(call.not_simulated()),
        }
    }
}
