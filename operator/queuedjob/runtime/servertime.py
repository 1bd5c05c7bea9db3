"""The API server's time, from the Date headers of its answers (protocol: Time).

Schedules are written and compared in server time, because this machine's wall clock may be wrong by hours. A Date has
a resolution of a second, so one answer only gives bounds for the offset between the server's clock and this machine's
monotonic clock: the header was written between sending and receiving, and the server's clock was then in
[date, date + 1 s). The bounds of many answers are intersected, which soon leaves a few milliseconds.
"""

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

from queuedjob.ports import Clock

_RESOLUTION: Final = 1.0
"""Seconds: HTTP dates have no fractions."""

_DRIFT: Final = 0.001
"""Seconds per second by which bounds widen with age: NTP slews a clock by 500 ppm at most, and two clocks take part."""

_JUMP: Final = 1.0
"""Seconds by which wall and monotonic clock may drift apart before all bounds are dropped: the wall clock was set, or
the machine slept and its monotonic clock stood still."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class NotReady(Exception):  # noqa: N818 - a state, not a fault
    """The API server's time is not known, or not known any more. Send a request, then try again."""


@dataclass(slots=True)
class _Bounds:
    """The offset (server time minus monotonic time) lies in [low, high) at the monotonic moment `at`."""

    low: float
    high: float
    at: float

    def aged(self, now: float) -> "_Bounds":
        slack = max(now - self.at, 0.0) * _DRIFT
        return _Bounds(self.low - slack, self.high + slack, now)


class ServerTime:
    """Estimate the API server's clock. Pass every answer to `observe`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._bounds: _Bounds | None = None
        self._wall_offset = 0.0
        self._last_header: tuple[str, float] = ("", 0.0)

    def observe(self, sent: float, received: float, date: str) -> None:
        """Record one answer: monotonic seconds of sending and receiving, and its Date header. Ignore invalid dates."""
        if (stamp := self._parse(date)) is None:
            return
        self._drop_if_clocks_jumped()
        # The header may be as old as the whole round trip, and the clocks drifted for that long.
        fresh = _Bounds(stamp - received, stamp + _RESOLUTION - sent, sent).aged(received)
        if self._bounds is not None:
            known = self._bounds.aged(received)
            both = _Bounds(max(known.low, fresh.low), min(known.high, fresh.high), received)
            if both.low <= both.high:
                self._bounds = both
                return
            # Else the server's clock was set, or another server with another clock answers.
        self._bounds = fresh
        self._wall_offset = self._clock.wall() - self._clock.monotonic()

    @property
    def ready(self) -> bool:
        """Whether the server's time is known."""
        self._drop_if_clocks_jumped()
        return self._bounds is not None

    def early(self) -> datetime:
        """A time that is never ahead of the server: a moment that this time has reached has come. Raises NotReady."""
        return _moment(math.floor(self._seconds().low * 1e6) - 1)  # floats are a quarter of a microsecond off

    def late(self) -> datetime:
        """A time that is never behind the server: a delay counted from this time is not too short. Raises NotReady."""
        return _moment(math.ceil(self._seconds().high * 1e6) + 1)

    def skew(self) -> float:
        """Seconds by which this machine's wall clock is certainly ahead of the server's (negative: behind).

        Raises NotReady.
        """
        server, wall = self._seconds(), self._clock.wall()
        return max(wall - server.high, 0.0) + min(wall - server.low, 0.0)

    def _seconds(self) -> _Bounds:
        """The server's time now, in seconds since the epoch: between low and high. Raises NotReady."""
        self._drop_if_clocks_jumped()
        if self._bounds is None:
            raise NotReady
        now = self._clock.monotonic()
        offset = self._bounds.aged(now)
        return _Bounds(now + offset.low, now + offset.high, now)

    def _drop_if_clocks_jumped(self) -> None:
        if self._bounds is None:
            return
        jump = self._clock.wall() - self._clock.monotonic() - self._wall_offset
        if abs(jump) > _JUMP:
            self._bounds = None

    def _parse(self, date: str) -> float | None:
        """Seconds since the epoch; None for no date. Cache the last header: hundreds of answers share a second."""
        header, stamp = self._last_header
        if date != header:
            try:
                stamp = parsedate_to_datetime(date).timestamp()
            except ValueError:
                return None
            self._last_header = date, stamp
        return stamp if date else None


def _moment(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)
