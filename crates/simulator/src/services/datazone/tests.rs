//! What DataZone does that its callers stumble over.

use crate::services::testing::Cloud;
use serde_json::{Value, json};

const SERVICE: &str = "datazone";

/// A cloud with a role that DataZone can assume, and its ARN.
pub(super) fn cloud() -> (Cloud, String) {
    let mut cloud = Cloud::new();
    let trust = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": "datazone.amazonaws.com"},
        "Action": ["sts:AssumeRole", "sts:TagSession"],
    }]});
    let input = json!({"RoleName": "execution", "AssumeRolePolicyDocument": trust.to_string()});
    let role = cloud.ok("iam", "CreateRole", input);
    let arn = role["Role"]["Arn"].as_str().unwrap().to_owned();
    (cloud, arn)
}

pub(super) fn domain(cloud: &mut Cloud, role: &str) -> String {
    let input = json!({"name": "bank", "domainExecutionRole": role});
    let id = cloud.ok(SERVICE, "CreateDomain", input)["id"].as_str().unwrap().to_owned();
    cloud.pass(600.0);
    id
}

fn status(cloud: &mut Cloud, domain: &str) -> Value {
    cloud.ok(SERVICE, "GetDomain", json!({"identifier": domain}))["status"].clone()
}

#[test]
fn a_domain_takes_its_time_and_is_refused_once_it_is_gone() {
    let (mut cloud, role) = cloud();
    let input = json!({"name": "bank", "domainExecutionRole": role});
    let id = cloud.ok(SERVICE, "CreateDomain", input)["id"].as_str().unwrap().to_owned();
    assert_eq!(status(&mut cloud, &id), "CREATING");
    let project = json!({"domainIdentifier": id, "name": "cards"});
    assert!(cloud.refused(SERVICE, "CreateProject", project.clone()).starts_with("AccessDeniedException"));
    cloud.pass(600.0);
    assert_eq!(status(&mut cloud, &id), "AVAILABLE");
    let project = cloud.ok(SERVICE, "CreateProject", project)["id"].clone();
    let refused = cloud.refused(SERVICE, "DeleteDomain", json!({"identifier": id}));
    assert!(refused.starts_with("ConflictException"), "{refused}");
    cloud.ok(SERVICE, "DeleteDomain", json!({"identifier": id, "skipDeletionCheck": true}));
    assert_eq!(status(&mut cloud, &id), "DELETING");
    let read = json!({"domainIdentifier": id, "identifier": project});
    let words = "AccessDeniedException: User is not permitted to perform operation: GetProject";
    assert_eq!(cloud.refused(SERVICE, "GetProject", read), words);
    cloud.pass(600.0);
    let words = "AccessDeniedException: User is not permitted to perform operation: GetDomain";
    assert_eq!(cloud.refused(SERVICE, "GetDomain", json!({"identifier": id})), words);
    assert!(cloud.left().iter().all(|item| !item.starts_with("datazone/")), "{:?}", cloud.left());
}

#[test]
fn a_domain_whose_creation_failed_stands_and_keeps_its_name() {
    let (mut cloud, role) = cloud();
    let key = format!("arn:aws:kms:us-east-1:{}:key/11111111-2222-3333-4444-555555555555", cloud.account);
    let input = json!({"name": "bank", "domainExecutionRole": role, "kmsKeyIdentifier": key});
    let id = cloud.ok(SERVICE, "CreateDomain", input)["id"].as_str().unwrap().to_owned();
    cloud.pass(600.0);
    assert_eq!(status(&mut cloud, &id), "CREATION_FAILED");
    let again = json!({"name": "bank", "domainExecutionRole": role});
    let refused = cloud.refused(SERVICE, "CreateDomain", again.clone());
    assert!(refused.starts_with("ConflictException: Domain name already exists"), "{refused}");
    cloud.ok(SERVICE, "DeleteDomain", json!({"identifier": id}));
    cloud.pass(600.0);
    cloud.ok(SERVICE, "CreateDomain", again);
}

#[test]
fn a_role_that_datazone_cannot_assume_is_refused() {
    let (mut cloud, role) = cloud();
    let wrong = format!("{role}-missing");
    let refused = cloud.refused(SERVICE, "CreateDomain", json!({"name": "bank", "domainExecutionRole": wrong}));
    assert_eq!(refused, "AccessDeniedException: User is not permitted to perform operation: CreateDomain");
}

#[test]
fn the_same_token_makes_the_same_domain() {
    let (mut cloud, role) = cloud();
    let input = json!({"name": "bank", "domainExecutionRole": role, "clientToken": "t"});
    let first = cloud.ok(SERVICE, "CreateDomain", input.clone())["id"].clone();
    assert_eq!(cloud.ok(SERVICE, "CreateDomain", input)["id"], first);
    let other = json!({"name": "other", "domainExecutionRole": role, "clientToken": "t"});
    assert!(cloud.refused(SERVICE, "CreateDomain", other).starts_with("ConflictException"));
}

#[test]
fn a_user_profile_stays_and_is_taken_into_use_again() {
    let (mut cloud, role) = cloud();
    let domain = domain(&mut cloud, &role);
    let input = json!({"domainIdentifier": domain, "userIdentifier": role});
    let id = cloud.ok(SERVICE, "CreateUserProfile", input.clone())["id"].clone();
    let update = |status: &str| json!({"domainIdentifier": domain, "userIdentifier": id, "status": status});
    cloud.ok(SERVICE, "UpdateUserProfile", update("DEACTIVATED"));
    let refused = cloud.refused(SERVICE, "CreateUserProfile", input);
    assert!(refused.contains("already exists for Domain") && refused.ends_with("DEACTIVATED"), "{refused}");
    assert!(cloud.refused(SERVICE, "UpdateUserProfile", update("ASSIGNED")).starts_with("ValidationException"));
    cloud.ok(SERVICE, "UpdateUserProfile", update("ACTIVATED"));
    let missing = json!({"domainIdentifier": domain, "userIdentifier": format!("{role}-missing")});
    assert!(cloud.refused(SERVICE, "CreateUserProfile", missing).contains("does not exist"));
}

#[test]
fn a_project_has_its_maker_as_owner_and_members_once_each() {
    let (mut cloud, role) = cloud();
    let domain = domain(&mut cloud, &role);
    let project = cloud.ok(SERVICE, "CreateProject", json!({"domainIdentifier": domain, "name": "cards"}));
    let project = project["id"].as_str().unwrap().to_owned();
    let twice = cloud.refused(SERVICE, "CreateProject", json!({"domainIdentifier": domain, "name": "cards"}));
    assert!(twice.starts_with("ConflictException"), "{twice}");
    let member = json!({
        "domainIdentifier": domain, "projectIdentifier": project, "designation": "PROJECT_CONTRIBUTOR",
        "member": {"userIdentifier": role},
    });
    cloud.ok(SERVICE, "CreateProjectMembership", member.clone());
    assert!(cloud.refused(SERVICE, "CreateProjectMembership", member.clone()).starts_with("ValidationException"));
    let place = json!({"domainIdentifier": domain, "projectIdentifier": project, "maxResults": 1});
    let mut list = place.clone();
    let mut designations = Vec::new();
    loop {
        let page = cloud.ok(SERVICE, "ListProjectMemberships", list.clone());
        designations.extend(page["members"].as_array().unwrap().iter().map(|each| each["designation"].clone()));
        list["nextToken"] = page["nextToken"].clone();
        if list["nextToken"].is_null() {
            break;
        }
    }
    designations.sort_by_key(ToString::to_string);
    assert_eq!(designations, ["PROJECT_CONTRIBUTOR", "PROJECT_OWNER"]);
    cloud.ok(SERVICE, "DeleteProject", json!({"domainIdentifier": domain, "identifier": project}));
    let read = json!({"domainIdentifier": domain, "identifier": project});
    assert_eq!(cloud.ok(SERVICE, "GetProject", read.clone())["projectStatus"], "DELETING");
    cloud.pass(600.0);
    assert!(cloud.refused(SERVICE, "GetProject", read).starts_with("ResourceNotFoundException"));
}

#[test]
fn another_account_is_refused_until_the_domain_is_shared_with_it() {
    let (mut cloud, role) = cloud();
    let domain = domain(&mut cloud, &role);
    let owner = std::mem::replace(&mut cloud.account, charter_model::AccountId::new("444444444444").unwrap());
    let list = json!({"domainIdentifier": domain});
    assert!(cloud.refused(SERVICE, "ListProjects", list.clone()).starts_with("AccessDeniedException"));
    assert_eq!(cloud.ok(SERVICE, "ListDomains", json!({}))["items"], json!([]));
    let member = std::mem::replace(&mut cloud.account, owner);
    let arn = cloud.ok(SERVICE, "GetDomain", json!({"identifier": domain}))["arn"].clone();
    let share = json!({"name": "domain", "resourceArns": [arn], "principals": [member.as_str()]});
    let share = cloud.ok("ram", "CreateResourceShare", share)["resourceShare"]["resourceShareArn"].clone();
    cloud.pass(600.0);
    cloud.account = member;
    // Offered is not accepted.
    assert!(cloud.refused(SERVICE, "ListProjects", list.clone()).starts_with("AccessDeniedException"));
    let invitations = cloud.ok("ram", "GetResourceShareInvitations", json!({"resourceShareArns": [share]}));
    let invitation = &invitations["resourceShareInvitations"][0]["resourceShareInvitationArn"];
    cloud.ok("ram", "AcceptResourceShareInvitation", json!({"resourceShareInvitationArn": invitation}));
    cloud.pass(60.0);
    assert_eq!(cloud.ok(SERVICE, "ListProjects", list)["items"], json!([]));
    assert_eq!(cloud.ok(SERVICE, "ListDomains", json!({}))["items"][0]["id"], json!(domain));
}

#[test]
fn an_associated_account_reads_no_group_profiles_of_the_hub() {
    let (mut cloud, role) = cloud();
    let domain = domain(&mut cloud, &role);
    let member = charter_model::AccountId::new("444444444444").unwrap();
    share(&mut cloud, &domain, &member);
    cloud.account = member;
    let read = json!({"domainIdentifier": domain, "groupIdentifier": "analysts"});
    let refusal = cloud.refused(SERVICE, "GetGroupProfile", read);
    assert!(refusal.contains("no resource-based policy allows the datazone:GetGroupProfile action"), "{refusal}");
}

#[test]
fn environments_are_made_in_associated_accounts_only() {
    let (mut cloud, role) = cloud();
    let domain = domain(&mut cloud, &role);
    let member = charter_model::AccountId::new("444444444444").unwrap();
    let project = cloud.ok(SERVICE, "CreateProject", json!({"domainIdentifier": domain, "name": "marketing"}));
    let environment = json!({
        "domainIdentifier": domain, "projectIdentifier": project["id"], "name": "lake",
        "environmentBlueprintIdentifier": "datalakeblueprint",
        "environmentAccountIdentifier": member.as_str(), "environmentAccountRegion": "us-east-1",
    });
    let refusal = cloud.refused(SERVICE, "CreateEnvironment", environment.clone());
    assert!(refusal.contains("is not associated with the domain"), "{refusal}");
    share(&mut cloud, &domain, &member);
    cloud.ok(SERVICE, "CreateEnvironment", environment);
}

/// Shares a domain with another account, which accepts.
pub(super) fn share(cloud: &mut Cloud, domain: &str, member: &charter_model::AccountId) {
    let arn = cloud.ok(SERVICE, "GetDomain", json!({"identifier": domain}))["arn"].clone();
    let share = json!({"name": "domain", "resourceArns": [arn], "principals": [member.as_str()]});
    cloud.ok("ram", "CreateResourceShare", share);
    cloud.pass(60.0);
    let owner = std::mem::replace(&mut cloud.account, member.clone());
    let invitations = cloud.ok("ram", "GetResourceShareInvitations", json!({}));
    let invitation = &invitations["resourceShareInvitations"][0]["resourceShareInvitationArn"];
    cloud.ok("ram", "AcceptResourceShareInvitation", json!({"resourceShareInvitationArn": invitation}));
    cloud.pass(60.0);
    cloud.account = owner;
}
