//! `charter cost`: what was spent, by line of business, as AWS Cost Explorer tells it.

use crate::arguments::{CostArguments, GlobalArguments};
use crate::command_error::{CommandError, CommandResult, ExitCode};
use crate::cost::dollars;
use crate::project::{self, Project};
use crate::render::table::{RowKind, Table};
use crate::session;
use crate::target;
use crate::ui::{BOLD, DIM, Ui, YELLOW, paint};
use charter_aws::{Spending, SpendingRequest};
use charter_cost::{Amount, LINE_TAG};
use charter_model::Placement;
use charter_provider::{Failure, FailureCode};
use charter_state::Snapshot;
use jiff::Span;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

const TAGS: &str = "Charter::Billing::CostAllocationTags";
/// So many periods still stand beside each other.
const COLUMNS: usize = 6;

/// Asks and shows; changes nothing.
pub(crate) async fn run(ui: Ui, global: &GlobalArguments, arguments: &CostArguments) -> CommandResult {
    let (from, to) = days(arguments)?;
    let project = project::load(ui, global, &arguments.environment, &[])?;
    let payer = payer(&project)?;
    let target = target::connect(ui, &project).await?;
    let snapshot = session::peek(&project.place).await?;
    session::verify(target.provider.as_ref(), &payer).await?;
    let request = SpendingRequest {
        tag_key: arguments.by.clone(),
        from: from.to_string(),
        to: to.tomorrow().map_err(|error| invalid(error.to_string()))?.to_string(),
        daily: arguments.daily,
    };
    let spending = target.provider.spending(&payer, &request).await.map_err(|failure| refused(&payer, &failure))?;
    let report = Report { spending: &spending, request: &request, planned: planned(&snapshot, &request.tag_key) };
    report.emit(ui);
    let table = report.table();
    let title = format!("Spent from {from} to {to}, by {}", request.tag_key);
    if arguments.markdown {
        ui.data(&format!("### {title}\n\n{}", table.markdown()));
    } else {
        ui.data(&format!("{}\n{}", paint(BOLD, title), table.text()));
    }
    for note in report.notes() {
        let sign = if arguments.markdown { String::new() } else { format!("{} ", paint(YELLOW, "note:")) };
        ui.say(&format!("{sign}{note}"));
    }
    Ok(ExitCode::Done)
}

fn invalid(message: impl Into<String>) -> CommandError {
    CommandError::new(ExitCode::InvalidInput, message)
}

fn refused(payer: &Placement, failure: &Failure) -> CommandError {
    let code = match failure.code {
        FailureCode::InvalidRequest => ExitCode::InvalidInput,
        FailureCode::AccessDenied | FailureCode::InvalidCredentials => ExitCode::Credentials,
        _ => ExitCode::Unexpected,
    };
    let error = CommandError::new(code, format!("account {}: {failure}", payer.account));
    match code {
        ExitCode::Credentials => error.help(
            "it takes ce:GetCostAndUsage and ce:ListCostAllocationTags there, and that IAM users may see billing at all",
        ),
        _ => error,
    }
}

/// The first and the last day.
fn days(arguments: &CostArguments) -> Result<(Date, Date), CommandError> {
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let to = arguments.to.unwrap_or(today);
    let before = |span: Span| to.checked_sub(span).map_err(|error| invalid(error.to_string()));
    let from = match (arguments.from, arguments.days) {
        (Some(from), _) => from,
        (None, Some(days)) => before(Span::new().days(i64::from(days.saturating_sub(1))))?,
        // This month and the one before it.
        (None, None) => before(Span::new().months(1))?.first_of_month(),
    };
    if from > to {
        return Err(invalid(format!("{from} is after {to}: there is no day to tell about")));
    }
    Ok((from, to))
}

/// The account that pays: where tag keys are activated, else the one that manages the others, else the only one.
fn payer(project: &Project) -> Result<Placement, CommandError> {
    let graph = &project.graph;
    if let Some(tags) = graph.resources.values().find(|resource| resource.type_name.as_str() == TAGS) {
        return Ok(tags.placement.clone());
    }
    let mut names = graph.accounts.keys();
    let managing = graph.accounts.keys().find(|name| name.as_str() == "management");
    let account = managing.or_else(|| names.next().filter(|_| names.next().is_none())).ok_or_else(|| {
        invalid("nothing says which account pays").help(format!(
            "name the account that manages the organization `management` in the environment, or declare {TAGS} in it"
        ))
    })?;
    Ok(Placement { account: account.clone(), region: graph.region.clone() })
}

/// What the recorded resources come to a month, by who pays; none for another key than that of lines of business.
fn planned(snapshot: &Snapshot, tag_key: &str) -> Option<BTreeMap<Option<String>, Amount>> {
    if tag_key != LINE_TAG {
        return None;
    }
    let mut sums: BTreeMap<Option<String>, Amount> = BTreeMap::new();
    for line in charter_cost::standing(snapshot).lines {
        let payer = line.tagged.then_some(line.line_of_business);
        let sum = sums.entry(payer).or_default();
        *sum = sum.plus(line.after);
    }
    Some(sums)
}

struct Report<'a> {
    spending: &'a Spending,
    request: &'a SpendingRequest,
    planned: Option<BTreeMap<Option<String>, Amount>>,
}

impl Report<'_> {
    fn emit(&self, ui: Ui) {
        let spending = self.spending;
        let periods = spending
            .periods
            .iter()
            .map(|((from, to), estimated)| serde_json::json!({"from": from, "to": to, "estimated": estimated}));
        let rows = spending.rows.iter().map(|row| {
            serde_json::json!({
                "from": row.from, "to": row.to, "value": row.tag_value, "service": row.service, "amount": row.amount,
            })
        });
        let planned = self.planned.as_ref().map(|planned| {
            let rows = planned.iter().map(|(value, amount)| serde_json::json!({"value": value, "amount": amount}));
            rows.collect::<Vec<_>>()
        });
        ui.emit(
            "spending",
            &serde_json::json!({
                "by": self.request.tag_key, "from": self.request.from, "to": self.request.to,
                "granularity": if self.request.daily { "daily" } else { "monthly" },
                "currency": spending.currency, "active": spending.is_active, "available": spending.is_available,
                "requests": spending.requests, "periods": periods.collect::<Vec<_>>(), "rows": rows.collect::<Vec<_>>(),
                "listPriceAMonth": planned,
            }),
        );
    }

    /// Everybody who paid or will have to; who is not named comes last.
    fn payers(&self) -> Vec<Option<&str>> {
        let spent = self.spending.rows.iter().map(|row| row.tag_value.as_deref());
        let planned = self.planned.iter().flat_map(|planned| planned.keys().map(Option::as_deref));
        let all: BTreeSet<Option<&str>> = spent.chain(planned).collect();
        let unnamed = all.contains(&None).then_some(None);
        all.into_iter().filter(Option::is_some).chain(unnamed).collect()
    }

    fn name(&self, payer: Option<&str>) -> String {
        payer.map_or_else(|| format!("(without {})", self.request.tag_key), str::to_owned)
    }

    /// What was spent: by whom, on which service, from when on; none of them counts any.
    fn sum(&self, payer: Option<Option<&str>>, service: Option<&str>, from: Option<&str>) -> f64 {
        let rows = self.spending.rows.iter().filter(|row| {
            payer.is_none_or(|payer| row.tag_value.as_deref() == payer)
                && service.is_none_or(|service| row.service == service)
                && from.is_none_or(|from| row.from == from)
        });
        // An empty sum of floats is -0.
        rows.map(|row| row.amount).sum::<f64>() + 0.0
    }

    fn money(&self, amount: f64) -> String {
        match self.spending.currency.as_deref() {
            None | Some("USD") if amount < 0.0 => format!("-{}", dollars(-amount)),
            None | Some("USD") => dollars(amount),
            Some(other) => format!("{amount:.2} {other}"),
        }
    }

    fn label(&self, period: &(String, String), estimated: bool) -> String {
        let label = if self.request.daily { period.0.as_str() } else { period.0.get(..7).unwrap_or_default() };
        format!("{label}{}", if estimated { "*" } else { "" })
    }

    fn table(&self) -> Table {
        if self.spending.periods.len() > COLUMNS { self.by_period() } else { self.by_payer() }
    }

    /// One row for each payer and each service.
    fn by_payer(&self) -> Table {
        let periods = &self.spending.periods;
        let mut header = vec![self.request.tag_key.clone()];
        header.extend(periods.iter().map(|(period, estimated)| self.label(period, *estimated)));
        header.push("total".to_owned());
        if self.planned.is_some() {
            header.push("list price a month".to_owned());
        }
        let mut rows = Vec::new();
        let mut add =
            |kind, name: String, payer: Option<Option<&str>>, service: Option<&str>, planned: Option<Amount>| {
                let mut cells = vec![name];
                cells.extend(periods.keys().map(|(from, _)| self.money(self.sum(payer, service, Some(from)))));
                cells.push(self.money(self.sum(payer, service, None)));
                if self.planned.is_some() {
                    cells.push(planned.map(crate::cost::plain).unwrap_or_default());
                }
                rows.push((kind, cells));
            };
        for payer in self.payers() {
            let planned = self.planned.as_ref().and_then(|planned| planned.get(&payer.map(str::to_owned)).copied());
            add(RowKind::Plain, self.name(payer), Some(payer), None, planned);
            let rows = self.spending.rows.iter().filter(|row| row.tag_value.as_deref() == payer);
            let services: BTreeSet<&str> = rows.map(|row| row.service.as_str()).collect();
            for service in services {
                add(RowKind::Part, service.to_owned(), Some(payer), Some(service), None);
            }
        }
        let all = self.planned.as_ref().map(|planned| planned.values().copied().fold(Amount::default(), Amount::plus));
        add(RowKind::Total, "total".to_owned(), None, None, all);
        Table { header, rows }
    }

    /// One row for each period.
    fn by_period(&self) -> Table {
        let payers = self.payers();
        let mut header = vec![if self.request.daily { "day" } else { "month" }.to_owned()];
        header.extend(payers.iter().map(|payer| self.name(*payer)));
        header.push("total".to_owned());
        let mut rows = Vec::new();
        let mut add = |kind, name: String, from: Option<&str>| {
            let mut cells = vec![name];
            cells.extend(payers.iter().map(|payer| self.money(self.sum(Some(*payer), None, from))));
            cells.push(self.money(self.sum(None, None, from)));
            rows.push((kind, cells));
        };
        for (period, estimated) in &self.spending.periods {
            add(RowKind::Plain, self.label(period, *estimated), Some(&period.0));
        }
        add(RowKind::Total, "total".to_owned(), None);
        Table { header, rows }
    }

    /// What one has to know to read the figures.
    fn notes(&self) -> Vec<String> {
        let (spending, key) = (self.spending, &self.request.tag_key);
        let mut notes = Vec::new();
        if !spending.is_available {
            notes.push(
                "No data yet: Cost Explorer prepares it for up to 24 hours after it was first asked. Ask again then."
                    .to_owned(),
            );
            return notes;
        }
        if spending.rows.is_empty() {
            notes.push(
                "No data yet: nothing was spent in these days, or AWS has not seen it yet, which takes up to 24 hours."
                    .to_owned(),
            );
        }
        let tagged = spending.rows.iter().any(|row| row.tag_value.is_some());
        if !spending.is_active {
            notes.push(format!(
                "The tag key {key} is not active: no cost is told apart by it. `{TAGS}` activates it, up to 24 hours later; what was \
                 spent before stays without it."
            ));
        } else if !tagged && !spending.rows.is_empty() {
            notes.push(format!(
                "No data yet by {key}: tags become active up to 24 hours after activation, and what was spent before stays without."
            ));
        }
        if spending.periods.values().any(|estimated| *estimated) {
            notes.push("* estimated: the bill of that period is not closed.".to_owned());
        }
        let (requests, price) = (spending.requests, dollars(f64::from(spending.requests) * 0.01));
        notes.push(paint(DIM, format!("requests of Cost Explorer: {requests}, for {price}")));
        notes
    }
}
