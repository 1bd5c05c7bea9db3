"""Points in time as the API server writes them: whole seconds, in UTC."""

from datetime import UTC, datetime
from email.utils import formatdate
from functools import lru_cache


@lru_cache(maxsize=4096)
def stamp(second: int) -> str:
    """Convert seconds since the epoch to RFC 3339."""
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@lru_cache(maxsize=4096)
def http_date(second: int) -> str:
    """Convert seconds since the epoch to the text of a Date header."""
    return formatdate(second, usegmt=True)
