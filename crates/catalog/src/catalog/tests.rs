use super::*;
use crate::archive::write_archive;
use serde_json::json;

fn every_schema() -> impl Iterator<Item = Arc<TypeSchema>> {
    let catalog = Catalog::embedded();
    let names: Vec<TypeName> = catalog.type_names().map(|name| TypeName::new(name).unwrap()).collect();
    names.into_iter().map(|name| catalog.schema(&name).unwrap_or_else(|| panic!("{name} does not decode")))
}

#[test]
fn the_embedded_file_says_where_it_comes_from_and_holds_every_type() {
    let catalog = Catalog::from_archive(EMBEDDED).unwrap();
    assert_eq!(catalog.header(), &ArchiveHeader { source: "cfn-lint 1.51.0".to_owned(), types: 1599 });
    assert_eq!(catalog.type_names().count(), 1599 + OWN.len());
    assert!(EMBEDDED.len() < 1 << 20, "{} bytes", EMBEDDED.len());
}

/// Decoding is strict: a word that the code does not know is an error, so this is also the test that there is none.
#[test]
fn every_type_decodes() {
    let decoded = every_schema()
        .inspect(|schema| {
            assert!(
                !schema.properties().is_empty()
                    || schema.type_name().as_str() == "AWS::CloudFormation::WaitConditionHandle",
                "{:?}",
                schema.type_name()
            )
        })
        .count();
    assert_eq!(decoded, Catalog::embedded().type_names().count());
}

#[test]
fn a_word_that_is_not_known_is_an_error() {
    let document = json!({"typeName": "AWS::A::B", "properties": {"A": {"type": "string", "contains": {}}}});
    let error = Catalog::from_documents([document]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the schema of AWS::A::B cannot be read: the word is not known at \"properties/A/contains\""
    );
}

#[test]
fn every_pattern_compiles() {
    let mut sources = std::collections::BTreeSet::new();
    let mut unusable = Vec::new();
    for schema in every_schema() {
        for node in schema.arena.all() {
            for pattern in node.pattern.iter().chain(node.pattern_properties.iter().map(|(pattern, _)| pattern)) {
                if sources.insert(pattern.source().clone()) && !pattern.is_usable() {
                    unusable.push(format!("{} {}", schema.type_name(), pattern.source()));
                }
            }
        }
    }
    assert!(sources.len() > 2000, "{}", sources.len());
    assert_eq!(unusable, Vec::<String>::new());
}

#[test]
fn suggestions_see_slips_and_forgotten_services() {
    let catalog = Catalog::embedded();
    assert_eq!(catalog.suggest("AWS::Kendra::Indx"), Some("AWS::Kendra::Index"));
    assert_eq!(catalog.suggest("aws::rds::dbcluster"), Some("AWS::RDS::DBCluster"));
    assert_eq!(catalog.suggest("SqlScript"), Some("Charter::RDS::SqlScript"));
    assert_eq!(catalog.suggest("Nothing::Like::ThisAtAll"), None);
}

#[test]
fn own_types_are_found_and_only_one_passes_tags_on() {
    for (name, _) in OWN {
        let schema = Catalog::embedded().schema(&TypeName::new(name).unwrap()).unwrap();
        assert_eq!(schema.type_name().as_str(), *name);
        // What is done with it is tagged as it is.
        assert_eq!(schema.tagging().is_some(), *name == "Charter::Bedrock::FineTuning", "{name}");
        assert!(
            schema.properties().iter().all(|property| property.read_only || property.description.is_some()),
            "{name}"
        );
    }
}

#[test]
fn a_damaged_document_is_no_type() {
    let bytes = write_archive("test", [("A", "AWS::A::B", "{".to_owned())]).unwrap();
    let catalog = Catalog::from_archive(bytes.leak()).unwrap();
    assert!(catalog.schema(&TypeName::new("AWS::A::B").unwrap()).is_none());
}

#[test]
fn what_the_lists_of_a_type_name_is_there() {
    let mut lost = Vec::new();
    for schema in every_schema() {
        let lists = [schema.primary_identifier(), schema.create_only(), schema.read_only(), schema.write_only()];
        for pointer in lists.into_iter().flatten() {
            if schema.property_at(pointer).is_none() {
                lost.push(format!("{} {pointer}", schema.type_name()));
            }
        }
    }
    assert_eq!(lost, Vec::<String>::new());
}

#[test]
fn every_type_has_an_identifier() {
    let without: Vec<String> = every_schema()
        .filter(|schema| schema.primary_identifier().is_empty())
        .map(|schema| schema.type_name().to_string())
        .collect();
    assert_eq!(without, Vec::<String>::new());
}

#[test]
fn a_catalogue_is_shared_by_threads() {
    fn is_shared<T: Send + Sync>() {}
    is_shared::<Catalog>();
    is_shared::<TypeSchema>();
}
