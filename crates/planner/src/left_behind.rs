//! What deletions leave behind because the service has no way to delete it: said in the plan, before anything is asked for.
//! Imports `model`, `provider`.

use crate::{Action, Operation, OperationKind, Plan};
use charter_model::{Address, TypeName, Value};
use charter_provider::LeftBehind;
use std::collections::{BTreeMap, BTreeSet};

impl Plan {
    /// Notes on each deletion what it leaves behind, as the provider says of the type; and where nothing stays since what it is in
    /// goes too.
    pub fn note_left_behind(&mut self, left_behind: &dyn Fn(&TypeName) -> Option<LeftBehind>) {
        let goes: BTreeSet<String> = self
            .operations
            .iter()
            .filter(|operation| is_deletion(operation))
            .filter_map(|operation| operation.prior.as_ref()?.identifier.clone())
            .collect();
        let mut said: BTreeMap<Address, &'static str> = BTreeMap::new();
        for operation in self.operations.iter_mut().filter(|operation| is_deletion(operation)) {
            let Some(left) = left_behind(&operation.type_name) else { continue };
            operation.goes_whole = container(operation, left.within).is_some_and(|container| goes.contains(&container));
            if !operation.goes_whole {
                said.insert(operation.address.clone(), left.what);
            }
        }
        for step in &mut self.steps {
            // What an earlier replacement left is told of when it goes: its address has a step of another resource.
            if matches!(step.action, Action::Delete | Action::Replace { .. }) {
                step.left_behind = said.get(&step.address).map(|what| (*what).to_owned());
            }
        }
    }
}

fn is_deletion(operation: &Operation) -> bool {
    matches!(operation.kind, OperationKind::Delete | OperationKind::DeleteDeposed { .. })
}

/// The identifier of what a recorded resource is in.
fn container(operation: &Operation, property: &str) -> Option<String> {
    let prior = operation.prior.as_ref()?;
    [&prior.inputs, &prior.attributes].into_iter().find_map(|values| match values.as_map()?.get(property) {
        Some(Value::String(text)) => Some(text.to_string()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use crate::testing::{Cloud, World};
    use crate::{Mode, Plan, Selection};
    use charter_provider::LeftBehind;

    const BEFORE: &str =
        "s/domain Thing {}\ns/other Other {}\ns/person Thing {\"Link\": \"${domain.Id}\", \"Zone\": \"a\"}";

    /// Things cannot be deleted; they are in what their link names.
    fn noted(mut plan: Plan) -> Vec<(String, Option<String>, bool)> {
        let left = LeftBehind { what: "deactivated: it stays", within: "Link" };
        plan.note_left_behind(&|type_name| (type_name.as_str() == "Test::A::Thing").then_some(left));
        let steps = plan.steps.iter().filter(|step| step.action != crate::Action::None);
        let whole =
            |step: &crate::Step| plan.operations.iter().any(|each| each.address == step.address && each.goes_whole);
        steps.map(|step| (step.address.to_string(), step.left_behind.clone(), whole(step))).collect()
    }

    fn stays(address: &str) -> (String, Option<String>, bool) {
        (address.to_owned(), Some("deactivated: it stays".to_owned()), false)
    }

    fn goes(address: &str, whole: bool) -> (String, Option<String>, bool) {
        (address.to_owned(), None, whole)
    }

    #[test]
    fn what_cannot_be_deleted_is_told_where_what_it_is_in_stays() {
        let cloud = Cloud::with(BEFORE);
        let plan = cloud.plan(&World::new("s/domain Thing {}"));
        // Nothing is said of what can be deleted.
        assert_eq!(noted(plan), [goes("s/other", false), stays("s/person")]);
        // Kept for another reason than that it goes: retained.
        let retained = BEFORE.replacen("{}", "{} retain", 1);
        let cloud = Cloud::with(&retained);
        let all = cloud.try_plan(&World::new(&retained), Mode::Destroy, Selection::default()).unwrap();
        assert_eq!(noted(all), [goes("s/domain", false), goes("s/other", false), stays("s/person")]);
    }

    #[test]
    fn nothing_stays_of_what_goes_with_what_it_is_in() {
        let cloud = Cloud::with(BEFORE);
        let all = cloud.try_plan(&World::new(BEFORE), Mode::Destroy, Selection::default()).unwrap();
        // The one that is in nothing stays, whatever goes with it.
        assert_eq!(noted(all), [stays("s/domain"), goes("s/other", false), goes("s/person", true)]);
    }

    #[test]
    fn a_replacement_leaves_its_old_one_behind_and_a_creation_nothing() {
        let cloud = Cloud::with(BEFORE);
        let changed = BEFORE.replace("\"a\"", "\"b\"") + "\ns/second Thing {\"Link\": \"${domain.Id}\"}";
        assert_eq!(noted(cloud.plan(&World::new(&changed))), [stays("s/person"), goes("s/second", false)]);
    }
}
