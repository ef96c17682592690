"""Checks of the services' behaviour with botocore as the client. Run by services.rs: services_checks.py CHECK ENDPOINT."""

import json
import sys
import time

from botocore.exceptions import ClientError

from botocore_checks import MEMBER, client, finished, member, refused

FAST = {"Delay": 0.1, "MaxAttempts": 200}


def trust(service, **conditions):
    return json.dumps({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole", **conditions}]})


def until(what, wanted, seconds=30):
    for _ in range(int(seconds / 0.05)):
        seen = what()
        if seen == wanted:
            return
        time.sleep(0.05)
    raise AssertionError(f"{wanted} expected, the last was {seen}")


def gone(code, call, **arguments):
    def state():
        try:
            call(**arguments)
            return "there"
        except ClientError as error:
            assert error.response["Error"]["Code"] == code, error
            return "gone"
    until(state, "gone")


def iam(endpoint):
    iam = client(endpoint, "iam", member(endpoint))
    document = json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}]})
    before = {role["RoleName"] for page in iam.get_paginator("list_roles").paginate() for role in page["Roles"]}
    for number in range(5):
        iam.create_role(RoleName=f"check-{number}", AssumeRolePolicyDocument=trust("ec2.amazonaws.com"), Path="/checks/",
                        Tags=[{"Key": "number", "Value": str(number)}])
    pages = list(iam.get_paginator("list_roles").paginate(PathPrefix="/checks/", PaginationConfig={"PageSize": 2}))
    assert [len(page["Roles"]) for page in pages] == [2, 2, 1], pages
    iam.get_waiter("role_exists").wait(RoleName="check-0", WaiterConfig={"Delay": 0.1, "MaxAttempts": 50})
    # botocore decodes the documents: they must have come encoded.
    role = iam.get_role(RoleName="check-0")["Role"]
    assert role["AssumeRolePolicyDocument"] == json.loads(trust("ec2.amazonaws.com")), role
    assert role["Tags"] == [{"Key": "number", "Value": "0"}], role
    iam.put_role_policy(RoleName="check-0", PolicyName="inline", PolicyDocument=document)
    assert iam.get_role_policy(RoleName="check-0", PolicyName="inline")["PolicyDocument"] == json.loads(document)
    policy = iam.create_policy(PolicyName="check", PolicyDocument=document)["Policy"]["Arn"]
    iam.get_waiter("policy_exists").wait(PolicyArn=policy, WaiterConfig={"Delay": 0.1, "MaxAttempts": 50})
    iam.attach_role_policy(RoleName="check-0", PolicyArn=policy)
    version = iam.get_policy_version(PolicyArn=policy, VersionId="v1")["PolicyVersion"]
    assert version["Document"] == json.loads(document) and version["IsDefaultVersion"], version
    iam.create_instance_profile(InstanceProfileName="check")
    iam.add_role_to_instance_profile(InstanceProfileName="check", RoleName="check-0")
    profile = iam.get_instance_profile(InstanceProfileName="check")["InstanceProfile"]
    assert profile["Roles"][0]["RoleName"] == "check-0", profile
    refused("DeleteConflict", iam.delete_role, RoleName="check-0")
    refused("EntityAlreadyExists", iam.create_role, RoleName="CHECK-0", AssumeRolePolicyDocument=trust("ec2.amazonaws.com"))
    refused("MalformedPolicyDocument", iam.create_policy, PolicyName="bad", PolicyDocument="{}")
    refused("NoSuchEntity", iam.get_role, RoleName="nobody")
    iam.remove_role_from_instance_profile(InstanceProfileName="check", RoleName="check-0")
    iam.delete_instance_profile(InstanceProfileName="check")
    iam.detach_role_policy(RoleName="check-0", PolicyArn=policy)
    iam.delete_policy(PolicyArn=policy)
    iam.delete_role_policy(RoleName="check-0", PolicyName="inline")
    for number in range(5):
        iam.delete_role(RoleName=f"check-{number}")
    assert {role["RoleName"] for role in iam.list_roles()["Roles"]} == before


def made(cloud, type_name, **desired):
    event = finished(cloud, cloud.create_resource(TypeName=type_name, DesiredState=json.dumps(desired)))
    assert event["OperationStatus"] == "SUCCESS", event
    return event["Identifier"]


def retrieval(endpoint):
    """The main job: Aurora, the Data API and Kendra, from nothing to nothing."""
    credentials = member(endpoint)
    cloud, rds, data, kendra, iam = (
        client(endpoint, service, credentials) for service in ("cloudcontrol", "rds", "rds-data", "kendra", "iam"))
    vpc = made(cloud, "AWS::EC2::VPC", CidrBlock="10.0.0.0/16")
    subnets = [made(cloud, "AWS::EC2::Subnet", VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"us-east-1{zone}")
               for n, zone in enumerate("ab")]
    group = made(cloud, "AWS::EC2::SecurityGroup", GroupDescription="check", VpcId=vpc)
    refused("InvalidSubnet", rds.create_db_subnet_group, DBSubnetGroupName="g", DBSubnetGroupDescription="d", SubnetIds=["subnet-0"])
    rds.create_db_subnet_group(DBSubnetGroupName="checks", DBSubnetGroupDescription="d", SubnetIds=subnets)
    rds.create_db_cluster(
        DBClusterIdentifier="Check", Engine="aurora-postgresql", EngineVersion="15.4", DBSubnetGroupName="checks",
        VpcSecurityGroupIds=[group], MasterUsername="postgres", ManageMasterUserPassword=True, DatabaseName="genai",
        EnableHttpEndpoint=True, StorageEncrypted=True, Tags=[{"Key": "a", "Value": "1"}],
        ServerlessV2ScalingConfiguration={"MinCapacity": 2, "MaxCapacity": 64})
    rds.create_db_instance(DBInstanceIdentifier="check-1", DBClusterIdentifier="check", DBInstanceClass="db.serverless",
                           Engine="aurora-postgresql")
    rds.get_waiter("db_cluster_available").wait(DBClusterIdentifier="check", WaiterConfig=FAST)
    rds.get_waiter("db_instance_available").wait(DBInstanceIdentifier="check-1", WaiterConfig=FAST)
    cluster = rds.describe_db_clusters(DBClusterIdentifier="check")["DBClusters"][0]
    assert cluster["ServerlessV2ScalingConfiguration"] == {"MinCapacity": 2.0, "MaxCapacity": 64.0}, cluster
    assert cluster["TagList"] == [{"Key": "a", "Value": "1"}] and cluster["Port"] == 5432, cluster
    secret = cluster["MasterUserSecret"]["SecretArn"]
    refused("InvalidRequestException", client(endpoint, "secretsmanager", credentials).delete_secret, SecretId=secret)

    def sql(text, **more):
        return data.execute_statement(resourceArn=cluster["DBClusterArn"], secretArn=secret, database="genai", sql=text, **more)
    refused("DatabaseErrorException", data.execute_statement, resourceArn=cluster["DBClusterArn"], secretArn=secret,
            database="genai", sql="CREATE SCHEMA 'employees'")
    sql("CREATE SCHEMA employees")
    sql("CREATE TABLE employees.amazon_review (pk int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, title text, body text)")
    sql("INSERT INTO employees.amazon_review (title, body) VALUES (:title, :body)", parameters=[
        {"name": "title", "value": {"stringValue": "Fine"}}, {"name": "body", "value": {"stringValue": "A bright screen"}}])
    counted = sql("SELECT count(*) FROM employees.amazon_review", includeResultMetadata=True)
    assert counted["records"] == [[{"longValue": 1}]] and counted["columnMetadata"][0]["name"] == "count", counted

    refused("ValidationException", kendra.create_index, Name="check", RoleArn=f"arn:aws:iam::{MEMBER}:role/nobody")
    condition = {"Condition": {"StringEquals": {"aws:SourceAccount": MEMBER},
                               "ArnLike": {"aws:SourceArn": f"arn:aws:kendra:us-east-1:{MEMBER}:index/*"}}}
    role = iam.create_role(RoleName="kendra", AssumeRolePolicyDocument=trust("kendra.amazonaws.com", **condition))["Role"]["Arn"]
    index = kendra.create_index(Name="check", RoleArn=role, Edition="DEVELOPER_EDITION", ClientToken="t")["Id"]
    until(lambda: kendra.describe_index(Id=index)["Status"], "ACTIVE")
    source = kendra.create_data_source(
        Name="check", IndexId=index, Type="TEMPLATE", RoleArn=role, Configuration={"TemplateConfiguration": {"Template": {
            "type": "JDBC", "version": "1.0.0", "syncMode": "FULL_CRAWL", "secretArn": secret,
            "connectionConfiguration": {"repositoryEndpointMetadata": {
                "dbType": "postgresql", "dbHost": cluster["Endpoint"], "dbPort": "5432", "dbInstance": "genai"}},
            "additionalProperties": {"primaryKey": "pk", "titleColumn": "title", "bodyColumn": "body",
                                     "sqlQuery": "select * from employees.amazon_review"}}}})["Id"]
    at = {"Id": source, "IndexId": index}
    until(lambda: kendra.describe_data_source(**at)["Status"], "ACTIVE")
    template = kendra.describe_data_source(**at)["Configuration"]["TemplateConfiguration"]["Template"]
    assert template["additionalProperties"]["primaryKey"] == "pk", template
    kendra.start_data_source_sync_job(**at)
    refused("ResourceInUseException", kendra.start_data_source_sync_job, **at)
    until(lambda: kendra.list_data_source_sync_jobs(**at)["History"][0]["Status"], "SUCCEEDED")
    metrics = kendra.list_data_source_sync_jobs(**at)["History"][0]["Metrics"]
    assert metrics["DocumentsAdded"] == "1", metrics
    found = kendra.retrieve(IndexId=index, QueryText="How bright is the screen?")["ResultItems"]
    assert [item["Content"] for item in found] == ["A bright screen"], found

    kendra.delete_index(Id=index)
    gone("ResourceNotFoundException", kendra.describe_index, Id=index)
    iam.delete_role(RoleName="kendra")
    refused("InvalidDBClusterStateFault", rds.delete_db_cluster, DBClusterIdentifier="check", SkipFinalSnapshot=True)
    rds.delete_db_instance(DBInstanceIdentifier="check-1")
    rds.delete_db_cluster(DBClusterIdentifier="check", SkipFinalSnapshot=True)
    rds.get_waiter("db_instance_deleted").wait(DBInstanceIdentifier="check-1", WaiterConfig=FAST)
    rds.get_waiter("db_cluster_deleted").wait(DBClusterIdentifier="check", WaiterConfig=FAST)
    rds.delete_db_subnet_group(DBSubnetGroupName="checks")
    for type_name, identifier in [("AWS::EC2::SecurityGroup", group), *(("AWS::EC2::Subnet", each) for each in subnets),
                                  ("AWS::EC2::VPC", vpc)]:
        event = finished(cloud, cloud.delete_resource(TypeName=type_name, Identifier=identifier))
        assert event["OperationStatus"] == "SUCCESS", event


def storage(endpoint):
    credentials = member(endpoint)
    s3, secrets = client(endpoint, "s3", credentials), client(endpoint, "secretsmanager", credentials)
    s3.create_bucket(Bucket="charter-check")
    s3.get_waiter("bucket_exists").wait(Bucket="charter-check", WaiterConfig=FAST)
    refused("NoSuchTagSet", s3.get_bucket_tagging, Bucket="charter-check")
    s3.put_bucket_tagging(Bucket="charter-check", Tagging={"TagSet": [{"Key": "a", "Value": "1"}]})
    assert s3.get_bucket_tagging(Bucket="charter-check")["TagSet"] == [{"Key": "a", "Value": "1"}]
    assert s3.get_public_access_block(Bucket="charter-check")["PublicAccessBlockConfiguration"]["BlockPublicAcls"]
    rules = [{"ID": "old", "Status": "Enabled", "Filter": {"Prefix": "logs/"}, "Expiration": {"Days": 3}}]
    s3.put_bucket_lifecycle_configuration(Bucket="charter-check", LifecycleConfiguration={"Rules": rules})
    assert s3.get_bucket_lifecycle_configuration(Bucket="charter-check")["Rules"] == rules
    s3.put_bucket_versioning(Bucket="charter-check", VersioningConfiguration={"Status": "Enabled"})
    body = bytes(range(256)) * 40
    for key in ("a/one", "a/two", "three with space"):
        s3.put_object(Bucket="charter-check", Key=key, Body=body, Metadata={"made": "here"}, ContentType="text/plain")
    answer = s3.get_object(Bucket="charter-check", Key="three with space")
    assert answer["Body"].read() == body and answer["Metadata"] == {"made": "here"} and answer["ContentType"] == "text/plain"
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket="charter-check", PaginationConfig={"PageSize": 1})
    assert [item["Key"] for page in pages for item in page["Contents"]] == ["a/one", "a/two", "three with space"]
    s3.delete_object(Bucket="charter-check", Key="a/one")
    refused("NoSuchKey", s3.get_object, Bucket="charter-check", Key="a/one")
    refused("BucketNotEmpty", s3.delete_bucket, Bucket="charter-check")
    upload = s3.create_multipart_upload(Bucket="charter-check", Key="big")["UploadId"]
    part = s3.upload_part(Bucket="charter-check", Key="big", UploadId=upload, PartNumber=1, Body=body)["ETag"]
    s3.complete_multipart_upload(Bucket="charter-check", Key="big", UploadId=upload,
                                 MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part}]})
    assert s3.head_object(Bucket="charter-check", Key="big")["ContentLength"] == len(body)
    for page in s3.get_paginator("list_object_versions").paginate(Bucket="charter-check", PaginationConfig={"PageSize": 2}):
        versions = page.get("Versions", []) + page.get("DeleteMarkers", [])
        s3.delete_objects(Bucket="charter-check", Delete={"Objects": [
            {"Key": each["Key"], "VersionId": each["VersionId"]} for each in versions]})
    s3.delete_bucket(Bucket="charter-check")
    s3.get_waiter("bucket_not_exists").wait(Bucket="charter-check", WaiterConfig=FAST)

    made = secrets.create_secret(Name="check/secret", SecretString="one", Tags=[{"Key": "a", "Value": "1"}])
    secrets.put_secret_value(SecretId=made["ARN"], SecretBinary=b"\x00two")
    assert secrets.get_secret_value(SecretId="check/secret")["SecretBinary"] == b"\x00two"
    assert secrets.get_secret_value(SecretId="check/secret", VersionStage="AWSPREVIOUS")["SecretString"] == "one"
    assert len(secrets.get_random_password(PasswordLength=20)["RandomPassword"]) == 20
    refused("ResourceExistsException", secrets.create_secret, Name="check/secret", SecretString="x")
    secrets.delete_secret(SecretId="check/secret", ForceDeleteWithoutRecovery=True)
    refused("ResourceNotFoundException", secrets.describe_secret, SecretId="check/secret")


def governance(endpoint):
    account = member(endpoint)
    roles, mesh = client(endpoint, "iam", account), client(endpoint, "datazone", account)
    document = trust("datazone.amazonaws.com")
    role = roles.create_role(RoleName="mesh", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    made = mesh.create_domain(name="bank", domainExecutionRole=role, tags={"a": "1"})
    domain, root = made["id"], made["rootDomainUnitId"]
    until(lambda: mesh.get_domain(identifier=domain)["status"], "AVAILABLE")
    assert mesh.list_domains()["items"][0]["managedAccountId"] == MEMBER
    assert mesh.list_tags_for_resource(resourceArn=made["arn"])["tags"] == {"a": "1"}
    inside = {"domainIdentifier": domain}
    user = mesh.create_user_profile(userIdentifier=role, **inside)["id"]
    refused("ValidationException", mesh.create_user_profile, userIdentifier=role, **inside)
    projects = [mesh.create_project(name=f"cards {number}", **inside)["id"] for number in range(3)]
    pages = mesh.get_paginator("list_projects").paginate(**inside, PaginationConfig={"PageSize": 2})
    assert sorted(each["id"] for page in pages for each in page["items"]) == sorted(projects)
    within = {"projectIdentifier": projects[0], **inside}
    mesh.create_project_membership(member={"userIdentifier": role}, designation="PROJECT_CONTRIBUTOR", **within)
    members = mesh.list_project_memberships(**within)["members"]
    assert user in [each["memberDetails"]["user"]["userId"] for each in members], members
    unit = mesh.create_domain_unit(name="cards", parentDomainUnitIdentifier=root, **inside)["id"]
    mesh.add_entity_owner(entityType="DOMAIN_UNIT", entityIdentifier=unit, owner={"user": {"userIdentifier": user}}, **inside)
    assert mesh.get_domain_unit(identifier=unit, **inside)["owners"] == [{"user": {"userId": user}}]
    on = {"entityType": "DOMAIN_UNIT", "entityIdentifier": unit, "policyType": "CREATE_PROJECT", **inside}
    mesh.add_policy_grant(principal={"user": {"allUsersGrantFilter": {}}}, detail={"createProject": {}}, **on)
    assert mesh.list_policy_grants(**on)["grantList"][0]["principal"] == {"user": {"allUsersGrantFilter": {}}}
    blueprint = mesh.list_environment_blueprints(managed=True, name="DefaultDataLake", **inside)["items"][0]["id"]
    profile = mesh.create_environment_profile(name="lake", environmentBlueprintIdentifier=blueprint, awsAccountId=MEMBER,
                                              awsAccountRegion=mesh.meta.region_name, **within)["id"]
    # Without a configuration the creation fails, and the name is spent.
    lake = mesh.create_environment(name="lake", environmentProfileIdentifier=profile, **within)["id"]
    until(lambda: mesh.get_environment(identifier=lake, **inside)["status"], "CREATE_FAILED")
    mesh.delete_environment(identifier=lake, **inside)
    until(lambda: [each["status"] for each in mesh.list_environments(**within)["items"]], ["DELETED"])
    refused("ConflictException", mesh.create_environment, name="lake", environmentProfileIdentifier=profile, **within)
    mesh.put_environment_blueprint_configuration(
        environmentBlueprintIdentifier=blueprint, enabledRegions=[mesh.meta.region_name], provisioningRoleArn=role,
        regionalParameters={mesh.meta.region_name: {"S3Location": "s3://lake"}}, **inside)
    lake = mesh.create_environment(name="sea", environmentProfileIdentifier=profile, **within)["id"]
    until(lambda: mesh.get_environment(identifier=lake, **inside)["status"], "ACTIVE")
    found = {"glueRunConfiguration": {"relationalFilterConfigurations": [{"databaseName": "cards"}]}}
    source = mesh.create_data_source(name="cards", type="GLUE", environmentIdentifier=lake, configuration=found, **within)["id"]
    until(lambda: mesh.get_data_source(identifier=source, **inside)["status"], "READY")
    run = mesh.start_data_source_run(dataSourceIdentifier=source, **inside)["id"]
    until(lambda: mesh.get_data_source_run(identifier=run, **inside)["status"], "SUCCESS")
    target = mesh.create_subscription_target(
        name="cards", type="GlueSubscriptionTargetType", environmentIdentifier=lake, manageAccessRole=role, **inside,
        applicableAssetTypes=["GlueTableAssetType"], authorizedPrincipals=[role],
        subscriptionTargetConfig=[{"formName": "GlueSubscriptionTargetConfigForm", "content": "{}"}])["id"]
    targets = mesh.list_subscription_targets(environmentIdentifier=lake, **inside)["items"]
    assert [each["id"] for each in targets] == [target], targets
    refused("ConflictException", mesh.delete_domain, identifier=domain)
    mesh.delete_domain(identifier=domain, skipDeletionCheck=True)
    refused("AccessDeniedException", mesh.list_projects, **inside)
    gone("AccessDeniedException", mesh.get_domain, identifier=domain)
    roles.delete_role(RoleName="mesh")


if __name__ == "__main__":
    {check.__name__: check for check in (governance, iam, retrieval, storage)}[sys.argv[1]](sys.argv[2])
