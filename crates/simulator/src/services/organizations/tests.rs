use crate::organization::{Organization, Standing, seed};
use crate::services::testing::Cloud;
use charter_model::AccountId;
use serde_json::{Value, json};

const SERVICE: &str = "organizations";
const MANAGEMENT: &str = "333333333333";
const MEMBER: &str = "444444444444";

fn organization() -> Cloud {
    let mut cloud = Cloud::new();
    let accounts = Organization {
        management: AccountId::new(MANAGEMENT).unwrap(),
        members: vec![AccountId::new(MEMBER).unwrap()],
    };
    seed(&mut cloud.store, 7, &accounts, &Standing::Together, cloud.now);
    cloud
}

fn root(cloud: &mut Cloud) -> String {
    cloud.ok(SERVICE, "ListRoots", json!({}))["Roots"][0]["Id"].as_str().unwrap().to_owned()
}

fn unit(cloud: &mut Cloud, parent: &str, name: &str) -> Value {
    cloud.ok(SERVICE, "CreateOrganizationalUnit", json!({"ParentId": parent, "Name": name}))["OrganizationalUnit"]
        .clone()
}

fn deny_all() -> String {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}).to_string()
}

#[test]
fn the_accounts_of_the_start_are_an_organization_with_service_control_policies() {
    let mut cloud = organization();
    let root = cloud.ok(SERVICE, "ListRoots", json!({}))["Roots"][0].clone();
    assert_eq!(root["PolicyTypes"], json!([{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}]));
    let accounts = cloud.ok(SERVICE, "ListAccounts", json!({}))["Accounts"].clone();
    let ids: Vec<_> = accounts.as_array().unwrap().iter().map(|account| account["Id"].clone()).collect();
    assert_eq!(ids, [json!(MANAGEMENT), json!(MEMBER)]);
    assert_eq!(cloud.left(), Vec::<String>::new(), "what was there from the start is no resource of a user's");
    assert!(cloud.refused(SERVICE, "CreateOrganization", json!({})).starts_with("AlreadyInOrganizationException"));
    assert!(cloud.refused(SERVICE, "DeleteOrganization", json!({})).starts_with("OrganizationNotEmptyException"));
}

#[test]
fn a_member_sees_the_organization_and_nothing_of_its_inside() {
    let mut cloud = organization();
    cloud.account = AccountId::new(MEMBER).unwrap();
    let seen = cloud.ok(SERVICE, "DescribeOrganization", json!({}));
    assert_eq!(seen["Organization"]["MasterAccountId"], MANAGEMENT);
    assert!(cloud.refused(SERVICE, "ListRoots", json!({})).starts_with("AccessDeniedException"));
    cloud.account = AccountId::new("555555555555").unwrap();
    let refusal = cloud.refused(SERVICE, "DescribeOrganization", json!({}));
    assert!(refusal.starts_with("AWSOrganizationsNotInUseException"), "{refusal}");
}

#[test]
fn units_nest_have_names_of_their_own_and_go_only_when_empty() {
    let mut cloud = organization();
    let root = root(&mut cloud);
    let outer = unit(&mut cloud, &root, "lines-of-business");
    let outer_id = outer["Id"].as_str().unwrap().to_owned();
    let inner = unit(&mut cloud, &outer_id, "retail");
    let path = inner["Path"].as_str().unwrap();
    assert!(path.contains(&format!("/{root}/{outer_id}/")), "{path}");
    let again = json!({"ParentId": root, "Name": "lines-of-business"});
    let refusal = cloud.refused(SERVICE, "CreateOrganizationalUnit", again);
    assert!(refusal.starts_with("DuplicateOrganizationalUnitException"), "{refusal}");
    let delete = |id: &Value| json!({"OrganizationalUnitId": id});
    let refusal = cloud.refused(SERVICE, "DeleteOrganizationalUnit", delete(&outer["Id"]));
    assert!(refusal.starts_with("OrganizationalUnitNotEmptyException"), "{refusal}");
    cloud.ok(SERVICE, "DeleteOrganizationalUnit", delete(&inner["Id"]));
    cloud.ok(SERVICE, "DeleteOrganizationalUnit", delete(&outer["Id"]));
    let refusal = cloud.refused(SERVICE, "DescribeOrganizationalUnit", delete(&outer["Id"]));
    assert!(refusal.starts_with("OrganizationalUnitNotFoundException"), "{refusal}");
    assert_eq!(cloud.left(), Vec::<String>::new());
}

#[test]
fn units_are_five_levels_deep_at_most() {
    let mut cloud = organization();
    let mut parent = root(&mut cloud);
    for level in 0..5 {
        parent = unit(&mut cloud, &parent, &format!("level-{level}"))["Id"].as_str().unwrap().to_owned();
    }
    let refusal = cloud.refused(SERVICE, "CreateOrganizationalUnit", json!({"ParentId": parent, "Name": "too-deep"}));
    assert!(refusal.starts_with("ConstraintViolationException"), "{refusal}");
}

#[test]
fn an_account_is_made_in_the_background_and_lets_the_management_account_in() {
    let mut cloud = organization();
    let input = json!({"AccountName": "cards", "Email": "aws+cards@example.com"});
    let status = cloud.ok(SERVICE, "CreateAccount", input.clone())["CreateAccountStatus"].clone();
    assert_eq!((&status["State"], &status["AccountId"]), (&json!("IN_PROGRESS"), &Value::Null));
    let request = json!({"CreateAccountRequestId": status["Id"]});
    assert_eq!(cloud.ok(SERVICE, "ListAccounts", json!({}))["Accounts"].as_array().unwrap().len(), 2);
    cloud.pass(60.0);
    let done = cloud.ok(SERVICE, "DescribeCreateAccountStatus", request)["CreateAccountStatus"].clone();
    assert_eq!(done["State"], "SUCCEEDED");
    let id = done["AccountId"].as_str().unwrap().to_owned();
    let account = cloud.ok(SERVICE, "DescribeAccount", json!({"AccountId": id}))["Account"].clone();
    assert_eq!((&account["Name"], &account["State"]), (&json!("cards"), &json!("ACTIVE")));
    let role =
        json!({"RoleArn": format!("arn:aws:iam::{id}:role/OrganizationAccountAccessRole"), "RoleSessionName": "s"});
    // The account is there a moment before its role can be assumed.
    assert!(cloud.refused("sts", "AssumeRole", role.clone()).starts_with("AccessDenied"));
    cloud.pass(60.0);
    assert!(cloud.ok("sts", "AssumeRole", role.clone())["Credentials"]["AccessKeyId"].is_string());

    // The address is taken now, also for one that is being closed.
    let second = cloud.ok(SERVICE, "CreateAccount", input)["CreateAccountStatus"].clone();
    cloud.pass(60.0);
    let request = json!({"CreateAccountRequestId": second["Id"]});
    let failed = cloud.ok(SERVICE, "DescribeCreateAccountStatus", request)["CreateAccountStatus"].clone();
    assert_eq!((&failed["State"], &failed["FailureReason"]), (&json!("FAILED"), &json!("EMAIL_ALREADY_EXISTS")));

    // Nobody gets into it once its closing is asked for.
    cloud.ok(SERVICE, "CloseAccount", json!({"AccountId": id}));
    assert!(cloud.refused("sts", "AssumeRole", role).starts_with("AccessDenied"));
}

#[test]
fn an_account_moves_from_where_it_is() {
    let mut cloud = organization();
    let root = root(&mut cloud);
    let unit = unit(&mut cloud, &root, "producers")["Id"].clone();
    let move_to =
        |from: &Value, to: &Value| json!({"AccountId": MEMBER, "SourceParentId": from, "DestinationParentId": to});
    cloud.ok(SERVICE, "MoveAccount", move_to(&json!(root), &unit));
    let parents = cloud.ok(SERVICE, "ListParents", json!({"ChildId": MEMBER}));
    assert_eq!(parents["Parents"], json!([{"Id": unit, "Type": "ORGANIZATIONAL_UNIT"}]));
    let refusal = cloud.refused(SERVICE, "MoveAccount", move_to(&json!(root), &unit));
    assert!(refusal.starts_with("DuplicateAccountException"), "{refusal}");
    let refusal = cloud.refused(SERVICE, "DeleteOrganizationalUnit", json!({"OrganizationalUnitId": unit}));
    assert!(refusal.starts_with("OrganizationalUnitNotEmptyException"), "{refusal}");
}

#[test]
fn a_policy_is_detached_before_it_goes() {
    let mut cloud = organization();
    let root = root(&mut cloud);
    let input =
        json!({"Name": "guard-rail", "Description": "", "Type": "SERVICE_CONTROL_POLICY", "Content": deny_all()});
    let policy = cloud.ok(SERVICE, "CreatePolicy", input.clone())["Policy"]["PolicySummary"]["Id"].clone();
    assert!(cloud.refused(SERVICE, "CreatePolicy", input).starts_with("DuplicatePolicyException"));
    let target = json!({"PolicyId": policy, "TargetId": root});
    cloud.ok(SERVICE, "AttachPolicy", target.clone());
    let refusal = cloud.refused(SERVICE, "AttachPolicy", target.clone());
    assert!(refusal.starts_with("DuplicatePolicyAttachmentException"), "{refusal}");
    let of_root = json!({"TargetId": root, "Filter": "SERVICE_CONTROL_POLICY"});
    assert_eq!(cloud.ok(SERVICE, "ListPoliciesForTarget", of_root)["Policies"].as_array().unwrap().len(), 2);
    let refusal = cloud.refused(SERVICE, "DeletePolicy", json!({"PolicyId": policy}));
    assert!(refusal.starts_with("PolicyInUseException"), "{refusal}");
    cloud.ok(SERVICE, "DetachPolicy", target);
    cloud.ok(SERVICE, "DeletePolicy", json!({"PolicyId": policy}));
    assert_eq!(cloud.left(), Vec::<String>::new());
}

#[test]
fn a_policy_of_a_type_that_is_not_enabled_is_not_attached() {
    let mut cloud = organization();
    let root = root(&mut cloud);
    let input = json!({"Name": "tags", "Description": "", "Type": "TAG_POLICY", "Content": "{\"tags\": {}}"});
    let policy = cloud.ok(SERVICE, "CreatePolicy", input)["Policy"]["PolicySummary"]["Id"].clone();
    let target = json!({"PolicyId": policy, "TargetId": root});
    let refusal = cloud.refused(SERVICE, "AttachPolicy", target.clone());
    assert!(refusal.starts_with("PolicyTypeNotEnabledException"), "{refusal}");
    let enabling = cloud.ok(SERVICE, "EnablePolicyType", json!({"RootId": root, "PolicyType": "TAG_POLICY"}));
    let status = |answer: &Value| {
        let types = answer["PolicyTypes"].as_array().unwrap().iter();
        types.filter(|each| each["Type"] == "TAG_POLICY").map(|each| each["Status"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(status(&enabling["Root"]), ["PENDING_ENABLE"]);
    let refusal = cloud.refused(SERVICE, "AttachPolicy", target.clone());
    assert!(refusal.starts_with("PolicyTypeNotEnabledException"), "{refusal}");
    let refusal = cloud.refused(SERVICE, "EnablePolicyType", json!({"RootId": root, "PolicyType": "TAG_POLICY"}));
    assert!(refusal.starts_with("PolicyTypeAlreadyEnabledException"), "{refusal}");
    cloud.pass(5.0);
    assert_eq!(status(&cloud.ok(SERVICE, "ListRoots", json!({}))["Roots"][0]), ["ENABLED"]);
    cloud.ok(SERVICE, "AttachPolicy", target);
}

#[test]
fn tags_are_kept_on_whatever_has_an_id() {
    let mut cloud = organization();
    let root = root(&mut cloud);
    let unit = unit(&mut cloud, &root, "u")["Id"].clone();
    for id in [json!(root), unit, json!(MEMBER)] {
        cloud.ok(
            SERVICE,
            "TagResource",
            json!({"ResourceId": id, "Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]}),
        );
        cloud.ok(SERVICE, "UntagResource", json!({"ResourceId": id, "TagKeys": ["a"]}));
        let tags = cloud.ok(SERVICE, "ListTagsForResource", json!({"ResourceId": id}));
        assert_eq!(tags["Tags"], json!([{"Key": "b", "Value": "2"}]));
    }
    let refusal = cloud.refused(SERVICE, "ListTagsForResource", json!({"ResourceId": "ou-none-12345678"}));
    assert!(refusal.starts_with("TargetNotFoundException"), "{refusal}");
}

#[test]
fn the_resource_policy_is_one_and_is_replaced_whole() {
    let mut cloud = organization();
    let content = |action: &str| {
        json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"AWS": format!("arn:aws:iam::{MEMBER}:root")}, "Action": action, "Resource": "*",
        }]})
        .to_string()
    };
    let first = cloud.ok(SERVICE, "PutResourcePolicy", json!({"Content": content("organizations:ListAccounts")}));
    let second = cloud.ok(SERVICE, "PutResourcePolicy", json!({"Content": content("organizations:ListRoots")}));
    let id = |answer: &Value| answer["ResourcePolicy"]["ResourcePolicySummary"]["Id"].clone();
    assert_eq!(id(&first), id(&second));
    assert_eq!(cloud.ok(SERVICE, "DescribeResourcePolicy", json!({})), second);
    cloud.ok(SERVICE, "DeleteResourcePolicy", json!({}));
    let refusal = cloud.refused(SERVICE, "DescribeResourcePolicy", json!({}));
    assert!(refusal.starts_with("ResourcePolicyNotFoundException"), "{refusal}");
}
