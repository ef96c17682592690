//! Grants: from `{to, on, access}` to one inline policy for each role, with exact actions and ARNs.
//! Imports `lower`, and the table of capabilities of `access`.

use crate::accounts::id_template;
use crate::declared::GrantDeclaration;
use crate::frame::{Context, Entity, Frame, Told};
use crate::lower::{Lowering, fold_list, fold_map};
use crate::resources::{Made, addresses, collect_edges};
use charter_access::{Capability, Permission, ResourcePart, VERSION, capabilities, capability};
use charter_model::{
    Address, Binding, DesiredResource, Diagnostic, Expression, Grant, Lifecycle, Locations, Pointer, Segment, Span,
    Template, TypeName, Value, did_you_mean,
};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

/// The name of the policy inside its role: there is one, so it need not tell roles apart.
const POLICY_NAME: &str = "charter-grants";

/// The statements of one role's policy, and where the first grant stands.
struct Policy {
    statements: Vec<Statement>,
    span: Span,
}

struct Statement {
    sid: String,
    actions: BTreeSet<&'static str>,
    resources: Vec<Template>,
    /// The resources are one expression that comes to a list.
    spread: bool,
    conditions: Vec<(&'static str, &'static str, Template)>,
}

impl<'a> Lowering<'a, '_> {
    /// Makes the policies that all grants ask for.
    pub(crate) fn grant(&self, made: &mut Made<'a>) -> Vec<Grant> {
        let mut grants = Vec::new();
        let mut policies: BTreeMap<Address, Policy> = BTreeMap::new();
        for frame in made.frames.clone() {
            for declared in &frame.body.grants {
                let _ = self.grant_one(&frame, declared, made, &mut policies, &mut grants);
            }
        }
        for (role, policy) in policies {
            if let Some(resource) = policy_resource(&role, policy, made) {
                made.resources.insert(resource.address.clone(), resource);
            }
        }
        grants
    }

    fn grant_one(
        &self,
        frame: &Rc<Frame<'a>>,
        declared: &GrantDeclaration,
        made: &Made<'a>,
        policies: &mut BTreeMap<Address, Policy>,
        grants: &mut Vec<Grant>,
    ) -> Result<(), Told> {
        let context = Context { frame: frame.clone(), each: None, placement: frame.placement.clone() };
        if let Some(when) = &declared.when
            && !self.known_bool(&context, when, "`when`")?
        {
            return Ok(());
        }
        let roles = self.grant_end(&context, &declared.to, "to", made)?;
        let targets = self.grant_end(&context, &declared.on, "on", made)?;
        let prefix = match &declared.prefix {
            Some(prefix) => Some(self.known_text(&context, prefix, "`prefix`")?),
            None => None,
        };
        for role in &roles {
            if role.type_name.as_str() != "AWS::IAM::Role" {
                return Err(self.tell(
                    Diagnostic::error(
                        "grant-to",
                        format!("a grant goes to a role, and {} is an {}", role.address, role.type_name),
                    )
                    .label(declared.to.span, "not a role")
                    .help("name a resource of type AWS::IAM::Role"),
                ));
            }
            for target in &targets {
                if role.placement.account != target.placement.account {
                    return Err(self.tell(
                        Diagnostic::error("grant-across-accounts", format!(
                            "{} lives in the account {}, {} in {}",
                            role.address, role.placement.account, target.address, target.placement.account
                        ))
                        .label(declared.span, "crosses accounts")
                        .help("a role's policy alone does not reach into another account: share the resource with RAM or a resource policy, or make a role beside it and let the first assume that"),
                    ));
                }
                for access in &declared.access {
                    let found = self.capability_of(target, &access.value, access.span)?;
                    if prefix.is_some()
                        && !found.permissions.iter().any(|each| matches!(each.on, ResourcePart::Objects(_)))
                    {
                        return Err(self.tell(
                            Diagnostic::error(
                                "not-allowed",
                                format!("`{}` on {} has no `prefix`", found.name, found.type_name),
                            )
                            .label(declared.prefix.as_ref().map_or(declared.span, |prefix| prefix.span), "not used")
                            .help("remove `prefix`: it narrows access to the objects of a bucket"),
                        ));
                    }
                    grants.push(Grant {
                        to: role.address.clone(),
                        on: target.address.clone(),
                        access: access.value.to_string(),
                        span: Some(declared.span),
                    });
                    let policy = policies
                        .entry(role.address.clone())
                        .or_insert_with(|| Policy { statements: Vec::new(), span: declared.span });
                    add_statements(
                        policy,
                        found,
                        target,
                        prefix.as_deref(),
                        declared.span,
                        &self.placement_names(target, declared.span),
                    );
                }
            }
        }
        Ok(())
    }

    /// The resources that one end of a grant names.
    fn grant_end<'m>(
        &self,
        context: &Context<'a>,
        declared: &crate::declared::Declared,
        end: &str,
        made: &'m Made<'a>,
    ) -> Result<Vec<&'m DesiredResource>, Told> {
        let not_a_resource = || {
            self.tell(
                Diagnostic::error("grant-end", format!("`{end}` must name a resource"))
                    .label(declared.span, "not a resource")
                    .help(format!("write the resource itself, without an attribute: {end}: ${{name}}")),
            )
        };
        let expression = declared.sole_expression().ok_or_else(not_a_resource)?;
        let entity = self.entity(context, expression)?;
        if matches!(entity, Entity::Value(_) | Entity::Module(_)) {
            return Err(not_a_resource());
        }
        let mut found = Vec::new();
        addresses(&entity, &made.resources, &mut found);
        // A resource with errors of its own is not there: told.
        Ok(found.iter().filter_map(|address| made.resources.get(address)).collect())
    }

    fn capability_of(&self, target: &DesiredResource, access: &str, span: Span) -> Result<&'static Capability, Told> {
        let type_name = target.type_name.as_str();
        if let Some(found) = capability(type_name, access) {
            return Ok(found);
        }
        let known: Vec<&Capability> = capabilities().iter().filter(|each| each.type_name == type_name).collect();
        if known.is_empty() {
            return Err(self.tell(
                Diagnostic::error("unknown-capability", format!("grants on {type_name} are not known"))
                    .label(span, "no such access")
                    .help("write an AWS::IAM::RolePolicy by hand"),
            ));
        }
        let diagnostic = Diagnostic::error("unknown-capability", format!("{type_name} has no access `{access}`"))
            .label(span, "unknown access");
        let list: Vec<String> = known.iter().map(|each| format!("`{}` ({})", each.name, each.meaning)).collect();
        Err(self.tell(match did_you_mean(access, known.iter().map(|each| each.name)) {
            Some(suggestion) => diagnostic.help(format!("did you mean `{suggestion}`?")),
            None => diagnostic.help(format!("there are: {}", list.join(", "))),
        }))
    }

    /// Partition, region and account of a resource, for ARNs that are put together.
    fn placement_names(&self, target: &DesiredResource, span: Span) -> PlacementNames {
        let accounts = &self.files.environment.settings.accounts;
        let account = accounts.get(&target.placement.account).map(|account| id_template(account, Some(span)));
        let text = |text: &str| Template::Value(Value::from(text));
        [
            ("partition", text(crate::expressions::partition_of(target.placement.region.as_str()))),
            ("region", text(target.placement.region.as_str())),
            ("account", account.unwrap_or_else(|| text(""))),
        ]
    }
}

/// What stands for a resource's place in ARNs that are put together.
type PlacementNames = [(&'static str, Template); 3];

fn add_statements(
    policy: &mut Policy,
    found: &'static Capability,
    target: &DesiredResource,
    prefix: Option<&str>,
    span: Span,
    names: &PlacementNames,
) {
    for permission in found.permissions {
        let resource = arn(permission, target, prefix, span, names);
        let mut conditions: Vec<(&str, &str, Template)> = permission
            .conditions
            .iter()
            .map(|(operator, key, value)| (*operator, *key, attribute(target, value, span)))
            .collect();
        if let (Some(prefix), true) = (prefix, permission.actions.contains(&"s3:ListBucket")) {
            let value = Template::Value(Value::from(format!("{prefix}*").as_str()));
            conditions.push(("StringLike", "s3:prefix", value));
        }
        let spread = permission.on == ResourcePart::Models;
        let same = policy.statements.iter_mut().find(|known| {
            !known.spread && !spread && known.conditions == conditions && known.resources == [resource.clone()]
        });
        if let Some(known) = same {
            known.actions.extend(permission.actions);
            continue;
        }
        let joined = policy.statements.iter_mut().find(|known| {
            !known.spread
                && !spread
                && known.conditions == conditions
                && known.actions.iter().eq(permission.actions.iter())
        });
        match joined {
            Some(known) => known.resources.push(resource),
            None => policy.statements.push(Statement {
                sid: sid(found.name, &target.address),
                actions: permission.actions.iter().copied().collect(),
                resources: vec![resource],
                spread,
                conditions,
            }),
        }
    }
}

/// `QueryKnowledgeIndex`; letters and digits only, as identity policies want it.
fn sid(access: &str, address: &Address) -> String {
    let words = format!("{access} {}", address.local());
    words
        .split(|each: char| !each.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| {
            let (first, rest) = word.split_at_checked(1).unwrap_or((word, ""));
            format!("{}{rest}", first.to_ascii_uppercase())
        })
        .collect()
}

fn arn(
    permission: &Permission,
    target: &DesiredResource,
    prefix: Option<&str>,
    span: Span,
    names: &PlacementNames,
) -> Template {
    let literal = |text: &str| Template::Value(Value::from(text));
    match permission.on {
        ResourcePart::Attribute(name) => attribute(target, name, span),
        ResourcePart::Suffixed(name, suffix) => {
            Template::Interpolation(vec![attribute(target, name, span), literal(suffix)])
        }
        ResourcePart::Objects(name) => {
            let suffix = format!("/{}*", prefix.unwrap_or_default());
            Template::Interpolation(vec![attribute(target, name, span), literal(&suffix)])
        }
        ResourcePart::Models => expression(target, "resource.Models.map(model, model.ModelArn)", span),
        ResourcePart::Pattern(pattern) => {
            let mut parts = Vec::new();
            let mut written = String::new();
            let mut rest = pattern;
            while let Some((before, after)) = rest.split_once('{') {
                let (name, after) = after.split_once('}').unwrap_or((after, ""));
                written.push_str(before);
                let place = names.iter().find(|(known, _)| *known == name).map(|(_, value)| value);
                match place.map(|value| (value, value.as_value().and_then(Value::as_str))) {
                    Some((_, Some(text))) => written.push_str(text),
                    Some((value, None)) => {
                        parts.push(literal(&std::mem::take(&mut written)));
                        parts.push(value.clone());
                    }
                    None => {
                        parts.push(literal(&std::mem::take(&mut written)));
                        parts.push(attribute(target, name, span));
                    }
                }
                rest = after;
            }
            written.push_str(rest);
            if !written.is_empty() {
                parts.push(literal(&written));
            }
            Template::Interpolation(parts)
        }
    }
}

fn attribute(target: &DesiredResource, name: &str, span: Span) -> Template {
    expression(target, &format!("resource.{name}"), span)
}

fn expression(target: &DesiredResource, text: &str, span: Span) -> Template {
    reference(&target.address, text, span)
}

/// An expression over one resource, which it calls `resource`.
pub(crate) fn reference(address: &Address, text: &str, span: impl Into<Option<Span>>) -> Template {
    let bindings = BTreeMap::from([(Arc::from("resource"), Binding::Resource(address.clone()))]);
    Template::Expression(Expression { text: text.into(), bindings, span: span.into() })
}

fn policy_resource(role: &Address, policy: Policy, made: &Made<'_>) -> Option<DesiredResource> {
    let target = made.resources.get(role)?;
    let text = |text: &str| Template::Value(Value::from(text));
    let mut known = BTreeSet::new();
    let mut statements = Vec::new();
    for statement in policy.statements {
        let mut sid = statement.sid.clone();
        let mut number = 2;
        while !known.insert(sid.clone()) {
            sid = format!("{}{number}", statement.sid);
            number += 1;
        }
        statements.push(statement_template(sid, statement));
    }
    let document =
        fold_map(BTreeMap::from([("Version".into(), text(VERSION)), ("Statement".into(), fold_list(statements))]));
    let properties = fold_map(BTreeMap::from([
        ("PolicyName".into(), text(POLICY_NAME)),
        ("RoleName".into(), reference(role, "resource.RoleName", policy.span)),
        ("PolicyDocument".into(), document),
    ]));
    let mut dependencies = BTreeMap::new();
    collect_edges(&properties, &Pointer::root(), Some(policy.span), &mut dependencies);
    Some(DesiredResource {
        address: policy_address(role, made)?,
        type_name: TypeName::new("AWS::IAM::RolePolicy").ok()?,
        placement: target.placement.clone(),
        properties,
        locations: Arc::new(Locations { block: Some(policy.span), ..Locations::default() }),
        dependencies: dependencies.into_values().collect(),
        lifecycle: Lifecycle::default(),
    })
}

/// Beside the role: `stack/reader_grants`.
fn policy_address(role: &Address, made: &Made<'_>) -> Option<Address> {
    let (last, before) = role.path().split_last()?;
    (1..)
        .map(|number| match number {
            1 => format!("{}_grants", last.name),
            _ => format!("{}_grants_{number}", last.name),
        })
        .filter_map(|name| {
            let mut path = before.to_vec();
            path.push(Segment::new(&name, last.key.as_deref()).ok()?);
            Address::from_segments(role.stack().clone(), path).ok()
        })
        .find(|address| !made.resources.contains_key(address))
}

fn statement_template(sid: String, statement: Statement) -> Template {
    let text = |text: &str| Template::Value(Value::from(text));
    let resource = match (statement.spread, statement.resources.len()) {
        (true, _) | (_, 1) => statement.resources.into_iter().next().unwrap_or_else(|| fold_list(Vec::new())),
        _ => fold_list(statement.resources),
    };
    let mut members: BTreeMap<Arc<str>, Template> = BTreeMap::from([
        ("Sid".into(), text(&sid)),
        ("Effect".into(), text("Allow")),
        ("Action".into(), fold_list(statement.actions.iter().map(|action| text(action)).collect())),
        ("Resource".into(), resource),
    ]);
    if !statement.conditions.is_empty() {
        let mut operators: BTreeMap<Arc<str>, BTreeMap<Arc<str>, Template>> = BTreeMap::new();
        for (operator, key, value) in statement.conditions {
            operators.entry(operator.into()).or_default().insert(key.into(), value);
        }
        let conditions = operators.into_iter().map(|(operator, keys)| (operator, fold_map(keys))).collect();
        members.insert("Condition".into(), fold_map(conditions));
    }
    fold_map(members)
}
