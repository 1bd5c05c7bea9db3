"""How long a job waits before its next attempt. Pure; all durations in seconds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from queuedjob.api.kinds.queuedjob import Backoff
from queuedjob.policy.time_math import grown

DISRUPTED: Final = Backoff(initial=1.0, multiplier=2.0, max=60.0, jitter_percent=10)
"""For disruptions, by their number in a row; no job may change it."""

STOPPED: Final = 1.0
"""After our own stop. Such an end spends nothing, so nothing else limits how fast attempts follow each other."""

CALM: Final = 600.0
"""Seconds: an attempt that runs at least this long ends a row of disruptions, because it made progress."""


@dataclass(frozen=True, slots=True)
class PastAttempt:
    """What is needed of a past attempt to count the disruptions in a row."""

    disrupted: bool
    """The class of the attempt is a disruption."""
    seconds: float
    """How long the main container ran; 0 if it never ran."""


def delay(backoff: Backoff, count: int, spread: float) -> float:
    """Seconds to wait after the failure (or the disruption in a row) number `count`; the first is 1.

    `spread`, in [-1, 1], is a random number from the caller, so that equal facts give equal plans. Disruptions are not
    failures: an eviction must not make a job wait longer (failure catalogue A3, A14).
    """
    base = grown(backoff.initial, backoff.multiplier, count - 1, backoff.max)
    return min(base * (1 + jitter_of(backoff) * spread), backoff.max)


def waits_in_all(backoff: Backoff, first: int, last: int) -> float:
    """The sum of the waits after the failures number `first` to `last`, without jitter; seconds."""
    return sum(delay(backoff, count, 0.0) for count in range(first, last + 1))


def jitter_of(backoff: Backoff) -> float:
    """The share of a wait that is added or taken away."""
    return backoff.jitter_percent / 100


def least_delay(backoff: Backoff, count: int) -> float:
    """The shortest result of `delay`, with any jitter; seconds."""
    return delay(backoff, count, -1.0)


def not_undercut(seconds: float, floor: float, jitter: float, spread: float) -> float:
    """Raise a wait of `seconds` to at least `floor`: jitter only adds to `floor` (failure catalogue A2)."""
    return max(seconds, floor * (1 + jitter * abs(spread)))


def disruptions_in_a_row(attempts: Sequence[PastAttempt]) -> int:
    """How many of the latest settled attempts, oldest first, were disrupted one after the other.

    An attempt that ran for ten minutes ends the row before it; if that attempt was disrupted, it begins the next row.
    """
    row = 0
    for attempt in reversed(attempts):
        if not attempt.disrupted:
            break
        row += 1
        if attempt.seconds >= CALM:
            break
    return row
