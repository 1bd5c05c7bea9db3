"""The values of status.reason in the phases Waiting and Running. The reasons of ends are in ends.py."""

from typing import Final

SUSPENDED: Final = "Suspended"
RESUMED: Final = "Resumed"
RERUN: Final = "Rerun"
NOT_BEFORE: Final = "NotBeforeTime"
BACKOFF: Final = "Backoff"
RETRYING: Final = "Retrying"
SCHEDULING: Final = "Scheduling"
UNSCHEDULABLE: Final = "Unschedulable"
SCHEDULING_GATED: Final = "SchedulingGated"
STOP_REFUSED: Final = "StopRefused"
PREVIOUS_POD: Final = "PreviousPodTerminating"
POD_TERMINATING: Final = "PodTerminating"
CONTAINER_CREATING: Final = "ContainerCreating"
ATTEMPT_RUNNING: Final = "AttemptRunning"
MAIN_ENDED: Final = "MainEnded"
