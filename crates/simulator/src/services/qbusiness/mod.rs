//! Q Business: applications with their indices, connectors, people and answers.
//!
//! The words and life cycles are those of the Amazon Q Business API Reference and of the service model of botocore 1.43. Answers are
//! no model's: ChatSync shows the passages of the indexed documents that the caller may read and that hold the asked words.

mod access;
mod applications;
mod chat;
mod checks;
mod controls;
mod crawl;
mod enrichment;
mod groups;
mod permissions;
mod records;
#[cfg(test)]
mod source_tests;
mod subscriptions;
mod support;
mod syncs;
mod tags;
mod templates;
#[cfg(test)]
mod tests;
mod things;
mod timing;

use crate::service::{Call, Service};
use crate::services::shared::{Answer, is_closed};
use records::{Application, DataAccessor, DataSource, Index, Plugin, Retriever, WebExperience};

/// The behaviour of Q Business.
pub(crate) struct QBusiness;

impl Service for QBusiness {
    fn call(&self, call: &mut Call<'_>) -> Answer {
        if is_closed::<Application>(call) {
            return Err(support::denied("Amazon Q Business is no longer open to new customers."));
        }
        match call.operation {
            "CreateApplication" => applications::create(call),
            "GetApplication" => applications::get(call),
            "ListApplications" => applications::list(call),
            "UpdateApplication" => applications::update(call),
            "DeleteApplication" => applications::delete(call),
            "CreateIndex" => things::create::<Index>(call, checks::index),
            "GetIndex" => things::get::<Index>(call, things::index_statistics),
            "ListIndices" => things::list::<Index>(call),
            "UpdateIndex" => things::update::<Index>(call, checks::index),
            "DeleteIndex" => things::delete_index(call),
            "CreateRetriever" => things::create::<Retriever>(call, checks::retriever),
            "GetRetriever" => things::get::<Retriever>(call, things::nothing_more),
            "ListRetrievers" => things::list::<Retriever>(call),
            "UpdateRetriever" => things::update::<Retriever>(call, checks::retriever),
            "DeleteRetriever" => things::delete::<Retriever>(call),
            "CreateDataSource" => things::create::<DataSource>(call, checks::data_source),
            "GetDataSource" => things::get::<DataSource>(call, things::nothing_more),
            "ListDataSources" => things::list::<DataSource>(call),
            "UpdateDataSource" => things::update::<DataSource>(call, checks::data_source),
            "DeleteDataSource" => things::delete_data_source(call),
            "CreateWebExperience" => things::create::<WebExperience>(call, checks::web_experience),
            "GetWebExperience" => things::get::<WebExperience>(call, things::nothing_more),
            "ListWebExperiences" => things::list::<WebExperience>(call),
            "UpdateWebExperience" => things::update::<WebExperience>(call, checks::web_experience),
            "DeleteWebExperience" => things::delete::<WebExperience>(call),
            "CreatePlugin" => things::create::<Plugin>(call, checks::plugin),
            "GetPlugin" => things::get::<Plugin>(call, things::nothing_more),
            "ListPlugins" => things::list::<Plugin>(call),
            "UpdatePlugin" => things::update::<Plugin>(call, checks::plugin),
            "DeletePlugin" => things::delete::<Plugin>(call),
            "CreateDataAccessor" => things::create::<DataAccessor>(call, checks::data_accessor),
            "GetDataAccessor" => things::get::<DataAccessor>(call, things::nothing_more),
            "ListDataAccessors" => things::list::<DataAccessor>(call),
            "UpdateDataAccessor" => things::update::<DataAccessor>(call, checks::data_accessor),
            "DeleteDataAccessor" => things::delete::<DataAccessor>(call),
            "AssociatePermission" => permissions::associate(call),
            "DisassociatePermission" => permissions::disassociate(call),
            "GetPolicy" => permissions::policy(call),
            "PutGroup" => groups::put(call),
            "GetGroup" => groups::get(call),
            "ListGroups" => groups::list(call),
            "DeleteGroup" => groups::delete(call),
            "GetChatControlsConfiguration" => controls::get(call),
            "UpdateChatControlsConfiguration" => controls::update(call),
            "DeleteChatControlsConfiguration" => controls::delete(call),
            "CreateSubscription" => subscriptions::create(call),
            "UpdateSubscription" => subscriptions::update(call),
            "CancelSubscription" => subscriptions::cancel(call),
            "ListSubscriptions" => subscriptions::list(call),
            "StartDataSourceSyncJob" => syncs::start(call),
            "StopDataSourceSyncJob" => syncs::stop(call),
            "ListDataSourceSyncJobs" => syncs::list(call),
            "ListDocuments" => syncs::documents(call),
            "ChatSync" => chat::answer(call),
            "TagResource" => tags::tag(call),
            "UntagResource" => tags::untag(call),
            "ListTagsForResource" => tags::list(call),
            _ => Err(call.not_simulated()),
        }
    }
}
