"""Arithmetic of times and spans that cannot overflow: a user may write a notBeforeTime in the year 9999. Pure."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

BEGINNING_OF_TIME: Final = datetime.min.replace(tzinfo=UTC)
END_OF_TIME: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ServerNow:
    """The API server's time, known as an interval.

    Waits are compared with `early`, and schedules are written from `late`, so that no wait ends before its time.
    """

    early: datetime
    late: datetime

    def seconds_until(self, time: datetime) -> float:
        """Return the seconds until `time` has certainly come; 0 or less if it has."""
        return (time - self.early).total_seconds()

    def after(self, seconds: float) -> datetime:
        """Return a time that is certainly at least `seconds` from now."""
        return self.late + timedelta(seconds=seconds)


def later(moment: datetime, seconds: float) -> datetime:
    """`moment` plus `seconds` (not negative), or the latest time that a datetime can hold."""
    try:
        return moment + timedelta(seconds=seconds)
    except OverflowError:
        return END_OF_TIME


def earlier(moment: datetime, seconds: float) -> datetime:
    """`moment` minus `seconds` (not negative), or the earliest time that a datetime can hold."""
    try:
        return moment - timedelta(seconds=seconds)
    except OverflowError:
        return BEGINNING_OF_TIME


def grown(base: float, factor: float, times: int, cap: float) -> float:
    """`base`, multiplied `times` times by `factor`, never above `cap`. Safe for any number of times."""
    if base <= 0:
        return 0.0
    try:
        power = factor ** max(times, 0)
    except OverflowError:
        power = math.inf
    return min(base * power, cap)
