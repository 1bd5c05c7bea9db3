"""Cassandra and ScyllaDB: the errors of the native protocol. Pure."""

from typing import Final

from queuedjob.policy.failure.text.catalogues.catalogue import Catalogue

CASSANDRA: Final = Catalogue(
    system="Cassandra and ScyllaDB",
    example="`UnavailableException: Not enough replicas available`, `WriteTimeoutException`",
    source="apache/cassandra, doc/native_protocol_v5.spec (Error codes); DataStax drivers, exceptions",
    names={
        "text-unavailable": (
            "UnavailableException",
            "Not enough replica available",
            "Not enough replicas available",
            "NoHostAvailable",
            "NoHostAvailableException",
            "AllNodesFailedException",
            "OverloadedException",
            "BootstrappingException",
            "Cannot achieve consistency level",
        ),
        "text-timeout": ("WriteTimeout", "ReadTimeoutException", "WriteTimeoutException", "OperationTimedOutException"),
        "text-duplicate": ("AlreadyExistsException",),
        "text-program": ("InvalidQueryException",),
    },
)
