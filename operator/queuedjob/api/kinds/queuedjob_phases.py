"""The phases of a QueuedJob. People read them; programs read the conditions."""

from typing import Final

PENDING: Final = "Pending"
WAITING: Final = "Waiting"
RUNNING: Final = "Running"
SUCCEEDED: Final = "Succeeded"
DEAD_LETTERED: Final = "DeadLettered"
QUARANTINED: Final = "Quarantined"
CANCELLED: Final = "Cancelled"

DEAD: Final = frozenset({DEAD_LETTERED, QUARANTINED})
"""Ends that file a DeadLetter. The job runs again once its spec changes."""

DONE: Final = frozenset({SUCCEEDED, CANCELLED})
"""Ends that are final."""

TERMINAL: Final = DONE | DEAD


def is_terminal(phase: str) -> bool:
    """Whether the job has ended; only a rerun leaves such a phase."""
    return phase in TERMINAL
