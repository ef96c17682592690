//! Outputs: what they come to, as far as it is known. Imports `model`.

use crate::draft::Draft;
use crate::sealing::without_plain;
use crate::visible::PlanScope;
use crate::{Mode, PlannedOutput};
use charter_model::{Address, Diagnostic, Output, StackName, Template, Unknown, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

type Outputs = BTreeMap<StackName, BTreeMap<Arc<str>, PlannedOutput>>;

impl Draft<'_> {
    /// The outputs of every stack that takes part.
    pub(crate) fn outputs(&mut self) -> Outputs {
        let (graph, snapshot, mode) = (self.request.graph, self.request.snapshot, self.request.mode);
        let mut outputs = Outputs::new();
        if mode == Mode::Drift {
            return outputs;
        }
        let touched: BTreeSet<&StackName> = self.members.addresses.iter().map(Address::stack).collect();
        let remaining: BTreeSet<&StackName> = self
            .records
            .keys()
            .filter(|address| !self.members.addresses.contains(*address))
            .map(Address::stack)
            .collect();
        let selection = &self.request.selection;
        for stack in graph.outputs.keys().chain(snapshot.outputs.keys()).collect::<BTreeSet<_>>() {
            if !(selection.is_everything() || selection.stacks.contains(stack) || touched.contains(stack)) {
                continue;
            }
            let declared = graph.outputs.get(stack);
            let recorded = snapshot.outputs.get(stack);
            let names =
                declared.into_iter().flat_map(BTreeMap::keys).chain(recorded.into_iter().flat_map(BTreeMap::keys));
            let mut planned = BTreeMap::new();
            for name in names.collect::<BTreeSet<_>>() {
                let before =
                    recorded.and_then(|recorded| recorded.get(name)).filter(|value| **value != Value::Null).cloned();
                let declared = declared.and_then(|declared| declared.get(name));
                let output = if mode == Mode::Destroy {
                    self.destroyed_output(declared, before, !remaining.contains(stack))
                } else {
                    self.applied_output(stack, name, declared, before)
                };
                if let Some(output) = output {
                    planned.insert(name.clone(), output);
                }
            }
            if !planned.is_empty() {
                outputs.insert(stack.clone(), planned);
            }
        }
        outputs
    }

    fn applied_output(
        &mut self,
        stack: &StackName,
        name: &str,
        declared: Option<&Output>,
        before: Option<Value>,
    ) -> Option<PlannedOutput> {
        let Some(output) = declared else { return gone(before) };
        // What waits for a hand-off and does not exist yet is as good as not there.
        let is_there = |address: &Address| self.view.resources.contains_key(address) && !self.is_awaited(address);
        if !output.value.resources().iter().all(is_there) {
            // It hangs on what was not selected and does not exist yet: it stays as it was.
            return before.map(kept);
        }
        let scope = PlanScope { view: &self.view, placement: None, secrets: self.request.secrets };
        match self.request.evaluator.evaluate(&output.value, &scope) {
            Ok(after) => {
                let after = after.resalted(&self.request.snapshot.salt);
                let unread =
                    matches!(&after, Value::Unknown(Unknown { reason }) if &**reason == crate::secrets::UNREAD);
                let after = match (&before, unread) {
                    (Some(before @ Value::Secret(_)), true) => before.clone(),
                    _ => without_plain(after),
                };
                Some(PlannedOutput { before, after, value: output.value.clone() })
            }
            Err(error) => {
                let mut diagnostic =
                    Diagnostic::error("expression-failed", format!("output {name} of {stack}: {error}"))
                        .help("correct the expression, or the resource that it refers to");
                if let Some(span) = error.span.or(output.span) {
                    diagnostic = diagnostic.label(span, error.reason);
                }
                self.found.push(diagnostic);
                None
            }
        }
    }

    fn destroyed_output(
        &self,
        declared: Option<&Output>,
        before: Option<Value>,
        whole_stack: bool,
    ) -> Option<PlannedOutput> {
        let resources = declared.map(|output| output.value.resources()).unwrap_or_default();
        if whole_stack || declared.is_none() || resources.iter().any(|address| self.members.addresses.contains(address))
        {
            gone(before)
        } else {
            before.map(kept)
        }
    }
}

fn gone(before: Option<Value>) -> Option<PlannedOutput> {
    let before = Some(before?);
    Some(PlannedOutput { before, after: Value::Null, value: Template::Value(Value::Null) })
}

fn kept(before: Value) -> PlannedOutput {
    PlannedOutput { before: Some(before.clone()), after: before.clone(), value: Template::Value(before) }
}
