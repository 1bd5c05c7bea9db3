"""How often a failed operation is tried again: growing, jittered delays, and one gate for all requests."""

from http import HTTPStatus
from typing import Final

from queuedjob.ports import Clock, Random

_PAUSES: Final = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
"""Statuses whose Retry-After holds for all requests. Without that header, a webhook may have refused one object."""

_SUSPICIOUS: Final = 5
"""Failures in a row, with no other answer between them, after which the API server counts as down. One slow webhook
must not close the gate for all requests: other requests succeed meanwhile, and end the row."""

_LONGEST_PAUSE: Final = 32.0
"""Longest pause, in seconds, that one answer may impose on all requests. The API server asks for no longer one
(apiserver, pkg/util/flowcontrol/dropped_requests_tracker.go); whatever else sends a Retry-After is asked again then."""

_FIRST_PROBE: Final = 0.2
_LONGEST_PROBE: Final = 5.0
"""Seconds between two requests while the API server is down."""

_LONGEST_LOOK: Final = 0.5
"""Seconds that a waiting request sleeps at most before it checks whether the gate has opened."""

_RELEASE_SPREAD: Final = 0.2
"""Seconds over which the requests are spread that waited for the same pause to end."""


def backoff(failures: int, *, first: float, longest: float, spread: float) -> float:
    """Seconds to wait after this many failures in a row: `first`, doubled up to `longest`, minus up to half.

    The caller draws `spread` from [-1, 1]. Without a failure there is no delay.
    """
    if failures <= 0:
        return 0.0
    doublings = min(failures - 1, 60)  # the power overflows later on, and `longest` is reached before
    return min(first * 2.0**doublings, longest) * (0.75 + 0.25 * spread)


class Gate:
    """The gate for all requests: open while the API server answers, one request at a time while it does not.

    A pause that the server asks for holds for all requests, for half a minute at most. While the server is down
    (several times in a row no answer or a 5xx), requests go one by one, at growing intervals. The first other answer
    opens the gate for all. The caller reports only what speaks of the API server itself (kube/client/observed.py).
    """

    def __init__(self, clock: Clock, random: Random) -> None:
        self._clock = clock
        self._random = random
        self._failures = 0
        self._closed_until = -float("inf")
        self._next_probe = -float("inf")

    @property
    def open(self) -> bool:
        """Whether a request would go at once."""
        return self._failures < _SUSPICIOUS and self._clock.monotonic() >= self._closed_until

    async def enter(self) -> None:
        """Return when a request may go."""
        while (wait := self._wait()) > 0:
            await self._clock.sleep(wait)

    def answered(self, status: int, retry_after: float | None) -> None:
        """Record an answer. `retry_after` is in seconds, None if the answer asks for no pause."""
        if retry_after is not None and status in _PAUSES:
            pause = min(retry_after, _LONGEST_PAUSE)
            self._closed_until = max(self._closed_until, self._clock.monotonic() + pause)
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            self.unanswered()
        else:
            self._failures = 0

    def unanswered(self) -> None:
        """Record a request without an answer, or with a 5xx."""
        self._failures += 1
        if self._failures >= _SUSPICIOUS:
            self._next_probe = self._clock.monotonic() + self._gap()

    def _wait(self) -> float:
        """Seconds until the next check; 0 lets the request go."""
        now = self._clock.monotonic()
        if now < self._closed_until:
            return self._closed_until - now + _RELEASE_SPREAD * (1 + self._random.spread()) / 2
        if self._failures < _SUSPICIOUS:
            return 0.0
        if now < self._next_probe:
            return min(self._next_probe - now, _LONGEST_LOOK)
        self._next_probe = now + self._gap()
        return 0.0

    def _gap(self) -> float:
        failures = self._failures - _SUSPICIOUS + 1
        return backoff(failures, first=_FIRST_PROBE, longest=_LONGEST_PROBE, spread=self._random.spread())


class Ungated:
    """A gate that is always open, for few requests that others must not hold back."""

    async def enter(self) -> None:
        """Return at once."""

    def answered(self, status: int, retry_after: float | None) -> None:
        """Ignore how a request was answered."""

    def unanswered(self) -> None:
        """Ignore that a request was not answered."""
