//! Accounts that the stacks make: which they are once they are there, and the way into them.

use crate::operation::Apply;
use crate::run::{Slot, verify_one};
use charter_model::{AccountName, AccountTarget, Address};
use charter_planner::Operation;
use charter_provider::{Failure, FailureCode, Provider};
use charter_state::{Entry, Snapshot, StateError};
use std::collections::BTreeMap;
use tokio::sync::OnceCell;

/// Tells the provider which accounts the names stand for that the stacks make, as far as they are there. To be called whenever
/// something is about to be asked with a state that is new to the provider.
pub fn locate(
    provider: &dyn Provider,
    accounts: &BTreeMap<AccountName, AccountTarget>,
    snapshot: &Snapshot,
) -> Result<(), Failure> {
    for (name, target) in accounts {
        let Some(by) = target.made_by() else { continue };
        if let Some(id) = snapshot.account_made(name, by) {
            provider.locate(name, &id)?;
        }
    }
    Ok(())
}

/// The accounts that a plan makes, and whether they were entered: the first operation in each waits until that is possible, the
/// others for it.
pub(crate) struct Made<'a>(BTreeMap<&'a AccountName, Entrance<'a>>);

/// What makes an account, and how the way into it was found.
struct Entrance<'a> {
    by: &'a Address,
    entered: OnceCell<Result<(), Failure>>,
}

impl<'a> Made<'a> {
    pub(crate) fn new(accounts: &'a BTreeMap<AccountName, Address>) -> Self {
        Self(accounts.iter().map(|(name, by)| (name, Entrance { by, entered: OnceCell::new() })).collect())
    }
}

impl Apply<'_> {
    /// Makes sure of the account of an operation that the stacks make: writes down which it is, and checks who we are there.
    pub(crate) async fn enter(
        &self,
        operation: &Operation,
        slot: &mut Slot,
    ) -> Result<Result<(), Failure>, StateError> {
        let placement = &operation.placement;
        let Some(Entrance { by, entered }) = self.made.0.get(&placement.account) else { return Ok(Ok(())) };
        let enter = || async {
            let (id, recorded) = self.engine.state.read(|state| {
                (state.account_made(&placement.account, by), state.accounts.get(&placement.account).cloned())
            });
            let Some(id) = id else {
                let message = format!("the account {} is not there: {by} has not made it", placement.account);
                return Ok(Err(Failure::new(FailureCode::NotFound, message)));
            };
            if let Err(failure) = self.engine.provider.locate(&placement.account, &id) {
                return Ok(Err(failure));
            }
            // Before the first call: whoever recovers from it must know where to look.
            if recorded.as_ref() != Some(&id) {
                self.engine.state.record(vec![Entry::Account { name: placement.account.clone(), id }]).await?;
            }
            Ok(verify_one(self.engine.provider, self.engine.limits, self.engine.seed, 0, placement).await)
        };
        if entered.initialized() {
            return entered.get_or_try_init(enter).await.cloned();
        }
        // A role that was made a moment ago can take minutes to be assumable.
        slot.rest_while(entered.get_or_try_init(enter)).await.cloned()
    }
}
