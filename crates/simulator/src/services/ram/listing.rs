//! What is shared and with whom, over all shares of the caller's account or those of other accounts.

use super::records::Share;
use super::support::{listed, moment, reaches, resource_type};
use crate::service::Call;
use crate::services::shared::{Answer, texts};
use serde_json::json;

/// The shares that a listing goes over.
fn shares(call: &Call<'_>) -> Vec<Share> {
    let wanted = texts(call, "resourceShareArns");
    let all: Vec<Share> = if call.required("resourceOwner") == "SELF" {
        call.store.read_all::<Share>(call.account, call.region).into_iter().map(|(_, share)| share).collect()
    } else {
        let others = call.store.everywhere::<Share>().into_iter();
        let others = others.filter(|entry| entry.region == call.region && entry.account != *call.account);
        others.map(|entry| entry.record).filter(|share| reaches(call, share, call.account)).collect()
    };
    all.into_iter().filter(|share| wanted.is_empty() || wanted.contains(&share.arn)).collect()
}

pub(super) fn resources(call: &mut Call<'_>) -> Answer {
    let (wanted, kind, principal) = (texts(call, "resourceArns"), call.text("resourceType"), call.text("principal"));
    let mut items = Vec::new();
    for share in shares(call) {
        if principal.is_some_and(|name| !share.principals.iter().any(|each| each.entity == name)) {
            continue;
        }
        let fitting = share
            .resources
            .iter()
            .filter(|each| each.counts(call.now) && (wanted.is_empty() || wanted.contains(&each.entity)))
            .filter_map(|each| Some((each, resource_type(&each.entity)?)))
            .filter(|(_, own)| kind.is_none_or(|kind| kind.eq_ignore_ascii_case(own)));
        items.extend(fitting.map(|(each, own)| {
            let there = each.status(call.now) == "ASSOCIATED";
            let shown = json!({
                "arn": each.entity,
                "type": own,
                "resourceShareArn": share.arn,
                "status": if there { "AVAILABLE" } else { "PENDING" },
                "creationTime": moment(each.created),
                "lastUpdatedTime": moment(each.created),
                "resourceRegionScope": "REGIONAL",
            });
            (format!("{} {}", share.arn, each.entity), shown)
        }));
    }
    listed(call, "resources", items)
}

pub(super) fn principals(call: &mut Call<'_>) -> Answer {
    let is_own = call.required("resourceOwner") == "SELF";
    let (wanted, resource) = (texts(call, "principals"), call.text("resourceArn"));
    let mut items = Vec::new();
    for share in shares(call) {
        if resource.is_some_and(|arn| !share.resources.iter().any(|each| each.entity == arn)) {
            continue;
        }
        let there = share.principals.iter().filter(|each| each.status(call.now) == "ASSOCIATED");
        for each in there {
            // To the others, the principal is the account that shares.
            let id = if is_own { each.entity.as_str() } else { share.owner.as_str() };
            if wanted.is_empty() || wanted.iter().any(|own| own == id) {
                let shown = json!({
                    "id": id,
                    "resourceShareArn": share.arn,
                    "creationTime": moment(each.created),
                    "lastUpdatedTime": moment(each.created),
                    "external": each.external,
                });
                items.push((format!("{} {id}", share.arn), shown));
            }
        }
    }
    listed(call, "principals", items)
}
