use crate::services::testing::Cloud;
use serde_json::{Value, json};

const BUCKET: &str = "arn:aws:s3:::lake";
const LINKED: &str = "arn:aws:iam::333333333333:role/aws-service-role/lakeformation.amazonaws.com/\
                      AWSServiceRoleForLakeFormationDataAccess";

fn role(cloud: &mut Cloud, name: &str, service: &str) -> Value {
    let trust = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}]});
    let role = json!({"RoleName": name, "AssumeRolePolicyDocument": trust.to_string()});
    cloud.ok("iam", "CreateRole", role)["Role"]["Arn"].clone()
}

fn described(cloud: &mut Cloud) -> Value {
    cloud.ok("lakeformation", "DescribeResource", json!({"ResourceArn": BUCKET}))["ResourceInfo"].clone()
}

#[test]
fn a_location_is_registered_once_with_a_role_that_lake_formation_may_assume() {
    let mut cloud = Cloud::new();
    let (own, other) =
        (role(&mut cloud, "own", "lakeformation.amazonaws.com"), role(&mut cloud, "other", "s3.amazonaws.com"));
    let named = json!({"ResourceArn": BUCKET});
    let with = |role: &Value| json!({"ResourceArn": BUCKET, "RoleArn": role});
    for (operation, input) in
        [("DescribeResource", named.clone()), ("DeregisterResource", named.clone()), ("UpdateResource", with(&own))]
    {
        let refused = cloud.refused("lakeformation", operation, input);
        assert_eq!(refused, "EntityNotFoundException: Entity not found", "{operation}");
    }
    for input in [named.clone(), with(&other), json!({"ResourceArn": "lake", "UseServiceLinkedRole": true})] {
        assert!(cloud.refused("lakeformation", "RegisterResource", input).starts_with("InvalidInputException"));
    }
    cloud.ok("lakeformation", "RegisterResource", with(&own));
    assert!(cloud.refused("lakeformation", "RegisterResource", with(&own)).starts_with("AlreadyExistsException"));
    assert_eq!(
        (&described(&mut cloud)["RoleArn"], &described(&mut cloud)["HybridAccessEnabled"]),
        (&own, &json!(false))
    );
    let hybrid = json!({"ResourceArn": BUCKET, "RoleArn": own, "HybridAccessEnabled": true});
    cloud.ok("lakeformation", "UpdateResource", hybrid);
    // Without an error, and without an effect.
    cloud.ok("lakeformation", "UpdateResource", with(&json!(LINKED)));
    assert_eq!(
        (&described(&mut cloud)["RoleArn"], &described(&mut cloud)["HybridAccessEnabled"]),
        (&own, &json!(true))
    );
    assert!(cloud.refused("lakeformation", "UpdateResource", with(&other)).starts_with("InvalidInputException"));
    cloud.ok("lakeformation", "DeregisterResource", named);
    assert_eq!(cloud.ok("lakeformation", "ListResources", json!({}))["ResourceInfoList"], json!([]));
}

#[test]
fn the_first_location_with_the_service_linked_role_makes_it() {
    let mut cloud = Cloud::new();
    for bucket in [BUCKET, "arn:aws:s3:::pond/deep"] {
        let input = json!({"ResourceArn": bucket, "UseServiceLinkedRole": true});
        cloud.ok("lakeformation", "RegisterResource", input);
    }
    assert_eq!(described(&mut cloud)["RoleArn"], LINKED);
    let name = json!({"RoleName": "AWSServiceRoleForLakeFormationDataAccess"});
    assert_eq!(cloud.ok("iam", "GetRole", name)["Role"]["Arn"], LINKED);
    let mut listed = |filter: Value| {
        let answer = cloud.ok("lakeformation", "ListResources", json!({"FilterConditionList": filter}));
        let found = answer["ResourceInfoList"].as_array().unwrap().iter();
        found.map(|each| each["ResourceArn"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let filter = |operator: &str, value: &str| json!([{"Field": "RESOURCE_ARN", "ComparisonOperator": operator, "StringValueList": [value]}]);
    assert_eq!(listed(Value::Null), [BUCKET, "arn:aws:s3:::pond/deep"]);
    assert_eq!(listed(filter("CONTAINS", "pond")), ["arn:aws:s3:::pond/deep"]);
    assert_eq!(listed(filter("NE", "arn:aws:s3:::pond/deep")), [BUCKET]);
}
