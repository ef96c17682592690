"""Checks of the simulator with botocore as the client. Run by botocore.rs: botocore_checks.py CHECK ENDPOINT."""

import json
import sys
import time

import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError

MANAGEMENT, MEMBER = "111111111111", "333333333333"
ROLE = f"arn:aws:iam::{MEMBER}:role/OrganizationAccountAccessRole"


def client(endpoint, service, credentials=None, region="us-east-1"):
    config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
    keys = {}
    if credentials:
        keys = {
            "aws_access_key_id": credentials["AccessKeyId"],
            "aws_secret_access_key": credentials["SecretAccessKey"],
            "aws_session_token": credentials["SessionToken"],
        }
    return botocore.session.Session().create_client(
        service, region_name=region, endpoint_url=endpoint, config=config, **keys
    )


def member(endpoint):
    answer = client(endpoint, "sts").assume_role(RoleArn=ROLE, RoleSessionName="check")
    return answer["Credentials"]


def refused(code, call, **arguments):
    """The error of a call that must be refused with this code."""
    try:
        answer = call(**arguments)
    except ClientError as error:
        found = error.response["Error"]["Code"]
        assert found == code, f"{found} instead of {code}: {error}"
        return error.response
    raise AssertionError(f"{code} expected, answered: {answer}")


def identity(endpoint):
    caller = client(endpoint, "sts").get_caller_identity()
    assert caller["Account"] == MANAGEMENT, caller
    assert caller["Arn"] == f"arn:aws:iam::{MANAGEMENT}:user/admin", caller
    credentials = member(endpoint)
    assert credentials["Expiration"].tzinfo is not None
    caller = client(endpoint, "sts", credentials).get_caller_identity()
    assert caller["Account"] == MEMBER, caller
    assert caller["Arn"] == f"arn:aws:sts::{MEMBER}:assumed-role/OrganizationAccountAccessRole/check", caller
    sts = client(endpoint, "sts")
    refused("AccessDenied", sts.assume_role, RoleArn=f"arn:aws:iam::{MEMBER}:role/Nobody", RoleSessionName="check")
    tagged = sts.assume_role(RoleArn=ROLE, RoleSessionName="check", Tags=[{"Key": "team", "Value": "a"}])
    assert tagged["AssumedRoleUser"]["AssumedRoleId"].startswith("AROA")


def errors(endpoint):
    wrong = {"AccessKeyId": "AKIAAAAAAAAAAAAAAAAA", "SecretAccessKey": "x" * 40, "SessionToken": None}
    # One service for each protocol: query, json 1.1, json 1.0, rest-json, rest-xml, ec2.
    for service, call, code in [
        ("sts", lambda each: each.get_caller_identity, "InvalidClientTokenId"),
        ("kendra", lambda each: each.list_indices, "UnrecognizedClientException"),
        ("cloudcontrol", lambda each: each.list_resource_requests, "UnrecognizedClientException"),
        ("bedrock-agent", lambda each: each.list_knowledge_bases, "UnrecognizedClientException"),
        ("s3", lambda each: each.list_buckets, "InvalidAccessKeyId"),
        ("ec2", lambda each: each.describe_vpcs, "AuthFailure"),
    ]:
        refused(code, call(client(endpoint, service, wrong)))
    credentials = member(endpoint)
    bad = dict(credentials, SecretAccessKey="x" * 40)
    refused("SignatureDoesNotMatch", client(endpoint, "sts", bad).get_caller_identity)
    refused("NotImplemented", client(endpoint, "glue", credentials).get_databases)
    refused("NotImplemented", client(endpoint, "dynamodb", credentials).list_tables)
    # botocore does not check patterns itself.
    answer = refused("ValidationException", client(endpoint, "kendra", credentials).query, IndexId="_" * 36)
    assert "failed to satisfy constraint" in answer["Error"]["Message"], answer
    assert answer["ResponseMetadata"]["RequestId"], answer
    # Path, query and headers of the REST protocols survive signing.
    refused("NotImplemented", client(endpoint, "lambda", credentials).get_function, FunctionName=f"arn:aws:lambda:us-east-1:{MEMBER}:function:f", Qualifier="$LATEST")


def finished(cloud, event):
    event = event["ProgressEvent"]
    for _ in range(200):
        if event["OperationStatus"] in ("SUCCESS", "FAILED"):
            return event
        time.sleep(0.02)
        event = cloud.get_resource_request_status(RequestToken=event["RequestToken"])["ProgressEvent"]
    raise AssertionError(f"never finished: {event}")


def cloud_control(endpoint):
    credentials = member(endpoint)
    cloud = client(endpoint, "cloudcontrol", credentials)
    desired = json.dumps({"CidrBlock": "10.0.0.0/16", "Tags": [{"Key": "Name", "Value": "one"}]})
    token = "11111111-1111-4111-8111-111111111111"
    started = cloud.create_resource(TypeName="AWS::EC2::VPC", DesiredState=desired, ClientToken=token)
    assert started["ProgressEvent"]["OperationStatus"] in ("PENDING", "IN_PROGRESS"), started
    again = cloud.create_resource(TypeName="AWS::EC2::VPC", DesiredState=desired, ClientToken=token)
    assert again["ProgressEvent"]["RequestToken"] == started["ProgressEvent"]["RequestToken"]
    refused("ClientTokenConflictException", cloud.create_resource, TypeName="AWS::EC2::VPC",
            DesiredState=json.dumps({"CidrBlock": "10.1.0.0/16"}), ClientToken=token)
    event = finished(cloud, started)
    assert event["OperationStatus"] == "SUCCESS", event
    vpc = event["Identifier"]
    assert vpc.startswith("vpc-0"), vpc

    description = cloud.get_resource(TypeName="AWS::EC2::VPC", Identifier=vpc)["ResourceDescription"]
    properties = json.loads(description["Properties"])
    assert properties["VpcId"] == vpc and properties["CidrBlock"] == "10.0.0.0/16", properties
    listed = cloud.list_resources(TypeName="AWS::EC2::VPC")["ResourceDescriptions"]
    assert [each["Identifier"] for each in listed] == [vpc], listed
    shown = client(endpoint, "ec2", credentials).describe_vpcs(VpcIds=[vpc])["Vpcs"]
    assert shown[0]["CidrBlock"] == "10.0.0.0/16" and shown[0]["OwnerId"] == MEMBER, shown

    lost = finished(cloud, cloud.create_resource(
        TypeName="AWS::EC2::Subnet", DesiredState=json.dumps({"VpcId": "vpc-00000000000000000", "CidrBlock": "10.0.1.0/24"})))
    assert lost["OperationStatus"] == "FAILED", lost
    subnet = finished(cloud, cloud.create_resource(
        TypeName="AWS::EC2::Subnet",
        DesiredState=json.dumps({"VpcId": vpc, "CidrBlock": "10.0.1.0/24", "AvailabilityZone": "us-east-1a"})))["Identifier"]
    kept = finished(cloud, cloud.delete_resource(TypeName="AWS::EC2::VPC", Identifier=vpc))
    assert kept["OperationStatus"] == "FAILED", kept

    patch = json.dumps([{"op": "replace", "path": "/Tags/0/Value", "value": "two"}])
    updated = finished(cloud, cloud.update_resource(TypeName="AWS::EC2::VPC", Identifier=vpc, PatchDocument=patch))
    assert updated["OperationStatus"] == "SUCCESS", updated
    patch = json.dumps([{"op": "replace", "path": "/CidrBlock", "value": "10.9.0.0/16"}])
    refused("NotUpdatableException", cloud.update_resource, TypeName="AWS::EC2::VPC", Identifier=vpc, PatchDocument=patch)
    answer = refused("ValidationException", cloud.create_resource, TypeName="AWS::EC2::VPC",
                     DesiredState=json.dumps({"CidrBlok": "x"}))
    assert "extraneous key [CidrBlok] is not permitted" in answer["Error"]["Message"], answer
    refused("TypeNotFoundException", cloud.get_resource, TypeName="AWS::EC2::Nothing", Identifier="x")

    for type_name, identifier in [("AWS::EC2::Subnet", subnet), ("AWS::EC2::VPC", vpc)]:
        gone = finished(cloud, cloud.delete_resource(TypeName=type_name, Identifier=identifier))
        assert gone["OperationStatus"] == "SUCCESS", gone
        refused("ResourceNotFoundException", cloud.get_resource, TypeName=type_name, Identifier=identifier)


if __name__ == "__main__":
    {check.__name__: check for check in (identity, errors, cloud_control)}[sys.argv[1]](sys.argv[2])
