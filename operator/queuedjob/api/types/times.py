"""Points in time: aware datetimes in Python, RFC 3339 in UTC in JSON."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AwareDatetime, PlainSerializer


def parse_time(text: str) -> datetime:
    """The moment that an RFC 3339 text names, to the microsecond.

    Raises ValueError for text that names none, or leaves open in which zone.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} does not say in which time zone")
    return moment


def format_time(moment: datetime) -> str:
    """`moment` in UTC, ending in Z; fractions of a second only where there are some."""
    return moment.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"


def format_second(moment: datetime) -> str:
    """`moment` for people, in UTC, to the second."""
    return format_time(moment.replace(microsecond=0))


Time = Annotated[AwareDatetime, PlainSerializer(format_time)]
"""A field that holds an aware datetime."""
