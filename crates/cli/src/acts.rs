//! Acts: what changes AWS and no plan contains. Written down before the call, as a plan's operations are; what became of one whose
//! run died is looked for, and never done again by itself.

use crate::command_error::{CommandError, ExitCode};
use crate::session::{random, state_error, verify};
use crate::ui::{Ui, YELLOW, paint};
use charter_aws::{AccountStanding, AwsProvider};
use charter_model::AccountId;
use charter_state::{Act, ActKind, Entry, IntentId, Session};
use std::time::Duration;

/// How often, and how far apart, it is asked whether a closing has begun: Organizations closes in the background.
const LOOKS: u32 = 30;
/// The same for a closing of an earlier run, which has had its time.
const LATE_LOOKS: u32 = 3;
const BETWEEN: Duration = Duration::from_secs(2);

/// Makes an act durable, before its call.
pub(crate) async fn begin(session: &Session, act: Act) -> Result<IntentId, CommandError> {
    let id: IntentId = random().into();
    let entry = Entry::Act { id: id.clone(), act: Box::new(act) };
    session.record(vec![entry]).await.map_err(state_error)?;
    Ok(id)
}

/// Makes durable how it ended.
pub(crate) async fn end(session: &Session, id: IntentId, result: impl Into<String>) -> Result<(), CommandError> {
    session.record(vec![Entry::ActSettled { id, result: result.into() }]).await.map_err(state_error)
}

/// Finds out what became of the acts of runs that died, and says so.
pub(crate) async fn settle(ui: Ui, provider: &AwsProvider, session: &Session) -> Result<(), CommandError> {
    for (id, act) in session.read(|snapshot| snapshot.acts.clone()) {
        let result = match act.kind {
            ActKind::CloseAccount => what_became_of_closing(provider, &act).await?,
        };
        ui.emit("act", &serde_json::json!({"act": act, "result": result}));
        ui.say(&format!(
            "{} an earlier run was interrupted while it closed account {}: {result}",
            paint(YELLOW, "note:"),
            act.subject
        ));
        end(session, id, result).await?;
    }
    Ok(())
}

async fn what_became_of_closing(provider: &AwsProvider, act: &Act) -> Result<String, CommandError> {
    let id = AccountId::new(&act.subject)
        .map_err(|error| CommandError::new(ExitCode::Unexpected, format!("the state: {error}")))?;
    verify(provider, &act.placement).await?;
    Ok(match closing(provider, act, &id, LATE_LOOKS).await? {
        Some(standing) if standing.is_closed() => format!("it is closed ({})", standing.status),
        Some(standing) => {
            format!("it is {} and was not closed; to close it, run `charter account close` again", standing.status)
        }
        None => "it is no longer in the organization".to_owned(),
    })
}

/// How an account stands, looked at until its closing shows.
pub(crate) async fn closing(
    provider: &AwsProvider,
    act: &Act,
    id: &AccountId,
    looks: u32,
) -> Result<Option<AccountStanding>, CommandError> {
    let mut looked = 0;
    loop {
        let standing = provider.account_standing(&act.placement, id).await;
        let standing = standing.map_err(|failure| CommandError::new(ExitCode::Unexpected, failure.to_string()))?;
        looked += 1;
        if looked >= looks || standing.as_ref().is_none_or(AccountStanding::is_closed) {
            return Ok(standing);
        }
        tokio::time::sleep(BETWEEN).await;
    }
}

/// Closes an account: written down, called, and looked at until it shows.
pub(crate) async fn close(
    provider: &AwsProvider,
    session: &Session,
    act: Act,
    account: &AccountId,
) -> Result<Option<AccountStanding>, CommandError> {
    let id = begin(session, act.clone()).await?;
    match provider.close_account(&act.placement, account).await {
        Ok(()) => {}
        // Whether it took effect is not known: the next run looks.
        Err(failure) if failure.code == charter_provider::FailureCode::NetworkFailure => {
            return Err(CommandError::new(ExitCode::SomeFailed, format!("account {account}: {failure}"))
                .help("whether it was closed is not known: the next apply, or the same command again, finds out"));
        }
        Err(failure) => {
            end(session, id, failure.to_string()).await?;
            return Err(CommandError::new(ExitCode::SomeFailed, format!("account {account}: {failure}")).help(
                "within 30 days AWS closes the higher of 250 and 20 % of an organization's member accounts, and a few at a time",
            ));
        }
    }
    let standing = closing(provider, &act, account, LOOKS).await?;
    let status = standing.as_ref().map_or("gone", |standing| standing.status.as_str());
    end(session, id, format!("it was called; the account is {status}")).await?;
    Ok(standing)
}
