"""How long a job waits before its next attempt. Pure; seconds throughout."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from queuedjob.api.kinds.queuedjob import Backoff
from queuedjob.policy.time_math import grown

DISRUPTED: Final = Backoff(initial=1.0, multiplier=2.0, max=60.0, jitter_percent=10)
"""For disruptions, by their number in a row; no job may change it."""

CALM: Final = 600.0
"""Seconds of an attempt that end a row of disruptions: it got somewhere."""


@dataclass(frozen=True, slots=True)
class PastAttempt:
    """What a row of disruptions is read from."""

    disrupted: bool
    """Its class disrupts."""
    seconds: float
    """How long its main container ran; 0 where it never did."""


def delay(backoff: Backoff, count: int, spread: float) -> float:
    """Seconds to wait after the failure (or the disruption in a row) number `count`; the first is 1.

    `spread`, in [-1, 1], is drawn by the caller, so that equal facts give equal plans. Disruptions are not failures:
    being evicted must not make a job wait longer (failure catalogue A3, A14).
    """
    base = grown(backoff.initial, backoff.multiplier, count - 1, backoff.max)
    return min(base * (1 + jitter_of(backoff) * spread), backoff.max)


def jitter_of(backoff: Backoff) -> float:
    """The share of a wait that is added or taken away."""
    return backoff.jitter_percent / 100


def least_delay(backoff: Backoff, count: int) -> float:
    """What jitter can make of that wait at least; seconds."""
    return delay(backoff, count, -1.0)


def not_undercut(seconds: float, floor: float, jitter: float, spread: float) -> float:
    """A wait of `seconds` where at least `floor` was asked for: jitter only adds to that (failure catalogue A2)."""
    return max(seconds, floor * (1 + jitter * abs(spread)))


def disruptions_in_a_row(attempts: Sequence[PastAttempt]) -> int:
    """How many of the latest settled attempts, oldest first, were disrupted one after the other.

    An attempt that ran for ten minutes ends the row before it; if it was disrupted itself, it begins the next.
    """
    row = 0
    for attempt in reversed(attempts):
        if not attempt.disrupted:
            break
        row += 1
        if attempt.seconds >= CALM:
            break
    return row
