"""Points in time: aware datetimes in Python, RFC 3339 in UTC in JSON."""

from datetime import UTC, datetime
from typing import Annotated, Final

from pydantic import AwareDatetime, PlainSerializer

TIME_PATTERN: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})"
"""The form of an RFC 3339 time, in the syntax that RE2 and Python share. Not every text of this form is a time."""


def parse_time(text: str) -> datetime:
    """Parse an RFC 3339 time, to the microsecond.

    Raises ValueError if `text` is not a time or has no time zone.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} does not say in which time zone")
    return moment


def format_time(moment: datetime) -> str:
    """Format `moment` in UTC, ending in Z. Fractions of a second are written only if they are not 0."""
    return moment.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"


def format_second(moment: datetime) -> str:
    """Format `moment` for people: in UTC, without fractions of a second."""
    return format_time(moment.replace(microsecond=0))


Time = Annotated[AwareDatetime, PlainSerializer(format_time)]
"""A field that holds an aware datetime."""
