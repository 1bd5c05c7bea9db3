"""The state of a job, and how it compares with what is expected. Pure."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from dev.demo.lessons import Expected, ends_of, in_words

_DEAD: Final = frozenset({"DeadLettered", "Quarantined"})
_ENDED: Final = frozenset({"Succeeded", "Cancelled"}) | _DEAD
_NOT_COUNTED: Final = "Disruption"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt."""

    failure: str
    """Its class; empty for a success, and while the attempt runs."""

    ended: bool
    deadline: int
    """Seconds."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One job, from its status."""

    job: str
    phase: str = "Pending"
    reason: str = ""
    message: str = ""
    summary: str = ""
    attempts: tuple[Attempt, ...] = ()
    letter: str = ""
    """The name of its dead letter, once that is filed."""

    redrives: int = 0

    @property
    def owes_letter(self) -> bool:
        """Whether the job is dead and its dead letter is not filed yet: until then nothing can be done about it."""
        return self.phase in _DEAD and not self.letter

    def __str__(self) -> str:
        ends = ends_of([each.failure for each in self.attempts if each.ended])
        what = in_words(self.phase, self.reason)
        return f"{what} after {', '.join(ends) or 'no attempt'}" + (f"; {self.message}" if self.message else "")


class Standing(enum.Enum):
    """Whether a job is still running, or ended as it should, or not."""

    ON_THE_WAY = enum.auto()
    THERE = enum.auto()
    ELSEWHERE = enum.auto()
    """It ended, but not as it should."""


def seen(job: Mapping[str, Any]) -> Seen:
    """Return the fields of a QueuedJob as kubectl prints it."""
    status = job.get("status") or {}
    letter = status.get("deadLetterRef") or {}
    return Seen(
        job=job["metadata"]["name"],
        phase=status.get("phase", ""),
        reason=status.get("reason", ""),
        message=status.get("message", ""),
        summary=status.get("attemptsSummary", ""),
        attempts=tuple(
            Attempt(each.get("class", ""), "finishTime" in each, each.get("activeDeadlineSeconds", 0))
            for each in status.get("attempts") or ()
        ),
        letter=letter.get("name", "") if letter.get("uid") else "",
        redrives=(status.get("counters") or {}).get("redrives", 0),
    )


def standing(job: Seen, expected: Expected) -> Standing:
    """Compare a job with its expected end. A dead job is there only once its dead letter is filed."""
    if job.redrives < expected.redrives or job.owes_letter:
        return Standing.ON_THE_WAY
    ends = tuple(each.failure for each in job.attempts if each.ended and each.failure != _NOT_COUNTED)
    if (job.phase, job.reason, ends) == (expected.phase, expected.reason, expected.attempts):
        return Standing.THERE
    return Standing.ELSEWHERE if job.phase in _ENDED else Standing.ON_THE_WAY
