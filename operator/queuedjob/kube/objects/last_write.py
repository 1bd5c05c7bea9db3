"""When the status of an object was written, as the API server keeps it in `metadata.managedFields`."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from queuedjob.api.types.times import parse_time


def status_writes(body: Mapping[str, Any]) -> Iterator[datetime]:
    """Yield the time of each client's last write of the status.

    Any client that may change the object may write any value there: what is no time is left out.
    """
    for entry in (body.get("metadata") or {}).get("managedFields") or ():
        if entry.get("subresource") == "status":
            with suppress(ValueError, TypeError):
                yield parse_time(entry.get("time"))
