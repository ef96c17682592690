//! Publishing and subscribing, as a producer and a consumer in two projects do it.

use super::tests::{cloud, domain};
use crate::services::testing::Cloud;
use serde_json::{Value, json};

const SERVICE: &str = "datazone";

struct Mesh {
    cloud: Cloud,
    domain: String,
    producer: Value,
    consumer: Value,
}

impl Mesh {
    /// A producer's run has found the table `customers`; a consumer has a project with an environment and its target.
    fn new() -> Self {
        let (mut cloud, role) = cloud();
        let domain = domain(&mut cloud, &role);
        let project = |cloud: &mut Cloud, name: &str| {
            cloud.ok(SERVICE, "CreateProject", json!({"domainIdentifier": domain, "name": name}))["id"].clone()
        };
        let (producer, consumer) = (project(&mut cloud, "lake"), project(&mut cloud, "marketing"));
        let mut mesh = Self { cloud, domain, producer, consumer };
        let configuration = json!({
            "environmentBlueprintIdentifier": "datalakeblueprint", "enabledRegions": ["us-east-1"],
            "regionalParameters": {"us-east-1": {"S3Location": "s3://bucket"}},
        });
        mesh.ok("PutEnvironmentBlueprintConfiguration", configuration);
        let source = mesh.environment("lake", mesh.producer.clone());
        let filter =
            json!({"databaseName": "bank", "filterExpressions": [{"type": "INCLUDE", "expression": "customers"}]});
        let source = json!({
            "name": "tables", "type": "GLUE", "projectIdentifier": mesh.producer, "environmentIdentifier": source,
            "configuration": {"glueRunConfiguration": {"relationalFilterConfigurations": [filter]}},
        });
        let source = mesh.ok("CreateDataSource", source)["id"].clone();
        mesh.cloud.pass(60.0);
        mesh.ok("StartDataSourceRun", json!({"dataSourceIdentifier": source}));
        let environment = mesh.environment("campaigns", mesh.consumer.clone());
        let target = json!({
            "environmentIdentifier": environment, "name": "lake", "type": "GlueSubscriptionTargetType",
            "authorizedPrincipals": [role], "manageAccessRole": role, "subscriptionTargetConfig": [],
            "applicableAssetTypes": ["GlueTableAssetType"],
        });
        mesh.ok("CreateSubscriptionTarget", target);
        mesh
    }

    fn environment(&mut self, name: &str, project: Value) -> Value {
        let account = self.cloud.account.to_string();
        let environment = json!({
            "name": name, "projectIdentifier": project, "environmentBlueprintIdentifier": "datalakeblueprint",
            "environmentAccountIdentifier": account, "environmentAccountRegion": "us-east-1",
        });
        let id = self.ok("CreateEnvironment", environment)["id"].clone();
        self.cloud.pass(600.0);
        id
    }

    fn input(&self, mut input: Value) -> Value {
        input.as_object_mut().unwrap().insert("domainIdentifier".to_owned(), json!(self.domain));
        input
    }

    fn ok(&mut self, operation: &str, input: Value) -> Value {
        let input = self.input(input);
        self.cloud.ok(SERVICE, operation, input)
    }

    fn refused(&mut self, operation: &str, input: Value) -> String {
        let input = self.input(input);
        self.cloud.refused(SERVICE, operation, input)
    }

    fn published(&mut self) -> Value {
        let search =
            json!({"searchScope": "ASSET", "owningProjectIdentifier": self.producer, "searchText": "customers"});
        let found = self.ok("Search", search)["items"].clone();
        assert_eq!(found[0]["assetItem"]["name"], "customers");
        let publish = json!({"entityIdentifier": found[0]["assetItem"]["identifier"], "entityType": "ASSET", "action": "PUBLISH"});
        let listing = self.ok("CreateListingChangeSet", publish);
        assert_eq!(listing["status"], "CREATING");
        self.cloud.pass(60.0);
        listing["listingId"].clone()
    }

    fn requested(&mut self, listing: &Value) -> Value {
        let request = self.request(listing);
        self.ok("CreateSubscriptionRequest", request)["id"].clone()
    }

    fn request(&self, listing: &Value) -> Value {
        json!({
            "subscribedListings": [{"identifier": listing}], "requestReason": "campaigns",
            "subscribedPrincipals": [{"project": {"identifier": self.consumer}}],
        })
    }

    fn subscriptions(&mut self) -> Value {
        let list = json!({"owningProjectId": self.consumer});
        self.ok("ListSubscriptions", list)["items"].clone()
    }
}

#[test]
fn an_asset_is_published_under_one_id_and_unpublished() {
    let mut mesh = Mesh::new();
    let listing = mesh.published();
    assert_eq!(mesh.published(), listing);
    let there = mesh.ok("GetListing", json!({"identifier": listing}));
    assert_eq!((&there["status"], &there["listingRevision"]), (&json!("ACTIVE"), &json!("2")));
    let asset = there["item"]["assetListing"]["assetId"].clone();
    let unpublish = json!({"entityIdentifier": asset, "entityType": "ASSET", "action": "UNPUBLISH"});
    mesh.ok("CreateListingChangeSet", unpublish.clone());
    assert_eq!(mesh.ok("GetListing", json!({"identifier": listing}))["status"], "INACTIVE");
    assert_eq!(mesh.ok("SearchListings", json!({}))["items"], json!([]));
    assert!(mesh.refused("CreateListingChangeSet", unpublish).starts_with("ConflictException"));
    let request = mesh.request(&listing);
    assert!(mesh.refused("CreateSubscriptionRequest", request).starts_with("ResourceNotFoundException"));
}

#[test]
fn an_accepted_request_is_granted_to_the_targets_of_the_project() {
    let mut mesh = Mesh::new();
    let listing = mesh.published();
    let request = mesh.requested(&listing);
    let again = mesh.request(&listing);
    assert!(mesh.refused("CreateSubscriptionRequest", again.clone()).starts_with("ConflictException"));
    assert_eq!(mesh.subscriptions(), json!([]));
    mesh.ok("AcceptSubscriptionRequest", json!({"identifier": request}));
    assert!(mesh.refused("CreateSubscriptionRequest", again).contains("already subscribed"));
    let subscription = mesh.subscriptions()[0]["id"].clone();
    let grants = json!({"subscriptionId": subscription});
    assert_eq!(mesh.ok("ListSubscriptionGrants", grants.clone())["items"][0]["status"], "IN_PROGRESS");
    mesh.cloud.pass(60.0);
    assert_eq!(mesh.ok("ListSubscriptionGrants", grants.clone())["items"][0]["status"], "COMPLETED");
    mesh.ok("CancelSubscription", json!({"identifier": subscription}));
    mesh.cloud.pass(60.0);
    assert_eq!(mesh.ok("ListSubscriptionGrants", grants)["items"], json!([]));
    assert_eq!(mesh.ok("GetSubscription", json!({"identifier": subscription}))["status"], "CANCELLED");
    assert!(!mesh.cloud.left().iter().any(|each| each.contains("/subscription/")), "{:?}", mesh.cloud.left());
}

#[test]
fn a_rejected_request_can_be_made_again_and_a_decided_one_stays() {
    let mut mesh = Mesh::new();
    let listing = mesh.published();
    let request = mesh.requested(&listing);
    mesh.ok("RejectSubscriptionRequest", json!({"identifier": request, "decisionComment": "not for campaigns"}));
    assert!(mesh.refused("AcceptSubscriptionRequest", json!({"identifier": request})).starts_with("ConflictException"));
    assert!(mesh.refused("DeleteSubscriptionRequest", json!({"identifier": request})).starts_with("ConflictException"));
    let second = mesh.requested(&listing);
    assert_ne!(second, request);
    mesh.ok("DeleteSubscriptionRequest", json!({"identifier": second}));
}
