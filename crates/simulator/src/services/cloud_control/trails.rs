//! Trails of a whole organization are for its management account, and only where the organization trusts CloudTrail. AWS CloudTrail API
//! Reference, CreateTrail: `OrganizationsNotInUseException`, `NotOrganizationMasterAccountException`,
//! `CloudTrailAccessNotEnabledException`. Which code of the handler contract they end with is inferred. The service-linked role that
//! the handler makes with the first such trail (its schema names `iam:CreateServiceLinkedRole`) is AWS's own, and not kept here.

use super::records::Failure;
use crate::organization::Membership;
use crate::service::Call;
use crate::services::organizations::records::Tree;
use crate::store::GLOBAL;
use serde_json::Value;

const PRINCIPAL: &str = "cloudtrail.amazonaws.com";

/// Whether this trail can record the organization that it is meant for.
pub(super) fn check(call: &Call<'_>, type_name: &str, properties: &Value) -> Result<(), Failure> {
    if type_name != "AWS::CloudTrail::Trail" || properties.get("IsOrganizationTrail") != Some(&Value::Bool(true)) {
        return Ok(());
    }
    let refused = |code: &str, message: &str| Err(Failure::new("InvalidRequest", format!("{code}: {message}")));
    let Some(membership) = Membership::of(call.store, call.account) else {
        return refused("OrganizationsNotInUseException", "The account is not a member of an organization.");
    };
    if membership.management != *call.account {
        let message = "The account is not the management account of its organization.";
        return refused("NotOrganizationMasterAccountException", message);
    }
    let tree = call.store.get::<Tree>(call.account, GLOBAL, Tree::KEY);
    if tree.is_none_or(|tree| !tree.services.contains_key(PRINCIPAL)) {
        let message = "The organization has not enabled service access for CloudTrail.";
        return refused("CloudTrailAccessNotEnabledException", message);
    }
    Ok(())
}
