"""Which trouble has hit a job in which state. A pair that was never tried is a dot in the table."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from queuedjob.api import names
from tests.simulation import troubles
from tests.simulation.apiserver.storage import Body, Snapshot

ABSENT: Final = "no job"
FRESH: Final = "fresh"
WAITING: Final = "waiting"
SUSPENDED: Final = "suspended"
UNSCHEDULED: Final = "pod unbound"
STARTING: Final = "pod starting"
RUNNING: Final = "pod running"
STOPPING: Final = "pod stopping"
UNSETTLED: Final = "pod ended"
OWED: Final = "letter owed"
DEAD: Final = "dead"
SUCCEEDED: Final = "succeeded"
CANCELLED: Final = "cancelled"
LEAVING: Final = "job leaving"

STATES: Final = (
    ABSENT, FRESH, WAITING, SUSPENDED, UNSCHEDULED, STARTING, RUNNING, STOPPING, UNSETTLED, OWED, DEAD, SUCCEEDED,
    CANCELLED, LEAVING,
)  # fmt: skip

_DEAD_PHASES: Final = ("DeadLettered", "Quarantined")


class Coverage:
    """Counts how often each pair (trouble, state) was hit."""

    def __init__(self, hits: Iterable[tuple[tuple[str, str], int]] = ()) -> None:
        self.hits: Counter[tuple[str, str]] = Counter(dict(hits))

    def hit(self, trouble: str, state: str) -> None:
        self.hits[trouble, state] += 1

    def add(self, other: "Coverage") -> None:
        self.hits.update(other.hits)

    def table(self) -> str:
        """One row per trouble, one column per state; a dot for a pair that was never hit."""
        width = max(map(len, troubles.ALL))
        lines = [" " * width + "  " + "  ".join(f"{state:>11}" for state in STATES)]
        for trouble in troubles.ALL:
            cells = (self.hits[trouble, state] for state in STATES)
            lines.append(f"{trouble:<{width}}  " + "  ".join(f"{cell or '.':>11}" for cell in cells))
        return "\n".join(lines)

    def missed(self) -> list[str]:
        """The pairs that were never hit."""
        return [f"{t} x {s}" for t in troubles.ALL for s in STATES if not self.hits[t, s]]


def state_of(job: Snapshot | None, pods: Iterable[Snapshot]) -> str:
    """The state of a job, from its status and its own pods."""
    if job is None:
        return ABSENT
    if job.deleting:
        return LEAVING
    status = job.body.get("status") or {}
    phase = status.get("phase", "Pending")
    if phase in _DEAD_PHASES:
        return DEAD if (status.get("deadLetterRef") or {}).get("uid") else OWED
    if phase in ("Succeeded", "Cancelled"):
        return {"Succeeded": SUCCEEDED, "Cancelled": CANCELLED}[phase]
    settled = {a.get("podUID") for a in status.get("attempts") or () if a.get("finishTime")}
    for pod in pods:
        if pod.uid not in settled:
            return _state_of_pod(pod.body)
    if phase == "Pending":
        return FRESH
    return SUSPENDED if status.get("reason") == "Suspended" else WAITING


def _state_of_pod(pod: Body) -> str:
    phase = pod["status"].get("phase")
    if phase in ("Succeeded", "Failed"):
        return UNSETTLED
    if "deletionTimestamp" in pod["metadata"]:
        return STOPPING if pod["spec"].get("nodeName") else UNSETTLED
    if not pod["spec"].get("nodeName"):
        return UNSCHEDULED
    states = pod["status"].get("containerStatuses") or ()
    return RUNNING if any("running" in each["state"] for each in states) else STARTING


def owned_by(pods: Iterable[Snapshot], job_uid: str) -> Iterator[Snapshot]:
    """The pods with an ownerReference to this job, and pods without any owner that have its UID in their labels."""
    for pod in pods:
        metadata = pod.body["metadata"]
        owners = [r["uid"] for r in metadata.get("ownerReferences") or ()]
        if job_uid in owners or (not owners and pod.labels.get(names.JOB_UID_LABEL) == job_uid):
            yield pod
