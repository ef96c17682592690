use super::*;
use crate::Catalog;
use charter_model::TypeName;
use serde_json::json;
use std::fmt::Write as _;

fn schema(name: &str) -> Arc<TypeSchema> {
    Catalog::embedded().schema(&TypeName::new(name).unwrap()).unwrap_or_else(|| panic!("no type {name}"))
}

/// As `charter explain` might print it: one line a property.
fn explained(tree: &[PropertyTree], level: usize, out: &mut String) {
    for PropertyTree { property, members, recursive } in tree {
        let words = |kinds: &[Kind]| kinds.iter().map(|kind| kind.word()).collect::<Vec<_>>().join("|");
        let mut line = format!("{}{} {}", "  ".repeat(level), property.name, words(&property.kinds));
        if property.kinds == [Kind::Array] {
            let order = if property.unordered { "set" } else { "list" };
            write!(line, " ({order} of {})", words(&property.element_kinds)).unwrap();
        }
        let marks = [
            (property.required, "required"),
            (property.read_only, "read-only"),
            (property.write_only, "write-only"),
            (property.deprecated, "deprecated"),
            (property.replacement == ReplacementNeed::Yes, "replaces"),
            (property.replacement == ReplacementNeed::Conditional, "may-replace"),
            (*recursive, "…"),
        ];
        marks.iter().filter(|(holds, _)| *holds).for_each(|(_, mark)| write!(line, " {mark}").unwrap());
        if !property.allowed.is_empty() {
            write!(line, " {}", serde_json::Value::from(property.allowed.clone())).unwrap();
        }
        for (limit, sign) in
            [(property.min_length, "len>="), (property.max_length, "len<="), (property.max_items, "n<=")]
        {
            limit.iter().for_each(|limit| write!(line, " {sign}{limit}").unwrap());
        }
        property.format.iter().for_each(|format| write!(line, " {format}").unwrap());
        property.default.iter().for_each(|default| write!(line, " ={default}").unwrap());
        writeln!(out, "{line}").unwrap();
        explained(members, level + 1, out);
    }
}

#[test]
fn a_type_is_explained_from_its_schema() {
    let mut out = String::new();
    explained(&schema("AWS::Kendra::Index").property_tree(9), 0, &mut out);
    insta::assert_snapshot!(out, @r#"
    Arn string read-only len<=1000
    CapacityUnits object
      QueryCapacityUnits integer required
      StorageCapacityUnits integer required
    Description string len<=1000
    DocumentMetadataConfigurations array (set of object) n<=500
      Name string required len>=1 len<=30
      Relevance object
        Duration string len>=1 len<=10
        Freshness boolean
        Importance integer
        RankOrder string ["ASCENDING","DESCENDING"]
        ValueImportanceItems array (set of object)
          Key string len>=1 len<=50
          Value integer
      Search object
        Displayable boolean
        Facetable boolean
        Searchable boolean
        Sortable boolean
      Type string required ["STRING_VALUE","STRING_LIST_VALUE","LONG_VALUE","DATE_VALUE"]
    Edition string required replaces ["DEVELOPER_EDITION","ENTERPRISE_EDITION","GEN_AI_ENTERPRISE_EDITION"]
    Id string read-only len>=36 len<=36
    Name string required len>=1 len<=1000
    RoleArn string required len>=1 len<=1284
    ServerSideEncryptionConfiguration object replaces
      KmsKeyId string replaces len>=1 len<=2048 AWS::KMS::Key.Arn
    Tags array (set of object) n<=200
      Key string required len>=1 len<=128
      Value string required len<=256
    UserContextPolicy string ["ATTRIBUTE_FILTER","USER_TOKEN"]
    UserTokenConfigurations array (set of object) n<=1
      JsonTokenTypeConfiguration object
        GroupAttributeField string required len>=1 len<=100
        UserNameAttributeField string required len>=1 len<=100
      JwtTokenTypeConfiguration object
        ClaimRegex string len>=1 len<=100
        GroupAttributeField string len>=1 len<=100
        Issuer string len>=1 len<=65
        KeyLocation string required ["URL","SECRET_MANAGER"]
        SecretManagerArn string len>=1 len<=1284
        URL string len>=1 len<=2048
        UserNameAttributeField string len>=1 len<=100
    "#);
}

#[test]
fn own_types_are_explained_too() {
    let mut out = String::new();
    explained(&schema("Charter::RDS::SqlScript").property_tree(9), 0, &mut out);
    explained(&schema("Charter::Kendra::Sync").property_tree(9), 0, &mut out);
    insta::assert_snapshot!(out, @r#"
    ContentHash string read-only
    Database string required replaces len>=1 len<=64
    ExecutedAt string read-only date-time
    Name string required replaces len>=1 len<=64
    OnDelete array (list of string)
    ResourceArn string required replaces len>=11 len<=100
    SecretArn string required len>=11 len<=2048
    Statements array (list of string) required
    DataSourceId string required replaces len>=1 len<=100
    DocumentsAdded integer read-only
    DocumentsDeleted integer read-only
    DocumentsFailed integer read-only
    DocumentsModified integer read-only
    EndTime string read-only date-time
    ErrorMessage string read-only
    ExecutionId string read-only len>=1 len<=100
    IndexId string required replaces len>=36 len<=36
    StartTime string read-only date-time
    Status string read-only ["FAILED","SUCCEEDED","SYNCING","INCOMPLETE","STOPPING","ABORTED","SYNCING_INDEXING"]
    Trigger string|object
    "#);
}

#[test]
fn a_recursive_definition_ends() {
    let web_acl = schema("AWS::WAFv2::WebACL").property_tree(usize::MAX);
    fn count(tree: &[PropertyTree]) -> (usize, usize) {
        tree.iter().map(|each| (each, count(&each.members))).fold((0, 0), |(all, cut), (each, (inner, inner_cut))| {
            (all + 1 + inner, cut + inner_cut + usize::from(each.recursive))
        })
    }
    let (all, cut) = count(&web_acl);
    assert!(all > 500 && cut > 0, "{all} {cut}");
}

#[test]
fn references_lead_to_what_the_user_sets_what_aws_sets_or_secrets() {
    let cluster = schema("AWS::RDS::DBCluster");
    assert_eq!(cluster.attribute(&[]), Ok(AttributeKind::Property));
    assert_eq!(cluster.attribute(&["DBClusterIdentifier"]), Ok(AttributeKind::Property));
    assert_eq!(cluster.attribute(&["Endpoint", "Address"]), Ok(AttributeKind::ReadOnly));
    assert_eq!(cluster.attribute(&["MasterUserSecret", "SecretArn"]), Ok(AttributeKind::ReadOnly));
    assert_eq!(cluster.attribute(&["MasterUserSecret", "KmsKeyId"]), Ok(AttributeKind::Property));
    assert_eq!(cluster.attribute(&["MasterUserPassword"]), Ok(AttributeKind::WriteOnly));
    assert_eq!(cluster.attribute(&["Tags", "0", "Value"]), Ok(AttributeKind::Property));
    assert_eq!(cluster.attribute(&["Tags", "*"]), Ok(AttributeKind::Property));
    let policy = schema("AWS::IAM::Role");
    assert_eq!(policy.attribute(&["AssumeRolePolicyDocument", "Statement", "0", "Sid"]), Ok(AttributeKind::Property));
}

#[test]
fn a_wrong_reference_says_how_far_it_was_right_and_what_was_meant() {
    let error = schema("AWS::RDS::DBCluster").attribute(&["Endpoint", "Adress"]).unwrap_err();
    let expected = UnknownAttribute {
        depth: 1,
        suggestion: Some("Address".to_owned()),
        known: vec!["Address".to_owned(), "Port".to_owned()],
    };
    assert_eq!(error, expected);
    let error = schema("AWS::Kendra::Index").attribute(&["Arns"]).unwrap_err();
    assert_eq!((error.depth, error.suggestion.as_deref()), (0, Some("Arn")));
    assert_eq!(schema("AWS::Kendra::Index").attribute(&["Arn", "Length"]).unwrap_err().depth, 1);
}

#[test]
fn a_property_is_found_through_lists_and_maps() {
    let index = schema("AWS::Kendra::Index");
    let key = index.property_at(&"/Tags/3/Key".parse().unwrap()).unwrap();
    assert_eq!((&*key.name, key.required, key.max_length), ("Key", true, Some(128)));
    assert_eq!(index.property_at(&"/Tags/*/Key".parse().unwrap()).unwrap().kinds, [Kind::String]);
    assert_eq!(index.property_at(&"/Nothing".parse().unwrap()), None);
    let names: Vec<_> =
        index.members_of(&"/Tags".parse().unwrap()).into_iter().map(|each| each.pointer.to_string()).collect();
    assert_eq!(names, ["/Tags/*/Key", "/Tags/*/Value"]);
    let edition = index.property_at(&"/Edition".parse().unwrap()).unwrap();
    assert_eq!(
        edition.allowed,
        [json!("DEVELOPER_EDITION"), json!("ENTERPRISE_EDITION"), json!("GEN_AI_ENTERPRISE_EDITION")]
    );
}
