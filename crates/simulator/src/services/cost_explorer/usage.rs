//! What was used and what that costs: everything that the simulated cloud holds or held, from when it was made until it went, at the list
//! prices that the catalogue knows. What has no price there costs nothing here.

use crate::organization::Membership;
use crate::service::{Call, later};
use crate::services::shared::{Tags, tags_of};
use crate::store::{GLOBAL, Metered};
use charter_catalog::{HOURS_A_MONTH, PriceFound, price_number, price_of};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

use super::UNTIL_KNOWN;
use super::records::Active;

/// Something with a price, for as long as it was there.
#[derive(Debug)]
pub(super) struct Usage {
    pub(super) account: String,
    pub(super) region: String,
    /// As Cost Explorer calls it: `Amazon Kendra`.
    pub(super) service: String,
    /// Dollars an hour.
    rate: f64,
    tags: Tags,
    since: Timestamp,
    until: Timestamp,
}

/// A stretch of usage in which the same tags count.
#[derive(Debug)]
pub(super) struct Stretch<'a> {
    pub(super) usage: &'a Usage,
    pub(super) tags: BTreeMap<&'a str, &'a str>,
    pub(super) hours: f64,
}

impl Stretch<'_> {
    pub(super) fn dollars(&self) -> f64 {
        self.hours * self.usage.rate
    }
}

/// All that the caller sees: of the whole organization, where it manages one, else its own.
pub(super) fn usage(call: &Call<'_>) -> Vec<Usage> {
    let own = Membership::of(call.store, call.account).map(|membership| membership.management);
    let pays = own.as_ref() == Some(call.account);
    let metered = call.store.metered();
    let seen = |item: &Metered| {
        let management = || Membership::of(call.store, &item.account).map(|membership| membership.management);
        item.account == *call.account || (pays && management() == own)
    };
    metered.iter().filter(|item| seen(item)).filter_map(|item| priced(call, item, &metered)).collect()
}

fn priced(call: &Call<'_>, item: &Metered, all: &[Metered]) -> Option<Usage> {
    let settings = |value: &Value| value.get("settings").cloned().unwrap_or_default();
    let (type_name, properties, service) = match item.collection.as_str() {
        "bedrock/custom-model" => ("Charter::Bedrock::CustomModel", json!({}), "Amazon Bedrock"),
        "kendra/index" => ("AWS::Kendra::Index", settings(&item.value), "Amazon Kendra"),
        "qbusiness/index" => ("AWS::QBusiness::Index", capitals(&settings(&item.value)), "Amazon Q"),
        "rds/instance" => ("AWS::RDS::DBInstance", settings(&item.value), "Amazon Relational Database Service"),
        "secretsmanager/secret" => ("AWS::SecretsManager::Secret", json!({}), "AWS Secrets Manager"),
        "cloudcontrol/resource" => {
            let type_name = item.value.get("type_name")?.as_str()?;
            (type_name, item.value.get("properties")?.clone(), service_of(type_name))
        }
        _ => return None,
    };
    let properties = charter_model::Value::from(properties);
    let PriceFound::Priced(price) = price_of(type_name, &properties) else { return None };
    // A serverless instance runs at the least that its cluster allows: nothing asks it for more.
    let many = match price.range() {
        Some(range) => {
            let name = item.value.get("cluster")?.as_str()?;
            let is_it = |other: &&Metered| {
                other.collection == "rds/cluster"
                    && other.account == item.account
                    && other.region == item.region
                    && other.value.get("identifier").and_then(Value::as_str) == Some(name)
            };
            let cluster = charter_model::Value::from(settings(&all.iter().rev().find(is_it)?.value));
            price_number(&cluster, &range.least)?
        }
        None => price.count(&properties)?,
    };
    let moment = |place: &str| item.value.pointer(place)?.as_str()?.parse::<Timestamp>().ok();
    // AWS Secrets Manager pricing: a secret that is marked for deletion is not paid.
    let ended = [item.ended, moment("/deleted")].into_iter().flatten().min();
    // Cost Explorer refreshes its data at least once every 24 hours (AWS Cost Management User Guide).
    let known_until = match call.settings.eventual_consistency > 0.0 {
        true => later(call.now, -UNTIL_KNOWN),
        false => call.now,
    };
    Some(Usage {
        account: item.account.to_string(),
        region: item.region.clone(),
        service: service.to_owned(),
        rate: many * price.monthly() / HOURS_A_MONTH,
        tags: tags(&item.value),
        since: moment("/created").or_else(|| moment("/life/created"))?,
        until: ended.map_or(known_until, |ended| ended.min(known_until)),
    })
}

fn service_of(type_name: &str) -> &str {
    match type_name {
        "AWS::KMS::Key" => "AWS Key Management Service",
        "AWS::EC2::VPCEndpoint" => "Amazon Virtual Private Cloud",
        other => other.split("::").nth(1).unwrap_or(other),
    }
}

/// With the first letter of each name as the registry writes it.
fn capitals(value: &Value) -> Value {
    let Value::Object(members) = value else { return value.clone() };
    let capital = |name: &String| {
        let mut letters = name.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>()).unwrap_or_default()
    };
    members.iter().map(|(name, member)| (capital(name), capitals(member))).collect::<Map<_, _>>().into()
}

fn tags(value: &Value) -> Tags {
    match value.get("tags") {
        Some(Value::Object(tags)) => {
            tags.iter().filter_map(|(key, tag)| Some((key.clone(), tag.as_str()?.to_owned()))).collect()
        }
        _ => tags_of(value.pointer("/properties/Tags")),
    }
}

/// The tag keys that costs are told apart by, and since when: nothing of before is looked at again. A cloud that is behind needs a day
/// (AWS Billing User Guide, "Activating user-defined cost allocation tags").
pub(super) fn active(call: &Call<'_>) -> BTreeMap<String, Timestamp> {
    let payer = Membership::of(call.store, call.account).map(|membership| membership.management);
    let payer = payer.unwrap_or_else(|| call.account.clone());
    let wait = if call.settings.eventual_consistency > 0.0 { UNTIL_KNOWN } else { 0.0 };
    let keys = call.store.list::<Active>(&payer, GLOBAL);
    keys.into_iter().map(|(key, active)| (key, later(active.since, wait))).collect()
}

/// The stretches of one usage between two days, the second not included.
pub(super) fn stretches<'a>(
    usage: &'a Usage,
    active: &'a BTreeMap<String, Timestamp>,
    (from, to): (Date, Date),
) -> Vec<Stretch<'a>> {
    let (from, to) = (usage.since.max(begin(from)), usage.until.min(begin(to)));
    let mut cuts: Vec<Timestamp> = active.values().copied().filter(|cut| *cut > from && *cut < to).collect();
    cuts.extend([from, to]);
    cuts.sort();
    let stretch = |pair: &[Timestamp]| {
        let [begin, end] = pair else { return None };
        let hours = end.duration_since(*begin).as_secs_f64() / 3_600.0;
        let counts = |key: &str| active.get(key).is_some_and(|since| since <= begin);
        let tags = usage.tags.iter().filter(|(key, _)| counts(key));
        let tags = tags.map(|(key, value)| (key.as_str(), value.as_str())).collect();
        (hours > 0.0).then_some(Stretch { usage, tags, hours })
    };
    if from < to { cuts.windows(2).filter_map(stretch).collect() } else { Vec::new() }
}

/// Midnight, in universal time.
pub(super) fn begin(day: Date) -> Timestamp {
    day.to_zoned(TimeZone::UTC).map_or(Timestamp::MAX, |moment| moment.timestamp())
}
