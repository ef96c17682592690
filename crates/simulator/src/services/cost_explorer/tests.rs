use crate::organization::Membership;
use crate::services::testing::Cloud;
use crate::store::GLOBAL;
use charter_model::AccountId;
use serde_json::{Value, json};

fn activate(key: &str) -> Value {
    json!({"CostAllocationTagsStatus": [{"TagKey": key, "Status": "Active"}]})
}

fn tag_something(cloud: &mut Cloud) {
    let role = json!({"RoleName": "r", "AssumeRolePolicyDocument": "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\
        \"Principal\":{\"Service\":\"lambda.amazonaws.com\"},\"Action\":\"sts:AssumeRole\"}]}",
        "Tags": [{"Key": "lineOfBusiness", "Value": "retail"}]});
    cloud.ok("iam", "CreateRole", role);
}

#[test]
fn a_key_is_activated_once_a_resource_carries_it() {
    let mut cloud = Cloud::new();
    let answer = cloud.ok("ce", "UpdateCostAllocationTagsStatus", activate("lineOfBusiness"));
    assert_eq!(answer["Errors"][0]["TagKey"], "lineOfBusiness");
    tag_something(&mut cloud);
    assert_eq!(cloud.ok("ce", "UpdateCostAllocationTagsStatus", activate("lineOfBusiness"))["Errors"], json!([]));
    let found = cloud.ok("ce", "ListCostAllocationTags", json!({"Status": "Active"}));
    assert_eq!(
        found["CostAllocationTags"],
        json!([{"TagKey": "lineOfBusiness", "Type": "UserDefined", "Status": "Active"}])
    );
}

#[test]
fn in_a_cloud_that_is_behind_it_takes_a_day() {
    let mut cloud = Cloud::new();
    cloud.settings.eventual_consistency = 3.0;
    tag_something(&mut cloud);
    cloud.pass(60.0);
    let errors = |cloud: &mut Cloud| {
        let answer = cloud.ok("ce", "UpdateCostAllocationTagsStatus", activate("lineOfBusiness"));
        answer["Errors"].as_array().unwrap().len()
    };
    assert_eq!(errors(&mut cloud), 1);
    cloud.pass(3_600.0);
    assert_eq!(errors(&mut cloud), 1);
    cloud.pass(86_400.0);
    assert_eq!(errors(&mut cloud), 0);
}

#[test]
fn only_the_account_that_pays_is_answered() {
    let mut cloud = Cloud::new();
    let management = AccountId::new("111111111111").unwrap();
    cloud.put(GLOBAL, Membership::KEY, &Membership { organization: "o-1".to_owned(), management });
    let refused = cloud.refused("ce", "ListCostAllocationTags", json!({}));
    assert_eq!(
        refused,
        "AccessDeniedException: Failed to list Cost Allocation Tags: Linked account doesn't have access to cost allocation tags."
    );
}
