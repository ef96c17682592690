//! What a plan changes of the monthly bill, for a reader. Imports the crate `cost`.

use crate::ui::{BOLD, DIM, Ui, paint};
use charter_cost::{Amount, Estimate, price_dates, price_region};
use charter_lang::Language;
use charter_model::DesiredGraph;
use charter_planner::Plan;
use charter_state::Snapshot;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Shows it, if there is anything that costs something.
pub(crate) fn show(ui: Ui, graph: &DesiredGraph, snapshot: &Snapshot, plan: &Plan) {
    let estimate = charter_cost::estimate(plan, graph, snapshot, &Language::new());
    if estimate.lines.is_empty() && estimate.unpriced.is_empty() {
        return;
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
    ui.data(&text(&estimate));
}

fn text(estimate: &Estimate) -> String {
    let (first, last) = price_dates();
    let mut text = format!(
        "{} {}",
        paint(BOLD, "Cost a month"),
        paint(DIM, format!("(list prices of {}, read {first} to {last})", price_region()))
    );
    let sums = estimate.by_line_of_business();
    let widest = sums.keys().map(|line| line.chars().count()).max().unwrap_or(0);
    for (line, (before, after)) in &sums {
        let change = after.minus(*before);
        let change = if is_nothing(change) { "no change".to_owned() } else { signed(change) };
        let _ = write!(text, "\n  {line:widest$}  {change}  {}", paint(DIM, format!("to {}", plain(*after))));
    }
    for (why, types) in unpriced(estimate) {
        let _ = write!(text, "\n  {}", paint(DIM, format!("without a price, {why}: {}", types.join(", "))));
    }
    text
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

fn plain(amount: Amount) -> String {
    between(amount, dollars)
}

fn between(amount: Amount, one: impl Fn(f64) -> String) -> String {
    match (amount.most - amount.least).abs() < 0.005 {
        true => one(amount.least),
        false => format!("{} … {}", one(amount.least), one(amount.most)),
    }
}

/// `$1,022.00`
fn dollars(value: f64) -> String {
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
