"""What one user asked the API server for, from its audit log: its metrics carry no user."""

import json
from collections import Counter
from pathlib import Path
from typing import Any, Final, TypeAlias

Requests: TypeAlias = Counter[str]
"""How often each thing was asked for: "update queuedjobs/status"."""

_PER_OPERATOR: Final = frozenset({"list", "watch"})
"""Verbs that no job costs: an operator lists and watches for all of them together, but for the Events of one pod."""


class AuditLog:
    """The log from now on. The API server writes each line before it answers."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._begin = path.stat().st_size

    def requests_of(self, user: str) -> Requests:
        """What `user` has asked for since, refused or not, but for listing, watching and the API server's version."""
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
    """A log may go on for ever, so the API server writes a line at its start, too."""
    return bool(line["stage"] == "ResponseStarted")


def _is_for_all(line: dict[str, Any]) -> bool:
    return line["verb"] in _PER_OPERATOR and line["objectRef"]["resource"] != "events"


def _resource(reference: dict[str, str]) -> str:
    parts = (reference["resource"], reference.get("subresource", ""))
    return "/".join(part for part in parts if part)
