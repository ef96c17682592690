//! What calls ask of IAM, and what it answers.

use super::{Authorization, facts, judge, operations};
use crate::identity::{Caller, CallerKind, Role, SessionPolicies};
use crate::model::Models;
use crate::organization::{ACCESS_ROLE, Organization, Standing, restrict, seed};
use crate::service::{Call, NOT_SIMULATED};
use crate::services::behaviour;
use crate::services::testing::Cloud;
use charter_model::AccountId;
use serde_json::{Value, json};

/// A cloud whose member account is called by the access role, which may what the documents say.
fn cloud(documents: &[Value]) -> Cloud {
    let mut cloud = Cloud::new();
    let management = AccountId::new("111111111111").unwrap();
    let organization = Organization { management, members: vec![cloud.account.clone()] };
    seed(&mut cloud.store, 0, &organization, &Standing::Together, cloud.now);
    let documents: Vec<String> = documents.iter().map(Value::to_string).collect();
    restrict(&mut cloud.store, &cloud.account.clone(), &documents);
    cloud
}

fn asked(cloud: &mut Cloud, service: &str, operation: &str, input: Value) -> (Vec<Authorization>, Option<String>) {
    asked_in(None, cloud, service, operation, input)
}

fn asked_in(
    policies: Option<SessionPolicies>,
    cloud: &mut Cloud,
    service: &str,
    operation: &str,
    input: Value,
) -> (Vec<Authorization>, Option<String>) {
    cloud.with(service, operation, input, |call| {
        let account = call.account.clone();
        let caller = Caller {
            arn: format!("arn:aws:sts::{account}:assumed-role/{ACCESS_ROLE}/charter"),
            user_id: "AROA:charter".to_owned(),
            kind: CallerKind::Session {
                role: ACCESS_ROLE.to_owned(),
                role_arn: format!("arn:aws:iam::{account}:role/{ACCESS_ROLE}"),
                tags: Default::default(),
                policies,
            },
            account,
        };
        let call = Call { caller: &caller, input: call.input.clone(), handler_refusal: None, ..reborrow(call) };
        let protocol = Models::embedded().service(service).unwrap().protocol();
        let judgement = judge(&call, protocol, true, None);
        let refusal = judgement.refusal.map(|error| format!("{}: {}", error.code, error.message));
        (judgement.authorizations, refusal.or(judgement.handler_refusal))
    })
}

fn reborrow<'a>(call: &'a mut Call<'_>) -> Call<'a> {
    Call {
        service: call.service,
        operation: call.operation,
        account: call.account,
        region: call.region,
        caller: call.caller,
        input: Value::Null,
        now: call.now,
        caller_now: call.caller_now,
        store: call.store,
        random: call.random,
        settings: call.settings,
        issuer_keys: None,
        handler_refusal: None,
    }
}

fn allow(actions: &[&str], resources: &[&str], condition: Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": actions, "Resource": resources, "Condition": condition}
    ]})
}

/// Actions and resources, without what was denied.
fn pairs(authorizations: &[Authorization]) -> Vec<String> {
    authorizations.iter().map(|each| format!("{} {}", each.action, each.resource)).collect()
}

fn everything() -> Value {
    allow(&["*"], &["*"], json!({}))
}

const ROLE: &str = "arn:aws:iam::333333333333:role/Reader";

#[test]
fn an_action_that_nothing_allows_is_refused_in_the_words_of_aws() {
    let mut cloud = cloud(&[allow(&["kendra:ListIndices"], &["*"], json!({}))]);
    let (_, refusal) = asked(&mut cloud, "kendra", "ListIndices", json!({}));
    assert_eq!(refusal, None);
    let (_, refusal) = asked(&mut cloud, "kendra", "DescribeIndex", json!({"Id": "i"}));
    assert_eq!(
        refusal.unwrap(),
        "AccessDeniedException: User: arn:aws:sts::333333333333:assumed-role/OrganizationAccountAccessRole/charter is not \
         authorized to perform: kendra:DescribeIndex on resource: arn:aws:kendra:us-east-1:333333333333:index/i because no \
         identity-based policy allows the kendra:DescribeIndex action"
    );
    let (_, refusal) = asked(&mut cloud, "ec2", "DescribeVpcs", json!({}));
    let refusal = refusal.unwrap();
    assert!(
        refusal.starts_with("UnauthorizedOperation: You are not authorized to perform this operation. User: "),
        "{refusal}"
    );
    assert!(refusal.contains(". Encoded authorization failure message: "), "{refusal}");
    let (_, refusal) = asked(&mut cloud, "s3", "GetBucketEncryption", json!({"Bucket": "b"}));
    let refusal = refusal.unwrap();
    assert!(
        refusal.contains("perform: s3:GetEncryptionConfiguration on resource: \"arn:aws:s3:::b\" because"),
        "{refusal}"
    );
}

#[test]
fn a_role_that_is_handed_over_must_be_passed() {
    let mut cloud = cloud(&[everything()]);
    let (all, _) = asked(&mut cloud, "kendra", "CreateIndex", json!({"Name": "i", "RoleArn": ROLE}));
    assert_eq!(pairs(&all), ["kendra:CreateIndex *".to_owned(), format!("iam:PassRole {ROLE}")]);
    assert_eq!(all[1].passed_to.as_deref(), Some("kendra.amazonaws.com"));
}

#[test]
fn who_registers_locations_with_the_service_linked_role_makes_it_and_writes_its_policy() {
    let mut cloud = cloud(&[everything()]);
    let linked = "arn:aws:iam::333333333333:role/aws-service-role/lakeformation.amazonaws.com/\
                  AWSServiceRoleForLakeFormationDataAccess";
    let input = json!({"ResourceArn": "arn:aws:s3:::lake", "UseServiceLinkedRole": true});
    let (all, _) = asked(&mut cloud, "lakeformation", "RegisterResource", input.clone());
    let making = format!("iam:CreateServiceLinkedRole {linked}");
    let register = ["lakeformation:RegisterResource *".to_owned(), format!("iam:PutRolePolicy {linked}")];
    assert_eq!(pairs(&all), [register.as_slice(), &[making]].concat());
    cloud.ok("lakeformation", "RegisterResource", input.clone());
    assert_eq!(pairs(&asked(&mut cloud, "lakeformation", "RegisterResource", input).0), register);
}

#[test]
fn conditions_are_held_against_the_request() {
    let pass = |service: &str| allow(&["*"], &["*"], json!({"StringEqualsIfExists": {"iam:PassedToService": service}}));
    let index = json!({"Name": "i", "RoleArn": ROLE});
    assert_eq!(asked(&mut cloud(&[pass("kendra.amazonaws.com")]), "kendra", "CreateIndex", index.clone()).1, None);
    assert!(asked(&mut cloud(&[pass("rds.amazonaws.com")]), "kendra", "CreateIndex", index).1.is_some());
    let tagged = allow(&["iam:*"], &["*"], json!({"StringEquals": {"aws:RequestTag/team": "a"}}));
    let role = |team: &str| json!({"RoleName": "Reader", "Tags": [{"Key": "team", "Value": team}]});
    assert_eq!(asked(&mut cloud(std::slice::from_ref(&tagged)), "iam", "CreateRole", role("a")).1, None);
    assert!(asked(&mut cloud(&[tagged]), "iam", "CreateRole", role("b")).1.is_some());
}

#[test]
fn names_in_the_input_become_the_arns_that_aws_lists() {
    let mut cloud = cloud(&[everything()]);
    let mut ask = |service: &str, operation: &str, input: Value| pairs(&asked(&mut cloud, service, operation, input).0);
    let database = "arn:aws:rds:us-east-1:333333333333";
    assert_eq!(ask("rds", "DescribeDBClusters", json!({})), [format!("rds:DescribeDBClusters {database}:cluster:*")]);
    assert_eq!(
        ask("rds", "DescribeDBInstances", json!({"DBInstanceIdentifier": "one"})),
        [format!("rds:DescribeDBInstances {database}:db:one")]
    );
    assert_eq!(
        ask("kendra", "DescribeDataSource", json!({"Id": "d", "IndexId": "i"})),
        [
            "kendra:DescribeDataSource arn:aws:kendra:us-east-1:333333333333:index/i/data-source/d",
            "kendra:DescribeDataSource arn:aws:kendra:us-east-1:333333333333:index/i"
        ]
    );
    assert_eq!(
        ask("iam", "CreateRole", json!({"RoleName": "Reader", "Path": "/service-role/"})),
        ["iam:CreateRole arn:aws:iam::333333333333:role/service-role/Reader"]
    );
    assert_eq!(
        ask("secretsmanager", "CreateSecret", json!({"Name": "s"})),
        ["secretsmanager:CreateSecret arn:aws:secretsmanager:us-east-1:333333333333:secret:s-??????"]
    );
    assert_eq!(ask("s3", "HeadBucket", json!({"Bucket": "b"})), ["s3:ListBucket arn:aws:s3:::b"]);
    assert_eq!(ask("s3", "PutObject", json!({"Bucket": "b", "Key": "k/l"})), ["s3:PutObject arn:aws:s3:::b/k/l"]);
    assert_eq!(ask("organizations", "DescribePolicy", json!({"PolicyId": "p-12345678"})).len(), 1,);
    assert_eq!(ask("sts", "GetCallerIdentity", json!({})), [""; 0]);
}

#[test]
fn cloud_control_needs_what_its_handlers_call() {
    let mut cloud = cloud(&[allow(&["cloudformation:*", "ec2:CreateVpc"], &["*"], json!({}))]);
    let desired = json!({"CidrBlock": "10.0.0.0/16"}).to_string();
    let input = json!({"TypeName": "AWS::EC2::VPC", "DesiredState": desired});
    let (all, refusal) = asked(&mut cloud, "cloudcontrol", "CreateResource", input);
    assert_eq!(
        pairs(&all)[..2],
        ["cloudformation:CreateResource *", "ec2:CreateTags arn:aws:ec2:us-east-1:333333333333:vpc/*"]
    );
    let refusal = refusal.unwrap();
    assert!(refusal.contains("is not authorized to perform: ec2:CreateTags on resource: arn:aws:ec2:"), "{refusal}");
}

#[test]
fn boundaries_and_service_control_policies_limit_what_is_allowed() {
    let mut cloud = cloud(&[everything()]);
    let management = AccountId::new("111111111111").unwrap();
    let account = cloud.account.clone();
    let boundary = allow(&["kendra:*"], &["*"], json!({})).to_string();
    let arn = cloud.ok("iam", "CreatePolicy", json!({"PolicyName": "limit", "PolicyDocument": boundary}));
    let arn = arn["Policy"]["Arn"].as_str().unwrap().to_owned();
    let mut role: Role = cloud.store.get(&account, crate::store::GLOBAL, ACCESS_ROLE).unwrap();
    role.permissions_boundary = Some(arn);
    cloud.put(crate::store::GLOBAL, ACCESS_ROLE, &role);
    assert_eq!(asked(&mut cloud, "kendra", "ListIndices", json!({})).1, None);
    let refusal = asked(&mut cloud, "rds", "DescribeDBClusters", json!({})).1.unwrap();
    assert!(refusal.ends_with("because no permissions boundary allows the rds:DescribeDBClusters action"), "{refusal}");

    let deny =
        json!({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "kendra:*", "Resource": "*"}]});
    let member = std::mem::replace(&mut cloud.account, management);
    let input =
        json!({"Name": "no-kendra", "Description": "", "Type": "SERVICE_CONTROL_POLICY", "Content": deny.to_string()});
    let policy = cloud.ok("organizations", "CreatePolicy", input);
    let id = policy["Policy"]["PolicySummary"]["Id"].as_str().unwrap().to_owned();
    cloud.ok("organizations", "AttachPolicy", json!({"PolicyId": id, "TargetId": member.as_str()}));
    cloud.account = member;
    let refusal = asked(&mut cloud, "kendra", "ListIndices", json!({})).1.unwrap();
    assert!(refusal.ends_with("with an explicit deny in a service control policy"), "{refusal}");
}

#[test]
fn a_session_may_no_more_than_the_policies_say_that_it_was_opened_with() {
    let mut cloud = cloud(&[everything()]);
    let kendra = allow(&["kendra:*"], &["*"], json!({})).to_string();
    let made = cloud.ok("iam", "CreatePolicy", json!({"PolicyName": "limit", "PolicyDocument": kendra}));
    let arn = made["Policy"]["Arn"].as_str().unwrap().to_owned();
    let passed = |inline: Option<&str>, managed: &[&str]| {
        let managed = managed.iter().map(|arn| (*arn).to_owned()).collect();
        Some(SessionPolicies { inline: inline.map(str::to_owned), managed })
    };
    for policies in [passed(Some(&kendra), &[]), passed(None, &[&arn])] {
        let (_, refusal) = asked_in(policies.clone(), &mut cloud, "kendra", "ListIndices", json!({}));
        assert_eq!(refusal, None);
        let refusal = asked_in(policies, &mut cloud, "rds", "DescribeDBClusters", json!({})).1.unwrap();
        assert!(refusal.ends_with("because no session policy allows the rds:DescribeDBClusters action"), "{refusal}");
    }
    // They limit and never grant.
    let mut poor = self::cloud(&[allow(&["rds:*"], &["*"], json!({}))]);
    let refusal = asked_in(passed(Some(&kendra), &[]), &mut poor, "kendra", "ListIndices", json!({})).1.unwrap();
    assert!(refusal.ends_with("because no identity-based policy allows the kendra:ListIndices action"), "{refusal}");
    let nowhere = passed(None, &["arn:aws:iam::333333333333:policy/nowhere"]);
    assert!(asked_in(nowhere, &mut cloud, "kendra", "ListIndices", json!({})).1.is_some());
}

#[test]
fn it_is_told_what_would_be_denied_without_the_name_of_an_action() {
    let mut named = cloud(&[allow(&["kendra:ListIndices"], &["*"], json!({}))]);
    named.settings.record_authorizations = true;
    let (all, refusal) = asked(&mut named, "kendra", "ListIndices", json!({}));
    assert_eq!((refusal, all[0].denied.clone()), (None, None));
    let without = all[0].denied_without.clone().unwrap();
    assert!(without.ends_with("because no identity-based policy allows the kendra:ListIndices action"), "{without}");
    let mut pattern = cloud(&[allow(&["kendra:List*"], &["*"], json!({}))]);
    pattern.settings.record_authorizations = true;
    assert_eq!(asked(&mut pattern, "kendra", "ListIndices", json!({})).0[0].denied_without, None);
}

#[test]
fn an_invitation_is_the_invited_accounts_to_accept() {
    let arn = "arn:aws:ram:us-east-1:222222222222:resource-share-invitation/0e51d5b9-93e6-4452-a3c1-6ce1a69e5701";
    let input = json!({"resourceShareInvitationArn": arn});
    let (all, refusal) = asked(&mut cloud(&[everything()]), "ram", "AcceptResourceShareInvitation", input.clone());
    assert_eq!((pairs(&all), refusal), (vec![format!("ram:AcceptResourceShareInvitation {arn}")], None));
    let nothing = allow(&["kendra:*"], &["*"], json!({}));
    assert!(asked(&mut cloud(&[nothing]), "ram", "AcceptResourceShareInvitation", input).1.is_some());
}

#[test]
fn a_sink_lets_those_accounts_link_that_its_policy_names() {
    for (named, expected) in [("333333333333", true), ("444444444444", false)] {
        let mut cloud = cloud(&[everything()]);
        let member = std::mem::replace(&mut cloud.account, AccountId::new("222222222222").unwrap());
        let policy = json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": named}, "Action": "oam:CreateLink", "Resource": "*"},
        ]});
        let desired = json!({"Name": "monitoring", "Policy": policy}).to_string();
        let input = json!({"TypeName": "AWS::Oam::Sink", "DesiredState": desired});
        cloud.ok("cloudcontrol", "CreateResource", input);
        cloud.pass(3600.0);
        let sinks = cloud.ok("cloudcontrol", "ListResources", json!({"TypeName": "AWS::Oam::Sink"}));
        let sink = sinks["ResourceDescriptions"][0]["Identifier"].as_str().unwrap().to_owned();
        cloud.account = member;
        let desired = json!({"SinkIdentifier": sink, "ResourceTypes": ["AWS::CloudWatch::Metric"]}).to_string();
        let input = json!({"TypeName": "AWS::Oam::Link", "DesiredState": desired});
        let (all, refusal) = asked(&mut cloud, "cloudcontrol", "CreateResource", input);
        assert!(pairs(&all).contains(&format!("oam:CreateLink {sink}")), "{all:?}");
        assert_eq!(refusal.is_none(), expected, "{refusal:?}");
    }
}

#[test]
fn every_simulated_operation_leads_to_actions_that_aws_lists() {
    let mut cloud = Cloud::new();
    let mut missing = Vec::new();
    for service in Models::embedded().names() {
        for operation in Models::embedded().service(service).unwrap().operations.keys() {
            let actions = operations::actions(service, operation);
            if actions.iter().all(|action| facts::is_listed(action)) || behaviour(service).is_none() {
                continue;
            }
            // In AWS's list, and not yet in the copy that the facts are made from:
            // https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonbedrock.html
            if service == "bedrock" && matches!(operation.as_str(), "CreatePromptRouter" | "DeletePromptRouter") {
                continue;
            }
            // Newer than AWS's list, or a part of something else: fine as long as nobody can call it here.
            match cloud.call(service, operation, json!({})) {
                Err(error) if error.code == NOT_SIMULATED => {}
                _ => missing.push(format!("{service}:{operation}")),
            }
        }
    }
    assert_eq!(missing, [""; 0]);
}
