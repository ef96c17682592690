//! Accounts that the stacks make themselves: what makes them, what comes after it, how to get in. Imports `lower`.

use crate::frame::add_dependency;
use crate::grants::reference;
use crate::lower::Lowering;
use crate::resources::Made;
use charter_model::{
    AccountName, AccountSource, AccountTarget, Address, Dependency, DesiredResource, Diagnostic, Span, Template, Value,
    did_you_mean,
};
use std::collections::BTreeMap;

const ACCOUNT: &str = "AWS::Organizations::Account";
/// The role that Organizations makes where the account's `RoleName` names none. Source: Organizations API Reference, "CreateAccount".
const ACCESS_ROLE: &str = "OrganizationAccountAccessRole";

/// The id of an account: a text, or what the resource that makes it will come to.
pub(crate) fn id_template(target: &AccountTarget, span: Option<Span>) -> Template {
    match &target.id {
        AccountSource::Known(id) => Template::Value(Value::from(id.as_str())),
        AccountSource::Made { by, .. } => reference(by, "resource.AccountId", span),
    }
}

impl<'a> Lowering<'a, '_> {
    /// The accounts of the environment with all that the stacks say of them. What lives in an account that is made comes after the
    /// resource that makes it.
    pub(crate) fn accounts(&self, made: &mut Made<'a>) -> BTreeMap<AccountName, AccountTarget> {
        let mut accounts = self.files.environment.settings.accounts.clone();
        for (name, target) in &mut accounts {
            let Some(by) = target.made_by().cloned() else { continue };
            let span = self.files.environment.made_accounts.get(name).copied();
            let Some(maker) = self.maker(name, &by, span, made) else { continue };
            if target.role.is_none() {
                target.role = Some(role_of(maker));
            }
            target.id = AccountSource::Made { by: by.clone(), through: Some(maker.placement.account.clone()) };
            for resource in made.resources.values_mut().filter(|resource| resource.placement.account == *name) {
                let mut known: BTreeMap<Address, Dependency> = std::mem::take(&mut resource.dependencies)
                    .into_iter()
                    .map(|each| (each.address.clone(), each))
                    .collect();
                add_dependency(&mut known, Dependency { address: by.clone(), property: None, span });
                resource.dependencies = known.into_values().collect();
            }
        }
        accounts
    }

    /// The resource that makes an account; told where there is none.
    fn maker<'m>(
        &self,
        name: &AccountName,
        by: &Address,
        span: Option<Span>,
        made: &'m Made<'_>,
    ) -> Option<&'m DesiredResource> {
        let label = |diagnostic: Diagnostic, text: &str| match span {
            Some(span) => diagnostic.label(span, text),
            None => diagnostic,
        };
        let found = made.resources.get(by);
        if let Some(found) = found.filter(|found| found.type_name.as_str() == ACCOUNT) {
            return Some(found);
        }
        let kind = found.map(|found| found.type_name.to_string());
        let known: Vec<String> = made
            .resources
            .values()
            .filter(|resource| resource.type_name.as_str() == ACCOUNT)
            .map(|resource| resource.address.to_string())
            .collect();
        let help = match did_you_mean(&by.to_string(), known.iter().map(String::as_str)) {
            Some(suggestion) => format!("did you mean `{suggestion}`?"),
            None if known.is_empty() => format!(
                "write a resource of the type {ACCOUNT}; if the account is there already, give its `id` instead of `from`"
            ),
            None => format!("accounts: {}; if it is there already, give its `id` instead of `from`", known.join(", ")),
        };
        self.tell(match kind {
            Some(kind) => label(
                Diagnostic::error("wrong-type", format!("the account {name} comes from {by}, which is an {kind}")),
                "makes no account",
            )
            .help(help),
            None => label(
                Diagnostic::error(
                    "unknown-name",
                    format!("the account {name} comes from {by}, which the stacks do not have"),
                ),
                "no such resource",
            )
            .help(help),
        });
        None
    }
}

/// The role by which the management account gets into the account that a resource makes.
fn role_of(maker: &DesiredResource) -> String {
    let name = match &maker.properties {
        Template::Value(value) => value.get("RoleName").and_then(Value::as_str),
        Template::Map(map) => map.get("RoleName").and_then(Template::as_value).and_then(Value::as_str),
        _ => None,
    };
    name.unwrap_or(ACCESS_ROLE).to_owned()
}
