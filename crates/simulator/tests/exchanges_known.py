"""What exchanges.py does not hold against the models, and why."""

from typing import NamedTuple

# What the simulator answers where it simulates nothing (docs/simulator.md); no service says it so.
NOT_SIMULATED = {"NotImplemented"}

# Codes that any operation may answer, by protocol: "Common errors" in the API reference of AWS Identity and Access Management
# (query), of Amazon Kendra (json) and of AWS Lambda (rest-json), "Error responses" of Amazon S3, "Error codes" of Amazon EC2.
# <https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html>
# <https://docs.aws.amazon.com/kendra/latest/APIReference/CommonErrors.html>
# <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>
# <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html>
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
    """A finding that is none: part of its place and of its words, and why."""

    service: str
    operation: str
    side: str
    where: str
    constraint: str
    reason: str

    def covers(self, service, operation, side, where, constraint):
        return (self.service == service and self.operation in ("*", operation) and self.side in ("*", side)
                and self.where in where and self.constraint in constraint)


KNOWN = [
    Declared("rds-data", "*", "*", "Arn", "is above the most, 100",
               "the ARN of a secret that RDS manages (rds!cluster- and a UUID) is longer than the model allows, and works"),
    Declared("iam", "*", "answer", "PermissionsBoundaryType", "'Policy' is none of",
             "the enum names PermissionsBoundaryPolicy, AWS answers Policy: 'can only have a value of Policy' "
             "<https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachedPermissionsBoundary.html>"),
    Declared("datazone", "UpdateEnvironment", "answer", "", "ResourceNotFoundException is no error of UpdateEnvironment",
             "the model of this one update has no error for what is not there; that of every other one has this (botocore 1.43.11). "
             "What AWS answers is not known"),
]
