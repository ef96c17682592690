//! What AWS's error codes mean, as data.

use charter_provider::FailureCode::{self, *};

/// One row: a code, perhaps with words that its message must contain, and what it means.
struct Row {
    code: &'static str,
    says: Option<&'static str>,
    means: FailureCode,
}

const fn row(code: &'static str, means: FailureCode) -> Row {
    Row { code, says: None, means }
}

const fn row_if(code: &'static str, says: &'static str, means: FailureCode) -> Row {
    Row { code, says: Some(says), means }
}

/// Codes whose form does not say what they mean, or says it wrongly. The first row that fits counts.
const CODES: &[Row] = &[
    // Amazon S3 API Reference, "Error responses": a rare conflict of two calls on one bucket.
    row("OperationAborted", ResourceConflict),
    row("BucketAlreadyOwnedByYou", AlreadyExists),
    row("BucketNotEmpty", ResourceConflict),
    row("NoSuchBucket", NotFound),
    row("NoSuchKey", NotFound),
    row("NoSuchBucketPolicy", NotFound),
    row("NotFound", NotFound),
    row("SlowDown", Throttling),
    row("TooManyBuckets", ServiceLimitExceeded),
    row("MalformedPolicy", InvalidRequest),
    row("InternalError", ServiceInternalError),
    // AWS IAM API Reference, errors of each action.
    row("NoSuchEntity", NotFound),
    row("EntityAlreadyExists", AlreadyExists),
    row("DeleteConflict", ResourceConflict),
    row("ConcurrentModification", ResourceConflict),
    row("EntityTemporarilyUnmodifiable", ResourceConflict),
    row("LimitExceeded", ServiceLimitExceeded),
    row("ServiceFailure", ServiceInternalError),
    row("UnmodifiableEntity", NotUpdatable),
    // Amazon RDS API Reference, errors of each action. "Cannot delete protected Cluster" comes as InvalidParameterCombination;
    // the words are checked for the state faults as well, since waiting would not help.
    row_if("InvalidDBClusterStateFault", "deletion protection", InvalidRequest),
    row_if("InvalidDBInstanceState", "deletion protection", InvalidRequest),
    row("InvalidDBSubnetGroupFault", InvalidRequest),
    row("DBInstanceNotReady", ResourceConflict),
    row("DBUpgradeDependencyFailure", ResourceConflict),
    row("InsufficientDBClusterCapacityFault", GeneralServiceException),
    row("InsufficientDBInstanceCapacity", GeneralServiceException),
    row("InsufficientStorageClusterCapacity", GeneralServiceException),
    // The four name something that a property refers to, never the resource itself.
    row("IamRoleNotFound", InvalidRequest),
    row("DomainNotFoundFault", InvalidRequest),
    row("SNSTopicArnNotFound", InvalidRequest),
    row("CertificateNotFound", InvalidRequest),
    row("KMSKeyNotAccessibleFault", InvalidRequest),
    // Amazon RDS Data API Reference, ExecuteStatement: a paused cluster wakes up; the call did nothing.
    row("DatabaseResumingException", ResourceConflict),
    row("DatabaseUnavailableException", ServiceTimeout),
    row("ServiceUnavailableError", ServiceInternalError),
    row("StatementTimeoutException", ServiceTimeout),
    // The transaction ended by itself (three minutes without a call) or its commit's answer was lost: what became of it is told by
    // the note in the database, which the next try reads first.
    row("TransactionNotFoundException", ServiceTimeout),
    row("HttpEndpointNotEnabledException", InvalidRequest),
    row("InvalidResourceStateException", ResourceConflict),
    row("DatabaseErrorException", InvalidRequest),
    row("ForbiddenException", AccessDenied),
    // Amazon Kendra API Reference: "The resource you want to use isn't available", as while an index is being made.
    row("ResourceUnavailableException", ResourceConflict),
    row("ResourceInUseException", ResourceConflict),
    row("FeaturedResultsConflictException", ResourceConflict),
    // AWS Secrets Manager API Reference: a secret in its recovery window keeps its name.
    row_if("InvalidRequestException", "scheduled for deletion", ResourceConflict),
    row("ResourceExistsException", AlreadyExists),
    row("LimitExceededException", ServiceLimitExceeded),
    row("InternalServiceError", ServiceInternalError),
    row("PreconditionNotMetException", InvalidRequest),
    // AWS Cloud Control API Reference, errors of each action, and its HandlerErrorCode (the handler contract's own names).
    row("ClientTokenConflictException", InvalidRequest),
    row("ConcurrentOperationException", ResourceConflict),
    row("ConcurrentModificationException", ResourceConflict),
    row("UnsupportedActionException", Unsupported),
    row("UnauthorizedTaggingOperation", AccessDenied),
    row("TypeNotFoundException", Unsupported),
    row("PrivateTypeException", Unsupported),
    row("RequestTokenNotFoundException", NotFound),
    row("NotUpdatableException", NotUpdatable),
    row("NotUpdatable", NotUpdatable),
    row("NotStabilizedException", NotStabilized),
    row("NotStabilized", NotStabilized),
    row("ResourceConflict", ResourceConflict),
    row("ResourceConflictException", ResourceConflict),
    row("AlreadyExists", AlreadyExists),
    row("GeneralServiceException", GeneralServiceException),
    row("HandlerFailureException", GeneralServiceException),
    row("HandlerInternalFailureException", ServiceInternalError),
    row("InternalFailure", ServiceInternalError),
    row("ServiceInternalErrorException", ServiceInternalError),
    row("ServiceInternalError", ServiceInternalError),
    row("ServiceTimeout", ServiceTimeout),
    row("NetworkFailure", NetworkFailure),
    row("NetworkFailureException", NetworkFailure),
    row("InvalidCredentials", InvalidCredentials),
    row("InvalidCredentialsException", InvalidCredentials),
    row("ServiceLimitExceeded", ServiceLimitExceeded),
    row("ServiceLimitExceededException", ServiceLimitExceeded),
    row("Unknown", GeneralServiceException),
    // Amazon Q Business API Reference, Chat and others: "You don't have permissions to perform the action because your license is
    // inactive. Ask your admin to activate your license". Its conflicts and quotas have the forms below.
    row("LicenseNotFoundException", AccessDenied),
    // AWS Organizations API Reference, errors of each action.
    row("AWSOrganizationsNotInUseException", NotFound),
    row("AlreadyInOrganizationException", AlreadyExists),
    row("DuplicateAccountException", AlreadyExists),
    row("DuplicateOrganizationalUnitException", AlreadyExists),
    row("DuplicatePolicyException", AlreadyExists),
    row("DuplicatePolicyAttachmentException", AlreadyExists),
    row("OrganizationNotEmptyException", ResourceConflict),
    row("OrganizationalUnitNotEmptyException", ResourceConflict),
    row("PolicyInUseException", ResourceConflict),
    row("PolicyChangesInProgressException", ResourceConflict),
    row("PolicyNotAttachedException", NotFound),
    row("PolicyTypeNotEnabledException", InvalidRequest),
    row("PolicyTypeNotAvailableForOrganizationException", InvalidRequest),
    row("FinalizingOrganizationException", ResourceConflict),
    row("ConstraintViolationException", ServiceLimitExceeded),
    row("UnsupportedAPIEndpointException", Unsupported),
    row("ServiceException", ServiceInternalError),
    // AWS RAM API Reference, errors of each action.
    row("UnknownResourceException", NotFound),
    row("IdempotentParameterMismatchException", InvalidRequest),
    row("InvalidStateTransitionException", ResourceConflict),
    row("MissingRequiredParameterException", InvalidRequest),
    row("OperationNotPermittedException", InvalidRequest),
    row("ResourceShareInvitationAlreadyAcceptedException", ResourceConflict),
    row("ResourceShareInvitationAlreadyRejectedException", InvalidRequest),
    row("ResourceShareInvitationExpiredException", InvalidRequest),
    row("ResourceShareLimitExceededException", ServiceLimitExceeded),
    row("ServerInternalException", ServiceInternalError),
    row("TagLimitExceededException", ServiceLimitExceeded),
    row("TagPolicyViolationException", InvalidRequest),
    // AWS Budgets API Reference, errors of each action.
    row("DuplicateRecordException", AlreadyExists),
    row("CreationLimitExceededException", ServiceLimitExceeded),
    row("InternalErrorException", ServiceInternalError),
    // AWS Lake Formation API Reference, errors of each action.
    row("InternalServiceException", ServiceInternalError),
    row("OperationTimeoutException", ServiceTimeout),
    row("ResourceNumberLimitExceededException", ServiceLimitExceeded),
    // AWS General Reference, "Common error types": the same in every service.
    row("AccessDenied", AccessDenied),
    row("AccessDeniedException", AccessDenied),
    row("UnauthorizedOperation", AccessDenied),
    row("NotAuthorized", AccessDenied),
    row("ExpiredToken", InvalidCredentials),
    row("ExpiredTokenException", InvalidCredentials),
    row("IncompleteSignature", InvalidCredentials),
    row("InvalidClientTokenId", InvalidCredentials),
    row("InvalidAccessKeyId", InvalidCredentials),
    row("InvalidSignatureException", InvalidCredentials),
    row("MissingAuthenticationToken", InvalidCredentials),
    row("MissingAuthenticationTokenException", InvalidCredentials),
    row("SignatureDoesNotMatch", InvalidCredentials),
    row("UnrecognizedClientException", InvalidCredentials),
    row("AuthFailure", InvalidCredentials),
    row("OptInRequired", Unsupported),
    row("RegionDisabledException", Unsupported),
    row("SubscriptionRequiredException", Unsupported),
    row("Throttling", Throttling),
    row("ThrottlingException", Throttling),
    row("ThrottledException", Throttling),
    row("RequestThrottled", Throttling),
    row("RequestThrottledException", Throttling),
    row("RequestLimitExceeded", Throttling),
    row("TooManyRequestsException", Throttling),
    row("PriorRequestNotComplete", Throttling),
    // Of the simulator, and of services in regions that lack an operation.
    row("NotImplemented", Unsupported),
    row("ServiceUnavailable", ServiceInternalError),
    row("ServiceUnavailableException", ServiceInternalError),
    row("InternalServerException", ServiceInternalError),
    row("InternalServerErrorException", ServiceInternalError),
    row("RequestTimeout", ServiceTimeout),
    row("RequestTimeoutException", ServiceTimeout),
    row("ValidationError", InvalidRequest),
    row("ValidationException", InvalidRequest),
    row("InvalidRequestException", InvalidRequest),
    row("InvalidParameterValue", InvalidRequest),
    row("InvalidParameterCombination", InvalidRequest),
    row("BadRequestException", InvalidRequest),
    // Amazon DataZone: "Domain name already exists under this account", "An environment named … already exists within this
    // project", both with 409.
    row_if("ConflictException", "already exist", AlreadyExists),
    // Amazon Bedrock, CreateGuardrail: "Another guardrail in your account already has this name."
    row_if("ConflictException", "already has this name", AlreadyExists),
    row("ConflictException", ResourceConflict),
];

/// How codes are formed where no row names them. Source: the error shapes of the service models in botocore 1.43, of RDS above
/// all, which has more than a hundred. The first that fits counts.
const FORMS: &[(Form, FailureCode)] = &[
    (Form::Contains("QuotaExceeded"), ServiceLimitExceeded),
    (Form::Contains("LimitReached"), ServiceLimitExceeded),
    (Form::Contains("AlreadyExist"), AlreadyExists),
    (Form::Contains("NotFound"), NotFound),
    (Form::InvalidState, ResourceConflict),
    (Form::Starts("Invalid"), InvalidRequest),
    (Form::Starts("Malformed"), InvalidRequest),
    (Form::Contains("NotSupported"), InvalidRequest),
    (Form::Contains("NotAllowed"), InvalidRequest),
];

enum Form {
    Starts(&'static str),
    Contains(&'static str),
    /// `InvalidDBInstanceState`, `InvalidDBClusterStateFault`
    InvalidState,
}

/// The meaning of an error code; none if neither a row nor a form knows it.
pub(crate) fn code_of(code: &str, message: &str) -> Option<FailureCode> {
    let by_row = CODES
        .iter()
        .find(|row| row.code == code && row.says.is_none_or(|words| contains(message, words)))
        .map(|row| row.means);
    by_row.or_else(|| {
        let by_form = FORMS.iter().find(|(form, _)| match form {
            Form::Starts(text) => code.starts_with(text),
            Form::Contains(text) => code.contains(text),
            Form::InvalidState => {
                code.starts_with("Invalid") && (code.ends_with("State") || code.ends_with("StateFault"))
            }
        });
        by_form.map(|(_, means)| *means)
    })
}

/// The meaning of an HTTP status, where the code is not known.
pub(crate) fn code_by_status(status: u16) -> FailureCode {
    match status {
        401 | 403 => AccessDenied,
        404 => NotFound,
        409 => ResourceConflict,
        429 => Throttling,
        // RFC 9110, section 15.6.2: the server does not support what the request needs. Asking again does not help.
        501 => Unsupported,
        504 => ServiceTimeout,
        500.. => ServiceInternalError,
        _ => GeneralServiceException,
    }
}

fn contains(message: &str, words: &str) -> bool {
    message.to_ascii_lowercase().contains(&words.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_mean_what_their_service_means_by_them() {
        for (code, message, means) in [
            ("DBClusterAlreadyExistsFault", "", AlreadyExists),
            ("ResourceAlreadyExistException", "", AlreadyExists),
            ("DBInstanceNotFound", "", NotFound),
            ("IamRoleNotFound", "", InvalidRequest),
            ("InvalidDBInstanceState", "not available", ResourceConflict),
            ("InvalidDBClusterStateFault", "Please disable deletion protection", InvalidRequest),
            ("InvalidSubnet", "", InvalidRequest),
            ("StorageQuotaExceeded", "", ServiceLimitExceeded),
            ("InvalidRequestException", "... because it was scheduled for deletion.", ResourceConflict),
            ("InvalidRequestException", "", InvalidRequest),
        ] {
            assert_eq!(code_of(code, message), Some(means), "{code}");
        }
        assert_eq!(code_of("Surprise", ""), None);
    }

    #[test]
    fn what_is_not_implemented_is_not_asked_for_again() {
        assert!(!code_by_status(501).is_retryable());
        assert!(code_by_status(500).is_retryable() && code_by_status(503).is_retryable());
    }

    #[test]
    fn no_row_is_hidden_by_an_earlier_one() {
        for (place, row) in CODES.iter().enumerate() {
            let hidden = CODES[..place].iter().any(|earlier| earlier.code == row.code && earlier.says.is_none());
            assert!(!hidden, "{} can never be reached", row.code);
        }
    }
}
