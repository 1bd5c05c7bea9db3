"""Pod POSTs that may still arrive (protocol: A late POST), in monotonic time.

In memory only: after its start, an operator waits for its predecessor's requests as long as for its own.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from queuedjob.policy.facts import JobId
from queuedjob.policy.job.inputs import Late
from queuedjob.ports import Clock

Home: TypeAlias = tuple[str, str]
"""Namespace and name of a job."""


@dataclass(slots=True)
class _Lost:
    """Names of pods whose POST was lost, with the time until which the POST may still arrive."""

    home: Home
    until: dict[str, float] = field(default_factory=dict)


_NOTHING: Final = _Lost(("", ""))

_LIST_POLL: Final = 0.5
"""Seconds between checks whether the LIST after the start bound is complete."""


class LatePosts:
    """POSTs that may still arrive, by job.

    `bound` is in seconds: no POST is carried out later than `bound` after its answer was lost. `predecessor_until`:
    monotonic time from which no request of another process can arrive; by default `bound` from now.
    """

    def __init__(
        self,
        clock: Clock,
        bound: float,
        listed_since: Callable[[float], bool],
        *,
        predecessor_until: float | None = None,
    ) -> None:
        self._clock = clock
        self._bound = bound
        self._listed_since = listed_since
        self._predecessor_until = clock.monotonic() + bound if predecessor_until is None else predecessor_until
        self._lost: dict[JobId, _Lost] = {}
        self._homes: dict[Home, set[JobId]] = {}  # the jobs in _lost: a job asks for the earlier ones of its name

    @property
    def start_bound(self) -> float:
        """Monotonic time from which no predecessor's request can arrive."""
        return self._predecessor_until

    def lost(self, job: JobId, home: Home, pod_name: str) -> None:
        """Record that the answer to a POST of `pod_name` was lost just now."""
        self._lost.setdefault(job, _Lost(home)).until[pod_name] = self._clock.monotonic() + self._bound
        self._homes.setdefault(home, set()).add(job)

    def absent(self, job: JobId, pod_name: str, asked_at: float) -> None:
        """Record that a GET sent at `asked_at` (monotonic) found no such pod. A GET before the bound has no effect."""
        entry = self._lost.get(job)
        if entry is not None and entry.until.get(pod_name, asked_at) <= asked_at:
            entry.until.pop(pod_name, None)
            self._drop_empty(job, entry)

    def of(self, job: JobId, existing: Collection[str] = ()) -> Late:
        """Return what may still arrive for a job. The pods named `existing` exist: these names are taken."""
        now = self._clock.monotonic()
        entry = self._lost.get(job, _NOTHING)
        for name in [n for n, until in entry.until.items() if until <= now and n in existing]:
            del entry.until[name]
        self._drop_empty(job, entry)
        left = max((self._predecessor_until, *entry.until.values())) - now
        listed = self._predecessor_until <= now and self._listed_since(self._predecessor_until)
        if not listed:
            left = max(left, _LIST_POLL)
        return Late(max(0.0, left), listed, frozenset(entry.until))

    def of_predecessors(self, home: Home, job: JobId) -> float:
        """Return for how many seconds a lost POST for an earlier job of this namespace and name may arrive."""
        now = self._clock.monotonic()
        others = (self._lost[each] for each in self._homes.get(home, ()) if each != job)
        return max((until - now for e in others for until in e.until.values()), default=0.0)

    def longest(self) -> float:
        """Return for how many seconds any POST may still arrive: ours, or one of a predecessor."""
        lost = (until for entry in self._lost.values() for until in entry.until.values())
        return max(0.0, max((self._predecessor_until, *lost)) - self._clock.monotonic())

    def forget(self, job: JobId) -> float:
        """Drop the record of a job that is gone with all its pods, if none of its POSTs can arrive any more.

        Return the seconds until none can arrive: the record is needed until then, and no reconcile asks for it later.
        """
        entry = self._lost.get(job)
        if entry is None:
            return 0.0
        left = max(entry.until.values(), default=0.0) - self._clock.monotonic()
        if left <= 0:
            self._drop(job, entry)
        return max(left, 0.0)

    def __len__(self) -> int:
        """How many jobs have lost POSTs."""
        return len(self._lost)

    def _drop_empty(self, job: JobId, entry: _Lost) -> None:
        if not entry.until and job in self._lost:
            self._drop(job, entry)

    def _drop(self, job: JobId, entry: _Lost) -> None:
        del self._lost[job]
        jobs = self._homes[entry.home]
        jobs.discard(job)
        if not jobs:
            del self._homes[entry.home]
