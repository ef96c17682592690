//! A cloud in memory for the tests of the behaviours: calls go straight to a behaviour, by the model's member names.

use crate::identity::{Caller, CallerKind};
use crate::issuers::IssuerKeys;
use crate::random::Random;
use crate::service::{Call, ServiceError};
use crate::services::behaviour;
use crate::settings::Settings;
use crate::store::{Record, Store};
use charter_model::AccountId;
use jiff::Timestamp;
use serde_json::Value;

pub(crate) const REGION: &str = "us-east-1";

/// Two accounts, a clock that stands still until it is moved, and a store.
pub(crate) struct Cloud {
    pub(crate) account: AccountId,
    pub(crate) region: String,
    pub(crate) now: Timestamp,
    pub(crate) store: Store,
    pub(crate) settings: Settings,
    /// What the issuer of a token publishes.
    pub(crate) issuer_keys: Option<IssuerKeys>,
    calls: u64,
}

impl Cloud {
    pub(crate) fn new() -> Self {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        Self {
            account: AccountId::new("333333333333").unwrap(),
            region: REGION.to_owned(),
            now,
            store: Store::in_memory(now),
            settings: Settings::default(),
            issuer_keys: None,
            calls: 0,
        }
    }

    pub(crate) fn call(&mut self, service: &str, operation: &str, input: Value) -> Result<Value, ServiceError> {
        self.with(service, operation, input, |call| behaviour(service).unwrap().call(call))
    }

    /// Runs something with a call at hand.
    pub(crate) fn with<T>(
        &mut self,
        service: &str,
        operation: &str,
        input: Value,
        run: impl FnOnce(&mut Call<'_>) -> T,
    ) -> T {
        self.calls += 1;
        self.store.begin(self.now, self.settings.eventual_consistency);
        let caller = Caller {
            account: self.account.clone(),
            arn: format!("arn:aws:iam::{}:user/admin", self.account),
            user_id: "AIDAAAAAAAAAAAAAAAAAA".to_owned(),
            kind: CallerKind::User("admin".to_owned()),
        };
        run(&mut Call {
            service,
            operation,
            account: &self.account,
            region: &self.region,
            caller: &caller,
            input,
            now: self.now,
            caller_now: self.now,
            store: &mut self.store,
            issuer_keys: self.issuer_keys.as_ref(),
            random: &mut Random::new(7, &format!("call/{}", self.calls)),
            settings: &self.settings,
            handler_refusal: None,
        })
    }

    /// The output of a call that must succeed.
    pub(crate) fn ok(&mut self, service: &str, operation: &str, input: Value) -> Value {
        self.call(service, operation, input).unwrap_or_else(|error| panic!("{service}:{operation}: {error:?}"))
    }

    /// Code and message of a call that must fail.
    pub(crate) fn refused(&mut self, service: &str, operation: &str, input: Value) -> String {
        match self.call(service, operation, input) {
            Ok(output) => panic!("{service}:{operation} answered {output}"),
            Err(error) => format!("{}: {}", error.code, error.message),
        }
    }

    /// Lets virtual time pass.
    pub(crate) fn pass(&mut self, seconds: f64) {
        self.now = crate::service::later(self.now, seconds);
    }

    pub(crate) fn put<R: Record>(&mut self, region: &str, key: &str, record: &R) {
        self.store.put(&self.account, region, key, record);
    }

    /// What is left, as `service/kind/identifier`.
    pub(crate) fn left(&self) -> Vec<String> {
        let items = self.store.inventory(self.now).into_iter();
        items.map(|item| format!("{}/{}/{}", item.service, item.kind, item.identifier)).collect()
    }
}
