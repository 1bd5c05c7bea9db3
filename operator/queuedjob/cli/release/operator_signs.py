"""Whether an operator seems to run, judged by what only an operator writes. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from queuedjob.policy.time_math import ServerNow

QUIET: Final = 300.0
"""Seconds without a sign after which an operator is taken for gone. One that runs may have nothing to write for longer:
so its silence proves nothing, but a sign within this time is reason enough to refuse."""

_AHEAD: Final = 60.0
"""Seconds by which the API server's clock may be ahead of ours."""


@dataclass(frozen=True, slots=True)
class Sign:
    """Something that an operator wrote."""

    what: str
    """What it did, as words: "created pod a/b"."""
    time: datetime


def recent_sign(signs: Iterable[Sign], now: ServerNow) -> Sign | None:
    """The latest sign, if it is recent; else None. A sign of the future is none: users can write such times."""
    latest = max(
        (sign for sign in signs if (sign.time - now.late).total_seconds() <= _AHEAD),
        key=lambda sign: sign.time,
        default=None,
    )
    return None if latest is None or age(latest, now) >= QUIET else latest


def age(sign: Sign, now: ServerNow) -> float:
    """Seconds since the sign, at least 0: the machine's clock and the API server's differ a little."""
    return max((now.early - sign.time).total_seconds(), 0.0)
