"""Spark: why a stage is given up. Pure."""

from typing import Final

from queuedjob.policy.failure.text.catalogues.catalogue import Catalogue

SPARK: Final = Catalogue(
    system="Spark",
    example="`FetchFailedException`, `ExecutorLostFailure (...) Reason: Worker lost`",
    source="apache/spark: TaskEndReason.scala, scheduler/DAGScheduler.scala, scheduler/ExecutorLossReason.scala",
    names={
        "text-unavailable": (
            "FetchFailedException",
            "MetadataFetchFailedException",
            "Missing an output location for shuffle",
            "Fetch failure will not retry stage",
            "Executor Process Lost",
            "Remote RPC client disassociated",
            "All masters are unresponsive",
            "SparkContext was shut down",
            "Container from a bad node",
        ),
        "text-timeout": ("Executor heartbeat timed out",),
    },
    phrases={
        "text-unavailable": ("executor lost failure (executor|slave|worker) ... lost", "reason (slave|worker) lost")
    },
)
"""ExecutorLostFailure alone is none: an executor that ran out of memory is lost as well."""
