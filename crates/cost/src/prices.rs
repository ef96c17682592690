//! The table of prices. Imports nothing of the crate.

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
pub(crate) struct Price {
    #[serde(rename = "type")]
    type_name: String,
    pub(crate) what: String,
    /// Properties and the values that they must have.
    #[serde(default)]
    when: BTreeMap<String, String>,
    /// What counts where such a property is not there: the service's own default.
    #[serde(default)]
    otherwise: BTreeMap<String, String>,
    /// A property that must be there.
    given: Option<String>,
    /// The property that says how many; one if it is not there.
    pub(crate) count: Option<String>,
    /// How many lies between two values of another resource that it depends on.
    pub(crate) range: Option<Range>,
    amount: f64,
    unit: Unit,
    #[allow(dead_code, reason = "for those who read the table; a test asks that it is there")]
    source: String,
    read: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Range {
    #[serde(rename = "type")]
    pub(crate) type_name: String,
    pub(crate) least: String,
    pub(crate) most: String,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Unit {
    Hour,
    Month,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WithoutPrice {
    #[serde(rename = "type")]
    type_name: String,
    why: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Free {
    prefixes: Vec<String>,
}

impl Price {
    /// Of one for a month.
    pub(crate) fn monthly(&self) -> f64 {
        match self.unit {
            Unit::Hour => self.amount * HOURS_A_MONTH,
            Unit::Month => self.amount,
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

/// What is known of the price of something.
pub(crate) enum Found {
    Priced(&'static Price),
    /// And why.
    Unpriced(&'static str),
    Free,
}

pub(crate) fn find(type_name: &str, properties: &Value) -> Found {
    if let Some(price) = TABLE.price.iter().find(|price| price.type_name == type_name && price.applies(properties)) {
        return Found::Priced(price);
    }
    if let Some(row) = TABLE.unpriced.iter().find(|row| row.type_name == type_name) {
        return Found::Unpriced(&row.why);
    }
    let free = TABLE.free.iter().flat_map(|free| &free.prefixes).any(|prefix| type_name.starts_with(prefix.as_str()));
    if free { Found::Free } else { Found::Unpriced("not in the table") }
}

/// The value at a place, written as a pointer.
pub(crate) fn at<'a>(properties: &'a Value, place: &str) -> Option<&'a Value> {
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
}
