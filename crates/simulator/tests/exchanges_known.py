"""What exchanges.py does not hold against the models, and why."""

import re
from typing import NamedTuple

import botocore.session

# What the simulator answers where it simulates nothing (docs/simulator.md); no service says it so.
NOT_SIMULATED = {"NotImplemented"}

# Where codes that any operation may answer are listed, by protocol or service.
COMMON_SOURCES = {
    "query": "https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html",
    "json": "https://docs.aws.amazon.com/kendra/latest/APIReference/CommonErrors.html",
    "rest-json": "https://docs.aws.amazon.com/datazone/latest/APIReference/CommonErrors.html",
    "rest-xml": "https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html",
    "s3": "https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html",
    "ec2": "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html",
}

SIGNED_JSON = {
    "AccessDeniedException", "ExpiredTokenException", "IncompleteSignatureException", "InternalServerException", "InvalidSignatureException",
    "MissingAuthenticationTokenException", "SerializationException", "ThrottlingException", "UnknownOperationException",
    "UnrecognizedClientException", "ValidationException",
}
COMMON_ERRORS = {
    "query": {
        "AccessDenied", "ExpiredToken", "IncompleteSignature", "InternalFailure", "InvalidAction", "InvalidClientTokenId",
        "InvalidParameterCombination", "InvalidParameterValue", "MalformedInput", "MissingAuthenticationToken", "SignatureDoesNotMatch",
        "Throttling", "ValidationError",
    },
    "json": SIGNED_JSON,
    "rest-json": SIGNED_JSON,
    "rest-xml": set(),
    # The model of S3 names few of its errors.
    "s3": {
        "AccessDenied", "AuthorizationHeaderMalformed", "BucketNotEmpty", "ExpiredToken", "InternalError", "InvalidAccessKeyId",
        "InvalidArgument", "InvalidBucketName", "InvalidToken", "MalformedXML", "MethodNotAllowed", "NoSuchBucket", "NoSuchBucketPolicy",
        "NoSuchCORSConfiguration", "NoSuchKey", "NoSuchLifecycleConfiguration", "NoSuchTagSet", "NoSuchUpload", "NoSuchVersion",
        "NoSuchWebsiteConfiguration", "ObjectLockConfigurationNotFoundError", "OperationAborted", "OwnershipControlsNotFoundError",
        "ReplicationConfigurationNotFoundError", "ServerSideEncryptionConfigurationNotFoundError", "SignatureDoesNotMatch", "SlowDown",
    },
    # The model of EC2 names none.
    "ec2": {
        "AuthFailure", "InternalError", "InvalidAction", "InvalidGroup.NotFound", "InvalidParameterValue", "InvalidSubnetID.NotFound",
        "InvalidVpcID.NotFound", "MalformedInput", "MissingAuthenticationToken", "RequestExpired", "RequestLimitExceeded",
    },
}


class Declared(NamedTuple):
    """A finding that is none: part of its place and of its words, why, and where that can be read."""

    service: str
    operation: str
    side: str
    where: str
    constraint: str
    reason: str
    source: str

    def covers(self, service, operation, side, where, constraint):
        return (self.service == service and self.operation in ("*", operation) and self.side in ("*", side)
                and self.where in where and self.constraint in constraint)


KNOWN = [
    Declared("rds-data", "*", "*", "Arn", "is above the most, 100",
             "the ARN of a secret that RDS manages (rds!cluster- and a UUID) is longer than the model allows",
             "https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/rds-secrets-manager.html"),
    Declared("iam", "*", "answer", "PermissionsBoundaryType", "'Policy' is none of",
             "the enum names PermissionsBoundaryPolicy, AWS answers Policy: 'can only have a value of Policy'",
             "https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachedPermissionsBoundary.html"),
    Declared("datazone", "UpdateEnvironment", "answer", "", "ResourceNotFoundException is no error of UpdateEnvironment",
             "the model of this one update has no error for what is not there; that of every other one has this. What AWS answers is "
             "not known",
             "botocore/data/datazone/2018-05-10/service-2.json#UpdateEnvironment"),
    Declared("bedrock-agent", "*", "request", "resourceArn", "does not match",
             "the pattern has /d where it means a digit, so that no ARN can match it",
             "botocore/data/bedrock-agent/2023-06-05/service-2.json#TagResource"),
    Declared("bedrock", "*", "*", "promptRouterArn", "does not match",
             "the pattern knows AWS's default routers only; the ARN of one's own is of the type prompt-router",
             "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonbedrock.html"),
    *(Declared("bedrock", operation, "answer", "modelName", "is above the most, 20",
               "names of models are longer than the model allows",
               "https://docs.aws.amazon.com/bedrock/latest/userguide/models-supported.html")
      for operation in ("GetFoundationModel", "ListFoundationModels")),
    *(Declared("bedrock", operation, "answer", "inferenceTypesSupported", "'INFERENCE_PROFILE' is none of",
               "the enum lacks what AWS answers of models that only a profile leads to",
               "https://github.com/aws-samples/artifacts-and-tools-for-bedrock/issues/13")
      for operation in ("GetFoundationModel", "ListFoundationModels")),
    *(Declared("bedrock", operation, "answer", member, "does not match",
               "AWS's own names and descriptions of system profiles hold dots and commas, as in this answer of AWS that somebody kept",
               "https://github.com/kevint4890/brag-bot/blob/15a6f14ef200368a671b5f2567b0cf0e23a283d3/frontend/src/InferenceProfileSummaries.js")
      for operation in ("GetInferenceProfile", "ListInferenceProfiles") for member in ("description", "inferenceProfileName")),
]


def check_sources():
    """Every exception says where it can be read: an address, or an operation in botocore's service models."""
    operation = re.compile(r"botocore/data/([^/]+)/([^/]+)/service-2\.json#(\w+)")
    session = botocore.session.Session()
    for source in [*COMMON_SOURCES.values(), *(each.source for each in KNOWN)]:
        named = operation.fullmatch(source)
        if named:
            model = session.get_service_model(named[1], named[2])
            assert named[3] in model.operation_names, source
        else:
            assert re.fullmatch(r"https://[\w.-]+\.[a-z]+/\S*", source), f"no source: {source}"
    assert COMMON_SOURCES.keys() == COMMON_ERRORS.keys(), "a list of codes without a source"
