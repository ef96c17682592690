//! The estimate over real stacks: what is made, changed and taken away, and who pays.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up must fail loudly")]

use charter_catalog::Catalog;
use charter_cost::{Amount, Estimate, estimate};
use charter_lang::{Language, LoadOptions};
use charter_model::DesiredGraph;
use charter_planner::{Mode, Observations, PlanRequest, ResolvedSecrets, Selection};
use charter_state::{Record, RecordStatus, Snapshot};

const ENVIRONMENT: &str =
    "environment: test\ntarget: simulator\nregion: us-east-1\naccounts:\n  management: {id: \"111111111111\"}\n";

fn graph(stack: &str) -> DesiredGraph {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [("environments/test.yaml", ENVIRONMENT), ("stacks/search.yaml", stack)] {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let options =
        LoadOptions { root: folder.path().to_owned(), environment: "test".to_owned(), ..LoadOptions::default() };
    let loaded = charter_lang::load(&options, Catalog::embedded());
    let diagnostics = loaded.diagnostics;
    loaded.graph.unwrap_or_else(|| panic!("{diagnostics:?}"))
}

fn of(stack: &str, snapshot: &Snapshot) -> Estimate {
    let graph = graph(stack);
    let plan = charter_planner::plan(PlanRequest {
        graph: &graph,
        snapshot,
        observed: &Observations::default(),
        catalog: Catalog::embedded(),
        evaluator: &Language::new(),
        secrets: &ResolvedSecrets::default(),
        mode: Mode::Apply,
        selection: Selection::default(),
    })
    .unwrap_or_else(|diagnostics| panic!("{diagnostics:?}"));
    estimate(&plan, &graph, snapshot, &Language::new())
}

fn nothing() -> Snapshot {
    Snapshot::new("test".parse().unwrap(), "", "")
}

/// A snapshot in which one resource of a stack exists.
fn with(stack: &str, address: &str, inputs: serde_json::Value) -> Snapshot {
    let graph = graph(stack);
    let desired = graph.resources.get(&address.parse().unwrap()).unwrap();
    let mut snapshot = nothing();
    snapshot.resources.insert(
        desired.address.clone(),
        Record {
            address: desired.address.clone(),
            type_name: desired.type_name.clone(),
            placement: desired.placement.clone(),
            identifier: Some("1".to_owned()),
            inputs: inputs.clone().into(),
            attributes: inputs.into(),
            secret_references: Default::default(),
            dependencies: Vec::new(),
            protect: false,
            retain: false,
            replace: None,
            generation: 0,
            status: RecordStatus::Ready,
        },
    );
    snapshot
}

fn near(amount: Amount, least: f64, most: f64) -> bool {
    (amount.least - least).abs() < 0.001 && (amount.most - most).abs() < 0.001
}

const INDEX: &str = "stack: search
account: management
resources:
  index:
    type: AWS::Kendra::Index
    properties:
      Name: search
      Edition: DEVELOPER_EDITION
      RoleArn: arn:aws:iam::111111111111:role/kendra
      Tags: [{Key: lineOfBusiness, Value: retail}]
";

#[test]
fn what_is_made_costs_its_list_price_and_its_tag_says_who_pays() {
    let estimate = of(INDEX, &nothing());
    let sums = estimate.by_line_of_business();
    let (before, after) = sums.get("retail").unwrap();
    assert!(near(*before, 0.0, 0.0) && near(*after, 1.125 * 730.0, 1.125 * 730.0), "{sums:?}");
}

#[test]
fn an_edition_that_changes_changes_the_price_and_what_goes_costs_nothing() {
    let inputs = serde_json::json!({
        "Name": "search", "Edition": "ENTERPRISE_EDITION", "RoleArn": "arn:aws:iam::111111111111:role/kendra",
        "Tags": [{"Key": "lineOfBusiness", "Value": "retail"}],
    });
    let snapshot = with(INDEX, "search/index", inputs);
    let estimate = of(INDEX, &snapshot);
    let sums = estimate.by_line_of_business();
    let (before, after) = sums.get("retail").unwrap();
    let change = after.minus(*before);
    assert!(near(change, (1.125 - 1.4) * 730.0, (1.125 - 1.4) * 730.0), "{change:?}");

    let gone = of("stack: search\naccount: management\nresources: {}\n", &snapshot);
    let sums = gone.by_line_of_business();
    let (before, after) = sums.get("retail").unwrap();
    assert!(near(*before, 1022.0, 1022.0) && near(*after, 0.0, 0.0), "{sums:?}");
}

#[test]
fn capacity_lies_between_the_least_and_the_most_of_the_cluster_and_what_has_no_price_is_named() {
    let stack = "stack: search
account: management
resources:
  cluster:
    type: AWS::RDS::DBCluster
    properties:
      Engine: aurora-postgresql
      MasterUsername: root
      ManageMasterUserPassword: true
      ServerlessV2ScalingConfiguration: {MinCapacity: 2, MaxCapacity: 64}
  instance:
    type: AWS::RDS::DBInstance
    properties:
      DBClusterIdentifier: ${cluster.DBClusterIdentifier}
      DBInstanceClass: db.serverless
      Engine: aurora-postgresql
  bucket: {type: AWS::S3::Bucket, properties: {}}
  role:
    type: AWS::IAM::Role
    properties: {AssumeRolePolicyDocument: {Version: '2012-10-17', Statement: []}}
";
    let estimate = of(stack, &nothing());
    let sums = estimate.by_line_of_business();
    // No tag: the stack pays.
    let (_, after) = sums.get("search").unwrap();
    assert!(near(*after, 2.0 * 0.12 * 730.0, 64.0 * 0.12 * 730.0), "{sums:?}");
    let unpriced: Vec<&str> = estimate.unpriced.iter().map(|row| row.type_name.as_str()).collect();
    assert_eq!(unpriced, ["AWS::RDS::DBCluster", "AWS::S3::Bucket"]);
}
