"""Conditions and the few derived keys that every status write brings up to date. Pure.

Programs read conditions, people the phase: kstatus, `kubectl wait`, Flux and Argo CD need no code of their own. All
conditions of ours come from one chain (CONDITIONS), which every write asks; so no write drops a condition that still
holds. A condition that does not hold is absent, never False.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final, TypeAlias

from queuedjob.api.kinds import queuedjob_phases as phases
from queuedjob.api.kinds.queuedjob_status import Condition, JobStatus
from queuedjob.policy.job import reasons, spec_warnings
from queuedjob.policy.job.inputs import JobFacts

DEAD_LETTER_PENDING: Final = "DeadLetterPending"

_OURS: Final = spec_warnings.TYPES | {
    "Complete",
    "Failed",
    "Stalled",
    "Reconciling",
    "Suspended",
    DEAD_LETTER_PENDING,
}
"""Absent unless they hold. Conditions of other types are not ours to take away."""


def finish(status: JobStatus, facts: JobFacts) -> JobStatus:
    """`status`, about to be written for the job of `facts`, with conditions, observedGeneration and attemptsSummary.

    The server's time stamps the conditions that are new or changed.
    """
    job, now = facts.job, facts.now.late
    before = {c.type: c for c in job.status.conditions}
    foreign = (c for c in status.conditions if c.type not in _OURS)
    return status.model_copy(
        update={
            "observed_generation": job.generation,
            "attempts_summary": f"{_spent(status)}/{job.terms.retry.max_attempts}",
            "conditions": (
                *(_stamped(c, before.get(c.type), job.generation, now) for c in _conditions_of(status, facts)),
                *foreign,
            ),
        }
    )


def outdated(facts: JobFacts) -> frozenset[str]:
    """Types of conditions that stand in the status of `facts` and do not hold, or hold and do not stand there.

    For a spec warning another message counts, too. The message of DeadLetterPending alone is not worth a write: it
    changes with each refusal.
    """
    status = facts.job.status
    return frozenset(
        kind for kind, _ in _worth_a_write(_conditions_of(status, facts)) ^ _worth_a_write(status.conditions)
    )


def condition(kind: str, reason: str, message: str) -> Condition:
    """A condition that holds; `finish` adds generation and time."""
    return Condition(type=kind, status="True", reason=reason, message=message)


def _of_phase(status: JobStatus, facts: JobFacts) -> Iterator[Condition]:
    reason, message = status.reason or status.phase, status.message
    match status.phase:
        case phases.SUCCEEDED:
            yield condition("Complete", reason, message)
        case phases.CANCELLED:
            yield condition("Failed", reason, message)
        case phases.DEAD_LETTERED | phases.QUARANTINED:
            yield condition("Failed", reason, message)
            yield condition("Stalled", reason, message)
        case phases.WAITING if facts.job.terms.suspend and reason == reasons.SUSPENDED:
            yield condition("Suspended", reason, message)
        case _:
            yield condition("Reconciling", reason, message)


def _of_spec(_status: JobStatus, facts: JobFacts) -> Iterator[Condition]:
    """What the spec gives reason for (spec_warnings.py)."""
    for each in spec_warnings.spec_warnings_of(facts.job.terms):
        yield condition(each.kind, each.reason, each.message)


def _of_dead_letter(status: JobStatus, facts: JobFacts) -> Iterator[Condition]:
    """A dead letter is owed, and the API server has refused it for some time; once shown, until it is filed."""
    refusal, ref, before = facts.letter_refusal, status.dead_letter_ref, facts.job.status
    if refusal is None or ref is None or ref.uid or ref != before.dead_letter_ref:
        return
    shown = any(c.type == DEAD_LETTER_PENDING for c in before.conditions)
    if shown or facts.now.seconds_until(refusal.since) + facts.show_after.failing <= 0:
        yield condition(DEAD_LETTER_PENDING, refusal.reason, f"DeadLetter {ref.name}: {refusal.message}")


_Holds: TypeAlias = Callable[[JobStatus, JobFacts], Iterator[Condition]]

CONDITIONS: Final[tuple[_Holds, ...]] = (_of_phase, _of_spec, _of_dead_letter)
"""Each takes the status that is to be written and the facts that it was decided on, and yields what holds."""


def _conditions_of(status: JobStatus, facts: JobFacts) -> tuple[Condition, ...]:
    return tuple(each for holds in CONDITIONS for each in holds(status, facts))


def _worth_a_write(conditions: tuple[Condition, ...]) -> set[tuple[str, str]]:
    """What of these conditions is worth a write of its own; the others change with the phase, which is written."""
    messages = {(c.type, c.message) for c in conditions if c.type in spec_warnings.TYPES}
    return messages | {(c.type, "") for c in conditions if c.type == DEAD_LETTER_PENDING}


def _stamped(wanted: Condition, before: Condition | None, generation: int, now: datetime) -> Condition:
    same = before is not None and before.status == wanted.status and before.last_transition_time is not None
    since = before.last_transition_time if same and before is not None else now.replace(microsecond=0)
    return wanted.model_copy(update={"observed_generation": generation, "last_transition_time": since})


def _spent(status: JobStatus) -> int:
    """Attempts spent, the live one included."""
    live = any(a.finish_time is None for a in status.attempts) and not phases.is_terminal(status.phase)
    return status.counters.attempts + (1 if live else 0)
