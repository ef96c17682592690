//! GetCostAndUsage, GetTags and GetDimensionValues: the usage by periods, groups and filters.
//!
//! The words of the errors are AWS's own where people quote them; those of a day in the future and of an unknown metric are ours.

use super::UNTIL_KNOWN;
use super::records::Enabled;
use super::usage::{Stretch, active, stretches, usage};
use crate::service::{Call, ServiceError, later};
use crate::services::shared::{Answer, page_size};
use crate::store::GLOBAL;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use charter_model::content_digest;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// How many groups there are in a page, over all its periods. AWS does not tell its own number.
const PAGE: usize = 100;
/// As much history as an account has that did not ask for more.
const MONTHS_KEPT: i32 = 14;
/// GetCostAndUsage names these.
const COSTS: &[&str] = &["AmortizedCost", "BlendedCost", "NetAmortizedCost", "NetUnblendedCost", "UnblendedCost"];

fn invalid(message: impl Into<String>) -> ServiceError {
    ServiceError::new("ValidationException", message).with_status(400)
}

fn day_of(moment: Timestamp) -> Date {
    moment.to_zoned(TimeZone::UTC).date()
}

/// The days asked for, the second not included.
fn period(call: &mut Call<'_>) -> Result<(Date, Date), ServiceError> {
    // Cost Explorer is enabled by its first use, and then prepares its data for a day.
    if call.settings.eventual_consistency > 0.0 {
        let first = match call.store.get::<Enabled>(call.account, GLOBAL, Enabled::KEY) {
            Some(enabled) => enabled.first,
            None => {
                call.store.put(call.account, GLOBAL, Enabled::KEY, &Enabled { first: call.now });
                call.now
            }
        };
        if call.now < later(first, UNTIL_KNOWN) {
            let message = "Data is not available. Please try to adjust the time period. If just enabled Cost Explorer, data might \
                           not be ingested yet";
            return Err(ServiceError::new("DataUnavailableException", message).with_status(400));
        }
    }
    let day = |name: &str| {
        let text = call.member("TimePeriod").and_then(|period| period.get(name)).and_then(Value::as_str);
        let text = text.and_then(|text| text.get(..10)).unwrap_or_default();
        text.parse::<Date>().map_err(|_| invalid(format!("{text} is not a valid date")))
    };
    let (from, to) = (day("Start")?, day("End")?);
    let today = day_of(call.now);
    if from >= to {
        return Err(invalid("Start date (and hour) should be before end date (and hour)"));
    }
    if from > today {
        return Err(invalid("Start date should not be later than the current date"));
    }
    if next_month(today).is_some_and(|next| to > next) {
        return Err(invalid("end date past the beginning of next month"));
    }
    if today.checked_sub(Span::new().months(MONTHS_KEPT)).is_ok_and(|oldest| from < oldest.first_of_month()) {
        return Err(invalid("You haven't enabled historical data beyond 14 months."));
    }
    Ok((from, to))
}

fn next_month(day: Date) -> Option<Date> {
    day.first_of_month().checked_add(Span::new().months(1)).ok()
}

/// The periods between two days, by days or by months.
fn periods((from, to): (Date, Date), granularity: &str) -> Vec<(Date, Date)> {
    let mut periods = Vec::new();
    let mut start = from;
    while start < to {
        let next = if granularity == "DAILY" { start.tomorrow().ok() } else { next_month(start) };
        let Some(next) = next else { break };
        let end = next.min(to);
        periods.push((start, end));
        start = end;
    }
    periods
}

/// What groups and filters ask a stretch for.
fn dimension(call: &Call<'_>, stretch: &Stretch<'_>, key: &str) -> Result<String, ServiceError> {
    match key {
        "SERVICE" => Ok(stretch.usage.service.clone()),
        "LINKED_ACCOUNT" => Ok(stretch.usage.account.clone()),
        "REGION" => Ok(stretch.usage.region.clone()),
        _ => Err(call.not_simulated()),
    }
}

fn matches(call: &Call<'_>, filter: &Value, stretch: &Stretch<'_>) -> Result<bool, ServiceError> {
    let part = |name: &str| filter.get(name).filter(|part| !part.is_null());
    let text = |part: &Value| part.get("Key").and_then(Value::as_str).unwrap_or_default().to_owned();
    let values = |part: &Value, is: &str| {
        let values = part.get("Values").and_then(Value::as_array);
        values.into_iter().flatten().any(|value| value.as_str() == Some(is))
    };
    if let Some(list) = part("And").and_then(Value::as_array) {
        return list.iter().try_fold(true, |all, each| Ok(all && matches(call, each, stretch)?));
    }
    if let Some(list) = part("Or").and_then(Value::as_array) {
        return list.iter().try_fold(false, |any, each| Ok(any || matches(call, each, stretch)?));
    }
    if let Some(inner) = part("Not") {
        return Ok(!matches(call, inner, stretch)?);
    }
    if let Some(wanted) = part("Dimensions") {
        return Ok(values(wanted, &dimension(call, stretch, &text(wanted))?));
    }
    if let Some(wanted) = part("Tags") {
        let value = stretch.tags.get(text(wanted).as_str()).copied();
        let options = wanted.get("MatchOptions").and_then(Value::as_array);
        if options.into_iter().flatten().any(|option| option.as_str() == Some("ABSENT")) {
            return Ok(value.is_none());
        }
        return Ok(values(wanted, value.unwrap_or_default()));
    }
    if part("CostCategories").is_some() { Err(call.not_simulated()) } else { Ok(true) }
}

/// A group of a period, as pages hold them.
struct Row {
    /// What the rows are sorted by.
    place: String,
    period: (Date, Date),
    keys: Vec<String>,
    sum: Sum,
}

/// What a group of a period comes to.
#[derive(Debug, Default, Clone, Copy)]
struct Sum {
    dollars: f64,
    hours: f64,
}

fn metrics(call: &Call<'_>, sum: Sum) -> Result<Value, ServiceError> {
    let mut found = Map::new();
    for name in call.member("Metrics").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        let metric = match name {
            name if COSTS.contains(&name) => json!({"Amount": format!("{:.10}", sum.dollars), "Unit": "USD"}),
            "UsageQuantity" => json!({"Amount": format!("{:.10}", sum.hours), "Unit": "N/A"}),
            "NormalizedUsageAmount" => return Err(call.not_simulated()),
            other => return Err(invalid(format!("{other} is not a valid metric"))),
        };
        found.insert(name.to_owned(), metric);
    }
    Ok(found.into())
}

/// Where a page begins: a token is of one request, and holds the last key before it.
fn after(call: &Call<'_>, member: &str, digest: &str) -> Result<Option<String>, ServiceError> {
    let Some(token) = call.text(member) else { return Ok(None) };
    let text = STANDARD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let parts = text.as_deref().and_then(|text| text.split_once(' '));
    match parts {
        Some((of, key)) if of == digest => Ok(Some(key.to_owned())),
        Some(_) => Err(ServiceError::new("RequestChangedException", "Request parameters changed between pages.")),
        None => Err(ServiceError::new("InvalidNextTokenException", "The pagination token is invalid.")),
    }
}

fn digest(call: &Call<'_>, member: &str) -> String {
    let mut input = call.input.clone();
    input.as_object_mut().map(|members| members.remove(member));
    content_digest(&input).split_whitespace().collect()
}

pub(super) fn cost_and_usage(call: &mut Call<'_>) -> Answer {
    let period = period(call)?;
    let granularity = call.required("Granularity").to_owned();
    if granularity == "HOURLY" {
        return Err(invalid("Hourly data is not enabled for this account."));
    }
    metrics(call, Sum::default())?;
    let groups = call.member("GroupBy").and_then(Value::as_array).cloned().unwrap_or_default();
    if groups.len() > 2 {
        return Err(invalid("Only two group by types can be given."));
    }
    let (usage, active) = (usage(call), active(call));
    let filter = call.member("Filter").cloned().unwrap_or_default();
    let mut rows: Vec<Row> = Vec::new();
    for period in periods(period, &granularity) {
        let mut sums: BTreeMap<Vec<String>, Sum> = BTreeMap::new();
        for stretch in usage.iter().flat_map(|each| stretches(each, &active, period)) {
            if !matches(call, &filter, &stretch)? {
                continue;
            }
            let mut keys = Vec::new();
            for group in &groups {
                let text = |name: &str| group.get(name).and_then(Value::as_str).unwrap_or_default();
                keys.push(match text("Type") {
                    "TAG" => {
                        let value = stretch.tags.get(text("Key")).copied().unwrap_or_default();
                        format!("{}${value}", text("Key"))
                    }
                    "DIMENSION" => dimension(call, &stretch, text("Key"))?,
                    _ => return Err(call.not_simulated()),
                });
            }
            let sum = sums.entry(keys).or_default();
            sum.dollars += stretch.dollars();
            sum.hours += stretch.hours;
        }
        if sums.is_empty() {
            // A period in which nothing was used is told too.
            rows.push(Row { place: period.0.to_string(), period, keys: Vec::new(), sum: Sum::default() });
        }
        rows.extend(sums.into_iter().map(|(keys, sum)| Row {
            place: format!("{} {}", period.0, keys.join("\n")),
            period,
            keys,
            sum,
        }));
    }
    let digest = digest(call, "NextPageToken");
    let after = after(call, "NextPageToken", &digest)?;
    let mut rest =
        rows.into_iter().skip_while(|row| after.as_ref().is_some_and(|after| row.place <= *after)).peekable();
    let this_month = day_of(call.now).first_of_month();
    let mut results: Vec<Value> = Vec::new();
    let mut last = None;
    for _ in 0..PAGE {
        let Some(Row { place, period: (from, to), keys, sum }) = rest.next() else { break };
        last = Some(place);
        let days = json!({"Start": from.to_string(), "End": to.to_string()});
        if results.last().and_then(|result| result.get("TimePeriod")) != Some(&days) {
            let total = if groups.is_empty() { metrics(call, sum)? } else { json!({}) };
            let estimated = to > this_month;
            results.push(json!({"TimePeriod": days, "Total": total, "Groups": [], "Estimated": estimated}));
        }
        let group = json!({"Keys": keys, "Metrics": metrics(call, sum)?});
        let list = results.last_mut().and_then(|result| result.get_mut("Groups")).and_then(Value::as_array_mut);
        if let Some(list) = list.filter(|_| !keys.is_empty()) {
            list.push(group);
        }
    }
    let next = rest.peek().and(last).map(|key| STANDARD.encode(format!("{digest} {key}")));
    let definitions = if groups.is_empty() { Value::Null } else { groups.into() };
    Ok(json!({
        "NextPageToken": next, "GroupDefinitions": definitions, "ResultsByTime": results, "DimensionValueAttributes": [],
    }))
}

/// The different values that something has in the period, in pages.
fn values(
    call: &mut Call<'_>,
    of: impl Fn(&Call<'_>, &Stretch<'_>) -> Result<Vec<String>, ServiceError>,
) -> Result<(Vec<String>, usize, Option<String>), ServiceError> {
    let period = period(call)?;
    let (usage, active) = (usage(call), active(call));
    let search = call.text("SearchString").unwrap_or_default().to_owned();
    let filter = call.member("Filter").cloned().unwrap_or_default();
    let mut found = BTreeSet::new();
    for stretch in usage.iter().flat_map(|each| stretches(each, &active, period)) {
        if matches(call, &filter, &stretch)? {
            found.extend(of(call, &stretch)?.into_iter().filter(|value| value.contains(&search)));
        }
    }
    let total = found.len();
    let digest = digest(call, "NextPageToken");
    let after = after(call, "NextPageToken", &digest)?;
    let mut rest = found.into_iter().skip_while(|value| after.as_ref().is_some_and(|after| value <= after)).peekable();
    let taken: Vec<String> = rest.by_ref().take(page_size(call, "MaxResults", 1_000)).collect();
    let next = rest.peek().and(taken.last()).map(|key| STANDARD.encode(format!("{digest} {key}")));
    Ok((taken, total, next))
}

pub(super) fn tags(call: &mut Call<'_>) -> Answer {
    let key = call.text("TagKey").map(str::to_owned);
    let (found, total, next) = values(call, |_, stretch| {
        Ok(match &key {
            Some(key) => vec![stretch.tags.get(key.as_str()).copied().unwrap_or_default().to_owned()],
            None => stretch.tags.keys().map(|key| (*key).to_owned()).collect(),
        })
    })?;
    Ok(json!({"NextPageToken": next, "ReturnSize": found.len(), "TotalSize": total, "Tags": found}))
}

pub(super) fn dimension_values(call: &mut Call<'_>) -> Answer {
    let key = call.required("Dimension").to_owned();
    let (found, total, next) = values(call, |call, stretch| Ok(vec![dimension(call, stretch, &key)?]))?;
    let size = found.len();
    let values: Value = found.into_iter().map(|value| json!({"Value": value, "Attributes": {}})).collect();
    Ok(json!({"NextPageToken": next, "ReturnSize": size, "TotalSize": total, "DimensionValues": values}))
}

#[cfg(test)]
mod tests {
    use super::super::usage::begin;
    use super::*;

    #[test]
    fn months_are_those_of_the_calendar() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        let found = periods((day("2026-01-20"), day("2026-03-02")), "MONTHLY");
        assert_eq!(
            found,
            [
                (day("2026-01-20"), day("2026-02-01")),
                (day("2026-02-01"), day("2026-03-01")),
                (day("2026-03-01"), day("2026-03-02"))
            ]
        );
        assert_eq!(periods((day("2026-01-20"), day("2026-01-23")), "DAILY").len(), 3);
        assert_eq!(begin(day("1970-01-02")), Timestamp::from_second(86_400).unwrap());
    }
}
