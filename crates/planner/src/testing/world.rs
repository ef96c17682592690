//! Stacks in a few lines, and types of every make.
//!
//! One line is one resource, in JSON: `{"a": "Thing", "properties": {...}, "protect": true, ...}` is too long to read, so:
//! `stack/name Type {properties} word word=value …`, the words being those of a block's life.

use super::language::{Paths, template};
use crate::{Mode, Observations, Plan, PlanRequest, ResolvedSecrets, Selection};
use charter_catalog::Catalog;
use charter_model::{
    AccountId, AccountName, AccountTarget, Address, Dependency, DesiredGraph, DesiredResource, Diagnostics,
    EnvironmentName, Lifecycle, Locations, Output, Placement, Pointer, ReplaceOrder, Sources, Span, StackName,
    TargetKind, Template, TypeName,
};
use charter_state::{STATE_VERSION, Snapshot};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What the stacks say.
#[derive(Clone)]
pub(crate) struct World {
    graph: DesiredGraph,
    /// What an apply would ask of AWS.
    pub(crate) secrets: BTreeMap<String, String>,
}

/// Types of every make. `Thing` has what most types have: a unique name that can be left to Charter, tags, something that
/// cannot change, something that AWS tells, something that it never tells.
pub(crate) fn types() -> Catalog {
    let text = || json!({"type": "string"});
    let tags = || {
        json!({"type": "array", "insertionOrder": false, "items": {"type": "object",
            "properties": {"Key": {"type": "string"}, "Value": {"type": "string"}}, "additionalProperties": false}})
    };
    let thing = |name: &str, tag_updatable: bool| {
        json!({
            "typeName": format!("Test::A::{name}"),
            "properties": {
                format!("{name}Name"): {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[a-zA-Z0-9-]+$"},
                "Size": {"type": "integer"}, "Zone": text(), "Link": text(), "Links": {"type": "array", "items": text(), "insertionOrder": false},
                "FixedLink": text(), "Password": text(), "Settings": {"type": "object", "properties": {"Mode": text(), "Level": text()}, "additionalProperties": false},
                "Tags": tags(), "Arn": text(), "Id": text(),
            },
            "createOnlyProperties": [format!("/properties/{name}Name"), "/properties/Zone", "/properties/FixedLink"],
            "readOnlyProperties": ["/properties/Arn", "/properties/Id"],
            "writeOnlyProperties": ["/properties/Password"],
            "primaryIdentifier": ["/properties/Id"],
            "tagging": {"taggable": true, "tagUpdatable": tag_updatable, "tagProperty": "/properties/Tags"},
            "additionalProperties": false
        })
    };
    let link = json!({
        "typeName": "Test::A::Link",
        "properties": {"From": text(), "To": text(), "Note": text()},
        "createOnlyProperties": ["/properties/From", "/properties/To"],
        "primaryIdentifier": ["/properties/From", "/properties/To"],
        "tagging": {"taggable": false},
        "additionalProperties": false
    });
    let hand_off = json!({
        "typeName": "Test::A::HandOff",
        "properties": {"Text": text(), "Arn": text(), "Id": text(), "Confirmed": {"type": "boolean"}},
        "readOnlyProperties": ["/properties/Arn", "/properties/Id", "/properties/Confirmed"],
        "primaryIdentifier": ["/properties/Id"],
        "tagging": {"taggable": false},
        "confirmedBy": "/properties/Confirmed",
        "additionalProperties": false
    });
    // Of this one the catalogue knows that a deleted one keeps its name.
    let environment = json!({
        "typeName": "AWS::DataZone::Environment",
        "properties": {"Name": {"type": "string", "minLength": 1, "maxLength": 64}, "Zone": text(), "Id": text()},
        "createOnlyProperties": ["/properties/Zone"],
        "readOnlyProperties": ["/properties/Id"],
        "primaryIdentifier": ["/properties/Id"],
        "tagging": {"taggable": false},
        "additionalProperties": false
    });
    let things = [thing("Thing", true), thing("Other", true), thing("Stiff", false)];
    Catalog::from_documents(things.into_iter().chain([link, hand_off, environment])).unwrap()
}

impl World {
    pub(crate) fn new(text: &str) -> Self {
        let mut sources = Sources::default();
        let source = sources.add("stacks/test.yaml", text);
        let account = |name: &str, id: &str| {
            let target = AccountTarget {
                id: AccountId::new(id).unwrap().into(),
                role: None,
                external_id: None,
                profile: None,
                session_tags: BTreeMap::new(),
            };
            (AccountName::new(name).unwrap(), target)
        };
        let mut graph = DesiredGraph {
            environment: EnvironmentName::new("test").unwrap(),
            target: TargetKind::Simulator,
            ephemeral: true,
            accounts: BTreeMap::from([account("main", "111111111111"), account("other", "222222222222")]),
            region: "us-east-1".parse().unwrap(),
            tags: BTreeMap::new(),
            stacks: Vec::new(),
            resources: BTreeMap::new(),
            outputs: BTreeMap::new(),
            grants: Vec::new(),
            expectations: Vec::new(),
            sources: Arc::default(),
        };
        let mut offset = 0;
        for line in text.split_inclusive('\n') {
            let trimmed = line.trim();
            let start = offset + line.find(trimmed).unwrap_or_default();
            offset += line.len();
            if let Some(output) = trimmed.strip_prefix("output ") {
                let (name, value) = output.split_once(' ').unwrap();
                let (stack, name) = name.split_once('/').unwrap();
                let stack = StackName::new(stack).unwrap();
                let value = template(&Json::String(value.to_owned()), &stack);
                let output = Output { value, description: None, span: None };
                graph.outputs.entry(stack).or_default().insert(name.into(), output);
            } else if !trimmed.is_empty() {
                let length = u32::try_from(trimmed.split(' ').next().unwrap().len()).unwrap();
                let span = Span { source, offset: u32::try_from(start).unwrap(), length };
                let resource = resource(trimmed, span);
                if !graph.stacks.contains(resource.address.stack()) {
                    graph.stacks.push(resource.address.stack().clone());
                }
                assert!(graph.resources.insert(resource.address.clone(), resource).is_none(), "{trimmed}");
            }
        }
        graph.sources = Arc::new(sources);
        let secrets = BTreeMap::from([("PASSWORD".to_owned(), "hunter2".to_owned())]);
        Self { graph, secrets }
    }

    pub(crate) fn graph(&self) -> DesiredGraph {
        self.graph.clone()
    }

    #[must_use]
    pub(crate) fn tagged(mut self, key: &str, value: &str) -> Self {
        self.graph.tags.insert(key.into(), value.into());
        self
    }

    #[must_use]
    pub(crate) fn with_secret(mut self, value: &str) -> Self {
        self.secrets.insert("PASSWORD".to_owned(), value.to_owned());
        self
    }

    pub(crate) fn placement(&self) -> Placement {
        placement("main")
    }

    pub(crate) fn resolved(&self, salt: &str) -> ResolvedSecrets {
        let mut resolved = ResolvedSecrets::default();
        for (placement, reference) in crate::secret_references(&self.graph) {
            if let charter_model::SecretReference::Environment { name } = &reference
                && let Some(value) = self.secrets.get(&**name)
            {
                resolved.insert(placement, reference.clone(), value.as_str().into(), salt);
            }
        }
        resolved
    }

    /// A plan from these.
    pub(crate) fn plan_from(
        &self,
        snapshot: &Snapshot,
        observed: &Observations,
        secrets: &ResolvedSecrets,
        mode: Mode,
        selection: Selection,
    ) -> Result<Plan, Diagnostics> {
        let catalog = types();
        let request = PlanRequest {
            graph: &self.graph,
            snapshot,
            observed,
            catalog: &catalog,
            evaluator: &Paths,
            secrets,
            mode,
            selection,
        };
        let plan = crate::plan(request)?;
        assert_eq!(crate::verify(&plan, &self.graph, snapshot), Ok(()));
        Ok(plan)
    }
}

pub(crate) fn placement(account: &str) -> Placement {
    Placement { account: AccountName::new(account).unwrap(), region: "us-east-1".parse().unwrap() }
}

pub(crate) fn empty_snapshot() -> Snapshot {
    Snapshot {
        version: STATE_VERSION,
        environment: EnvironmentName::new("test").unwrap(),
        lineage: "lineage".into(),
        serial: 0,
        salt: "salt".into(),
        resources: BTreeMap::new(),
        deposed: Vec::new(),
        open: BTreeMap::new(),
        acts: BTreeMap::new(),
        outputs: BTreeMap::new(),
        accounts: BTreeMap::new(),
    }
}

fn resource(line: &str, span: Span) -> DesiredResource {
    let (address, rest) = line.split_once(' ').unwrap();
    let (type_name, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    let (json, words) = match rest.rfind('}') {
        Some(end) => rest.split_at(end + 1),
        None => ("{}", rest),
    };
    let address: Address = address.parse().unwrap();
    let json: Json = serde_json::from_str(json).unwrap();
    let properties = template(&json, address.stack());
    let mut dependencies: Vec<Dependency> = Vec::new();
    for (key, _) in json.as_object().unwrap() {
        let property = Pointer::root().key(key);
        for target in crate::places::part(&properties, &property).resources() {
            dependencies.push(Dependency { address: target, property: Some(property.clone()), span: None });
        }
    }
    let mut lifecycle = Lifecycle::default();
    let mut account = "main";
    for word in words.split_whitespace() {
        let (word, value) = word.split_once('=').unwrap_or((word, ""));
        match word {
            "protect" => lifecycle.protect = true,
            "retain" => lifecycle.retain = true,
            "create-first" => lifecycle.replace = Some(ReplaceOrder::CreateFirst),
            "delete-first" => lifecycle.replace = Some(ReplaceOrder::DeleteFirst),
            "ignore" => lifecycle.ignore_changes.push(value.parse().unwrap()),
            "import" => lifecycle.import = Some(value.to_owned()),
            "movedFrom" => lifecycle.moved_from = Some(value.parse().unwrap()),
            "account" => account = value,
            "after" => {
                let target = Address::new(address.stack().clone(), value).unwrap();
                dependencies.push(Dependency { address: target, property: None, span: None });
            }
            other => panic!("{other}"),
        }
    }
    dependencies.sort();
    dependencies.dedup_by(|one, other| one.address == other.address);
    let locations = Locations { block: Some(span), ..Locations::default() };
    let type_name = if type_name.contains(':') { type_name.to_owned() } else { format!("Test::A::{type_name}") };
    DesiredResource {
        address,
        type_name: TypeName::new(type_name).unwrap(),
        placement: placement(account),
        properties: match properties {
            Template::Expression(_) | Template::Interpolation(_) => unreachable!("properties are a map"),
            properties => properties,
        },
        locations: Arc::new(locations),
        dependencies,
        lifecycle,
    }
}
