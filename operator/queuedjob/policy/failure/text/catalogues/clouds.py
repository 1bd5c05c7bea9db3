"""The names that AWS, Google Cloud and Azure give to errors of their APIs. Pure."""

from typing import Final

from queuedjob.policy.failure.text.catalogues.catalogue import Catalogue

AWS: Final = Catalogue(
    system="AWS",
    example="`An error occurred (SlowDown)`, `RequestTimeTooSkewed`, `Error Code: OperationAborted`",
    source="botocore, data/_retry.json and retries/standard.py; AWS SDK for JavaScript, service-error-classification; "
    "Amazon S3, Error responses; Amazon EC2, Error codes",
    names={
        "text-clock-skew": ("RequestTimeTooSkewed", "RequestInTheFuture", "RequestExpired"),
        "text-rate-limited": (
            "BandwidthLimitExceeded",
            "EC2ThrottledException",
            "ProvisionedThroughputExceededException",
            "RequestLimitExceeded",
            "RequestThrottled",
            "RequestThrottledException",
            "SlowDown",
            "ThrottledException",
            "Throttling",
            "ThrottlingException",
            "TooManyRequestsException",
        ),
        "text-contention": (
            "OperationAborted",
            "PriorRequestNotComplete",
            "TransactionConflictException",
            "TransactionInProgressException",
            "ConcurrentModificationException",
            "ConcurrentUpdateException",
        ),
        "text-unavailable": (
            "InternalFailure",
            "InternalServerException",
            "ServiceUnavailableException",
            "ModelNotReadyException",
            "RequestTimeoutException",
        ),
        "text-pool-exhausted": (
            "InsufficientInstanceCapacity",
            "InsufficientHostCapacity",
            "InsufficientReservedInstanceCapacity",
            "InsufficientAddressCapacity",
        ),
        "text-busy": ("NoSuchUpload",),  # a new attempt begins a new upload
        "text-credentials": (
            "AccessDenied",
            "AccessDeniedException",
            "InvalidAccessKeyId",
            "InvalidClientTokenId",
            "SignatureDoesNotMatch",
            "UnauthorizedOperation",
            "UnrecognizedClientException",
        ),
        "text-not-found": ("NoSuchBucket", "NoSuchKey", "NoSuchEntity"),
        "text-quota": ("ServiceQuotaExceededException", "VcpuLimitExceeded", "InstanceLimitExceeded"),
        "text-too-large": ("EntityTooLarge",),
        "text-duplicate": ("BucketAlreadyExists", "BucketAlreadyOwnedByYou"),
    },
)
"""ConditionalCheckFailed and DependencyViolation belong to none: a lock, a race, something that ends."""

GOOGLE: Final = Catalogue(
    system="Google Cloud",
    example="`Error 403: ..., userRateLimitExceeded`, `backendError`, `ZONE_RESOURCE_POOL_EXHAUSTED`",
    source="Google APIs, Resolve errors (reason); BigQuery, Error messages; Cloud Storage, Retry strategy",
    names={
        "text-rate-limited": (
            "rateLimitExceeded",
            "userRateLimitExceeded",
            "jobRateLimitExceeded",
            "dailyLimitExceeded",
            "concurrentLimitExceeded",
            "variableTermLimitExceeded",
        ),
        "text-unavailable": (
            "backendError",
            "jobBackendError",
            "jobInternalError",
            "tableUnavailable",
            "transientError",
        ),
        "text-busy": ("resourceNotReady", "resourceInUseByAnotherResource"),
        "text-pool-exhausted": ("ZONE_RESOURCE_POOL_EXHAUSTED", "STOCKOUT"),
        "text-credentials": ("authError", "insufficientPermissions", "accessNotConfigured", "billingNotEnabled"),
        "text-quota": ("storageQuotaExceeded",),
    },
)

AZURE: Final = Catalogue(
    system="Azure",
    example="`ErrorCode:ServerBusy`, `x-ms-error-code:LeaseAlreadyPresent`, `(ZonalAllocationFailed)`",
    source="Azure Storage, Common REST API error codes and Blob service error codes; Azure Resource Manager, "
    "Throttling and Troubleshoot allocation failures",
    names={
        "text-lock": (
            "LeaseAlreadyPresent",
            "LeaseAlreadyBroken",
            "LeaseIsBreakingAndCannotBeAcquired",
            "LeaseIdMissing",
            "AnotherOperationInProgress",
        ),
        "text-busy": (
            "ContainerBeingDeleted",
            "QueueBeingDeleted",
            "TableBeingDeleted",
            "ShareBeingDeleted",
            "BlobBeingRehydrated",
            "PendingCopyOperation",
            "ReferencedResourceNotProvisioned",
        ),
        "text-unavailable": ("ServerBusy", "RetryableError", "OperationPreempted"),
        "text-timeout": ("OperationTimedOut", "ServerTimeout"),
        "text-rate-limited": (
            "ResourceCollectionRequestsThrottled",
            "SubscriptionRequestsThrottled",
            "OperationNotAllowedThrottled",
            "RequestsThrottled",
        ),
        "text-pool-exhausted": (
            "ZonalAllocationFailed",
            "OverconstrainedAllocationRequest",
            "OverconstrainedZonalAllocationRequest",
            "SkuNotAvailable",
        ),
        "text-credentials": (
            "AuthenticationFailed",
            "AuthorizationFailed",
            "AuthorizationFailure",
            "AuthorizationPermissionMismatch",
            "InsufficientAccountPermissions",
            "AccountIsDisabled",
        ),
        "text-not-found": ("BlobNotFound", "ContainerNotFound", "QueueNotFound", "ShareNotFound"),
    },
    phrases={"text-pool-exhausted": ("(code|error code) allocation failed", "^ allocation failed")},
)
