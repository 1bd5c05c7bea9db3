"""Elasticsearch and OpenSearch: the types of their exceptions. Pure."""

from typing import Final

from queuedjob.policy.failure.text.catalogues.catalogue import Catalogue

ELASTICSEARCH: Final = Catalogue(
    system="Elasticsearch and OpenSearch",
    example="`es_rejected_execution_exception`, `master_not_discovered_exception`",
    source="elastic/elasticsearch, ElasticsearchException (the list of registered exceptions and their statuses)",
    names={
        "text-rate-limited": ("es_rejected_execution_exception", "EsRejectedExecutionException"),
        "text-unavailable": (
            "circuit_breaking_exception",
            "CircuitBreakingException",
            "master_not_discovered_exception",
            "no_shard_available_action_exception",
            "unavailable_shards_exception",
            "cluster_manager_not_discovered_exception",
            "node_not_connected_exception",
            "node_closed_exception",
        ),
        "text-timeout": ("process_cluster_event_timeout_exception",),
        "text-contention": ("version_conflict_engine_exception", "concurrent_snapshot_execution_exception"),
        "text-not-found": ("index_not_found_exception",),
        "text-invalid": ("mapper_parsing_exception", "strict_dynamic_mapping_exception", "parsing_exception"),
        "text-duplicate": ("resource_already_exists_exception",),
        "text-credentials": ("security_exception",),
    },
)
