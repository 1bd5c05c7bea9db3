"""What the operators' logs contain: one JSON object a line."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from dev.harness.operator_process import log_line

BROKEN: Final = frozenset({"reconcile broken", "event broken"})
"""Events of unexpected errors: they are bugs, even where a retry succeeded."""


@dataclass(frozen=True, slots=True)
class Told:
    """The logs of all operators together."""

    takeovers: tuple[int, ...]
    """The number of unfinished jobs that each operator found when it became ready."""
    broken: tuple[str, ...]
    criticals: int
    warnings: int


def read(lines: Iterable[str]) -> Told:
    takeovers: list[int] = []
    broken: list[str] = []
    levels: list[str] = []
    for said in map(log_line, lines):
        levels.append(said.get("level", ""))
        if said.get("event") == "jobs taken over":
            takeovers.append(said["unfinished"])
        if said.get("event") in BROKEN:
            broken.append(f"{said['event']} ({said.get('key', '')}): {str(said.get('exception', '')).strip()[-2000:]}")
    return Told(tuple(takeovers), tuple(broken), levels.count("critical"), levels.count("warning"))
