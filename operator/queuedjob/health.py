"""Liveness and readiness: whether a restart would help, and whether this operator works."""

from collections import deque
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Final, Protocol, TypeAlias

from queuedjob.kube.client.observed import Exchange
from queuedjob.ports import Clock
from queuedjob.runtime.pacing import Gate

REFUSED: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
"""With these codes the API server answers, but does not serve us: a person has to change a permission."""

_ALIVE: Final = 120.0
"""The operator counts as stuck if keys waited only for a worker, and none got one for this many seconds: a handler
leaves its worker much sooner."""

_ENDLESS: Final = 900.0
"""The operator counts as stuck if no due key was taken up for this many seconds: no reconcile takes as long, even if
all its calls hang."""

_SILENT: Final = 30.0
"""The operator is not ready if the API server has served no request for this many seconds."""

_UNHEARD: Final = 150.0
"""The operator is not ready if a watch brought nothing for this many seconds: bookmarks come every minute or so."""

_ENDS: Final = 3
"""The operator is not ready if the watch of our kinds ended this often in _UNHEARD seconds."""


WatchAges: TypeAlias = Callable[[], Mapping[str, float]]
"""Returns for how many seconds the oldest watch of each kind has brought nothing."""


class Queue(Protocol):
    """The workqueue, as far as liveness depends on it."""

    @property
    def startable(self) -> int:
        """How many keys wait for nothing but a worker."""
        ...

    def __len__(self) -> int:
        """How many keys are due."""
        ...


class Health:
    """Records keys, requests and ends of watches, and names the problems that follow. Reads memory only."""

    def __init__(
        self,
        clock: Clock,
        gate: Gate,
        queue: Callable[[], Queue | None],
        watch_ages: WatchAges,
        has_server_time: Callable[[], bool],
    ) -> None:
        self._clock = clock
        self._gate = gate
        self._queue = queue
        self._taken_at = self._answered_at = self._timed_at = clock.monotonic()
        self._refused = ""
        self._has_server_time = has_server_time
        self._watch_ages = watch_ages
        self._ends: deque[float] = deque(maxlen=_ENDS)
        self.started = False
        """True once the first LISTs are complete and keys are taken up; False again once the operator drains."""

    def key_taken(self) -> None:
        """Record that a worker has taken up a key."""
        self._taken_at = self._clock.monotonic()

    def exchanged(self, exchange: Exchange) -> None:
        """Record that a request has ended."""
        refused = exchange.code in REFUSED
        self._refused = f"{exchange.code} to {exchange.verb} {exchange.resource}" if refused else ""
        if exchange.code and exchange.code < HTTPStatus.INTERNAL_SERVER_ERROR and not refused:
            self._answered_at = exchange.received
        if self._has_server_time():
            self._timed_at = exchange.received

    def watch_ended(self) -> None:
        """Record that the watch of our kinds ended by itself. It is started again."""
        self._ends.append(self._clock.monotonic())

    def liveness_problems(self) -> list[str]:
        """Return the problems that a restart may solve; empty if there are none."""
        still = self._clock.monotonic() - self._taken_at
        # While the API server asks for a pause, or is down, no key is taken up, and a restart would not help.
        if (queue := self._queue()) is None:
            return []
        due = queue.startable if still <= _ENDLESS else len(queue)
        stuck = self.started and self._gate.open and due > 0 and still > _ALIVE
        return [f"{due} keys are due, and none was taken up for {still:.0f} s"] if stuck else []

    def readiness_problems(self) -> list[str]:
        """Return why this operator does not work; empty while it works."""
        problems = [] if self.started else ["the first LISTs are not in"]
        silent = self._clock.monotonic() - self._answered_at
        if silent > _SILENT:
            refused = f"has refused every request for {silent:.0f} s, the last with {self._refused}"
            silence = f"has not answered for {silent:.0f} s"
            problems.append(f"the API server {refused if self._refused else silence}")
        elif self.time_problem:
            problems.append(self.time_problem)
        return problems + self._watch_problems()

    def _watch_problems(self) -> list[str]:
        now = self._clock.monotonic()
        unheard = {kind: age for kind, age in self._watch_ages().items() if age > _UNHEARD}
        problems = [f"the watch of {kind} has brought nothing for {age:.0f} s" for kind, age in unheard.items()]
        if len(self._ends) == _ENDS and now - self._ends[0] <= _UNHEARD:
            problems.append(f"the watch of our kinds ended {_ENDS} times in {now - self._ends[0]:.0f} s")
        return problems

    @property
    def time_problem(self) -> str:
        """Why the API server's time is not known, though it answers; empty if it is known, or was a moment ago."""
        unknown = self._clock.monotonic() - self._timed_at
        if unknown <= _SILENT:
            return ""
        return (
            f"the API server's time has been unknown for {unknown:.0f} s, and no job is worked on: its answers have no "
            "readable Date header; look for a proxy that takes it away"
        )
