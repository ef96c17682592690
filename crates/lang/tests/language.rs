//! Every mistake that a user can make, and what they are told: the marked characters stand in brackets.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod support;
use support::Project;

/// A resource whose properties are wrong in no way.
const QUEUE: &str = "    type: AWS::SQS::Queue\n";

#[test]
fn misspelt_keys_everywhere() {
    let project = Project::stack(
        "resorces: {}\nparameters: {size: {typ: string, minimun: 1}}\nresources:\n  a:\n    typ: AWS::SQS::Queue\n  b:\n    type: AWS::SQS::Queue\n    dependOn: [a]\n    timeouts: {crate: 5m}\naccess:\n  - {principle: x, action: a:b, resource: r, expect: deny}\n",
    );
    insta::assert_snapshot!(project.report());
}

#[test]
fn wrong_types_of_values() {
    let project = Project::stack(
        "description: [no]\nparameters: 5\nresources:\n  a:\n    type: AWS::SQS::Queue\n    protect: yes\n    replace: first\n    timeouts: {create: soon}\n    ignoreChanges: [DelaySeconds, /Delay]\n  b: nothing\n  c:\n    type: 15\noutputs: [a]\ngrants: {to: a}\n",
    );
    insta::assert_snapshot!(project.report());
}

#[test]
fn properties_are_checked_against_the_catalogue() {
    let project = Project::stack(
        "resources:\n  index:\n    type: AWS::Kendra::Index\n    properties:\n      Name: reviews\n      Editon: DEVELOPER_EDITION\n      RoleArn: 5\n  other:\n    type: AWS::Kendra::Indx\n  cluster:\n    type: AWS::RDS::DBCluster\n    properties:\n      Engine: aurora-postgresql\n      EngineVersion: 15.10\n",
    );
    insta::assert_snapshot!(project.report());
}

#[test]
fn misspelt_references() {
    let project = Project::stack(
        "parameters: {size: {type: number, default: 1}}\nresources:\n  queue:\n    type: AWS::SQS::Queue\n    properties:\n      DelaySeconds: ${parameters.siz}\n      QueueName: ${quue.QueueName}-${size}\n      KmsMasterKeyId: ${key.Arm}\n      RedrivePolicy: {deadLetterTargetArn: \"${queue2}\", x: \"${enviroment.name}\", y: \"${environment.nam}\", z: \"${account.arn}\", e: \"${each.key}\"}\n  key:\n    type: AWS::KMS::Key\n    properties: {KeyPolicy: {}}\n  queue2:\n    type: AWS::SQS::Queue\n    properties:\n      QueueName: ${stacks.other.name}\n      KmsMasterKeyId: ${stacks.shop.nam}\noutputs:\n  name: ${queue2.QueueName}\n",
    );
    insta::assert_snapshot!(project.report());
}

#[test]
fn a_stack_with_a_dash_reads_as_minus() {
    let project = Project::new(&[
        ("stacks/one.yaml", "stack: data-lake\naccount: retail\noutputs: {name: fixed}\n"),
        (
            "stacks/two.yaml",
            "stack: two\naccount: retail\noutputs: {copy: \"${stacks.data-lake.name}\", right: \"${stacks['data-lake'].name}\"}\n",
        ),
    ]);
    insta::assert_snapshot!(project.report());
}

#[test]
fn expressions_that_cannot_be_read() {
    let project = Project::stack(
        "outputs:\n  a: ${1 +}\n  b: 'x ${'\n  c: ${}\n  d: \"quoted \\u00e9 ${nonsense(1)} ${lowr('A')}\"\n  e: |\n    block\n    ${1 + + 2}\n  f: \"${'open}\"\n",
    );
    insta::assert_snapshot!(project.report());
}

#[test]
fn expressions_that_fail() {
    let project = Project::stack(
        "parameters: {size: {type: number, default: 1.5}}\noutputs:\n  a: ${1 / 0}\n  b: ${environment.linesOfBusiness.card.active}\n  c: ${parameters.size * 2}\n  d: \"text ${environment.linesOfBusiness}\"\n  e: ${cidrSubnet('10.0.0.7/16', 8, 0)}\n  f: ${[1, 2][5]}\n  g: ${fromJson('{')}\n",
    );
    insta::assert_snapshot!(project.report());
}

#[test]
fn a_cycle_is_shown_at_its_shortest() {
    let queue = |name: &str, target: &str| {
        format!("  {name}:\n{QUEUE}    properties: {{RedrivePolicy: {{deadLetterTargetArn: \"${{{target}.Arn}}\"}}}}\n")
    };
    let project = Project::stack(&format!(
        "resources:\n{}{}{}{}  e:\n{QUEUE}    dependsOn: [a, b]\n",
        queue("a", "b"),
        queue("b", "c"),
        queue("c", "d"),
        "  d:\n    type: AWS::SQS::Queue\n    dependsOn: [a, c]\n",
    ));
    insta::assert_snapshot!(project.report());
}

#[test]
fn a_cycle_across_stacks_and_modules() {
    let project = Project::new(&[
        (
            "modules/queue/module.yaml",
            "module: queue\nparameters: {target: {type: string}}\nresources:\n  queue:\n    type: AWS::SQS::Queue\n    properties: {RedrivePolicy: {deadLetterTargetArn: \"${parameters.target}\"}}\noutputs: {arn: \"${queue.Arn}\"}\n",
        ),
        (
            "stacks/a.yaml",
            "stack: a\naccount: retail\nresources:\n  one: {module: queue, with: {target: \"${stacks.b.arn}\"}}\noutputs: {arn: \"${one.arn}\"}\n",
        ),
        (
            "stacks/b.yaml",
            "stack: b\naccount: retail\nresources:\n  two: {module: queue, with: {target: \"${stacks.a.arn}\"}}\noutputs: {arn: \"${two.arn}\"}\n",
        ),
    ]);
    insta::assert_snapshot!(project.report());
}

#[test]
fn a_resource_that_needs_itself() {
    let project =
        Project::stack("resources:\n  a:\n    type: AWS::SQS::Queue\n    properties: {QueueName: \"${a.Arn}\"}\n");
    insta::assert_snapshot!(project.report());
}

#[test]
fn values_that_need_each_other() {
    let project = Project::new(&[
        ("stacks/a.yaml", "stack: a\naccount: retail\noutputs: {x: \"${stacks.b.y}\"}\n"),
        ("stacks/b.yaml", "stack: b\naccount: retail\noutputs: {y: \"${stacks.a.x}\"}\n"),
    ]);
    insta::assert_snapshot!(project.report());
}

#[test]
fn a_module_without_an_end_hides_no_other_mistake() {
    let project = Project::new(&[
        ("modules/self/module.yaml", "module: self\nresources: {inner: {module: self}}\n"),
        (
            "stacks/s.yaml",
            "stack: s\naccount: retail\nresources:\n  x: {module: self}\n  y: {type: AWS::S3::Bucket, properties: {BucketNam: b}}\n",
        ),
    ]);
    let report = project.report();
    for code in ["module-cycle", "unknown-property"] {
        assert!(report.contains(code), "{code} is missing from\n{report}");
    }
}

#[test]
fn modules_that_include_themselves() {
    let project = Project::new(&[
        ("modules/a/module.yaml", "module: a\nresources: {inner: {module: b}}\n"),
        ("modules/b/module.yaml", "module: b\nresources: {inner: {module: c}}\n"),
        ("modules/c/module.yaml", "module: c\nresources: {inner: {module: b}}\n"),
        ("modules/self/module.yaml", "module: self\nresources: {inner: {module: self}}\n"),
        (
            "stacks/s.yaml",
            "stack: s\naccount: retail\nresources: {x: {module: a}, y: {module: self}, z: {module: missing}, w: {module: slf}}\n",
        ),
    ]);
    insta::assert_snapshot!(project.report());
}

#[test]
fn what_a_module_is_given() {
    let project = Project::new(&[
        (
            "modules/m/module.yaml",
            "module: m\nparameters:\n  name: {type: string, pattern: '^[a-z]+$'}\n  size: {type: integer, minimum: 1, maximum: 3, default: 2}\n  kind: {type: string, enum: [small, large], default: small}\n  shape: {type: object, properties: {wide: {type: boolean}}, required: [wide], default: {wide: true}}\n  list: {type: array, items: {type: string}, minItems: 1, default: [x]}\nresources:\n  inner: {type: AWS::SQS::Queue}\noutputs: {arn: \"${inner.Arn}\"}\n",
        ),
        (
            "stacks/s.yaml",
            "stack: s\naccount: retail\nresources:\n  a: {module: m}\n  b: {module: m, with: {nam: x}}\n  c: {module: m, with: {name: ABC, size: 9, kind: lrge, shape: {wde: 1}, list: [1]}}\n  d: {module: m, with: {name: abc, size: \"2\"}}\noutputs: {x: \"${d.arm}\", y: \"${d.inner}\", z: \"${d}\"}\n",
        ),
    ]);
    insta::assert_snapshot!(project.report());
}

#[test]
fn parameters_of_stacks() {
    let mut project = Project::new(&[
        (
            "environments/local.yaml",
            &format!("{}parameters: {{shop: {{siz: 1, count: many}}, shp: {{a: 1}}}}\n", support::LOCAL),
        ),
        (
            "stacks/shop.yaml",
            "stack: shop\naccount: retail\nparameters:\n  size: {type: number}\n  count: {type: integer}\n  word: {type: string, default: 5}\n  odd: {type: text}\n  bad: {type: string, pattern: '('}\n  secret: {type: string, secret: true, default: hunter2}\n  loop: {type: string, default: \"${parameters.size}\"}\n",
        ),
    ]);
    project.options.parameters.insert("shop.sise".to_owned(), serde_json::json!(1));
    project.options.parameters.insert("other".to_owned(), serde_json::json!(1));
    insta::assert_snapshot!(project.report());
}

#[test]
fn for_each_and_when() {
    let project = Project::stack(
        "resources:\n  a:\n    forEach: ${environment.linesOfBusiness}\n    when: ${each.value.active}\n    type: AWS::SQS::Queue\n    properties: {QueueName: \"${each.kye}\"}\n  b: {forEach: 5, type: AWS::SQS::Queue}\n  c: {forEach: [{name: x}], type: AWS::SQS::Queue}\n  d: {forEach: [x, x], type: AWS::SQS::Queue}\n  e: {forEach: ['no space'], type: AWS::SQS::Queue}\n  f: {forEach: \"${[plain.Arn]}\", type: AWS::SQS::Queue}\n  plain: {type: AWS::SQS::Queue}\n  queue: {type: AWS::SQS::Queue, when: 'yes'}\n  none: {type: AWS::SQS::Queue, when: false}\n",
    );
    insta::assert_snapshot!(project.report());
}

#[test]
fn expectations_for_each() {
    let project = Project::stack(
        "parameters:\n  lines: {type: object, default: {retail: 1, cards: 2}}\nresources:\n  queue: {type: AWS::SQS::Queue, forEach: [retail]}\n  plain: {type: AWS::SQS::Queue}\naccess:\n  - {forEach: 5, principal: \"x\", action: a:b, resource: \"y\", expect: deny}\n  - {forEach: [{name: x}], principal: \"x\", action: a:b, resource: \"y\", expect: deny}\n  - {forEach: [x, x], principal: \"x\", action: a:b, resource: \"y\", expect: deny}\n  - {forEach: ['no space'], principal: \"x\", action: a:b, resource: \"y\", expect: deny}\n  - {forEach: \"${[plain.Arn]}\", principal: \"x\", action: a:b, resource: \"y\", expect: deny}\n  - {forEach: \"${parameters.line}\", principal: \"x\", action: a:b, resource: \"y\", expect: deny}\n  - {forEach: \"${parameters.lines}\", principal: \"${each.kye}\", action: a:b, resource: \"y\", expect: deny}\n  - {forEach: \"${parameters.lines}\", principal: \"x\", action: a:b, resource: \"${queue[each.key].Arn}\", expect: deny}\n  - {principal: \"${each.key}\", action: a:b, resource: \"y\", expect: deny}\n  - {forEach: \"${each.value}\", principal: \"x\", action: a:b, resource: \"y\", expect: deny}\n  - {forEech: [a], principal: \"x\", action: a:b, resource: \"y\", expect: deny}\n  - {forEach: [1], when: \"${each.value}\", principal: \"x\", action: a:b, resource: \"y\", expect: deny}\n  - {forEach: [retail], principal: \"${queue[each.key]}\", action: a:b, resource: \"${queue[plain.Arn]}\", expect: deny}\n  - {forEach: [retail], principal: \"${queue[each.key].Anr}\", action: a:b, resource: \"${queue['cards']}\", expect: deny}\n  - {forEach: [cards], principal: \"${queue[each.key]}\", action: a:b, resource: \"${queue}\", expect: deny}\n",
    );
    insta::assert_snapshot!(project.report());
}

#[test]
fn references_to_instances() {
    let project = Project::stack(
        "resources:\n  a:\n    forEach: ${environment.linesOfBusiness}\n    when: ${each.value.active}\n    type: AWS::SQS::Queue\n  none: {type: AWS::SQS::Queue, when: \"${environment.name == 'prod'}\"}\noutputs:\n  right: ${a['cards'].Arn}\n  slip: ${a['crds'].Arn}\n  absent: ${a['loans'].Arn}\n  number: ${a[0].Arn}\n  bare: ${a}\n  attribute: ${a.Arn}\n  none: ${none.Arn}\n  guarded: \"${environment.name == 'prod' ? none.Arn : 'nothing'}\"\n",
    );
    insta::assert_snapshot!(project.report());
}

#[test]
fn accounts_regions_and_addresses() {
    let project = Project::new(&[
        ("stacks/a.yaml", "stack: a\naccount: retial\n"),
        ("stacks/b.yaml", "stack: b\n"),
        ("stacks/c.yaml", "stack: c\naccount: retail\nregion: us-est\n"),
        (
            "stacks/d.yaml",
            "stack: d\naccount: retail\nresources:\n  x: {type: AWS::SQS::Queue, account: nobody, region: 5}\n  y: {type: AWS::SQS::Queue, movedFrom: 'a b', import: 7}\n  z: {type: AWS::SQS::Queue, movedFrom: d/z}\n  each: {type: AWS::SQS::Queue}\n  my-queue: {type: AWS::SQS::Queue}\n  for: {type: AWS::SQS::Queue}\n  w: {type: AWS::SQS::Queue, dependsOn: [nothing, parameters]}\n",
        ),
    ]);
    insta::assert_snapshot!(project.report());
}

#[test]
fn grants_and_expectations() {
    let project = Project::stack(
        "resources:\n  reader: &role\n    type: AWS::IAM::Role\n    properties: {AssumeRolePolicyDocument: {}}\n  far:\n    type: AWS::SQS::Queue\n    account: governance\n  near: {type: AWS::SQS::Queue}\n  topic: {type: AWS::IAM::Group}\ngrants:\n  - {to: \"${reader}\", on: \"${far}\", access: send}\n  - {to: \"${near}\", on: \"${near}\", access: send}\n  - {to: \"${reader}\", on: \"${near}\", access: sned}\n  - {to: \"${reader}\", on: \"${near}\", access: own}\n  - {to: \"${reader}\", on: \"${topic}\", access: join}\n  - {to: reader, on: \"${near.Arn}\", access: send}\n  - {to: \"${reader}\", on: \"${near}\", access: send, prefix: x}\naccess:\n  - {principal: \"${reader}\", action: 'sqs:*', resource: \"${near}\", expect: maybe}\n",
    );
    insta::assert_snapshot!(project.report());
}

#[test]
fn secrets_stand_alone() {
    let project = Project::stack(
        "outputs:\n  a: secret://vault/x\n  b: secret://secretsmanager/\n  c: secret://env/1X\n  d: postgres://u:secret://env/X@host\n  e: secret://secretsmanger/a#b\n",
    );
    insta::assert_snapshot!(project.report());
}

#[test]
fn files_that_expressions_read() {
    let project = Project::stack(
        "outputs:\n  a: ${file('missing.sql')}\n  b: ${file('../../outside')}\n  c: ${file('..')}\n  d: ${file('/etc/passwd')}\n",
    );
    insta::assert_snapshot!(project.report());
}

#[test]
fn an_environment_full_of_mistakes() {
    let project = Project::new(&[
        (
            "environments/local.yaml",
            "environment: lcal\ntarget: simulatr\nregoin: us-east-1\nregion: useast\naccounts:\n  a: {id: 12}\n  b: {id: \"222222222222\", externalId: x, roll: y}\n  c: {id: 222222222222}\n  d-: {}\ntags: {\"aws:x\": 1, \"charter:stack\": y, list: []}\nstate: {backend: disk}\nephemeral: sometimes\ndata: ${parameters.x}\n",
        ),
        ("stacks/s.yaml", "stack: s\n"),
    ]);
    insta::assert_snapshot!(project.report());
}

/// An environment with these accounts beside the one that manages them.
fn accounts(lines: &str) -> String {
    format!(
        "environment: local\ntarget: simulator\nregion: us-east-1\naccounts:\n  main: {{id: \"111111111111\"}}\n{lines}"
    )
}

#[test]
fn accounts_that_the_stacks_make() {
    let project = Project::new(&[
        (
            "environments/local.yaml",
            &accounts(
                "  a: {from: org/lab}\n  b: {from: org/lba}\n  c: {from: org/queue}\n  d: {from: org/lab}\n  e: {from: org/bale, id: \"222222222222\"}\n  f: {from: \"not an address\"}\n",
            ),
        ),
        (
            "stacks/org.yaml",
            "stack: org\naccount: main\nresources:\n  lab: {type: AWS::Organizations::Account, properties: {AccountName: lab, Email: aws+lab@example.com}}\n  queue: {type: AWS::SQS::Queue}\n",
        ),
    ]);
    insta::assert_snapshot!(project.report());
}

#[test]
fn an_account_cannot_be_made_from_within_itself() {
    let project = Project::new(&[
        ("environments/local.yaml", &accounts("  lab: {from: org/lab}\n")),
        (
            "stacks/org.yaml",
            "stack: org\naccount: main\nresources:\n  lab: {type: AWS::Organizations::Account, properties: {AccountName: lab, Email: \"aws+${queue.QueueName}@example.com\"}}\n  queue: {type: AWS::SQS::Queue, account: lab, properties: {QueueName: \"jobs-${account.id}\"}}\n",
        ),
    ]);
    insta::assert_snapshot!(project.report());
}

#[test]
fn an_environment_that_is_not_there() {
    let mut project = Project::stack("");
    project.options.environment = "lokal".to_owned();
    insta::assert_snapshot!(project.report());
    project.options.environment = "../stacks/shop".to_owned();
    insta::assert_snapshot!(project.report());
}

#[test]
fn the_same_names_twice() {
    let project = Project::new(&[
        (
            "stacks/a.yaml",
            "stack: a\naccount: retail\nresources:\n  x: {type: AWS::SQS::Queue}\n  x: {type: AWS::SQS::Queue}\n",
        ),
        ("stacks/b.yaml", "stack: a\naccount: retail\n"),
        ("modules/m/module.yaml", "module: n\n"),
    ]);
    insta::assert_snapshot!(project.report());
}

#[test]
fn a_block_must_be_one_thing() {
    let project = Project::stack(
        "resources:\n  a: {}\n  b: {type: AWS::SQS::Queue, module: m}\n  c: {module: m, properties: {}}\n  d: {type: AWS::SQS::Queue, with: {}}\n  e:\n    type: AWS::SQS::Queue\n    properties: [a]\n",
    );
    insta::assert_snapshot!(project.report());
}
