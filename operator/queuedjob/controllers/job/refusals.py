"""The API server's lasting refusals: start, reason, and time of the next try. Of pods and letters, by job.

In memory only: after a restart the next try restores these records.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Generic, TypeVar

from queuedjob.api.kinds.queuedjob import Backoff
from queuedjob.policy.job.inputs import Refusal, RefusalKind
from queuedjob.policy.retry.backoff import delay
from queuedjob.ports import Clock, Random

KeyT = TypeVar("KeyT", bound=Hashable)

PACE: Final = Backoff(initial=0.5, multiplier=2.0, max=30.0, jitter_percent=20)
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
    latest: datetime
    retry_now: str
    reasons: set[str]
    """All reasons since the key was last without a refusal."""


class Refusals(Generic[KeyT]):
    """Lasting refusals. A refusal of another kind starts a new record; a repeated refusal makes the pauses longer."""

    def __init__(self, clock: Clock, random: Random) -> None:
        self._clock = clock
        self._random = random
        self._noted: dict[KeyT, _Noted] = {}

    def note(
        self,
        key: KeyT,
        generation: int,
        kind: RefusalKind,
        reason: str,
        message: str,
        now: datetime,
        *,
        retry_after: float = 0.0,
        pace: Backoff = PACE,
        retry_now: str = "",
    ) -> bool:
        """Record a refusal that came just now (`now`: server time). `retry_after`: seconds the answer asked for.

        `retry_now`: the job's annotation at that time; of another value, a plan asks again without a pause.
        An answer that decides nothing does not end a record of what the API server calls invalid. Return whether the
        refusal is news: none came for this reason since the key was last without one.
        """
        before = self._noted.get(key)
        reasons = before.reasons if before is not None else set[str]()
        news = reason not in reasons
        reasons.add(reason)
        undecided = kind is RefusalKind.RETRY and before is not None and before.kind is RefusalKind.INVALID
        if undecided and before is not None and before.generation == generation:
            before.count += 1
            pause = max(delay(pace, before.count, self._random.spread()), retry_after)
            before.retry_at, before.retry_now = self._clock.monotonic() + pause, retry_now
            return news
        goes_on = before is not None and (before.kind, before.generation) == (kind, generation)
        count = before.count + 1 if goes_on and before else 1
        since = before.since if goes_on and before else now
        if kind is RefusalKind.NAMESPACE_GOING:
            pace = _SELDOM
        pause = max(delay(pace, count, self._random.spread()), retry_after)
        at = self._clock.monotonic() + pause
        self._noted[key] = _Noted(kind, reason, message, since, generation, count, at, now, retry_now, reasons)
        return news

    def of(self, key: KeyT) -> Refusal | None:
        """Return the current refusal, if there is one."""
        it = self._noted.get(key)
        if it is None:
            return None
        left = max(0.0, it.retry_at - self._clock.monotonic())
        return Refusal(it.kind, it.reason, it.message, it.since, left, it.generation, it.latest, it.retry_now)

    def all(self) -> Mapping[KeyT, Refusal]:
        """Return all current refusals."""
        return {key: refusal for key in self._noted if (refusal := self.of(key)) is not None}

    def forget(self, key: KeyT) -> None:
        """Drop the record: the request succeeded, or its job is gone."""
        self._noted.pop(key, None)

    def __len__(self) -> int:
        """How many jobs have a current refusal."""
        return len(self._noted)
