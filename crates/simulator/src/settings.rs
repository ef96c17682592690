//! How the simulator behaves, and how hard it is on its callers. Imports nothing of the crate.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

/// How the simulator behaves. The default is a well-behaved cloud in which everything takes its time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Settings {
    /// What all randomness comes from: ids and faults. The same seed and order of calls replay.
    pub seed: u64,
    /// How many virtual seconds pass in a second.
    pub time_scale: f64,
    /// The virtual time at which a cloud begins; the machine's time if none, or, in memory only, the beginning of 2026.
    pub start: Option<Timestamp>,
    /// Whether a request's signature must be right. That it is there and well-formed is always asked.
    pub verify_signatures: bool,
    /// The seconds, of virtual time, until others see what was made or changed: reads tell what was before, a role cannot be assumed.
    pub eventual_consistency: f64,
    /// A folder into which every request is written with its response, for checks by other readers of the protocols; none: not.
    #[serde(skip)]
    pub exchanges: Option<PathBuf>,
    /// Where on this machine (`http://127.0.0.1:8080`) the documents of OpenID Connect issuers are, by issuer
    /// (`https://login.example.com`). STS asks no other for its keys.
    pub issuers: BTreeMap<String, String>,
    /// The services (`kendra`, `qbusiness`) that take no new customers: an account that has nothing of theirs yet is refused.
    pub closed_to_new_customers: BTreeSet<String>,
    /// Whether calls are allowed and denied by the policies of IAM; else only trust policies count.
    pub enforce_policies: bool,
    /// Whether [`Simulator::authorizations`](crate::Simulator::authorizations) are kept.
    #[serde(skip)]
    pub record_authorizations: bool,
    /// What goes wrong.
    pub faults: Faults,
}

/// What goes wrong, and how often. Rates are from 0 to 1.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Faults {
    /// What each call takes, in milliseconds of real time (of tokio's clock).
    pub latency_milliseconds: u64,
    /// The rate of calls that are throttled, by service (`kendra`); `*` for all others.
    pub throttle: BTreeMap<String, f64>,
    /// How many calls a second of real time (of tokio's clock) a service takes of one account in one region, by service; `*` for
    /// each of the others. A second's worth may come at once; what comes faster is throttled.
    pub calls_per_second: BTreeMap<String, f64>,
    /// The rate of calls that fail with a 5xx before they have an effect.
    pub server_error: f64,
    /// The rate of calls whose effect happens and whose response is lost.
    pub lost_response: f64,
    /// The rate of calls whose connection is cut before they have an effect.
    pub connection_cut: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            seed: 0,
            time_scale: 1.0,
            start: None,
            verify_signatures: true,
            eventual_consistency: 0.0,
            exchanges: None,
            issuers: BTreeMap::new(),
            closed_to_new_customers: BTreeSet::new(),
            enforce_policies: false,
            record_authorizations: false,
            faults: Faults::default(),
        }
    }
}

impl Faults {
    /// What each call takes.
    pub fn latency(&self) -> Duration {
        Duration::from_millis(self.latency_milliseconds)
    }

    /// The rate of throttled calls of a service.
    pub fn throttle_rate(&self, service: &str) -> f64 {
        self.throttle.get(service).or_else(|| self.throttle.get("*")).copied().unwrap_or(0.0)
    }

    /// How many calls a second a service takes; none: as many as come.
    pub(crate) fn pace(&self, service: &str) -> Option<f64> {
        self.calls_per_second.get(service).or_else(|| self.calls_per_second.get("*")).copied()
    }
}
