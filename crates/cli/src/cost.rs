//! What a plan changes of the monthly bill, for a reader. Imports the crate `cost`.

use crate::render::table::{RowKind, Table};
use crate::ui::{BOLD, DIM, Ui, paint};
use charter_catalog::{price_dates, price_region};
use charter_cost::{Amount, Estimate};
use charter_lang::Language;
use charter_model::DesiredGraph;
use charter_planner::Plan;
use charter_state::Snapshot;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// What the plan changes, told to machines; none if nothing costs anything.
pub(crate) fn of_plan(ui: Ui, graph: &DesiredGraph, snapshot: &Snapshot, plan: &Plan) -> Option<Estimate> {
    let estimate = charter_cost::estimate(plan, graph, snapshot, &Language::new());
    if estimate.lines.is_empty() && estimate.unpriced.is_empty() {
        return None;
    }
    let (first, last) = price_dates();
    let lines: serde_json::Map<String, serde_json::Value> = estimate
        .by_line_of_business()
        .into_iter()
        .map(|(line, (before, after))| {
            let row = serde_json::json!({"before": before, "after": after, "change": after.minus(before)});
            (line.to_owned(), row)
        })
        .collect();
    ui.emit(
        "cost",
        &serde_json::json!({
            "currency": "USD", "per": "month", "priceRegion": price_region(), "pricesRead": [first, last],
            "byLineOfBusiness": lines, "resources": estimate.lines, "unpriced": estimate.unpriced,
        }),
    );
    Some(estimate)
}

fn prices() -> String {
    let (first, last) = price_dates();
    format!("list prices of {}, read {first} to {last}", price_region())
}

fn change(before: Amount, after: Amount) -> String {
    let change = after.minus(before);
    if is_nothing(change) { "no change".to_owned() } else { signed(change) }
}

/// For a terminal.
pub(crate) fn text(estimate: &Estimate) -> String {
    let mut text = format!("{} {}", paint(BOLD, "Cost a month"), paint(DIM, format!("({})", prices())));
    let sums = estimate.by_line_of_business();
    let widest = sums.keys().map(|line| line.chars().count()).max().unwrap_or(0);
    for (line, (before, after)) in &sums {
        let change = change(*before, *after);
        let _ = write!(text, "\n  {line:widest$}  {change}  {}", paint(DIM, format!("to {}", plain(*after))));
    }
    for (why, types) in unpriced(estimate) {
        let _ = write!(text, "\n  {}", paint(DIM, format!("without a price, {why}: {}", types.join(", "))));
    }
    text
}

/// For a review.
pub(crate) fn markdown(estimate: &Estimate) -> String {
    let row = |kind, name: &str, before: Amount, after: Amount| {
        (kind, vec![name.to_owned(), change(before, after), plain(after)])
    };
    let sums = estimate.by_line_of_business();
    let mut rows: Vec<_> =
        sums.iter().map(|(line, (before, after))| row(RowKind::Plain, line, *before, *after)).collect();
    let all = sums.values().fold((Amount::default(), Amount::default()), |(before, after), line| {
        (before.plus(line.0), after.plus(line.1))
    });
    rows.push(row(RowKind::Total, "total", all.0, all.1));
    let header = ["line of business", "change a month", "to"].map(str::to_owned).to_vec();
    let mut text = format!("### Cost a month\n\n{}\n\n{}.", Table { header, rows }.markdown(), capital(&prices()));
    let without = unpriced(estimate);
    if !without.is_empty() {
        text.push_str(" Without a price:\n");
    }
    for (why, types) in without {
        let _ = write!(text, "\n* {why}: {}", types.join(", "));
    }
    text
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// What has no price, by the reason: many types share one.
fn unpriced(estimate: &Estimate) -> BTreeMap<&str, Vec<String>> {
    let mut by_reason: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for row in &estimate.unpriced {
        by_reason.entry(&row.why).or_default().push(format!("{} × {}", row.count, row.type_name));
    }
    by_reason
}

fn is_nothing(amount: Amount) -> bool {
    amount.least.abs() < 0.005 && amount.most.abs() < 0.005
}

fn signed(amount: Amount) -> String {
    between(amount, |value| if value < 0.0 { format!("-{}", dollars(-value)) } else { format!("+{}", dollars(value)) })
}

/// `$175.20 … $5,606.40`
pub(crate) fn plain(amount: Amount) -> String {
    between(amount, dollars)
}

fn between(amount: Amount, one: impl Fn(f64) -> String) -> String {
    match (amount.most - amount.least).abs() < 0.005 {
        true => one(amount.least),
        false => format!("{} … {}", one(amount.least), one(amount.most)),
    }
}

/// `$1,022.00`
pub(crate) fn dollars(value: f64) -> String {
    let text = format!("{value:.2}");
    let (whole, cents) = text.split_once('.').unwrap_or((&text, "00"));
    let digits: Vec<char> = whole.chars().collect();
    let mut grouped = String::new();
    for (place, digit) in digits.iter().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(*digit);
    }
    format!("${grouped}.{cents}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_read_as_money() {
        assert_eq!(dollars(0.4), "$0.40");
        assert_eq!(dollars(1_234_567.891), "$1,234,567.89");
        assert_eq!(signed(Amount { least: -200.75, most: -200.75 }), "-$200.75");
        assert_eq!(signed(Amount { least: 175.2, most: 5606.4 }), "+$175.20 … +$5,606.40");
    }
}
