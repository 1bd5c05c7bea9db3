"""Jobs that a hostile tenant can apply: patterns that take long, and the largest jobs that are accepted. Pure.

tests/dev/bench/test_hostile_jobs.py holds them against the limits of the API.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from dev.bench.contenders import Object, queued_job

LAST_WORDS: Final = "".join(random.Random(1).choices("ab", k=2048))  # noqa: S311 - no secret
"""The text of a failure: as long as the operator keeps, without a c, and without order, so that each position of it
leaves the matcher of SLOW_TO_SEARCH in a set of states that it has not seen yet."""

_REASONS: Final = 64
_EXIT_CODES: Final = 512
"""How many a job may have, in all its rules."""

_HEADROOM: Final = 40 * 1024
"""Bytes below etcd's limit, which managed fields and the operator's status need."""


@dataclass(frozen=True, slots=True)
class Patterns:
    """One kind of patterns. `of` returns those of the job with this number: no two jobs have an equal pattern."""

    name: str
    of: Callable[[int], Sequence[str]]


def _slow_to_compile(number: int) -> list[str]:
    """One pattern of 4,000 steps, about as many as the operator compiles for one job.

    RE2 writes x{1,1000} as 1,000 nested optional parts, and the time grows with the square of the parts in one pattern.
    Counted classes of Unicode take an eighth of it, classes without a count less than a twentieth, and 8 KiB of plain
    text next to nothing. A third repetition would be refused by its memory, in a tenth of the time.
    """
    return [f"{number}-" + "x{1,1000}" * 2]


def _slow_to_search(number: int) -> list[str]:
    """Two patterns of 2,000 steps, about as many as the operator compiles. Each follows them at each character.

    Each `a` of the text may begin the repetition, so there are 2^1000 sets of states: RE2's automaton finds no set
    again, fills its memory and is given up for the slow simulation of all states. An empty branch, [ab]?, keeps all of
    them reachable at each character, which takes two to four times as long as [ab]{1000}. The optional beginning hides
    the first letter, for which RE2 would look by itself. No text without a c ends the search early.
    """
    return [f"(?:{number}-{at})?[ab]*a(?:[ab]?){{1000}}c" for at in range(2)]


NO_PATTERNS: Final = Patterns("no patterns", lambda _: ())
SLOW_TO_COMPILE: Final = Patterns("patterns slow to compile", _slow_to_compile)
SLOW_TO_SEARCH: Final = Patterns("patterns slow to search", _slow_to_search)


def patterned_job(name: str, patterns: Sequence[str]) -> Object:
    """Return a job with these patterns, one attempt, and a pod that no node takes: the bench ends the pod itself."""
    job = queued_job(name)
    job["spec"]["retry"] = {"maxAttempts": 1}
    job["spec"]["template"]["spec"]["nodeSelector"] = {"type": "none"}
    if patterns:
        rules = [{"name": f"r{at}", "class": "Permanent", "messageMatches": each} for at, each in enumerate(patterns)]
        job["spec"]["failurePolicy"] = {"rules": rules}
    return job


@dataclass(frozen=True, slots=True)
class Largest:
    """One kind of jobs that are as large as is accepted on apply. All are suspended, so that nothing runs."""

    name: str
    body: Callable[[str], Object]


def _large_in_lists(name: str) -> Object:
    """The job that fills the most bytes of a LIST: the API server writes `<` as six bytes, and counts it as one.

    What bounds it is etcd, which takes 1.5 MiB of one object, not the limits of spec and metadata.
    """
    job = _suspended(name)
    payload = 120 * 1024
    left = (1536 * 1024 - _HEADROOM) // 6 - payload
    job["spec"]["payload"] = {"text": "<" * payload}
    job["spec"]["template"]["spec"]["containers"][0]["args"] = ["<" * left]
    return job


def _large_in_memory(name: str) -> Object:
    """The job of which the operator keeps the most: it keeps the rules of a job, and neither payload nor template.

    The number and length of all that is in rules is bounded. No two jobs have an equal word.
    """
    job = _suspended(name)
    job["spec"]["failurePolicy"] = {
        "rules": [
            {
                "name": f"r{rule}",
                "class": "Permanent",
                "messageMatches": f"{name}.{rule}.".ljust(180, "x"),
                "reasons": [f"{name}.{rule}.{word}.".ljust(128, "x") for word in range(_REASONS // 20)],
                "exitCodes": list(range(1, _EXIT_CODES // 20 + 1)),
            }
            for rule in range(20)
        ]
    }
    return job


LARGE_IN_LISTS: Final = Largest("large in lists", _large_in_lists)
LARGE_IN_MEMORY: Final = Largest("large in memory", _large_in_memory)


def _suspended(name: str) -> Object:
    job = queued_job(name)
    job["spec"]["suspend"] = True
    return job
