//! Physical names: stable from run to run, fresh for a replacement. Imports `catalog`, `model`.

use charter_catalog::NameProperty;
use charter_model::{AccountTarget, Address, DesiredGraph, Placement, content_digest};

/// How many hexadecimal digits tell names apart.
const HASH_LENGTH: usize = 8;

/// `<environment>-<stack>-<name>-<hash>`, cut to what the type takes.
///
/// The hash covers environment, account, region, address and generation. Not the lineage of the state: when a state is lost, the
/// names come out as they were, so that what exists collides loudly and can be imported, instead of being made a second time.
/// The account makes names that all of AWS shares (buckets) differ between two users of the same stacks.
pub(crate) fn physical_name(
    graph: &DesiredGraph,
    address: &Address,
    placement: &Placement,
    generation: u32,
    property: &NameProperty,
) -> String {
    let account = graph.accounts.get(&placement.account).map(|AccountTarget { id, .. }| id.as_str());
    let digest = content_digest(&serde_json::json!({
        "environment": graph.environment,
        "account": account.unwrap_or(placement.account.as_str()),
        "region": placement.region,
        "address": address,
        "generation": generation,
    }));
    let hash: String = digest.chars().take(HASH_LENGTH).collect();
    let mut stem = String::new();
    for letter in format!("{}-{}-{}", graph.environment, address.stack(), address.local()).chars() {
        if letter.is_ascii_alphanumeric() {
            stem.push(if property.upper_case { letter } else { letter.to_ascii_lowercase() });
        } else if let Some(separator) = property.separator
            && !stem.ends_with(separator)
        {
            stem.push(separator);
        }
    }
    let separator = property.separator.map(String::from).unwrap_or_default();
    let room = property.longest.saturating_sub(HASH_LENGTH + separator.len());
    let stem: String = stem.chars().take(room).collect();
    // The stem begins with the environment, and so with a letter, which is what every type takes first.
    format!("{}{separator}{hash}", stem.trim_end_matches(separator.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::World;
    use charter_model::Pointer;

    fn property(longest: usize, upper_case: bool, separator: Option<char>) -> NameProperty {
        NameProperty { pointer: Pointer::root().key("Name"), longest, upper_case, unique: true, separator }
    }

    fn name(address: &str, generation: u32, property: &NameProperty) -> String {
        let world = World::new("");
        let graph = world.graph();
        let placement = world.placement();
        physical_name(&graph, &address.parse().unwrap(), &placement, generation, property)
    }

    #[test]
    fn a_name_says_environment_stack_and_resource() {
        let name = name("shop/knowledge.Index", 0, &property(64, true, Some('-')));
        assert!(name.starts_with("test-shop-knowledge-Index-"), "{name}");
        assert_eq!(name.len(), "test-shop-knowledge-Index-".len() + 8);
    }

    #[test]
    fn a_name_keeps_to_length_case_and_characters() {
        for longest in [16, 20, 28, 32] {
            let name = name("shop/a_very_long.name:Key", 0, &property(longest, false, Some('-')));
            assert!(name.len() <= longest && !name.contains("--") && name == name.to_lowercase(), "{name}");
        }
        let bare = name("shop/a.b", 0, &property(64, true, None));
        assert!(bare.chars().all(|each| each.is_ascii_alphanumeric()), "{bare}");
        assert!(name("shop/a.b", 0, &property(64, true, Some('_'))).starts_with("test_shop_a_b_"));
    }

    #[test]
    fn a_name_is_stable_and_fresh_for_each_generation() {
        let property = property(64, true, Some('-'));
        assert_eq!(name("shop/a", 0, &property), name("shop/a", 0, &property));
        assert_ne!(name("shop/a", 0, &property), name("shop/a", 1, &property));
        assert_ne!(name("shop/a.b", 0, &property), name("shop/a_b", 0, &property));
    }
}
