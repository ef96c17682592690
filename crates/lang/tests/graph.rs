//! What a project comes to: the desired graph.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod support;
use charter_model::{Address, DesiredGraph, DesiredResource, Template, Value};
use proptest::prelude::*;
use serde_json::json;
use support::Project;

fn graph(project: &Project) -> DesiredGraph {
    let loaded = project.load();
    assert!(loaded.diagnostics.is_empty(), "{}", support::render(loaded.diagnostics.iter(), &loaded.sources));
    loaded.graph.unwrap()
}

fn at<'g>(graph: &'g DesiredGraph, address: &str) -> &'g DesiredResource {
    let address: Address = address.parse().unwrap();
    graph.resources.get(&address).unwrap_or_else(|| panic!("{address} not in {:?}", graph.resources.keys()))
}

fn edges(resource: &DesiredResource) -> Vec<String> {
    resource
        .dependencies
        .iter()
        .map(|edge| match &edge.property {
            Some(property) => format!("{} by {property}", edge.address),
            None => edge.address.to_string(),
        })
        .collect()
}

fn constant(resource: &DesiredResource) -> serde_json::Value {
    resource.properties.as_value().unwrap_or_else(|| panic!("{:?}", resource.properties)).to_json()
}

const MODULES: (&str, &str) = (
    "modules/pair/module.yaml",
    r#"module: pair
parameters:
  name: {type: string}
  target: {type: string, default: "alias/none"}
  tags: {type: object, default: {}}
resources:
  inner:
    type: AWS::SQS::Queue
    properties:
      QueueName: ${parameters.name}-${region}
      KmsMasterKeyId: ${parameters.target}
  outer:
    type: AWS::SQS::Queue
    dependsOn: inner
outputs:
  arn: ${inner.Arn}
  name: ${parameters.name}
  queue: ${inner}
  both: ["${inner.Arn}", "${outer.Arn}", fixed]
"#,
);

#[test]
fn constants_fold_and_types_stay() {
    let project = Project::stack(
        r#"parameters:
  delay: {type: integer, default: 5}
  names: {type: array, default: [a, b]}
resources:
  queue:
    type: AWS::SQS::Queue
    properties:
      DelaySeconds: ${parameters.delay}
      QueueName: ${join(parameters.names, '-')}-${environment.name}
      FifoQueue: "${environment.name == 'prod' ? true : null}"
      RedriveAllowPolicy: {place: "${account.id}:${account.name}:${region}:${availabilityZone(1)}:$${literal}"}
"#,
    );
    let graph = graph(&project);
    assert_eq!(
        constant(at(&graph, "shop/queue")),
        json!({
            "DelaySeconds": 5,
            "QueueName": "a-b-local",
            "RedriveAllowPolicy": {"place": "333333333333:retail:us-east-1:us-east-1b:${literal}"},
        })
    );
}

#[test]
fn what_is_not_there_is_not_waited_for() {
    let project = Project::stack(
        r#"resources:
  none: {type: AWS::SQS::Queue, when: "${environment.name == 'prod'}"}
  some: {type: AWS::SQS::Queue}
  next: {type: AWS::SQS::Queue, dependsOn: [none, some]}
"#,
    );
    assert_eq!(edges(at(&graph(&project), "shop/next")), ["shop/some"]);
}

#[test]
fn modules_nest_and_outputs_carry_resources_and_values() {
    let project = Project::new(&[
        MODULES,
        (
            "modules/outer/module.yaml",
            "module: outer\nresources:\n  pair: {module: pair, with: {name: deep}}\n  next: {module: pair, with: {name: next, target: \"${pair.queue.Arn}\"}}\noutputs: {queue: \"${pair.queue}\", list: \"${next.both}\"}\n",
        ),
        (
            "stacks/shop.yaml",
            "stack: shop\naccount: retail\nresources:\n  top: {module: outer}\n  last:\n    type: AWS::SQS::Queue\n    dependsOn: [\"${top}\"]\n    properties: {QueueName: \"${top.list[2]}\", KmsMasterKeyId: \"${top.queue.QueueName}\"}\noutputs: {arn: \"${top.queue.Arn}\", list: \"${top.list}\"}\n",
        ),
    ]);
    let graph = graph(&project);
    let addresses: Vec<String> = graph.resources.keys().map(ToString::to_string).collect();
    assert_eq!(
        addresses,
        ["shop/last", "shop/top.next.inner", "shop/top.next.outer", "shop/top.pair.inner", "shop/top.pair.outer"]
    );
    assert_eq!(edges(at(&graph, "shop/top.next.inner")), ["shop/top.pair.inner by /KmsMasterKeyId"]);
    assert_eq!(edges(at(&graph, "shop/top.next.outer")), ["shop/top.next.inner"]);
    assert_eq!(
        edges(at(&graph, "shop/last")),
        ["shop/top.next.inner", "shop/top.next.outer", "shop/top.pair.inner by /KmsMasterKeyId", "shop/top.pair.outer"]
    );
    let outputs = &graph.outputs.values().next().unwrap();
    assert!(matches!(&outputs["list"].value, Template::List(list) if list.len() == 3));
}

#[test]
fn one_place_is_looked_at_in_a_list_of_outputs() {
    let project = Project::new(&[
        MODULES,
        (
            "stacks/shop.yaml",
            "stack: shop\naccount: retail\nresources:\n  top: {module: pair, with: {name: x}}\n  last: {type: AWS::SQS::Queue, properties: {QueueName: \"${top.both[2]}\"}}\n",
        ),
    ]);
    assert_eq!(constant(at(&graph(&project), "shop/last")), json!({"QueueName": "fixed"}));
}

#[test]
fn what_only_cloudformation_makes_is_told_where_it_stands() {
    let project = Project::stack("resources:\n  mesh: {type: AWS::AppMesh::Mesh, properties: {MeshName: m}}\n");
    let loaded = project.load();
    let told: Vec<(&str, usize)> =
        loaded.diagnostics.iter().map(|each| (each.code.as_str(), each.labels.len())).collect();
    assert_eq!(told, [("charter::only-by-cloudformation", 1)]);
    assert!(loaded.graph.is_some(), "AWS may offer it by now");
}

#[test]
fn several_outputs_of_one_instance_are_asked_for_by_a_computed_key() {
    let project = Project::new(&[
        MODULES,
        (
            "stacks/shop.yaml",
            r#"stack: shop
account: retail
resources:
  pairs:
    forEach: [a, b]
    module: pair
    with: {name: "${each.key}"}
  last:
    type: AWS::SQS::Queue
    properties: {QueueName: "${join(['a', 'b'].map(key, pairs[key].name + pairs[key].both[2]), '-')}"}
"#,
        ),
    ]);
    assert_eq!(constant(at(&graph(&project), "shop/last")), json!({"QueueName": "afixed-bfixed"}));
}

#[test]
fn for_each_over_maps_and_lists() {
    let project = Project::new(&[
        MODULES,
        (
            "stacks/shop.yaml",
            r#"stack: shop
account: retail
resources:
  lines:
    forEach: ${environment.linesOfBusiness}
    when: ${each.value.active}
    module: pair
    with: {name: "${each.key}-${string(each.value.budget)}"}
  named:
    forEach: [b, a]
    type: AWS::SQS::Queue
    movedFrom: old:${each.key}
    properties: {QueueName: "${each.value}"}
  keyed:
    forEach: [{key: x, delay: 1}, {key: y, delay: 2}]
    type: AWS::SQS::Queue
    properties: {DelaySeconds: "${each.value.delay}", KmsMasterKeyId: "${named[each.key == 'x' ? 'a' : 'b'].Arn}"}
outputs:
  all: ${named.map(key, named[key].Arn)}
  count: ${size(named)}
  one: ${lines['cards'].arn}
"#,
        ),
    ]);
    let graph = graph(&project);
    let addresses: Vec<String> = graph.resources.keys().map(ToString::to_string).collect();
    assert_eq!(
        addresses,
        [
            "shop/keyed:x",
            "shop/keyed:y",
            "shop/lines:cards.inner",
            "shop/lines:cards.outer",
            "shop/named:a",
            "shop/named:b"
        ]
    );
    assert_eq!(edges(at(&graph, "shop/keyed:x")), ["shop/named:a by /KmsMasterKeyId"]);
    assert_eq!(edges(at(&graph, "shop/keyed:y")), ["shop/named:b by /KmsMasterKeyId"]);
    assert_eq!(at(&graph, "shop/named:a").lifecycle.moved_from.as_ref().unwrap().to_string(), "shop/old:a");
    let outputs = graph.outputs.values().next().unwrap();
    assert_eq!(outputs["count"].value.as_value(), Some(&Value::Number(2.into())));
    assert_eq!(outputs["all"].value.resources().len(), 2);
}

#[test]
fn only_the_branch_that_is_taken_makes_an_edge() {
    let project = Project::stack(
        r#"resources:
  one: {type: AWS::SQS::Queue, when: "${environment.name == 'local'}"}
  two: {type: AWS::SQS::Queue, when: "${environment.name != 'local'}"}
  user:
    type: AWS::SQS::Queue
    properties: {KmsMasterKeyId: "${environment.name == 'local' ? one.Arn : two.Arn}"}
  careful:
    type: AWS::SQS::Queue
    properties: {FifoQueue: "${environment.name != 'local' && two.FifoQueue}"}
"#,
    );
    let graph = graph(&project);
    assert_eq!(edges(at(&graph, "shop/user")), ["shop/one by /KmsMasterKeyId"]);
    assert_eq!(constant(at(&graph, "shop/careful")), json!({"FifoQueue": false}));
}

#[test]
fn how_a_resource_lives_is_kept_and_inherited() {
    let project = Project::new(&[
        MODULES,
        (
            "stacks/shop.yaml",
            r#"stack: shop
account: retail
resources:
  key:
    type: AWS::SQS::Queue
    protect: true
    retain: ${environment.ephemeral}
    replace: delete-first
    ignoreChanges: [/DelaySeconds]
    import: https://queue
    timeouts: {create: 1h30m, delete: 90s}
    account: governance
    region: eu-central-1
  top: {module: pair, with: {name: x}, protect: true, account: governance, movedFrom: before, dependsOn: [key]}
"#,
        ),
    ]);
    let graph = graph(&project);
    insta::assert_snapshot!(format!("{:#?}\n{:?}", at(&graph, "shop/key").lifecycle, at(&graph, "shop/key").placement));
    let inner = at(&graph, "shop/top.inner");
    assert!(inner.lifecycle.protect);
    assert_eq!(inner.lifecycle.moved_from.as_ref().unwrap().to_string(), "shop/before.inner");
    assert_eq!(inner.placement.account.as_str(), "governance");
    assert_eq!(edges(inner), ["shop/key"]);
}

#[test]
fn stacks_refer_to_each_other() {
    let project = Project::new(&[
        (
            "stacks/base.yaml",
            "stack: data-lake\naccount: governance\nresources: {queue: {type: AWS::SQS::Queue}}\noutputs: {arn: \"${queue.Arn}\", name: fixed}\n",
        ),
        (
            "stacks/shop.yaml",
            "stack: shop\naccount: retail\nresources:\n  own: {type: AWS::SQS::Queue, properties: {KmsMasterKeyId: \"${stacks['data-lake'].arn}\", QueueName: \"x-${stacks['data-lake'].name}\"}}\n",
        ),
    ]);
    let graph = graph(&project);
    assert_eq!(edges(at(&graph, "shop/own")), ["data-lake/queue by /KmsMasterKeyId"]);
}

#[test]
fn parameters_come_from_the_command_line_then_the_environment_then_the_default() {
    let text = "stack: shop\naccount: retail\nparameters:\n  a: {type: string, default: default}\n  b: {type: string, default: default}\n  c: {type: string, default: \"d-${environment.name}\"}\n  d: {type: string, secret: true}\n  e: {type: string, required: false}\noutputs: {a: \"${parameters.a}\", b: \"${parameters.b}\", c: \"${parameters.c}\", d: \"${parameters.d}\", e: \"${parameters.e}\"}\n";
    let environment =
        format!("{}parameters: {{shop: {{a: file, b: file, d: \"secret://env/TOKEN\"}}}}\n", support::LOCAL);
    let mut project = Project::new(&[("stacks/shop.yaml", text), ("environments/local.yaml", &environment)]);
    project.options.parameters.insert("shop.a".to_owned(), json!("given"));
    let graph = graph(&project);
    let outputs = graph.outputs.values().next().unwrap();
    let shown = |name: &str| outputs[name].value.as_value().unwrap().to_json();
    assert_eq!(
        (shown("a"), shown("b"), shown("c"), shown("e")),
        (json!("given"), json!("file"), json!("d-local"), json!(null))
    );
    assert!(matches!(outputs["d"].value, Template::Secret(_)));
}

#[test]
fn files_become_values_and_sources() {
    let project = Project::stack(
        "parameters: {name: {type: string, default: a.sql}}\noutputs: {a: \"${file('sql/a.sql')}\", b: \"${sha256(file('sql/' + parameters.name))}\"}\n",
    );
    project.write("stacks/sql/a.sql", b"select 1;\n");
    let graph = graph(&project);
    let outputs = graph.outputs.values().next().unwrap();
    assert_eq!(outputs["a"].value.as_value(), Some(&"select 1;\n".into()));
    let read: Vec<&str> = graph.sources.files().iter().map(|file| &*file.name).collect();
    assert_eq!(read, ["environments/local.yaml", "stacks/shop.yaml", "stacks/sql/a.sql"]);
}

#[test]
fn grants_become_the_smallest_policy() {
    let project = Project::stack(
        r#"resources:
  reader:
    type: AWS::IAM::Role
    properties: {AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: []}}
  bucket: {type: AWS::S3::Bucket}
  queues: {forEach: [a, b], type: AWS::SQS::Queue}
  profile:
    type: AWS::Bedrock::ApplicationInferenceProfile
    properties: {InferenceProfileName: p, ModelSource: {CopyFrom: "arn:aws:bedrock:us-east-1::foundation-model/m"}}
  source:
    type: AWS::Kendra::DataSource
    properties: {IndexId: "0123456789abcdef0123456789abcdef0123", Name: n, Type: S3}
grants:
  - {to: "${reader}", on: "${bucket}", access: [read, write], prefix: in/}
  - {to: "${reader}", on: "${queues}", access: send}
  - {to: "${reader}", on: "${profile}", access: invoke}
  - {to: "${reader}", on: "${source}", access: sync, when: "${environment.name == 'local'}"}
  - {to: "${reader}", on: "${source}", access: sync, when: false}
access:
  - {principal: "${reader}", action: ["s3:GetObject", "s3:PutObject"], resource: "${bucket.Arn}/in/x", expect: allow}
  - {principal: "arn:aws:iam::333333333333:role/x", action: "sqs:SendMessage", resource: "${queues['a']}", expect: deny}
"#,
    );
    let graph = graph(&project);
    let policy = at(&graph, "shop/reader_grants");
    assert_eq!(policy.type_name.as_str(), "AWS::IAM::RolePolicy");
    assert_eq!(graph.grants.len(), 6);
    assert_eq!(graph.expectations.len(), 3);
    insta::assert_snapshot!(show(&policy.properties, 0));
    insta::assert_snapshot!(edges(policy).join("\n"));
}

/// A template as one would write it.
fn show(template: &Template, depth: usize) -> String {
    let pad = "  ".repeat(depth);
    match template {
        Template::Value(value) => value.to_json().to_string(),
        Template::Secret(reference) => reference.to_string(),
        Template::Expression(expression) => {
            let on: Vec<String> = template.resources().iter().map(ToString::to_string).collect();
            format!("${{{}}} of {}", expression.text, on.join(", "))
        }
        Template::Interpolation(parts) => parts.iter().map(|part| show(part, depth)).collect::<Vec<_>>().join(" + "),
        Template::List(list) => {
            list.iter().map(|each| format!("\n{pad}- {}", show(each, depth + 1).trim_start())).collect()
        }
        Template::Map(map) => {
            map.iter().map(|(key, each)| format!("\n{pad}{key}: {}", show(each, depth + 1))).collect()
        }
    }
}

#[test]
fn secrets_stay_references() {
    let project = Project::stack(
        "resources:\n  queue:\n    type: AWS::SQS::Queue\n    properties: {KmsMasterKeyId: secret://secretsmanager/app#key, QueueName: \"x-${parameters.p}\"}\nparameters: {p: {type: string, secret: true, default: secret://env/P}}\n",
    );
    let graph = graph(&project);
    let Template::Map(map) = &at(&graph, "shop/queue").properties else { panic!() };
    assert!(matches!(map["KmsMasterKeyId"], Template::Secret(_)));
    assert!(matches!(map["QueueName"], Template::Interpolation(_)));
}

#[test]
fn ids_may_be_written_without_quotes() {
    let environment = support::LOCAL.replace("\"333333333333\"", "012345678901");
    let project = Project::new(&[
        ("environments/local.yaml", &environment),
        ("stacks/shop.yaml", "stack: shop\naccount: retail\noutputs: {id: \"${account.id}\"}\n"),
    ]);
    let graph = graph(&project);
    assert_eq!(graph.outputs.values().next().unwrap()["id"].value.as_value(), Some(&"012345678901".into()));
}

/// `for each` comes before `when`, as in blocks, and makes one expectation for each element and action.
#[test]
fn an_expectation_with_for_each_is_one_for_each_element() {
    let project = Project::stack(
        r#"parameters:
  lines: {type: object, default: {retail: {asks: true}, cards: {asks: true}, loans: {asks: false}}}
resources:
  reader: {type: AWS::IAM::Role, forEach: "${parameters.lines}", properties: {AssumeRolePolicyDocument: {}}}
  queue: {type: AWS::SQS::Queue, forEach: "${parameters.lines}", when: "${each.value.asks}"}
access:
  - forEach: ${parameters.lines}
    when: ${each.value.asks}
    principal: ${reader[each.key]}
    action: ["sqs:SendMessage", "sqs:ReceiveMessage"]
    resource: ${queue[each.key]}
    expect: allow
  - forEach: [{key: a, resource: "arn:aws:sqs:us-east-1:333333333333:a"}]
    principal: "arn:aws:iam::333333333333:role/${each.key}"
    action: sqs:SendMessage
    resource: ${each.value.resource}
    expect: deny
  - {forEach: [], principal: "x", action: "sqs:SendMessage", resource: "y", expect: deny}
  - {principal: "x", action: "sqs:SendMessage", resource: "y", expect: deny}
"#,
    );
    let graph = graph(&project);
    let found: Vec<(Option<&str>, &str, usize)> = graph
        .expectations
        .iter()
        .map(|each| {
            let line = each.span.and_then(|span| graph.sources.location(span)).unwrap().line;
            (each.key.as_deref(), each.action.as_str(), line as usize)
        })
        .collect();
    let both = |key: &'static str| [(Some(key), "sqs:SendMessage", 9), (Some(key), "sqs:ReceiveMessage", 9)];
    let rest = [(Some("a"), "sqs:SendMessage", 15), (None, "sqs:SendMessage", 21)];
    assert_eq!(found, [both("cards").as_slice(), &both("retail"), &rest].concat());
    let text = |template: &Template| show(template, 0);
    assert!(text(&graph.expectations[0].principal).contains("shop/reader:cards"));
    assert!(text(&graph.expectations[3].resource).contains("shop/queue:retail"));
    assert_eq!(graph.expectations[4].principal, Template::Value(Value::from("arn:aws:iam::333333333333:role/a")));
    assert_eq!(graph.expectations[4].resource, Template::Value(Value::from("arn:aws:sqs:us-east-1:333333333333:a")));
}

#[test]
fn the_schemas_offer_every_type_and_are_small() {
    let catalog = charter_catalog::Catalog::embedded();
    for kind in charter_lang::FileKind::ALL {
        let schema = charter_lang::json_schema(kind, catalog);
        assert!(schema.to_string().len() < 100_000);
        assert_eq!(schema["type"], "object");
    }
    let used = [charter_model::TypeName::new("AWS::SQS::Queue").unwrap()].into();
    let schema = charter_lang::json_schema_with(charter_lang::FileKind::Stack, catalog, &used);
    assert!(schema["$defs"]["AWS-SQS-Queue"]["properties"]["DelaySeconds"].is_object());
    assert!(schema["$defs"]["block"]["properties"]["type"]["enum"].as_array().unwrap().len() > 1500);
    assert!(schema["$defs"]["expectation"]["properties"]["forEach"].is_object());
}

/// The blocks of a stack and the members of each, in any order.
fn shuffled_stack() -> impl Strategy<Value = String> {
    let blocks = vec![
        vec!["a:", "type: AWS::SQS::Queue", "dependsOn: [b]", "protect: true"],
        vec![
            "b:",
            "type: AWS::SQS::Queue",
            "properties: {QueueName: \"n-${c['x'].Arn}\", DelaySeconds: \"${parameters.delay}\"}",
        ],
        vec!["c:", "forEach: [y, x]", "type: AWS::SQS::Queue", "region: eu-west-1"],
    ];
    let top = vec![
        "account: retail",
        "parameters: {delay: {default: 3, type: integer}}",
        "outputs: {z: \"${a.Arn}\", y: \"${c['y'].Arn}\"}",
    ];
    let block = |lines: Vec<&'static str>| {
        let (name, members) = (lines[0], lines[1..].to_vec());
        Just(members).prop_shuffle().prop_map(move |members| {
            members.iter().fold(format!("  {name}\n"), |text, member| format!("{text}    {member}\n"))
        })
    };
    let blocks: Vec<_> = blocks.into_iter().map(block).collect();
    (blocks, Just(top).prop_shuffle(), any::<bool>()).prop_flat_map(|(blocks, top, first)| {
        Just(blocks).prop_shuffle().prop_map(move |blocks| {
            let resources = format!("resources:\n{}", blocks.concat());
            let top = top.join("\n");
            if first { format!("stack: shop\n{resources}{top}\n") } else { format!("stack: shop\n{top}\n{resources}") }
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_keys_changes_nothing(text in shuffled_stack()) {
        let shown = |text: &str| {
            let graph = graph(&Project::new(&[("stacks/shop.yaml", text)]));
            let resources: Vec<String> = graph
                .resources
                .values()
                .map(|each| format!("{} {} {:?} {:?}", each.address, show(&each.properties, 0), edges(each), each.lifecycle))
                .collect();
            let outputs: Vec<String> = graph.outputs.values().flatten().map(|(name, output)| format!("{name}={}", show(&output.value, 0))).collect();
            format!("{resources:#?}{outputs:?}")
        };
        let plain = "stack: shop\naccount: retail\nparameters: {delay: {default: 3, type: integer}}\noutputs: {z: \"${a.Arn}\", y: \"${c['y'].Arn}\"}\nresources:\n  a: {type: AWS::SQS::Queue, dependsOn: [b], protect: true}\n  b:\n    type: AWS::SQS::Queue\n    properties: {QueueName: \"n-${c['x'].Arn}\", DelaySeconds: \"${parameters.delay}\"}\n  c: {forEach: [x, y], type: AWS::SQS::Queue, region: eu-west-1}\n";
        prop_assert_eq!(shown(&text), shown(plain));
    }
}
