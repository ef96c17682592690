//! How long Secrets Manager takes, in virtual seconds.

/// After a deletion without recovery the name stays taken for a moment: the deletion is asynchronous
/// (<https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html>, ForceDeleteWithoutRecovery).
pub(super) const FORCED_DELETION: f64 = 10.0;
pub(super) const DAY: f64 = 86_400.0;
