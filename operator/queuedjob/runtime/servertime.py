"""The API server's time, estimated from the Date header of its answers (protocol: Time).

A Date has a resolution of one second: an answer that says D, asked for at monotonic S and in at R, tells that the
server's time less our monotonic one lies between D - R and D + 1 - S. The bounds of all answers are intersected.
"""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

from queuedjob.policy.situation import Moment
from queuedjob.ports import Clock

_DRIFT: Final = 1.0
"""Seconds by which wall and monotonic clock may drift apart before what was learnt is dropped: the machine slept."""


class ServerTimeUnknown(RuntimeError):  # noqa: N818 - a fact
    """No answer of the API server has come in yet."""


class ServerTime:
    """What is known of the API server's clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._low = self._high = 0.0
        self._known = False
        self._anchor = clock.wall() - clock.monotonic()

    def answered(self, sent: float, received: float, date: str) -> None:
        """An answer with this Date header was asked for and came in at these monotonic times."""
        try:
            stamp = parsedate_to_datetime(date).timestamp()
        except ValueError:
            return
        low, high = stamp - received, stamp + 1.0 - sent
        anchor = self._clock.wall() - self._clock.monotonic()
        drifted = abs(anchor - self._anchor) > _DRIFT
        fits = self._known and not drifted and low <= self._high and high >= self._low
        if drifted:
            self._anchor = anchor
        self._low, self._high = (max(self._low, low), min(self._high, high)) if fits else (low, high)
        self._known = True

    def moment(self) -> Moment:
        """Now, between its bounds. Raises ServerTimeUnknown before the first answer."""
        if not self._known:
            raise ServerTimeUnknown("the API server has not said its time yet")
        now = self._clock.monotonic()
        return Moment(early=_at(now + self._low), late=_at(now + self._high))

    def skew(self) -> float | None:
        """Seconds that the server's clock is ahead of this machine's, 0 within what is known; None if unknown."""
        if not self._known:
            return None
        ours = self._clock.wall() - self._clock.monotonic()
        return max(0.0, self._low - ours) + min(0.0, self._high - ours)


def _at(seconds: float) -> datetime:
    return datetime.fromtimestamp(0, UTC) + timedelta(seconds=seconds)
