//! Tags: between the registry's lists of `{Key, Value}` and the services' own, and the marks by which Charter knows its own.

use charter_model::{Address, EnvironmentName};
use charter_provider::{Properties, RecoverRequest};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The tag that holds a resource's address.
pub(crate) const ADDRESS: &str = "charter:address";
/// The tag that holds the environment.
pub(crate) const ENVIRONMENT: &str = "charter:environment";

/// Tags by key.
pub(crate) type Tags = BTreeMap<String, String>;

/// The tags of a property of the registry's shape, a list of `{Key, Value}`. What has no key is left out.
pub(crate) fn from_property(properties: &Properties, property: &str) -> Tags {
    let list = properties.get(property).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    list.iter()
        .filter_map(|tag| {
            let text = |member: &str| tag.get(member).and_then(Value::as_str).map(str::to_owned);
            Some((text("Key")?, text("Value").unwrap_or_default()))
        })
        .collect()
}

/// A list of `{Key, Value}` from tags of a service, sorted by key. Tags that AWS itself sets (`aws:…`) are left out: nobody
/// can ask for them or take them away.
pub(crate) fn to_property<K, V>(tags: impl IntoIterator<Item = (K, V)>) -> Option<Value>
where
    K: Into<String>,
    V: Into<String>,
{
    let tags: Tags = tags
        .into_iter()
        .map(|(key, value)| (key.into(), value.into()))
        .filter(|(key, _)| !key.starts_with("aws:"))
        .collect();
    let list: Vec<Value> = tags.into_iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
    (!list.is_empty()).then_some(Value::Array(list))
}

/// What must be called to get from one set of tags to another.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct TagChange {
    /// New, or with another value.
    pub(crate) set: Tags,
    /// To be taken away; never those that AWS set.
    pub(crate) remove: Vec<String>,
}

impl TagChange {
    /// The difference between the tags that are there and those that shall be.
    pub(crate) fn between(present: &Tags, desired: &Tags) -> Self {
        Self {
            set: desired
                .iter()
                .filter(|(key, value)| present.get(*key) != Some(*value))
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect(),
            remove: present
                .keys()
                .filter(|key| !desired.contains_key(*key) && !key.starts_with("aws:"))
                .cloned()
                .collect(),
        }
    }
}

/// Whose a resource is, by its tags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Owner {
    /// Made for this very address of this environment.
    Ours,
    /// Made for another address or environment, or by hand: the text says which.
    Other(String),
}

/// Whether tags say that a resource was made for the address that an intent is about.
pub(crate) fn owner(tags: &Tags, request: &RecoverRequest) -> Owner {
    owner_of(tags, &request.environment, &request.address)
}

/// The same, from its parts.
pub(crate) fn owner_of(tags: &Tags, environment: &EnvironmentName, address: &Address) -> Owner {
    match (tags.get(ENVIRONMENT), tags.get(ADDRESS)) {
        (Some(theirs), Some(place)) if theirs == environment.as_str() && *place == address.to_string() => Owner::Ours,
        (Some(theirs), Some(place)) => Owner::Other(format!("it is tagged as {place} of the environment {theirs}")),
        _ => Owner::Other(format!("it has no tags {ENVIRONMENT} and {ADDRESS}")),
    }
}

/// Writes how the tags are read and changed of whatever a service names by its ARN: services that have `ListTagsForResource`,
/// `TagResource` and `UntagResource` have them alike, with types of their own.
macro_rules! tags_by_arn {
    ($client:ident, $tag:ty) => {
        /// The tags of a resource.
        pub(super) async fn tags_of(
            clients: &$crate::clients::Clients,
            arn: &str,
        ) -> Result<$crate::tags::Tags, charter_provider::Failure> {
            let call = clients.$client().list_tags_for_resource().resource_arn(arn);
            let answer = call.send().await.map_err($crate::errors::failure)?;
            Ok(answer.tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value)).collect())
        }

        /// Brings the tags of a resource to what is desired.
        pub(super) async fn change_tags(
            clients: &$crate::clients::Clients,
            arn: &str,
            observed: &charter_provider::Properties,
            desired: &charter_provider::Properties,
        ) -> Result<(), charter_provider::Failure> {
            let of = |properties| $crate::tags::from_property(properties, "Tags");
            let change = $crate::tags::TagChange::between(&of(observed), &of(desired));
            if !change.set.is_empty() {
                let tags = change.set.into_iter().map(|(key, value)| <$tag>::builder().key(key).value(value).build());
                let tags = tags.collect::<Result<Vec<_>, _>>().map_err(|error| {
                    charter_provider::Failure::new(charter_provider::FailureCode::InvalidRequest, error.to_string())
                })?;
                let call = clients.$client().tag_resource().resource_arn(arn).set_tags(Some(tags));
                call.send().await.map_err($crate::errors::failure)?;
            }
            if !change.remove.is_empty() {
                let call = clients.$client().untag_resource().resource_arn(arn).set_tag_keys(Some(change.remove));
                call.send().await.map_err($crate::errors::failure)?;
            }
            Ok(())
        }
    };
}
pub(crate) use tags_by_arn;

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(list: &[(&str, &str)]) -> Tags {
        list.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn only_what_differs_is_called_for_and_tags_of_aws_stay() {
        let present = tags(&[("a", "1"), ("b", "2"), ("gone", "3"), ("aws:cloudformation:stack-name", "s")]);
        let change = TagChange::between(&present, &tags(&[("a", "1"), ("b", "3"), ("new", "4")]));
        assert_eq!(change, TagChange { set: tags(&[("b", "3"), ("new", "4")]), remove: vec!["gone".into()] });
        let none = TagChange::between(&present, &tags(&[("a", "1"), ("b", "2"), ("gone", "3")]));
        assert_eq!(none, TagChange::default());
    }

    #[test]
    fn the_registry_list_goes_there_and_back() {
        let list = to_property([("b", "2"), ("a", "1"), ("aws:x", "y")]).unwrap();
        assert_eq!(list, json!([{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]));
        let properties = Properties::from_iter([("Tags".to_owned(), list)]);
        assert_eq!(from_property(&properties, "Tags"), tags(&[("a", "1"), ("b", "2")]));
        assert_eq!(to_property(Tags::new()), None);
    }

    #[test]
    fn a_resource_of_another_address_is_not_ours() {
        let environment = EnvironmentName::new("dev").unwrap();
        let address: Address = "reviews/index".parse().unwrap();
        let owner = |list: &[(&str, &str)]| owner_of(&tags(list), &environment, &address);
        assert_eq!(owner(&[(ENVIRONMENT, "dev"), (ADDRESS, "reviews/index")]), Owner::Ours);
        assert_ne!(owner(&[(ENVIRONMENT, "prod"), (ADDRESS, "reviews/index")]), Owner::Ours);
        assert_ne!(owner(&[(ENVIRONMENT, "dev"), (ADDRESS, "reviews/other")]), Owner::Ours);
        assert_ne!(owner(&[]), Owner::Ours);
    }
}
