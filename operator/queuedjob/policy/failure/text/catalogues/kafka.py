"""Kafka: the names of its errors, and which of them Kafka itself calls retriable. Pure."""

from typing import Final

from queuedjob.policy.failure.text.catalogues.catalogue import Catalogue

_RETRIABLE: Final = (
    "UNKNOWN_TOPIC_OR_PARTITION",
    "LEADER_NOT_AVAILABLE",
    "NOT_LEADER_OR_FOLLOWER",
    "NOT_LEADER_FOR_PARTITION",
    "REPLICA_NOT_AVAILABLE",
    "BROKER_NOT_AVAILABLE",
    "COORDINATOR_LOAD_IN_PROGRESS",
    "COORDINATOR_NOT_AVAILABLE",
    "GROUP_COORDINATOR_NOT_AVAILABLE",
    "NOT_COORDINATOR",
    "NOT_COORDINATOR_FOR_GROUP",
    "NOT_ENOUGH_REPLICAS",
    "NOT_ENOUGH_REPLICAS_AFTER_APPEND",
    "NOT_CONTROLLER",
    "KAFKA_STORAGE_ERROR",
    "LISTENER_NOT_FOUND",
    "FETCH_SESSION_ID_NOT_FOUND",
    "FENCED_LEADER_EPOCH",
    "UNKNOWN_LEADER_EPOCH",
    "OFFSET_NOT_AVAILABLE",
    "PREFERRED_LEADER_NOT_AVAILABLE",
    "ELIGIBLE_LEADERS_NOT_AVAILABLE",
    "UNSTABLE_OFFSET_COMMIT",
    "REBALANCE_IN_PROGRESS",
    "CONCURRENT_TRANSACTIONS",
)
"""REBALANCE_IN_PROGRESS is not retriable for one call; a consumer that joins again gets over it."""

KAFKA: Final = Catalogue(
    system="Kafka",
    example="`NotLeaderOrFollowerException`, `KafkaError{code=NOT_COORDINATOR,...}`",
    source="Apache Kafka, Protocol guide, Error codes (column Retriable); librdkafka, src/rdkafka.h (Local: ...)",
    names={
        "text-unavailable": (*_RETRIABLE, "Waiting for coordinator", "The group coordinator is not available"),
        "text-rate-limited": ("THROTTLING_QUOTA_EXCEEDED",),
        "text-credentials": (
            "TOPIC_AUTHORIZATION_FAILED",
            "GROUP_AUTHORIZATION_FAILED",
            "CLUSTER_AUTHORIZATION_FAILED",
            "TRANSACTIONAL_ID_AUTHORIZATION_FAILED",
            "TopicAuthorizationException",
            "GroupAuthorizationException",
            "SASL_AUTHENTICATION_FAILED",
            "SaslAuthenticationException",
        ),
        "text-too-large": ("MESSAGE_TOO_LARGE", "RecordTooLargeException", "RECORD_LIST_TOO_LARGE"),
        "text-invalid": ("INVALID_TOPIC_EXCEPTION", "INVALID_RECORD"),
        "text-duplicate": ("TOPIC_ALREADY_EXISTS",),
    },
)
