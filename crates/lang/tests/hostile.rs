//! Input that is not meant well, or not meant for us: a clear diagnostic each, never a panic, never a long wait.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod support;
use proptest::prelude::*;
use support::Project;

fn stack_of(text: &str) -> String {
    Project::new(&[("stacks/shop.yaml", text)]).report()
}

#[test]
fn an_alias_bomb_is_defused() {
    let mut text = "stack: shop\naccount: retail\noutputs:\n  a: &a [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for (name, before) in ('b'..='i').zip('a'..='h') {
        let list = vec![format!("*{before}"); 10].join(", ");
        text.push_str(&format!("  {name}: &{name} [{list}]\n"));
    }
    insta::assert_snapshot!(stack_of(&text));
}

#[test]
fn deep_nesting_is_refused() {
    let flow = format!("stack: shop\noutputs: {{a: {}{}}}\n", "[".repeat(5000), "]".repeat(5000));
    insta::assert_snapshot!(stack_of(&flow));
    let mut block = "stack: shop\noutputs:\n".to_owned();
    for level in 1..200 {
        block.push_str(&format!("{}a:\n", " ".repeat(level)));
    }
    insta::assert_snapshot!(stack_of(&block));
}

#[test]
fn aliases_cannot_nest_deeper_than_text() {
    let mut text = "stack: shop\naccount: retail\noutputs:\n  a0: &a0 [x]\n".to_owned();
    for level in 1..100 {
        text.push_str(&format!("  a{level}: &a{level} [*a{}]\n", level - 1));
    }
    insta::assert_snapshot!(stack_of(&text));
}

#[test]
fn huge_texts_and_files_are_refused() {
    let text = format!("stack: shop\noutputs: {{a: {}}}\n", "x".repeat(2 << 20));
    insta::assert_snapshot!(stack_of(&text));
    let file = format!("stack: shop\n#{}\n", "x".repeat(9 << 20));
    insta::assert_snapshot!(stack_of(&file));
    let expression = format!("stack: shop\naccount: retail\noutputs: {{a: \"${{{}}}\"}}\n", "1+".repeat(20_000));
    assert!(stack_of(&expression).contains("the expression is 40000 bytes long"));
    let nested =
        format!("stack: shop\naccount: retail\noutputs: {{a: \"${{{}1{}}}\"}}\n", "(".repeat(2000), ")".repeat(2000));
    assert!(stack_of(&nested).starts_with("expression: "));
}

#[test]
fn what_is_not_a_file_of_text() {
    let project = Project::stack("");
    project.write("stacks/latin.yaml", b"stack: caf\xe9\n");
    project.write("stacks/utf16.yaml", b"\xff\xfes\0t\0");
    project.write("stacks/nul.yaml", b"stack: a\0b\n");
    std::fs::create_dir_all(project.folder.path().join("stacks/folder.yaml")).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("loop.yaml", project.folder.path().join("stacks/loop.yaml")).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("/dev/zero", project.folder.path().join("stacks/zero.yaml")).unwrap();
    insta::assert_snapshot!(project.report());
}

#[test]
fn files_without_content() {
    let project = Project::new(&[
        ("stacks/comment.yaml", "# nothing\n"),
        ("stacks/empty.yaml", ""),
        ("stacks/list.yaml", "- a\n"),
        ("stacks/null.yaml", "~\n"),
        ("stacks/text.yaml", "hello\n"),
        ("stacks/two.yaml", "stack: a\n---\nstack: b\n"),
    ]);
    insta::assert_snapshot!(project.report());
}

#[test]
fn what_yaml_refuses_and_what_we_do() {
    for (text, start) in [
        ("stack: shop\naccount: retail\n\tdescription: x\n", "yaml: "),
        ("stack: [shop\n", "yaml: "),
        ("stack: \"shop\n", "yaml: "),
        ("stack: shop\naccount: retail\noutputs: {a: *b}\n", "unknown-alias: "),
        ("stack: shop\naccount: retail\noutputs: {a: &a [*a]}\n", "alias-inside-itself: "),
        ("stack: shop\naccount: retail\noutputs: {a: !Ref b}\n", "unknown-tag: "),
        ("stack: shop\naccount: retail\noutputs: {<<: {a: 1}}\n", "merge-key: "),
        ("stack: shop\naccount: retail\noutputs: {a: .nan}\n", "wrong-type: "),
        ("stack: shop\naccount: retail\noutputs: {a: 99999999999999999999999}\n", "wrong-type: "),
        ("stack: shop\naccount: retail\noutputs: {[a]: 1}\n", "wrong-key: "),
        ("stack: shop\naccount: retail\noutputs: {\"${a}\": 1}\n", "expression-in-key: "),
    ] {
        let report = stack_of(text);
        assert!(report.starts_with(start), "{text}\n{report}");
        assert!(report.contains("\n  help: "), "{report}");
    }
    insta::assert_snapshot!(stack_of("stack: shop\nresources:\n\ta: 1\n"));
    insta::assert_snapshot!(stack_of("stack: shop\noutputs:\n  a: ${region == 'x' ? 1 : 2}\n"));
}

#[test]
fn windows_line_ends_and_byte_order_marks_are_no_matter() {
    let text =
        "stack: shop\naccount: retail\nresources:\n  queue:\n    type: AWS::SQS::Queue\noutputs:\n  a: ${queue.Arm}\n";
    let plain = stack_of(text);
    assert!(plain.contains("[Arm]"), "{plain}");
    assert_eq!(stack_of(&text.replace('\n', "\r\n")), plain);
    let marked = stack_of(&format!("\u{feff}{text}"));
    assert_eq!(marked, plain);
}

#[test]
fn yaml_is_read_as_version_1_2() {
    let text = "stack: shop\naccount: retail\noutputs: {a: yes, b: no, c: 2012-10-17, d: 0o17, e: 0x1F, f: 1e3, g: .5, h: '1', i: null, j: ~, k: True, l: 1_000, m: 12:30:45, n: !!str 5}\n";
    let loaded = Project::new(&[("stacks/shop.yaml", text)]).load();
    let outputs = &loaded.graph.unwrap().outputs.into_iter().next().unwrap().1;
    let shown: Vec<String> =
        outputs.iter().map(|(name, output)| format!("{name}={}", output.value.as_value().unwrap().to_json())).collect();
    assert_eq!(
        shown.join(" "),
        "a=\"yes\" b=\"no\" c=\"2012-10-17\" d=15 e=31 f=1000.0 g=0.5 h=\"1\" i=null j=null k=true l=\"1_000\" m=\"12:30:45\" n=\"5\""
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let project = Project::stack("");
        project.write("stacks/other.yaml", &bytes);
        project.report();
    }

    #[test]
    fn no_text_makes_it_panic(text in "[-a-z:{}\\[\\]\"'#&*!|>%@`$ \n\t,?]{0,80}") {
        let project = Project::stack("");
        project.write("stacks/other.yaml", text.as_bytes());
        project.report();
    }

    #[test]
    fn no_expression_makes_it_panic(text in "[-a-z0-9.:{}()\\[\\]'?!&|<>=+*/%, ]{0,40}") {
        let yaml = format!("stack: shop\naccount: retail\noutputs:\n  a: '${{{}}}'\n", text.replace('\'', "''"));
        Project::new(&[("stacks/shop.yaml", &yaml)]).report();
    }

    #[test]
    fn no_likely_expression_makes_it_panic(parts in proptest::collection::vec(prop_oneof![
        Just("a"), Just("each"), Just("parameters.x"), Just("[1, 2]"), Just("{'k': 1}"), Just("'t'"), Just("1.5"), Just("null"),
        Just("."), Just("?"), Just(":"), Just("+"), Just("["), Just("]"), Just("("), Just(")"), Just("has("), Just(".map(x, "),
        Just("&&"), Just("in"), Just("size("), Just(",") , Just("T{f: 1}"), Just("b'x'"), Just(".?k"), Just("optional.of("),
    ], 0..12)) {
        let yaml = format!("stack: shop\naccount: retail\noutputs:\n  a: '${{{}}}'\n", parts.join(" ").replace('\'', "''"));
        Project::new(&[("stacks/shop.yaml", &yaml)]).report();
    }
}
