"""Promises about annotations that ask for something: each value is acted on once, soon, and nothing is done unasked."""

import re
from collections.abc import Iterator
from typing import Final

from queuedjob.api import names
from tests.simulation.promises.history import TERMINAL, Breach, History, ObjectHistory, Version, moment, settled_in
from tests.simulation.simulation import Simulation
from tests.simulation.witness import OPERATOR

_SLACK: Final = 5.0
"""Seconds by which the operator may take a time for past that is not: its clock follows the API server's."""

_SOON: Final = 30.0
"""Seconds in which an operator without other troubles ends a wait. Events of jobs come up to 10 s late."""

_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def a_wait_ends_early_only_when_asked(history: History) -> Iterator[Breach]:
    """The operator ends the wait for an attempt before its time only at the job's annotation retry-now, and notes its
    value: one that is neither noted already nor was there when the wait began. It notes no other value."""
    for job in history.jobs.values():
        began = ""
        for before, after in job.steps():
            asked, noted = _asked(before), _noted(after)
            ours = before.body is not None and after.body is not None and after.user == OPERATOR
            if ours and noted not in {_noted(before), asked}:
                yield _breach(after, f"{job.name} notes {noted!r}, and {asked!r} was asked for")
            if ours and _ends_early(before, after) and (asked in {"", _noted(before), began} or noted != asked):
                until = before.status["nextAttemptTime"]
                yield _breach(after, f"{job.name} was to wait until {until}, and {asked or 'nothing'} was asked for")
            if before.status.get("nextAttemptTime") != after.status.get("nextAttemptTime"):
                began = _asked(after)


def a_retry_that_is_asked_for_comes(simulation: Simulation, history: History) -> Iterator[Breach]:
    """A wait for an attempt ends soon after the annotation retry-now asks for that."""
    if not simulation.scenario.refusing:
        return
    for job in history.jobs.values():
        for before, asked in job.steps():
            late = asked.at + _SOON
            if _asked(asked) in {"", _asked(before), _noted(asked)} or late > simulation.loop.time():
                continue
            if not _waits(asked, late) or _is_stopped(job, asked.at, late):
                continue
            if not any(asked.at < v.at <= late and _noted(v) == _asked(asked) for v in job.versions):
                words = f"{job.name} still waits {_SOON:.0f} s after retry-now {_asked(asked)}"
                yield Breach("a_retry_that_is_asked_for_comes", late, asked.revision, words)


def _ends_early(before: Version, after: Version) -> bool:
    """Whether a write takes the time of the next attempt away, and nothing else has happened to the job."""
    due = before.status.get("nextAttemptTime")
    if due is None or after.status.get("nextAttemptTime") is not None or moment(due) <= after.at + _SLACK:
        return False
    if after.status.get("phase") in TERMINAL or after.status.get("reason") == "Deleting":
        return False
    return len(settled_in(before.status)) == len(settled_in(after.status))


def _waits(job: Version, until: float) -> bool:
    """Whether the job waits for its next attempt beyond a time, and for nothing else."""
    due, not_before = job.status.get("nextAttemptTime"), job.spec.get("notBeforeTime")
    if job.status.get("reason") != "Backoff" or due is None or moment(due) <= until:
        return False
    return not_before is None or moment(not_before) <= job.at


def _is_stopped(job: ObjectHistory, since: float, until: float) -> bool:
    """Whether the job is suspended, cancelled, deleted or asked something else in between."""
    there = [v for v in job.versions if since <= v.at <= until]
    return any(
        v.body is None
        or "deletionTimestamp" in v.body["metadata"]
        or bool(v.spec.get("suspend") or v.spec.get("cancel"))
        or _asked(v) != _asked(there[0])
        for v in there
    )


def _asked(job: Version) -> str:
    """The value of the annotation, if it is of the form of a time."""
    annotations = (job.body or {"metadata": {}})["metadata"].get("annotations") or {}
    value: str = annotations.get(names.RETRY_NOW_ANNOTATION, "")
    return value if _TIME.fullmatch(value) else ""


def _noted(job: Version) -> str:
    value: str = (job.status.get("handled") or {}).get("retryNow", "")
    return value


def _breach(version: Version, words: str) -> Breach:
    return Breach("a_wait_ends_early_only_when_asked", version.at, version.revision, words)


OF_HISTORY: Final = (a_wait_ends_early_only_when_asked,)
OF_THE_END: Final = (a_retry_that_is_asked_for_comes,)
