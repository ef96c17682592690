"""A checker that finds nothing must be one that can: sound exchanges of every protocol pass exchanges.py, and each of these faults
is found. Run by exchanges.rs."""

import base64
import json

import exchanges
import exchanges_known

CHARTER = {"user-agent": "aws-sdk-rust/1 app/charter"}
JSON_HEADERS = {"x-amz-target": "AWSKendraFrontendService.DescribeIndex", "content-type": "application/x-amz-json-1.1"}
INDEX = "0" * 36
ROLE = "arn:aws:iam::333333333333:role/kendra"


def exchange(service, operation, method="POST", path="/", query="", headers=(), body=b"", status=200, answer_headers=(), answer=b""):
    """One line as the simulator records it."""
    return json.dumps({
        "service": service, "operation": operation, "error": None, "method": method, "path": path, "query": query,
        "headers": list({**CHARTER, "host": "localhost", **dict(headers)}.items()), "body": base64.b64encode(body).decode(),
        "status": status, "responseHeaders": list({"x-amzn-requestid": "1", **dict(answer_headers)}.items()),
        "responseBody": base64.b64encode(answer).decode(),
    })


def kendra(body, answer=b"{}", operation="DescribeIndex", **more):
    headers = {**JSON_HEADERS, "x-amz-target": f"AWSKendraFrontendService.{operation}"}
    return exchange("kendra", operation, headers=headers, body=json.dumps(body).encode(), answer=answer, **more)


def create(**more):
    return kendra({"Name": "products", "RoleArn": ROLE, **more}, json.dumps({"Id": INDEX}).encode(), "CreateIndex")


def sts(form, answer):
    whole = f'<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">{answer}</AssumeRoleResponse>'
    return exchange("sts", "AssumeRole", body=form.encode(), answer=whole.encode())


FORM = f"Action=AssumeRole&Version=2011-06-15&RoleArn={ROLE}&RoleSessionName=one"
ASSUMED = "<AssumeRoleResult>{}</AssumeRoleResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata>"
ARNS = "<AssumedRoleUser><AssumedRoleId>AROA:one</AssumedRoleId><Arn>arn:aws:sts::333333333333:assumed-role/a/one</Arn></AssumedRoleUser>"


def tagging(body, headers=(), status=200):
    return exchange("s3", "PutBucketTagging", "PUT", "/bucket", "tagging", headers=headers, body=body.encode(), status=status,
                    answer_headers={"x-amz-request-id": "1"})


TAGS = '<Tagging xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><TagSet><Tag><Key>a</Key><Value>{}</Value></Tag></TagSet></Tagging>'


def vpcs(answer):
    whole = f'<DescribeVpcsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">{answer}</DescribeVpcsResponse>'
    return exchange("ec2", "DescribeVpcs", body=b"Action=DescribeVpcs&Version=2016-11-15&VpcId.1=vpc-1", answer=whole.encode())


def statement(body, answer):
    return exchange("rds-data", "ExecuteStatement", path="/Execute", headers={"content-type": "application/json"},
                    body=json.dumps(body).encode(), answer=json.dumps(answer).encode())


SQL = {"resourceArn": "arn:aws:rds:us-east-1:333333333333:cluster:c", "secretArn": "arn:aws:secretsmanager:us-east-1:3:secret:s", "sql": "select 1"}


def refused(code, status=400, message="words", operation="DescribeIndex"):
    body = json.dumps({"__type": code, "Message": message}).encode()
    return kendra({"Id": INDEX}, body, operation, status=status)


SOUND = [
    create(Edition="DEVELOPER_EDITION"),
    sts(FORM, ASSUMED.format(ARNS)),
    tagging(TAGS.format("1")),
    vpcs("<vpcSet><item><vpcId>vpc-1</vpcId><isDefault>false</isDefault></item></vpcSet><requestId>1</requestId>"),
    statement(SQL, {"records": [[{"longValue": 1}]], "numberOfRecordsUpdated": 0}),
    refused("ResourceNotFoundException"),
    refused("ThrottlingException"),
]

# Each with words of the finding that it must give.
FAULTY = [
    (create(Editon="DEVELOPER_EDITION"), "no such member"),
    (create(Edition="SMALL"), "is none of"),
    (create(Name=""), "below the least"),
    (create(Name="a" * 1001), "above the most"),
    (create(Name="_products"), "does not match"),
    (create(Name=5), "is no string"),
    (create(Description=None), "null"),
    (kendra({}), "Missing required parameter"),
    (kendra({"Id": INDEX}, json.dumps({"Id": INDEX, "State": "ACTIVE"}).encode()), "no such member"),
    (kendra({"Id": INDEX}, json.dumps({"Status": "FINE"}).encode()), "is none of"),
    (kendra({"Id": INDEX}, json.dumps({"CreatedAt": "2026-01-01T00:00:00Z"}).encode()), "is not in the format"),
    (kendra({"Id": INDEX}, b"<xml/>"), "cannot be parsed"),
    (exchange("kendra", "DescribeIndex", body=json.dumps({"Id": INDEX}).encode(), answer=b"{}", headers={
        **JSON_HEADERS, "content-type": "application/json"}), "instead of application/x-amz-json-1.1"),
    (refused("ConflictException"), "is no error of DescribeIndex"),
    (refused("ResourceNotFoundException", message=""), "has no message"),
    (sts(FORM + "&RoleName=x", ASSUMED.format(ARNS)), "no such parameter"),
    (sts(FORM + "&DurationSeconds=60", ASSUMED.format(ARNS)), "below the least"),
    (sts(FORM + "&DurationSeconds=long", ASSUMED.format(ARNS)), "is no integer"),
    (sts(FORM + "&Tags.member.1.Key=a", ASSUMED.format(ARNS)), "Missing required parameter"),
    # A list that begins with its second element is not read by anybody.
    (sts(FORM + "&TransitiveTagKeys.member.2=a", ASSUMED.format(ARNS)), "no such parameter"),
    (sts(FORM, ASSUMED.format(ARNS + "<Account>3</Account>")), "no such member"),
    (sts(FORM, ARNS + "<ResponseMetadata><RequestId>1</RequestId></ResponseMetadata>"), "instead of AssumeRoleResult"),
    (sts(FORM, f"<AssumeRoleResult>{ARNS}</AssumeRoleResult>"), "is not there"),
    (sts(FORM, ASSUMED.format("<PackedPolicySize>much</PackedPolicySize>")), "is no integer"),
    (tagging(TAGS.format("1").replace("Value>", "Worth>")), "no such member"),
    (tagging(TAGS.format("1").replace("Tag>", "Label>")), "are named Tag"),
    (tagging(TAGS.format("1"), headers={"x-amz-acl": "private"}), "a header that the model does not have"),
    (tagging(TAGS.format("1"), status=204), "instead of [200]"),
    (exchange("s3", "PutBucketTagging", "PUT", "/bucket", "tagging&now=1", body=TAGS.format("1").encode()), "the query of the operation"),
    (vpcs("<vpcSet><member><vpcId>vpc-1</vpcId></member></vpcSet><requestId>1</requestId>"), "are named item"),
    (vpcs("<vpcSet><item><isDefault>no</isDefault></item></vpcSet><requestId>1</requestId>"), "is no boolean"),
    (statement(SQL, {"records": [[{"longValue": 1, "stringValue": "1"}]]}), "one and only one member"),
    (statement({**SQL, "formatRecordsAs": "CSV"}, {}), "is none of"),
]


def findings(line):
    report = exchanges.Report()
    report.exchange(exchanges.read(line))
    return [f"{where}: {constraint}" for (_, _, _, where, constraint) in report.findings]


def run():
    exchanges_known.check_sources()
    for line in SOUND:
        found = findings(line)
        assert not found, f"{line}\n{found}"
    for line, words in FAULTY:
        found = findings(line)
        assert any(words in each for each in found), f"{words!r} expected: {line}\n{found}"
    print(f"{len(SOUND)} sound exchanges pass, {len(FAULTY)} faulty ones are found")
