use super::*;
use crate::services::testing::Cloud;
use serde_json::json;

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"kendra.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
const READ: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}"#;

fn cloud_with_role() -> Cloud {
    let mut cloud = Cloud::new();
    cloud.ok("iam", "CreateRole", json!({"RoleName": "Reader", "AssumeRolePolicyDocument": TRUST}));
    cloud
}

#[test]
fn a_role_is_returned_with_its_document_url_encoded() {
    let mut cloud = cloud_with_role();
    let role = &cloud.ok("iam", "GetRole", json!({"RoleName": "Reader"}))["Role"];
    assert_eq!(role["Arn"], "arn:aws:iam::333333333333:role/Reader");
    assert!(role["RoleId"].as_str().unwrap().starts_with("AROA"));
    assert!(role["AssumeRolePolicyDocument"].as_str().unwrap().starts_with("%7B%22Version%22%3A%222012-10-17%22"));
}

#[test]
fn names_are_compared_without_case() {
    let mut cloud = cloud_with_role();
    let again = cloud.refused("iam", "CreateRole", json!({"RoleName": "READER", "AssumeRolePolicyDocument": TRUST}));
    assert_eq!(again, "EntityAlreadyExists: Role with name READER already exists.");
}

#[test]
fn a_role_in_use_cannot_be_deleted_and_an_emptied_one_leaves_nothing() {
    let mut cloud = cloud_with_role();
    let role = |more: serde_json::Value| {
        let mut input = json!({"RoleName": "Reader"});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    let arn =
        cloud.ok("iam", "CreatePolicy", json!({"PolicyName": "Read", "PolicyDocument": READ}))["Policy"]["Arn"].clone();
    cloud.ok("iam", "PutRolePolicy", role(json!({"PolicyName": "inline", "PolicyDocument": READ})));
    cloud.ok("iam", "AttachRolePolicy", role(json!({"PolicyArn": arn})));
    cloud.ok("iam", "CreateInstanceProfile", json!({"InstanceProfileName": "Profile"}));
    cloud.ok("iam", "AddRoleToInstanceProfile", role(json!({"InstanceProfileName": "Profile"})));

    let refused = |cloud: &mut Cloud| cloud.refused("iam", "DeleteRole", role(json!({})));
    assert_eq!(
        refused(&mut cloud),
        "DeleteConflict: Cannot delete entity, must remove roles from instance profile first."
    );
    cloud.ok("iam", "RemoveRoleFromInstanceProfile", role(json!({"InstanceProfileName": "Profile"})));
    assert_eq!(refused(&mut cloud), "DeleteConflict: Cannot delete entity, must detach all policies first.");
    let attached = cloud.refused("iam", "DeletePolicy", json!({"PolicyArn": arn}));
    assert_eq!(attached, "DeleteConflict: Cannot delete a policy attached to entities.");
    cloud.ok("iam", "DetachRolePolicy", role(json!({"PolicyArn": arn})));
    assert_eq!(refused(&mut cloud), "DeleteConflict: Cannot delete entity, must delete policies first.");
    cloud.ok("iam", "DeleteRolePolicy", role(json!({"PolicyName": "inline"})));
    cloud.ok("iam", "DeleteRole", role(json!({})));
    assert_eq!(cloud.left(), ["iam/instance-profile/Profile", "iam/policy/arn:aws:iam::333333333333:policy/Read"]);
    cloud.ok("iam", "DeletePolicy", json!({"PolicyArn": arn}));
    cloud.ok("iam", "DeleteInstanceProfile", json!({"InstanceProfileName": "Profile"}));
    assert_eq!(cloud.left(), Vec::<String>::new());
    assert_eq!(
        cloud.refused("iam", "GetRole", role(json!({}))),
        "NoSuchEntity: The role with name Reader cannot be found."
    );
}

#[test]
fn a_policy_has_five_versions_at_most() {
    let mut cloud = Cloud::new();
    let arn =
        cloud.ok("iam", "CreatePolicy", json!({"PolicyName": "Read", "PolicyDocument": READ}))["Policy"]["Arn"].clone();
    for number in 2..=5 {
        let version = cloud.ok(
            "iam",
            "CreatePolicyVersion",
            json!({"PolicyArn": arn, "PolicyDocument": READ, "SetAsDefault": true}),
        );
        assert_eq!(version["PolicyVersion"]["VersionId"], format!("v{number}"));
    }
    let sixth = cloud.refused("iam", "CreatePolicyVersion", json!({"PolicyArn": arn, "PolicyDocument": READ}));
    assert!(sixth.starts_with("LimitExceeded: A managed policy can have up to 5 versions."), "{sixth}");
    assert_eq!(
        cloud.refused("iam", "DeletePolicyVersion", json!({"PolicyArn": arn, "VersionId": "v5"})),
        "DeleteConflict: Cannot delete the default version of a policy."
    );
    cloud.ok("iam", "DeletePolicyVersion", json!({"PolicyArn": arn, "VersionId": "v1"}));
    assert!(cloud.refused("iam", "DeletePolicy", json!({"PolicyArn": arn})).contains("more than one version"));
    let versions = cloud.ok("iam", "ListPolicyVersions", json!({"PolicyArn": arn}));
    assert_eq!(versions["Versions"][0]["VersionId"], "v5");
    assert_eq!(versions["Versions"].as_array().unwrap().len(), 4);
}

#[test]
fn a_trust_policy_cannot_name_who_does_not_exist() {
    let mut cloud = cloud_with_role();
    let trust = |principal: &str| {
        json!({"RoleName": "Other", "AssumeRolePolicyDocument": json!({"Statement":
            {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"}}).to_string()})
    };
    assert_eq!(
        cloud.refused("iam", "CreateRole", trust("arn:aws:iam::333333333333:role/Nobody")),
        "MalformedPolicyDocument: Invalid principal in policy: \"AWS\":\"arn:aws:iam::333333333333:role/Nobody\""
    );
    cloud.ok("iam", "CreateRole", trust("arn:aws:iam::333333333333:role/Reader"));
}

#[test]
fn a_new_role_is_late_to_be_seen_and_to_be_assumed() {
    let mut cloud = Cloud::new();
    cloud.settings.eventual_consistency = 10.0;
    let arn =
        cloud.ok("iam", "CreateRole", json!({"RoleName": "Late", "AssumeRolePolicyDocument": TRUST}))["Role"]["Arn"]
            .clone();
    let assumed = |cloud: &mut Cloud| {
        let arn = arn.as_str().unwrap().to_owned();
        cloud.with("kendra", "CreateIndex", json!({}), |call| {
            role_can_be_assumed_by(call, &arn, "kendra.amazonaws.com", None)
        })
    };
    assert!(cloud.refused("iam", "GetRole", json!({"RoleName": "Late"})).starts_with("NoSuchEntity"));
    // The writer knows it: the name is taken, and a policy can be put on it.
    assert!(
        cloud
            .refused("iam", "CreateRole", json!({"RoleName": "Late", "AssumeRolePolicyDocument": TRUST}))
            .starts_with("EntityAlreadyExists")
    );
    assert!(assumed(&mut cloud).unwrap_err().contains("not propagated"));
    cloud.pass(11.0);
    cloud.ok("iam", "GetRole", json!({"RoleName": "Late"}));
    assert_eq!(assumed(&mut cloud), Ok(()));
}

#[test]
fn a_service_assumes_a_role_only_for_the_source_that_its_trust_names() {
    let mut cloud = Cloud::new();
    let trust = json!({"Statement": {"Effect": "Allow", "Principal": {"Service": "kendra.amazonaws.com"}, "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"aws:SourceAccount": "333333333333"},
            "ArnLike": {"aws:SourceArn": "arn:aws:kendra:us-east-1:333333333333:index/*"}}}});
    let input = json!({"RoleName": "Kendra", "AssumeRolePolicyDocument": trust.to_string()});
    let arn = cloud.ok("iam", "CreateRole", input)["Role"]["Arn"].as_str().unwrap().to_owned();
    let mut assumed = |service: &str, source: &str| {
        cloud.with("kendra", "CreateIndex", json!({}), |call| role_can_be_assumed_by(call, &arn, service, Some(source)))
    };
    assert_eq!(assumed("kendra.amazonaws.com", "arn:aws:kendra:us-east-1:333333333333:index/1"), Ok(()));
    assert!(assumed("kendra.amazonaws.com", "arn:aws:kendra:us-east-1:222222222222:index/1").is_err());
    assert!(assumed("rds.amazonaws.com", "arn:aws:kendra:us-east-1:333333333333:index/1").is_err());
}

#[test]
fn the_source_account_is_that_of_the_resource() {
    let mut cloud = Cloud::new();
    let trust = json!({"Statement": {"Effect": "Allow", "Principal": {"Service": "datazone.amazonaws.com"},
        "Action": "sts:AssumeRole", "Condition": {"StringEquals": {"aws:SourceAccount": "222222222222"}}}});
    let input = json!({"RoleName": "Member", "AssumeRolePolicyDocument": trust.to_string()});
    let arn = cloud.ok("iam", "CreateRole", input)["Role"]["Arn"].as_str().unwrap().to_owned();
    let mut assumed = |source: Option<&str>| {
        cloud.with("datazone", "ListDomains", json!({}), |call| {
            role_can_be_assumed_by(call, &arn, "datazone.amazonaws.com", source)
        })
    };
    // The hub's domain, whoever calls; not a domain of the caller's own.
    assert_eq!(assumed(Some("arn:aws:datazone:us-east-1:222222222222:domain/dzd_1")), Ok(()));
    assert!(assumed(Some("arn:aws:datazone:us-east-1:333333333333:domain/dzd_1")).is_err());
    assert!(assumed(None).is_err());
}

#[test]
fn lists_are_paged() {
    let mut cloud = Cloud::new();
    for number in 0..5 {
        cloud.ok("iam", "CreateRole", json!({"RoleName": format!("r{number}"), "AssumeRolePolicyDocument": TRUST}));
    }
    let first = cloud.ok("iam", "ListRoles", json!({"MaxItems": 3}));
    assert_eq!(first["IsTruncated"], true);
    let second = cloud.ok("iam", "ListRoles", json!({"MaxItems": 3, "Marker": first["Marker"]}));
    assert_eq!((second["IsTruncated"].clone(), second["Roles"].as_array().unwrap().len()), (json!(false), 2));
}

#[test]
fn aws_managed_policies_are_known_by_name() {
    let mut cloud = cloud_with_role();
    let attach = |name: &str| json!({"RoleName": "Reader", "PolicyArn": format!("arn:aws:iam::aws:policy/{name}")});
    cloud.ok("iam", "AttachRolePolicy", attach("ReadOnlyAccess"));
    assert!(
        cloud
            .refused("iam", "AttachRolePolicy", attach("NoSuchPolicy"))
            .contains("does not exist or is not attachable")
    );
    let entities =
        cloud.ok("iam", "ListEntitiesForPolicy", json!({"PolicyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}));
    assert_eq!(entities["PolicyRoles"][0]["RoleName"], "Reader");
}

#[test]
fn service_linked_roles_belong_to_their_service() {
    let mut cloud = Cloud::new();
    let name =
        cloud.ok("iam", "CreateServiceLinkedRole", json!({"AWSServiceName": "rds.amazonaws.com"}))["Role"]["RoleName"]
            .clone();
    assert_eq!(name, "AWSServiceRoleForRDS");
    assert!(cloud.refused("iam", "DeleteRole", json!({"RoleName": name})).starts_with("UnmodifiableEntity"));
    let task = cloud.ok("iam", "DeleteServiceLinkedRole", json!({"RoleName": name}));
    assert_eq!(cloud.ok("iam", "GetServiceLinkedRoleDeletionStatus", task.clone())["Status"], "IN_PROGRESS");
    cloud.pass(6.0);
    assert_eq!(cloud.ok("iam", "GetServiceLinkedRoleDeletionStatus", task)["Status"], "SUCCEEDED");
}

#[test]
fn providers_users_and_groups_come_and_go() {
    let mut cloud = Cloud::new();
    let oidc = cloud.ok(
        "iam",
        "CreateOpenIDConnectProvider",
        json!({"Url": "https://token.example.com", "ClientIDList": ["sts"]}),
    );
    let arn = oidc["OpenIDConnectProviderArn"].clone();
    assert_eq!(arn, "arn:aws:iam::333333333333:oidc-provider/token.example.com");
    assert!(
        cloud
            .refused("iam", "CreateOpenIDConnectProvider", json!({"Url": "https://token.example.com"}))
            .contains("already exists")
    );
    cloud.ok("iam", "AddClientIDToOpenIDConnectProvider", json!({"OpenIDConnectProviderArn": arn, "ClientID": "app"}));
    assert_eq!(
        cloud.ok("iam", "GetOpenIDConnectProvider", json!({"OpenIDConnectProviderArn": arn}))["ClientIDList"],
        json!(["sts", "app"])
    );
    for _ in 0..2 {
        cloud.ok("iam", "DeleteOpenIDConnectProvider", json!({"OpenIDConnectProviderArn": arn}));
    }

    cloud.ok("iam", "CreateUser", json!({"UserName": "ana"}));
    cloud.ok("iam", "CreateGroup", json!({"GroupName": "readers"}));
    cloud.ok("iam", "AddUserToGroup", json!({"UserName": "ana", "GroupName": "readers"}));
    assert!(cloud.refused("iam", "DeleteUser", json!({"UserName": "ana"})).starts_with("DeleteConflict"));
    cloud.ok("iam", "RemoveUserFromGroup", json!({"UserName": "ana", "GroupName": "readers"}));
    let key = cloud.ok("iam", "CreateAccessKey", json!({"UserName": "ana"}))["AccessKey"]["AccessKeyId"].clone();
    assert!(cloud.refused("iam", "DeleteUser", json!({"UserName": "ana"})).contains("access keys"));
    cloud.ok("iam", "DeleteAccessKey", json!({"UserName": "ana", "AccessKeyId": key}));
    cloud.ok("iam", "DeleteUser", json!({"UserName": "ana"}));
    cloud.ok("iam", "DeleteGroup", json!({"GroupName": "readers"}));
    assert_eq!(cloud.left(), Vec::<String>::new());
}
