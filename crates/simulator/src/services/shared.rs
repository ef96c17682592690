//! What several behaviours need: tags, client tokens, pages, answers.

use crate::service::{Call, ServiceError};
use crate::store::Record;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use charter_model::content_digest;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What a handler answers.
pub(crate) type Answer = Result<Value, ServiceError>;

/// Tags by key.
pub(crate) type Tags = BTreeMap<String, String>;

/// An answer without members.
pub(crate) fn nothing() -> Answer {
    Ok(json!({}))
}

/// A list of `{Key, Value}` as tags.
pub(crate) fn tags_of(list: Option<&Value>) -> Tags {
    pairs(list, "Key", "Value")
}

/// Tags of a list of `{key, value}`, as services with JSON of their own in lower case take them.
pub(crate) fn lower_tags_of(list: Option<&Value>) -> Tags {
    pairs(list, "key", "value")
}

fn pairs(list: Option<&Value>, key: &str, value: &str) -> Tags {
    let text = |tag: &Value, name: &str| tag.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    list.and_then(Value::as_array).into_iter().flatten().map(|tag| (text(tag, key), text(tag, value))).collect()
}

/// Tags as a list of `{Key, Value}`.
pub(crate) fn tag_list(tags: &Tags) -> Value {
    tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect()
}

/// Tags as a list of `{key, value}`.
pub(crate) fn lower_tag_list(tags: &Tags) -> Value {
    tags.iter().map(|(key, value)| json!({"key": key, "value": value})).collect()
}

/// Works on the tags of a record, and keeps it if they changed; none if there is no such record.
pub(crate) fn with_tags<R: Record>(
    call: &mut Call<'_>,
    key: &str,
    tags: impl Fn(&mut R) -> &mut Tags,
    work: impl FnOnce(&mut Tags),
) -> Option<Tags> {
    let mut record: R = call.store.get(call.account, call.region, key)?;
    let before = tags(&mut record).clone();
    work(tags(&mut record));
    let after = tags(&mut record).clone();
    if before != after {
        call.store.put(call.account, call.region, key, &record);
    }
    Some(after)
}

/// A list of texts of the input; empty if it is not there.
pub(crate) fn texts(call: &Call<'_>, member: &str) -> Vec<String> {
    texts_of(call.member(member))
}

/// A list of texts.
pub(crate) fn texts_of(list: Option<&Value>) -> Vec<String> {
    list.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// What a client token made, stored by service, operation and token: the same request again makes nothing new.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct MadeByToken {
    digest: String,
    id: String,
}

impl Record for MadeByToken {
    const SERVICE: &'static str = "client-tokens";
    const KIND: &'static str = "token";
    const INVENTORY: bool = false;
}

/// Whether a service is closed to the account that calls: it takes no new customers, and the account has nothing of its kind.
pub(crate) fn is_closed<R: Record>(call: &Call<'_>) -> bool {
    call.settings.closed_to_new_customers.contains(call.service)
        && !call.store.everywhere::<R>().iter().any(|entry| entry.account == *call.account)
}

/// The same token came with another request.
pub(crate) struct TokenMismatch;

/// What a token made before.
pub(crate) fn made_before(call: &Call<'_>, token: Option<&str>) -> Result<Option<String>, TokenMismatch> {
    let Some(token) = token else { return Ok(None) };
    let key = format!("{}/{}/{token}", call.service, call.operation);
    match call.store.get::<MadeByToken>(call.account, call.region, &key) {
        None => Ok(None),
        Some(held) if held.digest == content_digest(&call.input) => Ok(Some(held.id)),
        Some(_) => Err(TokenMismatch),
    }
}

/// Notes what a token made.
pub(crate) fn remember(call: &mut Call<'_>, token: Option<String>, id: &str) {
    if let Some(token) = token {
        let record = MadeByToken { digest: content_digest(&call.input), id: id.to_owned() };
        let key = format!("{}/{}/{token}", call.service, call.operation);
        call.store.put(call.account, call.region, &key, &record);
    }
}

/// One page of a list that is sorted by its keys. The token holds the last key, so that a page is right also when something
/// before it went meanwhile. None: the token is not one of ours.
pub(crate) fn page<T>(items: Vec<(String, T)>, token: Option<&str>, size: usize) -> Option<(Vec<T>, Option<String>)> {
    let after = match token {
        None => None,
        Some(token) => Some(String::from_utf8(STANDARD.decode(token).ok()?).ok()?),
    };
    let mut rest = items.into_iter().skip_while(|(key, _)| after.as_ref().is_some_and(|after| key <= after)).peekable();
    let mut taken = Vec::new();
    let mut last = None;
    while taken.len() < size {
        let Some((key, item)) = rest.next() else { break };
        last = Some(key);
        taken.push(item);
    }
    let next = rest.peek().and(last).map(|key| STANDARD.encode(key));
    Some((taken, next))
}

/// A size asked for, or the default.
pub(crate) fn page_size(call: &Call<'_>, member: &str, default: usize) -> usize {
    call.integer(member).and_then(|size| usize::try_from(size).ok()).filter(|size| *size > 0).unwrap_or(default)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items() -> Vec<(String, u32)> {
        (0..5).map(|number| (format!("item-{number}"), number)).collect()
    }

    #[test]
    fn pages_follow_one_another_and_end() {
        let (first, token) = page(items(), None, 2).unwrap();
        assert_eq!(first, [0, 1]);
        let (second, token) = page(items(), token.as_deref(), 3).unwrap();
        assert_eq!((second, token), (vec![2, 3, 4], None));
    }

    #[test]
    fn a_page_is_right_when_its_predecessor_went() {
        let (_, token) = page(items(), None, 2).unwrap();
        let shorter = items().into_iter().filter(|(_, number)| *number != 1).collect();
        assert_eq!(page(shorter, token.as_deref(), 1).unwrap().0, [2]);
        assert_eq!(page(items(), Some("not a token"), 1), None);
    }
}
