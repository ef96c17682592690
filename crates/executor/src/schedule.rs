//! What may run next: operations whose predecessors are done, the head of the longest remaining chain first. Linear in operations
//! and edges.

use crate::limits::BucketKey;
use charter_planner::{OperationId, Plan};
use charter_provider::Provider;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

/// The bookkeeping of a run.
#[derive(Debug)]
pub(crate) struct Schedule {
    nodes: Vec<Node>,
    /// Ready operations by bucket, the one with the longest chain behind it on top.
    ready: Vec<BinaryHeap<(u32, Reverse<OperationId>)>>,
    keys: Vec<BucketKey>,
    waiting: usize,
}

#[derive(Debug)]
struct Node {
    after: Vec<OperationId>,
    /// How many predecessors are not done.
    missing: usize,
    /// How many operations stand in the longest chain that begins here.
    chain: u32,
    bucket: usize,
    state: NodeState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NodeState {
    Waiting,
    Begun,
    Skipped,
}

impl Schedule {
    /// Fails with the reason if the plan's edges make no order: a fault of whoever made the plan.
    pub(crate) fn new(plan: &Plan, provider: &dyn Provider) -> Result<Self, String> {
        let mut buckets: HashMap<BucketKey, usize> = HashMap::new();
        let mut keys = Vec::new();
        let mut nodes: Vec<Node> = plan
            .operations
            .iter()
            .map(|operation| {
                let key = BucketKey::of(provider, &operation.placement, &operation.type_name);
                let bucket = *buckets.entry(key).or_insert_with_key(|key| {
                    keys.push(key.clone());
                    keys.len() - 1
                });
                Node { after: Vec::new(), missing: 0, chain: 1, bucket, state: NodeState::Waiting }
            })
            .collect();
        for edge in &plan.edges {
            let outside = || format!("an edge leads from operation {} to {}, which is none", edge.before, edge.after);
            nodes.get_mut(edge.before).ok_or_else(outside)?.after.push(edge.after);
            nodes.get_mut(edge.after).ok_or_else(outside)?.missing += 1;
        }
        measure(&mut nodes)?;
        let waiting = nodes.len();
        let mut schedule = Self { ready: keys.iter().map(|_| BinaryHeap::new()).collect(), nodes, keys, waiting };
        for id in 0..schedule.nodes.len() {
            schedule.make_ready(id);
        }
        Ok(schedule)
    }

    /// The buckets that operations run in, by place.
    pub(crate) fn buckets(&self) -> &[BucketKey] {
        &self.keys
    }

    /// The next operation to begin among the buckets that take one now.
    pub(crate) fn next(&mut self, takes: impl Fn(usize) -> bool) -> Option<OperationId> {
        let best = self
            .ready
            .iter()
            .enumerate()
            .filter_map(|(bucket, heap)| Some((*heap.peek()?, bucket)))
            .filter(|(_, bucket)| takes(*bucket))
            .max()?
            .1;
        let (_, Reverse(id)) = self.ready.get_mut(best)?.pop()?;
        self.nodes.get_mut(id)?.state = NodeState::Begun;
        self.waiting -= 1;
        Some(id)
    }

    /// The buckets that have an operation ready.
    pub(crate) fn ready_buckets(&self) -> impl Iterator<Item = usize> {
        self.ready.iter().enumerate().filter(|(_, heap)| !heap.is_empty()).map(|(bucket, _)| bucket)
    }

    /// An operation succeeded: what waited for it only is ready.
    pub(crate) fn succeeded(&mut self, id: OperationId) {
        let after = self.nodes.get_mut(id).map(|node| std::mem::take(&mut node.after)).unwrap_or_default();
        for next in after {
            if let Some(node) = self.nodes.get_mut(next) {
                node.missing = node.missing.saturating_sub(1);
            }
            self.make_ready(next);
        }
    }

    /// An operation failed: returns everything that is skipped for it and was not skipped before, in order.
    pub(crate) fn failed(&mut self, id: OperationId) -> Vec<OperationId> {
        let mut skipped = Vec::new();
        let mut open = vec![id];
        while let Some(from) = open.pop() {
            let after = self.nodes.get_mut(from).map(|node| std::mem::take(&mut node.after)).unwrap_or_default();
            for next in after {
                if let Some(node) = self.nodes.get_mut(next)
                    && node.state == NodeState::Waiting
                {
                    node.state = NodeState::Skipped;
                    self.waiting -= 1;
                    skipped.push(next);
                    open.push(next);
                }
            }
        }
        skipped.sort_unstable();
        skipped
    }

    /// How many have neither begun nor been skipped.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting
    }

    /// What has neither begun nor been skipped.
    pub(crate) fn not_begun(&self) -> impl Iterator<Item = OperationId> {
        self.nodes.iter().enumerate().filter(|(_, node)| node.state == NodeState::Waiting).map(|(id, _)| id)
    }

    fn make_ready(&mut self, id: OperationId) {
        if let Some(node) = self.nodes.get(id)
            && node.missing == 0
            && node.state == NodeState::Waiting
            && let Some(heap) = self.ready.get_mut(node.bucket)
        {
            heap.push((node.chain, Reverse(id)));
        }
    }
}

/// The length of the longest chain that begins at each node, by going through the graph in order and then back.
fn measure(nodes: &mut [Node]) -> Result<(), String> {
    let mut missing: Vec<usize> = nodes.iter().map(|node| node.missing).collect();
    let mut order: Vec<OperationId> = (0..nodes.len()).filter(|id| missing.get(*id) == Some(&0)).collect();
    let mut place = 0;
    while let Some(id) = order.get(place).copied() {
        place += 1;
        for next in nodes.get(id).map(|node| node.after.as_slice()).unwrap_or_default() {
            if let Some(missing) = missing.get_mut(*next) {
                *missing -= 1;
                if *missing == 0 {
                    order.push(*next);
                }
            }
        }
    }
    if order.len() < nodes.len() {
        return Err(format!("{} of its operations wait for each other", nodes.len() - order.len()));
    }
    for id in order.into_iter().rev() {
        let longest = nodes
            .get(id)
            .map(|node| node.after.iter().filter_map(|next| nodes.get(*next)).map(|next| next.chain).max().unwrap_or(0))
            .unwrap_or(0);
        if let Some(node) = nodes.get_mut(id) {
            node.chain = longest + 1;
        }
    }
    Ok(())
}
