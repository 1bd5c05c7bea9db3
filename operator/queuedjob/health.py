"""Liveness and readiness: whether a restart would help, and whether this operator works."""

from http import HTTPStatus
from typing import Final

from queuedjob.kube.client.observed import Exchange
from queuedjob.ports import Clock
from queuedjob.runtime.pacing import Gate
from queuedjob.runtime.workqueue import WorkQueue

REFUSED: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
"""The API server answers, and does not serve us: a person has to change a permission."""

_ALIVE: Final = 120.0
"""Seconds without a due key being taken up after which the operator counts as stuck: no request takes as long."""

_SILENT: Final = 30.0
"""Seconds without an answer of the API server after which the operator is not ready."""


class Health:
    """Listens to what happens, and names the problems that follow from it. Looks at memory only."""

    def __init__(self, clock: Clock, gate: Gate, queue: WorkQueue) -> None:
        self._clock = clock
        self._gate = gate
        self._queue = queue
        self._taken_at = self._answered_at = clock.monotonic()
        self.started = False
        """The first LISTs are in, and keys are taken up; False again once the operator drains."""

    def key_taken(self) -> None:
        """A worker has taken up a key."""
        self._taken_at = self._clock.monotonic()

    def exchanged(self, exchange: Exchange) -> None:
        """A request has come to its end."""
        if exchange.code and exchange.code < HTTPStatus.INTERNAL_SERVER_ERROR and exchange.code not in REFUSED:
            self._answered_at = exchange.received

    def liveness_problems(self) -> list[str]:
        """What makes a restart worth trying; empty while all is well."""
        still = self._clock.monotonic() - self._taken_at
        # While the API server asks for a pause, or is down, nothing is taken up, and a restart would not help.
        stuck = self.started and self._gate.open and len(self._queue) > 0 and still > _ALIVE
        return [f"{len(self._queue)} keys are due, and none was taken up for {still:.0f} s"] if stuck else []

    def readiness_problems(self) -> list[str]:
        """Why this operator does not work; empty while it does."""
        problems = [] if self.started else ["the first LISTs are not in"]
        silent = self._clock.monotonic() - self._answered_at
        if silent > _SILENT:
            problems.append(f"the API server has not answered for {silent:.0f} s")
        return problems
