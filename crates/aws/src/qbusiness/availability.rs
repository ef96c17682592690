//! Whether an account can use Amazon Q Business at all.
//!
//! "Amazon Q Business will no longer be open to new customers starting on July 31, 2026 … For capabilities similar to Q Business,
//! explore Amazon Quick" (Amazon Q Business API Reference; User Guide, "Amazon Q Business availability change").

use crate::availability::{ClosedService, findings};
use crate::clients::Clients;
use crate::errors::failure;
use charter_provider::{Failure, PreflightFinding};

const Q_BUSINESS: ClosedService = ClosedService {
    name: "Amazon Q Business",
    thing: "Amazon Q Business application",
    action: "qbusiness:ListApplications",
    alternative: "Amazon Q Business takes no new customers since 31 July 2026; AWS points to Amazon Quick, or to Bedrock \
                  knowledge bases for search and answers of one's own",
};

pub(super) async fn preflight(clients: &Clients) -> Result<Vec<PreflightFinding>, Failure> {
    let answer = clients.q_business().list_applications().max_results(1).send().await;
    let has_one = answer.map(|answer| !answer.applications().is_empty());
    findings(clients, &Q_BUSINESS, has_one.map_err(failure))
}
