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

fn index(cloud: &mut Cloud, line: &str) -> String {
    let trust = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"kendra.amazonaws.com\"},\
                 \"Action\":\"sts:AssumeRole\"}]}";
    let role = json!({"RoleName": format!("kendra-{line}"), "AssumeRolePolicyDocument": trust});
    let arn = cloud.ok("iam", "CreateRole", role)["Role"]["Arn"].clone();
    let input = json!({"Name": line, "Edition": "DEVELOPER_EDITION", "RoleArn": arn, "ClientToken": format!("token-{line}"),
        "Tags": [{"Key": "lineOfBusiness", "Value": line}]});
    cloud.ok("kendra", "CreateIndex", input)["Id"].as_str().unwrap().to_owned()
}

fn costs(granularity: &str, (from, to): (&str, &str), groups: Value) -> Value {
    json!({"TimePeriod": {"Start": from, "End": to}, "Granularity": granularity, "Metrics": ["UnblendedCost"], "GroupBy": groups})
}

fn by_line() -> Value {
    json!([{"Type": "TAG", "Key": "lineOfBusiness"}, {"Type": "DIMENSION", "Key": "SERVICE"}])
}

/// The amounts of an answer: period, keys, dollars.
fn amounts(answer: &Value) -> Vec<(String, String, f64)> {
    let results = answer["ResultsByTime"].as_array().unwrap().iter();
    let groups = results.flat_map(|result| {
        let start = result["TimePeriod"]["Start"].as_str().unwrap().to_owned();
        result["Groups"].as_array().unwrap().iter().map(move |group| {
            let keys: Vec<&str> = group["Keys"].as_array().unwrap().iter().map(|key| key.as_str().unwrap()).collect();
            let amount = group["Metrics"]["UnblendedCost"]["Amount"].as_str().unwrap().parse::<f64>().unwrap();
            (start.clone(), keys.join(" "), (amount * 1_000.0).round() / 1_000.0)
        })
    });
    groups.collect()
}

const DAY: f64 = 86_400.0;
/// A Developer Edition index for a day.
const INDEX_DAY: f64 = 27.0;

#[test]
fn what_was_used_costs_its_list_price_and_its_tag_counts_from_when_the_key_is_active() {
    let mut cloud = Cloud::new();
    index(&mut cloud, "retail");
    cloud.pass(DAY);
    cloud.ok("ce", "UpdateCostAllocationTagsStatus", activate("lineOfBusiness"));
    cloud.pass(2.0 * DAY);
    let answer = cloud.ok("ce", "GetCostAndUsage", costs("DAILY", ("2026-01-01", "2026-01-05"), by_line()));
    let day = |number: u32, key: &str| {
        (format!("2026-01-0{number}"), format!("lineOfBusiness${key} Amazon Kendra"), INDEX_DAY)
    };
    assert_eq!(amounts(&answer), [day(1, ""), day(2, "retail"), day(3, "retail")], "{answer}");
    assert_eq!(answer["ResultsByTime"][3]["Groups"], json!([]), "nothing was used yet on the day that begins now");
    assert_eq!(answer["ResultsByTime"][0]["Estimated"], true);

    let tags = json!({"TimePeriod": {"Start": "2026-01-01", "End": "2026-01-05"}, "TagKey": "lineOfBusiness"});
    assert_eq!(cloud.ok("ce", "GetTags", tags)["Tags"], json!(["", "retail"]));
    let services = json!({"TimePeriod": {"Start": "2026-01-01", "End": "2026-01-05"}, "Dimension": "SERVICE"});
    assert_eq!(cloud.ok("ce", "GetDimensionValues", services)["DimensionValues"][0]["Value"], "Amazon Kendra");
}

#[test]
fn what_is_gone_was_still_spent() {
    let mut cloud = Cloud::new();
    let id = index(&mut cloud, "retail");
    cloud.pass(DAY);
    cloud.ok("kendra", "DeleteIndex", json!({"Id": id}));
    cloud.pass(40.0 * DAY);
    let january = costs("MONTHLY", ("2026-01-01", "2026-02-01"), by_line());
    let before = amounts(&cloud.ok("ce", "GetCostAndUsage", january.clone()));
    let [(_, _, spent)] = before.as_slice() else { panic!("{before:?}") };
    assert!(*spent >= INDEX_DAY && *spent < INDEX_DAY + 2.0, "until its deletion was over: {spent}");
    // A new cloud process begins with a snapshot in which it is not any more.
    let anchor = crate::store::ClockAnchor { virtual_time: cloud.now, wall_time: cloud.now, time_scale: 1.0 };
    cloud.store.compact(anchor).unwrap();
    let answer = cloud.ok("ce", "GetCostAndUsage", january);
    assert_eq!(amounts(&answer), before);
    assert_eq!(answer["ResultsByTime"][0]["Estimated"], false);
}

#[test]
fn a_report_comes_in_pages_whose_token_is_of_one_request() {
    let mut cloud = Cloud::new();
    for line in ["cards", "mortgages", "retail", "wealth"] {
        index(&mut cloud, line);
    }
    cloud.ok("ce", "UpdateCostAllocationTagsStatus", activate("lineOfBusiness"));
    cloud.pass(40.0 * DAY);
    let mut request = costs("DAILY", ("2026-01-01", "2026-02-10"), by_line());
    let first = cloud.ok("ce", "GetCostAndUsage", request.clone());
    let token = first["NextPageToken"].clone();
    request["NextPageToken"] = token.clone();
    let second = cloud.ok("ce", "GetCostAndUsage", request);
    let all: Vec<_> = [amounts(&first), amounts(&second)].concat();
    assert_eq!(all.len(), 4 * 40);
    assert_eq!(all.iter().map(|(day, keys, _)| (day, keys)).collect::<std::collections::BTreeSet<_>>().len(), 4 * 40);
    assert!(second["NextPageToken"].is_null());
    let mut other = costs("MONTHLY", ("2026-01-01", "2026-02-10"), by_line());
    other["NextPageToken"] = token;
    assert!(cloud.refused("ce", "GetCostAndUsage", other).starts_with("RequestChangedException"));
}

#[test]
fn a_payer_sees_the_organization_a_member_itself_and_a_filter_chooses() {
    let mut cloud = Cloud::new();
    let member = cloud.account.clone();
    let management = AccountId::new("111111111111").unwrap();
    let membership = Membership { organization: "o-1".to_owned(), management: management.clone() };
    cloud.put(GLOBAL, Membership::KEY, &membership);
    index(&mut cloud, "retail");
    cloud.account = management;
    cloud.put(GLOBAL, Membership::KEY, &membership);
    index(&mut cloud, "platform");
    cloud.pass(DAY);
    let by_account = json!([{"Type": "DIMENSION", "Key": "LINKED_ACCOUNT"}]);
    let request = costs("DAILY", ("2026-01-01", "2026-01-02"), by_account);
    assert_eq!(amounts(&cloud.ok("ce", "GetCostAndUsage", request.clone())).len(), 2);
    let mut filtered = request.clone();
    filtered["Filter"] = json!({"Not": {"Dimensions": {"Key": "LINKED_ACCOUNT", "Values": ["111111111111"]}}});
    let own = [("2026-01-01".to_owned(), member.to_string(), INDEX_DAY)];
    assert_eq!(amounts(&cloud.ok("ce", "GetCostAndUsage", filtered)), own);
    cloud.account = member;
    assert_eq!(amounts(&cloud.ok("ce", "GetCostAndUsage", request)), own);
}

#[test]
fn periods_that_cost_explorer_does_not_take_are_refused_in_its_words() {
    let mut cloud = Cloud::new();
    let mut refused =
        |from: &str, to: &str| cloud.refused("ce", "GetCostAndUsage", costs("MONTHLY", (from, to), json!(null)));
    assert!(refused("2026-01-01", "2026-01-01").contains("Start date (and hour) should be before end date (and hour)"));
    assert!(refused("2025-12-01", "2026-02-02").contains("end date past the beginning of next month"));
    assert!(refused("2024-06-01", "2026-01-01").contains("You haven't enabled historical data beyond 14 months."));
    assert!(refused("2026-01-03", "2026-01-05").starts_with("ValidationException"));
    cloud.settings.eventual_consistency = 3.0;
    let request = costs("MONTHLY", ("2026-01-01", "2026-01-02"), json!(null));
    assert!(cloud.refused("ce", "GetCostAndUsage", request.clone()).starts_with("DataUnavailableException"));
    cloud.pass(DAY);
    cloud.ok("ce", "GetCostAndUsage", request);
}
