"""Amazon Q Business and Amazon Bedrock with botocore as the client. Run by services.rs: assistant_checks.py CHECK ENDPOINT. What is
made here is also what sdk_checks.py pages through."""

import json
import sys

from botocore_checks import MEMBER, client, member, refused
from services_checks import gone, trust, until

SERVICES = ["bedrock", "bedrock-agent", "qbusiness"]
MODEL = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0"
PRO = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0"
INSTANCE = "arn:aws:sso:::instance/ssoins-0123456789abcdef"
MAPPED = {"fieldMappings": [{"dataSourceFieldName": "s3_document_id", "indexFieldName": "s3_document_id", "indexFieldType": "STRING"}]}


def q_role(iam, name, service="qbusiness.amazonaws.com"):
    condition = {"Condition": {"StringEquals": {"aws:SourceAccount": MEMBER},
                               "ArnLike": {"aws:SourceArn": f"arn:aws:qbusiness:us-east-1:{MEMBER}:application/*"}}}
    return iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(service, **condition))["Role"]["Arn"]


def plugin(application, name):
    return {"applicationId": application, "displayName": name, "type": "CUSTOM", "authConfiguration": {"noAuthConfiguration": {}},
            "customPluginConfiguration": {"description": "lunch", "apiSchemaType": "OPEN_API_V3",
                                          "apiSchema": {"payload": "openapi: 3.0.0"}}}


def topics(count):
    rule = {"ruleType": "CONTENT_BLOCKER_RULE", "ruleConfiguration": {"contentBlockerRule": {"systemMessageOverride": "No."}}}
    return [{"name": f"topic-{n}", "rules": [rule]} for n in range(count)]


def customize(api, bucket, count):
    """Starts so many fine-tuning jobs."""
    condition = {"Condition": {"StringEquals": {"aws:SourceAccount": MEMBER},
                               "ArnEquals": {"aws:SourceArn": f"arn:aws:bedrock:us-east-1:{MEMBER}:model-customization-job/*"}}}
    role = api["iam"].create_role(RoleName="customization", AssumeRolePolicyDocument=trust("bedrock.amazonaws.com", **condition))["Role"]["Arn"]
    api["s3"].put_object(Bucket=bucket, Key="training/reviews.jsonl", Body=b"{}")
    for n in range(count):
        api["bedrock"].create_model_customization_job(
            jobName=f"page-{n}", customModelName=f"page-{n}", roleArn=role, baseModelIdentifier="amazon.nova-micro-v1:0:128k",
            trainingDataConfig={"s3Uri": f"s3://{bucket}/training/reviews.jsonl"}, outputDataConfig={"s3Uri": f"s3://{bucket}/trained"})


def fill(api, bucket, count=3):
    """So many of everything that Q Business and Bedrock list, in one application; what its operations are asked about."""
    q, bedrock, prompts = api["qbusiness"], api["bedrock"], api["bedrock-agent"]
    customize(api, bucket, count)
    role = q_role(api["iam"], "q-business")
    applications = [q.create_application(displayName=f"page-{n}", identityCenterInstanceArn=INSTANCE)["applicationId"] for n in range(count)]
    application = applications[0]
    until(lambda: q.get_application(applicationId=application)["status"], "ACTIVE")
    within = {"applicationId": application}
    indices = [q.create_index(displayName=f"page-{n}", **within)["indexId"] for n in range(count)]
    inside = {**within, "indexId": indices[0]}
    until(lambda: q.get_index(**inside)["status"], "ACTIVE")
    configuration = {"type": "S3", "syncMode": "FULL_CRAWL", "repositoryConfigurations": {"document": MAPPED},
                     "connectionConfiguration": {"repositoryEndpointMetadata": {"BucketName": bucket}}}
    sources = [q.create_data_source(displayName=f"page-{n}", configuration=configuration, roleArn=role, **inside)["dataSourceId"]
               for n in range(count)]
    native = {"nativeIndexConfiguration": {"indexId": indices[0]}}
    accessor = {"principal": "arn:aws:iam::999999999999:role/vendor", "actionConfigurations": [{"action": "qbusiness:SearchRelevantContent"}]}
    for n in range(count):
        q.create_retriever(displayName=f"page-{n}", type="NATIVE_INDEX", configuration=native, **within)
        q.create_web_experience(title=f"page-{n}", **within)
        q.create_plugin(**plugin(application, f"page-{n}"))
        q.create_data_accessor(displayName=f"page-{n}", **accessor, **within)
        q.create_subscription(type="Q_LITE", principal={"user": f"90674464b1-5b1a6a7c-1b2c-3d4e-5f60-718293a4b5c{n}"}, **within)
        q.put_group(groupName=f"page-{n}", type="INDEX", groupMembers={"memberUsers": [{"userId": "mary_major@example.com", "type": "INDEX"}]}, **inside)
    phrases = {"blockedPhrasesToCreateOrUpdate": ["insider", "lottery"]}
    q.update_chat_controls_configuration(blockedPhrasesConfigurationUpdate=phrases, topicConfigurationsToCreateOrUpdate=topics(count), **within)
    source = {**inside, "dataSourceId": sources[0]}
    until(lambda: q.get_data_source(**source)["status"], "ACTIVE")
    for _ in range(count):
        q.start_data_source_sync_job(**source)
        until(lambda: {job["status"] for job in q.list_data_source_sync_jobs(**source)["history"]}, {"SUCCEEDED"})
    messages = {"blockedInputMessaging": "No.", "blockedOutputsMessaging": "No."}
    words = {"wordPolicyConfig": {"wordsConfig": [{"text": "lottery"}]}}
    for n in range(count):
        bedrock.create_guardrail(name=f"page-{n}", **words, **messages)
        bedrock.create_inference_profile(inferenceProfileName=f"page-{n}", modelSource={"copyFrom": MODEL})
        prompts.create_prompt(name=f"page-{n}")
        bedrock.create_prompt_router(promptRouterName=f"page-{n}", models=[{"modelArn": MODEL}, {"modelArn": PRO}],
                                     routingCriteria={"responseQualityDifference": 25}, fallbackModel={"modelArn": MODEL})
    until(lambda: len(bedrock.list_custom_models()["modelSummaries"]), count)
    for n in range(count):
        bedrock.create_provisioned_model_throughput(provisionedModelName=f"page-{n}", modelId="page-0", modelUnits=1)
    until(lambda: {each["status"] for each in bedrock.list_provisioned_model_throughputs()["provisionedModelSummaries"]}, {"InService"})
    later = "2100-01-01T00:00:00Z"
    return {
        **{("qbusiness", operation): within for operation in (
            "get_chat_controls_configuration", "list_data_accessors", "list_indices", "list_plugins", "list_retrievers",
            "list_subscriptions", "list_web_experiences")},
        ("qbusiness", "list_applications"): {}, ("qbusiness", "list_data_sources"): inside, ("qbusiness", "list_documents"): inside,
        ("qbusiness", "list_groups"): {**inside, "updatedEarlierThan": later}, ("qbusiness", "list_data_source_sync_jobs"): source,
        ("bedrock", "list_guardrails"): {}, ("bedrock", "list_inference_profiles"): {}, ("bedrock", "list_prompt_routers"): {},
        ("bedrock", "list_custom_models"): {}, ("bedrock", "list_model_customization_jobs"): {},
        ("bedrock", "list_provisioned_model_throughputs"): {},
        ("bedrock-agent", "list_prompts"): {},
    }


def assistant(endpoint):
    """An application of Q Business with everything in it comes, and goes with all that."""
    account = member(endpoint)
    iam, s3, secrets, q = (client(endpoint, service, account) for service in ("iam", "s3", "secretsmanager", "qbusiness"))
    provider = iam.create_open_id_connect_provider(Url="https://idp.example.com", ClientIDList=["client"])["OpenIDConnectProviderArn"]
    known = {"identityType": "AWS_IAM_IDP_OIDC", "iamIdentityProviderArn": provider, "clientIdsForOIDC": ["client"]}
    application = q.create_application(displayName="assistant", tags=[{"key": "a", "value": "1"}], clientToken="t", **known)["applicationId"]
    assert q.create_application(displayName="assistant", tags=[{"key": "a", "value": "1"}], clientToken="t", **known)["applicationId"] == application
    within = {"applicationId": application}
    automatic = {"autoSubscribe": "ENABLED", "defaultSubscriptionType": "Q_BUSINESS"}
    until(lambda: q.get_application(**within)["status"], "ACTIVE")
    q.update_application(autoSubscriptionConfiguration=automatic, **within)
    until(lambda: q.get_application(**within)["status"], "ACTIVE")
    assert q.get_application(**within)["autoSubscriptionConfiguration"] == automatic
    arn = f"arn:aws:qbusiness:us-east-1:{MEMBER}:application/{application}"
    q.untag_resource(resourceARN=arn, tagKeys=["a"])
    q.tag_resource(resourceARN=arn, tags=[{"key": "b", "value": "2"}])
    assert q.list_tags_for_resource(resourceARN=arn)["tags"] == [{"key": "b", "value": "2"}]
    index = q.create_index(displayName="documents", **within)["indexId"]
    inside = {**within, "indexId": index}
    refused("ConflictException", q.create_retriever, displayName="r", type="NATIVE_INDEX",
            configuration={"nativeIndexConfiguration": {"indexId": index}}, **within)
    until(lambda: q.get_index(**inside)["status"], "ACTIVE")
    retriever = q.create_retriever(displayName="r", type="NATIVE_INDEX", configuration={"nativeIndexConfiguration": {"indexId": index}}, **within)
    until(lambda: q.get_retriever(retrieverId=retriever["retrieverId"], **within)["status"], "ACTIVE")
    s3.create_bucket(Bucket="assistant-check")
    s3.put_object(Bucket="assistant-check", Key="holidays.txt", Body=b"Everybody has thirty days of holiday.")
    role, reader = q_role(iam, "source"), q_role(iam, "reader", "application.qbusiness.amazonaws.com")
    source = q.create_data_source(displayName="bucket", roleArn=role, **inside, configuration={
        "type": "S3V2", "connectionConfiguration": {"bucketName": "assistant-check"}})["dataSourceId"]
    at = {**inside, "dataSourceId": source}
    until(lambda: q.get_data_source(**at)["status"], "ACTIVE")
    q.start_data_source_sync_job(**at)
    until(lambda: q.list_data_source_sync_jobs(**at)["history"][0]["status"], "SUCCEEDED")
    assert q.list_data_source_sync_jobs(**at)["history"][0]["metrics"]["documentsAdded"] == "1"
    assert [each["status"] for each in q.list_documents(**inside)["documentDetailList"]] == ["INDEXED"]
    secret = secrets.create_secret(Name="QBusiness-check", SecretString=json.dumps({"client_secret": "s"}))["ARN"]
    experience = q.create_web_experience(title="Assistant", **within, identityProviderConfiguration={
        "openIDConnectConfiguration": {"secretsArn": secret, "secretsRole": reader}})["webExperienceId"]
    until(lambda: q.get_web_experience(webExperienceId=experience, **within)["status"], "PENDING_AUTH_CONFIG")
    lunch = q.create_plugin(**plugin(application, "lunch"))["pluginId"]
    until(lambda: q.get_plugin(pluginId=lunch, **within)["buildStatus"], "READY")
    q.update_plugin(pluginId=lunch, state="DISABLED", **within)
    assert q.get_plugin(pluginId=lunch, **within)["state"] == "DISABLED"
    group = {**inside, "groupName": "core-team"}
    q.put_group(type="INDEX", groupMembers={"memberUsers": [{"userId": "mary_major@example.com", "type": "INDEX"}]}, **group)
    until(lambda: q.get_group(**group)["status"]["status"], "SUCCEEDED")
    q.update_chat_controls_configuration(topicConfigurationsToCreateOrUpdate=topics(1), **within)
    assert [each["name"] for each in q.get_chat_controls_configuration(**within)["topicConfigurations"]] == ["topic-0"]
    statement = {"statementId": "vendor", "actions": ["qbusiness:SearchRelevantContent"], "principal": "arn:aws:iam::999999999999:role/vendor"}
    q.associate_permission(**statement, **within)
    assert "vendor" in q.get_policy(**within)["policy"]
    q.disassociate_permission(statementId="vendor", **within)
    q.delete_group(**group)
    gone("ResourceNotFoundException", q.get_group, **group)
    q.delete_data_source(**at)
    gone("ResourceNotFoundException", q.get_data_source, **at)
    q.delete_application(**within)
    gone("ResourceNotFoundException", q.get_application, **within)
    refused("ResourceNotFoundException", q.list_indices, **within)
    secrets.delete_secret(SecretId=secret, ForceDeleteWithoutRecovery=True)
    s3.delete_object(Bucket="assistant-check", Key="holidays.txt")
    s3.delete_bucket(Bucket="assistant-check")
    for name in ("source", "reader"):
        iam.delete_role(RoleName=name)
    iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=provider)


def models(endpoint):
    """Guardrails, inference profiles and prompts come, have versions, and go."""
    account = member(endpoint)
    bedrock, prompts = client(endpoint, "bedrock", account), client(endpoint, "bedrock-agent", account)
    made = bedrock.create_guardrail(name="check", blockedInputMessaging="No.", blockedOutputsMessaging="No.",
                                    wordPolicyConfig={"wordsConfig": [{"text": "lottery"}]}, tags=[{"key": "a", "value": "1"}])
    guardrail = {"guardrailIdentifier": made["guardrailId"]}
    assert made["version"] == "DRAFT", made
    until(lambda: bedrock.get_guardrail(**guardrail)["status"], "READY")
    version = bedrock.create_guardrail_version(**guardrail)["version"]
    until(lambda: bedrock.get_guardrail(guardrailVersion=version, **guardrail)["status"], "READY")
    assert bedrock.list_tags_for_resource(resourceARN=made["guardrailArn"])["tags"] == [{"key": "a", "value": "1"}]
    profile = bedrock.create_inference_profile(inferenceProfileName="check", modelSource={"copyFrom": MODEL})["inferenceProfileArn"]
    seen = bedrock.get_inference_profile(inferenceProfileIdentifier=profile)
    assert (seen["type"], [each["modelArn"] for each in seen["models"]]) == ("APPLICATION", [MODEL]), seen
    refused("ConflictException", bedrock.create_inference_profile, inferenceProfileName="check", modelSource={"copyFrom": MODEL})
    prompt = prompts.create_prompt(name="check", defaultVariant="one", variants=[{
        "name": "one", "templateType": "TEXT", "templateConfiguration": {"text": {"text": "Hello"}}}])["id"]
    numbered = prompts.create_prompt_version(promptIdentifier=prompt)["version"]
    assert prompts.get_prompt(promptIdentifier=prompt, promptVersion=numbered)["variants"][0]["name"] == "one"
    prompts.delete_prompt(promptIdentifier=prompt)
    gone("ResourceNotFoundException", prompts.get_prompt, promptIdentifier=prompt)
    bedrock.delete_inference_profile(inferenceProfileIdentifier=profile)
    bedrock.delete_guardrail(**guardrail)
    gone("ResourceNotFoundException", bedrock.get_guardrail, **guardrail)


if __name__ == "__main__":
    {check.__name__: check for check in (assistant, models)}[sys.argv[1]](sys.argv[2])
