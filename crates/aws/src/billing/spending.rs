//! What was spent, as AWS Cost Explorer tells it: to be read, never a resource. Each request costs $0.01 (AWS Cost Explorer pricing).

use super::cost_allocation_tags;
use crate::errors::{failure, service_code};
use crate::provider::AwsProvider;
use aws_sdk_costexplorer::types::{DateInterval, Granularity, GroupDefinition, GroupDefinitionType, ResultByTime};
use charter_model::Placement;
use charter_provider::{Failure, FailureCode};
use std::collections::BTreeMap;

/// The metric: what each hour cost when it was used, before discounts are spread.
const METRIC: &str = "UnblendedCost";

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpendingRequest {
    /// The tag key that says who pays.
    pub tag_key: String,
    /// The first day, `2026-11-01`.
    pub from: String,
    /// The day after the last.
    pub to: String,
    /// By days instead of by months.
    pub daily: bool,
}

/// What was spent for one payer on one service in one period.
#[derive(Debug, Clone, PartialEq)]
pub struct Spent {
    /// The first day of the period.
    pub from: String,
    /// The day after its last.
    pub to: String,
    /// The value of the tag; none for what does not carry it.
    pub tag_value: Option<String>,
    /// As Cost Explorer calls it: `Amazon Kendra`.
    pub service: String,
    /// How much.
    pub amount: f64,
}

/// All that was spent.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Spending {
    /// In the order of the periods.
    pub rows: Vec<Spent>,
    /// All periods, also those in which nothing was spent; and whether its bill may still change.
    pub periods: BTreeMap<(String, String), bool>,
    /// `USD`; none if nothing was spent.
    pub currency: Option<String>,
    /// Whether the account tells costs apart by the tag.
    pub is_active: bool,
    /// Whether Cost Explorer has any data: it prepares them for a day after it was first asked.
    pub is_available: bool,
    /// How many requests it took: each is paid.
    pub requests: u32,
}

impl Spending {
    fn add(&mut self, result: ResultByTime, tag_key: &str) -> Result<(), Failure> {
        let unreadable = |what: &str| Failure::new(FailureCode::InternalFailure, format!("Cost Explorer told {what}"));
        let period = result.time_period.ok_or_else(|| unreadable("costs without a period"))?;
        *self.periods.entry((period.start.clone(), period.end.clone())).or_default() |= result.estimated;
        for group in result.groups.into_iter().flatten() {
            let keys = group.keys.unwrap_or_default();
            let [tag, service] = keys.as_slice() else { return Err(unreadable("a group of other keys")) };
            let value = tag.strip_prefix(tag_key).and_then(|rest| rest.strip_prefix('$'));
            let value = value.ok_or_else(|| unreadable("a group of another tag"))?;
            let metric = group.metrics.and_then(|mut metrics| metrics.remove(METRIC));
            let metric = metric.ok_or_else(|| unreadable("a group without a cost"))?;
            let amount = metric.amount.as_deref().and_then(|amount| amount.parse::<f64>().ok());
            self.currency = metric.unit.or(self.currency.take());
            self.rows.push(Spent {
                from: period.start.clone(),
                to: period.end.clone(),
                tag_value: (!value.is_empty()).then(|| value.to_owned()),
                service: service.clone(),
                amount: amount.ok_or_else(|| unreadable("a cost that is no number"))?,
            });
        }
        Ok(())
    }
}

impl AwsProvider {
    /// What was spent in the organization that the placement's account pays for; of another account, in itself.
    ///
    /// # Errors
    /// What Cost Explorer refuses it with.
    pub async fn spending(&self, payer: &Placement, request: &SpendingRequest) -> Result<Spending, Failure> {
        let clients = self.accounts.clients(payer).await?;
        let client = clients.cost_explorer();
        let days = DateInterval::builder().start(&request.from).end(&request.to).build();
        let days = days.map_err(|error| Failure::new(FailureCode::InvalidRequest, error.to_string()))?;
        let group = |kind, key: &str| GroupDefinition::builder().r#type(kind).key(key).build();
        let granularity = if request.daily { Granularity::Daily } else { Granularity::Monthly };
        let is_active = cost_allocation_tags::is_active(&clients, &request.tag_key).await?;
        let mut spending = Spending { is_active, is_available: true, ..Spending::default() };
        let mut token = None;
        loop {
            let call = client.get_cost_and_usage().time_period(days.clone()).granularity(granularity.clone());
            let call = call.metrics(METRIC).group_by(group(GroupDefinitionType::Tag, &request.tag_key));
            let call = call.group_by(group(GroupDefinitionType::Dimension, "SERVICE")).set_next_page_token(token);
            spending.requests += 1;
            let answer = match call.send().await {
                Err(error) if service_code(&error) == Some("DataUnavailableException") => {
                    return Ok(Spending { is_available: false, ..spending });
                }
                outcome => outcome.map_err(failure)?,
            };
            for result in answer.results_by_time.into_iter().flatten() {
                spending.add(result, &request.tag_key)?;
            }
            token = answer.next_page_token;
            if token.is_none() {
                return Ok(spending);
            }
        }
    }
}
