//! The targets, by name.

pub mod expression;
pub mod journal;
pub mod plan;
pub mod policy;
pub mod request;
pub mod stack;

mod graph;
mod sections;
mod stub;

/// One way in for hostile input.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// As it is called on the command line; also the folder of its corpus.
    pub name: &'static str,
    /// Takes any bytes; panics if something is not as it must be.
    pub run: fn(&[u8]),
}

/// Every target.
pub const TARGETS: &[Target] = &[
    Target { name: "expression", run: expression::target },
    Target { name: "journal", run: journal::target },
    Target { name: "plan", run: plan::target },
    Target { name: "policy", run: policy::target },
    Target { name: "request", run: request::target },
    Target { name: "stack", run: stack::target },
];

impl Target {
    /// The target of a name.
    pub fn find(name: &str) -> Option<Self> {
        TARGETS.iter().copied().find(|target| target.name == name)
    }
}
