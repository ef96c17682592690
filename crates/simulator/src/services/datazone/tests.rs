//! What DataZone does that its callers stumble over.

use crate::services::testing::Cloud;
use serde_json::{Value, json};

const SERVICE: &str = "datazone";

/// A cloud with a role that DataZone can assume, and its ARN.
fn cloud() -> (Cloud, String) {
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

fn domain(cloud: &mut Cloud, role: &str) -> String {
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
    let desired = json!({"Name": "domain", "ResourceArns": [arn], "Principals": [member.as_str()]}).to_string();
    let input = json!({"TypeName": "AWS::RAM::ResourceShare", "DesiredState": desired});
    cloud.ok("cloudcontrol", "CreateResource", input);
    cloud.pass(600.0);
    cloud.account = member;
    assert_eq!(cloud.ok(SERVICE, "ListProjects", list)["items"], json!([]));
    assert_eq!(cloud.ok(SERVICE, "ListDomains", json!({}))["items"][0]["id"], json!(domain));
}
