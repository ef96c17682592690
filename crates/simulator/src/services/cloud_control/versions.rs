//! Versions of agents and flows of Amazon Bedrock: numbers that are not given twice.
//!
//! A flow's version is a resource of its own. An agent's is made by an alias that is made or changed without saying which version it
//! leads to; there is no other way to one (<https://github.com/hashicorp/terraform-provider-aws/pull/42603>). What an alias has led to
//! is told as its history (GetAgentAlias, `agentAliasHistoryEvents`).

use crate::service::Call;
use crate::store::Record;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

const ALIAS: &str = "AWS::Bedrock::AgentAlias";
const FLOW_VERSION: &str = "AWS::Bedrock::FlowVersion";
const ROUTE: &str = "RoutingConfiguration";
const HISTORY: &str = "AgentAliasHistoryEvents";

/// The last version of an agent or flow, by its id or ARN.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Latest {
    version: u32,
}

impl Record for Latest {
    const SERVICE: &'static str = "cloudcontrol";
    const KIND: &'static str = "latest-version";
    const INVENTORY: bool = false;
}

fn next(call: &mut Call<'_>, of: &str) -> String {
    let (account, region) = (call.account, call.region);
    let mut latest = call.store.get::<Latest>(account, region, of).unwrap_or_default();
    latest.version += 1;
    call.store.put(account, region, of, &latest);
    latest.version.to_string()
}

fn text(properties: &Map<String, Value>, name: &str) -> String {
    properties.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// Completes what is being made.
pub(super) fn begin(call: &mut Call<'_>, type_name: &str, properties: &mut Map<String, Value>) {
    match type_name {
        FLOW_VERSION => {
            let version = next(call, &text(properties, "FlowArn"));
            properties.insert("Version".to_owned(), version.into());
        }
        ALIAS => {
            // The type's pattern also allows the id of the alias that every agent has for its draft.
            let id = call.random.upper_alphanumeric(10);
            let arn = call.arn("bedrock", format_args!("agent-alias/{}/{id}", text(properties, "AgentId")));
            properties.insert("AgentAliasId".to_owned(), id.into());
            properties.insert("AgentAliasArn".to_owned(), arn.into());
            lead(call, type_name, properties);
        }
        _ => {}
    }
}

/// Where an alias leads to from now on.
pub(super) fn lead(call: &mut Call<'_>, type_name: &str, properties: &mut Map<String, Value>) {
    if type_name != ALIAS {
        return;
    }
    if !properties.contains_key(ROUTE) {
        let version = next(call, &text(properties, "AgentId"));
        properties.insert(ROUTE.to_owned(), json!([{"AgentVersion": version}]));
    }
    let now = properties.get(ROUTE).cloned();
    let Some(Value::Array(events)) = properties.get_mut(HISTORY) else { return };
    if events.last().and_then(|event| event.get(ROUTE)) == now.as_ref() {
        return;
    }
    if let Some(Value::Object(last)) = events.last_mut() {
        last.insert("EndDate".to_owned(), json!(call.now));
    }
    events.push(json!({ROUTE: now, "StartDate": call.now}));
    // The type's schema: ten at most.
    let old = events.len().saturating_sub(10);
    events.drain(..old);
}
