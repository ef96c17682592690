//! Model customization jobs and the custom models that come of them.
//!
//! A job is looked at when it is asked for: its role must trust Bedrock for jobs, its network and its key must be there. Whether its data
//! are there only the job itself finds out, minutes later, and fails. What it writes to S3 when it is over is not simulated.

use super::models::model_arn;
use super::records::{CustomModel, Job, Provisioned, Settings};
use super::support::{absent, conflict, id_in, invalid, listed, once};
use crate::service::{Call, ServiceError, later};
use crate::services::cloud_control::Resource;
use crate::services::control_policy;
use crate::services::iam::role_can_be_assumed_by;
use crate::services::s3::records::Object;
use crate::services::shared::{Answer, lower_tags_of, nothing, texts_of};
use jiff::Timestamp;
use serde_json::{Value, json};

/// "Completing in approximately 2-3 hours" (AWS Machine Learning Blog, "Cost-efficient custom text-to-SQL using Amazon Nova Micro and
/// Amazon Bedrock on-demand inference").
const TRAINING: f64 = 9_000.0;
/// Until a job has found out that its data cannot be read: an estimate.
const VALIDATION: f64 = 300.0;
/// Until a job that was stopped has stopped: an estimate.
pub(super) const STOPPING: f64 = 60.0;

const EAST: &[&str] = &["us-east-1"];
const WEST: &[&str] = &["us-west-2"];
const BOTH: &[&str] = &["us-east-1", "us-west-2"];
/// Amazon Bedrock User Guide, "Customize a model with fine-tuning in Amazon Bedrock", read 2026-11-27.
const TUNABLE: &[(&str, &[&str])] = &[
    ("amazon.nova-2-lite-v1:0:256k", EAST),
    ("amazon.nova-canvas-v1:0", EAST),
    ("amazon.nova-lite-v1:0:300k", EAST),
    ("amazon.nova-micro-v1:0:128k", EAST),
    ("amazon.nova-pro-v1:0:300k", EAST),
    ("amazon.titan-image-generator-v2:0", BOTH),
    ("amazon.titan-embed-image-v1:0", BOTH),
    ("meta.llama3-1-70b-instruct-v1:0:128k", WEST),
    ("meta.llama3-1-8b-instruct-v1:0:128k", WEST),
    ("meta.llama3-2-11b-instruct-v1:0:128k", WEST),
    ("meta.llama3-2-1b-instruct-v1:0:128k", WEST),
    ("meta.llama3-2-3b-instruct-v1:0:128k", WEST),
];

/// What a job keeps of how it was asked for, by the names of its description.
const KEPT: &[&str] = &["hyperParameters", "trainingDataConfig", "outputDataConfig", "vpcConfig", "clientRequestToken"];

/// The id of a base model that can be fine-tuned here.
fn base_model(call: &Call<'_>) -> Result<&'static str, ServiceError> {
    let asked = id_in(call.required("baseModelIdentifier"));
    let known = TUNABLE.iter().find(|(id, regions)| *id == asked && regions.contains(&call.region));
    known.map(|(id, _)| *id).ok_or_else(|| invalid("The provided model identifier is not supported for customization."))
}

fn text<'a>(value: Option<&'a Value>, pointer: &str) -> Option<&'a str> {
    value?.pointer(pointer)?.as_str()
}

/// Refuses a network or key that does not exist.
fn check_surroundings(call: &Call<'_>) -> Result<(), ServiceError> {
    let network = call.member("vpcConfig");
    for (member, type_name) in [("subnetIds", "AWS::EC2::Subnet"), ("securityGroupIds", "AWS::EC2::SecurityGroup")] {
        for id in texts_of(network.and_then(|network| network.get(member))) {
            let there = Resource::get(call, type_name, &id).is_some_and(|resource| resource.ready <= call.now);
            if !there {
                return Err(invalid(format!("The VPC configuration is not valid: {id} does not exist.")));
            }
        }
    }
    match call.text("customModelKmsKeyId").filter(|key| key.starts_with("arn:")) {
        Some(key) if control_policy(call, key).is_none() => Err(invalid(format!("The KMS key {key} does not exist."))),
        _ => Ok(()),
    }
}

/// Why the job will fail: what it is to read is not there.
fn fault(call: &Call<'_>) -> Option<String> {
    let validators = call.member("validationDataConfig").and_then(|config| config.get("validators"));
    let validators = validators.and_then(Value::as_array).into_iter().flatten();
    let data = text(call.member("trainingDataConfig"), "/s3Uri").into_iter();
    let uris = data.chain(validators.filter_map(|validator| validator.get("s3Uri")?.as_str()));
    let missing = uris.filter(|uri| {
        let key = uri.trim_start_matches("s3://");
        let objects = call.store.named::<Object>(key);
        !objects.iter().any(|entry| entry.record.versions.first().is_some_and(|newest| !newest.marker))
    });
    let missing: Vec<&str> = missing.collect();
    (!missing.is_empty()).then(|| format!("Unable to read the data at {}: no such object.", missing.join(", ")))
}

pub(super) fn create(call: &mut Call<'_>) -> Answer {
    once(call, |call| {
        let base = base_model(call)?;
        let id = call.random.lower_alphanumeric(12);
        let arn = call.arn("bedrock", format_args!("model-customization-job/{base}/{id}"));
        let role = call.required("roleArn").to_owned();
        role_can_be_assumed_by(call, &role, "bedrock.amazonaws.com", Some(&arn)).map_err(|_| {
            invalid("Could not assume provided IAM role. Please verify the role exists and Amazon Bedrock is allowed to assume it.")
        })?;
        check_surroundings(call)?;
        let (name, model) = (call.required("jobName").to_owned(), call.required("customModelName").to_owned());
        let jobs = call.store.list::<Job>(call.account, call.region);
        if jobs.iter().any(|(_, job)| job.name == name) {
            return Err(conflict(format!("A model customization job with the name {name} already exists.")));
        }
        if call.store.list::<CustomModel>(call.account, call.region).iter().any(|(_, held)| held.name == model) {
            return Err(conflict(format!("A custom model with the name {model} already exists.")));
        }
        let kept = KEPT.iter().filter_map(|name| Some(((*name).to_owned(), call.member(name)?.clone())));
        let mut settings: Settings = kept.collect();
        let validation = call.member("validationDataConfig").cloned().unwrap_or_else(|| json!({"validators": []}));
        settings.insert("validationDataConfig".to_owned(), validation);
        settings.insert("customizationType".to_owned(), call.text("customizationType").unwrap_or("FINE_TUNING").into());
        let fault = fault(call);
        let job = Job {
            arn: arn.clone(),
            name,
            base: model_arn(call, call.region, base),
            role,
            model: call.arn("bedrock", format_args!("custom-model/{base}/{id}")),
            model_name: model,
            key: call.text("customModelKmsKeyId").map(str::to_owned),
            settings,
            tags: lower_tags_of(call.member("jobTags")),
            created: call.now,
            ends: call.after(if fault.is_some() { VALIDATION } else { TRAINING }),
            fault,
            stopped: None,
        };
        if job.fault.is_none() {
            let tags = lower_tags_of(call.member("customModelTags"));
            let model = CustomModel {
                arn: job.model.clone(),
                name: job.model_name.clone(),
                job: id.clone(),
                tags,
                created: job.ends,
            };
            call.store.put(call.account, call.region, &id, &model);
        }
        call.store.put(call.account, call.region, &id, &job);
        Ok(json!({"jobArn": arn}))
    })
}

fn job(call: &Call<'_>) -> Result<(String, Job), ServiceError> {
    let asked = call.required("jobIdentifier");
    let mut jobs = call.store.list::<Job>(call.account, call.region).into_iter();
    let found = jobs.find(|(_, job)| job.name == asked || job.arn == asked);
    found.ok_or_else(|| absent(format!("Could not find a model customization job with the identifier {asked}.")))
}

fn summary(call: &Call<'_>, job: &Job) -> Value {
    let status = job.status(call.now);
    let over = matches!(status, "Completed" | "Failed" | "Stopped");
    json!({
        "jobArn": job.arn,
        "jobName": job.name,
        "baseModelArn": job.base,
        "status": status,
        "creationTime": job.created.to_string(),
        "lastModifiedTime": job.changed(call.now).to_string(),
        "endTime": over.then(|| job.changed(call.now).to_string()),
        "customModelArn": (status == "Completed").then_some(&job.model),
        "customModelName": job.model_name,
        "customizationType": job.settings.get("customizationType"),
    })
}

pub(super) fn get(call: &mut Call<'_>) -> Answer {
    let (_, job) = job(call)?;
    let mut shown = summary(call, &job);
    let Some(members) = shown.as_object_mut() else { return Ok(shown) };
    let model = members.remove("customModelArn").unwrap_or_default();
    members.remove("customModelName");
    members.extend(job.settings.clone());
    members.insert("outputModelArn".to_owned(), model);
    members.insert("outputModelName".to_owned(), job.model_name.clone().into());
    members.insert("outputModelKmsKeyArn".to_owned(), json!(job.key));
    members.insert("roleArn".to_owned(), job.role.clone().into());
    let failed = job.status(call.now) == "Failed";
    members.insert("failureMessage".to_owned(), json!(job.fault.as_ref().filter(|_| failed)));
    Ok(shown)
}

/// Those that a list asks for, in the order of their creation.
fn asked_for(call: &Call<'_>, name: &str, status: &str, created: Timestamp) -> bool {
    let moment = |member: &str| call.text(member).and_then(|text| text.parse::<Timestamp>().ok());
    call.text("nameContains").is_none_or(|part| name.contains(part))
        && ["statusEquals", "modelStatus"].iter().all(|member| call.text(member).is_none_or(|wanted| wanted == status))
        && moment("creationTimeAfter").is_none_or(|after| created >= after)
        && moment("creationTimeBefore").is_none_or(|before| created <= before)
}

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let jobs = call.store.read_all::<Job>(call.account, call.region).into_iter();
    let jobs = jobs.filter(|(_, job)| asked_for(call, &job.name, job.status(call.now), job.created));
    let items = jobs.map(|(id, job)| (format!("{} {id}", job.created), summary(call, &job))).collect();
    listed(call, "modelCustomizationJobSummaries", items)
}

pub(super) fn stop(call: &mut Call<'_>) -> Answer {
    let (id, mut job) = job(call)?;
    if job.status(call.now) != "InProgress" {
        return Err(conflict(format!("The job {} is {} and can't be stopped.", job.name, job.status(call.now))));
    }
    job.stopped = Some(call.now);
    call.store.remove::<CustomModel>(call.account, call.region, &id);
    call.store.put(call.account, call.region, &id, &job);
    nothing()
}

/// The custom models that are there by now.
pub(super) fn models(call: &Call<'_>) -> Vec<(String, CustomModel)> {
    let models = call.store.list::<CustomModel>(call.account, call.region);
    models.into_iter().filter(|(_, model)| model.created <= call.now).collect()
}

/// A custom model by its name or ARN.
pub(super) fn model(call: &Call<'_>, asked: &str) -> Result<(String, CustomModel), ServiceError> {
    let found = models(call).into_iter().find(|(_, model)| model.name == asked || model.arn == asked);
    found.ok_or_else(|| absent(format!("Could not find a custom model with the identifier {asked}.")))
}

/// The ARN of the foundation model below a custom model.
pub(super) fn foundation(call: &Call<'_>, model: &CustomModel) -> String {
    call.store.get::<Job>(call.account, call.region, &model.job).map(|job| job.base).unwrap_or_default()
}

pub(super) fn get_model(call: &mut Call<'_>) -> Answer {
    let (_, model) = model(call, call.required("modelIdentifier"))?;
    let job = call.store.get::<Job>(call.account, call.region, &model.job);
    let job = job.ok_or_else(|| absent(format!("Could not find the job of {}.", model.name)))?;
    let of_job = |name: &str| job.settings.get(name).cloned();
    Ok(json!({
        "modelArn": model.arn,
        "modelName": model.name,
        "jobName": job.name,
        "jobArn": job.arn,
        "baseModelArn": job.base,
        "customizationType": of_job("customizationType"),
        "modelKmsKeyArn": job.key,
        "hyperParameters": of_job("hyperParameters"),
        "trainingDataConfig": of_job("trainingDataConfig"),
        "validationDataConfig": of_job("validationDataConfig"),
        "outputDataConfig": of_job("outputDataConfig"),
        "creationTime": model.created.to_string(),
        "modelStatus": "Active",
    }))
}

pub(super) fn list_models(call: &mut Call<'_>) -> Answer {
    let base = |model: &CustomModel| foundation(call, model);
    let equals = |member: &str, arn: &str| call.text(member).is_none_or(|wanted| wanted == arn);
    let items = models(call).into_iter().filter_map(|(id, model)| {
        let arn = base(&model);
        let wanted = asked_for(call, &model.name, "Active", model.created)
            && equals("baseModelArnEquals", &arn)
            && equals("foundationModelArnEquals", &arn);
        let short = id_in(&arn).split(':').next().unwrap_or_default().to_owned();
        let shown = json!({
            "modelArn": model.arn, "modelName": model.name, "creationTime": model.created.to_string(), "baseModelArn": arn,
            "baseModelName": short, "customizationType": "FINE_TUNING", "ownerAccountId": call.account.as_str(),
            "modelStatus": "Active",
        });
        wanted.then(|| (format!("{} {id}", model.created), shown))
    });
    let items = items.collect();
    listed(call, "modelSummaries", items)
}

pub(super) fn delete_model(call: &mut Call<'_>) -> Answer {
    let (id, model) = model(call, call.required("modelIdentifier"))?;
    let held = call.store.list::<Provisioned>(call.account, call.region);
    if let Some((_, by)) = held.iter().find(|(_, provisioned)| provisioned.model == model.arn) {
        return Err(conflict(format!(
            "The custom model {} is used by the provisioned throughput {}.",
            model.name, by.name
        )));
    }
    call.store.remove::<CustomModel>(call.account, call.region, &id);
    nothing()
}

impl Job {
    pub(super) fn status(&self, now: Timestamp) -> &'static str {
        match self.stopped {
            Some(stopped) if now < later(stopped, STOPPING) => "Stopping",
            Some(_) => "Stopped",
            None if now < self.ends => "InProgress",
            None if self.fault.is_some() => "Failed",
            None => "Completed",
        }
    }

    fn changed(&self, now: Timestamp) -> Timestamp {
        match self.stopped {
            Some(stopped) => later(stopped, STOPPING).min(now),
            None => self.ends.min(now).max(self.created),
        }
    }
}
