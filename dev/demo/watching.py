"""Polls jobs until all of them have ended, or are where they should be."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from dev.demo.lessons import Expected
from dev.demo.screen import Row, Screen
from dev.demo.seen import Seen, Standing, seen, standing

_PATIENCE: Final = 120.0
"""Seconds. The slowest lesson takes 30 on an idle machine."""

_EVERY: Final = 0.5

Look = Callable[[], Sequence[Mapping[str, Any]]]
"""Returns all QueuedJobs of the namespace, as they are now."""


@dataclass(frozen=True, slots=True)
class Surprise:
    """A job that is not where it should be."""

    job: str
    expected: str
    seen: str

    def __str__(self) -> str:
        return f"{self.job}: expected {self.expected}; seen {self.seen}"


def watch(look: Look, expected: Mapping[str, Expected], screen: Screen, *, patience: float = _PATIENCE) -> list[Row]:
    """Show the jobs named in `expected`; return the rows when none is on its way, or after `patience` seconds."""
    began = time.monotonic()
    with screen:
        while True:
            rows = stand(look(), expected)
            seconds = time.monotonic() - began
            screen.show(seconds, rows)
            if seconds > patience or all(row.standing is not Standing.ON_THE_WAY for row in rows):
                return rows
            time.sleep(_EVERY)


def stand(jobs: Sequence[Mapping[str, Any]], expected: Mapping[str, Expected]) -> list[Row]:
    """Return a row for each expected job; a job that does not exist counts as Pending."""
    found = {job["metadata"]["name"]: seen(job) for job in jobs}
    rows = (found.get(name, Seen(name)) for name in expected)
    return [Row(job, standing(job, expected[job.job])) for job in rows]


def surprises(rows: Sequence[Row], expected: Mapping[str, Expected]) -> list[Surprise]:
    """Return those that are not where they should be: the demo fails if there is one."""
    return [
        Surprise(row.job.job, str(expected[row.job.job]), str(row.job))
        for row in rows
        if row.standing is not Standing.THERE
    ]
