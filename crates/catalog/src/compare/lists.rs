//! How lists compare: in order, as sets, or by key.

use super::{At, Comparison};
use crate::TypeSchema;
use crate::node::NodeId;
use crate::place::Place;
use crate::places::Places;
use charter_model::Value;

/// Pairs of elements that are looked at before two large sets are simply told to differ.
const PAIR_LIMIT: usize = 1_000_000;
/// Tags that AWS sets itself begin so; nobody else can set or remove them (Tag Editor User Guide, "Tag naming limits").
const SYSTEM_TAGS: &str = "aws:";

/// What the order of a list's elements means.
enum Order {
    Matters,
    MeansNothing,
    /// Nor do elements that nobody asked for: each has a key (all members but the value).
    ByKey {
        value: String,
    },
}

impl TypeSchema {
    /// Whether the order of a list's elements means something.
    pub(crate) fn is_ordered(&self, id: NodeId) -> bool {
        let facets = self.arena.facets(id);
        if facets.iter().any(|node| node.attribute_list || node.insertion_order == Some(false)) {
            return false;
        }
        let Some(element) = self.arena.element(id, 0) else { return true };
        // Lists of these are attachments: EC2 tells them in any order, whatever the schema of a type that uses them says of it.
        let attached = |format: Option<&str>| {
            format.is_some_and(|format| {
                format.starts_with("AWS::EC2::SecurityGroup.Id") || format.starts_with("AWS::EC2::Subnet.Id")
            })
        };
        let elements = self.arena.facets(element);
        if facets.iter().chain(&elements).any(|node| attached(node.format.as_deref())) {
            return false;
        }
        // Unique scalars of which the schema does not say that their order matters are a set.
        let unique = facets.iter().any(|node| node.unique_items);
        let said_to_matter = facets.iter().any(|node| node.insertion_order == Some(true));
        !(unique && !said_to_matter && self.arena.kinds(element).is_scalar())
    }

    fn order(&self, at: At<'_>) -> Order {
        let Some(id) = at.id else { return Order::Matters };
        let attributes = self.arena.facets(id).iter().any(|node| node.attribute_list);
        let tags = matches!(at.place, Place::Member(_, name) if name.ends_with("Tags"));
        if let Some(element) = self.arena.element(id, 0)
            && (attributes || tags)
        {
            let members = self.arena.members(element);
            let value = members.keys().find(|name| name.ends_with("Value") || &****name == "value");
            if let (Some(value), true) = (value, attributes || members.len() == 2) {
                return Order::ByKey { value: value.to_string() };
            }
        }
        if self.is_ordered(id) { Order::Matters } else { Order::MeansNothing }
    }
}

impl Comparison<'_> {
    pub(super) fn compare_lists(
        &mut self,
        at: At<'_>,
        (before, left): (&Value, &[Value]),
        (after, right): (&Value, &[Value]),
        owned: Option<&Value>,
    ) {
        let owned = match owned {
            Some(Value::List(owned)) => owned.as_slice(),
            _ => &[],
        };
        let same = match self.schema.order(at) {
            Order::Matters if left.len() == right.len() => {
                for (index, (before, after)) in left.iter().zip(right).enumerate() {
                    let place = Place::Element(at.place, index);
                    self.compare(self.element(at, index, &place), Some(before), Some(after), owned.get(index));
                }
                true
            }
            Order::Matters => false,
            Order::MeansNothing => self.is_same_set(at, left, right, owned),
            Order::ByKey { value } => self.is_same_by_key(at, left, right, owned, &value),
        };
        if !same {
            self.push(at, Some(before), Some(after));
        }
    }

    fn element<'a>(&self, at: At<'a>, index: usize, place: &'a Place<'a>) -> At<'a> {
        let id = at.id.and_then(|id| self.schema.arena.element(id, index));
        At { id, places: at.places.and_then(Places::element), place }
    }

    /// Whether each element of one list has its own counterpart in the other.
    fn is_same_set(&self, at: At<'_>, before: &[Value], after: &[Value], owned: &[Value]) -> bool {
        if before.len() != after.len() || !after.iter().all(|element| !matches!(element, Value::Unknown(_))) {
            return false;
        }
        let sorted = |list: &[Value]| {
            let mut texts: Vec<String> = list.iter().map(|element| element.to_json().to_string()).collect();
            texts.sort_unstable();
            texts
        };
        if sorted(before) == sorted(after) {
            return true;
        }
        if before.len() * after.len() > PAIR_LIMIT {
            return false;
        }
        let place = Place::Element(at.place, 0);
        let at = self.element(at, 0, &place);
        // What was asked for of each element, so that a member that is no longer asked for is seen.
        let owned_of = |element: &Value| owned.iter().find(|owned| self.is_same(at, element, owned, Some(owned)));
        let mut free: Vec<(&Value, Option<&Value>)> =
            before.iter().map(|element| (element, owned_of(element))).collect();
        after.iter().all(|wanted| {
            match free.iter().position(|(element, owned)| self.is_same(at, element, wanted, *owned)) {
                Some(found) => {
                    free.swap_remove(found);
                    true
                }
                None => false,
            }
        })
    }

    /// Whether each asked-for key has the same value, and none that we once set is left over.
    fn is_same_by_key(&self, at: At<'_>, before: &[Value], after: &[Value], owned: &[Value], value: &str) -> bool {
        let key = |element: &Value| match element {
            Value::Map(map) => {
                let members = map.iter().filter(|(name, member)| ***name != *value && !matches!(member, Value::Null));
                Some(members.map(|(_, member)| member.to_json().to_string()).collect::<Vec<_>>())
            }
            _ => None,
        };
        let keyed = |list: &'_ [Value]| -> std::collections::BTreeMap<Vec<String>, Value> {
            list.iter().filter_map(|element| Some((key(element)?, element.clone()))).collect()
        };
        let (left, right, asked) = (keyed(before), keyed(after), keyed(owned));
        // An element that is not a map, or not known, has no key; and a key that is there twice is none.
        if left.len() != before.len() || right.len() != after.len() {
            return self.is_same_set(at, before, after, owned);
        }
        let place = Place::Element(at.place, 0);
        let at = self.element(at, 0, &place);
        let system =
            |key: &[String]| key.first().is_some_and(|key| key.trim_start_matches('"').starts_with(SYSTEM_TAGS));
        right
            .iter()
            .all(|(key, wanted)| left.get(key).is_some_and(|element| self.is_same(at, element, wanted, asked.get(key))))
            && left.keys().all(|key| right.contains_key(key) || !asked.contains_key(key) || system(key))
    }
}
