"""When to read the pods that no watch may show: soon at first, then ever more seldom. In memory only.

Whoever may create pods can create thousands that carry the UID of no job and run on. So one that stays as it is
costs fewer and fewer requests. The hourly sweep finds its end, too (unlabelled_pods.py).
"""

from collections.abc import Collection
from typing import Final, NamedTuple

from queuedjob.policy.facts import JobId
from queuedjob.ports import Clock

_FIRST: Final = 5.0
"""Seconds from the time when a pod became known to its first read."""
_MOST: Final = 300.0
"""Seconds between two reads of a pod at most."""


class _Read(NamedTuple):
    due: float
    """Monotonic time of the next read."""
    wait: float
    """Seconds between the read before and this one."""


class BlindReads:
    """The next read of each pod, by job and by the pod's UID. The wait doubles with each read, up to 5 minutes."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._by_job: dict[JobId, dict[str, _Read]] = {}

    def due(self, job: JobId, pods: Collection[str]) -> frozenset[str]:
        """Return the pods of the job that are to be read now, and set the time of their next reads.

        `pods`: the UIDs of all that are concerned. Others of this job are forgotten.
        """
        now, known = self._clock.monotonic(), self._by_job.get(job, {})
        reads = {uid: known.get(uid) or _Read(now + _FIRST, _FIRST) for uid in pods}
        due = frozenset(uid for uid, read in reads.items() if read.due <= now)
        for uid in due:
            wait = min(_MOST, 2 * reads[uid].wait)
            reads[uid] = _Read(now + wait, wait)
        if reads:
            self._by_job[job] = reads
        else:
            self.forget(job)
        return due

    def left(self, job: JobId) -> float | None:
        """Seconds until the next read of a pod of the job; None if none is to be read."""
        reads = self._by_job.get(job)
        return max(0.0, min(read.due for read in reads.values()) - self._clock.monotonic()) if reads else None

    def forget(self, job: JobId) -> None:
        """Forget all pods of the job."""
        self._by_job.pop(job, None)

    def __len__(self) -> int:
        """How many jobs have pods that are to be read."""
        return len(self._by_job)
