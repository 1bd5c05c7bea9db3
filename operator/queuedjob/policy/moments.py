"""Arithmetic of moments that cannot fail: a person may write a notBeforeTime in the year 9999. Pure."""

from datetime import UTC, datetime, timedelta
from typing import Final

END_OF_TIME: Final = datetime.max.replace(tzinfo=UTC)
"""The last moment that can be written down."""


def later(moment: datetime, seconds: float) -> datetime:
    """`moment` plus `seconds` (not negative), or the end of time where that is beyond it."""
    try:
        return moment + timedelta(seconds=seconds)
    except OverflowError:
        return END_OF_TIME
