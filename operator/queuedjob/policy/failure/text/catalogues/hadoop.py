"""Hadoop and HDFS: what a name node answers. Pure."""

from typing import Final

from queuedjob.policy.failure.text.catalogues.catalogue import Catalogue

HADOOP: Final = Catalogue(
    system="Hadoop",
    example="`SafeModeException`, `StandbyException`",
    source="apache/hadoop: io/retry/RetryPolicies.java, hdfs/server/namenode",
    names={
        "text-unavailable": (
            "SafeModeException",
            "Name node is in safe mode",
            "NameNode is in safe mode",
            "StandbyException",
            "is not supported in state standby",
            "RetriableException",
            "could only be written to 0 of the",
            "could only be replicated to 0 nodes",
        ),
        "text-credentials": ("AccessControlException",),
        "text-quota": ("DSQuotaExceededException", "NSQuotaExceededException"),
    },
)
