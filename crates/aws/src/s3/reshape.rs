//! Four settings of which the registry has another form than the API: it flattens the rules of life cycles, names documents of
//! websites by text, and gives one event to each notification. Here from JSON to JSON; types are the generated conversions' work.

use charter_provider::Properties;
use serde_json::{Map, Value, json};

/// Moves a member, if it is there.
fn carry(from: &Value, name: &str, to: &mut Map<String, Value>, new_name: &str) {
    if let Some(value) = from.get(name).filter(|value| !value.is_null()) {
        to.insert(new_name.to_owned(), value.clone());
    }
}

fn list<'a>(from: &'a Value, name: &str) -> &'a [Value] {
    from.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn put_unless_empty(to: &mut Map<String, Value>, name: &str, members: Map<String, Value>) {
    if !members.is_empty() {
        to.insert(name.to_owned(), Value::Object(members));
    }
}

/// A date without a time means its first moment, in UTC; S3 takes no other.
fn moment(value: &mut Map<String, Value>, name: &str) {
    if let Some(Value::String(date)) = value.get_mut(name)
        && !date.contains('T')
    {
        date.push_str("T00:00:00Z");
    }
}

/// Destination and prefix may be left out in the registry, but not in the API.
pub(super) fn logging_to_api(value: &Value, bucket: &str) -> Value {
    let mut to = value.as_object().cloned().unwrap_or_default();
    to.entry("DestinationBucketName").or_insert_with(|| Value::String(bucket.to_owned()));
    to.entry("LogFilePrefix").or_insert_with(|| Value::String(String::new()));
    Value::Object(to)
}

pub(super) fn website_to_api(value: &Value) -> Value {
    let mut to = Map::new();
    if let Some(key) = value.get("ErrorDocument") {
        to.insert("ErrorDocument".to_owned(), json!({"Key": key}));
    }
    if let Some(suffix) = value.get("IndexDocument") {
        to.insert("IndexDocument".to_owned(), json!({"Suffix": suffix}));
    }
    carry(value, "RedirectAllRequestsTo", &mut to, "RedirectAllRequestsTo");
    let rules: Vec<Value> = list(value, "RoutingRules")
        .iter()
        .map(|rule| {
            let mut to = Map::new();
            carry(rule, "RoutingRuleCondition", &mut to, "Condition");
            carry(rule, "RedirectRule", &mut to, "Redirect");
            Value::Object(to)
        })
        .collect();
    if !rules.is_empty() {
        to.insert("RoutingRules".to_owned(), Value::Array(rules));
    }
    Value::Object(to)
}

pub(super) fn website_from_api(found: &Properties) -> Value {
    let found = Value::Object(found.clone());
    let mut to = Map::new();
    for (name, inner) in [("ErrorDocument", "Key"), ("IndexDocument", "Suffix")] {
        if let Some(document) = found.get(name) {
            carry(document, inner, &mut to, name);
        }
    }
    carry(&found, "RedirectAllRequestsTo", &mut to, "RedirectAllRequestsTo");
    let rules: Vec<Value> = list(&found, "RoutingRules")
        .iter()
        .map(|rule| {
            let mut to = Map::new();
            carry(rule, "Condition", &mut to, "RoutingRuleCondition");
            carry(rule, "Redirect", &mut to, "RedirectRule");
            Value::Object(to)
        })
        .collect();
    if !rules.is_empty() {
        to.insert("RoutingRules".to_owned(), Value::Array(rules));
    }
    Value::Object(to)
}

/// The three kinds of targets: the registry's list and member, the API's list and member.
const TARGETS: [(&str, &str, &str, &str); 3] = [
    ("LambdaConfigurations", "Function", "LambdaFunctionConfigurations", "LambdaFunctionArn"),
    ("QueueConfigurations", "Queue", "QueueConfigurations", "QueueArn"),
    ("TopicConfigurations", "Topic", "TopicConfigurations", "TopicArn"),
];

pub(super) fn notification_to_api(value: &Value) -> Value {
    let mut to = Map::new();
    for (list_name, member, api_list, api_member) in TARGETS {
        let targets: Vec<Value> = list(value, list_name)
            .iter()
            .map(|target| {
                let mut to = Map::new();
                carry(target, member, &mut to, api_member);
                to.insert("Events".to_owned(), json!([target.get("Event")]));
                if let Some(rules) = target.pointer("/Filter/S3Key/Rules") {
                    to.insert("Filter".to_owned(), json!({"Key": {"FilterRules": rules}}));
                }
                Value::Object(to)
            })
            .collect();
        if !targets.is_empty() {
            to.insert(api_list.to_owned(), Value::Array(targets));
        }
    }
    if let Some(bridge) = value.get("EventBridgeConfiguration") {
        // Its presence is what turns it on (S3 API Reference, "EventBridgeConfiguration"); registry: true unless said otherwise.
        let is_off = matches!(bridge.get("EventBridgeEnabled"), Some(Value::Bool(false)))
            || bridge.get("EventBridgeEnabled").and_then(Value::as_str) == Some("false");
        if !is_off {
            to.insert("EventBridgeConfiguration".to_owned(), json!({}));
        }
    }
    Value::Object(to)
}

pub(super) fn notification_from_api(found: &Properties) -> Option<Value> {
    let found = Value::Object(found.clone());
    let mut to = Map::new();
    for (list_name, member, api_list, api_member) in TARGETS {
        let mut targets = Vec::new();
        for target in list(&found, api_list) {
            for event in list(target, "Events") {
                let mut to = Map::from_iter([("Event".to_owned(), event.clone())]);
                carry(target, api_member, &mut to, member);
                if let Some(rules) = target.pointer("/Filter/Key/FilterRules") {
                    to.insert("Filter".to_owned(), json!({"S3Key": {"Rules": rules}}));
                }
                targets.push(Value::Object(to));
            }
        }
        if !targets.is_empty() {
            to.insert(list_name.to_owned(), Value::Array(targets));
        }
    }
    if found.get("EventBridgeConfiguration").is_some() {
        to.insert("EventBridgeConfiguration".to_owned(), json!({"EventBridgeEnabled": true}));
    }
    (!to.is_empty()).then_some(Value::Object(to))
}

pub(super) fn lifecycle_to_api(value: &Value) -> Value {
    let rules: Vec<Value> = list(value, "Rules").iter().map(rule_to_api).collect();
    json!({"Rules": rules})
}

fn rule_to_api(rule: &Value) -> Value {
    let mut to = Map::new();
    carry(rule, "Id", &mut to, "ID");
    carry(rule, "Status", &mut to, "Status");
    carry(rule, "AbortIncompleteMultipartUpload", &mut to, "AbortIncompleteMultipartUpload");
    to.insert("Filter".to_owned(), filter_to_api(rule));

    let mut expiration = Map::new();
    carry(rule, "ExpirationInDays", &mut expiration, "Days");
    carry(rule, "ExpirationDate", &mut expiration, "Date");
    carry(rule, "ExpiredObjectDeleteMarker", &mut expiration, "ExpiredObjectDeleteMarker");
    moment(&mut expiration, "Date");
    put_unless_empty(&mut to, "Expiration", expiration);

    // The registry has each of these once as a list, and once in an older form as a single one.
    let mut old = Map::new();
    carry(rule, "NoncurrentVersionExpirationInDays", &mut old, "NoncurrentDays");
    put_unless_empty(&mut to, "NoncurrentVersionExpiration", old);
    carry(rule, "NoncurrentVersionExpiration", &mut to, "NoncurrentVersionExpiration");
    let kinds = [
        ("Transitions", "Transition", "Days"),
        ("NoncurrentVersionTransitions", "NoncurrentVersionTransition", "NoncurrentDays"),
    ];
    for (many, one, days) in kinds {
        let all = list(rule, many).iter().chain(rule.get(one).filter(|one| one.is_object()));
        let all: Vec<Value> = all.map(|transition| transition_to_api(transition, days)).collect();
        if !all.is_empty() {
            to.insert(many.to_owned(), Value::Array(all));
        }
    }
    Value::Object(to)
}

fn transition_to_api(transition: &Value, days: &str) -> Value {
    let mut to = Map::new();
    carry(transition, "TransitionInDays", &mut to, days);
    carry(transition, "TransitionDate", &mut to, "Date");
    carry(transition, "NewerNoncurrentVersions", &mut to, "NewerNoncurrentVersions");
    carry(transition, "StorageClass", &mut to, "StorageClass");
    // The registry also takes `Glacier`.
    if let Some(Value::String(class)) = to.get_mut("StorageClass") {
        class.make_ascii_uppercase();
    }
    moment(&mut to, "Date");
    Value::Object(to)
}

/// One condition stands alone, several stand in `And`; none at all is an empty prefix.
fn filter_to_api(rule: &Value) -> Value {
    let mut all = Map::new();
    for name in ["Prefix", "ObjectSizeGreaterThan", "ObjectSizeLessThan"] {
        carry(rule, name, &mut all, name);
    }
    let tags = list(rule, "TagFilters");
    match (all.len() + tags.len(), tags) {
        (0, _) => json!({"Prefix": ""}),
        (1, [tag]) => json!({"Tag": tag}),
        (1, _) => Value::Object(all),
        _ => {
            if !tags.is_empty() {
                all.insert("Tags".to_owned(), Value::Array(tags.to_vec()));
            }
            json!({"And": all})
        }
    }
}

pub(super) fn lifecycle_from_api(found: &Properties) -> Value {
    let found = Value::Object(found.clone());
    let mut to = Map::new();
    let rules: Vec<Value> = list(&found, "Rules").iter().map(rule_from_api).collect();
    to.insert("Rules".to_owned(), Value::Array(rules));
    carry(&found, "TransitionDefaultMinimumObjectSize", &mut to, "TransitionDefaultMinimumObjectSize");
    Value::Object(to)
}

fn rule_from_api(rule: &Value) -> Value {
    let mut to = Map::new();
    carry(rule, "ID", &mut to, "Id");
    carry(rule, "Status", &mut to, "Status");
    carry(rule, "AbortIncompleteMultipartUpload", &mut to, "AbortIncompleteMultipartUpload");
    carry(rule, "NoncurrentVersionExpiration", &mut to, "NoncurrentVersionExpiration");
    if let Some(expiration) = rule.get("Expiration") {
        carry(expiration, "Days", &mut to, "ExpirationInDays");
        carry(expiration, "Date", &mut to, "ExpirationDate");
        carry(expiration, "ExpiredObjectDeleteMarker", &mut to, "ExpiredObjectDeleteMarker");
    }
    for (many, days) in [("Transitions", "Days"), ("NoncurrentVersionTransitions", "NoncurrentDays")] {
        let all: Vec<Value> = list(rule, many)
            .iter()
            .map(|transition| {
                let mut to = Map::new();
                carry(transition, days, &mut to, "TransitionInDays");
                carry(transition, "Date", &mut to, "TransitionDate");
                carry(transition, "NewerNoncurrentVersions", &mut to, "NewerNoncurrentVersions");
                carry(transition, "StorageClass", &mut to, "StorageClass");
                Value::Object(to)
            })
            .collect();
        if !all.is_empty() {
            to.insert(many.to_owned(), Value::Array(all));
        }
    }
    // Rules older than filters carry the prefix themselves.
    let filter = rule.get("Filter").map_or(rule, |filter| filter.get("And").unwrap_or(filter));
    if filter.get("Prefix").and_then(Value::as_str).is_some_and(|prefix| !prefix.is_empty()) {
        carry(filter, "Prefix", &mut to, "Prefix");
    }
    for name in ["ObjectSizeGreaterThan", "ObjectSizeLessThan"] {
        if let Some(size) = filter.get(name).and_then(Value::as_i64) {
            to.insert(name.to_owned(), Value::String(size.to_string()));
        }
    }
    let tags: Vec<Value> = list(filter, "Tags").iter().chain(filter.get("Tag")).cloned().collect();
    if !tags.is_empty() {
        to.insert("TagFilters".to_owned(), Value::Array(tags));
    }
    Value::Object(to)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there_and_back(rules: Value) -> Value {
        let api = lifecycle_to_api(&json!({"Rules": rules}));
        lifecycle_from_api(api.as_object().unwrap())["Rules"].clone()
    }

    #[test]
    fn one_condition_of_a_rule_stands_alone_and_several_stand_together() {
        let filter = |rule: Value| rule_to_api(&rule)["Filter"].clone();
        let tag = json!({"Key": "k", "Value": "v"});
        assert_eq!(filter(json!({})), json!({"Prefix": ""}));
        assert_eq!(filter(json!({"Prefix": "a/"})), json!({"Prefix": "a/"}));
        assert_eq!(filter(json!({"TagFilters": [tag]})), json!({"Tag": tag}));
        assert_eq!(filter(json!({"TagFilters": [tag, tag]})), json!({"And": {"Tags": [tag, tag]}}));
        assert_eq!(
            filter(json!({"Prefix": "a/", "ObjectSizeLessThan": "9", "TagFilters": [tag]})),
            json!({"And": {"Prefix": "a/", "ObjectSizeLessThan": "9", "Tags": [tag]}})
        );
    }

    #[test]
    fn the_rules_of_a_life_cycle_come_back_as_they_went() {
        let rules = json!([{
            "Id": "a", "Status": "Enabled", "Prefix": "a/", "TagFilters": [{"Key": "k", "Value": "v"}],
            "ExpirationDate": "2030-01-01T00:00:00Z",
            "Transitions": [{"TransitionInDays": 30, "StorageClass": "GLACIER"}],
            "NoncurrentVersionTransitions": [{"TransitionInDays": 3, "NewerNoncurrentVersions": 2, "StorageClass": "STANDARD_IA"}],
            "NoncurrentVersionExpiration": {"NoncurrentDays": 9, "NewerNoncurrentVersions": 1},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
        }]);
        assert_eq!(there_and_back(rules.clone()), rules);
    }

    #[test]
    fn the_older_forms_of_a_rule_become_the_newer() {
        let rules = json!([{
            "Status": "Enabled", "ExpirationDate": "2030-01-01", "NoncurrentVersionExpirationInDays": 4,
            "Transition": {"TransitionInDays": 30, "StorageClass": "Glacier"},
            "NoncurrentVersionTransition": {"TransitionInDays": 3, "StorageClass": "STANDARD_IA"},
        }]);
        let newer = json!([{
            "Status": "Enabled", "ExpirationDate": "2030-01-01T00:00:00Z",
            "NoncurrentVersionExpiration": {"NoncurrentDays": 4},
            "Transitions": [{"TransitionInDays": 30, "StorageClass": "GLACIER"}],
            "NoncurrentVersionTransitions": [{"TransitionInDays": 3, "StorageClass": "STANDARD_IA"}],
        }]);
        assert_eq!(there_and_back(rules), newer);
    }

    #[test]
    fn each_event_of_a_notification_is_one_configuration() {
        let registry = json!({
            "LambdaConfigurations": [
                {"Event": "s3:ObjectCreated:*", "Function": "arn:f", "Filter": {"S3Key": {"Rules": [{"Name": "prefix", "Value": "a"}]}}},
            ],
            "QueueConfigurations": [{"Event": "s3:ObjectRemoved:*", "Queue": "arn:q"}],
            "EventBridgeConfiguration": {"EventBridgeEnabled": true},
        });
        let api = notification_to_api(&registry);
        assert_eq!(api["LambdaFunctionConfigurations"][0]["Events"], json!(["s3:ObjectCreated:*"]));
        assert_eq!(notification_from_api(api.as_object().unwrap()), Some(registry));

        let two = json!({"TopicConfigurations": [{"TopicArn": "arn:t", "Events": ["a", "b"]}]});
        let found = notification_from_api(two.as_object().unwrap()).unwrap();
        let expected = json!([{"Event": "a", "Topic": "arn:t"}, {"Event": "b", "Topic": "arn:t"}]);
        assert_eq!(found["TopicConfigurations"], expected);
    }

    #[test]
    fn event_bridge_is_off_when_it_says_so() {
        let off = json!({"EventBridgeConfiguration": {"EventBridgeEnabled": false}});
        assert_eq!(notification_to_api(&off), json!({}));
    }

    #[test]
    fn a_website_comes_back_as_it_went() {
        let registry = json!({
            "IndexDocument": "index.html", "ErrorDocument": "error.html",
            "RoutingRules": [{"RoutingRuleCondition": {"KeyPrefixEquals": "a"}, "RedirectRule": {"HostName": "b"}}],
        });
        let api = website_to_api(&registry);
        assert_eq!(api["IndexDocument"], json!({"Suffix": "index.html"}));
        assert_eq!(website_from_api(api.as_object().unwrap()), registry);
    }
}
