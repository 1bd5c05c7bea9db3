"""Refusals of writes that may fail alone, by job and by the write's key (policy: steps.write_key).

In memory only: after a restart the next try restores these records.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final

from queuedjob.api.kinds.queuedjob import Backoff
from queuedjob.controllers.job.refusals import PACE, Refusals
from queuedjob.kube.client.errors import ApiError, Throttled
from queuedjob.kube.objects.write_refusals import UNDECIDED, refusal_reason
from queuedjob.policy.facts import JobId
from queuedjob.policy.job.inputs import Refusal, RefusalKind
from queuedjob.ports import Clock, NoAnswer, Random

_UPKEEP: Final = Backoff(initial=0.5, multiplier=2.0, max=60.0, jitter_percent=20)
"""Seconds between tries of upkeep: no work waits for it, and thousands of jobs may be refused the same."""

_NOTHING: Final[Mapping[str, Refusal]] = {}


class RefusedWrites:
    """The records of all jobs. A write that succeeds has none."""

    def __init__(self, clock: Clock, random: Random) -> None:
        self._clock = clock
        self._random = random
        self._by_job: dict[JobId, Refusals[str]] = {}

    def note(self, job: JobId, key: str, error: ApiError | NoAnswer, now: datetime, *, upkeep: bool) -> bool:
        """Record that a write failed just now (`now`: server time). `upkeep`: try again at a slower pace.

        Return whether that is news: the write has not failed for this reason since its record began.
        """
        refusals = self._by_job.setdefault(job, Refusals(self._clock, self._random))
        reason = refusal_reason(error)
        kind = RefusalKind.RETRY if reason == UNDECIDED else RefusalKind.WAIT
        words = error.message if isinstance(error, ApiError) else str(error)
        after = error.retry_after if isinstance(error, Throttled) else 0.0
        return refusals.note(key, 0, kind, reason, words, now, retry_after=after, pace=_UPKEEP if upkeep else PACE)

    def of(self, job: JobId) -> Mapping[str, Refusal]:
        """Return the refusals of a job, by the writes' keys."""
        refusals = self._by_job.get(job)
        return _NOTHING if refusals is None else refusals.all()

    def carried_out(self, job: JobId, key: str) -> None:
        """Drop the record of a write that is owed no more."""
        refusals = self._by_job.get(job)
        if refusals is not None:
            refusals.forget(key)
            if len(refusals) == 0:
                del self._by_job[job]

    def retain(self, job: JobId, uids: Collection[str]) -> None:
        """Drop the records of writes to pods and letters that are not among `uids`: no plan asks for them any more."""
        for key in self.of(job):
            of = key.partition("/")[2]
            if of and of not in uids:
                self.carried_out(job, key)

    def __contains__(self, job: JobId) -> bool:
        """Whether a job has a current refusal."""
        return job in self._by_job

    def forget(self, job: JobId) -> None:
        """Drop the records of a job that is gone."""
        self._by_job.pop(job, None)

    def __len__(self) -> int:
        """How many jobs have a current refusal."""
        return len(self._by_job)
