//! What is known of Bedrock's foundation models without asking AWS: where they are offered, when they end, and which regions a
//! system profile routes to. Imports `validate` for the
//! shape of a violation.
//!
//! The data (`data/foundation-models.json`) is dated and names its sources. It is not complete, and AWS adds to it: what it does not
//! hold is unknown, never wrong. What decides is what AWS answers before anything is changed.

use crate::Violation;
use charter_model::{Pointer, TypeName, Value};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::OnceLock;

const DATA: &str = include_str!("../data/foundation-models.json");

/// Everything that is known.
#[derive(Debug, Default, Deserialize)]
pub struct FoundationModels {
    /// The day on which it was gathered: `2026-11-26`.
    pub gathered: String,
    /// Models, by provider and name.
    pub models: Vec<FoundationModel>,
    /// Profiles that AWS defines, each for one model in one part of the world.
    pub profiles: Vec<SystemProfile>,
}

/// A model.
#[derive(Debug, Deserialize)]
pub struct FoundationModel {
    /// `amazon.nova-lite-v1:0`
    pub id: String,
    /// As AWS shows it.
    pub name: String,
    /// Who made it.
    pub provider: String,
    /// The regions in which it is known to be called without a profile.
    pub direct: Vec<String>,
    /// The day on which it ended, everywhere but where it is `direct` or `legacy`.
    #[serde(default)]
    pub ended: Option<String>,
    /// The regions in which nobody new may begin to use it.
    #[serde(default)]
    pub legacy: Vec<String>,
    /// Pages that say so.
    pub source: Vec<String>,
}

/// A profile that AWS defines.
#[derive(Debug, Deserialize)]
pub struct SystemProfile {
    /// `us.amazon.nova-lite-v1:0`: the part of the world, then the model.
    pub id: String,
    /// As AWS shows it.
    pub name: String,
    /// By the region that it is called from, the regions that it routes to.
    pub routes: BTreeMap<String, Vec<String>>,
    /// Pages that say so.
    pub source: Vec<String>,
}

/// The state of a model in a region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModelLife<'a> {
    /// It is offered, or nothing is known against it.
    Active,
    /// Nobody new may begin to use it.
    Legacy,
    /// It is offered no longer, since that day.
    Ended(&'a str),
}

/// Parts of the world that ids of system profiles begin with, with how the names of their regions begin. Amazon Bedrock User Guide,
/// "Supported Regions and models for inference profiles": a profile of a geography is called from within it, `global` from
/// everywhere.
const GEOGRAPHIES: &[(&str, &[&str])] = &[
    ("apac", &["ap-"]),
    ("au", &["ap-southeast-"]),
    ("ca", &["ca-"]),
    ("eu", &["eu-"]),
    ("global", &[""]),
    ("jp", &["ap-northeast-"]),
    // Canadian regions are sources of profiles of the United States.
    ("us", &["us-", "ca-"]),
    ("us-gov", &["us-gov-"]),
];

/// What is known.
pub fn foundation_models() -> &'static FoundationModels {
    static MODELS: OnceLock<FoundationModels> = OnceLock::new();
    // The file is checked by the tests of this crate.
    MODELS.get_or_init(|| serde_json::from_str(DATA).unwrap_or_default())
}

/// The part of the world and the model of a system profile's id; none if it is the id of a model.
pub fn geography(id: &str) -> Option<(&str, &str)> {
    let (geography, model) = id.split_once('.')?;
    GEOGRAPHIES.iter().any(|(name, _)| *name == geography).then_some((geography, model))
}

impl FoundationModels {
    /// A model by its id.
    pub fn model(&self, id: &str) -> Option<&FoundationModel> {
        self.models.iter().find(|model| model.id == id)
    }

    /// A system profile by its id.
    pub fn profile(&self, id: &str) -> Option<&SystemProfile> {
        self.profiles.iter().find(|profile| profile.id == id)
    }

    /// The regions that a model or system profile comes to when it is called from a region; none where nothing is known.
    pub fn regions(&self, id: &str, from: &str) -> Option<Vec<&str>> {
        match geography(id) {
            Some(_) => Some(self.profile(id)?.routes.get(from)?.iter().map(String::as_str).collect()),
            None => {
                let here = self.model(id)?.direct.iter().find(|region| *region == from)?;
                Some(vec![here.as_str()])
            }
        }
    }

    /// What stands against calling a model or system profile from a region, as far as that is known offline: what is wrong, and
    /// what to do.
    pub fn objection(&self, id: &str, from: &str) -> Option<(String, String)> {
        if let Some((name, model)) = geography(id) {
            let known = GEOGRAPHIES.iter().find(|(known, _)| *known == name);
            if let Some((_, beginnings)) = known
                && !beginnings.iter().any(|beginning| from.starts_with(beginning))
            {
                let message = format!("the system profile {id} cannot be called from {from}");
                return Some((message, format!("take the profile of that part of the world for {model}")));
            }
            let ended = self.model(model).filter(|model| model.ended.is_some());
            let routed = self.regions(id, from).unwrap_or_default();
            let dead = ended.filter(|model| {
                let gone = |region: &&str| matches!(model.life(region), ModelLife::Ended(_));
                if routed.is_empty() { gone(&from) } else { routed.iter().all(gone) }
            });
            return dead.map(|model| self.told(model, from));
        }
        let model = self.model(id)?;
        matches!(model.life(from), ModelLife::Ended(_)).then(|| self.told(model, from))
    }

    fn told(&self, model: &FoundationModel, from: &str) -> (String, String) {
        let day = model.ended.as_deref().unwrap_or_default();
        let message = format!("{} ({}) ended on {day} and cannot be called from {from}", model.name, model.id);
        (
            message,
            format!("choose a model that is offered; known on {}, see {}", self.gathered, model.source.join(", ")),
        )
    }
}

impl FoundationModel {
    /// Its state in a region.
    pub fn life(&self, region: &str) -> ModelLife<'_> {
        let among = |list: &[String]| list.iter().any(|each| each == region);
        match &self.ended {
            _ if among(&self.legacy) => ModelLife::Legacy,
            Some(day) if !among(&self.direct) => ModelLife::Ended(day),
            _ => ModelLife::Active,
        }
    }
}

/// The models that something copied from a model or system profile will come to, as ARNs; with `*` for the region where it is not
/// known which regions the profile routes to. None: the text is no such ARN.
pub fn models_of_source(arn: &str) -> Option<Vec<String>> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", partition, "bedrock", from, _, resource] = parts.as_slice() else { return None };
    match resource.split_once('/')? {
        ("foundation-model", _) => Some(vec![arn.to_owned()]),
        ("inference-profile", id) => {
            let (_, model) = geography(id)?;
            let regions = foundation_models().regions(id, from).unwrap_or_else(|| vec!["*"]);
            let arn = |region: &str| format!("arn:{partition}:bedrock:{region}::foundation-model/{model}");
            Some(regions.into_iter().map(arn).collect())
        }
        _ => None,
    }
}

/// Where types name models and profiles, by id or ARN.
const NAMED: &[(&str, &[&str])] = &[
    ("AWS::Bedrock::Agent", &["FoundationModel"]),
    ("AWS::Bedrock::Agent", &["PromptOverrideConfiguration", "PromptConfigurations", "*", "FoundationModel"]),
    ("AWS::Bedrock::ApplicationInferenceProfile", &["ModelSource", "CopyFrom"]),
    (
        "AWS::Bedrock::DataSource",
        &["VectorIngestionConfiguration", "ParsingConfiguration", "BedrockFoundationModelConfiguration", "ModelArn"],
    ),
    (
        "AWS::Bedrock::Flow",
        &["Definition", "Nodes", "*", "Configuration", "Prompt", "SourceConfiguration", "Inline", "ModelId"],
    ),
    ("AWS::Bedrock::Flow", &["Definition", "Nodes", "*", "Configuration", "KnowledgeBase", "ModelId"]),
    ("AWS::Bedrock::IntelligentPromptRouter", &["FallbackModel", "ModelArn"]),
    ("AWS::Bedrock::IntelligentPromptRouter", &["Models", "*", "ModelArn"]),
    (
        "AWS::Bedrock::KnowledgeBase",
        &["KnowledgeBaseConfiguration", "VectorKnowledgeBaseConfiguration", "EmbeddingModelArn"],
    ),
    ("AWS::Bedrock::Prompt", &["Variants", "*", "ModelId"]),
    ("Charter::Bedrock::ModelAccess", &["ModelId"]),
];

/// The models and system profiles that a resource names, each with where; those that are not known yet are left out.
pub fn named_models(type_name: &TypeName, properties: &Value) -> Vec<(Pointer, String)> {
    let mut found = Vec::new();
    for (_, path) in NAMED.iter().filter(|(name, _)| *name == type_name.as_str()) {
        collect(path, properties, &Pointer::root(), &mut found);
    }
    found
}

fn collect(path: &[&str], value: &Value, place: &Pointer, found: &mut Vec<(Pointer, String)>) {
    match (path, value) {
        ([], Value::String(text)) => {
            let id = text.rsplit('/').next().unwrap_or(text);
            // What an account made itself (`application-inference-profile/…`, `prompt-router/…`) has no provider's name before a dot.
            if id.contains('.') {
                found.push((place.clone(), id.to_owned()));
            }
        }
        (["*", rest @ ..], Value::List(list)) => {
            for (index, element) in list.iter().enumerate() {
                collect(rest, element, &place.index(index), found);
            }
        }
        ([step, rest @ ..], value) => {
            if let Some(member) = value.get(step) {
                collect(rest, member, &place.key(*step), found);
            }
        }
        _ => {}
    }
}

/// What is known offline to stand against the models that a resource names, where it is.
pub fn model_violations(type_name: &TypeName, properties: &Value, region: &str) -> Vec<Violation> {
    let objection = |(pointer, id): (Pointer, String)| {
        let (message, help) = foundation_models().objection(&id, region)?;
        Some(Violation { pointer, code: "model-not-offered", message, help: Some(help), at_key: false })
    };
    named_models(type_name, properties).into_iter().filter_map(objection).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_are_found_wherever_a_type_names_them() {
        let name = |name: &str| TypeName::new(name).unwrap();
        let arn = "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-3-haiku-20240307-v1:0";
        let router =
            serde_json::json!({"FallbackModel": {"ModelArn": arn}, "Models": [{"ModelArn": "a"}, {"ModelArn": arn}]});
        let places =
            |violations: Vec<Violation>| violations.iter().map(|each| each.pointer.to_string()).collect::<Vec<_>>();
        let found =
            model_violations(&name("AWS::Bedrock::IntelligentPromptRouter"), &router.clone().into(), "us-east-1");
        assert_eq!(places(found), ["/FallbackModel/ModelArn", "/Models/1/ModelArn"]);
        assert!(model_violations(&name("AWS::S3::Bucket"), &router.into(), "us-east-1").is_empty());
        let own = "arn:aws:bedrock:us-east-1:111111111111:application-inference-profile/a1b2c3";
        let own = serde_json::json!({"Variants": [{"ModelId": own}]});
        assert!(named_models(&name("AWS::Bedrock::Prompt"), &own.into()).is_empty());
    }

    #[test]
    fn every_place_that_names_models_is_one_of_its_type() {
        for (type_name, path) in NAMED {
            let schema = crate::Catalog::embedded().schema(&TypeName::new(*type_name).unwrap()).unwrap();
            let place = path.iter().fold(Pointer::root(), |place, step| match *step {
                "*" => place.index(0),
                step => place.key(step),
            });
            assert!(schema.property_at(&place).is_some(), "{type_name} has no {place}");
        }
    }

    #[test]
    fn a_copy_comes_to_the_models_of_its_source() {
        let system = |id: &str| format!("arn:aws:bedrock:us-east-1:111111111111:inference-profile/{id}");
        let models = models_of_source(&system("us.amazon.nova-lite-v1:0")).unwrap();
        assert_eq!(models.len(), 3);
        assert_eq!(models[0], "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0");
        let unknown = models_of_source(&system("eu.some.model-v1:0")).unwrap();
        assert_eq!(unknown, ["arn:aws:bedrock:*::foundation-model/some.model-v1:0"]);
        assert_eq!(models_of_source(&models[0]).unwrap(), models[..1]);
        assert_eq!(models_of_source("arn:aws:s3:::bucket"), None);
    }

    #[test]
    fn the_data_is_whole_and_every_profile_routes_to_a_model_that_is_known() {
        let known = foundation_models();
        assert!(!known.models.is_empty() && !known.profiles.is_empty());
        for profile in &known.profiles {
            let (_, model) = geography(&profile.id).unwrap_or_else(|| panic!("{} names no geography", profile.id));
            assert!(known.model(model).is_some(), "{model}");
            assert!(!profile.routes.is_empty() && profile.routes.values().all(|to| !to.is_empty()), "{}", profile.id);
            for from in profile.routes.keys() {
                let objection = known.objection(&profile.id, from);
                assert_eq!(
                    objection.is_some(),
                    known.model(model).is_some_and(|model| model.ended.is_some()),
                    "{from}"
                );
            }
        }
        for (what, source) in known.models.iter().map(|model| (&model.id, &model.source)) {
            assert!(source.iter().all(|page| page.starts_with("https://")) && !source.is_empty(), "{what}");
        }
    }

    #[test]
    fn what_ended_is_objected_to_only_where_it_ended() {
        let known = foundation_models();
        let haiku = "anthropic.claude-3-haiku-20240307-v1:0";
        let (message, help) = known.objection(haiku, "us-east-1").unwrap();
        assert_eq!(
            message,
            "Claude 3 Haiku (anthropic.claude-3-haiku-20240307-v1:0) ended on 2026-09-10 and cannot be called from us-east-1"
        );
        assert!(help.contains("2026-11-26") && help.contains("model-card-anthropic-claude-3-haiku"), "{help}");
        assert_eq!(known.objection(haiku, "sa-east-1"), None);
        assert_eq!(known.model(haiku).unwrap().life("ap-northeast-2"), ModelLife::Legacy);
        assert!(known.objection("us.anthropic.claude-3-5-haiku-20241022-v1:0", "us-east-2").is_some());
    }

    #[test]
    fn a_profile_is_called_from_its_own_part_of_the_world_and_what_is_unknown_passes() {
        let known = foundation_models();
        let (message, _) = known.objection("us.amazon.nova-lite-v1:0", "eu-west-1").unwrap();
        assert_eq!(message, "the system profile us.amazon.nova-lite-v1:0 cannot be called from eu-west-1");
        assert_eq!(known.objection("us.amazon.nova-lite-v1:0", "us-west-2"), None);
        assert_eq!(known.objection("global.amazon.nova-9-v1:0", "eu-west-1"), None);
        assert_eq!(known.objection("some.model-v9:0", "eu-west-1"), None);
        assert_eq!(
            known.regions("us.amazon.nova-lite-v1:0", "us-east-1").unwrap(),
            ["us-east-1", "us-east-2", "us-west-2"]
        );
        assert_eq!(known.regions("amazon.nova-lite-v1:0", "us-east-1").unwrap(), ["us-east-1"]);
        assert_eq!(known.regions("amazon.nova-lite-v1:0", "eu-west-1"), None);
    }
}
