"""The API server's lasting refusals of pods and letters, by job: start, reason, and time of the next try.

In memory only: after a restart the next try restores these records.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from queuedjob.api.kinds.queuedjob import Backoff
from queuedjob.policy.facts import JobId
from queuedjob.policy.job.inputs import Refusal, RefusalKind
from queuedjob.policy.retry.backoff import delay
from queuedjob.ports import Clock, Random

_PACE: Final = Backoff(initial=0.5, multiplier=2.0, max=30.0, jitter_percent=20)
"""Seconds between tries: a freed quota should not stay unused for long, and tries should not be too frequent."""

_SELDOM: Final = Backoff(initial=0.5, multiplier=2.0, max=300.0, jitter_percent=20)
"""The same while the namespace goes: that ends with its jobs, or soon after it was created anew, when the API server's
cache has seen it."""


@dataclass(slots=True)
class _Noted:
    kind: RefusalKind
    reason: str
    message: str
    since: datetime
    generation: int
    count: int
    retry_at: float


class Refusals:
    """Lasting refusals. A refusal of another kind starts a new record; a repeated refusal makes the pauses longer."""

    def __init__(self, clock: Clock, random: Random) -> None:
        self._clock = clock
        self._random = random
        self._noted: dict[JobId, _Noted] = {}

    def note(
        self,
        job: JobId,
        generation: int,
        kind: RefusalKind,
        reason: str,
        message: str,
        now: datetime,
        retry_after: float = 0.0,
    ) -> None:
        """Record a refusal that came just now (`now`: server time). `retry_after`: seconds the answer asked for."""
        before = self._noted.get(job)
        goes_on = before is not None and (before.kind, before.generation) == (kind, generation)
        count = before.count + 1 if goes_on and before else 1
        since = before.since if goes_on and before else now
        pace = _SELDOM if kind is RefusalKind.NAMESPACE_GOING else _PACE
        pause = max(delay(pace, count, self._random.spread()), retry_after)
        at = self._clock.monotonic() + pause
        self._noted[job] = _Noted(kind, reason, message, since, generation, count, at)

    def of(self, job: JobId) -> Refusal | None:
        """Return the current refusal, if there is one."""
        it = self._noted.get(job)
        if it is None:
            return None
        left = max(0.0, it.retry_at - self._clock.monotonic())
        return Refusal(it.kind, it.reason, it.message, it.since, left, it.generation)

    def forget(self, job: JobId) -> None:
        """Drop the record: the request succeeded, or its job is gone."""
        self._noted.pop(job, None)

    def __len__(self) -> int:
        """How many jobs have a current refusal."""
        return len(self._noted)
