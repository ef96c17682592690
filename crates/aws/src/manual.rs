//! `Charter::Manual::HandOff`: what somebody must do outside AWS. Nobody is called: a hand-off is in the state and nowhere else, so
//! reading it gives back what was recorded, and every change of it takes its confirmation away. `charter handoff confirm` records
//! that it is done.

use crate::adapter::Step;
use crate::convert;
use crate::progress::done;
use crate::state_only::Note;
use async_trait::async_trait;
use charter_provider::Properties;

/// Serves hand-offs.
pub(crate) struct HandOffs;

/// Open, whatever it was before.
fn open(mut properties: Properties) -> Step {
    let name: String = convert::required(&properties, "Name")?;
    properties.insert("Confirmed".to_owned(), false.into());
    Ok(done(name, properties))
}

#[async_trait]
impl Note for HandOffs {
    const TYPE: &'static [&'static str] = &["Charter::Manual::HandOff"];

    fn written(&self, properties: Properties) -> Step {
        open(properties)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use charter_provider::Progress;
    use serde_json::json;

    #[test]
    fn whatever_is_made_or_changed_is_open() {
        let told = json!({"Name": "okta", "Summary": "s", "Confirmed": true});
        let Ok(Progress::Done(done)) = open(told.as_object().unwrap().clone()) else { panic!("it is done at once") };
        assert_eq!(done.identifier, "okta");
        assert_eq!(json!(done.properties), json!({"Name": "okta", "Summary": "s", "Confirmed": false}));
    }
}
