//! Whether an account can use Amazon Kendra at all.
//!
//! "Amazon Kendra will no longer be open to new customers starting on July 30, 2026 … For capabilities similar to Amazon Kendra,
//! explore Amazon Bedrock Knowledge Bases" (Amazon Kendra API Reference, "Welcome"; Developer Guide, "Amazon Kendra availability
//! change").

use crate::availability::{ClosedService, findings};
use crate::clients::Clients;
use crate::errors::failure;
use charter_provider::{Failure, PreflightFinding};

const KENDRA: ClosedService = ClosedService {
    name: "Amazon Kendra",
    thing: "Amazon Kendra index",
    action: "kendra:ListIndices",
    alternative: "Amazon Kendra takes no new customers since 30 July 2026; a Bedrock knowledge base does the same: set \
                  `retriever: knowledge-base`",
};

pub(super) async fn preflight(clients: &Clients) -> Result<Vec<PreflightFinding>, Failure> {
    let answer = clients.kendra().list_indices().max_results(1).send().await;
    let has_one = answer.map(|answer| !answer.index_configuration_summary_items().is_empty());
    findings(clients, &KENDRA, has_one.map_err(failure))
}
