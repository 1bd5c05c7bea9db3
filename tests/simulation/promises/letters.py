"""Promises about dead letters: one for each bad end, with the facts of that end and of no other."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from tests.simulation.apiserver.raw_json import meaning
from tests.simulation.promises.history import DEAD, Breach, History, ObjectHistory, Version, redrives_of
from tests.simulation.witness import OPERATOR

Death = tuple[str, int]
"""UID of the job, and its redrive count."""

_UNDER_WAY: Final = 80.0
"""Seconds in which a watch may lag (20), and then a DELETE arrive late (60, the API server's --request-timeout)."""


def one_letter_for_each_bad_end(history: History) -> Iterator[Breach]:
    """Every bad end has exactly one dead letter, and every dead letter belongs to a bad end.

    It has at most one if another client than the operator deleted the job before the dead letter was filed, also if a
    finalizer holds the job. A deleted dead letter may be filed once more, as long as the job's status does not yet show
    that it was filed.
    """
    deaths = {death: version for death, version, _ in _deaths(history)}
    filed = _filed(history)
    for death, letters in filed.items():
        if death not in deaths:
            yield _breach(one_letter_for_each_bad_end, letters[0].first, f"{letters[0].name} is of no bad end")
        for before, after in pairwise(letters):
            if not before.gone or before.last.revision > after.first.revision:
                yield _breach(one_letter_for_each_bad_end, after.first, f"{before.name} and {after.name}: one death")
    for death, version, job in _deaths(history):
        held = job.last.body is not None and "deletionTimestamp" in job.last.body["metadata"]
        deleted = held or (job.gone and job.last.user != OPERATOR)
        if death not in filed and not deleted and _is_last_run(job, death):
            yield _breach(one_letter_for_each_bad_end, version, f"{job.name} died, and no letter was filed")


def _is_last_run(job: ObjectHistory, death: Death) -> bool:
    """Whether the run of `death` is the last run or an earlier one. After an earlier run the dead letter must exist all
    the more, because a rerun waits for it."""
    return job.gone or redrives_of(job.last.status) >= death[1]


def a_rerun_waits_for_its_letter(history: History) -> Iterator[Breach]:
    """A dead job starts over only once its status names the filed dead letter."""
    for job in history.jobs.values():
        for before, after in job.steps():
            again = after.body is not None and redrives_of(after.status) > redrives_of(before.status)
            if again and not (before.status.get("deadLetterRef") or {}).get("uid"):
                yield _breach(a_rerun_waits_for_its_letter, after, f"{job.name} ran again before its letter was filed")


def a_letter_follows_its_end(history: History) -> Iterator[Breach]:
    """A dead letter is filed after the end is in the status, and has the same facts: reason, message, attempts, first
    failure time, checkpoint, counters."""
    deaths = {death: version for death, version, _ in _deaths(history)}
    for death, letters in _filed(history).items():
        end = deaths.get(death)
        if end is None:
            continue
        for letter in letters:
            if letter.first.revision < end.revision:
                yield _breach(a_letter_follows_its_end, letter.first, f"{letter.name} came before the end")
            spec, status = letter.first.spec, end.status
            for key in ("reason", "message", "attempts", "firstFailureTime", "checkpoint"):
                if spec.get(key) != status.get(key):
                    words = f"{letter.name} says {key} {spec.get(key)!r}, and the end was {status.get(key)!r}"
                    yield _breach(a_letter_follows_its_end, letter.first, words)
            if _counts(spec) != _counts(status):
                yield _breach(a_letter_follows_its_end, letter.first, f"{letter.name}: counters {_counts(spec)}")


def a_letter_holds_the_spec_that_died(history: History) -> Iterator[Breach]:
    """The copy of the spec in a dead letter is the spec at the bad end, and the generation is the one that failed."""
    deaths = {death: version for death, version, _ in _deaths(history)}
    for death, letters in _filed(history).items():
        end = deaths.get(death)
        for letter in letters if end is not None else ():
            assert end is not None
            if letter.first.spec["job"]["spec"] != meaning(end.spec):
                yield _breach(a_letter_holds_the_spec_that_died, letter.first, f"{letter.name} holds another spec")
            if letter.first.spec["jobRef"]["generation"] != end.status["failedSpec"]["generation"]:
                yield _breach(a_letter_holds_the_spec_that_died, letter.first, f"{letter.name}: another generation")


def a_dead_job_outlives_its_open_letter(history: History) -> Iterator[Breach]:
    """The operator deletes a dead job, by its ttlAfterFinished, only once its dead letter is resolved or gone.

    Letter and job are two objects: who opens a letter again while its job's deletion is under way comes too late.
    """
    filed = _filed(history)
    for job in history.jobs.values():
        before = job.versions[-2] if job.gone and job.last.user == OPERATOR else None
        if before is None or before.status.get("phase") not in DEAD:
            continue
        for letter in filed[job.uid, redrives_of(before.status)]:
            there = letter.at(job.last.revision)
            lately = (before for before, after in letter.steps() if job.last.at - _UNDER_WAY < after.at <= job.last.at)
            if there is not None and there.body is not None and not any(map(_closed, (there, *lately))):
                words = f"{job.name} was deleted, and {letter.name} was open"
                yield _breach(a_dead_job_outlives_its_open_letter, job.last, words)


def _closed(letter: Version) -> bool:
    """Only this state closes a case, whatever others a newer CRD may know."""
    return (letter.spec.get("resolution") or {}).get("state") == "Resolved"


def _counts(it: dict[str, object]) -> dict[str, object]:
    counters = it.get("counters")
    return {k: v for k, v in counters.items() if v} if isinstance(counters, dict) else {}


def _deaths(history: History) -> Iterator[tuple[Death, Version, ObjectHistory]]:
    """Each bad end, and the version of the job that first shows it."""
    for job in history.jobs.values():
        for before, after in job.steps():
            if after.status.get("phase") in DEAD and before.status.get("phase") not in DEAD:
                yield (job.uid, redrives_of(after.status)), after, job


def _filed(history: History) -> dict[Death, list[ObjectHistory]]:
    filed: dict[Death, list[ObjectHistory]] = defaultdict(list)
    for letter in history.letters.values():
        ref = letter.first.spec["jobRef"]
        filed[ref["uid"], ref.get("redrives", 0)].append(letter)
    return filed


def _breach(promise: object, version: Version, words: str) -> Breach:
    return Breach(str(getattr(promise, "__name__", promise)), version.at, version.revision, words)


PROMISES: Final = (
    one_letter_for_each_bad_end,
    a_rerun_waits_for_its_letter,
    a_letter_follows_its_end,
    a_letter_holds_the_spec_that_died,
    a_dead_job_outlives_its_open_letter,
)
