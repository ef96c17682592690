//! Invitations, as the account sees them that receives them.

use super::records::{Invitation, Share};
use super::support::{ASSOCIATION, anyones, error, keep, listed, moment, resource_type};
use crate::service::{Call, ServiceError};
use crate::services::shared::{Answer, texts};
use serde_json::{Value, json};

fn shown(call: &Call<'_>, invitation: &Invitation) -> Value {
    json!({
        "resourceShareInvitationArn": invitation.arn,
        "resourceShareName": invitation.share_name,
        "resourceShareArn": invitation.share,
        "senderAccountId": invitation.sender,
        "receiverAccountId": invitation.receiver,
        "invitationTimestamp": moment(invitation.sent),
        "status": invitation.status(call.now),
    })
}

fn received(call: &Call<'_>) -> Vec<Invitation> {
    let all = call.store.read_all::<Invitation>(call.account, call.region).into_iter();
    all.map(|(_, invitation)| invitation).filter(|invitation| invitation.sent <= call.now).collect()
}

fn absent(arn: &str) -> ServiceError {
    error("ResourceShareInvitationArnNotFoundException", format!("ResourceShareInvitation {arn} could not be found."))
}

pub(super) fn get(call: &mut Call<'_>) -> Answer {
    let (shares, arns) = (texts(call, "resourceShareArns"), texts(call, "resourceShareInvitationArns"));
    let all = received(call);
    if let Some(missing) = arns.iter().find(|arn| !all.iter().any(|invitation| invitation.arn == **arn)) {
        return Err(absent(missing));
    }
    let fitting = all.iter().filter(|invitation| {
        (shares.is_empty() || shares.contains(&invitation.share)) && (arns.is_empty() || arns.contains(&invitation.arn))
    });
    let items = fitting.map(|invitation| (invitation.arn.clone(), shown(call, invitation))).collect();
    listed(call, "resourceShareInvitations", items)
}

/// The invitation that a call is about, if it can still be answered, with its share.
fn open(call: &Call<'_>) -> Result<(Invitation, Share), ServiceError> {
    let arn = call.required("resourceShareInvitationArn");
    let invitation = received(call).into_iter().find(|invitation| invitation.arn == arn).ok_or_else(|| absent(arn))?;
    let (code, state) = match invitation.status(call.now) {
        "PENDING" => {
            let share = anyones(call, &invitation.share).ok_or_else(|| absent(arn))?;
            return Ok((invitation, share));
        }
        "ACCEPTED" => ("ResourceShareInvitationAlreadyAcceptedException", "already accepted"),
        "REJECTED" => ("ResourceShareInvitationAlreadyRejectedException", "already rejected"),
        _ => ("ResourceShareInvitationExpiredException", "expired"),
    };
    Err(error(code, format!("ResourceShareInvitation {arn} is {state}.")))
}

fn answer(call: &mut Call<'_>, word: &str) -> Answer {
    let (mut invitation, mut share) = open(call)?;
    let after = call.after(ASSOCIATION);
    for principal in share.principals.iter_mut().filter(|each| each.ended.is_none()) {
        let own = principal.entity.contains(call.account.as_str());
        match word {
            "ACCEPTED" if own => principal.ready = Some(after),
            _ if own => principal.ended = Some(call.now),
            _ => {}
        }
    }
    invitation.answer = Some(word.to_owned());
    keep(call, &share);
    call.store.put(call.account, call.region, &invitation.arn.clone(), &invitation);
    Ok(json!({"resourceShareInvitation": shown(call, &invitation), "clientToken": call.text("clientToken")}))
}

pub(super) fn accept(call: &mut Call<'_>) -> Answer {
    answer(call, "ACCEPTED")
}

pub(super) fn reject(call: &mut Call<'_>) -> Answer {
    answer(call, "REJECTED")
}

pub(super) fn resources(call: &mut Call<'_>) -> Answer {
    let (_, share) = open(call)?;
    let items = share.resources.iter().filter(|each| each.counts(call.now)).map(|each| {
        let shown = json!({
            "arn": each.entity,
            "type": resource_type(&each.entity),
            "resourceShareArn": share.arn,
            "status": "AVAILABLE",
        });
        (each.entity.clone(), shown)
    });
    let items = items.collect();
    listed(call, "resources", items)
}
