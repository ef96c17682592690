//! A schema in memory: nodes in one arena, references between them resolved, so that a recursive definition is a loop of ids and
//! no text is looked up while a resource is checked. Imports `pattern` of this crate.

use crate::pattern::Pattern;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The place of a node in its arena.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(crate) struct NodeId(pub(crate) u32);

/// How references may chain before they are taken for a loop; the data has chains of three.
const REFERENCE_LIMIT: usize = 16;

/// A kind of value that a schema tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A text.
    String,
    /// A whole number.
    Integer,
    /// Any number.
    Number,
    /// True or false.
    Boolean,
    /// Members by name.
    Object,
    /// A list.
    Array,
    /// Nothing, said explicitly.
    Null,
}

impl Kind {
    /// Every kind, in the order in which they are told to a user.
    pub const ALL: [Self; 7] =
        [Self::String, Self::Integer, Self::Number, Self::Boolean, Self::Object, Self::Array, Self::Null];

    /// The word of JSON Schema.
    pub fn word(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Object => "object",
            Self::Array => "array",
            Self::Null => "null",
        }
    }

    /// In the words of a stack's author, with the article.
    pub fn phrase(self) -> &'static str {
        match self {
            Self::String => "a text",
            Self::Integer => "a whole number",
            Self::Number => "a number",
            Self::Boolean => "true or false",
            Self::Object => "a map",
            Self::Array => "a list",
            Self::Null => "null",
        }
    }

    pub(crate) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// A set of kinds; the empty one stands for any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Kinds(u8);

impl Kinds {
    pub(crate) fn insert(&mut self, kind: Kind) {
        self.0 |= 1 << kind as u8;
    }

    pub(crate) fn contains(self, kind: Kind) -> bool {
        self.0 & (1 << kind as u8) != 0
    }

    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(crate) fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = Kind> {
        Kind::ALL.into_iter().filter(move |kind| self.contains(*kind))
    }

    /// Whether it holds nothing but texts, numbers and booleans.
    pub(crate) fn is_scalar(self) -> bool {
        !self.is_empty() && !self.iter().any(|kind| matches!(kind, Kind::Object | Kind::Array))
    }
}

/// What an object may have beside its named members.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Additional {
    #[default]
    Anything,
    Nothing,
    Node(NodeId),
}

/// One schema. What is absent is not asked for.
#[derive(Debug, Default)]
pub(crate) struct Node {
    pub(crate) kinds: Kinds,
    /// A `$ref`; its siblings hold too.
    pub(crate) reference: Option<NodeId>,
    pub(crate) properties: BTreeMap<Arc<str>, NodeId>,
    pub(crate) pattern_properties: Vec<(Arc<Pattern>, NodeId)>,
    pub(crate) additional: Additional,
    pub(crate) required: Vec<Arc<str>>,
    pub(crate) items: Option<NodeId>,
    pub(crate) prefix_items: Vec<NodeId>,
    pub(crate) allowed: Vec<serde_json::Value>,
    pub(crate) allowed_in_any_case: Vec<Arc<str>>,
    pub(crate) pattern: Option<Arc<Pattern>>,
    pub(crate) format: Option<Arc<str>>,
    pub(crate) limits: Limits,
    pub(crate) insertion_order: Option<bool>,
    pub(crate) unique_items: bool,
    pub(crate) unique_keys: Vec<Arc<str>>,
    pub(crate) attribute_list: bool,
    pub(crate) default: Option<serde_json::Value>,
    pub(crate) description: Option<Arc<str>>,
    pub(crate) relationship: Option<Relationship>,
    pub(crate) combined: Option<Box<Combined>>,
}

/// Bounds on a value.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Limits {
    pub(crate) min_length: Option<usize>,
    pub(crate) max_length: Option<usize>,
    pub(crate) minimum: Option<f64>,
    pub(crate) maximum: Option<f64>,
    pub(crate) exclusive_minimum: Option<f64>,
    pub(crate) exclusive_maximum: Option<f64>,
    pub(crate) multiple_of: Option<f64>,
    pub(crate) min_items: Option<usize>,
    pub(crate) max_items: Option<usize>,
    pub(crate) max_unique_items: Option<usize>,
    pub(crate) min_properties: Option<usize>,
    pub(crate) max_properties: Option<usize>,
}

impl Limits {
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Members, each with those that it is tied to.
pub(crate) type Ties = Vec<(Arc<str>, Vec<Arc<str>>)>;

/// Words that join schemas, or that tie members of one object to each other. Few nodes have any.
#[derive(Debug, Default)]
pub(crate) struct Combined {
    pub(crate) all_of: Vec<NodeId>,
    pub(crate) any_of: Vec<NodeId>,
    pub(crate) one_of: Vec<NodeId>,
    pub(crate) not: Option<NodeId>,
    pub(crate) condition: Option<NodeId>,
    pub(crate) then: Option<NodeId>,
    pub(crate) otherwise: Option<NodeId>,
    /// If the first is there, the others must be.
    pub(crate) dependent_required: Ties,
    /// If the first is there, the object must match.
    pub(crate) dependent_schemas: Vec<(Arc<str>, NodeId)>,
    /// If the first is there, the others must not be.
    pub(crate) dependent_excluded: Ties,
    /// Exactly one of them must be there.
    pub(crate) required_xor: Vec<Arc<str>>,
    /// At least one of them must be there.
    pub(crate) required_or: Vec<Arc<str>>,
}

/// That a value identifies a resource of another type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relationship {
    /// `AWS::EC2::VPCEndpoint`
    pub type_name: Arc<str>,
    /// The property there: `Id`.
    pub property: Arc<str>,
}

/// All nodes of one type.
#[derive(Debug, Default)]
pub(crate) struct Arena {
    nodes: Vec<Node>,
}

impl Arena {
    pub(crate) const ROOT: NodeId = NodeId(0);

    /// Makes room for a node that is filled in later.
    pub(crate) fn reserve(&mut self) -> NodeId {
        let id = NodeId(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
        self.nodes.push(Node::default());
        id
    }

    pub(crate) fn fill(&mut self, id: NodeId, node: Node) {
        if let Some(place) = self.nodes.get_mut(id.0 as usize) {
            *place = node;
        }
    }

    pub(crate) fn get(&self, id: NodeId) -> &Node {
        // Ids are made by `reserve` only, so the second arm is never taken; an empty schema allows everything.
        static ANYTHING: std::sync::OnceLock<Node> = std::sync::OnceLock::new();
        self.nodes.get(id.0 as usize).unwrap_or_else(|| ANYTHING.get_or_init(Node::default))
    }

    #[cfg(test)]
    pub(crate) fn all(&self) -> &[Node] {
        &self.nodes
    }

    /// The node, what it refers to, and all that must or may hold beside it (`allOf`, `anyOf`, `oneOf`, `then`), each once.
    pub(crate) fn facets(&self, id: NodeId) -> Vec<&Node> {
        let mut found = Vec::new();
        let mut seen = Vec::new();
        self.collect_facets(id, true, &mut seen, &mut found);
        found
    }

    /// The node, what it refers to, and all that must hold beside it (`allOf`).
    pub(crate) fn certain_facets(&self, id: NodeId) -> Vec<&Node> {
        let mut found = Vec::new();
        let mut seen = Vec::new();
        self.collect_facets(id, false, &mut seen, &mut found);
        found
    }

    fn collect_facets<'a>(&'a self, id: NodeId, alternatives: bool, seen: &mut Vec<NodeId>, found: &mut Vec<&'a Node>) {
        if seen.contains(&id) {
            return;
        }
        seen.push(id);
        let node = self.get(id);
        found.push(node);
        if let Some(reference) = node.reference {
            self.collect_facets(reference, alternatives, seen, found);
        }
        if let Some(combined) = &node.combined {
            for each in &combined.all_of {
                self.collect_facets(*each, alternatives, seen, found);
            }
            if alternatives {
                let branches = combined.any_of.iter().chain(&combined.one_of);
                for each in branches.chain(&combined.then).chain(&combined.otherwise) {
                    self.collect_facets(*each, alternatives, seen, found);
                }
            }
        }
    }

    /// Whether some chain of references never ends.
    pub(crate) fn endless_reference(&self) -> bool {
        (0..self.nodes.len()).any(|index| self.get(self.resolve(NodeId(index as u32))).reference.is_some())
    }

    /// The node that a chain of references ends in.
    pub(crate) fn resolve(&self, id: NodeId) -> NodeId {
        let mut current = id;
        for _ in 0..REFERENCE_LIMIT {
            match self.get(current).reference {
                Some(next) => current = next,
                None => break,
            }
        }
        current
    }

    /// The kinds of value that the node takes; empty for any.
    pub(crate) fn kinds(&self, id: NodeId) -> Kinds {
        let certain = self.certain_facets(id).into_iter().find(|node| !node.kinds.is_empty());
        match certain {
            Some(node) => node.kinds,
            None => self.facets(id).into_iter().fold(Kinds::default(), |kinds, node| kinds.union(node.kinds)),
        }
    }

    /// The named members of the object, in every alternative, sorted by name; a name may lead to several nodes.
    pub(crate) fn members(&self, id: NodeId) -> BTreeMap<&Arc<str>, NodeId> {
        let mut members = BTreeMap::new();
        for node in self.facets(id) {
            for (name, member) in &node.properties {
                members.entry(name).or_insert(*member);
            }
        }
        members
    }

    /// The node of a member: named, else by pattern, else additional.
    pub(crate) fn member(&self, id: NodeId, key: &str) -> Option<NodeId> {
        let node = self.get(id);
        if let Some(member) = node.properties.get(key) {
            return Some(*member);
        }
        let facets = self.facets(id);
        facets.iter().find_map(|node| node.properties.get(key).copied()).or_else(|| {
            facets.iter().find_map(|node| {
                let by_pattern = node.pattern_properties.iter().find(|(pattern, _)| pattern.matches(key));
                match (by_pattern, node.additional) {
                    (Some((_, member)), _) => Some(*member),
                    (None, Additional::Node(member)) => Some(member),
                    _ => None,
                }
            })
        })
    }

    /// The node of a list's element.
    pub(crate) fn element(&self, id: NodeId, index: usize) -> Option<NodeId> {
        let facets = self.facets(id);
        facets
            .iter()
            .find_map(|node| node.items)
            .or_else(|| facets.iter().find_map(|node| node.prefix_items.get(index).copied()))
    }

    /// Whether the node is an object of which the schema says nothing more: a JSON document, free parameters.
    pub(crate) fn is_free_form(&self, id: NodeId) -> bool {
        let kinds = self.kinds(id);
        (kinds.is_empty() || kinds.contains(Kind::Object))
            && self.facets(id).iter().all(|node| {
                node.properties.is_empty()
                    && node.pattern_properties.is_empty()
                    && node.required.is_empty()
                    && node.additional == Additional::Anything
            })
    }
}
