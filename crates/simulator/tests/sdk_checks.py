"""Every waiter and paginator of botocore for the services that the simulator has: each is run here, or its operation answers that it
is not simulated. Run by sdk.rs: sdk_checks.py CHECK ENDPOINT."""

import json
import re
import sys

import botocore.session
from botocore.exceptions import ClientError

import assistant_checks
from botocore_checks import client, member
from services_checks import FAST, made, trust

SERVICES = ["cloudcontrol", "ec2", "iam", "kendra", "rds", "rds-data", "s3", "secretsmanager", "sts", *assistant_checks.SERVICES]
LOADER = botocore.session.Session().get_component("data_loader")
DOCUMENT = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]})
# Not made up from the model: what its patterns ask for.
VALUES = {"Arn": "arn:aws:iam::333333333333:role/none", "Bucket": "charter-pages", "SecretId": "none"}
# Where none of these fits a pattern, one of those does.
OTHERS = ["A" * 10, "1", "DRAFT", "a-a", "11111111-1111-4111-8111-111111111111",
          "arn:aws:bedrock:us-east-1:333333333333:automated-reasoning-policy/aaaaaaaaaaaa"]


def models(kind, key):
    for service in SERVICES:
        try:
            found = LOADER.load_service_model(service, kind)
        except botocore.exceptions.UnknownServiceError:
            continue
        except botocore.exceptions.DataNotFoundError:
            continue
        for name, each in found[key].items():
            yield service, name, each


def made_up(shape, name=""):
    """The least value that the model allows."""
    kind = shape.type_name
    if kind == "structure":
        # Without a member a structure below another one is not there, in a query.
        members = shape.required_members or (list(shape.members)[:1] if name else [])
        return {each: made_up(shape.members[each], each) for each in members}
    if kind == "list":
        return [made_up(shape.member, "member")] * max(1, shape.metadata.get("min", 1))
    if kind == "map":
        return {}
    if kind == "string":
        if shape.enum:
            return shape.enum[0]
        named = [value for ending, value in VALUES.items() if name.lower().endswith(ending.lower())]
        all_of_them = [*named, "a" * max(1, shape.metadata.get("min", 1)), *OTHERS]
        fitting = [value for value in all_of_them if re.fullmatch(shape.metadata.get("pattern", ".*"), value)]
        return (fitting or all_of_them)[0]
    return {"boolean": False, "timestamp": "2026-01-01T00:00:00Z", "blob": b"a"}.get(kind, max(1, shape.metadata.get("min", 1)))


def not_simulated(api, operation):
    model = api.meta.service_model.operation_model(operation)
    arguments = made_up(model.input_shape) if model.input_shape else {}
    try:
        api._make_api_call(operation, arguments)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        # A HEAD has no body to say it in.
        assert code in ("NotImplemented", "501"), f"{operation} is simulated, so test it: {error}"
        return
    raise AssertionError(f"{operation} is simulated, so test it: it answered {arguments}")


class World:
    """At least three of everything that is listed."""

    def __init__(self, endpoint):
        credentials = member(endpoint)
        self.api = {service: client(endpoint, service, credentials) for service in SERVICES}
        self.cloud, self.iam, self.rds, self.s3 = (self.api[name] for name in ("cloudcontrol", "iam", "rds", "s3"))

    def fill(self):
        iam, rds, s3 = self.iam, self.rds, self.s3
        self.vpc = made(self.cloud, "AWS::EC2::VPC", CidrBlock="10.0.0.0/16")
        self.subnets = [made(self.cloud, "AWS::EC2::Subnet", VpcId=self.vpc, CidrBlock=f"10.0.{n}.0/24",
                             AvailabilityZone=f"us-east-1{'abc'[n % 3]}") for n in range(6)]
        self.groups = [made(self.cloud, "AWS::EC2::SecurityGroup", GroupDescription="d", VpcId=self.vpc) for _ in range(6)]
        self.policies = [iam.create_policy(PolicyName=f"page-{n}", PolicyDocument=DOCUMENT)["Policy"]["Arn"] for n in range(3)]
        for _ in range(2):
            iam.create_policy_version(PolicyArn=self.policies[0], PolicyDocument=DOCUMENT)
        for n in range(3):
            name = f"page-{n}"
            tags = [{"Key": f"tag-{each}", "Value": "v"} for each in range(3)]
            iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust("ec2.amazonaws.com"), Tags=tags)
            iam.create_user(UserName=name, Tags=tags)
            iam.tag_policy(PolicyArn=self.policies[n], Tags=tags)
            iam.create_group(GroupName=name)
            iam.create_instance_profile(InstanceProfileName=name, Tags=tags)
            iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName="page-0")
        self.oidc = iam.create_open_id_connect_provider(Url="https://tokens.example.com", ThumbprintList=["a" * 40], Tags=tags)
        metadata = (f'<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://idp.example.com/{"x" * 1000}">'
                    '<IDPSSODescriptor></IDPSSODescriptor></EntityDescriptor>')
        self.saml = iam.create_saml_provider(Name="page", SAMLMetadataDocument=metadata, Tags=tags)
        for n, policy in enumerate(self.policies):
            iam.attach_role_policy(RoleName="page-0", PolicyArn=policy)
            iam.attach_user_policy(UserName="page-0", PolicyArn=policy)
            iam.attach_group_policy(GroupName="page-0", PolicyArn=policy)
            iam.put_role_policy(RoleName="page-0", PolicyName=f"in-{n}", PolicyDocument=DOCUMENT)
            iam.put_user_policy(UserName="page-0", PolicyName=f"in-{n}", PolicyDocument=DOCUMENT)
            iam.put_group_policy(GroupName="page-0", PolicyName=f"in-{n}", PolicyDocument=DOCUMENT)
            iam.add_user_to_group(UserName="page-0", GroupName=f"page-{n}")
            iam.add_user_to_group(UserName=f"page-{n}", GroupName="page-1") if n else None
        for _ in range(2):
            iam.create_access_key(UserName="page-0")
        rds.create_db_subnet_group(DBSubnetGroupName="page", DBSubnetGroupDescription="d", SubnetIds=self.subnets[:2])
        for name in ("charter-pages", "charter-pages-1", "charter-pages-2"):
            s3.create_bucket(Bucket=name)
        self.upload = s3.create_multipart_upload(Bucket="charter-pages", Key="parts")["UploadId"]
        for n in range(3):
            s3.put_object(Bucket="charter-pages", Key=f"key-{n}", Body=b"x")
            s3.create_multipart_upload(Bucket="charter-pages", Key=f"open-{n}")
            s3.upload_part(Bucket="charter-pages", Key="parts", UploadId=self.upload, PartNumber=n + 1, Body=b"x")
            self.api["secretsmanager"].create_secret(Name=f"page-{n}", SecretString="x")
        self.assistant = assistant_checks.fill(self.api, "charter-pages")

    def arguments(self):
        role, user, group = {"RoleName": "page-0"}, {"UserName": "page-0"}, {"GroupName": "page-0"}
        policy, bucket = {"PolicyArn": self.policies[0]}, {"Bucket": "charter-pages"}
        return {
            ("cloudcontrol", "list_resources"): {"TypeName": "AWS::EC2::Subnet"}, ("cloudcontrol", "list_resource_requests"): {},
            ("ec2", "describe_vpcs"): {}, ("ec2", "describe_subnets"): {}, ("ec2", "describe_security_groups"): {},
            ("iam", "get_group"): {"GroupName": "page-1"}, ("iam", "list_access_keys"): user,
            ("iam", "list_attached_group_policies"): group, ("iam", "list_attached_role_policies"): role,
            ("iam", "list_attached_user_policies"): user, ("iam", "list_entities_for_policy"): policy,
            ("iam", "list_group_policies"): group, ("iam", "list_groups"): {}, ("iam", "list_groups_for_user"): user,
            ("iam", "list_instance_profiles"): {}, ("iam", "list_instance_profiles_for_role"): role, ("iam", "list_policies"): {"Scope": "Local"},
            ("iam", "list_policy_versions"): policy, ("iam", "list_role_policies"): role, ("iam", "list_roles"): {},
            ("iam", "list_user_policies"): user, ("iam", "list_users"): {}, ("iam", "list_user_tags"): user,
            ("iam", "list_role_tags"): role, ("iam", "list_policy_tags"): policy,
            ("iam", "list_open_id_connect_provider_tags"): {"OpenIDConnectProviderArn": self.oidc["OpenIDConnectProviderArn"]},
            ("iam", "list_saml_provider_tags"): {"SAMLProviderArn": self.saml["SAMLProviderArn"]},
            ("iam", "list_instance_profile_tags"): {"InstanceProfileName": "page-0"},
            ("rds", "describe_db_cluster_parameter_groups"): {}, ("rds", "describe_db_parameter_groups"): {},
            ("rds", "describe_db_clusters"): {}, ("rds", "describe_db_instances"): {}, ("rds", "describe_db_subnet_groups"): {},
            ("rds", "describe_db_cluster_parameters"): {"DBClusterParameterGroupName": "default.aurora-postgresql15"},
            ("rds", "describe_db_parameters"): {"DBParameterGroupName": "default.aurora-postgresql15"},
            ("rds", "describe_db_cluster_snapshots"): {},
            ("s3", "list_buckets"): {}, ("s3", "list_multipart_uploads"): bucket, ("s3", "list_object_versions"): bucket,
            ("s3", "list_objects"): bucket, ("s3", "list_objects_v2"): bucket,
            ("s3", "list_parts"): {**bucket, "Key": "parts", "UploadId": self.upload}, ("secretsmanager", "list_secrets"): {},
            **self.assistant,
        }


def paginators(endpoint):
    world = World(endpoint)
    world.fill()
    arguments, run, refused, several = world.arguments(), set(), 0, 0
    for service, operation, _ in models("paginators-1", "pagination"):
        api = world.api[service]
        method = next(name for name, each in api.meta.method_to_api_mapping.items() if each == operation)
        if (service, method) not in arguments:
            not_simulated(api, operation)
            refused += 1
            continue
        run.add((service, method))
        pages = api.get_paginator(method)
        whole = pages.paginate(**arguments[service, method]).build_full_result()
        # The least page that the service allows: RDS 20, EC2 5.
        size = {"rds": 20, "ec2": 5}.get(service, 1)
        paging = {**arguments[service, method], "PaginationConfig": {"PageSize": size}}
        # botocore's iterators remember the last token: one for each use.
        count, result = sum(1 for _ in pages.paginate(**paging)), pages.paginate(**paging).build_full_result()
        differing = {key: (result.get(key), whole.get(key)) for key in whole.keys() | result.keys() if result.get(key) != whole.get(key)}
        assert not differing, f"{service}:{method} in {count} pages: {differing}"
        several += count > 1
        if size == 1:
            assert count > 1, f"{service}:{method}: {whole}"
    assert run == arguments.keys(), arguments.keys() - run
    print(f"{len(run)} paginators agree with the whole, {several} of them over several pages; {refused} are not simulated")


def waiters(endpoint):
    world = World(endpoint)
    api, left = world.api, {(service, name): each for service, name, each in models("waiters-2", "waiters")}

    def wait(service, name, **arguments):
        left.pop((service, name))
        method = "".join("_" + each.lower() if each.isupper() and place and (name[place - 1].islower() or (
            place + 1 < len(name) and name[place + 1].islower())) else each.lower() for place, each in enumerate(name))
        api[service].get_waiter(method).wait(**arguments, WaiterConfig=FAST)

    started = api["cloudcontrol"].create_resource(TypeName="AWS::EC2::VPC", DesiredState=json.dumps({"CidrBlock": "10.0.0.0/16"}))
    wait("cloudcontrol", "ResourceRequestSuccess", RequestToken=started["ProgressEvent"]["RequestToken"])
    vpc = api["ec2"].describe_vpcs()["Vpcs"][0]["VpcId"]
    wait("ec2", "VpcExists", VpcIds=[vpc])
    wait("ec2", "VpcAvailable", VpcIds=[vpc])
    subnets = [made(api["cloudcontrol"], "AWS::EC2::Subnet", VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"us-east-1{'ab'[n]}")
               for n in range(2)]
    wait("ec2", "SubnetAvailable", SubnetIds=subnets)
    group = made(api["cloudcontrol"], "AWS::EC2::SecurityGroup", GroupDescription="d", VpcId=vpc)
    wait("ec2", "SecurityGroupExists", GroupIds=[group])
    api["iam"].create_role(RoleName="wait", AssumeRolePolicyDocument=trust("ec2.amazonaws.com"))
    wait("iam", "RoleExists", RoleName="wait")
    api["iam"].create_user(UserName="wait")
    wait("iam", "UserExists", UserName="wait")
    api["iam"].create_instance_profile(InstanceProfileName="wait")
    wait("iam", "InstanceProfileExists", InstanceProfileName="wait")
    wait("iam", "PolicyExists", PolicyArn=api["iam"].create_policy(PolicyName="wait", PolicyDocument=DOCUMENT)["Policy"]["Arn"])
    s3 = api["s3"]
    s3.create_bucket(Bucket="charter-waits")
    wait("s3", "BucketExists", Bucket="charter-waits")
    s3.put_object(Bucket="charter-waits", Key="k", Body=b"x")
    wait("s3", "ObjectExists", Bucket="charter-waits", Key="k")
    s3.delete_object(Bucket="charter-waits", Key="k")
    wait("s3", "ObjectNotExists", Bucket="charter-waits", Key="k")
    s3.delete_bucket(Bucket="charter-waits")
    wait("s3", "BucketNotExists", Bucket="charter-waits")
    rds = api["rds"]
    rds.create_db_subnet_group(DBSubnetGroupName="wait", DBSubnetGroupDescription="d", SubnetIds=subnets)
    rds.create_db_cluster(DBClusterIdentifier="wait", Engine="aurora-postgresql", DBSubnetGroupName="wait", MasterUsername="postgres",
                          ManageMasterUserPassword=True, ServerlessV2ScalingConfiguration={"MinCapacity": 1, "MaxCapacity": 2})
    rds.create_db_instance(DBInstanceIdentifier="wait", DBClusterIdentifier="wait", DBInstanceClass="db.serverless", Engine="aurora-postgresql")
    wait("rds", "DBClusterAvailable", DBClusterIdentifier="wait")
    wait("rds", "DBInstanceAvailable", DBInstanceIdentifier="wait")
    rds.delete_db_instance(DBInstanceIdentifier="wait")
    rds.delete_db_cluster(DBClusterIdentifier="wait", FinalDBSnapshotIdentifier="wait")
    wait("rds", "DBInstanceDeleted", DBInstanceIdentifier="wait")
    wait("rds", "DBClusterDeleted", DBClusterIdentifier="wait")
    wait("rds", "DBClusterSnapshotAvailable", DBClusterSnapshotIdentifier="wait")
    # Final snapshots are made and stay; one that never was is as good as deleted.
    wait("rds", "DBClusterSnapshotDeleted", DBClusterSnapshotIdentifier="none")
    run = sum(1 for _ in models("waiters-2", "waiters")) - len(left)
    for (service, _), each in left.items():
        not_simulated(api[service], each["operation"])
    print(f"{run} waiters end; {len(left)} wait for what is not simulated")


if __name__ == "__main__":
    {check.__name__: check for check in (paginators, waiters)}[sys.argv[1]](sys.argv[2])
