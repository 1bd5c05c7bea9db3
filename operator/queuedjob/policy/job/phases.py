"""The phases of a job and the reasons that go with them: what people read, and programs in the conditions."""

from typing import Final

PENDING: Final = "Pending"
WAITING: Final = "Waiting"
RUNNING: Final = "Running"
SUCCEEDED: Final = "Succeeded"
DEAD_LETTERED: Final = "DeadLettered"
QUARANTINED: Final = "Quarantined"
CANCELLED: Final = "Cancelled"

DEAD: Final = frozenset({DEAD_LETTERED, QUARANTINED})
"""Ends that file a DeadLetter and can be run again."""
TERMINAL: Final = frozenset({SUCCEEDED, CANCELLED}) | DEAD

# Reasons of Waiting and Running. Reasons of ends are those of policy/job/ends.py.
SUSPENDED: Final = "Suspended"
RESUMED: Final = "Resumed"
RERUN: Final = "Rerun"
NOT_BEFORE: Final = "NotBeforeTime"
BACKOFF: Final = "Backoff"
RETRYING: Final = "Retrying"
SCHEDULING: Final = "Scheduling"
UNSCHEDULABLE: Final = "Unschedulable"
PREVIOUS_POD: Final = "PreviousPodTerminating"
POD_TERMINATING: Final = "PodTerminating"
CONTAINER_CREATING: Final = "ContainerCreating"
ATTEMPT_RUNNING: Final = "AttemptRunning"
MAIN_ENDED: Final = "MainEnded"


def is_terminal(phase: str) -> bool:
    """Whether the job has ended; only a rerun leaves such a phase."""
    return phase in TERMINAL
