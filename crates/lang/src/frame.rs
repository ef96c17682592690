//! Instances: a stack, or a module as one block instantiates it, with what is known of it so far.
//! Imports `declared`.

use crate::declared::{Block, Body, ModuleBlock};
use charter_model::{
    Address, AddressError, Dependency, Placement, Segment, Span, StackName, Template, TypeName, Value,
};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

/// Something is wrong, and has been told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Told;

/// A value that is computed when first asked for.
#[derive(Debug, Clone)]
pub(crate) enum Slot<T> {
    Computing,
    Done(Result<T, Told>),
}

pub(crate) type Slots<T> = RefCell<BTreeMap<Arc<str>, Slot<T>>>;

/// A stack, or one instance of a module.
pub(crate) struct Frame<'a> {
    pub(crate) body: &'a Body,
    pub(crate) stack: StackName,
    /// Empty for a stack.
    pub(crate) path: Vec<Segment>,
    pub(crate) placement: Placement,
    pub(crate) origin: Origin<'a>,
    pub(crate) protect: bool,
    pub(crate) retain: bool,
    /// Where the resources inside stood before, if the module block was moved.
    pub(crate) moved_from: Option<Address>,
    /// What the module block says in `dependsOn`: holds for everything inside.
    pub(crate) depends_on: Vec<(Rc<Entity<'a>>, Span)>,
    pub(crate) parameters: Slots<Template>,
    pub(crate) instances: Slots<Rc<Instances<'a>>>,
    pub(crate) outputs: Slots<Entity<'a>>,
    pub(crate) expanded: Cell<bool>,
}

/// Where the values of a frame's parameters come from.
pub(crate) enum Origin<'a> {
    Stack,
    Module { context: Context<'a>, block: &'a ModuleBlock, span: Span },
}

/// What an expression sees beside the names of its file.
#[derive(Clone)]
pub(crate) struct Context<'a> {
    pub(crate) frame: Rc<Frame<'a>>,
    pub(crate) each: Option<Rc<Each>>,
    pub(crate) placement: Placement,
}

/// The instance of a `forEach` block.
#[derive(Debug)]
pub(crate) struct Each {
    pub(crate) key: Arc<str>,
    pub(crate) value: Value,
}

/// What a name leads to.
#[derive(Clone)]
pub(crate) enum Entity<'a> {
    Value(Template),
    Resource(Address, &'a TypeName),
    Module(Rc<Frame<'a>>),
    Instances(Rc<Instances<'a>>),
}

/// What a block came to.
pub(crate) struct Instances<'a> {
    pub(crate) block: &'a Block,
    pub(crate) kind: InstancesKind<'a>,
    /// Keys whose `when` is false.
    pub(crate) absent: Vec<Arc<str>>,
}

pub(crate) enum InstancesKind<'a> {
    /// `when` is false.
    None,
    One(Instance<'a>),
    Keyed(BTreeMap<Arc<str>, Instance<'a>>),
}

#[derive(Clone)]
pub(crate) struct Instance<'a> {
    pub(crate) context: Context<'a>,
    pub(crate) segment: Segment,
    pub(crate) entity: Entity<'a>,
}

impl Frame<'_> {
    /// The address of something in this frame.
    pub(crate) fn address(&self, segment: Segment) -> Result<Address, AddressError> {
        let mut path = self.path.clone();
        path.push(segment);
        Address::from_segments(self.stack.clone(), path)
    }

    /// The name of the frame for messages.
    pub(crate) fn name(&self) -> String {
        let path: Vec<String> = self.path.iter().map(ToString::to_string).collect();
        match path.is_empty() {
            true => self.stack.to_string(),
            false => format!("{}/{}", self.stack, path.join(".")),
        }
    }
}

/// An edge that is asked for by name: the module's resources are known only when all have been expanded.
pub(crate) struct Pending<'a> {
    pub(crate) from: Address,
    pub(crate) on: Rc<Entity<'a>>,
    pub(crate) span: Span,
}

/// Adds an edge, once for each address.
pub(crate) fn add_dependency(dependencies: &mut BTreeMap<Address, Dependency>, dependency: Dependency) {
    dependencies.entry(dependency.address.clone()).or_insert(dependency);
}
