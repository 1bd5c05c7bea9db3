"""When a history ends: after the troubles, everything must come to rest within a bounded time, and stay at rest."""

from collections.abc import Iterable
from typing import Any, Final

from queuedjob.api import names
from tests.simulation import pod_status
from tests.simulation.apiserver.storage import Snapshot
from tests.simulation.env import Env
from tests.simulation.witness import OPERATOR

_LONGEST: Final = 3600.0
"""Simulated seconds after the last trouble: far more than the sum of all waits, deadlines, resyncs and sweeps of a
scenario."""

_LOOK: Final = 5.0

_REST: Final = 100.0
"""Seconds without a write of the operator after which all counts as at rest: more than every pause of the operator."""

_TERMINAL: Final = ("Succeeded", "Cancelled", "DeadLettered", "Quarantined")


class Settling:
    """Checks every few seconds whether anything is still to be done."""

    def __init__(self, env: Env) -> None:
        self._env = env
        self._until = 0.0
        self._restless = 0.0
        self._writes = 0
        self.over = False
        self.settled = False

    def begin(self) -> None:
        self._until = self._env.loop.time() + _LONGEST
        self._restless = self._env.loop.time()
        self._look()

    def _look(self) -> None:
        now = self._env.loop.time()
        writes = sum(asked.user == OPERATOR for asked in self._env.witness.writes)
        if writes != self._writes or self.unfinished():
            self._writes, self._restless = writes, now
        self.settled = now - self._restless >= _REST
        self.over = self.settled or now >= self._until
        if not self.over:
            self._env.after(_LOOK, self._look)

    def unfinished(self) -> list[str]:
        """What is still to be done, in words for people; empty if nothing is."""
        cluster = self._env.cluster
        waits = [f"{job.name} is {_phase(job.body)}" for job in cluster.jobs if not _rests(job.body)]
        for pod in cluster.pods:
            if waits_for_an_unreadable_job(pod, cluster.jobs):
                continue
            if names.FINALIZER in (pod.body["metadata"].get("finalizers") or ()):
                waits.append(f"pod {pod.name} is held")
            elif not pod_status.has_ended(pod.body) and (pod.deleting or pod.body["spec"].get("nodeName")):
                waits.append(f"pod {pod.name} has not ended")
        if cluster.server.housekeeping.due():
            waits.append("the cluster has chores")
        return waits


def _rests(job: dict[str, object]) -> bool:
    status, spec = job.get("status"), job["spec"]
    assert isinstance(status, dict)
    assert isinstance(spec, dict)
    if status.get("phase") in _TERMINAL or is_shown_as_unreadable(status):
        return True
    if status.get("reason") == "Deleting":  # a finalizer holds it
        return True
    return status.get("reason") == "Suspended" and bool(spec.get("suspend"))


def _phase(job: dict[str, object]) -> str:
    status = job.get("status")
    assert isinstance(status, dict)
    return f"{status.get('phase')}: {status.get('reason')}"


def is_shown_as_unreadable(status: dict[str, Any]) -> bool:
    """Whether the status of a job says that the operator cannot read the job."""
    return any((c["type"], c["status"]) == ("Unreadable", "True") for c in status.get("conditions") or ())


def waits_for_an_unreadable_job(pod: Snapshot, jobs: Iterable[Snapshot]) -> bool:
    """Whether the pod has ended, and clients have made it the pod of a job that the operator cannot read.

    It is held until somebody mends or deletes that job: only then can the operator tell whether it counts.
    """
    uids = {job.uid for job in jobs if job.namespace == pod.namespace and is_shown_as_unreadable(job.body["status"])}
    owners = {each["uid"] for each in pod.body["metadata"].get("ownerReferences") or ()}
    return pod_status.has_ended(pod.body) and not uids.isdisjoint(owners)
