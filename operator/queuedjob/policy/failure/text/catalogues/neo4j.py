"""Neo4j: status codes, whose second part says who has to change something. Pure."""

from typing import Final

from queuedjob.policy.failure.text.catalogues.catalogue import Catalogue

NEO4J: Final = Catalogue(
    system="Neo4j",
    example="`Neo.TransientError.Transaction.DeadlockDetected`",
    source="Neo4j, Status codes: the classification TransientError may be tried again",
    names={
        "text-unavailable": (
            "Neo.TransientError",
            "neo4j.exceptions.TransientError",
            "neo4j.exceptions.SessionExpired",
            "Neo.ClientError.Cluster.NotALeader",
        ),
        "text-credentials": ("Neo.ClientError.Security",),
        "text-program": ("Neo.ClientError.Statement.SyntaxError",),
        "text-duplicate": ("Neo.ClientError.Schema.ConstraintValidationFailed",),
    },
)
