//! How fast a run could be at all, by arithmetic: what latency, the longest chain of calls, the number at work at once and the
//! services' rates allow, whoever makes the calls and however fast.

use crate::floor::Unit;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Seconds below which no run can come, each by one reason.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Bound {
    /// The calls of the longest chain, one after the other.
    pub(crate) chain: f64,
    /// All calls, so many at once.
    pub(crate) concurrency: f64,
    /// The service whose rate takes longest.
    pub(crate) rates: f64,
    /// All calls.
    pub(crate) calls: usize,
    /// By service.
    pub(crate) by_service: BTreeMap<String, usize>,
}

impl Bound {
    pub(crate) fn of(units: &[Unit], latency: f64, at_once: usize, rates: &BTreeMap<String, f64>) -> Self {
        let mut by_service: BTreeMap<String, usize> = BTreeMap::new();
        for call in units.iter().flat_map(|unit| &unit.calls) {
            *by_service.entry(call.service.to_owned()).or_default() += 1;
        }
        let calls = by_service.values().sum();
        let slowest = by_service.iter().filter_map(|(service, count)| {
            let rate = rates.get(service).copied().filter(|rate| *rate > 0.0)?;
            // A bucket is full at the beginning: a second's worth.
            Some((*count as f64 - rate).max(0.0) / rate)
        });
        let rates = slowest.fold(0.0, f64::max);
        let concurrency = calls as f64 * latency / at_once as f64;
        Self { chain: longest(units) as f64 * latency, concurrency, rates, calls, by_service }
    }

    /// Which of them that is.
    pub(crate) fn reason(&self) -> &'static str {
        let most = self.seconds();
        match most {
            most if most <= 0.0 => "none",
            most if most == self.rates => "rates",
            most if most == self.chain => "longest chain",
            _ => "concurrency",
        }
    }

    /// The largest of them.
    pub(crate) fn seconds(&self) -> f64 {
        self.chain.max(self.concurrency).max(self.rates)
    }
}

/// The calls of the longest chain.
fn longest(units: &[Unit]) -> usize {
    let mut missing: Vec<usize> = units.iter().map(|unit| unit.missing).collect();
    let mut before: Vec<usize> = vec![0; units.len()];
    let mut ready: Vec<usize> = (0..units.len()).filter(|number| missing.get(*number) == Some(&0)).collect();
    let mut longest = 0;
    while let Some(number) = ready.pop() {
        let Some(unit) = units.get(number) else { continue };
        let through = before.get(number).copied().unwrap_or(0) + unit.calls.len();
        longest = longest.max(through);
        for next in &unit.before {
            if let (Some(before), Some(missing)) = (before.get_mut(*next), missing.get_mut(*next)) {
                *before = through.max(*before);
                *missing -= 1;
                if *missing == 0 {
                    ready.push(*next);
                }
            }
        }
    }
    longest
}
