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
        self._stops: dict[JobId, Refusals[str]] = {}
        self._upkeep: dict[JobId, Refusals[str]] = {}
        self._reasons: dict[JobId, dict[str, set[str]]] = {}  # for which each write has failed since its record began

    def note(self, job: JobId, key: str, error: ApiError | NoAnswer, now: datetime, *, upkeep: bool) -> bool:
        """Record that a write failed just now (`now`: server time). `upkeep`: try again at a slower pace.

        Return whether that is news: the write has not failed for this reason since its record began.
        """
        kept, pace = (self._upkeep, _UPKEEP) if upkeep else (self._stops, PACE)
        refusals = kept.setdefault(job, Refusals(self._clock, self._random, pace))
        reason = refusal_reason(error)
        kind = RefusalKind.RETRY if reason == UNDECIDED else RefusalKind.WAIT
        words = error.message if isinstance(error, ApiError) else str(error)
        after = error.retry_after if isinstance(error, Throttled) else 0.0
        refusals.note(key, 0, kind, reason, words, now, after)
        reasons = self._reasons.setdefault(job, {}).setdefault(key, set())
        news = reason not in reasons
        reasons.add(reason)
        return news

    def of(self, job: JobId) -> Mapping[str, Refusal]:
        """Return the refusals of a job, by the writes' keys."""
        stops, upkeep = self._stops.get(job), self._upkeep.get(job)
        if stops is None and upkeep is None:
            return _NOTHING
        return {**(stops.all() if stops else _NOTHING), **(upkeep.all() if upkeep else _NOTHING)}

    def carried_out(self, job: JobId, key: str) -> None:
        """Drop the record of a write that is owed no more."""
        for kept in (self._stops, self._upkeep):
            refusals = kept.get(job)
            if refusals is not None:
                refusals.forget(key)
                if len(refusals) == 0:
                    del kept[job]
        reasons = self._reasons.get(job)
        if reasons is not None:
            reasons.pop(key, None)
            if not reasons:
                del self._reasons[job]

    def retain(self, job: JobId, uids: Collection[str]) -> None:
        """Drop the records of writes to pods and letters that are not among `uids`: no plan asks for them any more."""
        for kept in (self._stops, self._upkeep):
            for key in kept[job].all() if job in kept else ():
                of = key.partition("/")[2]
                if of and of not in uids:
                    self.carried_out(job, key)

    def forget(self, job: JobId) -> None:
        """Drop the records of a job that is gone."""
        self._stops.pop(job, None)
        self._upkeep.pop(job, None)
        self._reasons.pop(job, None)

    def __len__(self) -> int:
        """How many jobs have a current refusal."""
        return len({*self._stops, *self._upkeep, *self._reasons})
