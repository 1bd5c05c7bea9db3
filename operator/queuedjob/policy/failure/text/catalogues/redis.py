"""Redis: the first word of an error says its kind. Pure."""

from typing import Final

from queuedjob.policy.failure.text.catalogues.catalogue import Catalogue

REDIS: Final = Catalogue(
    system="Redis and Valkey",
    example="`MISCONF Redis is configured to save RDB snapshots`, `TRYAGAIN ...`, `WRONGTYPE ...`",
    source="redis/redis, src/server.c (shared errors) and src/cluster.c",
    names={
        "text-unavailable": ("MISCONF", "NOREPLICAS", "NOGOODSLAVE", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN"),
        "text-credentials": ("NOAUTH", "WRONGPASS", "NOPERM"),
        "text-program": ("WRONGTYPE", "CROSSSLOT"),
    },
    phrases={
        "text-unavailable": (
            "loading (redis|valkey) is loading",
            "loading the dataset in memory",
            "busy (redis|valkey) is busy",
            "unkillable sorry",
            "readonly you can t write against a read only (replica|slave)",
            "oom command not allowed",
        ),
    },
)
"""MOVED and ASK, EXECABORT and NOSCRIPT belong to none: they are for the client to follow."""
