//! The way into an account with exactly the policies of a deployer. They are made and attached through IAM's own operations, so
//! that what IAM would refuse, by its quotas for example, is refused here too.

use crate::identity::{Caller, CallerKind};
use crate::organization::{ACCESS_ROLE, ADMIN, Organization, restrict};
use crate::random::Random;
use crate::service::{Call, ServiceError};
use crate::services::behaviour;
use crate::settings::Settings;
use crate::store::{Store, StoreError};
use charter_model::AccountId;
use jiff::Timestamp;
use serde_json::{Value, json};

/// The policies of one account's deployer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeployerPolicies {
    /// Documents of managed policies.
    pub managed: Vec<String>,
    /// Documents of inline policies.
    pub inline: Vec<String>,
}

/// Why a deployer cannot have policies.
#[derive(Debug, thiserror::Error)]
pub enum RestrictError {
    /// IAM refuses one.
    #[error("{operation}: {code}: {message}")]
    Refused {
        /// `CreatePolicy`
        operation: &'static str,
        /// `LimitExceeded`
        code: String,
        /// AWS's words.
        message: String,
    },
    /// The store cannot be written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Gives the way into an account these policies and no others.
pub(crate) fn give(
    store: &mut Store,
    settings: &Settings,
    now: Timestamp,
    account: &AccountId,
    policies: &DeployerPolicies,
) -> Result<(), RestrictError> {
    restrict(store, account, &[]);
    store.set_seeding(true);
    let mut iam = Administrator { store, settings, now, account };
    let result = iam.give(policies);
    store.set_seeding(false);
    result
}

struct Administrator<'a> {
    store: &'a mut Store,
    settings: &'a Settings,
    now: Timestamp,
    account: &'a AccountId,
}

impl Administrator<'_> {
    fn give(&mut self, policies: &DeployerPolicies) -> Result<(), RestrictError> {
        // The management account is entered as its administrator, every other one by the access role.
        let (holder, name, attach, put) = match Organization::is_entered_as_user(self.store, self.account) {
            true => ("UserName", ADMIN, "AttachUserPolicy", "PutUserPolicy"),
            false => ("RoleName", ACCESS_ROLE, "AttachRolePolicy", "PutRolePolicy"),
        };
        for (place, document) in policies.managed.iter().enumerate() {
            let policy = format!("deployer-{}", place + 1);
            let made = self.call("CreatePolicy", json!({"PolicyName": policy, "PolicyDocument": document}))?;
            let arn = made.pointer("/Policy/Arn").cloned().unwrap_or_default();
            self.call(attach, json!({holder: name, "PolicyArn": arn}))?;
        }
        for (place, document) in policies.inline.iter().enumerate() {
            let policy = format!("deployer-inline-{}", place + 1);
            self.call(put, json!({holder: name, "PolicyName": policy, "PolicyDocument": document}))?;
        }
        Ok(())
    }

    fn call(&mut self, operation: &'static str, input: Value) -> Result<Value, RestrictError> {
        let caller = Caller {
            account: self.account.clone(),
            arn: format!("arn:aws:iam::{}:user/{ADMIN}", self.account),
            user_id: ADMIN.to_owned(),
            kind: CallerKind::User(ADMIN.to_owned()),
        };
        let mut call = Call {
            service: "iam",
            operation,
            account: self.account,
            region: "us-east-1",
            caller: &caller,
            random: &mut Random::new(self.settings.seed, &format!("deployer/{operation}/{input}")),
            input,
            now: self.now,
            caller_now: self.now,
            store: self.store,
            issuer_keys: None,
            settings: self.settings,
            handler_refusal: None,
        };
        let refused =
            |error: ServiceError| RestrictError::Refused { operation, code: error.code, message: error.message };
        let unknown = || ServiceError::new("NotImplemented", "IAM is not simulated");
        behaviour("iam").ok_or_else(unknown).and_then(|iam| iam.call(&mut call)).map_err(refused)
    }
}
