use super::*;
use crate::Catalog;
use charter_model::{TypeName, Unknown};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

fn schema(name: &str) -> Arc<TypeSchema> {
    Catalog::embedded().schema(&TypeName::new(name).unwrap()).unwrap_or_else(|| panic!("no type {name}"))
}

/// One line for each difference; all of `before` counts as asked for.
fn differences(name: &str, before: Json, after: Json) -> String {
    owned_differences(name, before.clone(), after, before)
}

fn owned_differences(name: &str, before: Json, after: Json, owned: Json) -> String {
    told(schema(name).differences(&before.into(), &after.into(), &owned.into()))
}

fn told(differences: Vec<Difference>) -> String {
    let value = |value: &Option<Value>| value.as_ref().map_or("-".to_owned(), |value| value.to_json().to_string());
    let line = |each: &Difference| {
        let need = match each.requires_replacement {
            ReplacementNeed::No => "",
            ReplacementNeed::Conditional => " (may replace)",
            ReplacementNeed::Yes => " (replaces)",
        };
        format!("{} {} -> {}{need}", each.pointer, value(&each.before), value(&each.after))
    };
    differences.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_changed_scalar_is_told_as_deep_as_it_stands() {
    let scaling = |least: f64| json!({"ServerlessV2ScalingConfiguration": {"MinCapacity": least, "MaxCapacity": 64}});
    assert_eq!(
        differences("AWS::RDS::DBCluster", scaling(2.0), scaling(0.5)),
        "/ServerlessV2ScalingConfiguration/MinCapacity 2.0 -> 0.5"
    );
}

#[test]
fn numbers_and_booleans_are_compared_by_value() {
    let same = |name, before, after| assert_eq!(differences(name, before, after), "");
    same(
        "AWS::RDS::DBCluster",
        json!({"ServerlessV2ScalingConfiguration": {"MinCapacity": 2}}),
        json!({"ServerlessV2ScalingConfiguration": {"MinCapacity": 2.0}}),
    );
    same("AWS::RDS::DBCluster", json!({"Port": "5432"}), json!({"Port": 5432}));
    same("AWS::RDS::DBCluster", json!({"StorageEncrypted": "true"}), json!({"StorageEncrypted": true}));
    assert_eq!(differences("AWS::RDS::DBCluster", json!({"Port": 5432}), json!({"Port": 5433})), "/Port 5432 -> 5433");
}

#[test]
fn what_can_only_be_set_at_creation_needs_a_replacement() {
    assert_eq!(
        differences(
            "AWS::Kendra::Index",
            json!({"Edition": "DEVELOPER_EDITION"}),
            json!({"Edition": "ENTERPRISE_EDITION"})
        ),
        r#"/Edition "DEVELOPER_EDITION" -> "ENTERPRISE_EDITION" (replaces)"#
    );
    // Inside a place that is create-only as a whole.
    let encryption = |key: &str| json!({"ServerSideEncryptionConfiguration": {"KmsKeyId": key}});
    assert_eq!(
        differences("AWS::Kendra::Index", encryption("a"), encryption("b")),
        r#"/ServerSideEncryptionConfiguration/KmsKeyId "a" -> "b" (replaces)"#
    );
    assert_eq!(
        differences("AWS::RDS::DBCluster", json!({"EngineMode": "provisioned"}), json!({"EngineMode": "serverless"})),
        r#"/EngineMode "provisioned" -> "serverless" (replaces)"#
    );
}

#[test]
fn a_whole_that_holds_a_create_only_place_replaces_only_if_that_changes() {
    let catalog = Catalog::from_documents([json!({
        "typeName": "AWS::A::B",
        "properties": {
            "A": {"type": "object", "properties": {"Fixed": {"type": "string"}, "Free": {"type": "string"}}},
            "L": {"type": "array", "insertionOrder": false, "items": {"type": "object", "properties": {"Fixed": {"type": "string"}}}},
            "C": {"type": "string"}
        },
        "createOnlyProperties": ["/properties/A/Fixed", "/properties/L/*/Fixed"],
        "conditionalCreateOnlyProperties": ["/properties/C"]
    })])
    .unwrap();
    let schema = catalog.schema(&TypeName::new("AWS::A::B").unwrap()).unwrap();
    let differences =
        |before: Json, after: Json| told(schema.differences(&before.clone().into(), &after.into(), &before.into()));
    assert_eq!(differences(json!({}), json!({"A": {"Free": "x"}})), r#"/A - -> {"Free":"x"}"#);
    assert_eq!(differences(json!({}), json!({"A": {"Fixed": "x"}})), r#"/A - -> {"Fixed":"x"} (replaces)"#);
    assert_eq!(
        differences(json!({"L": [{"Fixed": "a"}]}), json!({"L": [{"Fixed": "b"}]})),
        r#"/L [{"Fixed":"a"}] -> [{"Fixed":"b"}] (may replace)"#
    );
    assert_eq!(differences(json!({"C": "a"}), json!({"C": "b"})), r#"/C "a" -> "b" (may replace)"#);
}

#[test]
fn sets_have_no_order_and_lists_have() {
    let groups = |ids: &[&str]| json!({"VpcSecurityGroupIds": ids});
    assert_eq!(differences("AWS::RDS::DBCluster", groups(&["sg-a", "sg-b"]), groups(&["sg-b", "sg-a"])), "");
    assert_eq!(
        differences("AWS::RDS::DBCluster", groups(&["sg-a"]), groups(&["sg-a", "sg-b"])),
        r#"/VpcSecurityGroupIds ["sg-a"] -> ["sg-a","sg-b"]"#
    );
    assert_eq!(
        differences("AWS::RDS::DBSubnetGroup", json!({"SubnetIds": ["a", "b"]}), json!({"SubnetIds": ["b", "a"]})),
        ""
    );
    let statements = |list: &[&str]| json!({"Statements": list});
    assert_eq!(
        differences("Charter::RDS::SqlScript", statements(&["a", "b"]), statements(&["b", "a"])),
        "/Statements/0 \"a\" -> \"b\"\n/Statements/1 \"b\" -> \"a\""
    );
}

#[test]
fn rules_of_a_security_group_are_a_set_that_aws_may_fill_in() {
    let rule = |port: u16, description: Option<&str>| {
        let mut rule = json!({"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "CidrIp": "10.0.0.0/16"});
        if let Some(description) = description {
            rule["Description"] = description.into();
        }
        rule
    };
    let rules = |list: Vec<Json>| json!({"SecurityGroupIngress": list});
    let (asked, told) = (vec![rule(443, None), rule(5432, None)], vec![rule(5432, Some("filled in")), rule(443, None)]);
    let name = "AWS::EC2::SecurityGroup";
    assert_eq!(owned_differences(name, rules(told.clone()), rules(asked.clone()), rules(asked)), "");
    // A description that we once set and no longer want is a change.
    let once = rules(vec![rule(5432, Some("filled in")), rule(443, None)]);
    assert!(!owned_differences(name, rules(told), rules(vec![rule(443, None), rule(5432, None)]), once).is_empty());
}

#[test]
fn tags_are_compared_by_key_and_those_of_others_are_left_alone() {
    let tags = |list: &[(&str, &str)]| json!({"Tags": list.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect::<Vec<_>>()});
    let name = "AWS::Kendra::Index";
    let ours = tags(&[("a", "1"), ("b", "2")]);
    let told = tags(&[("b", "2"), ("aws:cloudformation:stack", "x"), ("someone", "else"), ("a", "1")]);
    assert_eq!(owned_differences(name, told.clone(), ours.clone(), ours.clone()), "");
    assert!(!owned_differences(name, told.clone(), tags(&[("a", "1"), ("b", "3")]), ours.clone()).is_empty());
    assert!(!owned_differences(name, told, tags(&[("a", "1")]), ours).is_empty());
}

#[test]
fn only_what_we_once_set_is_missed() {
    let name = "AWS::Kendra::Index";
    let told = json!({"Name": "a", "Description": "made by AWS", "CapacityUnits": {"QueryCapacityUnits": 0, "StorageCapacityUnits": 0}});
    assert_eq!(owned_differences(name, told.clone(), json!({"Name": "a"}), json!({"Name": "a"})), "");
    assert_eq!(
        owned_differences(name, told, json!({"Name": "a"}), json!({"Name": "a", "Description": "x"})),
        r#"/Description "made by AWS" -> -"#
    );
}

#[test]
fn read_only_and_untold_write_only_places_are_no_difference() {
    let name = "AWS::RDS::DBCluster";
    assert_eq!(differences(name, json!({"Endpoint": {"Address": "a"}}), json!({})), "");
    let password = |plain: &str| {
        Value::Map([("MasterUserPassword".into(), Value::Secret(Secret::new(plain.into(), "salt")))].into())
    };
    let recorded = |plain: &str| match password(plain).get("MasterUserPassword") {
        Some(Value::Secret(secret)) => Value::Map(
            [("MasterUserPassword".into(), Value::Secret(Secret::from_fingerprint(secret.fingerprint())))].into(),
        ),
        _ => panic!("no secret"),
    };
    let schema = schema(name);
    let count = |before: &Value, after: &Value| schema.differences(before, after, before).len();
    assert_eq!(count(&Value::empty_map(), &password("a")), 0);
    assert_eq!(count(&recorded("a"), &password("a")), 0);
    assert_eq!(count(&recorded("a"), &password("b")), 1);
    let plain = Value::from(json!({"MasterUserPassword": "a"}));
    assert_eq!(count(&password("a"), &plain), 0);
    assert_eq!(count(&recorded("a"), &plain), 1);
}

#[test]
fn a_default_is_what_its_absence_stands_for() {
    let name = "AWS::IAM::Role";
    assert_eq!(differences(name, json!({"RoleName": "a", "Path": "/"}), json!({"RoleName": "a"})), "");
    assert_eq!(differences(name, json!({"RoleName": "a"}), json!({"RoleName": "a", "Path": "/"})), "");
    assert_eq!(differences(name, json!({}), json!({"Path": "/a/"})), r#"/Path - -> "/a/" (replaces)"#);
    assert_eq!(differences(name, json!({"ManagedPolicyArns": []}), json!({})), "");
    assert_eq!(differences(name, json!({"Description": null}), json!({})), "");
}

#[test]
fn policies_are_compared_by_meaning_also_as_text() {
    let written = json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"Service": "kendra.amazonaws.com"},
        "Action": "sts:AssumeRole"}});
    let told = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": ["kendra.amazonaws.com"]},
        "Action": ["sts:AssumeRole"]}]});
    let trust = |document: Json| json!({"AssumeRolePolicyDocument": document});
    let name = "AWS::IAM::Role";
    assert_eq!(differences(name, trust(told.clone()), trust(written.clone())), "");
    assert_eq!(differences(name, trust(told.to_string().into()), trust(written.clone())), "");
    assert_eq!(differences(name, trust(told.to_string().into()), trust(written.to_string().into())), "");
    let mut other = written.clone();
    other["Statement"]["Effect"] = "Deny".into();
    let changed = differences(name, trust(told.clone()), trust(other));
    assert!(changed.starts_with("/AssumeRolePolicyDocument "), "{changed}");
    // Drift inside a policy is seen also where nobody asked for the member.
    let mut wider = told;
    wider["Statement"][0]["Condition"] = json!({"Bool": {"aws:SecureTransport": "true"}});
    assert!(!differences(name, trust(wider), trust(written)).is_empty());
}

#[test]
fn policies_inside_lists_are_compared_by_meaning_too() {
    let policies = |names: [&str; 2], action: Json| {
        let policy = |name: &str| {
            json!({"PolicyName": name, "PolicyDocument": {"Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}})
        };
        json!({"Policies": names.map(policy)})
    };
    let name = "AWS::IAM::Role";
    assert_eq!(
        differences(name, policies(["a", "b"], json!(["x:B", "x:a"])), policies(["b", "a"], json!(["x:A", "x:B"]))),
        ""
    );
    assert!(!differences(name, policies(["a", "b"], json!("x:B")), policies(["b", "a"], json!("x:C"))).is_empty());
}

#[test]
fn what_a_service_rewrites_is_known_from_the_registry() {
    let name = "AWS::RDS::DBCluster";
    let named = |identifier: &str| json!({"DBClusterIdentifier": identifier});
    assert_eq!(differences(name, named("genai-kendra"), named("GenAI-Kendra")), "");
    assert!(!differences(name, named("genai-kendra"), named("GenAI-Kendra2")).is_empty());
    let version = |version: &str| json!({"EngineVersion": version});
    assert_eq!(differences(name, version("15.4"), version("15")), "");
    assert!(!differences(name, version("15.4"), version("16")).is_empty());
    let key = "0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f";
    let with = |key: &str| json!({"KmsKeyId": key});
    assert_eq!(differences(name, with(&format!("arn:aws:kms:us-east-1:111111111111:key/{key}")), with(key)), "");
    assert!(!differences(name, with("arn:aws:kms:us-east-1:111111111111:key/other"), with(key)).is_empty());
}

#[test]
fn an_unknown_value_differs_from_any_known_one() {
    let unknown = json!({"$unknown": "after a role is created"});
    let name = "AWS::Kendra::Index";
    assert_eq!(
        differences(name, json!({"RoleArn": "a"}), json!({"RoleArn": unknown})),
        r#"/RoleArn "a" -> {"$unknown":"after a role is created"}"#
    );
    assert_eq!(
        differences(
            "AWS::RDS::DBCluster",
            json!({"VpcSecurityGroupIds": ["a"]}),
            json!({"VpcSecurityGroupIds": [unknown]})
        )
        .lines()
        .count(),
        1
    );
    let whole = Value::Unknown(Unknown::new("later"));
    assert_eq!(schema(name).differences(&Value::empty_map(), &whole, &Value::Null).len(), 1);
}

#[test]
fn attributes_that_aws_adds_to_an_attribute_list_are_no_difference() {
    let attributes = |list: &[(&str, &str)]| json!({"LoadBalancerAttributes": list.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect::<Vec<_>>()});
    let name = "AWS::ElasticLoadBalancingV2::LoadBalancer";
    let (ours, told) = (attributes(&[("idle", "60")]), attributes(&[("http2", "true"), ("idle", "60")]));
    assert_eq!(owned_differences(name, told.clone(), ours.clone(), ours.clone()), "");
    assert!(!owned_differences(name, told, attributes(&[("idle", "30")]), ours).is_empty());
}

#[test]
fn values_at_a_place_are_equivalent_by_the_same_rules() {
    let cluster = schema("AWS::RDS::DBCluster");
    let equivalent = |pointer: &str, left: Json, right: Json| {
        cluster.equivalent(&pointer.parse().unwrap(), &left.into(), &right.into())
    };
    assert!(equivalent("/VpcSecurityGroupIds", json!(["a", "b"]), json!(["b", "a"])));
    assert!(!equivalent("/VpcSecurityGroupIds", json!(["a", "b"]), json!(["b"])));
    assert!(equivalent("/DBClusterIdentifier", json!("A"), json!("a")));
    assert!(equivalent("/ServerlessV2ScalingConfiguration/MinCapacity", json!(2), json!(2.0)));
    assert!(!equivalent("", json!({"Port": 1}), json!({})));
    assert!(equivalent("/Unknown/Place", json!({"a": [1, 2]}), json!({"a": [1, 2.0]})));
    assert!(!equivalent("/Unknown/Place", json!({"a": [1, 2]}), json!({"a": [2, 1]})));
}

/// Types with sets, lists, tags, policies, free documents and nested objects.
const GENERATED: &[&str] = &[
    "AWS::RDS::DBCluster",
    "AWS::IAM::Role",
    "AWS::EC2::SecurityGroup",
    "AWS::S3::Bucket",
    "AWS::Kendra::DataSource",
    "AWS::Bedrock::Guardrail",
    "AWS::DynamoDB::Table",
    "AWS::ElasticLoadBalancingV2::LoadBalancer",
    "Charter::RDS::SqlScript",
];

/// A value of the kinds that the schema names, made from `seed`; not valid in every respect, but of the right form.
fn generated(schema: &TypeSchema, pointer: &Pointer, seed: &mut u64, depth: usize) -> Value {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    let number = (*seed >> 33) % 7;
    let kinds = schema.property_at(pointer).map(|property| property.kinds).unwrap_or_default();
    let members = schema.members_of(pointer);
    match kinds.first() {
        Some(Kind::Array) => {
            let element = pointer.key("*");
            Value::List((0..number.min(3)).map(|_| generated(schema, &element, seed, depth + 1)).collect())
        }
        Some(Kind::Object) | None if members.is_empty() => json!({"Statement": [], "n": number}).into(),
        Some(Kind::Object) | None => {
            let mut map = std::collections::BTreeMap::new();
            for member in members {
                *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                if depth < 5 && !(*seed >> 33).is_multiple_of(3) {
                    map.insert(member.name.clone(), generated(schema, &member.pointer, seed, depth + 1));
                }
            }
            map.into()
        }
        Some(Kind::Integer) => json!(number).into(),
        Some(Kind::Number) => json!(number as f64 / 2.0).into(),
        Some(Kind::Boolean) => Value::Bool(number.is_multiple_of(2)),
        Some(Kind::String | Kind::Null) => format!("text-{number}").as_str().into(),
    }
}

/// The same value with every list turned round whose order means nothing.
fn shuffled(schema: &TypeSchema, pointer: &Pointer, value: &Value) -> Value {
    match value {
        Value::List(list) => {
            let element = pointer.key("*");
            let mut list: Vec<Value> = list.iter().map(|each| shuffled(schema, &element, each)).collect();
            if schema.property_at(pointer).is_some_and(|property| property.unordered) {
                list.reverse();
            }
            list.into()
        }
        Value::Map(map) => {
            Value::Map(map.iter().map(|(key, each)| (key.clone(), shuffled(schema, &pointer.key(key), each))).collect())
        }
        other => other.clone(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_value_does_not_differ_from_itself_however_its_sets_are_ordered(seed in any::<u64>(), pick in 0..GENERATED.len()) {
        let schema = schema(GENERATED[pick]);
        let value = generated(&schema, &Pointer::root(), &mut { seed }, 0);
        prop_assert_eq!(told(schema.differences(&value, &value, &value)), "");
        let shuffled = shuffled(&schema, &Pointer::root(), &value);
        prop_assert_eq!(told(schema.differences(&value, &shuffled, &value)), "");
        prop_assert!(schema.equivalent(&Pointer::root(), &shuffled, &value));
    }

    #[test]
    fn a_changed_scalar_is_always_seen(seed in any::<u64>(), pick in 0..GENERATED.len(), place in any::<prop::sample::Index>()) {
        let schema = schema(GENERATED[pick]);
        let value = generated(&schema, &Pointer::root(), &mut { seed }, 0);
        let Value::Map(map) = &value else { unreachable!() };
        let settable = |name: &str| schema.places.member(name).is_none_or(|place| !place.read_only && !place.has_children());
        let names: Vec<&Arc<str>> = map.iter().filter(|(name, value)| settable(name) && !matches!(value, Value::Map(_) | Value::List(_))).map(|(name, _)| name).collect();
        prop_assume!(!names.is_empty());
        let name = names[place.index(names.len())];
        let mut changed = map.clone();
        changed.insert(name.clone(), json!("changed").into());
        let differences = schema.differences(&value, &Value::Map(changed), &value);
        prop_assert_eq!(differences.len(), 1);
        prop_assert_eq!(&differences[0].pointer, &Pointer::root().key(name));
    }
}
