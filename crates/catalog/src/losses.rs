//! What people have put into things of some types, and what goes with them: no schema says so. Sources: Amazon Q Business API
//! Reference, "DeleteApplication"; "Secure API access to Amazon Q Business with IAM federation" (AWS Machine Learning Blog): users are
//! one identity across the applications that share a provider, and have their history by it.

use crate::TypeSchema;

const LOSSES: &[(&str, &str)] = &[
    (
        "AWS::QBusiness::Application",
        "all conversations, feedback and subscriptions of its users, and every document that it has indexed",
    ),
    ("AWS::QBusiness::Index", "every document that it holds, until its sources have been synced again"),
];

impl TypeSchema {
    /// What of its users goes with a resource of the type, whatever else does; none where nothing is known of it.
    pub fn lost_with_it(&self) -> Option<&'static str> {
        let name = self.type_name().as_str();
        LOSSES.iter().find(|(type_name, _)| *type_name == name).map(|(_, what)| *what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Catalog;

    #[test]
    fn every_type_of_the_table_is_one() {
        for (name, what) in LOSSES {
            let schema = Catalog::embedded().schema(&name.parse().unwrap()).expect("the registry has it");
            assert_eq!(schema.lost_with_it(), Some(*what));
        }
    }
}
