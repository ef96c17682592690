//! Fine-tuning jobs, custom models and provisioned throughput: acts of their own that no plan contains, because each of them costs money
//! by the token or by the hour.
//!
//! Names tell them apart: a job or throughput is looked for by its name before it is asked for, and the name makes the token that it is
//! asked for with. So nothing that was begun is begun again, whatever became of the answer.

use crate::clients::Clients;
use crate::convert;
use crate::errors::{failure, service_code};
use crate::provider::AwsProvider;
use crate::settle::if_found;
use crate::tags;
use aws_sdk_bedrock::operation::get_model_customization_job::GetModelCustomizationJobOutput;
use aws_sdk_bedrock::types::{
    CommitmentDuration, CustomizationType, OutputDataConfig, Tag, TrainingDataConfig, ValidationDataConfig, Validator,
    VpcConfig,
};
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use aws_smithy_types::error::operation::BuildError;
use charter_model::Placement;
use charter_provider::{Failure, FailureCode, Properties};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What jobs run with: a recorded `Charter::Bedrock::FineTuning`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FineTuningGround {
    /// Begins the names of its jobs.
    pub name: String,
    /// What Bedrock runs jobs as.
    pub role_arn: String,
    /// What encrypts the models.
    pub key_arn: String,
    /// The folder of the training data.
    pub training_data_uri: String,
    /// The folder of what jobs write.
    pub output_uri: String,
    subnet_ids: Vec<String>,
    security_group_ids: Vec<String>,
    tags: tags::Tags,
}

impl FineTuningGround {
    /// As it was recorded.
    ///
    /// # Errors
    /// The record lacks something.
    pub fn of(recorded: &Properties) -> Result<Self, Failure> {
        Ok(Self {
            name: convert::required(recorded, "Name")?,
            role_arn: convert::required(recorded, "RoleArn")?,
            key_arn: convert::required(recorded, "KmsKeyArn")?,
            training_data_uri: convert::required(recorded, "TrainingDataUri")?,
            output_uri: convert::required(recorded, "OutputUri")?,
            subnet_ids: convert::required(recorded, "SubnetIds")?,
            security_group_ids: convert::required(recorded, "SecurityGroupIds")?,
            tags: tags::from_property(recorded, "Tags"),
        })
    }
}

/// A job to be started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FineTuningOrder {
    /// Of the job and of the model that comes of it.
    pub name: String,
    /// `amazon.nova-micro-v1:0:128k`
    pub base_model: String,
    /// `s3://…`
    pub training_data: String,
    /// `s3://…`
    pub validation_data: Option<String>,
    /// `epochCount` and others, as the base model takes them.
    pub hyper_parameters: BTreeMap<String, String>,
    /// What it is asked for with.
    pub token: String,
}

/// Throughput to be bought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThroughputOrder {
    /// Its name.
    pub name: String,
    /// The custom model's name.
    pub model: String,
    /// How many model units.
    pub units: i32,
    /// `OneMonth` or `SixMonths`; none: it can be released at any time.
    pub commitment: Option<String>,
    /// What it is asked for with.
    pub token: String,
}

/// A job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FineTuningJob {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// `InProgress`, `Completed`, `Failed`, `Stopping` or `Stopped`.
    pub status: String,
    /// Why it failed.
    pub failure: Option<String>,
    /// What it runs as.
    pub role_arn: String,
    /// What it began with.
    pub base_model_arn: String,
    /// The name of what comes of it.
    pub model: String,
    /// RFC 3339.
    pub created: String,
}

impl FineTuningJob {
    /// Whether it still runs.
    pub fn is_under_way(&self) -> bool {
        matches!(self.status.as_str(), "InProgress" | "Stopping")
    }

    fn of(output: GetModelCustomizationJobOutput) -> Self {
        Self {
            name: output.job_name,
            arn: output.job_arn,
            status: output.status.map(|status| status.as_str().to_owned()).unwrap_or_default(),
            failure: output.failure_message,
            role_arn: output.role_arn,
            base_model_arn: output.base_model_arn,
            model: output.output_model_name,
            created: moment(&output.creation_time),
        }
    }
}

/// A custom model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CustomModel {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// RFC 3339.
    pub created: String,
}

/// Provisioned throughput.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Throughput {
    /// Its name.
    pub name: String,
    /// What applications call.
    pub arn: String,
    /// The ARN of its model.
    pub model_arn: String,
    /// How many model units.
    pub units: i32,
    /// `Creating`, `InService`, `Updating` or `Failed`.
    pub status: String,
    /// Until when it cannot be released; RFC 3339.
    pub committed_until: Option<String>,
}

/// What there is of one ground.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FineTuningStanding {
    /// Jobs that ran or run as its role.
    pub jobs: Vec<FineTuningJob>,
    /// Models that its key encrypts.
    pub models: Vec<CustomModel>,
    /// Throughput of those.
    pub throughputs: Vec<Throughput>,
}

fn moment(time: &DateTime) -> String {
    time.fmt(Format::DateTime).unwrap_or_default()
}

fn built<T>(result: Result<T, BuildError>) -> Result<T, Failure> {
    result.map_err(|error| Failure::new(FailureCode::InvalidRequest, error.to_string()))
}

fn tag_list(tags: &tags::Tags) -> Result<Option<Vec<Tag>>, Failure> {
    let list = tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build());
    let list: Vec<Tag> = built(list.collect())?;
    Ok((!list.is_empty()).then_some(list))
}

/// What there is: found by the role and the key, not by names, so that what somebody began by other means is seen too.
pub(super) async fn standing(clients: &Clients, ground: &FineTuningGround) -> Result<FineTuningStanding, Failure> {
    let bedrock = clients.bedrock();
    let mut standing = FineTuningStanding::default();
    let mut pages = bedrock.list_model_customization_jobs().into_paginator().send();
    while let Some(page) = pages.next().await {
        for summary in page.map_err(failure)?.model_customization_job_summaries.into_iter().flatten() {
            let job = bedrock.get_model_customization_job().job_identifier(&summary.job_arn).send().await;
            let job = if_found(job.map_err(failure))?.filter(|job| job.role_arn == ground.role_arn);
            standing.jobs.extend(job.map(FineTuningJob::of));
        }
    }
    let mut pages = bedrock.list_custom_models().is_owned(true).into_paginator().send();
    while let Some(page) = pages.next().await {
        for summary in page.map_err(failure)?.model_summaries.into_iter().flatten() {
            let model = bedrock.get_custom_model().model_identifier(&summary.model_arn).send().await;
            let model = if_found(model.map_err(failure))?;
            let model = model.filter(|model| model.model_kms_key_arn.as_ref() == Some(&ground.key_arn));
            standing.models.extend(model.map(|model| CustomModel {
                name: model.model_name,
                arn: model.model_arn,
                created: moment(&model.creation_time),
            }));
        }
    }
    let own: BTreeSet<&str> = standing.models.iter().map(|model| model.arn.as_str()).collect();
    let mut pages = bedrock.list_provisioned_model_throughputs().into_paginator().send();
    while let Some(page) = pages.next().await {
        let found = page.map_err(failure)?.provisioned_model_summaries.into_iter().flatten();
        standing.throughputs.extend(found.filter(|each| own.contains(each.model_arn.as_str())).map(|each| {
            Throughput {
                name: each.provisioned_model_name,
                arn: each.provisioned_model_arn,
                model_arn: each.model_arn,
                units: each.model_units,
                status: each.status.as_str().to_owned(),
                committed_until: each.commitment_expiration_time.as_ref().map(moment),
            }
        }));
    }
    Ok(standing)
}

impl AwsProvider {
    /// What there is of jobs, models and throughput of one ground.
    ///
    /// # Errors
    /// What the calls fail with.
    pub async fn fine_tuning(
        &self,
        placement: &Placement,
        ground: &FineTuningGround,
    ) -> Result<FineTuningStanding, Failure> {
        standing(&*self.accounts.clients(placement).await?, ground).await
    }

    /// The size and the tag of an object, `s3://BUCKET/KEY`; none if it is not there.
    ///
    /// # Errors
    /// What the call fails with.
    pub async fn training_data(&self, placement: &Placement, uri: &str) -> Result<Option<(i64, String)>, Failure> {
        let clients = self.accounts.clients(placement).await?;
        let (bucket, key) = uri.trim_start_matches("s3://").split_once('/').unwrap_or_default();
        let answer = clients.s3().head_object().bucket(bucket).key(key).send().await.map_err(failure);
        let found = if_found(answer)?;
        Ok(found.map(|found| (found.content_length.unwrap_or_default(), found.e_tag.unwrap_or_default())))
    }

    /// Starts a job; answers its ARN.
    ///
    /// # Errors
    /// What Bedrock refuses it with.
    pub async fn start_fine_tuning(
        &self,
        placement: &Placement,
        ground: &FineTuningGround,
        order: &FineTuningOrder,
    ) -> Result<String, Failure> {
        let clients = self.accounts.clients(placement).await?;
        let network = VpcConfig::builder().set_subnet_ids(Some(ground.subnet_ids.clone()));
        let network = built(network.set_security_group_ids(Some(ground.security_group_ids.clone())).build())?;
        let validation = match &order.validation_data {
            Some(uri) => {
                let validator = built(Validator::builder().s3_uri(uri).build())?;
                Some(built(ValidationDataConfig::builder().validators(validator).build())?)
            }
            None => None,
        };
        let output = built(OutputDataConfig::builder().s3_uri(ground.output_uri.trim_end_matches('/')).build())?;
        let mut call = clients
            .bedrock()
            .create_model_customization_job()
            .job_name(&order.name)
            .custom_model_name(&order.name)
            .role_arn(&ground.role_arn)
            .client_request_token(&order.token)
            .base_model_identifier(&order.base_model)
            .customization_type(CustomizationType::FineTuning)
            .custom_model_kms_key_id(&ground.key_arn)
            .set_job_tags(tag_list(&ground.tags)?)
            .set_custom_model_tags(tag_list(&ground.tags)?)
            .training_data_config(TrainingDataConfig::builder().s3_uri(&order.training_data).build())
            .set_validation_data_config(validation)
            .output_data_config(output)
            .vpc_config(network);
        for (name, value) in &order.hyper_parameters {
            call = call.hyper_parameters(name, value);
        }
        Ok(call.send().await.map_err(failure)?.job_arn)
    }

    /// Stops a job. One that is over stays as it is.
    ///
    /// # Errors
    /// What Bedrock refuses it with.
    pub async fn stop_fine_tuning(&self, placement: &Placement, job: &str) -> Result<(), Failure> {
        let clients = self.accounts.clients(placement).await?;
        match clients.bedrock().stop_model_customization_job().job_identifier(job).send().await {
            Err(error) if service_code(&error) == Some("ConflictException") => Ok(()),
            outcome => outcome.map(drop).map_err(failure),
        }
    }

    /// Deletes a custom model.
    ///
    /// # Errors
    /// What Bedrock refuses it with.
    pub async fn delete_custom_model(&self, placement: &Placement, model: &str) -> Result<(), Failure> {
        let clients = self.accounts.clients(placement).await?;
        clients.bedrock().delete_custom_model().model_identifier(model).send().await.map(drop).map_err(failure)
    }

    /// Buys throughput; answers its ARN, which applications call.
    ///
    /// # Errors
    /// What Bedrock refuses it with.
    pub async fn buy_throughput(
        &self,
        placement: &Placement,
        ground: &FineTuningGround,
        order: &ThroughputOrder,
    ) -> Result<String, Failure> {
        let clients = self.accounts.clients(placement).await?;
        let call = clients.bedrock().create_provisioned_model_throughput();
        let call = call.provisioned_model_name(&order.name).model_id(&order.model).model_units(order.units);
        let call = call.set_commitment_duration(order.commitment.as_deref().map(CommitmentDuration::from));
        let call = call.client_request_token(&order.token).set_tags(tag_list(&ground.tags)?);
        Ok(call.send().await.map_err(failure)?.provisioned_model_arn)
    }

    /// Releases throughput.
    ///
    /// # Errors
    /// What Bedrock refuses it with: a term that is not over.
    pub async fn release_throughput(&self, placement: &Placement, name: &str) -> Result<(), Failure> {
        let clients = self.accounts.clients(placement).await?;
        let call = clients.bedrock().delete_provisioned_model_throughput().provisioned_model_id(name);
        call.send().await.map(drop).map_err(failure)
    }
}
