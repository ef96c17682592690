//! Each warning where it is due, and silence where it is not.

use super::find;
use crate::{LoadOptions, load};
use charter_catalog::Catalog;
use charter_model::Severity;

const ENVIRONMENT: &str =
    "environment: local\ntarget: simulator\nregion: eu-west-1\naccounts:\n  retail: {id: \"333333333333\"}\n";

/// The codes of what is found in these resources, with an `!` for errors.
fn codes(resources: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("environments/local.yaml", ENVIRONMENT);
    write("stacks/s.yaml", &format!("stack: s\naccount: retail\nresources:\n{resources}"));
    let options =
        LoadOptions { root: folder.path().to_owned(), environment: "local".to_owned(), ..LoadOptions::default() };
    let loaded = load(&options, Catalog::embedded());
    let codes = loaded.diagnostics.iter().map(|each| {
        let mark = if each.severity == Severity::Error { "!" } else { "" };
        assert!(!each.labels.is_empty(), "{each:?} says no place");
        format!("{mark}{}", each.code)
    });
    let codes = codes.collect();
    if let Some(graph) = loaded.graph {
        assert!(find(&graph.resources).iter().all(|each| each.severity == Severity::Warning));
    }
    codes
}

const APPLICATION: &str = "  idp:\n    type: AWS::IAM::OIDCProvider\n    properties: {Url: \"https://ISSUER\", ClientIdList: [c]}\n  \
    app:\n    type: AWS::QBusiness::Application\n    properties: {DisplayName: a, IdentityType: AWS_IAM_IDP_OIDC, IamIdentityProviderArn: \"${idp.Arn}\", ClientIdsForOIDC: [c]}\n";

fn application(issuer: &str) -> String {
    APPLICATION.replace("ISSUER", issuer)
}

#[test]
fn providers_that_are_not_supported_over_oidc_are_refused() {
    assert_eq!(codes(&application("anycompany.okta.com")), [""; 0]);
    for issuer in [
        "login.microsoftonline.com/tenant/v2.0",
        "login.microsoftonline.us/tenant/v2.0",
        "login.partner.microsoftonline.cn/tenant/v2.0",
        "sts.windows.net/tenant",
        "sts.chinacloudapi.cn/tenant",
        "accounts.google.com",
    ] {
        assert_eq!(codes(&application(issuer)), ["!charter::provider-not-supported"], "{issuer}");
    }
    let thumbprints = application("anycompany.okta.com").replace(
        "ClientIdList: [c]",
        "ClientIdList: [c], ThumbprintList: [\"9e:99:a4:8a:99:60:b1:49:26:bb:7f:3b:02:e2:2d:a2:b0\"]",
    );
    assert!(codes(&thumbprints).iter().all(|code| code.starts_with("!charter::")), "{:?}", codes(&thumbprints));
    assert!(!codes(&thumbprints).is_empty());
}

fn experience(trust: &str, secret: &str) -> String {
    format!(
        "{}  secret: {{type: AWS::SecretsManager::Secret, properties: {{{secret}}}}}\n  role:\n    type: AWS::IAM::Role\n    properties:\n      \
         AssumeRolePolicyDocument: {{Version: \"2012-10-17\", Statement: [{trust}]}}\n  web:\n    type: AWS::QBusiness::WebExperience\n    \
         properties:\n      ApplicationId: ${{app.ApplicationId}}\n      RoleArn: ${{role.Arn}}\n      IdentityProviderConfiguration: \
         {{OpenIDConnectConfiguration: {{SecretsArn: \"${{secret.Id}}\", SecretsRole: \"${{role.Arn}}\"}}}}\n",
        application("anycompany.okta.com")
    )
}

const WEB: &str = "{Effect: Allow, Principal: {Federated: \"${idp.Arn}\"}, Action: \"sts:AssumeRoleWithWebIdentity\"}";
const TAG: &str = "{Effect: Allow, Principal: {Federated: \"${idp.Arn}\"}, Action: \"sts:TagSession\", Condition: {StringLike: {\"aws:RequestTag/Email\": \"*\"}}}";

#[test]
fn the_tag_email_and_the_name_of_the_secret_are_compulsory() {
    let named = "Name: QBusiness-okta";
    assert_eq!(codes(&experience(&format!("{WEB}, {TAG}"), named)), [""; 0]);
    assert_eq!(codes(&experience(WEB, named)), ["!charter::email-tag-missing"]);
    let other = TAG.replace("Email", "Team");
    assert_eq!(codes(&experience(&format!("{WEB}, {other}"), named)), ["!charter::email-tag-missing"]);
    for secret in ["Name: okta", "Description: made up"] {
        assert_eq!(codes(&experience(&format!("{WEB}, {TAG}"), secret)), ["!charter::secret-name"], "{secret}");
    }
}

#[test]
fn the_sign_in_page_is_that_of_the_region() {
    let trust = |page: &str| {
        format!(
            "{{Effect: Allow, Principal: {{Federated: \"${{idp.Arn}}\"}}, Action: \"sts:AssumeRoleWithSAML\", Condition: {{StringEquals: {{\"SAML:aud\": [\"{page}\"]}}}}}}, {TAG}"
        )
    };
    let named = "Name: QBusiness-okta";
    for (page, expected) in [
        ("https://eu-west-1.signin.aws.amazon.com/saml", vec![]),
        ("https://app.example.com/saml", vec![]),
        ("https://signin.aws.amazon.com/saml", vec!["charter::sign-in-elsewhere".to_owned()]),
        ("https://us-east-1.signin.aws.amazon.com/saml", vec!["charter::sign-in-elsewhere".to_owned()]),
    ] {
        assert_eq!(codes(&experience(&trust(page), named)), expected, "{page}");
    }
}

fn source(configuration: &str, more: &str) -> String {
    format!(
        "{}  index: {{type: AWS::QBusiness::Index, properties: {{ApplicationId: \"${{app.ApplicationId}}\", DisplayName: i}}}}\n  source:\n    \
         type: AWS::QBusiness::DataSource\n    properties:\n      ApplicationId: ${{app.ApplicationId}}\n      IndexId: ${{index.IndexId}}\n      \
         DisplayName: s\n      Configuration: {{{configuration}}}\n{more}",
        application("anycompany.okta.com")
    )
}

#[test]
fn access_lists_need_declared_groups() {
    let lists = "type: S3, syncMode: FULL_CRAWL, additionalProperties: {aclConfigurationFilePath: acl.json}";
    assert_eq!(codes(&source(lists, "")), ["charter::groups-not-federated"]);
    let group = "  group:\n    type: Charter::QBusiness::Group\n    properties: {ApplicationId: \"${app.ApplicationId}\", IndexId: \"${index.IndexId}\", GroupName: core}\n";
    assert_eq!(codes(&source(lists, group)), [""; 0]);
    assert_eq!(codes(&source("type: S3, syncMode: FULL_CRAWL", "")), [""; 0]);
    let own = "type: CONFLUENCEV2, syncMode: FULL_CRAWL, enableIdentityCrawler: true, additionalProperties: {isCrawlAcl: true}";
    assert_eq!(codes(&source(own, "")), [""; 0]);
}

#[test]
fn passwords_for_share_point_and_secrets_of_connectors_are_told() {
    let share_point = |way: &str, secret: &str| {
        format!(
            "type: SHAREPOINTV2, syncMode: FULL_CRAWL, secretArn: \"arn:aws:secretsmanager:eu-west-1:333333333333:secret:{secret}\", \
             connectionConfiguration: {{repositoryEndpointMetadata: {{repositoryAdditionalProperties: {{authType: {way}}}}}}}"
        )
    };
    assert_eq!(codes(&source(&share_point("OAuth2Certificate", "QBusiness-s-Ab1Cd2"), "")), [""; 0]);
    assert_eq!(codes(&source(&share_point("OAuth2", "QBusiness-s-Ab1Cd2"), "")), ["charter::password-sign-in"]);
    assert_eq!(codes(&source(&share_point("OAuth2App", "sharepoint-Ab1Cd2"), "")), ["!charter::secret-name"]);
}

#[test]
fn a_hook_asks_for_one_type_and_its_output_is_left_out() {
    let hook = |condition: &str| {
        format!(
            "      DocumentEnrichmentConfiguration: {{PreExtractionHookConfiguration: {{{condition}LambdaArn: \"arn:aws:lambda:eu-west-1:333333333333:function:f\", S3BucketName: documents}}}}\n"
        )
    };
    let filtered = "InvocationCondition: {Key: _file_type, Operator: EQUALS, Value: {StringValue: PNG}}, ";
    let excluding = "type: S3, syncMode: FULL_CRAWL, additionalProperties: {exclusionPrefixes: [cde_output/]}";
    let all = "type: S3, syncMode: FULL_CRAWL";
    assert_eq!(codes(&source(excluding, &hook(filtered))), [""; 0]);
    assert_eq!(codes(&source(excluding, &hook(""))), ["charter::enrichment-unfiltered"]);
    assert_eq!(codes(&source(all, &hook(filtered))), ["charter::enrichment-output"]);
}

#[test]
fn a_system_profile_needs_the_models_behind_it() {
    let policy = |resources: &str| {
        format!(
            "  policy:\n    type: AWS::IAM::ManagedPolicy\n    properties:\n      PolicyDocument: {{Version: \"2012-10-17\", Statement: [{{Effect: Allow, Action: \"bedrock:InvokeModel\", Resource: [{resources}]}}]}}\n"
        )
    };
    let profile =
        "\"arn:aws:bedrock:eu-west-1:333333333333:inference-profile/eu.anthropic.claude-3-haiku-20240307-v1:0\"";
    let model = "\"arn:aws:bedrock:eu-west-3::foundation-model/anthropic.claude-3-haiku-20240307-v1:0\"";
    assert_eq!(codes(&policy(profile)), ["charter::profile-without-model"]);
    assert_eq!(codes(&policy(&format!("{profile}, {model}"))), [""; 0]);
    // One of the company's own is granted with its model elsewhere.
    assert_eq!(
        codes(&policy("\"arn:aws:bedrock:eu-west-1:333333333333:application-inference-profile/ab12\"")),
        [""; 0]
    );
}
