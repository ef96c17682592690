//! Resources: from blocks to the desired graph's nodes, checked against the catalogue, with their edges.
//! Imports `lower`, `expand`.

use crate::declared::{Block, BlockKind, ResourceBlock};
use crate::expressions::noun;
use crate::frame::{Context, Entity, Frame, Instance, Instances, InstancesKind, Pending, Told, add_dependency};
use crate::lower::{Lowering, Nothing};
use charter_catalog::model_violations;
use charter_model::{
    Address, Dependency, DesiredResource, Diagnostic, Evaluator, Lifecycle, Placement, Pointer, Segment, Span,
    Template, Value, did_you_mean,
};
use std::collections::BTreeMap;
use std::rc::Rc;

/// What expansion has made so far.
#[derive(Default)]
pub(crate) struct Made<'a> {
    pub(crate) resources: BTreeMap<Address, DesiredResource>,
    pub(crate) pending: Vec<Pending<'a>>,
    /// Every frame, in the order of expansion: for grants and outputs.
    pub(crate) frames: Vec<Rc<Frame<'a>>>,
}

impl<'a> Lowering<'a, '_> {
    /// Makes every resource of a frame and of the modules in it.
    pub(crate) fn expand(&self, frame: &Rc<Frame<'a>>, made: &mut Made<'a>) {
        if frame.expanded.replace(true) {
            return;
        }
        made.frames.push(frame.clone());
        // Those that nothing uses are checked as well.
        for name in frame.body.parameters.keys() {
            let _ = self.parameter(frame, name);
        }
        for (name, block) in &frame.body.blocks {
            let Ok(instances) = self.instances(frame, name, block) else { continue };
            match &instances.kind {
                InstancesKind::None => {}
                InstancesKind::One(instance) => self.expand_instance(block, instance, made),
                InstancesKind::Keyed(keyed) => {
                    keyed.values().for_each(|instance| self.expand_instance(block, instance, made));
                }
            }
        }
    }

    fn expand_instance(&self, block: &'a Block, instance: &Instance<'a>, made: &mut Made<'a>) {
        match (&instance.entity, &block.kind) {
            (Entity::Module(frame), _) => self.expand(frame, made),
            (Entity::Resource(address, _), BlockKind::Resource(resource)) => {
                if let Ok(desired) = self.resource(block, resource, instance, address, made) {
                    made.resources.insert(address.clone(), desired);
                }
            }
            _ => {}
        }
    }

    fn resource(
        &self,
        block: &'a Block,
        resource: &'a ResourceBlock,
        instance: &Instance<'a>,
        address: &Address,
        made: &mut Made<'a>,
    ) -> Result<DesiredResource, Told> {
        let context = &instance.context;
        let (properties, lowered) = self.lower_partly(context, &resource.properties);
        let checked = self.check_properties(resource, &properties, &instance.context.placement);
        let lifecycle = self.lifecycle(block, resource, context, &instance.segment);
        let mut named = Vec::new();
        let mut result = Ok(());
        for expression in &block.depends_on {
            match self.dependency(context, expression) {
                Ok(entity) => named.extend(entity.map(|entity| (Rc::new(entity), expression.span))),
                Err(told) => result = Err(told),
            }
        }
        result.and(lowered).and(checked)?;
        let lifecycle = lifecycle?;
        let mut dependencies = BTreeMap::new();
        collect_edges(&properties, &Pointer::root(), None, &mut dependencies);
        for (on, span) in context.frame.depends_on.iter().chain(&named) {
            made.pending.push(Pending { from: address.clone(), on: on.clone(), span: *span });
        }
        Ok(DesiredResource {
            address: address.clone(),
            type_name: resource.type_name.clone(),
            placement: context.placement.clone(),
            properties,
            locations: resource.locations.clone(),
            dependencies: dependencies.into_values().collect(),
            lifecycle,
        })
    }

    fn lifecycle(
        &self,
        block: &'a Block,
        resource: &'a ResourceBlock,
        context: &Context<'a>,
        segment: &Segment,
    ) -> Result<Lifecycle, Told> {
        let frame = &context.frame;
        let protect = self.flag(context, block.protect.as_ref(), "`protect`");
        let retain = self.flag(context, block.retain.as_ref(), "`retain`");
        let import = match &resource.import {
            Some(declared) => self.known(context, declared, "`import`").and_then(|value| match value {
                Value::String(text) if !text.is_empty() => Ok(Some(text.to_string())),
                Value::Null => Ok(None),
                other => Err(self.tell(
                    Diagnostic::error(
                        "wrong-type",
                        format!("`import` is the identifier of what exists, not {}", noun(&other)),
                    )
                    .label(declared.span, noun(&other))
                    .help("give the identifier as a text; parts are joined by |"),
                )),
            }),
            None => Ok(None),
        };
        let moved_from = match &block.moved_from {
            Some(declared) => self.moved_from(context, declared).and_then(|from| {
                if frame.address(segment.clone()).is_ok_and(|address| address == from) {
                    return Err(self.tell(
                        Diagnostic::error("invalid-address", format!("{from} cannot be moved to itself"))
                            .label(declared.span, "this is where it stands")
                            .help("remove `movedFrom`, or give the address where it stood before"),
                    ));
                }
                Ok(Some(from))
            }),
            None => Ok(frame.moved_from.as_ref().map(|from| from.child(segment.clone()))),
        };
        Ok(Lifecycle {
            protect: protect? || frame.protect,
            retain: retain? || frame.retain,
            replace: resource.replace,
            ignore_changes: resource.ignore_changes.clone(),
            import: import?,
            moved_from: moved_from?,
            timeouts: resource.timeouts,
        })
    }

    /// Everything that can be said of the properties before anything is made.
    fn check_properties(
        &self,
        resource: &ResourceBlock,
        properties: &Template,
        placement: &Placement,
    ) -> Result<(), Told> {
        let place = resource.properties.span;
        if matches!(properties, Template::Value(Value::Unknown(_))) {
            // Wrong as a whole, and told.
            return Err(Told);
        }
        if !matches!(properties, Template::Map(_) | Template::Value(Value::Map(_))) {
            return Err(self.tell(
                Diagnostic::error("wrong-type", "the properties must be a map, and known before anything is made")
                    .label(place, "not a map")
                    .help("write the properties out; each value may be an expression"),
            ));
        }
        let evaluated;
        let value = match properties {
            Template::Value(value) => value,
            other => {
                evaluated = self.language.evaluate(other, &Nothing).map_err(|error| {
                    self.tell(
                        Diagnostic::error("expression-failed", format!("the expression fails: {}", error.reason))
                            .label(error.span.unwrap_or(place), "this expression")
                            .help("mend the expression, or the value that it works on"),
                    )
                })?;
                &evaluated
            }
        };
        let Some(schema) = self.files.catalog.schema(&resource.type_name) else { return Err(Told) };
        let mut result = Ok(());
        let mut violations = schema.validate(value);
        violations.extend(model_violations(&resource.type_name, value, placement.region.as_str()));
        let slips: Vec<(Option<Pointer>, String)> = violations
            .iter()
            .filter(|each| each.code == "unknown-property")
            .filter_map(|each| Some((each.pointer.parent(), each.pointer.segments().last()?.to_string())))
            .collect();
        for violation in violations {
            // A misspelt property is not missing as well.
            let name = violation.pointer.segments().last().map(ToString::to_string).unwrap_or_default();
            let parent = violation.pointer.parent();
            if violation.code == "missing-property"
                && slips.iter().any(|(place, slip)| *place == parent && did_you_mean(slip, [name.as_str()]).is_some())
            {
                continue;
            }
            let locations = &resource.locations;
            let key = locations.keys.get(&violation.pointer).copied().filter(|_| violation.at_key);
            let span = key.or_else(|| locations.nearest(&violation.pointer)).unwrap_or(place);
            let at = if violation.code == "missing-property" { "missing here" } else { "here" };
            let mut diagnostic = Diagnostic::error(violation.code, violation.message).label(self.first_line(span), at);
            diagnostic.help = violation.help;
            result = Err(self.tell(self.with_quotes(diagnostic, violation.code, span)));
        }
        result
    }

    /// A marked block of many lines says less than its first.
    fn first_line(&self, span: Span) -> Span {
        let project = self.project.borrow();
        let text = project.sources.text(span).unwrap_or_default();
        let length = text.lines().next().map_or(0, str::len);
        Span { length: u32::try_from(length).unwrap_or(span.length), ..span }
    }

    /// A number or boolean where a text is needed was mostly meant as it was written: `15.10` is not 15.1.
    fn with_quotes(&self, diagnostic: Diagnostic, code: &str, span: Span) -> Diagnostic {
        let project = self.project.borrow();
        let written = project.sources.text(span).unwrap_or_default();
        let literal = written.parse::<f64>().is_ok() || matches!(written, "true" | "false");
        if code == "wrong-type" && literal && diagnostic.summary.contains("must be a text") {
            return diagnostic.help(format!("write it in quotes: \"{written}\""));
        }
        diagnostic
    }

    /// Adds the edges that were asked for by name.
    pub(crate) fn connect(&self, made: &mut Made<'a>) {
        let pending = std::mem::take(&mut made.pending);
        for edge in pending {
            let mut targets = Vec::new();
            addresses(&edge.on, &made.resources, &mut targets);
            let Some(resource) = made.resources.get_mut(&edge.from) else { continue };
            let mut known: BTreeMap<Address, Dependency> = std::mem::take(&mut resource.dependencies)
                .into_iter()
                .map(|each| (each.address.clone(), each))
                .collect();
            for address in targets {
                let dependency = Dependency { address, property: None, span: Some(edge.span) };
                add_dependency(&mut known, dependency);
            }
            resource.dependencies = known.into_values().collect();
        }
    }
}

/// Every resource that an entity stands for.
pub(crate) fn addresses(entity: &Entity<'_>, resources: &BTreeMap<Address, DesiredResource>, found: &mut Vec<Address>) {
    match entity {
        Entity::Value(template) => found.extend(template.resources()),
        Entity::Resource(address, _) => found.push(address.clone()),
        Entity::Module(frame) => {
            let Ok(start) = Address::from_segments(frame.stack.clone(), frame.path.clone()) else { return };
            found.extend(
                resources
                    .range(start..)
                    .map(|(address, _)| address)
                    .take_while(|address| *address.stack() == frame.stack && address.path().starts_with(&frame.path))
                    .cloned(),
            );
        }
        Entity::Instances(instances) => {
            each_instance(instances).for_each(|instance| addresses(&instance.entity, resources, found));
        }
    }
}

/// The instances of a block.
pub(crate) fn each_instance<'i, 'a>(instances: &'i Instances<'a>) -> Box<dyn Iterator<Item = &'i Instance<'a>> + 'i> {
    match &instances.kind {
        InstancesKind::None => Box::new(std::iter::empty()),
        InstancesKind::One(instance) => Box::new(std::iter::once(instance)),
        InstancesKind::Keyed(keyed) => Box::new(keyed.values()),
    }
}

/// Every resource that properties refer to, with the first property that does.
pub(crate) fn collect_edges(
    template: &Template,
    place: &Pointer,
    span: Option<Span>,
    found: &mut BTreeMap<Address, Dependency>,
) {
    match template {
        Template::Value(_) | Template::Secret(_) => {}
        Template::List(list) => {
            for (index, each) in list.iter().enumerate() {
                collect_edges(each, &place.index(index), span, found);
            }
        }
        Template::Map(map) => {
            for (key, each) in map {
                collect_edges(each, &place.key(key), span, found);
            }
        }
        Template::Interpolation(parts) => parts.iter().for_each(|part| collect_edges(part, place, span, found)),
        Template::Expression(expression) => {
            for address in template.resources() {
                let span = expression.span.or(span);
                add_dependency(found, Dependency { address, property: Some(place.clone()), span });
            }
        }
    }
}
