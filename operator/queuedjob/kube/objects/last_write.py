"""When the status of an object was last written, as the API server keeps it in `metadata.managedFields`."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from queuedjob.api.types.times import parse_time


def last_status_write(body: Mapping[str, Any]) -> datetime | None:
    """Time of the last write of the status; None if there was none, or if the object does not tell."""
    return max(_status_writes(body), default=None)


def _status_writes(body: Mapping[str, Any]) -> Iterator[datetime]:
    for entry in (body.get("metadata") or {}).get("managedFields") or ():
        if entry.get("subresource") == "status" and (written := entry.get("time")):
            yield parse_time(written)
