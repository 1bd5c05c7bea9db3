"""Counts the requests of one user from the audit log of the API server: the API server's metrics have no user label."""

import json
from collections import Counter
from pathlib import Path
from typing import Any, Final, TypeAlias

Requests: TypeAlias = Counter[str]
"""The number of requests by verb and resource, such as "update queuedjobs/status"."""

_PER_OPERATOR: Final = frozenset({"list", "watch"})
"""Verbs that are not counted per job: an operator lists and watches for all jobs together. Only the Events of one pod
are listed for a single job."""


class AuditLog:
    """The lines of the audit log from now on. The API server writes each line before it answers."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._begin = path.stat().st_size

    def requests_of(self, user: str) -> Requests:
        """The requests of `user` since then, refused or not, without LISTs, watches and the API server's version."""
        with self._path.open("rb") as log:
            log.seek(self._begin)
            lines = [json.loads(line) for line in log if line.endswith(b"\n") and user.encode() in line]
        return Counter(
            f"{line['verb']} {_resource(line['objectRef'])}"
            for line in lines
            if line["user"]["username"] == user
            and "objectRef" in line
            and not _is_told_before(line)
            and not _is_for_all(line)
        )


def _is_told_before(line: dict[str, Any]) -> bool:
    """Whether this line is written at the start of an answer. The API server writes one for a container's log, which
    may never end, and one more line at the end."""
    return bool(line["stage"] == "ResponseStarted")


def _is_for_all(line: dict[str, Any]) -> bool:
    return line["verb"] in _PER_OPERATOR and line["objectRef"]["resource"] != "events"


def _resource(reference: dict[str, str]) -> str:
    parts = (reference["resource"], reference.get("subresource", ""))
    return "/".join(part for part in parts if part)
