//! Sessions: whose they are and how long they last.

use crate::identity::{AccessKey, Caller};
use crate::service::{Call, later};
use charter_model::AccountId;
use serde_json::{Value, json};

/// The account and name in `arn:aws:iam::111111111111:role/path/Name`.
pub(super) fn parse_role(arn: &str) -> Option<(AccountId, String)> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", _, "iam", "", account, resource] = parts.as_slice() else { return None };
    let name = resource.strip_prefix("role/")?.rsplit('/').next()?;
    Some((AccountId::new(account).ok()?, name.to_owned()))
}

/// A session that begins now, by the caller's clock.
pub(super) fn new_session(call: &mut Call<'_>, caller: Caller, seconds: i64) -> AccessKey {
    AccessKey::forget_expired(call.store, &caller.account, call.caller_now);
    let key = AccessKey {
        id: format!("ASIA{}", call.random.base32(16)),
        secret: call.random.alphanumeric(40),
        session_token: Some(call.random.alphanumeric(200)),
        expires: Some(later(call.caller_now, seconds as f64)),
        caller,
    };
    key.save(call.store);
    key
}

/// As every operation that opens a session answers them.
pub(super) fn credentials(key: &AccessKey) -> Value {
    json!({
        "AccessKeyId": key.id,
        "SecretAccessKey": key.secret,
        "SessionToken": key.session_token,
        "Expiration": key.expires,
    })
}
