"""MongoDB: the names of its errors, and the labels with which the server marks what may be tried again. Pure."""

from typing import Final

from queuedjob.policy.failure.text.catalogues.catalogue import Catalogue

MONGODB: Final = Catalogue(
    system="MongoDB",
    example="`errorLabels: ['TransientTransactionError']`, `codeName: 'PrimarySteppedDown'`, `E11000`",
    source="mongodb/mongo, src/mongo/base/error_codes.yml; mongodb/specifications, Retryable writes and reads, "
    "Transactions (error labels)",
    names={
        "text-contention": (
            "TransientTransactionError",
            "UnknownTransactionCommitResult",
            "WriteConflict",
            "NoSuchTransaction",
            "LockBusy",
            "ConflictingOperationInProgress",
            "SnapshotUnavailable",
        ),
        "text-unavailable": (
            "RetryableWriteError",
            "RetryableReadError",
            "ShutdownInProgress",
            "PrimarySteppedDown",
            "NotWritablePrimary",
            "NotPrimaryNoSecondaryOk",
            "NotPrimaryOrSecondary",
            "NotMaster",
            "InterruptedAtShutdown",
            "InterruptedDueToReplStateChange",
            "ReadConcernMajorityNotAvailableYet",
            "StaleConfig",
        ),
        "text-network": ("HostUnreachable", "NetworkTimeout"),
        "text-timeout": ("MaxTimeMSExpired", "ExceededTimeLimit"),
        "text-duplicate": ("DuplicateKey", "E11000"),
        "text-invalid": ("DocumentValidationFailure",),
    },
)
