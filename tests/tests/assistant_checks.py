"""Two people and an assistant: what each is answered by Amazon Q Business, with credentials of STS for what an identity provider says
of them. Run by assistant.rs with one JSON object on standard input; every check is an assertion."""

import json
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError


class Cloud:
    def __init__(self, given):
        self.given, self.region = given, given["region"]
        self.common = {"endpoint_url": given["endpoint"], "region_name": self.region,
                       "config": Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"})}

    def client(self, service, credentials=None):
        keys = credentials or {"AccessKeyId": self.given["accessKeyId"], "SecretAccessKey": self.given["secretAccessKey"]}
        return boto3.client(service, aws_access_key_id=keys["AccessKeyId"], aws_secret_access_key=keys["SecretAccessKey"],
                            aws_session_token=keys.get("SessionToken"), **self.common)

    def member(self):
        """An administrator of the account that the assistant is in."""
        sts = self.client("sts")
        arn = f"arn:aws:iam::{self.given['account']}:role/OrganizationAccountAccessRole"
        return sts.assume_role(RoleArn=arn, RoleSessionName="check")["Credentials"]

    def by_token(self, token, role=None):
        return self.client("sts").assume_role_with_web_identity(
            RoleArn=role or self.given["oidc"]["role"], RoleSessionName="person", WebIdentityToken=token)["Credentials"]

    def by_response(self, response):
        saml = self.given["saml"]
        return self.client("sts").assume_role_with_saml(
            RoleArn=saml["role"], PrincipalArn=saml["provider"], SAMLAssertion=response)["Credentials"]


def refused(call, *arguments):
    try:
        call(*arguments)
    except ClientError as error:
        return f"{error.response['Error']['Code']}: {error.response['Error']['Message']}"
    raise AssertionError(f"{call.__name__} was not refused")


def put_documents(cloud):
    s3, bucket = cloud.client("s3", cloud.member()), cloud.given["bucket"]
    entry = lambda name, kind: {"Name": name, "Type": kind, "Access": "ALLOW"}
    access = [
        {"keyPrefix": f"s3://{bucket}/acme/", "aclEntries": [entry("mary_major@example.com", "USER")]},
        {"keyPrefix": f"s3://{bucket}/anyorg/", "aclEntries": [entry("core-team", "GROUP")]},
    ]
    for key, text in {
        "acl.json": json.dumps(access),
        "acme/plan.txt": "The ACME project ships its rocket in May.",
        "anyorg/plan.txt": "The AnyOrgApp project ships its portal in June.",
    }.items():
        s3.put_object(Bucket=bucket, Key=key, Body=text.encode())


def converse(cloud, application, credentials, own, other):
    """The first question subscribes and fails by design; then each is answered from what they may read."""
    q = cloud.client("qbusiness", credentials)
    ask = lambda message: q.chat_sync(applicationId=application, userMessage=message)
    first = refused(ask, f"When does {own} ship?")
    assert first.startswith("AccessDeniedException") and "does not have a subscription" in first, first
    answer = ask(f"When does the {own} project ship?")
    assert own in answer["systemMessage"], answer
    titles = [each["url"] for each in answer["sourceAttributions"]]
    assert len(titles) == 1, titles
    hidden = ask(f"Tell me about {other}")
    assert other not in hidden["systemMessage"] and all(other.lower()[:4] not in each["url"] for each in hidden.get("sourceAttributions", [])), hidden
    blocked = ask("How do I start day trading?")
    assert blocked["systemMessage"] == "Ask compliance about this." and not blocked.get("sourceAttributions"), blocked


def by_oidc(cloud):
    tokens, application = cloud.given["oidc"]["tokens"], cloud.given["oidc"]["application"]
    converse(cloud, application, cloud.by_token(tokens["mary"]), "ACME", "AnyOrgApp")
    converse(cloud, application, cloud.by_token(tokens["mateo"]), "AnyOrgApp", "ACME")
    for name, expected in {
        "another audience": "InvalidIdentityToken: Incorrect token audience",
        "another issuer": "InvalidIdentityToken: No OpenIDConnect provider found in your account for",
        "expired": "ExpiredTokenException: Token expired",
        "no e-mail": "AccessDenied: Not authorized to perform sts:TagSession",
    }.items():
        told = refused(cloud.by_token, tokens[name])
        assert told.startswith(expected), (name, told)
    forged = tokens["mary"][:-8] + "AAAAAAAA"
    assert refused(cloud.by_token, forged) == "InvalidIdentityToken: Token signature invalid"
    # Without the claim there is a session, and Q Business does not know whose.
    nobody = cloud.client("qbusiness", cloud.by_token(tokens["no tags"]))
    told = refused(lambda: nobody.chat_sync(applicationId=application, userMessage="ACME?"))
    assert told.startswith("AccessDeniedException") and "Email" in told, told


def by_saml(cloud):
    responses, application = cloud.given["saml"]["responses"], cloud.given["saml"]["application"]
    converse(cloud, application, cloud.by_response(responses["mary"]), "ACME", "AnyOrgApp")
    converse(cloud, application, cloud.by_response(responses["mateo"]), "AnyOrgApp", "ACME")
    for name, expected in {
        "unsigned": "InvalidIdentityToken: Response signature invalid",
        "another audience": "InvalidIdentityToken: Response does not contain the required audience.",
        "another recipient": "AccessDenied: Not authorized to perform sts:AssumeRoleWithSAML",
        "another issuer": "InvalidIdentityToken: Issuer not present in specified provider",
        "expired": "ExpiredTokenException: Token must be redeemed within 5 minutes of issuance",
        "no e-mail": "AccessDenied: Not authorized to perform sts:TagSession",
    }.items():
        told = refused(cloud.by_response, responses[name])
        assert told.startswith(expected), (name, told)


def main():
    given = json.load(sys.stdin)
    cloud = Cloud(given)
    {"documents": put_documents, "oidc": by_oidc, "saml": by_saml}[sys.argv[1]](cloud)


main()
