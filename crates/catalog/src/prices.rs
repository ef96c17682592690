//! What things cost: list prices in US dollars, from a dated table that names its sources. What has no price in it is named, never
//! guessed.

use charter_model::{Pointer, Value};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Hours of a month, as AWS's own calculator counts them (365 × 24 / 12).
pub const HOURS_A_MONTH: f64 = 730.0;

static TABLE: LazyLock<Table> =
    LazyLock::new(|| toml::from_str(include_str!("../data/prices.toml")).unwrap_or_default());

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    region: String,
    price: Vec<Price>,
    unpriced: Vec<WithoutPrice>,
    free: Vec<Free>,
}

/// One price.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    #[serde(rename = "type")]
    type_name: String,
    what: String,
    /// Properties and the values that they must have.
    #[serde(default)]
    when: BTreeMap<String, String>,
    /// What counts where such a property is not there: the service's own default.
    #[serde(default)]
    otherwise: BTreeMap<String, String>,
    /// A property that must be there.
    given: Option<String>,
    /// The property that says how many, a number or a list; one if it is not there.
    count: Option<String>,
    range: Option<PriceRange>,
    amount: f64,
    unit: PriceUnit,
    source: String,
    read: String,
}

/// How many lies between two values of another resource that it depends on.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceRange {
    /// The type of the other.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Where its least stands.
    pub least: String,
    /// Where its most stands.
    pub most: String,
}

/// What a price is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum PriceUnit {
    /// An hour.
    Hour,
    /// A month.
    Month,
    /// A thousand tokens: paid by what is done, not by time.
    ThousandTokens,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WithoutPrice {
    #[serde(rename = "type")]
    type_name: String,
    /// Properties and the values that they must have.
    #[serde(default)]
    when: BTreeMap<String, String>,
    why: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Free {
    prefixes: Vec<String>,
}

/// What is known of the price of something.
#[derive(Debug)]
pub enum PriceFound {
    /// It has one.
    Priced(&'static Price),
    /// It costs something, and why it has none here.
    Unpriced(&'static str),
    /// It costs nothing by itself.
    Free,
}

impl Price {
    /// What is paid for: `Developer Edition index`.
    pub fn what(&self) -> &str {
        &self.what
    }

    /// Dollars for one unit.
    pub fn amount(&self) -> f64 {
        self.amount
    }

    /// What the amount is for.
    pub fn unit(&self) -> PriceUnit {
        self.unit
    }

    /// Where it was read, and on which day.
    pub fn source(&self) -> (&str, &str) {
        (&self.source, &self.read)
    }

    /// Of one for a month; nothing for what is not paid by time.
    pub fn monthly(&self) -> f64 {
        match self.unit {
            PriceUnit::Hour => self.amount * HOURS_A_MONTH,
            PriceUnit::Month => self.amount,
            PriceUnit::ThousandTokens => 0.0,
        }
    }

    /// Between which values of another resource the number of them lies.
    pub fn range(&self) -> Option<&PriceRange> {
        self.range.as_ref()
    }

    /// How many the properties ask for; one if they do not say. None: that is not known yet.
    pub fn count(&self, properties: &Value) -> Option<f64> {
        match self.count.as_ref().filter(|place| at(properties, place).is_some()) {
            Some(place) => price_number(properties, place),
            None => Some(1.0),
        }
    }

    fn applies(&self, properties: &Value) -> bool {
        let has = |(place, wanted): (&String, &String)| match at(properties, place) {
            Some(value) => value.as_str() == Some(wanted),
            None => self.otherwise.get(place) == Some(wanted),
        };
        self.when.iter().all(has) && self.given.as_ref().is_none_or(|place| at(properties, place).is_some())
    }
}

/// The price of something of a type with these properties.
pub fn price_of(type_name: &str, properties: &Value) -> PriceFound {
    if let Some(price) = TABLE.price.iter().find(|price| price.type_name == type_name && price.applies(properties)) {
        return PriceFound::Priced(price);
    }
    let has = |(place, wanted): (&String, &String)| at(properties, place).and_then(Value::as_str) == Some(wanted);
    let mut without = TABLE.unpriced.iter().filter(|row| row.type_name == type_name);
    if let Some(row) = without.find(|row| row.when.iter().all(has)) {
        return PriceFound::Unpriced(&row.why);
    }
    let free = TABLE.free.iter().flat_map(|free| &free.prefixes).any(|prefix| type_name.starts_with(prefix.as_str()));
    if free { PriceFound::Free } else { PriceFound::Unpriced("not in the table") }
}

/// Whether any price of the table is for a type.
pub fn has_price(type_name: &str) -> bool {
    TABLE.price.iter().any(|price| price.type_name == type_name)
}

/// A number at a place of properties, or the length of a list there.
pub fn price_number(properties: &Value, place: &str) -> Option<f64> {
    match at(properties, place)? {
        Value::Unknown(_) | Value::Secret(_) => None,
        Value::String(text) => text.parse().ok(),
        Value::List(list) => u32::try_from(list.len()).ok().map(f64::from),
        other => other.to_plain_json().as_f64(),
    }
}

/// The value at a place, written as a pointer.
fn at<'a>(properties: &'a Value, place: &str) -> Option<&'a Value> {
    properties.at(&place.parse::<Pointer>().ok()?).filter(|value| **value != Value::Null)
}

/// The first and the last day on which a price of the table was read.
pub fn price_dates() -> (&'static str, &'static str) {
    let dates = || TABLE.price.iter().map(|price| price.read.as_str());
    (dates().min().unwrap_or_default(), dates().max().unwrap_or_default())
}

/// The region whose prices the table has.
pub fn price_region() -> &'static str {
    &TABLE.region
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn found(type_name: &str, properties: serde_json::Value) -> Option<(f64, f64)> {
        let properties = Value::from(properties);
        match price_of(type_name, &properties) {
            PriceFound::Priced(price) => Some((price.monthly(), price.count(&properties)?)),
            _ => None,
        }
    }

    #[test]
    fn every_price_has_an_address_and_a_day() {
        assert!(!TABLE.price.is_empty(), "the table reads");
        for price in &TABLE.price {
            assert!(price.source.starts_with("https://"), "{}", price.what);
            let parts: Vec<&str> = price.read.split('-').collect();
            assert!(parts.len() == 3 && parts.iter().all(|part| part.parse::<u32>().is_ok()), "{}", price.read);
            assert!(price.amount > 0.0, "{}", price.what);
        }
    }

    #[test]
    fn an_interface_endpoint_is_paid_in_each_zone_and_a_gateway_is_not_paid() {
        let endpoint = "AWS::EC2::VPCEndpoint";
        let interface = json!({"VpcEndpointType": "Interface", "SubnetIds": ["subnet-1", "subnet-2"]});
        assert_eq!(found(endpoint, interface), Some((0.01 * HOURS_A_MONTH, 2.0)));
        let free = |properties: serde_json::Value| matches!(price_of(endpoint, &properties.into()), PriceFound::Free);
        assert!(free(json!({"VpcEndpointType": "Gateway"})) && free(json!({})));
        assert!(!free(json!({"VpcEndpointType": "GatewayLoadBalancer"})));
    }

    #[test]
    fn what_has_no_price_says_why() {
        let PriceFound::Unpriced(why) = price_of("Charter::Bedrock::ProvisionedThroughput", &json!({}).into()) else {
            panic!("it has none");
        };
        assert!(why.contains("model"), "{why}");
    }
}
