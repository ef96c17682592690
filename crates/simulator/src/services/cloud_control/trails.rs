//! What CloudTrail asks of a trail before it is made: that its files can be put into the bucket, and for the trail of a whole
//! organization, that it is asked for in the management account and that the organization trusts CloudTrail.
//!
//! AWS CloudTrail API Reference, CreateTrail: `S3BucketDoesNotExistException`, `InsufficientS3BucketPolicyException`,
//! `OrganizationsNotInUseException`, `NotOrganizationMasterAccountException`, `CloudTrailAccessNotEnabledException`. Which code of the
//! handler contract they end with is inferred. The service-linked role that the handler makes with the first trail of an organization
//! (its schema names `iam:CreateServiceLinkedRole`) is AWS's own, and not kept here.

use super::records::Failure;
use crate::authorization::service_may;
use crate::organization::Membership;
use crate::service::Call;
use crate::services::bucket_owner;
use crate::services::organizations::records::Tree;
use crate::store::GLOBAL;
use serde_json::Value;

const PRINCIPAL: &str = "cloudtrail.amazonaws.com";

fn refused(code: &str, message: impl AsRef<str>) -> Failure {
    Failure::new("InvalidRequest", format!("{code}: {}", message.as_ref()))
}

/// Whether this trail can be made as it is meant.
pub(super) fn check(call: &Call<'_>, type_name: &str, properties: &Value) -> Result<(), Failure> {
    if type_name != "AWS::CloudTrail::Trail" {
        return Ok(());
    }
    let is_of_organization = properties.get("IsOrganizationTrail") == Some(&Value::Bool(true));
    let organization = if is_of_organization { Some(organization(call)?) } else { None };
    delivers(call, properties, organization.as_deref())
}

/// The organization of the caller, if it may be recorded.
fn organization(call: &Call<'_>) -> Result<String, Failure> {
    let Some(membership) = Membership::of(call.store, call.account) else {
        return Err(refused("OrganizationsNotInUseException", "The account is not a member of an organization."));
    };
    if membership.management != *call.account {
        let message = "The account is not the management account of its organization.";
        return Err(refused("NotOrganizationMasterAccountException", message));
    }
    let tree = call.store.get::<Tree>(call.account, GLOBAL, Tree::KEY);
    if tree.is_none_or(|tree| !tree.services.contains_key(PRINCIPAL)) {
        let message = "The organization has not enabled service access for CloudTrail.";
        return Err(refused("CloudTrailAccessNotEnabledException", message));
    }
    Ok(membership.organization)
}

/// Files go below the account that they are of, those of an organization's members below the organization (AWS CloudTrail User
/// Guide, "Amazon S3 bucket policy for CloudTrail").
fn delivers(call: &Call<'_>, properties: &Value, organization: Option<&str>) -> Result<(), Failure> {
    let text = |name: &str| properties.get(name).and_then(Value::as_str).unwrap_or_default();
    let bucket = text("S3BucketName");
    if bucket_owner(call, bucket).is_none() {
        return Err(refused("S3BucketDoesNotExistException", format!("S3 bucket {bucket} does not exist!")));
    }
    let trail = call.arn("cloudtrail", format_args!("trail/{}", text("TrailName")));
    let bucket_arn = format!("arn:{}:s3:::{bucket}", call.partition());
    let may = |action: &str, resource: &str, more: &[(&str, &str)]| {
        service_may(call, PRINCIPAL, &trail, action, resource, more)
    };
    let prefix = match text("S3KeyPrefix") {
        "" => String::new(),
        prefix => format!("{prefix}/"),
    };
    let puts = |owner: &str| {
        let object = format!("{bucket_arn}/{prefix}AWSLogs/{owner}/CloudTrail/file");
        may("s3:PutObject", &object, &[("s3:x-amz-acl", "bucket-owner-full-control")])
    };
    let is_sufficient = may("s3:GetBucketAcl", &bucket_arn, &[]) && puts(call.account.as_str());
    if !is_sufficient || organization.is_some_and(|organization| !puts(organization)) {
        let message = format!("Incorrect S3 bucket policy is detected for bucket: {bucket}");
        return Err(refused("InsufficientS3BucketPolicyException", message));
    }
    Ok(())
}
