//! What RAM does that its callers stumble over.

use crate::organization::{Organization, Standing, seed};
use crate::services::testing::Cloud;
use charter_model::AccountId;
use serde_json::{Value, json};

const RAM: &str = "ram";
const OWNER: &str = "333333333333";
const MEMBER: &str = "444444444444";
const SUBNET: &str = "arn:aws:ec2:us-east-1:333333333333:subnet/subnet-1";

fn id(account: &str) -> AccountId {
    AccountId::new(account).unwrap()
}

/// The owner manages an organization with one member.
fn organization() -> Cloud {
    let mut cloud = Cloud::new();
    let accounts = Organization { management: id(OWNER), members: vec![id(MEMBER)] };
    seed(&mut cloud.store, 7, &accounts, &Standing::Together, cloud.now);
    cloud
}

fn share(cloud: &mut Cloud, more: Value) -> Value {
    let mut input = json!({"name": "network", "resourceArns": [SUBNET], "principals": [MEMBER]});
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    cloud.ok(RAM, "CreateResourceShare", input)["resourceShare"]["resourceShareArn"].clone()
}

fn as_account<T>(cloud: &mut Cloud, account: &str, run: impl FnOnce(&mut Cloud) -> T) -> T {
    let own = std::mem::replace(&mut cloud.account, id(account));
    let answer = run(cloud);
    cloud.account = own;
    answer
}

fn principal(cloud: &mut Cloud, share: &Value) -> Value {
    let input = json!({"associationType": "PRINCIPAL", "resourceShareArns": [share]});
    let mut answer = cloud.ok(RAM, "GetResourceShareAssociations", input);
    answer["resourceShareAssociations"][0].take()
}

fn invitation(cloud: &mut Cloud, share: &Value) -> Option<Value> {
    as_account(cloud, MEMBER, |cloud| {
        let answer = cloud.ok(RAM, "GetResourceShareInvitations", json!({"resourceShareArns": [share]}));
        answer["resourceShareInvitations"].as_array().unwrap().first().cloned()
    })
}

fn received(cloud: &mut Cloud) -> usize {
    as_account(cloud, MEMBER, |cloud| {
        let answer = cloud.ok(RAM, "GetResourceShares", json!({"resourceOwner": "OTHER-ACCOUNTS"}));
        answer["resourceShares"].as_array().unwrap().len()
    })
}

#[test]
fn an_invitation_takes_a_moment_and_nothing_is_shared_until_it_is_accepted() {
    let mut cloud = organization();
    let share = share(&mut cloud, json!({}));
    assert_eq!(invitation(&mut cloud, &share), None);
    cloud.pass(60.0);
    assert_eq!(principal(&mut cloud, &share)["status"], "ASSOCIATING");
    let sent = invitation(&mut cloud, &share).unwrap();
    assert_eq!((&sent["status"], received(&mut cloud)), (&json!("PENDING"), 0));
    let accept = json!({"resourceShareInvitationArn": sent["resourceShareInvitationArn"]});
    as_account(&mut cloud, MEMBER, |cloud| cloud.ok(RAM, "AcceptResourceShareInvitation", accept.clone()));
    cloud.pass(60.0);
    assert_eq!((&principal(&mut cloud, &share)["status"], received(&mut cloud)), (&json!("ASSOCIATED"), 1));
    let resources = as_account(&mut cloud, MEMBER, |cloud| {
        cloud.ok(RAM, "ListResources", json!({"resourceOwner": "OTHER-ACCOUNTS"}))
    });
    assert_eq!(resources["resources"][0]["arn"], SUBNET);
    let twice = as_account(&mut cloud, MEMBER, |cloud| cloud.refused(RAM, "AcceptResourceShareInvitation", accept));
    assert!(twice.starts_with("ResourceShareInvitationAlreadyAcceptedException"), "{twice}");

    // The member leaves.
    let leave = json!({"resourceShareArn": share, "principals": [MEMBER]});
    as_account(&mut cloud, MEMBER, |cloud| cloud.ok(RAM, "DisassociateResourceShare", leave));
    cloud.pass(60.0);
    assert_eq!(received(&mut cloud), 0);
}

#[test]
fn an_invitation_that_nobody_answers_expires() {
    let mut cloud = organization();
    let share = share(&mut cloud, json!({}));
    cloud.pass(13.0 * 3600.0);
    let sent = invitation(&mut cloud, &share).unwrap();
    assert_eq!(sent["status"], "EXPIRED");
    let accept = json!({"resourceShareInvitationArn": sent["resourceShareInvitationArn"]});
    let late = as_account(&mut cloud, MEMBER, |cloud| cloud.refused(RAM, "AcceptResourceShareInvitation", accept));
    assert!(late.starts_with("ResourceShareInvitationExpiredException"), "{late}");
    assert_eq!(principal(&mut cloud, &share)["status"], "DISASSOCIATED");
}

#[test]
fn within_an_organization_that_shares_nobody_is_invited() {
    let mut cloud = organization();
    let refused =
        as_account(&mut cloud, MEMBER, |cloud| cloud.refused(RAM, "EnableSharingWithAwsOrganization", json!({})));
    assert!(refused.starts_with("OperationNotPermittedException"), "{refused}");
    let inside = json!({"name": "n", "principals": [MEMBER], "allowExternalPrincipals": false});
    let before = cloud.refused(RAM, "CreateResourceShare", inside);
    assert!(before.contains("not enabled sharing with your AWS organization"), "{before}");
    cloud.ok(RAM, "EnableSharingWithAwsOrganization", json!({}));
    let share = share(&mut cloud, json!({"allowExternalPrincipals": false}));
    cloud.pass(60.0);
    assert_eq!((invitation(&mut cloud, &share), received(&mut cloud)), (None, 1));
    let leave = json!({"resourceShareArn": share, "principals": [MEMBER]});
    let refused = as_account(&mut cloud, MEMBER, |cloud| cloud.refused(RAM, "DisassociateResourceShare", leave));
    assert!(refused.starts_with("OperationNotPermittedException"), "{refused}");
}

#[test]
fn an_organization_is_a_principal_once_it_shares() {
    let mut cloud = organization();
    let arn = cloud.ok("organizations", "DescribeOrganization", json!({}))["Organization"]["Arn"].clone();
    let input = json!({"name": "n", "resourceArns": [SUBNET], "principals": [arn]});
    assert!(cloud.refused(RAM, "CreateResourceShare", input.clone()).starts_with("UnknownResourceException"));
    cloud.ok(RAM, "EnableSharingWithAwsOrganization", json!({}));
    cloud.ok(RAM, "CreateResourceShare", input);
    cloud.pass(60.0);
    assert_eq!(received(&mut cloud), 1);
}

#[test]
fn only_what_one_owns_can_be_shared() {
    let mut cloud = organization();
    let other = "arn:aws:ec2:us-east-1:444444444444:subnet/subnet-1";
    let refused = cloud.refused(RAM, "CreateResourceShare", json!({"name": "n", "resourceArns": [other]}));
    assert!(refused.contains("only if you own it"), "{refused}");
    let domain = "arn:aws:datazone:us-east-1:333333333333:domain/dzd_missing";
    let missing = cloud.refused(RAM, "CreateResourceShare", json!({"name": "n", "resourceArns": [domain]}));
    assert!(missing.starts_with("UnknownResourceException"), "{missing}");
}

#[test]
fn the_same_token_makes_nothing_new_and_a_deleted_share_lingers() {
    let mut cloud = organization();
    let input = json!({"name": "n", "clientToken": "t"});
    let first = cloud.ok(RAM, "CreateResourceShare", input.clone())["resourceShare"]["resourceShareArn"].clone();
    assert_eq!(cloud.ok(RAM, "CreateResourceShare", input)["resourceShare"]["resourceShareArn"], first);
    let other = cloud.refused(RAM, "CreateResourceShare", json!({"name": "m", "clientToken": "t"}));
    assert!(other.starts_with("IdempotentParameterMismatchException"), "{other}");
    cloud.ok(RAM, "DeleteResourceShare", json!({"resourceShareArn": first}));
    assert_eq!(cloud.left(), Vec::<String>::new());
    let list = json!({"resourceOwner": "SELF", "resourceShareArns": [first]});
    let status =
        |cloud: &mut Cloud| cloud.ok(RAM, "GetResourceShares", list.clone())["resourceShares"][0]["status"].clone();
    assert_eq!(status(&mut cloud), "DELETING");
    cloud.pass(60.0);
    assert_eq!(status(&mut cloud), "DELETED");
    cloud.pass(86400.0);
    assert!(cloud.refused(RAM, "GetResourceShares", list.clone()).starts_with("UnknownResourceException"));
}

#[test]
fn a_permission_is_replaced_only_if_that_is_said() {
    let mut cloud = organization();
    let permission = |name: &str| format!("arn:aws:ram::aws:permission/{name}");
    let default = permission("AWSRAMDefaultPermissionAmazonDataZoneDomain");
    let extended = permission("AWSRAMPermissionsAmazonDatazoneDomainExtendedServiceAccess");
    let input = json!({"name": "n", "permissionArns": [default]});
    let share = cloud.ok(RAM, "CreateResourceShare", input)["resourceShare"]["resourceShareArn"].clone();
    let change = json!({"resourceShareArn": share, "permissionArn": extended});
    assert!(cloud.refused(RAM, "AssociateResourceSharePermission", change.clone()).contains("Set replace to true"));
    let replace = json!({"resourceShareArn": share, "permissionArn": extended, "replace": true});
    cloud.ok(RAM, "AssociateResourceSharePermission", replace);
    let attached = cloud.ok(RAM, "ListResourceSharePermissions", json!({"resourceShareArn": share}));
    assert_eq!(attached["permissions"].as_array().unwrap().len(), 1);
    assert_eq!(attached["permissions"][0]["arn"], json!(extended));
    let missing = json!({"name": "n", "permissionArns": [permission("AWSRAMPermissionDataZoneDefault")]});
    assert!(cloud.refused(RAM, "CreateResourceShare", missing).starts_with("UnknownResourceException"));
}
