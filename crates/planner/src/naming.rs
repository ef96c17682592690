//! Physical names: stable from run to run, fresh for a replacement. Imports `catalog`, `model`.

use charter_catalog::NameProperty;
use charter_model::{AccountName, AccountSource, Address, DesiredGraph, Placement, content_digest};
use std::borrow::Cow;

/// How many hexadecimal digits tell names apart.
const HASH_LENGTH: usize = 8;

/// `<environment>-<stack>-<name>-<hash>`, cut to what the type takes.
///
/// The hash covers environment, account, region, address and generation. Not the lineage of the state: when a state is lost, the
/// names come out as they were, so that what exists collides loudly and can be imported, instead of being made a second time.
/// The account makes names that all of AWS shares (buckets) differ between two users of the same stacks. One that the stacks make
/// has no id yet, but a name must be shown before it is used: there the account that makes it stands for it, with the resource.
pub(crate) fn physical_name(
    graph: &DesiredGraph,
    address: &Address,
    placement: &Placement,
    generation: u32,
    property: &NameProperty,
) -> String {
    let digest = content_digest(&serde_json::json!({
        "environment": graph.environment,
        "account": account(graph, &placement.account),
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

/// What tells an account from all others, as far as it is known before anything is made.
fn account<'a>(graph: &'a DesiredGraph, name: &'a AccountName) -> Cow<'a, str> {
    match graph.accounts.get(name).map(|target| &target.id) {
        Some(AccountSource::Known(id)) => id.as_str().into(),
        Some(AccountSource::Made { by, through: Some(through) }) => {
            let maker = graph.accounts.get(through).and_then(|target| target.known_id());
            format!("{}/{by}", maker.map_or(through.as_str(), |id| id.as_str())).into()
        }
        Some(AccountSource::Made { through: None, .. }) | None => name.as_str().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::World;
    use charter_model::{AccountId, Pointer};

    fn property(longest: usize, upper_case: bool, separator: Option<char>) -> NameProperty {
        NameProperty { pointer: Pointer::root().key("Name"), longest, upper_case, unique: true, kept: false, separator }
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

    #[test]
    fn a_name_in_an_account_that_is_still_to_be_made_is_told_apart_by_who_makes_it() {
        let world = World::new("");
        let mut graph = world.graph();
        let placement = world.placement();
        let mut name = |by: &str, maker: &str| {
            let id = AccountSource::Made { by: by.parse().unwrap(), through: Some("other".parse().unwrap()) };
            graph.accounts.get_mut(&placement.account).unwrap().id = id;
            graph.accounts.get_mut(&AccountName::new("other").unwrap()).unwrap().id =
                AccountId::new(maker).unwrap().into();
            physical_name(&graph, &"shop/a".parse().unwrap(), &placement, 0, &property(64, true, Some('-')))
        };
        let first = name("bank/lab", "111111111111");
        assert_eq!(first, name("bank/lab", "111111111111"));
        assert_ne!(first, name("bank/shed", "111111111111"));
        assert_ne!(first, name("bank/lab", "999999999999"));
    }
}
