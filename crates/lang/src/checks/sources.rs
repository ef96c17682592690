//! Where the documents of an Amazon Q Business application come from, and who may read them.
//!
//! Sources: "Secure API access to Amazon Q Business with IAM federation" (groups), "Connect SharePoint Online to Amazon Q Business using
//! OAuth 2.0 ROPC flow authentication" (multi-factor authentication), "Context extraction from image files in Amazon Q Business using
//! LLMs" (what its hook takes in and puts out), all AWS Machine Learning Blog; Amazon Bedrock User Guide, "Prerequisites for inference
//! profiles" (what a policy must name).

use super::identity::secret_name;
use super::{Resources, at, each};
use charter_model::{DesiredResource, Diagnostic, Value};

/// Where a connector's configuration says that it brings in access lists.
const ACCESS_LISTS: &[&str] = &[
    "/Configuration/additionalProperties/aclConfigurationFilePath",
    "/Configuration/accessControlConfiguration/aclConfigurationFilePath",
    "/Configuration/additionalProperties/crawlAcl",
    "/Configuration/additionalProperties/isCrawlAcl",
];

pub(super) fn find(resources: &Resources<'_>, found: &mut Vec<Diagnostic>) {
    for source in resources.of_type("AWS::QBusiness::DataSource") {
        secret_name(resources, source, "/Configuration/secretArn", found);
        groups(resources, source, found);
        password(resources, source, found);
        enrichment(resources, source, found);
    }
    for (type_name, places) in [
        ("AWS::IAM::Role", &["/Policies"][..]),
        ("AWS::IAM::ManagedPolicy", &["/PolicyDocument"][..]),
        ("AWS::IAM::RolePolicy", &["/PolicyDocument"][..]),
    ] {
        for resource in resources.of_type(type_name) {
            for place in places {
                profile(resources, resource, place, found);
            }
        }
    }
}

/// Groups of the provider do not come through federation: where access lists are brought in, they must be declared, or come from
/// the source itself.
fn groups(resources: &Resources<'_>, source: &DesiredResource, found: &mut Vec<Diagnostic>) {
    let is_on = |value: &Value| value != &Value::Bool(false) && value.as_str() != Some("false");
    let lists = ACCESS_LISTS.iter().any(|place| resources.at(source, place).is_some_and(is_on));
    let own = resources.at(source, "/Configuration/enableIdentityCrawler").is_some_and(is_on);
    if !lists || own {
        return;
    }
    let application = resources.behind(source, "/ApplicationId").find(|each| {
        let identity = resources.text(each, "/IdentityType").unwrap_or_default();
        each.type_name.as_str() == "AWS::QBusiness::Application" && identity.starts_with("AWS_IAM_IDP_")
    });
    let Some(application) = application else { return };
    let declared = resources
        .of_type("Charter::QBusiness::Group")
        .any(|group| resources.behind(group, "/ApplicationId").any(|each| each.address == application.address));
    if !declared {
        let text = format!("{}: its access lists cannot name groups of the identity provider", source.address);
        let help = "groups do not come through IAM federation: declare those that access lists name as `Charter::QBusiness::Group`, with their members";
        let diagnostic = Diagnostic::warning("groups-not-federated", text).help(help);
        found.push(at(source, "/Configuration", diagnostic, "brings in access lists"));
    }
}

/// A way to sign in that keeps a user's password.
fn password(resources: &Resources<'_>, source: &DesiredResource, found: &mut Vec<Diagnostic>) {
    const PLACE: &str =
        "/Configuration/connectionConfiguration/repositoryEndpointMetadata/repositoryAdditionalProperties/authType";
    let is_share_point = matches!(resources.text(source, "/Configuration/type"), Some("SHAREPOINTV2" | "SHAREPOINT"));
    let Some(way @ ("OAuth2" | "Basic")) = resources.text(source, PLACE).filter(|_| is_share_point) else { return };
    let text = format!("{}: SharePoint Online is read with the password of a user ({way})", source.address);
    let help = "it works only while multi-factor authentication and security defaults are off in the whole tenant of Entra ID, which opens it to stolen \
                passwords. Prefer a certificate (OAuth2Certificate)";
    found.push(at(source, PLACE, Diagnostic::warning("password-sign-in", text).help(help), "keeps a password"));
}

/// A hook that describes images.
fn enrichment(resources: &Resources<'_>, source: &DesiredResource, found: &mut Vec<Diagnostic>) {
    const HOOK: &str = "/DocumentEnrichmentConfiguration/PreExtractionHookConfiguration";
    if resources.at(source, HOOK).is_none() {
        return;
    }
    let key = resources.text(source, &format!("{HOOK}/InvocationCondition/Key"));
    if key != Some("_file_type") {
        let text = format!("{}: the hook is asked for documents of every type", source.address);
        let help = "give it `InvocationCondition: {Key: _file_type, Operator: EQUALS, …}`: a function that makes nothing of the other types loses them";
        found.push(at(
            source,
            HOOK,
            Diagnostic::warning("enrichment-unfiltered", text).help(help),
            "no condition on _file_type",
        ));
    }
    let excluded = ["exclusionPrefixes", "exclusionPatterns"].iter().any(|list| {
        ["/Configuration/additionalProperties", "/Configuration/filterConfiguration"].iter().any(|place| {
            resources.at(source, &format!("{place}/{list}")).is_some_and(|list| each(list).next().is_some())
        })
    });
    if !excluded && matches!(resources.text(source, "/Configuration/type"), Some("S3" | "S3V2")) {
        let text =
            format!("{}: what the hook writes into the bucket comes back as documents of its own", source.address);
        let help = "exclude where the function writes, such as `exclusionPrefixes: [cde_output/]`";
        found.push(at(
            source,
            "/Configuration",
            Diagnostic::warning("enrichment-output", text).help(help),
            "excludes nothing",
        ));
    }
}

/// A policy that lets a system inference profile be asked and not the models behind it, in the regions that it routes to.
fn profile(resources: &Resources<'_>, resource: &DesiredResource, place: &str, found: &mut Vec<Diagnostic>) {
    let Some(value) = resources.at(resource, place) else { return };
    let mut texts = Vec::new();
    collect(value, &mut texts);
    let is_system = |text: &&str| {
        let id = text.split_once(":inference-profile/").map(|(_, id)| id);
        id.is_some_and(|id| ["us.", "us-gov.", "eu.", "apac.", "global."].iter().any(|group| id.starts_with(group)))
    };
    let Some(profile) = texts.iter().copied().find(is_system) else { return };
    let whole = texts.iter().any(|text| text.contains(":foundation-model/") || *text == "*");
    if !whole && !has_unknown(value) {
        let text = format!("{}: {profile} can be asked only with the models behind it", resource.address);
        let help = "allow bedrock:InvokeModel also on arn:aws:bedrock:REGION::foundation-model/… of every region that the profile routes to, where \
                    `bedrock:InferenceProfileArn` is the profile";
        found.push(at(
            resource,
            place,
            Diagnostic::warning("profile-without-model", text).help(help),
            "names the profile only",
        ));
    }
}

fn collect<'a>(value: &'a Value, texts: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => texts.push(text),
        Value::List(list) => list.iter().for_each(|each| collect(each, texts)),
        // Conditions name what is not allowed by that.
        Value::Map(map) => {
            map.iter().filter(|(key, _)| &***key != "Condition").for_each(|(_, each)| collect(each, texts));
        }
        _ => {}
    }
}

fn has_unknown(value: &Value) -> bool {
    value.first_unknown().is_some_and(|_| {
        let mut resources = Vec::new();
        unknown_resources(value, &mut resources);
        !resources.is_empty()
    })
}

/// Statements whose resources are not known yet.
fn unknown_resources<'a>(value: &'a Value, found: &mut Vec<&'a Value>) {
    match value {
        Value::List(list) => list.iter().for_each(|each| unknown_resources(each, found)),
        Value::Map(map) => {
            for (key, member) in map {
                let asks = map.get("Action").is_some_and(|actions| {
                    each(actions).any(|action| action.as_str().is_none_or(|action| action.starts_with("bedrock:")))
                });
                if &**key == "Resource" && asks && member.first_unknown().is_some() {
                    found.push(member);
                }
                unknown_resources(member, found);
            }
        }
        Value::Unknown(_) => found.push(value),
        _ => {}
    }
}
