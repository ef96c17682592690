//! Which types no API makes, although the registry describes them. Imports the model.

use charter_model::TypeName;
use std::collections::BTreeSet;
use std::sync::OnceLock;

const DATA: &str = include_str!("../data/only-by-cloudformation.txt");

/// When the list was gathered.
pub const GATHERED: &str = "2026-11-28";

/// Whether only CloudFormation makes resources of a type, as far as was known when the list was [`GATHERED`]. AWS gives such types
/// handlers over time.
pub fn only_by_cloudformation(type_name: &TypeName) -> bool {
    static NAMES: OnceLock<BTreeSet<&str>> = OnceLock::new();
    let names = NAMES.get_or_init(|| DATA.lines().filter(|line| !line.starts_with('#')).collect());
    names.contains(type_name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Catalog;

    #[test]
    fn every_type_of_the_list_is_one_whose_schema_has_no_identifier_of_its_own() {
        let names: Vec<&str> = DATA.lines().filter(|line| !line.starts_with('#')).collect();
        assert!(names.is_sorted() && names.len() > 100 && DATA.contains(GATHERED));
        for name in names {
            let type_name = TypeName::new(name).unwrap();
            let schema = Catalog::embedded().schema(&type_name).unwrap_or_else(|| panic!("{name} is no type"));
            let identifier: Vec<String> = schema.primary_identifier().iter().map(ToString::to_string).collect();
            assert_eq!(identifier, ["/Id"], "{name}");
            assert!(only_by_cloudformation(&type_name));
        }
        assert!(!only_by_cloudformation(&TypeName::new("AWS::Glue::Table").unwrap()));
    }
}
