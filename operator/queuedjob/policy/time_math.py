"""Arithmetic of moments that cannot fail: a person may write a notBeforeTime in the year 9999. Pure."""

from datetime import UTC, datetime, timedelta
from typing import Final

BEGINNING_OF_TIME: Final = datetime.min.replace(tzinfo=UTC)
END_OF_TIME: Final = datetime.max.replace(tzinfo=UTC)


def later(moment: datetime, seconds: float) -> datetime:
    """`moment` plus `seconds` (not negative), or the last moment that can be written down."""
    try:
        return moment + timedelta(seconds=seconds)
    except OverflowError:
        return END_OF_TIME


def earlier(moment: datetime, seconds: float) -> datetime:
    """`moment` less `seconds` (not negative), or the first moment that can be written down."""
    try:
        return moment - timedelta(seconds=seconds)
    except OverflowError:
        return BEGINNING_OF_TIME
