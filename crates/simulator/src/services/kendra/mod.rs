//! Kendra: slow indices, sources that are read when a sync begins, plain search.

mod indices;
mod records;
mod search;
mod sources;
mod support;
mod syncs;
mod tags;
#[cfg(test)]
mod tests;
mod timing;

use crate::service::{Call, Service, ServiceError};
use crate::services::shared::{Answer, is_closed};

/// The behaviour of Kendra.
pub(crate) struct Kendra;

impl Service for Kendra {
    fn call(&self, call: &mut Call<'_>) -> Answer {
        if is_closed::<records::Index>(call) {
            let message = "Amazon Kendra is no longer open to new customers.";
            return Err(ServiceError::new("AccessDeniedException", message).with_status(400));
        }
        match call.operation {
            "CreateIndex" => indices::create(call),
            "DescribeIndex" => indices::describe(call),
            "ListIndices" => indices::list(call),
            "UpdateIndex" => indices::update(call),
            "DeleteIndex" => indices::delete(call),
            "CreateDataSource" => sources::create(call),
            "DescribeDataSource" => sources::describe(call),
            "ListDataSources" => sources::list(call),
            "UpdateDataSource" => sources::update(call),
            "DeleteDataSource" => sources::delete(call),
            "CreateFaq" => sources::create_faq(call),
            "DescribeFaq" => sources::describe_faq(call),
            "ListFaqs" => sources::list_faqs(call),
            "DeleteFaq" => sources::delete_faq(call),
            "StartDataSourceSyncJob" => syncs::start(call),
            "StopDataSourceSyncJob" => syncs::stop(call),
            "ListDataSourceSyncJobs" => syncs::list(call),
            "TagResource" => tags::tag(call),
            "UntagResource" => tags::untag(call),
            "ListTagsForResource" => tags::list(call),
            "Query" => search::query(call),
            "Retrieve" => search::retrieve(call),
            _ => Err(call.not_simulated()),
        }
    }
}

/// Whether there is an index, for those who read it.
pub(crate) fn has_index(call: &Call<'_>, id: &str) -> bool {
    call.store.get::<records::Index>(call.account, call.region, id).is_some()
}
